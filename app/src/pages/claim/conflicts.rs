//! Fields that two devices wrote at the same time: both values, and the person chooses.

use leptos::prelude::*;
use sync::document::Conflict as Disagreement;
use sync::{Field, Place};

use super::{Sight, picking};
use crate::parts::conflict::{Conflict, Side};
use crate::state::mended;
use crate::text::{format, text};

/// One panel a field.
#[component]
pub(in crate::pages) fn Conflicts(sight: Sight) -> impl IntoView {
    let panel = move |conflict: Disagreement| {
        let side = |(index, value): (usize, &sync::Scalar)| Side {
            id: index.to_string(),
            from: (text().pages.claim.version)(index + 1),
            value: shown(sight, conflict.field, value),
        };
        let sides = conflict.values.iter().enumerate().map(side).collect();
        let name = field_word(&conflict.place, conflict.field);
        let settle = move |index: String| {
            if let Some(edit) = index.parse().ok().and_then(|index| mended::settle(&conflict, index)) {
                sight.desk.edit(sight.id, edit);
            }
        };
        view! {
            <div class="card" data-test="conflict">
                <Conflict field=name sides chosen=Signal::stored(None::<String>) on_choose=settle/>
            </div>
        }
    };
    move || sight.read(|content| content.conflicts.clone()).into_iter().map(panel).collect_view()
}

/// A value as a person reads it.
fn shown(sight: Sight, field: Field, value: &sync::Scalar) -> String {
    let dimension = match field {
        Field::Account => Some(budget::Dimension::Account),
        Field::Project => Some(budget::Dimension::Project),
        Field::CostCentre => Some(budget::Dimension::CostCentre),
        Field::ProductLine => Some(budget::Dimension::ProductLine),
        Field::Department => Some(budget::Dimension::Department),
        _ => None,
    };
    match (field, value) {
        (Field::Amount | Field::Total, sync::Scalar::Integer(fen)) => format::money(budget::Money::from_fen(*fen)),
        (_, sync::Scalar::Text(words)) => match dimension.zip(budget::Code::new(words).ok()) {
            Some((dimension, code)) => picking::name(sight.desk, dimension, &code),
            None => words.clone(),
        },
        (_, sync::Scalar::Flag(flag)) => {
            let words = &text().pages.claim;
            String::from(if *flag { words.yes } else { words.no })
        }
        (_, other) => other.to_string(),
    }
}

/// What a field is called.
pub(in crate::pages) fn field_word(place: &Place, field: Field) -> &'static str {
    let words = &text().pages.claim;
    match field {
        Field::Title => words.title,
        Field::Purpose => words.purpose,
        Field::Department => words.department,
        Field::RequestKind => words.kind,
        Field::PreApproval => words.pre_approval,
        Field::Last => words.last,
        Field::Payee => words.payee,
        Field::Description => words.description,
        Field::Date | Field::IssuedOn => words.date,
        Field::Amount => text().field.amount,
        Field::Total => words.invoice_total,
        Field::Account => words.account,
        Field::Project => words.project,
        Field::CostCentre => words.cost_centre,
        Field::ProductLine => words.product_line,
        Field::LineInvoice => words.invoice,
        Field::LineDeleted | Field::InvoiceDeleted => words.deleted,
        _ => match place {
            Place::Invoice(_) => words.invoice,
            _ => words.other_field,
        },
    }
}
