//! The way of a request, in words.

use leptos::prelude::*;
use sync::record::Verb;
use sync::view::{Surface, What};

use super::super::frame::names;
use super::Sight;
use crate::parts::timeline::{Step, StepState, Timeline};
use crate::state::course::{self, Kind, Passage, Station};
use crate::state::{Desk, surroundings};
use crate::text::text;

/// The stations so far and to come.
#[component]
pub(in crate::pages) fn Course(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let steps = Signal::derive(move || {
        let waiting = desk.waiting_records(sight.id);
        let stations = sight.status.with(|status| course::of(status.as_ref(), &waiting));
        stations.into_iter().map(|station| step(desk, station)).collect::<Vec<_>>()
    });
    let some = Memo::new(move |_| steps.with(|steps| !steps.is_empty()));
    view! {
        {move || some.get().then(|| view! {
            <h2 class="section-title">{text().pages.claim.course}</h2>
            <div data-test="timeline"><Timeline steps/></div>
        })}
    }
    .into_any()
}

fn step(desk: Desk, station: Station) -> Step {
    let words = &text().pages.claim;
    let people = names(desk, station.people.iter().copied());
    let what = match station.kind {
        Kind::Happened(what) => happened(what),
        Kind::Step => station.step.as_str(),
    };
    let mut note: Vec<String> = Vec::new();
    if let Some(person) = station.in_place_of {
        note.push((words.in_place_of)(&people, &desk.name(person)));
    }
    if matches!(station.kind, Kind::Happened(_)) && !station.step.is_empty() {
        note.push(station.step.clone());
    }
    if station.through == Some(Surface::DingTalk) {
        note.push(String::from(words.through_dingtalk));
    }
    if station.passage == Passage::Held {
        note.push(String::from(text().sync.pending));
    }
    let title = if people.is_empty() { String::from(what) } else { format!("{what} · {people}") };
    Step {
        state: match station.passage {
            Passage::Done => StepState::Done,
            Passage::Refused => StepState::Refused,
            Passage::Held => StepState::Held,
            Passage::Now => StepState::Now,
            Passage::Ahead => StepState::Ahead,
        },
        title,
        time: station.at.map(surroundings::moment).unwrap_or_default(),
        note: note.join(" · "),
        words: station.reason,
    }
}

/// What happened, in a word.
fn happened(what: What) -> &'static str {
    let words = &text().action;
    match what {
        What::Submitted => words.submitted,
        What::OverBudget => text().state.over_budget,
        What::Duplicate => text().pages.claims.duplicate,
        What::Decided(Verb::Approve) => words.approved,
        What::Decided(Verb::Reject) => words.rejected,
        What::Decided(Verb::Return) => words.sent_back,
        What::Decided(Verb::ConsultFirst | Verb::AddSigner | Verb::HandOver) => words.passed_on,
        What::Escalated => words.escalated,
        What::Reassigned => words.reassigned,
        What::Migrated => words.migrated,
        What::Withdrawn => words.withdrawn,
        What::Paid => text().state.paid,
        What::Closed => words.closed,
    }
}
