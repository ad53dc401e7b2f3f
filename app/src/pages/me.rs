//! 我的: who is signed in, this device, how the app looks, what waits, and the way out.

mod chat;
mod delegation;
mod rescue;

use budget::Role;
use leptos::prelude::*;

use super::frame::{Badge, Waiting, sync_state};
use crate::parts::Tone;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::cell::{Cell, Face, Group, Value};
use crate::parts::notice::Notice;
use crate::parts::page::Page;
use crate::parts::segments::{Segment, Segments};
use crate::parts::sheet::Sheet;
use crate::parts::toast::use_toaster;
use crate::shell::LanguageSwitch;
use crate::state::surroundings::{self, Appearance, Installing};
use crate::state::{Desk, use_desk};
use crate::text::{Language, error, format, text};

/// The page.
#[component]
pub(crate) fn Me() -> impl IntoView {
    let desk = use_desk();
    let words = &text().pages.me;
    view! {
        <Page title=text().place.me end=|| view! { <Badge/> }>
            <Person desk/>
            <h2 class="section-title">{text().pages.frame.sync_title}</h2>
            <Waiting/>
            <delegation::Delegating desk/>
            <h2 class="section-title">{words.looks}</h2>
            <Looks/>
            <h2 class="section-title">{words.device}</h2>
            <Device desk/>
            <chat::Chat desk/>
            <rescue::Rescue desk/>
            <SignOut desk/>
        </Page>
    }
    .into_any()
}

#[component]
fn Person(desk: Desk) -> impl IntoView {
    move || {
        desk.person.get().map(|person| {
            let roles: Vec<&str> = person.roles.iter().map(|role| role_word(*role)).collect();
            let department = desk.company.with(|company| {
                company.as_ref().map_or_else(
                    || person.department.to_string(),
                    |company| company.scheme.name(budget::Dimension::Department, &person.department).to_owned(),
                )
            });
            let (name, face) = (person.name.clone(), person.name.clone());
            let note = format!("{department} · {}", roles.join("、"));
            view! {
                <Group>
                    <Cell title=name lead=move || view! { <Face name=face/> } note=move || view! { <span data-test="roles">{note}</span> } test="person"/>
                </Group>
            }
        })
    }
}

fn role_word(role: Role) -> &'static str {
    let words = &text().pages.me;
    match role {
        Role::Employee => words.employee,
        Role::ProjectManager => words.project_manager,
        Role::DepartmentHead => words.department_head,
        Role::Finance => words.finance,
        Role::Cashier => words.cashier,
        Role::Executive => words.executive,
        Role::Auditor => words.auditor,
        Role::Administrator => words.administrator,
    }
}

/// Language and appearance.
#[component]
fn Looks() -> impl IntoView {
    let words = &text().device;
    let none = Signal::stored(0);
    let segment = |id, label: &str| Segment { id, label: label.to_owned(), count: none };
    let switch = expect_context::<LanguageSwitch>();
    let language = Signal::derive(move || switch.get().tag());
    let chosen = RwSignal::new(match surroundings::appearance() {
        Appearance::Automatic => "automatic",
        Appearance::Light => "light",
        Appearance::Dark => "dark",
    });
    let appear = move |id: &'static str| {
        chosen.set(id);
        surroundings::choose_appearance(match id {
            "light" => Appearance::Light,
            "dark" => Appearance::Dark,
            _ => Appearance::Automatic,
        });
    };
    view! {
        <div class="card stack">
            <div>
                <span class="amount-label">{words.language}</span>
                <Segments
                    label=words.language chosen=language on_choose=move |tag: &'static str| switch.choose(Language::of_tag(tag))
                    segments=vec![segment(Language::Chinese.tag(), "中文"), segment(Language::English.tag(), "English")]
                />
            </div>
            <div>
                <span class="amount-label">{words.appearance}</span>
                <Segments
                    label=words.appearance chosen on_choose=appear
                    segments=vec![segment("automatic", words.automatic), segment("light", words.light), segment("dark", words.dark)]
                />
            </div>
        </div>
    }
    .into_any()
}

