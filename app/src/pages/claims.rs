//! 报销: the person's own requests, what needs them first.

use leptos::prelude::*;

use super::frame::{Badge, StandingTag, named};
use crate::parts::Tone;
use crate::parts::blank::Blank;
use crate::parts::button::{ButtonKind, ButtonLink};
use crate::parts::cell::{Cell, Dot, Face, Group};
use crate::parts::icon::Icon;
use crate::parts::money::Amount;
use crate::parts::page::{Page, Split};
use crate::parts::tag::{PendingTag, Tag};
use crate::state::route::Route;
use crate::state::row::{Row, Section, Standing};
use crate::state::{surroundings, use_desk, use_navigator};
use crate::text::text;

/// The list, and beside it the claim that is open or the words that none is.
#[component]
pub(crate) fn Claims() -> impl IntoView {
    let desk = use_desk();
    let navigator = use_navigator();
    let begun = RwSignal::new(surroundings::new_request());
    let wanted = Memo::new(move |_| match navigator.route.get() {
        Route::NewClaim => Some(begun.get()),
        Route::Claim(id) => Some(id),
        _ => None,
    });
    // A claim gets its address with its first change; until then leaving it leaves nothing behind.
    Effect::new(move |_| {
        let new = begun.get();
        match navigator.route.get() {
            Route::NewClaim if desk.knows(new) => navigator.rename(&Route::Claim(new)),
            // The next new claim is another one.
            Route::Claims if desk.knows(new) => begun.set(surroundings::new_request()),
            _ => {}
        }
    });
    let detail = move || match wanted.get() {
        Some(id) => view! { <super::claim::Detail id fresh=id == begun.get_untracked()/> }.into_any(),
        None => {
            let words = &text().pages.claims;
            view! { <div class="split-empty"><Blank title=words.choose words=words.choose_words/></div> }.into_any()
        }
    };
    let chosen = Signal::derive(move || wanted.with(Option::is_some));
    view! { <Split list=move || view! { <ClaimList current=wanted/> } detail chosen/> }.into_any()
}

/// The list; `current` is the one that is open beside it.
#[component]
fn ClaimList(#[prop(into)] current: Signal<Option<budget::RequestId>>) -> impl IntoView {
    let desk = use_desk();
    let words = &text().pages.claims;
    let section = move |section: Section| {
        let rows = move || {
            let rows = desk.rows.get();
            rows.iter().filter(|row| row.section == section).cloned().collect::<Vec<_>>()
        };
        let title = match section {
            Section::NeedsMe => words.needs_me,
            Section::Drafts => words.drafts,
            Section::Open => words.open,
            Section::Done => words.done,
        };
        let some = Memo::new(move |_| desk.rows.with(|rows| rows.iter().any(|row| row.section == section)));
        move || {
            some.get().then(|| {
                view! {
                    <Group title=title>
                        <For each=rows key=|row| row.clone() children=move |row| view! { <ClaimRow row current/> }/>
                    </Group>
                }
            })
        }
    };
    let empty = move || {
        desk.rows.with(|rows| rows.is_empty()).then(|| {
            let blank = &text().blank;
            view! {
                <Blank
                    title=blank.no_claims words=blank.no_claims_words
                    action=|| view! { <ButtonLink label=text().place.capture href="/capture" kind=ButtonKind::Primary icon=Icon::Camera/> }
                />
            }
        })
    };
    view! {
        <Page title=text().place.claims end=|| view! { <Badge/> }>
            <div class="list-head">
                <ButtonLink label=text().place.new_claim href="/claims/new" kind=ButtonKind::Plain icon=Icon::Plus test="new-claim"/>
            </div>
            {empty}
            {Section::ALL.map(section).into_iter().collect_view()}
        </Page>
    }
    .into_any()
}

#[component]
fn ClaimRow(row: Row, current: Signal<Option<budget::RequestId>>) -> impl IntoView {
    let desk = use_desk();
    let words = &text().pages.claims;
    let dot = if row.refused {
        Dot::Error
    } else if row.section == Section::NeedsMe {
        Dot::NeedsYou
    } else {
        Dot::None
    };
    let day = surroundings::day(row.at);
    let invoices = (row.invoices > 0).then(|| (words.invoices)(row.invoices));
    let again = row.may_reserve_again.then(|| view! { <Tag label=words.reserve_again tone=Tone::Good/> });
    let duplicate = row.duplicate.then(|| view! { <Tag label=words.duplicate tone=Tone::Bad/> });
    let refused = row.refused.then(|| view! { <Tag label=words.refused tone=Tone::Bad/> });
    let id = row.id;
    // Beside the row and not of it: every keystroke that is kept turns it on and off, and the row stays.
    let pending = Memo::new(move |_| desk.pending.with(|pending| pending.iter().any(|one| one.request == id)));
    let told = !matches!(row.standing, Standing::Submitting | Standing::Withdrawing) && row.section != Section::Drafts;
    view! {
        <Cell
            title=named(row.title) href=format!("/claims/{}", row.id)
            current=Signal::derive(move || current.get() == Some(id))
            dot=dot pending=pending test="claim-row"
            lead=|| view! { <Face icon=Icon::Receipt/> }
            note=move || view! {
                <span class="figures">{day}</span>
                {invoices.map(|words| view! { <span>{words}</span> })}
                {again}{duplicate}{refused}
            }
            end=move || view! {
                <Amount amount=row.amount/>
                {move || if told && pending.get() {
                    view! { <PendingTag/> }.into_any()
                } else {
                    view! { <StandingTag standing=row.standing/> }.into_any()
                }}
            }
        />
    }
}
