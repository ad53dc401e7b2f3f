//! The head of a page: the way back, its title, and the sync badge.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::icon::{Glyph, Icon};
use crate::text::text;

/// The bar at the top. Its heading takes the focus when the page opens.
#[component]
pub(crate) fn PageHeader(
    #[prop(into)] title: TextProp,
    /// Where the way back leads; a page with tabs has none.
    #[prop(into, optional)]
    back: Option<String>,
    /// At the right: the sync badge, an action.
    #[prop(into, optional)]
    end: ViewFnOnce,
) -> impl IntoView {
    view! {
        <header class="bar">
            <div class="bar-row">
                {back.map(|back| view! {
                    <a class="bar-back" href=back aria-label=text().action.back data-test="back">
                        <Glyph icon=Icon::Back/>
                    </a>
                })}
                <h1 class="bar-title" tabindex="-1">{move || title.get()}</h1>
                <div class="bar-end">{end.run()}</div>
            </div>
        </header>
    }
    .into_any()
}
