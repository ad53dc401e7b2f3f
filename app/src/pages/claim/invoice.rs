//! One document, large: its picture, what was read with where each value came from, and what does not agree.

use budget::{InvoiceId, Money};
use leptos::prelude::*;
use ocr::{Reading, Verdict};
use sync::document::ClaimInvoice;
use sync::{Field, Place, Scalar};

use super::Sight;
use super::line::source_kind;
use crate::parts::button::{Button, ButtonKind};
use crate::parts::cell::{Cell, Group, Value};
use crate::parts::conflict::{Conflict, Side};
use crate::parts::icon::Icon;
use crate::parts::sheet::Sheet;
use crate::parts::source::{SourceCheck, SourceTag};
use crate::parts::toast::use_toaster;
use crate::state::proof::{self, Trust};
use crate::state::surroundings;
use crate::text::{Language, error, format, language, text};

/// The sheet over the page; which document, `sight.invoice` says.
#[component]
pub(in crate::pages) fn InvoiceSheet(
    sight: Sight,
    /// It may be confirmed and taken out.
    editable: bool,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(sight.invoice.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && sight.invoice.with_untracked(Option::is_some) {
            sight.invoice.set(None);
        }
    });
    let invoice = Memo::new(move |_| {
        let id = sight.invoice.get()?;
        sight.read(|content| content.invoice(id).cloned())
    });
    let title = move || invoice.with(|i| i.as_ref().map(|i| i.file_name.clone())).unwrap_or_default();
    let body = move || invoice.get().map(|invoice| view! { <Body sight invoice editable/> });
    view! {
        <Sheet open title test="invoice-sheet">{body}</Sheet>
    }
    .into_any()
}

#[component]
fn Body(sight: Sight, invoice: ClaimInvoice, editable: bool) -> impl IntoView {
    let desk = sight.desk;
    let toaster = use_toaster();
    let words = &text().pages.claim;
    let reading = proof::reading(&invoice);
    let picture = desk.picture(&invoice.preview);
    let name = invoice.file_name.clone();
    let large = move || picture.get().map(|src| view! { <img class="invoice-picture" src=src alt=name.clone()/> });
    let size = usize::try_from(invoice.size).unwrap_or_default();
    let about = format!("{} · {}", super::invoices::kind_word(&invoice), format::bytes(size));
    let (blob, media_type) = (invoice.blob.clone(), invoice.media_type.clone());
    let open = move || {
        let (blob, media_type) = (blob.clone(), media_type.clone());
        surroundings::later(async move {
            if !desk.open_original(&blob, &media_type).await {
                toaster.fail(error("original_out_of_reach"));
            }
        });
    };
    let id = invoice.id;
    let delete = move || {
        sight.invoice.set(None);
        desk.delete_invoice(sight.id, id);
    };
    let unread = reading.is_none().then(|| view! { <p class="quiet">{words.not_read}</p> });
    view! {
        <div class="stack">
            {large}
            {reading.as_ref().map(|reading| verdict(sight, &invoice, reading, editable))}
            {unread}
            {reading.as_ref().map(fields)}
            <p class="quiet">{about}</p>
            <Button label=text().action.open_original icon=Icon::File wide=true on_press=open test="open-original"/>
            {editable.then(|| view! {
                <Button label=words.remove_invoice kind=ButtonKind::Danger icon=Icon::Trash wide=true on_press=delete test="delete-invoice"/>
            })}
        </div>
    }
    .into_any()
}

