//! The frame of a page: header, body, and the answers at its foot; and two columns on a wide screen.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::header::PageHeader;

/// A page. On a desktop it is a column of reading width; `wide` gives it room for columns.
#[component]
pub(crate) fn Page(
    #[prop(into)] title: TextProp,
    /// Where the way back leads; a page with tabs has none.
    #[prop(into, optional)]
    back: Option<String>,
    /// At the right of the header.
    #[prop(into, optional)]
    end: ViewFnOnce,
    #[prop(optional)] wide: bool,
    /// The answers, always within reach of the thumb.
    #[prop(into, optional)]
    foot: Option<ViewFnOnce>,
    children: Children,
) -> impl IntoView {
    let header = match back {
        Some(back) => view! { <PageHeader title back end/> }.into_any(),
        None => view! { <PageHeader title end/> }.into_any(),
    };
    view! {
        <div class="page" class:page-wide=wide>
            {header}
            <div class="page-body">{children()}</div>
            {foot.map(|foot| view! { <div class="foot"><div class="foot-inner">{foot.run()}</div></div> })}
        </div>
    }
    .into_any()
}

/// A list with the chosen thing beside it. A phone shows the one that `detail` says is open.
#[component]
pub(crate) fn Split(
    #[prop(into)] list: ViewFnOnce,
    #[prop(into)] detail: ViewFn,
    /// Something is chosen.
    #[prop(into)]
    chosen: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="split" class:split-chosen=chosen>
            <div class="split-list">{list.run()}</div>
            <div class="split-detail">{move || detail.run()}</div>
        </div>
    }
    .into_any()
}
