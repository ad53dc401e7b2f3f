//! Amounts in type: figures of one width, two decimals, thousands grouped.

use budget::Money;
use leptos::prelude::*;

use crate::text::format;

/// An amount: inside a row, or alone and large.
#[component]
pub(crate) fn Amount(
    #[prop(into)] amount: Signal<Money>,
    /// The one figure that a page is about.
    #[prop(optional)]
    big: bool,
    /// A figure that stands behind others.
    #[prop(optional)]
    quiet: bool,
    #[prop(optional)] test: &'static str,
) -> impl IntoView {
    let pieces = move || format::money_pieces(amount.get());
    view! {
        <span
            class="money"
            class:money-big=big
            class:money-quiet=quiet
            class:money-minus=move || amount.get().is_negative()
            data-test=super::button::named(test)
        >
            <span class="money-sign">{move || pieces().sign}</span>
            <span class="money-yuan">{move || pieces().yuan}</span>
            <span class="money-fraction">{move || pieces().fraction}</span>
        </span>
    }
    .into_any()
}
