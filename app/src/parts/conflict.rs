//! Two readings of one value, side by side: the person decides, never the app.

use leptos::prelude::*;

use super::Handler;
use super::icon::{Glyph, Icon, IconSize};
use crate::text::text;

/// One reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    /// What is handed back.
    pub(crate) id: String,
    /// Where it comes from: `二维码`, `手填 · 王芳 10:32`.
    pub(crate) from: String,
    /// The value as a person reads it.
    pub(crate) value: String,
}

/// The readings of one field. Without `on_choose` they are only shown, as to an approver.
#[component]
pub(crate) fn Conflict(
    /// The field's name: `价税合计`.
    #[prop(into)]
    field: String,
    sides: Vec<Side>,
    #[prop(into, optional)] chosen: Signal<Option<String>>,
    #[prop(into, optional)] on_choose: Option<Handler<String>>,
) -> impl IntoView {
    let words = &text().source;
    let one = move |side: Side| {
        let id = side.id.clone();
        let inside = view! {
            <span class="quiet">{side.from}</span>
            <span class="conflict-value figures">{side.value}</span>
        };
        match on_choose {
            Some(choose) => {
                let this = id.clone();
                let pressed = move || chosen.with(|chosen| chosen.as_ref() == Some(&this));
                view! {
                    <button
                        type="button" class="conflict-side" data-test="conflict-side"
                        aria-pressed=move || if pressed() { "true" } else { "false" }
                        on:click=move |_| choose.run(id.clone())
                    >
                        {inside}
                    </button>
                }
                .into_any()
            }
            None => view! { <div class="conflict-side">{inside}</div> }.into_any(),
        }
    };
    view! {
        <div class="conflict">
            <p class="conflict-title">
                <Glyph icon=Icon::Alert size=IconSize::Medium/>
                {(words.differs)(&field)}
            </p>
            <div class="conflict-sides">{sides.into_iter().map(one).collect_view()}</div>
            {on_choose.is_some().then(|| view! { <p class="quiet">{words.choose_one}</p> })}
        </div>
    }
    .into_any()
}
