//! 登录: the first page of a device, and the only one that needs the network.

use leptos::prelude::*;

use crate::parts::Tone;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::field::{FieldKind, TextField};
use crate::parts::icon::Mark;
use crate::parts::notice::Notice;
use crate::state::desk::Phase;
use crate::state::session::SignInError;
use crate::state::{surroundings, use_desk};
use crate::text::{error, text};

/// The form. It stands at every path while nobody is signed in, so that a link leads on after it.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let desk = use_desk();
    let words = &text().pages.sign_in;
    let (login, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let seen = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<String>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let (name, secret) = (login.get_untracked(), password.get_untracked());
        if name.trim().is_empty() || secret.is_empty() {
            return fault.set(Some(String::from(words.both)));
        }
        busy.set(true);
        fault.set(None);
        surroundings::later(async move {
            if let Err(error) = desk.sign_in(&name, &secret).await {
                // The form is gone once somebody is signed in.
                fault.try_set(Some(sentence(&error)));
            }
            busy.try_set(false);
        });
    };
    let ended = move || match desk.phase.get() {
        Phase::SignedOut(Some(code)) => {
            Some(view! { <div data-test="session-ended"><Notice title=error(&code)/></div> })
        }
        _ => None,
    };
    let said = move || {
        fault.get().map(|words| {
            view! {
                <div role="alert" data-test="sign-in-error"><Notice tone=Tone::Bad title=words/></div>
            }
        })
    };
    let secret = move || {
        let kind = if seen.get() { FieldKind::Words } else { FieldKind::Password };
        view! {
            <TextField
                label=text().field.password kind=kind value=password
                on_input=move |typed| password.set(typed) test="sign-in-password"
            />
        }
    };
    view! {
        <form class="welcome" on:submit=submit novalidate>
            <div class="welcome-mark">
                <Mark/>
                <h1 class="welcome-name" tabindex="-1">{text().product}</h1>
                <p class="quiet">{text().promise}</p>
            </div>
            {ended}
            <div class="card card-flush">
                <TextField
                    label=text().field.account kind=FieldKind::Account value=login
                    on_input=move |typed| login.set(typed) test="sign-in-name"
                />
                {secret}
            </div>
            <label class="check">
                <input
                    type="checkbox" data-test="sign-in-show"
                    prop:checked=move || seen.get() on:change=move |event| seen.set(event_target_checked(&event))
                />
                {words.show}
            </label>
            {said}
            <Button
                label=move || if busy.get() { words.busy } else { text().action.sign_in }
                kind=ButtonKind::Primary wide=true submit=true disabled=busy test="sign-in-submit"
            />
            <p class="quiet welcome-foot">{words.device}</p>
        </form>
    }
    .into_any()
}

fn sentence(fault: &SignInError) -> String {
    let words = &text().pages.sign_in;
    match (fault.code.as_str(), fault.attempts_left, fault.minutes) {
        ("wrong_password", Some(left), _) => (words.wrong)(left),
        ("account_locked", _, Some(minutes)) => (words.locked)(minutes),
        (code, _, _) => String::from(error(code)),
    }
}