/// What follows from the reading: nothing to do, a look, or a choice between values.
fn verdict(sight: Sight, invoice: &ClaimInvoice, reading: &Reading, editable: bool) -> AnyView {
    let words = &text().pages.claim;
    if proof::trust(invoice) == Trust::Sure {
        let word = if invoice.confirmed { words.confirmed } else { words.accepted };
        return view! { <p class="quiet" data-test="verdict">{word}</p> }.into_any();
    }
    let reasons: Vec<String> = match &reading.verdict {
        Verdict::Accepted => Vec::new(),
        other => other.reasons().iter().map(|reason| said(reason.code())).collect(),
    };
    let id = invoice.id;
    let choose = move |amount: Money| confirm(sight, id, amount);
    let totals = proof::totals(reading);
    let sides: Vec<Side> = totals
        .iter()
        .map(|(amount, source)| Side {
            id: amount.fen().to_string(),
            from: String::from(source_kind(*source).word()),
            value: format::money(*amount),
        })
        .collect();
    let several = sides.len() > 1;
    let chosen = Signal::stored(None::<String>);
    let panel = several.then(|| {
        let pick = move |fen: String| {
            if let Ok(fen) = fen.parse() {
                choose(Money::from_fen(fen));
            }
        };
        if editable {
            view! { <Conflict field=words.invoice_total sides=sides.clone() chosen on_choose=pick/> }.into_any()
        } else {
            view! { <Conflict field=words.invoice_total sides=sides.clone()/> }.into_any()
        }
    });
    let one = (!several && editable).then(|| totals.first().copied()).flatten().map(|(amount, _)| {
        view! {
            <Button
                label=(words.confirm_amount)(&format::money(amount)) kind=ButtonKind::Primary wide=true icon=Icon::Tick
                on_press=move || choose(amount) test="confirm-amount"
            />
        }
    });
    view! {
        <div class="stack" data-test="verdict">
            <ul class="reasons">{reasons.into_iter().map(|reason| view! { <li>{reason}</li> }).collect_view()}</ul>
            {panel}
            {one}
        </div>
    }
    .into_any()
}

/// The person looked at the original and says what the total is.
fn confirm(sight: Sight, invoice: InvoiceId, amount: Money) {
    let desk = sight.desk;
    desk.put(
        sight.id,
        Place::Invoice(invoice),
        vec![
            (Field::Total, Scalar::Integer(amount.fen())),
            (Field::TotalSource, Scalar::Text("typed".to_owned())),
            (Field::Confirmed, Scalar::Flag(true)),
        ],
    );
    let empty = sight.content.with_untracked(|content| {
        let of_it = content.iter().flat_map(|content| &content.lines).filter(|line| line.invoice == Some(invoice));
        of_it.map(|line| line.id).collect::<Vec<_>>()
    });
    if let [line] = empty.as_slice() {
        desk.put(sight.id, Place::Line(*line), vec![(Field::Amount, Scalar::Integer(amount.fen()))]);
    }
}

/// The reader's sentence for a code.
pub(in crate::pages) fn said(code: &str) -> String {
    let language = match language() {
        Language::Chinese => ocr::Language::Chinese,
        Language::English => ocr::Language::English,
    };
    String::from(ocr::explain(code, language).unwrap_or_else(|| error(code)))
}

/// The values, each with its sources.
fn fields(reading: &Reading) -> AnyView {
    fn row<T: ToString>(label: &'static str, field: Option<&ocr::Field<T>>) -> Option<AnyView> {
        field.map(|field| cell(label, field.value.to_string(), proof::sources(field)))
    }
    fn cell(label: &'static str, value: String, sources: Vec<ocr::Source>) -> AnyView {
        let agreed = sources.len() > 1;
        let sources = sources.into_iter().map(source_kind).fold(Vec::new(), |mut kinds, kind| {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
            kinds
        });
        let check = if agreed || !sources.contains(&crate::parts::source::SourceKind::Recognised) {
            SourceCheck::Agreed
        } else {
            SourceCheck::Alone
        };
        view! {
            <Cell title=label note=move || view! { <SourceTag sources check/> } end=move || view! { <Value text=value/> }/>
        }
        .into_any()
    }
    let words = &text().pages.claim;
    let fields = &reading.fields;
    let money = |label, field: &Option<ocr::Field<Money>>| {
        field.as_ref().map(|field| cell(label, format::money(field.value), proof::sources(field)))
    };
    let rows: Vec<AnyView> = [
        money(words.invoice_total, &fields.total),
        money(words.net, &fields.net),
        money(words.tax, &fields.tax),
        row(words.number, fields.number.as_ref()),
        row(words.date, fields.issued_on.as_ref()),
        row(words.seller, fields.seller_name.as_ref()),
        row(words.buyer, fields.buyer_name.as_ref()),
    ]
    .into_iter()
    .flatten()
    .collect();
    view! { <Group>{rows}</Group> }.into_any()
}
