//! 批量同意: everything that gives no reason to look twice, agreed to with one tap. Whatever has a warning, came back or
//! lacks budget is never among it.

use std::collections::BTreeSet;

use budget::{Money, RequestId};
use leptos::prelude::*;
use sync::record::Verb;

use crate::pages::frame::named;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::cell::{Cell, Face, Group};
use crate::parts::icon::{Glyph, Icon};
use crate::parts::money::Amount;
use crate::parts::sheet::Sheet;
use crate::parts::toast::use_toaster;
use crate::state::row::InboxRow;
use crate::state::use_desk;
use crate::text::{format, text};

/// The button over the list, and the sheet in which rows are left out; nothing while fewer than two rows are fit.
#[component]
pub(super) fn Batch() -> impl IntoView {
    let desk = use_desk();
    let words = &text().pages.approvals;
    let toaster = use_toaster();
    let open = RwSignal::new(false);
    let left_out = RwSignal::new(BTreeSet::<RequestId>::new());
    let fit = Memo::new(move |_| {
        desk.inbox.with(|rows| rows.iter().filter(|row| row.is_plain()).cloned().collect::<Vec<InboxRow>>())
    });
    let chosen = move || {
        left_out
            .with(|out| fit.with(|rows| rows.iter().filter(|row| !out.contains(&row.id)).cloned().collect::<Vec<_>>()))
    };
    let sum = move || chosen().iter().try_fold(Money::ZERO, |sum, row| sum.checked_add(row.amount)).unwrap_or_default();
    let begin = move || {
        left_out.set(BTreeSet::new());
        open.set(true);
    };
    let approve = move || {
        let ids: Vec<RequestId> = chosen().iter().map(|row| row.id).collect();
        for id in &ids {
            desk.decide(*id, Verb::Approve, "");
        }
        open.set(false);
        toaster.say_undo((words.batch_done)(ids.len()), move || {
            for id in &ids {
                desk.undo(*id);
            }
        });
    };
    let turn = move |id: RequestId| {
        left_out.update(|out| {
            if !out.remove(&id) {
                out.insert(id);
            }
        });
    };
    let row = move |row: InboxRow| {
        let name = desk.name(row.claimant);
        let face = name.clone();
        let id = row.id;
        let out = move || left_out.with(|out| out.contains(&id));
        let tick = move || (!out()).then(|| view! { <Glyph icon=Icon::Tick/> });
        view! {
            <Cell
                title=named(row.title) struck=Signal::derive(out) on_press=move || turn(id) test="batch-row"
                lead=move || view! { <Face name=face/> } note=move || view! { <span>{name}</span> }
                end=move || view! { <Amount amount=row.amount/>{tick} }
            />
        }
    };
    let foot = move || {
        view! {
            <Button
                label=move || (words.batch_approve)(chosen().len(), &format::money(sum())) kind=ButtonKind::Primary wide=true
                disabled=Signal::derive(move || chosen().is_empty()) why=words.batch_none on_press=approve test="batch-approve"
            />
        }
    };
    let some = Memo::new(move |_| fit.with(Vec::len) > 1);
    view! {
        {move || some.get().then(|| view! {
            <div class="list-head">
                <Button label=move || (words.batch)(fit.with(Vec::len)) icon=Icon::Tick kind=ButtonKind::Plain on_press=begin test="batch"/>
            </div>
        })}
        <Sheet open title=words.batch_title foot test="batch-sheet">
            <Group foot=words.batch_words>{move || fit.get().into_iter().map(row).collect_view()}</Group>
        </Sheet>
    }
    .into_any()
}
