//! A choice among two to four words that stay in sight, such as the filter of a list.

use leptos::prelude::*;

use super::Handler;
use super::tag::Count;

/// One of the words.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// What is handed back.
    pub(crate) id: &'static str,
    /// The word.
    pub(crate) label: String,
    /// How many things are behind it; 0 shows nothing.
    pub(crate) count: Signal<u32>,
}

/// The words side by side; the chosen one is raised.
#[component]
pub(crate) fn Segments(
    /// What is chosen, for screen readers.
    #[prop(into)]
    label: String,
    segments: Vec<Segment>,
    #[prop(into)] chosen: Signal<&'static str>,
    #[prop(into)] on_choose: Handler<&'static str>,
) -> impl IntoView {
    let one = move |segment: Segment| {
        let id = segment.id;
        let is_chosen = move || chosen.get() == id;
        view! {
            <button
                type="button" role="radio" class="segment"
                aria-checked=move || if is_chosen() { "true" } else { "false" }
                data-segment=id
                on:click=move |_| on_choose.run(id)
            >
                {segment.label}
                <Count count=segment.count/>
            </button>
        }
    };
    view! {
        <div class="segments" role="radiogroup" aria-label=label>
            {segments.into_iter().map(one).collect_view()}
        </div>
    }
    .into_any()
}
