//! Binding a DingTalk account, so that approvals come there as cards.

use leptos::prelude::*;

use crate::parts::button::{Button, ButtonKind};
use crate::parts::cell::{Cell, Group};
use crate::parts::field::TextField;
use crate::parts::sheet::Sheet;
use crate::parts::toast::use_toaster;
use crate::state::desk::Reach;
use crate::state::{Desk, surroundings};
use crate::text::{error, text};

/// A row, and the sheet with the two steps: the account, then the code that it received.
#[component]
pub(super) fn Chat(desk: Desk) -> impl IntoView {
    let words = &text().pages.me;
    let toaster = use_toaster();
    let open = RwSignal::new(false);
    let (account, code) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let sent = RwSignal::new(false);
    let fault = RwSignal::new(None::<String>);
    let offline = Signal::derive(move || desk.reach.get() != Reach::Live);
    let act = move || {
        fault.set(None);
        surroundings::later(async move {
            let done = if sent.get_untracked() {
                desk.bind_chat(&code.get_untracked()).await.map(|()| true)
            } else {
                desk.send_chat_code(&account.get_untracked()).await.map(|()| false)
            };
            match done {
                Ok(true) => {
                    open.try_set(false);
                    toaster.say(words.chat_bound);
                }
                Ok(false) => drop(sent.try_set(true)),
                Err(error_of) => {
                    let code = if error_of.code() == "not_found" { "no_chat" } else { error_of.code() };
                    fault.try_set(Some(String::from(error(code))));
                }
            }
        });
    };
    let foot = move || {
        view! {
            <Button
                label=move || if sent.get() { words.chat_bind } else { words.chat_send } kind=ButtonKind::Primary wide=true
                disabled=offline why=words.chat_online on_press=act test="chat-next"
            />
        }
    };
    view! {
        <Group>
            <Cell title=words.chat note=move || view! { <span>{words.chat_words}</span> } on_press=move || open.set(true) test="chat"/>
        </Group>
        <Sheet open title=words.chat foot test="chat-sheet">
            <div class="card card-flush">
                {move || if sent.get() {
                    view! { <TextField label=words.chat_code value=code error=fault hint=words.chat_code_hint on_input=move |typed| code.set(typed) test="chat-code"/> }.into_any()
                } else {
                    view! { <TextField label=words.chat_account value=account error=fault on_input=move |typed| account.set(typed) test="chat-account"/> }.into_any()
                }}
            </div>
        </Sheet>
    }
    .into_any()
}
