//! A sheet over the page: from the bottom on a phone, in the middle on a desktop.
//!
//! Promise: it is a real `<dialog>`, so the browser keeps the focus inside, Escape closes it, and the focus returns to
//! what opened it.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::button::{IconButton, named};
use super::icon::Icon;
use super::unique;
use crate::text::text;

/// A sheet with a title, a body and a foot that stays in sight. What is inside lives only while it is open.
#[component]
pub(crate) fn Sheet(
    open: RwSignal<bool>,
    #[prop(into)] title: TextProp,
    /// The body reaches the edges, for rows.
    #[prop(optional)]
    tight: bool,
    /// The answers.
    #[prop(into, optional)]
    foot: Option<ViewFn>,
    #[prop(optional)] test: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    modal(dialog, open);
    let id = unique("sheet");
    let labelled = id.clone();
    view! {
        <dialog
            node_ref=dialog
            class="sheet"
            class:sheet-tight=tight
            aria-labelledby=labelled
            data-test=named(test)
            on:close=move |_| open.set(false)
            on:click=move |event| {
                // Only the ground around the sheet is the dialog itself.
                if event.target() == event.current_target() {
                    open.set(false);
                }
            }
        >
            <div class="sheet-head">
                <h2 class="sheet-title" id=id>{move || title.get()}</h2>
                <IconButton label=text().action.close icon=Icon::Close on_press=move || open.set(false)/>
            </div>
            <Show when=move || open.get()>
                <div class="sheet-body">{children()}</div>
                {foot.as_ref().map(|foot| view! { <div class="sheet-foot">{foot.run()}</div> })}
            </Show>
        </dialog>
    }
    .into_any()
}

/// Keeps a dialog and a signal in step.
pub(super) fn modal(dialog: NodeRef<Dialog>, open: RwSignal<bool>) {
    Effect::new(move |_| {
        let wanted = open.get();
        if let Some(dialog) = dialog.get() {
            if wanted && !dialog.open() {
                // It fails only for a dialog that is not in the document, and then there is nobody to show it to.
                let _ = dialog.show_modal();
            } else if !wanted && dialog.open() {
                dialog.close();
            }
        }
    });
}
