//! Fields of a form: label, value, hint, fault, and where the value came from.
//!
//! Promise: a fault is said in words beside the field and to screen readers; what was typed is never changed or lost
//! because it is wrong.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::button::named;
use super::icon::{Glyph, Icon, IconSize};
use super::{Handler, Press, unique};
use crate::text::text;

/// What is typed, which chooses the keyboard of a phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FieldKind {
    /// Words.
    #[default]
    Words,
    /// Words on several lines.
    Lines,
    /// An amount of yuan.
    Amount,
    /// A day of the calendar, `2026-11-23`.
    Date,
    /// A user name.
    Account,
    /// A password.
    Password,
}

/// A field to type in.
#[component]
pub(crate) fn TextField(
    #[prop(into)] label: TextProp,
    /// What it shows. Give what was typed back, also when it is wrong.
    #[prop(into)]
    value: Signal<String>,
    /// Each keystroke.
    #[prop(into)]
    on_input: Handler<String>,
    /// The person went on to something else.
    #[prop(into, optional)]
    on_leave: Option<Press>,
    #[prop(optional)] kind: FieldKind,
    #[prop(optional)] required: bool,
    #[prop(into, optional)] placeholder: TextProp,
    #[prop(into, optional)] hint: TextProp,
    /// What is wrong, in words.
    #[prop(into, optional)]
    error: Signal<Option<String>>,
    /// At the end of the label: a [`super::source::SourceTag`].
    #[prop(into, optional)]
    source: ViewFn,
    #[prop(into, optional)] disabled: Signal<bool>,
    #[prop(optional)] test: &'static str,
) -> impl IntoView {
    let id = unique("field");
    let told = format!("{id}-told");
    let wrong = move || error.with(Option::is_some);
    let input = {
        let (id, told) = (id.clone(), told.clone());
        let typed = move |event| on_input.run(event_target_value(&event));
        let left = move |_| {
            if let Some(left) = on_leave {
                left.run(());
            }
        };
        let invalid = move || wrong().then_some("true");
        if kind == FieldKind::Lines {
            view! {
                <textarea
                    id=id class="field-input" rows="2" required=required placeholder=placeholder
                    aria-describedby=told aria-invalid=invalid
                    disabled=move || disabled.get() data-test=named(test)
                    prop:value=move || value.get() on:input=typed on:blur=left
                ></textarea>
            }
            .into_any()
        } else {
            let (kind, mode, complete) = keyboard(kind);
            view! {
                <input
                    id=id class="field-input" type=kind inputmode=mode autocomplete=complete
                    required=required placeholder=placeholder
                    aria-describedby=told aria-invalid=invalid
                    disabled=move || disabled.get() data-test=named(test)
                    prop:value=move || value.get() on:input=typed on:blur=left
                />
            }
            .into_any()
        }
    };
    view! {
        <div class="field" class:field-amount=kind == FieldKind::Amount class:field-wrong=wrong>
            <div class="field-head">
                <label for=id>
                    {move || label.get()}
                    {required.then(|| view! { <span class="field-need" aria-hidden="true">" *"</span> })}
                </label>
                {source.run()}
            </div>
            <div class="field-row">
                {(kind == FieldKind::Amount).then(|| view! { <span class="field-unit" aria-hidden="true">"¥"</span> })}
                {input}
            </div>
            <div id=told>{fault(hint, error)}</div>
        </div>
    }
    .into_any()
}

/// A field whose value is chosen in a sheet or on another page.
#[component]
pub(crate) fn ChoiceField(
    #[prop(into)] label: TextProp,
    /// What was chosen, in words.
    #[prop(into)]
    value: Signal<Option<String>>,
    #[prop(into)] on_press: Press,
    #[prop(optional)] required: bool,
    #[prop(into, optional)] hint: TextProp,
    #[prop(into, optional)] error: Signal<Option<String>>,
    #[prop(into, optional)] disabled: Signal<bool>,
    #[prop(optional)] test: &'static str,
) -> impl IntoView {
    let shown = move || value.get().unwrap_or_else(|| String::from(text().field.not_chosen));
    view! {
        <button
            type="button"
            class="field field-choice"
            class:field-wrong=move || error.with(Option::is_some)
            disabled=move || disabled.get()
            data-test=named(test)
            on:click=move |_| on_press.run(())
        >
            <span class="field-body">
                <span class="field-head">
                    <span>
                        {move || label.get()}
                        {required.then(|| view! { <span class="field-need" aria-hidden="true">" *"</span> })}
                    </span>
                </span>
                <span class="field-value" class:field-value-none=move || value.with(Option::is_none)>{shown}</span>
                {fault(hint, error)}
            </span>
            <Glyph icon=Icon::Chevron/>
        </button>
    }
    .into_any()
}

/// The fault if there is one, the hint otherwise.
fn fault(hint: TextProp, error: Signal<Option<String>>) -> impl IntoView {
    move || {
        if let Some(words) = error.get() {
            let icon = view! { <Glyph icon=Icon::Alert size=IconSize::Small/> };
            return Some(view! { <span class="field-error">{icon}{words}</span> }.into_any());
        }
        let words = hint.get();
        (!words.is_empty()).then(|| view! { <span class="field-hint">{words}</span> }.into_any())
    }
}

/// `type`, `inputmode` and `autocomplete` of a kind.
const fn keyboard(kind: FieldKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        FieldKind::Words | FieldKind::Lines => ("text", "text", "off"),
        FieldKind::Amount => ("text", "decimal", "off"),
        FieldKind::Date => ("date", "none", "off"),
        FieldKind::Account => ("text", "text", "username"),
        FieldKind::Password => ("password", "text", "current-password"),
    }
}
