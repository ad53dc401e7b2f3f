//! Refused work as people decide over it: what was to be changed, and how to do it again elsewhere.
//!
//! Promise: nothing typed is dropped unless its person says so.

use std::collections::BTreeMap;

use budget::settlement::Choice;
use budget::{LineId, PersonId, RequestKind, Timestamp};
use sync::document::{Claim, ClaimInvoice, ClaimLine, Conflict};
use sync::{Edit, Field, Place, Scalar};

/// The fields that refused edits wanted to write, the last value of each.
pub(crate) fn wanted(edits: &[Edit]) -> Vec<(Place, Field, Scalar)> {
    let mut wanted: BTreeMap<(Place, Field), Scalar> = BTreeMap::new();
    for edit in edits {
        if let Edit::Put { place, values } = edit {
            for (field, value) in values {
                wanted.insert((place.clone(), *field), value.clone());
            }
        }
    }
    wanted.into_iter().map(|((place, field), value)| (place, field, value)).collect()
}

/// The edits that begin a new draft with the content of `claim`, if there is one, and what was refused.
pub(crate) fn new_draft(owner: PersonId, at: Timestamp, claim: Option<&Claim>, refused: &[Edit]) -> Vec<Edit> {
    let mut edits = vec![Edit::CreateClaim { owner, at }];
    if let Some(claim) = claim {
        edits.extend(header(claim));
        edits.extend(claim.invoices.iter().map(|invoice| put(Place::Invoice(invoice.id), invoice_values(invoice))));
        edits.extend(claim.lines.iter().map(|line| put(Place::Line(line.id), line_values(line))));
    }
    edits.extend(refused.iter().filter(|edit| matches!(edit, Edit::Put { .. })).cloned());
    edits
}

fn put(place: Place, values: Vec<(Field, Scalar)>) -> Edit {
    Edit::Put { place, values }
}

fn header(claim: &Claim) -> Option<Edit> {
    let mut values =
        vec![(Field::Title, Scalar::Text(claim.title.clone())), (Field::Purpose, Scalar::Text(claim.purpose.clone()))];
    values.extend(claim.department.as_ref().map(|code| (Field::Department, Scalar::Text(code.to_string()))));
    let kind = Some(claim.kind).filter(|kind| *kind != RequestKind::ExpenseClaim).and_then(RequestKind::word);
    let pre_approval = claim.pre_approval.map(|request| request.to_string()).unwrap_or_default();
    values.extend([
        (Field::RequestKind, Scalar::Text(kind.unwrap_or_default().to_owned())),
        (Field::Payee, Scalar::Text(claim.payee.clone())),
        (Field::PreApproval, Scalar::Text(pre_approval)),
        (Field::Advances, Scalar::Text(advances(&claim.advances))),
    ]);
    values.extend(claim.last.then_some((Field::Last, Scalar::Flag(true))));
    values.retain(|(_, value)| value.text() != Some(""));
    (!values.is_empty()).then(|| put(Place::Header, values))
}

/// The advances of a claim as a document spells them.
fn advances(choice: &Choice) -> String {
    match choice {
        Choice::OldestFirst => String::new(),
        Choice::Nothing => "none".to_owned(),
        Choice::Chosen(ids) => ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    }
}

fn line_values(line: &ClaimLine) -> Vec<(Field, Scalar)> {
    let text = |field, value: Option<String>| value.map(|value| (field, Scalar::Text(value)));
    let code = |field, value: &Option<budget::Code>| text(field, value.as_ref().map(ToString::to_string));
    let block = &line.block;
    [
        text(Field::Description, Some(line.description.clone()).filter(|words| !words.is_empty())),
        text(Field::Date, line.date.map(|date| date.to_string())),
        line.amount.map(|amount| (Field::Amount, Scalar::Integer(amount.fen()))),
        code(Field::Account, &block.account),
        code(Field::Project, &block.project),
        code(Field::CostCentre, &block.cost_centre),
        code(Field::ProductLine, &block.product_line),
        text(Field::LineInvoice, line.invoice.map(|invoice| invoice.to_string())),
        Some((Field::LineOrder, Scalar::Integer(line.order))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn invoice_values(invoice: &ClaimInvoice) -> Vec<(Field, Scalar)> {
    let text = |field, value: &str| (!value.is_empty()).then(|| (field, Scalar::Text(value.to_owned())));
    let issued_on = invoice.issued_on.map(|date| date.to_string()).unwrap_or_default();
    [
        text(Field::Blob, &invoice.blob),
        text(Field::FileName, &invoice.file_name),
        text(Field::MediaType, &invoice.media_type),
        Some((Field::Size, Scalar::Integer(invoice.size))),
        text(Field::Preview, &invoice.preview),
        text(Field::Reading, &invoice.reading),
        text(Field::Identity, &invoice.identity),
        invoice.total.map(|total| (Field::Total, Scalar::Integer(total.fen()))),
        text(Field::TotalSource, &invoice.total_source),
        text(Field::IssuedOn, &issued_on),
        text(Field::Seller, &invoice.seller),
        Some((Field::Confirmed, Scalar::Flag(invoice.confirmed))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The edit that settles a conflict by choosing one of its values.
pub(crate) fn settle(conflict: &Conflict, index: usize) -> Option<Edit> {
    let value = conflict.values.get(index)?.clone();
    Some(Edit::set(conflict.place.clone(), conflict.field, value))
}

/// The line that a place is about, if it is one.
pub(crate) const fn line_of(place: &Place) -> Option<LineId> {
    if let Place::Line(id) = place { Some(*id) } else { None }
}
