//! The frozen content of a request: what was handed in, as its owner and its approvers read it.

use budget::{Dimension, RequestKind};
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
    let figures = move || {
        let kind =
            sight.status.with(|status| status.as_ref().map(|status| status.kind)).unwrap_or(RequestKind::ExpenseClaim);
        let answered = sight.status.with(|status| status.as_ref().and_then(|status| status.answers));
        let answered = answered.map(|id| desk.status(id).map_or_else(String::new, |status| status.title));
        let (left, difference) =
            sight.status.with(|status| status.as_ref().map_or((None, None), |status| (status.left, status.difference)));
        let (paid, back) = (words.paid_out, words.came_back);
        let difference = difference
            .map(|amount| if amount.is_negative() { (back, amount.checked_neg()) } else { (paid, Some(amount)) });
        let rows =
            [(words.left, left)].into_iter().chain(difference).filter_map(|(name, amount)| Some((name, amount?)));
        let rows: Vec<_> = rows.collect();
        (kind != RequestKind::ExpenseClaim || answered.is_some() || !rows.is_empty()).then(|| view! {
            <Group>
                <Cell title=picking::kind_name(kind) test="content-kind"/>
                {answered.map(|title| view! { <Cell title=words.pre_approval note=move || view! { <span>{title}</span> } test="content-pre-approval"/> })}
                {rows.into_iter().map(|(title, amount)| view! {
                    <Cell title end=move || view! { <Amount amount=amount/> } test="content-figure"/>
                }).collect_view()}
            </Group>
        })
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
        {figures}
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
