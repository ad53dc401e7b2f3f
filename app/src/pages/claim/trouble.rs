//! What went wrong with a request, first on its page, each with what can be done about it now.

use budget::ledger::Shortage;
use budget::{Money, RequestState};
use leptos::prelude::*;
use sync::record::Verb;
use sync::replica::RefusedWork;
use sync::view::What;

use super::super::frame::names;
use super::{Sight, answer, conflicts};
use crate::parts::Tone;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::notice::Notice;
use crate::state::route::Route;
use crate::state::row::Standing;
use crate::state::{mended, surroundings, use_navigator};
use crate::text::{error, format, text};

/// All of it.
#[component]
pub(super) fn Troubles(sight: Sight) -> impl IntoView {
    view! {
        <Refusals sight/>
        <Returned sight/>
        <Duplicates sight/>
        <OverBudget sight/>
    }
    .into_any()
}

/// 以下修改未被接受: what came back, and what becomes of it.
#[component]
pub(in crate::pages) fn Refusals(sight: Sight) -> impl IntoView {
    let refused = Memo::new(move |_| Works(sight.desk.refusals(sight.id)));
    move || refused.get().0.into_iter().map(|(order, work)| refusal(sight, order, work)).collect_view()
}

#[derive(Clone, PartialEq)]
struct Works(Vec<(u64, RefusedWork)>);

fn refusal(sight: Sight, order: u64, work: RefusedWork) -> AnyView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let navigator = use_navigator();
    let wanted: Vec<_> = mended::wanted(&work.edits)
        .into_iter()
        .filter(|(_, _, value)| value.text() != Some(""))
        .take(6)
        .map(|(place, field, value)| {
            let shown = match value {
                sync::Scalar::Integer(fen) if matches!(field, sync::Field::Amount | sync::Field::Total) => {
                    format::money(Money::from_fen(fen))
                }
                other => other.to_string().chars().take(60).collect(),
            };
            view! { <li>{conflicts::field_word(&place, field)}"："{shown}</li> }
        })
        .collect();
    let is_edits = !work.edits.is_empty();
    let title = if is_edits { words.refused_edits } else { words.refused_record };
    let sentence = refusal_words(sight, &work);
    let editable = sight.standing.get_untracked().is_editable();
    let keep = move || {
        let id = desk.keep_as_draft(sight.id, order);
        navigator.go(&Route::Claim(id));
    };
    view! {
        <section class="card stack" data-test="refused" data-code=work.code.clone()>
            <Notice tone=Tone::Bad title words=sentence/>
            {(!wanted.is_empty()).then(|| view! { <ul class="reasons">{wanted}</ul> })}
            <div class="actions">
                {is_edits.then(|| if editable {
                    view! { <Button label=words.edit_again kind=ButtonKind::Primary on_press=move || desk.edit_again(sight.id, order) test="refused-again"/> }.into_any()
                } else {
                    view! { <Button label=words.keep_draft kind=ButtonKind::Primary on_press=keep test="refused-keep"/> }.into_any()
                })}
                <Button
                    label=if is_edits { words.drop_edits } else { text().action.done }
                    on_press=move || desk.dismiss(sight.id, order) test="refused-drop"
                />
            </div>
        </section>
    }
    .into_any()
}

/// Why work came back, with what changed meanwhile.
pub(in crate::pages) fn refusal_words(sight: Sight, work: &RefusedWork) -> String {
    let words = &text().pages.claim;
    let detail = work.detail();
    let mut parts = vec![String::from(error(&work.code))];
    if let Some((before, now)) = detail.total {
        parts.push((words.changed)(&format::money(before), &format::money(now)));
    }
    if let Some(by) = detail.by {
        parts.push((words.decided_by)(&sight.desk.name(by)));
    }
    parts.join(" ")
}

/// Why it came back from its approver.
#[component]
fn Returned(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let reason = Memo::new(move |_| {
        let state = sight.standing.get();
        if !matches!(state, Standing::Told(RequestState::Returned | RequestState::Rejected)) {
            return None;
        }
        sight.status.with(|status| {
            let event = status
                .as_ref()?
                .history
                .iter()
                .rev()
                .find(|event| matches!(event.what, What::Decided(Verb::Reject | Verb::Return)))?;
            Some((event.what, event.person, event.reason.clone(), event.at))
        })
    });
    move || {
        reason.get().map(|(what, person, reason, at)| {
            let verb =
                if what == What::Decided(Verb::Reject) { text().action.rejected } else { text().action.sent_back };
            let title = format!("{} {verb} · {}", desk.name(person), surroundings::moment(at));
            let words = if reason.is_empty() { String::from(text().pages.claim.mend) } else { reason };
            view! { <div data-test="returned"><Notice tone=Tone::Warn title words/></div> }
        })
    }
}

