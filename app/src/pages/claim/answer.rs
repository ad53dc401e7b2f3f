//! The live answer of the budget, and who will probably have to agree: while typing, with or without the network.

use budget::ledger::{Charge, LineAnswer};
use budget::{Control, Money};
use leptos::prelude::*;
use sync::document::Claim;

use super::super::frame::names;
use super::Sight;
use crate::parts::Tone;
use crate::parts::budget_bar::{BudgetBar, BudgetShares};
use crate::parts::notice::Notice;
use crate::state::{Desk, surroundings};
use crate::text::{format, text};

/// The card at the foot of the editor.
#[component]
pub(super) fn Answer(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    // Each step stands still while what it needs does: a title changes nothing here.
    let charges = Memo::new(move |_| sight.read(Claim::charges));
    let others = Memo::new(move |_| desk.handed_in(sight.id));
    let answer = Memo::new(move |_| {
        let charges = charges.read();
        (!charges.is_empty()).then(|| others.with(|others| desk.answer(&charges, others))).flatten()
    });
    let words = &text().pages.claim;
    let body = move || {
        let answer = answer.get()?;
        let lacking: Vec<_> = answer
            .lines
            .iter()
            .filter(|line| line.lacking > Money::ZERO && line.control != Control::None)
            .map(|line| shortage(desk, line))
            .collect();
        let uncovered = (!answer.uncovered.is_empty()).then(|| view! {
            <div data-test="uncovered"><Notice tone=Tone::Bad title=words.uncovered words=words.uncovered_words/></div>
        });
        let tightest = answer.tightest().map(|line| {
            let other = others.with(|others| others.get(&line.line).copied().unwrap_or_default());
            bar(desk, line, other)
        });
        let known = tightest.is_some() || !lacking.is_empty() || uncovered.is_some();
        Some(view! {
            <div data-test="budget-answer">
                {lacking}
                {uncovered}
                {tightest}
                {(!known).then(|| view! { <p class="group-foot">{words.budget_unknown}</p> })}
            </div>
        })
    };
    view! {
        {body}
        <Foreseen sight charges/>
    }
    .into_any()
}

/// What a line is called.
pub(in crate::pages) fn line_name(desk: Desk, code: &budget::Code) -> String {
    desk.company.with(|company| {
        let line = company.as_ref().and_then(|company| company.scheme.line(code));
        line.map_or_else(|| code.to_string(), |line| line.name.clone())
    })
}

fn shortage(desk: Desk, line: &LineAnswer) -> AnyView {
    let words = &text().pages.claim;
    let title = (words.lacks)(&line_name(desk, &line.line), &format::money(line.lacking));
    let (tone, sentence) = match line.control {
        Control::Hard => (Tone::Bad, words.lacks_hard),
        Control::Warn | Control::None => (Tone::Warn, words.lacks_soft),
    };
    view! { <div data-test="lacking"><Notice tone title words=sentence/></div> }.into_any()
}

fn bar(desk: Desk, line: &LineAnswer, others: Money) -> AnyView {
    let words = &text().pages.claim;
    let balance = desk.budget.with(|budget| budget.lines.get(&line.line).map(|line| line.balance)).unwrap_or_default();
    let shares = BudgetShares {
        limit: balance.limit,
        consumed: balance.consumed,
        reserved: balance.reserved.checked_add(balance.escrowed).unwrap_or(balance.reserved),
        intended: line.requested.checked_add(others).unwrap_or(line.requested),
    };
    let as_of = desk.budget.with(|budget| surroundings::moment(budget.as_of));
    let available = line.available;
    let sentence = format!(
        "{} {} · {} · {} {}",
        text().budget.available,
        format::money(available),
        (text().sync.as_of)(&as_of),
        words.intends,
        format::money(line.requested),
    );
    let name = line_name(desk, &line.line);
    view! {
        <div class="card stack">
            <strong>{name.clone()}</strong>
            <BudgetBar label=name shares=shares/>
            <span class="quiet figures" data-test="budget-words">{sentence}</span>
        </div>
    }
    .into_any()
}

/// The approvers by the rules in force, as far as the claim is written.
#[component]
fn Foreseen(sight: Sight, charges: Memo<Vec<Charge>>) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let facts = Memo::new(move |_| {
        charges.with(|charges| {
            if charges.is_empty() {
                return None;
            }
            sight.content.with(|content| desk.facts(content.as_ref()?, charges))
        })
    });
    let steps = Memo::new(move |_| {
        Some(match facts.with(|facts| desk.route(facts.as_ref()?))? {
            Ok(route) => {
                Ok(route.steps.iter().map(|step| (step.name.clone(), names(desk, step.people()))).collect::<Vec<_>>())
            }
            Err(_) => Err(()),
        })
    });
    move || {
        steps.get().map(|steps| match steps {
            Ok(steps) => view! {
                <div class="card stack" data-test="foreseen">
                    <span class="amount-label">{words.foreseen}</span>
                    <ol class="way">
                        {steps.into_iter().map(|(step, people)| view! {
                            <li><strong>{people}</strong><span class="quiet">{step}</span></li>
                        }).collect_view()}
                    </ol>
                </div>
            }
            .into_any(),
            Err(()) => view! { <Notice tone=Tone::Bad title=words.nobody words=words.nobody_words/> }.into_any(),
        })
    }
}
