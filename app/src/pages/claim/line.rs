//! One line of a claim: what it was for, when, how much, and where it is charged.

use budget::{Code, Dimension, LineId, Money};
use leptos::prelude::*;
use sync::document::{Claim, ClaimInvoice, ClaimLine};
use sync::{Field, Place, Scalar};

use super::editor::Written;
use super::{Sight, picking};
use crate::parts::button::{Button, ButtonKind, IconButton};
use crate::parts::field::{ChoiceField, FieldKind};
use crate::parts::icon::Icon;
use crate::parts::source::{SourceCheck, SourceKind, SourceTag};
use crate::state::proof::{self, Trust};
use crate::text::{error, format, text};

/// The text that a document has in a field.
pub(super) fn value(claim: &Claim, place: &Place, field: Field) -> String {
    let amount =
        |amount: Option<Money>| amount.filter(|amount| !amount.is_zero()).map(format::money_typed).unwrap_or_default();
    match (place, field) {
        (Place::Header, Field::Title) => claim.title.clone(),
        (Place::Header, Field::Purpose) => claim.purpose.clone(),
        (Place::Header, Field::Payee) => claim.payee.clone(),
        (Place::Line(id), _) => claim.line(*id).map_or_else(String::new, |line| match field {
            Field::Description => line.description.clone(),
            Field::Date => line.date.map(|date| date.to_string()).unwrap_or_default(),
            Field::Amount => amount(line.amount),
            _ => String::new(),
        }),
        _ => String::new(),
    }
}

/// The card of a line.
#[component]
pub(super) fn LineCard(sight: Sight, id: LineId) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let line = Memo::new(move |_| sight.read(|content| content.line(id).cloned()));
    let invoice = Memo::new(move |_| {
        sight.read(|content| line.get().and_then(|line| line.invoice).and_then(|id| content.invoice(id).cloned()))
    });
    let number = move || {
        let index = sight.read(|content| content.lines.iter().position(|line| line.id == id));
        (words.line)(index.unwrap_or_default() + 1)
    };
    let place = Place::Line(id);
    let missing = move |code: &'static str, is: fn(&ClaimLine) -> bool| {
        Signal::derive(move || {
            let none = sight.tried.get() && line.with(|line| line.as_ref().is_some_and(is));
            none.then(|| String::from(error(code)))
        })
    };
    let no_amount = missing("claim_no_amount", |line| line.amount.is_none_or(|amount| !amount.is_positive()));
    let no_date = missing("claim_no_date", |line| line.date.is_none());
    let no_account = missing("claim_no_account", |line| line.block.account.is_none());
    // Money that is lent is charged to no account.
    let no_account =
        Signal::derive(move || no_account.get().filter(|_| sight.read(|content| content.kind.holds_budget())));
    let source = move || {
        let amount = line.with(|line| line.as_ref().and_then(|line| line.amount));
        invoice.get().map(|invoice| amount_source(&invoice, amount))
    };
    let choice =
        move |dimension: Dimension, label: &'static str, required: bool, fault: Signal<Option<String>>, test| {
            let value = Signal::derive(move || {
                let code: Option<Code> =
                    line.with(|line| line.as_ref().and_then(|line| line.block.get(dimension).cloned()));
                code.map(|code| picking::name(desk, dimension, &code))
            });
            view! {
                <ChoiceField
                    label value required error=fault test
                    on_press=move || sight.picking.set(Some(picking::Picking::line(id, dimension)))
                />
            }
        };
    let none = Signal::stored(None);
    let more = RwSignal::new(false);
    let has_more = move || {
        more.get()
            || line.with(|line| {
                line.as_ref().is_some_and(|l| l.block.cost_centre.is_some() || l.block.product_line.is_some())
            })
    };
    view! {
        <section class="group" id=format!("line-{id}") tabindex="-1" data-test="line">
            <div class="line-head">
                <h2 class="group-title">{number}</h2>
                <IconButton label=text().action.delete icon=Icon::Trash on_press=move || desk.delete_line(sight.id, id) test="line-delete"/>
            </div>
            <div class="group-body">
                <Written sight place=place.clone() field=Field::Amount label=text().field.amount kind=FieldKind::Amount required=true missing=no_amount source=source test="line-amount"/>
                <Doubt sight id line invoice/>
                <Written sight place=place.clone() field=Field::Description label=words.description test="line-description"/>
                <div class="field-pair">
                    <Written sight place=place.clone() field=Field::Date label=words.date kind=FieldKind::Date required=true missing=no_date test="line-date"/>
                    {choice(Dimension::Account, words.account, true, no_account, "line-account")}
                </div>
                <div class="field-pair">
                    {choice(Dimension::Project, words.project, false, none, "line-project")}
                    <InvoiceLink sight id line invoice/>
                </div>
                {move || if has_more() {
                    view! {
                        <div class="field-pair">
                            {choice(Dimension::CostCentre, words.cost_centre, false, none, "line-cost-centre")}
                            {choice(Dimension::ProductLine, words.product_line, false, none, "line-product-line")}
                        </div>
                    }.into_any()
                } else {
                    view! { <Button label=words.more_dimensions kind=ButtonKind::Quiet wide=true on_press=move || more.set(true) test="line-more"/> }.into_any()
                }}
            </div>
        </section>
    }
    .into_any()
}

