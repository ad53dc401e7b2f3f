//! The editable body of a claim: documents, header, lines, and what the budget says to it.

use budget::RequestKind;
use leptos::prelude::*;
use sync::{Field, Place, Scalar};

use super::{Sight, answer, conflicts, invoice, invoices, line, picking, problems, talk};
use crate::parts::Tone;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::cell::Group;
use crate::parts::field::{ChoiceField, FieldKind, TextField};
use crate::parts::icon::Icon;
use crate::parts::notice::Notice;
use crate::state::typed::Spot;
use crate::text::{error, text};

/// The body.
#[component]
pub(super) fn Editor(sight: Sight) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let lines = move || sight.read(|content| content.lines.iter().map(|line| line.id).collect::<Vec<_>>());
    let department = Signal::derive(move || {
        let code = sight.read(|content| content.department.clone());
        // A claim that was not begun goes to the person's own department.
        let code =
            code.or_else(|| desk.person.with(|person| person.as_ref().map(|person| person.department.clone())))?;
        Some(picking::name(desk, budget::Dimension::Department, &code))
    });
    let of_kind = Memo::new(move |_| sight.content.with(|c| c.as_ref().map_or(RequestKind::ExpenseClaim, |c| c.kind)));
    let kind = Signal::derive(move || Some(String::from(picking::kind_name(of_kind.get()))));
    let handed_in = Memo::new(move |_| sight.status.with(Option::is_some));
    let chosen = Memo::new(move |_| sight.content.with(|content| content.as_ref().and_then(|c| c.pre_approval)));
    let may_answer = Memo::new(move |_| {
        of_kind.get() != RequestKind::PreApproval && (chosen.get().is_some() || !desk.pre_approvals().is_empty())
    });
    let answered = Signal::derive(move || {
        let id = chosen.get()?;
        Some(desk.status(id).map_or_else(|| id.to_string(), |status| status.title))
    });
    let is_last = move || sight.read(|content| content.last);
    let last = Signal::derive(move || Some(String::from(if is_last() { words.yes } else { words.no })));
    let turn_last = move || {
        let turned = Scalar::Flag(!sight.content.with_untracked(|c| c.as_ref().is_some_and(|c| c.last)));
        desk.put(sight.id, Place::Header, vec![(Field::Last, turned)]);
    };
    desk.take_up(sight.id);
    let trouble = move || {
        let notice = |code| view! { <div data-test="trouble"><Notice tone=Tone::Bad title=text().sync.failed words=error(code)/></div> };
        desk.trouble.get().map(notice)
    };
    view! {
        {trouble}
        <problems::Problems sight/>
        <invoices::Invoices sight editable=true/>
        <conflicts::Conflicts sight/>
        <Group>
            {move || (!handed_in.get()).then(|| view! {
                <ChoiceField
                    label=words.kind value=kind test="claim-kind"
                    on_press=move || sight.picking.set(Some(picking::Picking::kind()))
                />
            })}
            <Written sight place=Place::Header field=Field::Title label=words.title required=true test="claim-title"/>
            <Written sight place=Place::Header field=Field::Purpose label=words.purpose kind=FieldKind::Lines test="claim-purpose"/>
            <ChoiceField
                label=words.department value=department test="claim-department"
                on_press=move || sight.picking.set(Some(picking::Picking::department()))
            />
            {move || (of_kind.get() == RequestKind::Payment).then(|| view! {
                <Written sight place=Place::Header field=Field::Payee label=words.payee required=true test="claim-payee"/>
            })}
            {move || may_answer.get().then(|| view! {
                <ChoiceField
                    label=words.pre_approval value=answered test="claim-pre-approval"
                    on_press=move || sight.picking.set(Some(picking::Picking::pre_approval()))
                />
                <ChoiceField label=words.last value=last on_press=turn_last test="claim-last"/>
            })}
        </Group>
        <For
            each=lines key=|id| *id
            children=move |id| view! { <line::LineCard sight id/> }
        />
        <div class="card card-plain">
            <Button
                label=text().action.add_line icon=Icon::Plus kind=ButtonKind::Plain wide=true test="add-line"
                on_press=move || {
                    desk.add_line(sight.id, Vec::new());
                }
            />
        </div>
        <answer::Answer sight/>
        <talk::Talk sight/>
        <picking::Pick sight/>
        <invoice::InvoiceSheet sight editable=true/>
    }
    .into_any()
}

/// A field of the document that is typed in: kept with each pause, and shown as it was typed until it is left.
#[component]
pub(super) fn Written(
    sight: Sight,
    place: Place,
    field: Field,
    #[prop(into)] label: String,
    #[prop(optional)] kind: FieldKind,
    #[prop(optional)] required: bool,
    /// What is missing, once handing in was tried.
    #[prop(into, optional)]
    missing: Signal<Option<String>>,
    #[prop(into, optional)] hint: leptos::text_prop::TextProp,
    #[prop(into, optional)] source: ViewFn,
    #[prop(optional)] test: &'static str,
) -> impl IntoView {
    let desk = sight.desk;
    let spot = StoredValue::new(Spot { request: sight.id, place: place.clone(), field });
    let told = Memo::new(move |_| sight.read(|content| super::line::value(content, &place, field)));
    // A keystroke anywhere asks every field; those that show the same stay as they are.
    let value = Memo::new(move |_| spot.with_value(|spot| desk.shown(spot, || told.get())));
    let missing_title = move || {
        let none = field == Field::Title && sight.tried.get() && told.with(|title| title.trim().is_empty());
        none.then(|| String::from(error("claim_no_title")))
    };
    let fault = Memo::new(move |_| {
        let typed = spot.with_value(|spot| desk.typing_error(spot)).map(|code| String::from(error(code)));
        typed.or_else(|| missing.get()).or_else(missing_title)
    });
    view! {
        <TextField
            label kind required value hint source test
            error=fault
            on_input=move |text| spot.with_value(|spot| desk.type_in(spot.clone(), text))
            on_leave=move || spot.with_value(|spot| desk.leave(spot))
        />
    }
    .into_any()
}
