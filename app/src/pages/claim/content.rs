//! The frozen content of a request: what was handed in, as its owner and its approvers read it.

use budget::Dimension;
use leptos::prelude::*;
use sync::document::ClaimLine;

use super::{Sight, invoice, invoices, picking};
use crate::parts::cell::{Cell, Group};
use crate::parts::money::Amount;
use crate::state::Desk;
use crate::text::{format, text};

/// Purpose, documents and lines.
#[component]
pub(in crate::pages) fn Content(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let purpose = move || {
        let purpose = sight.read(|content| content.purpose.clone());
        (!purpose.is_empty()).then(|| view! { <p class="hero purpose">{purpose}</p> })
    };
    let lines = Memo::new(move |_| sight.read(|content| content.lines.clone()));
    let row = move |line: ClaimLine| {
        let note = note(desk, &line);
        let title =
            if line.description.is_empty() { String::from(words.no_description) } else { line.description.clone() };
        let open = line.invoice;
        let amount = line.amount.unwrap_or_default();
        let press = move || sight.invoice.set(open);
        if open.is_some() {
            view! {
                <Cell
                    title note=move || view! { <span>{note}</span> } on_press=press
                    end=move || view! { <Amount amount=amount/> } test="content-line"
                />
            }
            .into_any()
        } else {
            view! {
                <Cell title note=move || view! { <span>{note}</span> } end=move || view! { <Amount amount=amount/> } test="content-line"/>
            }
            .into_any()
        }
    };
    let missing =
        move || sight.content.with(Option::is_none).then(|| view! { <p class="group-foot">{words.no_content}</p> });
    view! {
        {purpose}
        {missing}
        <invoices::Invoices sight editable=false/>
        {move || {
            let lines = lines.get();
            (!lines.is_empty()).then(|| view! {
                <Group title=words.lines>{lines.into_iter().map(row).collect_view()}</Group>
            })
        }}
        <invoice::InvoiceSheet sight editable=false/>
    }
    .into_any()
}

/// When and where a line is charged: `06-02 · 差旅费 · 新产品`.
fn note(desk: Desk, line: &ClaimLine) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(line.date.map(|date| format::day(date, crate::state::surroundings::today())));
    for dimension in [Dimension::Account, Dimension::Project, Dimension::CostCentre, Dimension::ProductLine] {
        parts.extend(line.block.get(dimension).map(|code| picking::name(desk, dimension, code)));
    }
    parts.join(" · ")
}