/// The key of this device, whether the browser keeps its data, and how to install the app.
#[component]
fn Device(desk: Desk) -> impl IntoView {
    let words = &text().pages.me;
    let device = &text().device;
    let rotating = RwSignal::new(false);
    let key = desk.key_words().map(|(algorithm, short)| {
        let algorithm = if algorithm == "ed25519" { "Ed25519" } else { "ECDSA P-256" };
        view! { <Cell title=words.key note=move || view! { <span class="figures">{algorithm}" · "{short}"…"</span> } end=|| view! { <Value text=text().pages.me.enrolled/> } on_press=move || rotating.set(true) test="device-key"/> }
    });
    let storage = surroundings::storage();
    let kept = move || {
        storage.get().map(|(kept, used)| {
            let used = format::bytes(usize::try_from(used).unwrap_or(usize::MAX));
            let word = if kept { words.kept } else { words.not_kept };
            view! { <Cell title=words.storage note=move || view! { <span>{word}</span> } end=move || view! { <Value text=used/> } test="storage"/> }
        })
    };
    let installing = surroundings::installing();
    let install = move || match installing.get() {
        Installing::Installed => view! { <Cell title=words.installed/> }.into_any(),
        Installing::Offered => view! {
            <div class="card card-plain">
                <Button label=text().action.install wide=true on_press=surroundings::install test="install"/>
                <p class="group-foot">{device.install_words}</p>
            </div>
        }
        .into_any(),
        Installing::ByShareSheet => view! { <Notice title=device.install_words words=device.install_ios/> }.into_any(),
        Installing::Impossible => ().into_any(),
    };
    view! {
        <Group>{key}{kept}</Group>
        <Rotation desk open=rotating/>
        {install}
    }
    .into_any()
}

/// The sheet that asks before another key takes this one's place.
#[component]
fn Rotation(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let words = &text().pages.me;
    let toaster = use_toaster();
    let busy = RwSignal::new(false);
    let not_now = Signal::derive(move || busy.get() || !desk.may_rotate());
    let rotate = move || {
        busy.set(true);
        surroundings::later(async move {
            if let Err(code) = desk.rotate_key().await {
                busy.try_set(false);
                toaster.fail(error(&code));
            }
        });
    };
    let foot = move || {
        view! { <Button label=words.rotate kind=ButtonKind::Primary wide=true disabled=not_now why=words.rotate_wait on_press=rotate test="rotate"/> }
    };
    view! {
        <Sheet open title=words.rotate foot test="rotate-sheet">
            <p>{words.rotate_words}</p>
        </Sheet>
    }
    .into_any()
}

/// The way out, with a warning while something is only here.
#[component]
fn SignOut(desk: Desk) -> impl IntoView {
    let words = &text().pages.me;
    let asking = RwSignal::new(false);
    let state = sync_state(desk);
    let unsent = Memo::new(move |_| {
        state.track();
        desk.pending.with(|pending| pending.len())
            + usize::try_from(desk.uploads.get()).unwrap_or_default()
            + usize::try_from(desk.refused.get()).unwrap_or_default()
    });
    let leave = move || surroundings::later(desk.sign_out());
    let press = move || {
        if unsent.get_untracked() > 0 { asking.set(true) } else { leave() }
    };
    let foot = move || {
        view! {
            <div class="actions">
                <Button label=text().action.cancel on_press=move || asking.set(false)/>
                <Button label=words.leave_anyway kind=ButtonKind::Danger on_press=leave test="sign-out-anyway"/>
            </div>
        }
    };
    view! {
        <div class="card card-plain">
            <Button label=text().action.sign_out kind=ButtonKind::Danger wide=true on_press=press test="sign-out"/>
            <p class="group-foot">{words.sign_out_words}</p>
        </div>
        <Sheet open=asking title=words.unsent_title foot test="sign-out-sheet">
            <Notice tone=Tone::Bad title=(words.unsent)(unsent.get()) words=words.unsent_words/>
        </Sheet>
    }
    .into_any()
}
