//! 审批单: who, how much, why; what does not fit first; then the documents, the budget and the way.

use budget::{Control, Money, RequestId, RequestState};
use leptos::prelude::*;
use sync::view::RequestView;

use super::decide::Answers;
use super::warnings;
use crate::pages::claim::{Sight, content, course, talk};
use crate::pages::frame::{Badge, named, state_tone, state_word};
use crate::parts::Tone;
use crate::parts::blank::{Blank, BlankKind};
use crate::parts::budget_bar::{BudgetBar, BudgetShares};
use crate::parts::button::{Button, ButtonKind, ButtonLink};
use crate::parts::cell::Face;
use crate::parts::money::Amount;
use crate::parts::notice::Notice;
use crate::parts::page::Page;
use crate::parts::tag::Tag;
use crate::state::{Desk, surroundings, use_desk};
use crate::text::{format, text};

/// The page of one request, for whoever decides, pays or checks it.
#[component]
pub(super) fn Detail(id: RequestId) -> impl IntoView {
    let desk = use_desk();
    let sight = Sight::of(desk, id);
    let there = Memo::new(move |_| sight.status.with(Option::is_some));
    move || {
        if there.get() {
            view! { <There sight/> }.into_any()
        } else {
            let words = &text().blank;
            view! {
                <Page title=text().place.approval back="/approvals">
                    <Blank
                        kind=BlankKind::Failed title=words.not_found words=text().pages.approvals.not_here
                        action=|| view! { <ButtonLink label=text().action.back href="/approvals" kind=ButtonKind::Primary/> }
                    />
                </Page>
            }
            .into_any()
        }
    }
}

#[component]
fn There(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.approvals;
    let told = move || sight.status.get();
    let title = Signal::derive(move || named(told().map(|status| status.title).unwrap_or_default()));
    let amount = Signal::derive(move || told().map(|status| status.total).unwrap_or_default());
    let who = move || {
        let status = told()?;
        let name = desk.name(status.claimant);
        let department = department_name(desk, &status);
        let at = surroundings::moment(status.submitted_at);
        let acting = status.decides_for(desk.person_id()).filter(|person| *person != desk.person_id());
        Some(view! {
            <div class="hero-line">
                <Face name=name.clone()/>
                <div>
                    <strong>{name}</strong>
                    <div class="quiet figures">{department}" · "{at}</div>
                </div>
                <span data-test="state"><Tag label=state_word(status.state) tone=state_tone(status.state)/></span>
            </div>
            {acting.map(|person| view! {
                <div data-test="acting"><Tag label=(words.you_for)(&desk.name(person)) tone=Tone::Active/></div>
            })}
        })
    };
    view! {
        <Page
            title back="/approvals" end=|| view! { <Badge/> }
            foot=move || view! { <Answers sight/> }
        >
            <Refused sight/>
            <div class="hero">
                {who}
                <Amount amount big=true test="approval-total"/>
            </div>
            <warnings::Warnings sight/>
            <content::Content sight/>
            <Effects sight/>
            <course::Course sight/>
            <talk::Talk sight/>
        </Page>
    }
    .into_any()
}

fn department_name(desk: Desk, status: &RequestView) -> String {
    desk.company.with(|company| {
        company.as_ref().map_or_else(
            || status.department.to_string(),
            |company| company.scheme.name(budget::Dimension::Department, &status.department).to_owned(),
        )
    })
}

/// A decision that was not accepted, with what changed.
#[component]
fn Refused(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    move || {
        desk.refusals(sight.id)
            .into_iter()
            .map(|(order, work)| {
                let sentence = crate::pages::claim_refusal(sight, &work);
                view! {
                    <section class="card stack" data-test="refused" data-code=work.code>
                        <Notice tone=Tone::Bad title=text().pages.approvals.refused words=sentence/>
                        <Button label=text().pages.approvals.seen wide=true on_press=move || desk.dismiss(sight.id, order) test="refused-drop"/>
                    </section>
                }
            })
            .collect_view()
    }
}

/// What the request does to each budget line that this person may see.
#[component]
fn Effects(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.approvals;
    let lines = Memo::new(move |_| {
        let company = desk.company.get()?;
        let budget = desk.budget.get();
        let holds = sight.status.with(|s| s.as_ref().is_some_and(|s| s.state.holds_budget()));
        let paid = sight.status.with(|s| s.as_ref().is_some_and(|s| s.state == RequestState::Paid));
        let mut shown = Vec::new();
        for line in company.scheme.lines().filter(|line| line.control != Control::None) {
            let charged = sight.read(|content| {
                let fits =
                    content.charges().into_iter().filter(|charge| line.covers_block(&company.scheme, &charge.block));
                Money::checked_sum(fits.map(|charge| charge.amount)).unwrap_or_default()
            });
            if let Some(known) = budget.lines.get(&line.code).filter(|_| charged.is_positive()) {
                shown.push((line.name.clone(), known.balance, charged, holds, paid));
            }
        }
        Some((shown, budget.as_of))
    });
    move || {
        let (shown, as_of) = lines.get()?;
        (!shown.is_empty()).then(|| view! {
            <h2 class="section-title">{text().place.budget}</h2>
            {shown.into_iter().map(|(name, balance, charged, holds, paid)| {
                let reserved = balance.reserved.checked_add(balance.escrowed).unwrap_or(balance.reserved);
                let shares = BudgetShares {
                    limit: balance.limit, consumed: balance.consumed, reserved,
                    intended: if holds || paid { Money::ZERO } else { charged },
                };
                let state = if paid { words.in_consumed } else if holds { words.in_reserved } else { words.not_held };
                let sentence = format!(
                    "{} {} · {} · {}", text().budget.available, format::money(balance.available().unwrap_or_default()),
                    (state)(&format::money(charged)), (text().sync.as_of)(&surroundings::moment(as_of)),
                );
                view! {
                    <div class="card stack" data-test="effect">
                        <strong>{name.clone()}</strong>
                        <BudgetBar label=name shares=shares/>
                        <span class="quiet figures">{sentence}</span>
                    </div>
                }
            }).collect_view()}
        })
    }
}

/// Whether a line counts a charge, by the scheme's own trees.
trait Covers {
    fn covers_block(&self, scheme: &budget::Scheme, block: &budget::CodingBlock) -> bool;
}

impl Covers for budget::BudgetLine {
    fn covers_block(&self, scheme: &budget::Scheme, block: &budget::CodingBlock) -> bool {
        scheme.control_set(block).iter().any(|line| line.code == self.code)
    }
}
