//! What every page has: the sync badge with what waits behind it, and the words of a state.

use budget::{PersonId, RequestState};
use leptos::prelude::*;
use std::time::Duration;

use crate::parts::Tone;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::cell::{Cell, Group};
use crate::parts::notice::Notice;
use crate::parts::sheet::Sheet;
use crate::parts::sync_badge::{SyncBadge, SyncState};
use crate::parts::tag::{PendingTag, Tag};
use crate::state::desk::Reach;
use crate::state::row::Standing;
use crate::state::{Desk, surroundings, use_desk};
use crate::text::{error, text};

/// The badge of every page, and the sheet behind it.
#[component]
pub(crate) fn Badge() -> impl IntoView {
    let desk = use_desk();
    let open = RwSignal::new(false);
    let state = sync_state(desk);
    view! {
        <SyncBadge state on_press=move || open.set(true)/>
        <Sheet open title=text().pages.frame.sync_title tight=true test="sync-sheet">
            <Waiting/>
        </Sheet>
    }
    .into_any()
}

/// The sync state in words. Work that the server answers within two seconds is not mentioned: no flicker.
pub(crate) fn sync_state(desk: Desk) -> Signal<SyncState> {
    let count = Memo::new(move |_| {
        let pending = desk.pending.with(|pending| u32::try_from(pending.len()).unwrap_or(u32::MAX));
        if pending == 0 { desk.uploads.get() } else { pending }
    });
    let slow = RwSignal::new(count.get_untracked() > 0);
    Effect::new(move |_| {
        if count.get() == 0 {
            slow.set(false);
        } else if !slow.get_untracked() {
            set_timeout(
                move || {
                    let still = count.try_get_untracked().unwrap_or(0) > 0;
                    slow.try_set(still);
                },
                Duration::from_secs(2),
            );
        }
    });
    Signal::derive(move || {
        if desk.trouble.get().is_some() || desk.refused.get() > 0 {
            return SyncState::Failed;
        }
        match (desk.reach.get(), desk.news_at.get()) {
            (Reach::Live, Some(at)) if count.get() == 0 || !slow.get() => SyncState::Done(surroundings::time(at)),
            (Reach::Live, _) => SyncState::Waiting(count.get()),
            (Reach::Connecting, None) => SyncState::Connecting,
            _ => SyncState::Offline(count.get()),
        }
    })
}

/// What waits, what failed and when all was last well, in words. Also part of the person's own page.
#[component]
pub(crate) fn Waiting() -> impl IntoView {
    let desk = use_desk();
    let words = &text().pages.frame;
    let reach = move || match desk.reach.get() {
        Reach::Live => words.live,
        Reach::Connecting => text().sync.connecting,
        Reach::Offline => words.offline_words,
    };
    let last = move || {
        desk.news_at
            .get()
            .map_or_else(|| String::from(words.never), |at| (text().sync.as_of)(&surroundings::moment(at)))
    };
    let notice = |code| {
        view! { <div data-test="sync-trouble"><Notice tone=Tone::Bad title=text().sync.failed words=error(code)/></div> }
    };
    let trouble = move || desk.trouble.get().map(notice);
    let refused = move || {
        let rows = desk.rows.get();
        let inbox = desk.inbox.get();
        let own = rows.iter().filter(|row| row.refused).map(|row| (format!("/claims/{}", row.id), row.title.clone()));
        let others =
            inbox.iter().filter(|row| row.refused).map(|row| (format!("/approvals/{}", row.id), row.title.clone()));
        let cells: Vec<_> = own
            .chain(others)
            .map(|(href, title)| view! {
                <Cell title=named(title) href note=move || view! { <span>{words.refused_words}</span> } test="sync-refused"/>
            })
            .collect();
        (!cells.is_empty()).then(|| view! { <Group title=words.refused>{cells}</Group> })
    };
    let waiting = move || {
        let pending = desk.pending.get();
        let uploads = desk.uploads.get();
        let cell = |one: &crate::state::desk::Pending| {
            let note = if one.record { words.waits_record } else { words.waits_edits };
            view! {
                <Cell
                    title=named(one.title.clone()) note=move || view! { <span>{note}</span> }
                    end=|| view! { <PendingTag/> } pending=true test="sync-pending"
                />
            }
        };
        let cells: Vec<_> = pending.iter().map(cell).collect();
        let none = cells.is_empty() && uploads == 0;
        view! {
            <Group title=words.waiting>
                {cells}
                {(uploads > 0).then(|| view! { <Cell title=(words.files)(uploads) end=|| view! { <PendingTag/> } pending=true/> })}
                {none.then(|| view! { <Cell title=words.nothing_waits/> })}
            </Group>
        }
    };
    view! {
        {trouble}
        <Group>
            <Cell title=reach note=move || view! { <span class="figures" data-test="sync-last">{last}</span> }/>
        </Group>
        {refused}
        {waiting}
        {move || (desk.reach.get() == Reach::Offline).then(|| view! {
            <div class="card card-plain">
                <Button label=text().action.retry kind=ButtonKind::Quiet wide=true on_press=move || desk.hint() test="sync-retry"/>
                <p class="group-foot">{text().pages.rescue.hint}</p>
            </div>
        })}
    }
    .into_any()
}

/// A title, or the words for a request that has none yet.
pub(crate) fn named(title: String) -> String {
    if title.trim().is_empty() { String::from(text().pages.frame.untitled) } else { title }
}

/// The word and colour of a state that the authority told.
pub(crate) const fn state_tone(state: RequestState) -> Tone {
    match state {
        RequestState::Draft | RequestState::Withdrawn | RequestState::Archived => Tone::Neutral,
        RequestState::InApproval => Tone::Active,
        RequestState::Approved | RequestState::Paid => Tone::Good,
        RequestState::Returned => Tone::Warn,
        RequestState::Rejected | RequestState::OverBudget => Tone::Bad,
    }
}

/// The word of a state.
pub(crate) fn state_word(state: RequestState) -> &'static str {
    let words = &text().state;
    match state {
        RequestState::Draft => words.draft,
        RequestState::InApproval => words.in_approval,
        RequestState::Approved => words.approved,
        RequestState::Paid => words.paid,
        RequestState::Returned => words.returned,
        RequestState::Rejected => words.rejected,
        RequestState::Withdrawn => words.withdrawn,
        RequestState::OverBudget => words.over_budget,
        RequestState::Archived => words.archived,
    }
}

/// The tag of where a request stands.
#[component]
pub(crate) fn StandingTag(standing: Standing) -> impl IntoView {
    match standing {
        Standing::Submitting => {
            view! { <span data-test="state"><Tag label=text().pages.frame.submitting tone=Tone::Warn/></span> }
                .into_any()
        }
        Standing::Withdrawing => {
            view! { <span data-test="state"><Tag label=text().pages.frame.withdrawing tone=Tone::Warn/></span> }
                .into_any()
        }
        Standing::Told(state) => {
            view! { <span data-test="state"><Tag label=state_word(state) tone=state_tone(state)/></span> }.into_any()
        }
    }
}

/// Names of people, joined.
pub(crate) fn names(desk: Desk, people: impl IntoIterator<Item = PersonId>) -> String {
    let names: Vec<String> =
        people.into_iter().map(|person| desk.name(person)).filter(|name| !name.is_empty()).collect();
    names.join("、")
}