/// Invoices that somebody claimed before: the authority's word.
#[component]
fn Duplicates(sight: Sight) -> impl IntoView {
    let words = &text().pages.claim;
    let duplicates = Memo::new(move |_| {
        let editable = sight.standing.get().is_editable();
        sight
            .status
            .with(|status| status.as_ref().filter(|_| editable).map(|s| s.duplicates.clone()))
            .unwrap_or_default()
    });
    let still_here = move |id| sight.read(|content| content.invoice(id).is_some());
    move || {
        duplicates
            .get()
            .into_iter()
            .filter(|duplicate| still_here(duplicate.invoice))
            .map(|duplicate| {
                let invoice = duplicate.invoice;
                let title = (words.claimed_before)(&duplicate.on);
                let sentence = (words.claimed_words)(&duplicate.identity);
                view! {
                    <section class="card stack" data-test="claimed-before">
                        <Notice tone=Tone::Bad title words=sentence/>
                        <Button
                            label=words.remove_invoice kind=ButtonKind::Danger wide=true test="remove-duplicate"
                            on_press=move || sight.desk.delete_invoice(sight.id, invoice)
                        />
                    </section>
                }
            })
            .collect_view()
    }
}

/// What lacks where, who holds it, and what can be done now.
#[component]
fn OverBudget(sight: Sight) -> impl IntoView {
    let words = &text().pages.claim;
    let shortages = Memo::new(move |_| {
        let over = sight.standing.get() == Standing::Told(RequestState::OverBudget);
        sight.status.with(|status| {
            let status = status.as_ref().filter(|_| over)?;
            Some((status.shortages.clone(), status.may_reserve_again))
        })
    });
    move || {
        shortages.get().map(|(shortages, again)| {
            let first = shortages.first().map(|shortage| shortage.lacking).unwrap_or_default();
            let (tone, title, sentence) = if again {
                (Tone::Good, words.reserve_again_title, String::from(words.reserve_again_words))
            } else {
                (Tone::Bad, text().state.over_budget, (words.over_words)(&format::money(first)))
            };
            view! {
                <section class="card stack" data-test="over-budget">
                    <div data-test=again.then_some("reserve-again")><Notice tone title words=sentence/></div>
                    {shortages.iter().map(|shortage| lack(sight, shortage)).collect_view()}
                    {(!again).then(|| view! { <Offers sight/> })}
                </section>
            }
        })
    }
}

fn lack(sight: Sight, shortage: &Shortage) -> AnyView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let line = answer::line_name(desk, &shortage.line);
    let figures = (words.lack_figures)(
        &format::money(shortage.requested),
        &format::money(shortage.available),
        &format::money(shortage.lacking),
    );
    let holders = desk.budget.with(|budget| {
        let known = budget.lines.get(&shortage.line).and_then(|line| line.holders.clone()).unwrap_or_default();
        known
            .into_iter()
            .filter(|holder| holder.outstanding > Money::ZERO)
            .take(Shortage::MOST_HOLDERS)
            .collect::<Vec<_>>()
    });
    let row = move |holder: sync::view::HolderView| {
        let who = names(desk, [holder.claimant]);
        view! { <li>{holder.title}" · "{who}" · "<span class="figures">{format::money(holder.outstanding)}</span></li> }
    };
    view! {
        <div data-test="lack">
            <strong>{line}</strong>
            <p class="quiet figures">{figures}</p>
            {if holders.is_empty() {
                view! { <p class="quiet">{words.holders_hidden}</p> }.into_any()
            } else {
                view! { <p class="quiet">{words.held_by}</p><ul class="reasons">{holders.into_iter().map(row).collect_view()}</ul> }.into_any()
            }}
        </div>
    }
    .into_any()
}

/// 减额, 预算调整, 例外审批: what each takes now.
#[component]
fn Offers(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let less = move || {
        let largest = sight.read(|content| content.lines.iter().max_by_key(|line| line.amount).map(|line| line.id));
        if let Some(line) = largest {
            surroundings::go_to(&format!("line-{line}"));
        }
    };
    let asked = RwSignal::new(false);
    let ask = move |sentence: &'static str| {
        desk.comment(sight.id, sentence);
        asked.set(true);
    };
    view! {
        <div class="stack">
            <Button label=words.offer_less kind=ButtonKind::Primary wide=true on_press=less test="offer-less"/>
            <Button label=words.offer_transfer wide=true on_press=move || ask(words.ask_transfer) test="offer-transfer"/>
            <Button label=words.offer_exception wide=true on_press=move || ask(words.ask_exception) test="offer-exception"/>
            <p class="quiet" role="status">{move || if asked.get() { words.asked } else { words.offers_words }}</p>
        </div>
    }
    .into_any()
}
