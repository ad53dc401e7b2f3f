//! 报销单: one request of the person's own, from its first keystroke to its payment. Editable or frozen, it is the
//! same page.

pub(super) mod answer;
pub(super) mod conflicts;
pub(super) mod content;
pub(super) mod course;
mod editor;
pub(super) mod invoice;
pub(super) mod invoices;
mod line;
mod picking;
mod problems;
pub(super) mod talk;
mod trouble;

use budget::{InvoiceId, RequestId};
use leptos::prelude::*;
use sync::document::Claim as Content;
use sync::record::Record;
use sync::view::RequestView;

use super::frame::{Badge, StandingTag};
use crate::parts::Tone;
use crate::parts::blank::{Blank, BlankKind};
use crate::parts::button::{Button, ButtonKind, ButtonLink};
use crate::parts::money::Amount;
use crate::parts::notice::Notice;
use crate::parts::page::Page;
use crate::parts::toast::use_toaster;
use crate::state::desk::Reach;
use crate::state::row::Standing;
use crate::state::{Desk, surroundings, use_desk};
use crate::text::text;

pub(super) use trouble::refusal_words;

/// What the pieces of this page share.
#[derive(Clone, Copy)]
pub(super) struct Sight {
    pub(super) desk: Desk,
    pub(super) id: RequestId,
    pub(super) content: Memo<Option<Content>>,
    pub(super) status: Memo<Option<RequestView>>,
    pub(super) standing: Memo<Standing>,
    /// Handing in was tried, so what is missing is marked.
    pub(super) tried: RwSignal<bool>,
    /// What is being chosen from a tree.
    pub(super) picking: RwSignal<Option<picking::Picking>>,
    /// The invoice that is looked at.
    pub(super) invoice: RwSignal<Option<InvoiceId>>,
}

impl Sight {
    /// The sight of one request.
    pub(super) fn of(desk: Desk, id: RequestId) -> Self {
        Self {
            desk,
            id,
            content: Memo::new(move |_| desk.claim(id)),
            status: Memo::new(move |_| desk.status(id)),
            standing: Memo::new(move |_| desk.standing(id)),
            tried: RwSignal::new(false),
            picking: RwSignal::new(None),
            invoice: RwSignal::new(None),
        }
    }

    /// Something of the content, or its empty value before there is any.
    pub(super) fn read<Value: Default>(self, read: impl FnOnce(&Content) -> Value) -> Value {
        self.content.with(|content| content.as_ref().map(read)).unwrap_or_default()
    }

    /// The sum of its lines.
    pub(super) fn total(self) -> budget::Money {
        self.read(|content| content.total().unwrap_or_default())
    }
}

/// A request that this device does not have.
#[component]
fn Missing() -> impl IntoView {
    let words = &text().blank;
    view! {
        <Page title=words.not_found back="/">
            <Blank
                kind=BlankKind::Failed title=words.not_found words=words.not_found_words
                action=|| view! { <ButtonLink label=text().action.back href="/" kind=ButtonKind::Primary/> }
            />
        </Page>
    }
}

/// One claim; `fresh` is a new one that nobody has written yet.
#[component]
pub(super) fn Detail(id: RequestId, fresh: bool) -> impl IntoView {
    let desk = use_desk();
    let sight = Sight::of(desk, id);
    let there = Memo::new(move |_| fresh || desk.knows(id));
    let own = Memo::new(move |_| sight.content.with(|c| c.as_ref().is_none_or(|c| c.owner == desk.person_id())));
    let editable = Memo::new(move |_| sight.standing.get().is_editable() && own.get());
    move || {
        if !there.get() {
            view! { <Missing/> }.into_any()
        } else if editable.get() {
            view! { <Editing sight/> }.into_any()
        } else {
            view! { <Frozen sight/> }.into_any()
        }
    }
}

