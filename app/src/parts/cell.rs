//! Rows of a list: 56 pixels or more, the whole row is the target.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::Press;
use super::button::named;
use super::icon::{Glyph, Icon, IconSize};

/// The dot on a row: somebody must act, or something failed. Error wins; one dot a level, each leading to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dot {
    /// Nothing to say.
    #[default]
    None,
    /// Waits for the person who looks.
    NeedsYou,
    /// Something went wrong here.
    Error,
}

/// A titled group of rows on a card.
#[component]
pub(crate) fn Group(
    #[prop(into, optional)] title: TextProp,
    /// A sentence under the card.
    #[prop(into, optional)]
    foot: TextProp,
    children: Children,
) -> impl IntoView {
    let (title_words, foot_words) = (title.get(), foot.get());
    view! {
        <section class="group">
            {(!title_words.is_empty()).then(|| view! { <h2 class="group-title">{move || title.get()}</h2> })}
            <div class="group-body">{children()}</div>
            {(!foot_words.is_empty()).then(|| view! { <p class="group-foot">{move || foot.get()}</p> })}
        </section>
    }
    .into_any()
}

/// A row: a picture, a title with a note under it, and what stands at its end. With `href` or `on_press` it can be
/// pressed and shows a chevron.
#[component]
pub(crate) fn Cell(
    #[prop(into)] title: TextProp,
    /// Under the title: words, tags, a time.
    #[prop(into, optional)]
    note: ViewFnOnce,
    /// Before the title: a [`Face`], a glyph.
    #[prop(into, optional)]
    lead: Option<ViewFnOnce>,
    /// At the end: an amount, a tag, a value.
    #[prop(into, optional)]
    end: ViewFnOnce,
    #[prop(into, optional)] href: Option<String>,
    #[prop(into, optional)] on_press: Option<Press>,
    /// Waits for the server: a dashed edge, at full contrast.
    #[prop(into, optional)]
    pending: Signal<bool>,
    /// Being deleted, until the server knows.
    #[prop(into, optional)]
    struck: Signal<bool>,
    #[prop(into, optional)] dot: Signal<Dot>,
    /// The one that is open beside the list.
    #[prop(into, optional)]
    current: Signal<bool>,
    /// No chevron: in a list of many rows of one kind everybody knows that they open.
    #[prop(optional)]
    calm: bool,
    #[prop(optional)] test: &'static str,
) -> impl IntoView {
    let mark = move || match dot.get() {
        Dot::None => None,
        Dot::NeedsYou => Some(view! { <span class="dot"></span> }.into_any()),
        Dot::Error => Some(view! { <span class="dot dot-error"></span> }.into_any()),
    };
    let chevron = !calm && (href.is_some() || on_press.is_some());
    let inside = view! {
        {lead.map(|lead| view! { <span class="cell-lead">{lead.run()}{mark}</span> })}
        <span class="cell-body">
            <span class="cell-title">{move || title.get()}</span>
            <span class="cell-note">{note.run()}</span>
        </span>
        <span class="cell-end">{end.run()}</span>
        {chevron.then(|| view! { <Glyph icon=Icon::Chevron/> })}
    };
    let current = move || current.get().then_some("page");
    match (href, on_press) {
        (Some(href), _) => view! {
            <a
                class="cell"
                class:cell-pending=pending
                class:cell-struck=struck
                href=href
                aria-current=current
                data-test=named(test)
            >
                {inside}
            </a>
        }
        .into_any(),
        (None, Some(press)) => view! {
            <button
                type="button"
                class="cell"
                class:cell-pending=pending
                class:cell-struck=struck
                data-test=named(test)
                on:click=move |_| press.run(())
            >
                {inside}
            </button>
        }
        .into_any(),
        (None, None) => view! {
            <div class="cell" class:cell-pending=pending class:cell-struck=struck data-test=named(test)>
                {inside}
            </div>
        }
        .into_any(),
    }
}

/// The round initial of a person, or the square glyph of a thing.
#[component]
pub(crate) fn Face(
    /// The person's name; its last character is shown for a Chinese name, the first otherwise.
    #[prop(into, optional)]
    name: String,
    /// A thing's glyph instead.
    #[prop(optional)]
    icon: Option<Icon>,
) -> impl IntoView {
    if let Some(icon) = icon {
        return view! { <span class="face face-thing"><Glyph icon size=IconSize::Medium/></span> }.into_any();
    }
    let first = name.chars().next().unwrap_or(' ');
    let shown = if first.is_ascii() { first } else { name.chars().last().unwrap_or(first) };
    view! { <span class="face" aria-hidden="true">{shown.to_string()}</span> }.into_any()
}

/// A value at the end of a row.
#[component]
pub(crate) fn Value(#[prop(into)] text: TextProp) -> impl IntoView {
    view! { <span class="cell-value">{move || text.get()}</span> }
}
