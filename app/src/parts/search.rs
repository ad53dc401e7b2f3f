//! A field to search with, above a list.

use leptos::prelude::*;

use super::button::named;
use super::icon::{Glyph, Icon, IconSize};
use crate::text::text;

/// The field; `word` is what stands in it.
#[component]
pub(crate) fn Search(
    word: RwSignal<String>,
    /// What can be searched for.
    placeholder: &'static str,
    /// Stands between cards, not in a sheet.
    #[prop(optional)]
    apart: bool,
    #[prop(optional)] test: &'static str,
) -> impl IntoView {
    view! {
        <div class="picker-search" class:list-search=apart>
            <Glyph icon=Icon::Search size=IconSize::Medium/>
            <input
                type="search" enterkeyhint="search" autocomplete="off"
                aria-label=text().action.search placeholder=placeholder data-test=named(test)
                prop:value=move || word.get() on:input=move |event| word.set(event_target_value(&event))
            />
        </div>
    }
    .into_any()
}
