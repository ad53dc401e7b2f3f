//! 委托审批: who decides while the person is away. Two taps: the row, then the person.

use budget::PersonId;
use leptos::prelude::*;

use crate::parts::Tone;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::cell::{Cell, Face, Group};
use crate::parts::notice::Notice;
use crate::parts::search::Search;
use crate::parts::segments::{Segment, Segments};
use crate::parts::sheet::Sheet;
use crate::parts::toast::use_toaster;
use crate::state::delegation::Candidate;
use crate::state::desk::Reach;
use crate::state::{Desk, surroundings};
use crate::text::{error, text};

/// Beyond so many people a word finds the right one sooner.
const MANY: usize = 8;

/// A row, and the sheet with the people; nothing for whoever decides nothing.
#[component]
pub(super) fn Delegating(desk: Desk) -> impl IntoView {
    let words = &text().pages.me;
    let open = RwSignal::new(false);
    let now = Memo::new(move |_| desk.delegation());
    let note = move || match now.get() {
        Some(now) => (words.delegated)(&desk.name(now.to), &surroundings::moment(now.ends)),
        None => String::from(words.delegate_words),
    };
    let decides = Memo::new(move |_| desk.decides());
    move || {
        decides.get().then(|| {
            view! {
                <h2 class="section-title">{words.delegate_title}</h2>
                <Group>
                    <Cell
                        title=words.delegate note=move || view! { <span data-test="delegation">{note}</span> }
                        on_press=move || open.set(true) test="delegate"
                    />
                </Group>
                <Sheet open title=words.delegate tight=true test="delegate-sheet">
                    <Choice desk open/>
                </Sheet>
            }
        })
    }
}

/// How long, and whom.
#[component]
fn Choice(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let words = &text().pages.me;
    let toaster = use_toaster();
    let (span, word, busy) = (RwSignal::new("week"), RwSignal::new(String::new()), RwSignal::new(false));
    let offline = move || desk.reach.get() != Reach::Live;
    let finish = move |done: Result<String, String>| {
        match done {
            Ok(said) => {
                open.try_set(false);
                toaster.say(said);
            }
            Err(said) => toaster.fail(said),
        }
        busy.try_set(false);
    };
    let give = move |to: PersonId, name: String| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let more_days = match span.get_untracked() {
            "today" => 0,
            "three" => 2,
            "fortnight" => 13,
            _ => 6,
        };
        surroundings::later(async move {
            let done = desk.delegate(to, more_days).await;
            finish(done.map(|()| (words.delegate_done)(&name)).map_err(|fault| String::from(error(fault.code()))));
        });
    };
    let end = move || {
        busy.set(true);
        surroundings::later(async move {
            let done = desk.end_delegation().await;
            finish(done.map(|()| String::from(words.delegate_ended)).map_err(|fault| error(fault.code()).to_owned()));
        });
    };
    let now = Memo::new(move |_| desk.delegation());
    let standing = move || {
        now.get().map(|now| {
            let title = (words.delegated)(&desk.name(now.to), &surroundings::moment(now.ends));
            view! {
                <Notice tone=Tone::Active title words=words.delegate_replaces/>
                <Button
                    label=words.delegate_end kind=ButtonKind::Danger wide=true disabled=busy on_press=end test="delegate-end"
                />
            }
        })
    };
    let person = move |candidate: Candidate| {
        let Candidate { id, name, department } = candidate;
        let (face, said) = (name.clone(), name.clone());
        view! {
            <Cell
                title=name lead=move || view! { <Face name=face/> } note=move || view! { <span>{department}</span> }
                on_press=move || give(id, said.clone()) test="delegate-to"
            />
        }
    };
    let people = Memo::new(move |_| desk.candidates());
    let found = move || {
        let word = word.get().trim().to_lowercase();
        let fits = |one: &Candidate| {
            word.is_empty() || format!("{} {}", one.name, one.department).to_lowercase().contains(&word)
        };
        people.with(|people| people.iter().filter(|one| fits(one)).cloned().collect::<Vec<_>>())
    };
    let segment = |id, label: &str| Segment { id, label: label.to_owned(), count: Signal::stored(0) };
    view! {
        <div class="stack sheet-inset">
            {move || offline().then(|| view! { <Notice tone=Tone::Warn title=words.delegate_online/> })}
            {standing}
            <Segments
                label=words.delegate_span chosen=span on_choose=move |id| span.set(id)
                segments=vec![
                    segment("today", words.delegate_today), segment("three", words.delegate_three),
                    segment("week", words.delegate_week), segment("fortnight", words.delegate_fortnight),
                ]
            />
        </div>
        {move || (people.with(Vec::len) > MANY).then(|| view! { <Search word placeholder=words.delegate_search test="delegate-search"/> })}
        <div class="picker-list">{move || found().into_iter().map(person).collect_view()}</div>
    }
    .into_any()
}
