//! What stands around every page: navigation, the line at the foot, the news of an update, language and focus.
//!
//! Promise: a change of place moves the focus to the new page's heading, a change of language redraws every word, and
//! an update waits until it is asked for.

use leptos::prelude::*;

use crate::device::{page, settings, worker};
use crate::pages;
use crate::parts::blank::Skeleton;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::tabs::{Badge, Badges, Tabs};
use crate::parts::toast::{Toaster, Toasts};
use crate::state::desk::Phase;
use crate::state::route::Area;
use crate::state::row::{Section, Turn};
use crate::state::{Desk, Navigator};
use crate::text::{self, Language, text};

/// The language of the interface, for the page that lets people choose.
#[derive(Clone, Copy)]
pub(crate) struct LanguageSwitch(RwSignal<Language>);

impl LanguageSwitch {
    /// The language in use.
    pub(crate) fn get(self) -> Language {
        self.0.get()
    }

    /// Chooses a language; the whole app is drawn again in it.
    pub(crate) fn choose(self, language: Language) {
        settings::set_language(language);
        self.0.set(language);
    }
}

/// The root of the app.
#[component]
pub(crate) fn Shell() -> impl IntoView {
    let language = RwSignal::new(text::language());
    provide_context(LanguageSwitch(language));
    let toaster = Toaster::provide();
    let desk = Desk::provide();
    desk.open();
    let update = RwSignal::new(false);
    worker::watch(move || update.set(true));
    let navigator = Navigator::provide();
    move || {
        language.track();
        view! { <Frame desk navigator toaster update/> }
    }
}

/// Everything that has words, drawn again when the language changes.
#[component]
fn Frame(desk: Desk, navigator: Navigator, toaster: Toaster, update: RwSignal<bool>) -> impl IntoView {
    let path = navigator.path();
    let ready = Memo::new(move |_| desk.phase.get() == Phase::Ready);
    let alone = move || !ready.get() || path.with(|path| path.starts_with("/gallery"));
    let badges = badges(desk);
    follow(path);
    view! {
        <div class="shell" class:shell-alone=alone>
            <Show when=move || update.get()>
                <UpdateBanner update/>
            </Show>
            <main>
                <Phases desk navigator/>
            </main>
            <Show when=move || !alone()>
                <Tabs path=path badges/>
            </Show>
        </div>
        <Toasts toaster/>
    }
    .into_any()
}

/// The page that the app can show now. Somebody who is not signed in signs in wherever a link led them, and goes on
/// from there.
#[component]
fn Phases(desk: Desk, navigator: Navigator) -> impl IntoView {
    let path = navigator.path();
    let gallery = Memo::new(move |_| cfg!(debug_assertions) && path.with(|path| path.starts_with("/gallery")));
    let area = Memo::new(move |_| navigator.route.with(crate::state::route::Route::area));
    // The sentence about an ended session changes inside the form, not the form.
    let form = Memo::new(move |_| matches!(desk.phase.get(), Phase::SignedOut(_)));
    move || {
        if gallery.get() {
            path.track();
            return gallery_room();
        }
        if form.get() {
            return view! { <pages::SignIn/> }.into_any();
        }
        match desk.phase.get() {
            Phase::Ready => place(area.get()),
            Phase::Failed(code) => view! { <pages::NoStorage code/> }.into_any(),
            Phase::Opening | Phase::SignedOut(_) => view! { <Skeleton/> }.into_any(),
        }
    }
}

/// What needs the person behind each place, always counted anew from the rows.
fn badges(desk: Desk) -> Badges {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let claims = Badge {
        count: Signal::derive(move || {
            desk.rows.with(|rows| count(rows.iter().filter(|row| row.section == Section::NeedsMe).count()))
        }),
        error: Signal::derive(move || desk.rows.with(|rows| rows.iter().any(|row| row.refused))),
    };
    let approvals = Badge {
        count: Signal::derive(move || {
            let mine = |row: &&crate::state::row::InboxRow| row.refused || matches!(row.turn, Turn::Decide | Turn::Pay);
            desk.inbox.with(|rows| count(rows.iter().filter(mine).count()))
        }),
        error: Signal::derive(move || desk.inbox.with(|rows| rows.iter().any(|row| row.refused))),
    };
    let me = Badge {
        count: Signal::derive(move || u32::from(desk.trouble.get().is_some())),
        error: Signal::derive(move || desk.trouble.get().is_some()),
    };
    Badges { claims, approvals, me }
}

/// The page of an area, erased, which keeps the program small.
fn place(area: Area) -> AnyView {
    match area {
        Area::Claims => pages::Claims().into_any(),
        Area::Capture => pages::Capture().into_any(),
        Area::Approvals => pages::Approvals().into_any(),
        Area::Budget => pages::Budget().into_any(),
        Area::Me => pages::Me().into_any(),
        Area::Unknown => pages::NotFound().into_any(),
    }
}

/// The parts in all their states, in a debug build.
fn gallery_room() -> AnyView {
    #[cfg(debug_assertions)]
    return crate::gallery::Gallery().into_any();
    #[cfg(not(debug_assertions))]
    pages::NotFound().into_any()
}

/// Sets the title of the tab, and moves the focus to the heading when the place changes.
fn follow(path: RwSignal<String>) {
    Effect::new(move |before: Option<String>| {
        let here = path.get();
        page::set_title(&format!("{} · {}", title(&here), text().product));
        // At the start the focus belongs to the browser.
        if before.is_some_and(|before| before != here) {
            request_animation_frame(page::focus_heading);
        }
        here
    });
}

fn title(path: &str) -> &'static str {
    let place = &text().place;
    match path.trim_start_matches('/').split('/').next().unwrap_or_default() {
        "sign-in" => place.sign_in,
        "capture" => place.capture,
        "approvals" => place.approvals,
        "budget" => place.budget,
        "me" => place.me,
        _ => place.claims,
    }
}

/// "有新版本 · 刷新": never by itself, because somebody may be in the middle of a form.
#[component]
fn UpdateBanner(update: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="update" role="status" data-test="update">
            <span>{text().device.update_ready}</span>
            <Button label=text().action.refresh kind=ButtonKind::Quiet on_press=worker::take_update/>
            <Button label=text().action.later kind=ButtonKind::Quiet on_press=move || update.set(false)/>
        </div>
    }
    .into_any()
}
