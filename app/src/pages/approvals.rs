//! 审批: what waits for this person, and what they have decided.

mod batch;
pub(super) mod decide;
pub(super) mod detail;
mod warnings;

use budget::RequestId;
use leptos::prelude::*;
use sync::record::Verb;

use super::frame::{Badge, named, state_tone, state_word};
use crate::parts::Tone;
use crate::parts::blank::Blank;
use crate::parts::cell::{Cell, Dot, Face, Group};
use crate::parts::money::Amount;
use crate::parts::page::{Page, Split};
use crate::parts::search::Search;
use crate::parts::segments::{Segment, Segments};
use crate::parts::tag::{PendingTag, Tag};
use crate::state::route::Route;
use crate::state::row::{InboxRow, Turn};
use crate::state::{surroundings, use_desk, use_navigator};
use crate::text::text;

/// Beyond so many rows a word finds the right one sooner.
const MANY: usize = 8;

/// The inbox, and beside it the request that is open or the words that none is.
#[component]
pub(crate) fn Approvals() -> impl IntoView {
    let navigator = use_navigator();
    let wanted = Memo::new(move |_| match navigator.route.get() {
        Route::Approval(id) => Some(id),
        _ => None,
    });
    let detail = move || match wanted.get() {
        Some(id) => view! { <detail::Detail id/> }.into_any(),
        None => {
            let words = &text().pages.approvals;
            view! { <div class="split-empty"><Blank title=words.choose words=words.choose_words/></div> }.into_any()
        }
    };
    let chosen = Signal::derive(move || wanted.with(Option::is_some));
    view! { <Split list=move || view! { <Inbox current=wanted/> } detail chosen/> }.into_any()
}

/// The list, in two or three parts.
#[component]
fn Inbox(#[prop(into)] current: Signal<Option<RequestId>>) -> impl IntoView {
    let desk = use_desk();
    let words = &text().pages.approvals;
    let chosen = RwSignal::new("mine");
    let count = move |turn: fn(&InboxRow) -> bool| {
        Signal::derive(move || {
            let count = desk.inbox.with(|rows| rows.iter().filter(|row| turn(row)).count());
            u32::try_from(count).unwrap_or(u32::MAX)
        })
    };
    let mine = count(|row| row.turn == Turn::Decide);
    let payable = count(|row| row.turn == Turn::Pay);
    let is_cashier = Memo::new(move |_| desk.has_role(budget::Role::Cashier));
    let segments = move || {
        let mut segments = vec![Segment { id: "mine", label: String::from(words.mine), count: mine }];
        if is_cashier.get() {
            segments.push(Segment { id: "pay", label: String::from(words.to_pay), count: payable });
        }
        segments.push(Segment { id: "done", label: String::from(words.done), count: Signal::stored(0) });
        view! { <Segments label=words.scope segments chosen on_choose=move |id| chosen.set(id)/> }
    };
    let search = RwSignal::new(String::new());
    let long = Memo::new(move |_| desk.inbox.with(|rows| rows.len() > MANY));
    let rows = move || {
        let (chosen, word) = (chosen.get(), search.get().trim().to_lowercase());
        let fits = |row: &&InboxRow| match chosen {
            "pay" => row.turn == Turn::Pay,
            "done" => matches!(row.turn, Turn::Decided { .. }),
            // What came back is mine again, whatever was said.
            _ => row.turn == Turn::Decide || row.refused,
        };
        let says = |row: &&InboxRow| row.says(&word, &desk.name(row.claimant));
        desk.inbox.with(|rows| rows.iter().filter(fits).filter(says).cloned().collect::<Vec<_>>())
    };
    let rows = Memo::new(move |_| rows());
    let list = move || {
        if rows.with(Vec::is_empty) {
            let blank = &text().blank;
            return view! { <Blank title=blank.no_approvals words=blank.no_approvals_words/> }.into_any();
        }
        view! {
            <Group>
                <For
                    each=move || rows.get() key=|row| row.clone()
                    children=move |row| view! { <InboxCell row current/> }
                />
            </Group>
        }
        .into_any()
    };
    let empty = Memo::new(move |_| rows.with(Vec::is_empty));
    view! {
        <Page title=text().place.approvals end=|| view! { <Badge/> }>
            {segments}
            {move || long.get().then(|| view! { <Search word=search placeholder=words.search apart=true test="approval-search"/> })}
            {move || (chosen.get() == "mine").then(|| view! { <batch::Batch/> })}
            {move || {
                // Read, not only tracked: a memo that nobody has read has no sources yet and never changes.
                let _ = empty.get();
                untrack(list)
            }}
        </Page>
    }
    .into_any()
}

#[component]
fn InboxCell(row: InboxRow, current: Signal<Option<RequestId>>) -> impl IntoView {
    let desk = use_desk();
    let words = &text().pages.approvals;
    let name = desk.name(row.claimant);
    let face = name.clone();
    let at = surroundings::moment(row.at);
    let acting = row.in_place_of.map(|person| (words.for_person)(&desk.name(person)));
    let warnings = (row.warnings > 0).then(|| view! { <Tag label=(words.warnings)(row.warnings) tone=Tone::Warn/> });
    let end = match row.turn {
        _ if row.refused => view! { <Tag label=text().pages.claims.refused tone=Tone::Bad/> }.into_any(),
        Turn::Decide => ().into_any(),
        Turn::Pay => view! { <Tag label=words.to_pay tone=Tone::Active/> }.into_any(),
        Turn::Decided { pending, verb } => {
            let (word, tone) = match verb {
                Verb::Approve => (text().action.approved, Tone::Good),
                Verb::Reject => (text().action.rejected, Tone::Bad),
                Verb::Return => (text().action.sent_back, Tone::Warn),
                Verb::ConsultFirst | Verb::AddSigner | Verb::HandOver => (text().action.passed_on, Tone::Warn),
            };
            let state = (!pending).then(|| view! { <Tag label=state_word(row.state) tone=state_tone(row.state)/> });
            let waits = pending.then(|| view! { <PendingTag/> });
            view! { <Tag label=word tone/>{state}{waits} }.into_any()
        }
    };
    let dot = if row.refused {
        Dot::Error
    } else if row.turn == Turn::Decide {
        Dot::NeedsYou
    } else {
        Dot::None
    };
    let id = row.id;
    let pending = matches!(row.turn, Turn::Decided { pending: true, .. });
    view! {
        <Cell
            title=named(row.title) href=format!("/approvals/{}", row.id) dot=dot pending=pending test="approval-row"
            current=Signal::derive(move || current.get() == Some(id))
            lead=move || view! { <Face name=face/> }
            note=move || view! {
                <span>{name}" · "<span class="figures">{at}</span></span>
                {acting.map(|words| view! { <span>{words}</span> })}
                {warnings}
            }
            end=move || view! { <Amount amount=row.amount/>{end} }
        />
    }
}
