//! Buttons. One primary button a page; a destructive one never beside it without a gap.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::Press;
use super::icon::{Glyph, Icon, IconSize};

/// How much a button asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ButtonKind {
    /// The one thing this page is for.
    Primary,
    /// Anything else.
    #[default]
    Plain,
    /// Inside a sentence, a bar or a notice.
    Quiet,
    /// Refuses, deletes.
    Danger,
}

impl ButtonKind {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Plain => "button button-plain",
            Self::Quiet => "button button-quiet",
            Self::Danger => "button button-danger",
        }
    }
}

/// A button with words. While `disabled`, `why` says what is missing (a disabled button without a reason is a riddle).
#[component]
pub(crate) fn Button(
    /// The verb.
    #[prop(into)]
    label: TextProp,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional)] icon: Option<Icon>,
    /// As wide as its container.
    #[prop(optional)]
    wide: bool,
    /// Submits the form around it.
    #[prop(optional)]
    submit: bool,
    #[prop(into, optional)] disabled: Signal<bool>,
    /// Shown under the button while it is disabled.
    #[prop(into, optional)]
    why: TextProp,
    #[prop(into, optional)] on_press: Option<Press>,
    /// A name for tests.
    #[prop(optional)]
    test: &'static str,
) -> impl IntoView {
    let press = move |_| {
        if let Some(press) = on_press {
            press.run(());
        }
    };
    let reason = move || {
        let why = why.get();
        (disabled.get() && !why.is_empty()).then(|| view! { <p class="button-why">{why}</p> })
    };
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=kind.class()
            class:button-wide=wide
            disabled=move || disabled.get()
            data-test=named(test)
            on:click=press
        >
            {icon.map(|icon| view! { <Glyph icon size=IconSize::Medium/> })}
            {move || label.get()}
        </button>
        {reason}
    }
    .into_any()
}

/// A link that looks like a button: it goes somewhere instead of doing something.
#[component]
pub(crate) fn ButtonLink(
    #[prop(into)] label: TextProp,
    #[prop(into)] href: String,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional)] icon: Option<Icon>,
    #[prop(optional)] test: &'static str,
) -> impl IntoView {
    view! {
        <a class=kind.class() href=href data-test=named(test)>
            {icon.map(|icon| view! { <Glyph icon size=IconSize::Medium/> })}
            {move || label.get()}
        </a>
    }
    .into_any()
}

/// A round button with a drawing only; the words are for screen readers.
#[component]
pub(crate) fn IconButton(
    #[prop(into)] label: TextProp,
    icon: Icon,
    #[prop(into)] on_press: Press,
    #[prop(optional)] test: &'static str,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button button-round"
            aria-label=label
            data-test=named(test)
            on:click=move |_| on_press.run(())
        >
            <Glyph icon/>
        </button>
    }
    .into_any()
}

/// The value of `data-test`; no attribute when there is no name.
pub(super) fn named(test: &'static str) -> Option<&'static str> {
    (!test.is_empty()).then_some(test)
}
