//! Why: the sheet in front of 驳回 and 退回. A reason is required; most are one tap.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::Handler;
use super::button::{Button, ButtonKind};
use super::field::{FieldKind, TextField};
use super::sheet::Sheet;
use crate::text::text;

/// Reasons to tap; several may hold.
#[component]
pub(crate) fn Chips(
    /// What is asked, for screen readers.
    #[prop(into)]
    label: String,
    #[prop(into)] reasons: Signal<Vec<String>>,
    chosen: RwSignal<Vec<String>>,
) -> impl IntoView {
    let chip = move |reason: String| {
        let (this, toggled) = (reason.clone(), reason.clone());
        let pressed = move || chosen.with(|chosen| chosen.contains(&this));
        let toggle = move |_| {
            chosen.update(|chosen| match chosen.iter().position(|other| *other == toggled) {
                Some(index) => drop(chosen.remove(index)),
                None => chosen.push(toggled.clone()),
            });
        };
        view! {
            <button
                type="button" class="chip"
                aria-pressed=move || if pressed() { "true" } else { "false" }
                on:click=toggle
            >
                {reason}
            </button>
        }
    };
    view! {
        <div class="chips" role="group" aria-label=label>
            {move || reasons.get().into_iter().map(chip).collect_view()}
        </div>
    }
    .into_any()
}

/// Asks for a reason and hands it back: the tapped ones and the typed one, joined.
#[component]
pub(crate) fn ReasonSheet(
    open: RwSignal<bool>,
    #[prop(into)] title: TextProp,
    /// The verb on the button: 驳回 or 退回.
    #[prop(into)]
    verb: TextProp,
    #[prop(into)] reasons: Signal<Vec<String>>,
    #[prop(into)] on_confirm: Handler<String>,
) -> impl IntoView {
    let chosen = RwSignal::new(Vec::<String>::new());
    let typed = RwSignal::new(String::new());
    let reason = move || {
        let mut parts = chosen.get();
        let typed = typed.get().trim().to_owned();
        if !typed.is_empty() {
            parts.push(typed);
        }
        parts.join("；")
    };
    let missing = Signal::derive(move || reason().is_empty());
    let confirm = move || {
        let reason = reason();
        if !reason.is_empty() {
            open.set(false);
            chosen.set(Vec::new());
            typed.set(String::new());
            on_confirm.run(reason);
        }
    };
    let foot = move || {
        view! {
            <Button
                label=verb.clone() kind=ButtonKind::Danger wide=true disabled=missing
                why=text().field.reason_missing
                on_press=confirm test="confirm-reason"
            />
        }
    };
    view! {
        <Sheet open title foot test="reason-sheet">
            <div class="stack">
                <Chips label=text().field.reason reasons chosen/>
                <div class="card card-flush">
                    <TextField
                        label=text().field.reason kind=FieldKind::Lines placeholder=text().field.reason_hint
                        value=typed on_input=move |words| typed.set(words) test="reason"
                    />
                </div>
            </div>
        </Sheet>
    }
    .into_any()
}
