//! The answers: 驳回, 退回, 同意; and 登记付款 for the cashier.

use leptos::prelude::*;
use sync::record::Verb;

use crate::pages::claim::Sight;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::reasons::ReasonSheet;
use crate::parts::toast::use_toaster;
use crate::state::desk::Reach;
use crate::state::row::Turn;
use crate::state::surroundings;
use crate::text::{error, text};

/// What this person can answer now; nothing when it is not their turn.
#[component]
pub(super) fn Answers(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let turn =
        Memo::new(move |_| desk.inbox.with(|rows| rows.iter().find(|row| row.id == sight.id).map(|row| row.turn)));
    move || match turn.get() {
        Some(Turn::Decide) => view! { <Decide sight/> }.into_any(),
        Some(Turn::Pay) => view! { <Pay sight/> }.into_any(),
        Some(Turn::Decided { pending, verb }) => {
            let word = match verb {
                Verb::Approve => text().action.approved,
                Verb::Reject => text().action.rejected,
                Verb::Return => text().action.sent_back,
                Verb::ConsultFirst | Verb::AddSigner | Verb::HandOver => text().action.passed_on,
            };
            let words = if pending { format!("{word} · {}", text().sync.pending) } else { String::from(word) };
            view! { <p class="quiet foot-words" data-test="decided">{words}</p> }.into_any()
        }
        None => ().into_any(),
    }
}

#[component]
fn Decide(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let toaster = use_toaster();
    let words = &text().pages.approvals;
    let (rejecting, returning) = (RwSignal::new(false), RwSignal::new(false));
    let id = sight.id;
    let approve = move || {
        desk.decide(id, Verb::Approve, "");
        toaster.say_undo(text().action.approved, move || {
            desk.undo(id);
        });
    };
    let refuse = move |verb: Verb, said: &'static str| {
        move |reason: String| {
            desk.decide(id, verb, &reason);
            toaster.say(said);
        }
    };
    let reasons = |list: &[&'static str]| list.iter().map(|reason| String::from(*reason)).collect::<Vec<_>>();
    view! {
        <div class="actions">
            <Button label=text().action.reject kind=ButtonKind::Danger on_press=move || rejecting.set(true) test="reject"/>
            <Button label=text().action.send_back on_press=move || returning.set(true) test="return"/>
            <Button label=text().action.approve kind=ButtonKind::Primary on_press=approve test="approve"/>
        </div>
        <ReasonSheet
            open=rejecting title=words.why_reject verb=text().action.reject
            reasons=reasons(words.reject_reasons) on_confirm=refuse(Verb::Reject, text().action.rejected)
        />
        <ReasonSheet
            open=returning title=words.why_return verb=text().action.send_back
            reasons=reasons(words.return_reasons) on_confirm=refuse(Verb::Return, text().action.sent_back)
        />
    }
    .into_any()
}

/// Money leaves the company: asked of the server, said only when it agreed.
#[component]
fn Pay(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let toaster = use_toaster();
    let words = &text().pages.approvals;
    let busy = RwSignal::new(false);
    let offline = Memo::new(move |_| desk.reach.get() != Reach::Live);
    let pay = move || {
        busy.set(true);
        surroundings::later(async move {
            match desk.pay(sight.id).await {
                Ok(()) => toaster.say(text().state.paid),
                Err(fault) => toaster.fail(error(fault.code())),
            }
            busy.try_set(false);
        });
    };
    let why = move || {
        if offline.get() { words.pay_online } else { words.paying }
    };
    view! {
        <Button
            label=words.pay kind=ButtonKind::Primary wide=true
            disabled=Signal::derive(move || offline.get() || busy.get()) why on_press=pay test="pay"
        />
    }
    .into_any()
}
