//! One budget line: its number, its three parts, and who holds them.

use budget::Code;
use leptos::prelude::*;
use sync::view::HolderView;

use super::{past, shares, warning};
use crate::pages::claim::answer::line_name;
use crate::pages::frame::{Badge, named, state_tone, state_word};
use crate::parts::blank::{Blank, BlankKind};
use crate::parts::budget_bar::BudgetBar;
use crate::parts::button::{ButtonKind, ButtonLink};
use crate::parts::cell::{Cell, Face, Group};
use crate::parts::money::Amount;
use crate::parts::page::Page;
use crate::parts::tag::Tag;
use crate::state::{surroundings, use_desk};
use crate::text::{format, text};

/// The page of one line.
#[component]
pub(super) fn Line(code: Code) -> impl IntoView {
    let desk = use_desk();
    let words = &text().pages.budget;
    let code = StoredValue::new(code);
    let parts = Memo::new(move |_| code.with_value(|code| shares(desk, code)));
    let name = Signal::derive(move || code.with_value(|code| line_name(desk, code)));
    let holders = Memo::new(move |_| {
        let holders =
            desk.budget.with(|budget| code.with_value(|code| budget.lines.get(code).map(|line| line.holders.clone())));
        holders.flatten()
    });
    let head = move || {
        let Some(parts) = parts.get() else {
            return view! {
                <Blank
                    kind=BlankKind::Failed title=text().blank.not_found words=text().blank.no_budget_words
                    action=|| view! { <ButtonLink label=text().action.back href="/budget" kind=ButtonKind::Primary/> }
                />
            }
            .into_any();
        };
        let as_of = desk.budget.with(|budget| surroundings::moment(budget.as_of));
        let past = desk
            .company
            .with(|company| company.as_ref().and_then(|company| code.with_value(|code| past(company, code, parts))));
        let foot = format!("{} {} · {}", text().budget.limit, format::money(parts.limit), (text().sync.as_of)(&as_of));
        view! {
            <div class="card stack">
                <div>
                    <span class="amount-label">{text().budget.available}</span>
                    <Amount amount=parts.left() big=true test="available"/>
                </div>
                {warning(parts, past)}
                <BudgetBar label=name.get() shares=parts/>
                <span class="quiet figures" data-test="budget-as-of">{foot}</span>
            </div>
        }
        .into_any()
    };
    let list = move || {
        match holders.get() {
        None => parts.get().is_some().then(|| view! { <p class="group-foot">{words.sum_only}</p> }.into_any()),
        Some(holders) if holders.is_empty() => Some(view! { <p class="group-foot">{words.nobody_holds}</p> }.into_any()),
        Some(holders) => Some(
            view! { <Group title=words.holders>{holders.into_iter().map(|holder| view! { <HolderRow holder/> }).collect_view()}</Group> }
                .into_any(),
        ),
    }
    };
    view! {
        <Page title=name back="/budget" end=|| view! { <Badge/> }>
            {head}
            {list}
        </Page>
    }
    .into_any()
}

#[component]
fn HolderRow(holder: HolderView) -> impl IntoView {
    let desk = use_desk();
    let words = &text().budget;
    let name = desk.name(holder.claimant);
    let face = name.clone();
    // One's own requests open where they are edited; others' where they are read.
    let place = if holder.claimant == desk.person_id() { "claims" } else { "approvals" };
    let (held, spent) = (holder.outstanding, holder.consumed);
    view! {
        <Cell
            title=named(holder.title) href=format!("/{place}/{}", holder.request) test="holder-row"
            lead=move || view! { <Face name=face/> }
            note=move || view! { <span>{name}</span><Tag label=state_word(holder.state) tone=state_tone(holder.state)/> }
            end=move || view! {
                {held.is_positive().then(|| view! { <Amount amount=held/><span class="quiet">{words.reserved}</span> })}
                {spent.is_positive().then(|| view! { <Amount amount=spent quiet=true/><span class="quiet">{words.consumed}</span> })}
            }
        />
    }
}