/// Where the amount of a line stands beside its invoice.
fn amount_source(invoice: &ClaimInvoice, amount: Option<Money>) -> AnyView {
    let typed = vec![SourceKind::Typed];
    if amount.is_some() && amount != invoice.total {
        return view! { <SourceTag sources=typed check=SourceCheck::Alone/> }.into_any();
    }
    let check = match proof::trust(invoice) {
        Trust::Sure => SourceCheck::Agreed,
        Trust::Unsure | Trust::Unread => SourceCheck::Alone,
        Trust::Contradicted => SourceCheck::Conflict,
    };
    let reading = proof::reading(invoice);
    let sources = reading.and_then(|reading| reading.fields.total.map(|total| proof::sources(&total)));
    let mut shown: Vec<SourceKind> = Vec::new();
    for source in sources.unwrap_or_default() {
        let kind = source_kind(source);
        if !shown.contains(&kind) {
            shown.push(kind);
        }
    }
    view! { <SourceTag sources=if shown.is_empty() { typed } else { shown } check/> }.into_any()
}

/// The source as the parts know it.
pub(in crate::pages) const fn source_kind(source: ocr::Source) -> SourceKind {
    match source {
        ocr::Source::Xml => SourceKind::Xml,
        ocr::Source::Ofd => SourceKind::Ofd,
        ocr::Source::PdfInformation | ocr::Source::PdfText => SourceKind::Pdf,
        ocr::Source::Qr => SourceKind::Code,
        ocr::Source::Ocr => SourceKind::Recognised,
        ocr::Source::Typed => SourceKind::Typed,
    }
}

/// The amount of an invoice that nobody vouches for: the person looks and confirms, or types another.
#[component]
fn Doubt(
    sight: Sight,
    id: LineId,
    line: Memo<Option<ClaimLine>>,
    invoice: Memo<Option<ClaimInvoice>>,
) -> impl IntoView {
    let desk = sight.desk;
    let words = &text().pages.claim;
    let doubt = Memo::new(move |_| {
        let invoice = invoice.get()?;
        let amount = line.with(|line| line.as_ref().and_then(|line| line.amount));
        let settled = proof::trust(&invoice) == Trust::Sure && amount.is_none_or(|a| Some(a) <= invoice.total);
        let doubtful = matches!(proof::trust(&invoice), Trust::Unsure | Trust::Sure);
        (!settled && doubtful).then_some((invoice.id, invoice.total, amount.filter(|amount| amount.is_positive())))
    });
    let confirm = move |invoice, amount: Money| {
        let place = Place::Invoice(invoice);
        desk.put(
            sight.id,
            place,
            vec![
                (Field::Total, Scalar::Integer(amount.fen())),
                (Field::TotalSource, Scalar::Text("typed".to_owned())),
                (Field::Confirmed, Scalar::Flag(true)),
            ],
        );
        desk.put(sight.id, Place::Line(id), vec![(Field::Amount, Scalar::Integer(amount.fen()))]);
    };
    move || {
        let (invoice, total, typed) = doubt.get()?;
        let amount = typed.or(total)?;
        Some(view! {
            <div class="line-doubt">
                <Button
                    label=(words.confirm_amount)(&format::money(amount)) kind=ButtonKind::Quiet icon=Icon::Tick
                    on_press=move || confirm(invoice, amount) test="line-confirm"
                />
                <Button
                    label=text().action.open_original kind=ButtonKind::Quiet icon=Icon::File
                    on_press=move || sight.invoice.set(Some(invoice))
                />
            </div>
        })
    }
}

/// The invoice of a line, or the choice of one.
#[component]
fn InvoiceLink(
    sight: Sight,
    id: LineId,
    line: Memo<Option<ClaimLine>>,
    invoice: Memo<Option<ClaimInvoice>>,
) -> impl IntoView {
    let words = &text().pages.claim;
    let has = Memo::new(move |_| sight.read(|content| !content.invoices.is_empty()));
    let value = Signal::derive(move || {
        let invoice = invoice.get()?;
        Some(if invoice.seller.is_empty() { invoice.file_name } else { invoice.seller })
    });
    move || {
        (has.get() || line.with(|line| line.as_ref().is_some_and(|line| line.invoice.is_some()))).then(|| {
            view! {
                <ChoiceField
                    label=words.invoice value test="line-invoice"
                    on_press=move || sight.picking.set(Some(picking::Picking::invoice(id)))
                />
            }
        })
    }
}