#[component]
fn Editing(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let toaster = use_toaster();
    let words = &text().pages.claim;
    let submit = move || {
        desk.flush_typing();
        sight.tried.set(true);
        if desk.mistyped(sight.id).is_some() || problems::unread(sight) {
            return surroundings::go_to("problems");
        }
        match desk.submit(sight.id) {
            Ok(()) => {
                let offline = desk.reach.get_untracked() != Reach::Live;
                toaster.say(if offline { text().action.submitted_offline } else { text().action.submitted });
            }
            Err(_) => surroundings::go_to("problems"),
        }
    };
    let label = move || {
        let missing = if sight.tried.get() { problems::of(sight).len() } else { 0 };
        if missing > 0 { (words.missing)(missing) } else { String::from(text().action.submit) }
    };
    let saved = move || {
        if desk.saving.get() {
            return String::from(words.saving);
        }
        desk.saved_at.get().map_or_else(String::new, |at| (words.saved_at)(&surroundings::time(at)))
    };
    let title = Signal::derive(move || {
        let title = sight.read(|content| content.title.clone());
        if title.trim().is_empty() { String::from(text().place.new_claim) } else { title }
    });
    view! {
        <Page
            title back="/" end=|| view! { <Badge/> }
            foot=move || view! { <Button label kind=ButtonKind::Primary wide=true on_press=submit test="submit"/> }
        >
            <trouble::Troubles sight/>
            <div class="hero">
                <div class="hero-line">
                    <span class="amount-label">{move || (words.total_of)(sight.read(|content| content.lines.len()))}</span>
                    {move || view! { <StandingTag standing=sight.standing.get()/> }}
                </div>
                <Amount amount=Signal::derive(move || sight.total()) big=true test="claim-total"/>
                <span class="quiet figures" data-test="saved">{saved}</span>
            </div>
            <editor::Editor sight/>
        </Page>
    }
    .into_any()
}

#[component]
fn Frozen(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let toaster = use_toaster();
    let closes = Memo::new(move |_| {
        let open = sight.status.with(|status| status.as_ref().is_some_and(RequestView::is_open_pre_approval));
        open && sight.standing.get() != Standing::Withdrawing
    });
    let withdraw = move || {
        desk.withdraw(sight.id);
        toaster.say(if closes.get_untracked() { text().action.closed } else { text().action.withdrawn });
    };
    let may_withdraw = Memo::new(move |_| {
        let mine =
            sight.content.with(|content| content.as_ref().is_some_and(|content| content.owner == desk.person_id()));
        let open =
            matches!(sight.standing.get(), Standing::Submitting | Standing::Told(budget::RequestState::InApproval));
        mine && (open || closes.get())
    });
    let waits = move || {
        let handed_in = desk.waiting_records(sight.id).iter().any(|record| matches!(record, Record::Submission(_)));
        let offline = desk.reach.get() != Reach::Live;
        (handed_in && offline).then(|| view! {
            <div data-test="waits"><Notice tone=Tone::Warn title=text().action.submitted_offline words=words.waits_words/></div>
        })
    };
    let title = Signal::derive(move || {
        let title = sight.read(|content| content.title.clone());
        if title.is_empty() {
            sight.status.with(|s| s.as_ref().map(|s| s.title.clone())).unwrap_or_default()
        } else {
            title
        }
    });
    let amount = Signal::derive(move || {
        let told = sight.status.with(|status| status.as_ref().map(|status| status.total));
        sight.content.with(|content| content.as_ref().and_then(Content::total)).or(told).unwrap_or_default()
    });
    view! {
        <Page title back="/" end=|| view! { <Badge/> }>
            <trouble::Troubles sight/>
            {waits}
            <div class="hero">
                <div class="hero-line">{move || view! { <StandingTag standing=sight.standing.get()/> }}</div>
                <Amount amount big=true test="claim-total"/>
            </div>
            <content::Content sight/>
            <course::Course sight/>
            <talk::Talk sight/>
            {move || may_withdraw.get().then(|| view! {
                <div class="card card-plain">
                    <Button
                        label=if closes.get() { words.close } else { text().action.withdraw }
                        kind=ButtonKind::Danger wide=true on_press=withdraw test="withdraw"
                    />
                    {(!closes.get()).then(|| view! { <p class="group-foot">{words.withdraw_words}</p> })}
                </div>
            })}
        </Page>
    }
    .into_any()
}
