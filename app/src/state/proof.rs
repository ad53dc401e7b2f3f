//! What was read from an invoice, as people check it: values with their sources, and contradictions side by side.

use budget::Money;
use ocr::{Check, Compared, Field, Outcome, Reading, Source, Verdict, capital};
use sync::document::ClaimInvoice;

/// The reading that a claim keeps of an invoice.
pub(crate) fn reading(invoice: &ClaimInvoice) -> Option<Reading> {
    serde_json::from_slice(invoice.reading.as_bytes()).ok()
}

/// How far the amount of an invoice can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Two independent figures agree, or a person confirmed it.
    Sure,
    /// A person has to compare with the original.
    Unsure,
    /// Sources contradict each other.
    Contradicted,
    /// Nothing was read.
    Unread,
}

/// How far the amount of an invoice can be relied on.
pub(crate) fn trust(invoice: &ClaimInvoice) -> Trust {
    if invoice.confirmed {
        return Trust::Sure;
    }
    match reading(invoice).map(|reading| reading.verdict) {
        Some(Verdict::Accepted) => Trust::Sure,
        Some(Verdict::Confirm(_)) => Trust::Unsure,
        Some(Verdict::Conflict(_)) => Trust::Contradicted,
        Some(Verdict::Unreadable(_)) | None => Trust::Unread,
    }
}

/// The sources of a field: the one it was taken from and those that say the same.
pub(crate) fn sources<T>(field: &Field<T>) -> Vec<Source> {
    let mut sources = vec![field.source];
    for source in &field.agreeing {
        if !sources.contains(source) {
            sources.push(*source);
        }
    }
    sources
}

/// The checks that failed, each with its sides.
pub(crate) fn failed(reading: &Reading) -> Vec<&Check> {
    let shown = reading.checks.iter().filter(|check| check.outcome == Outcome::Failed && check.compared.len() > 1);
    shown.collect()
}

/// The amounts that sources give for the total, each once, with where they come from.
pub(crate) fn totals(reading: &Reading) -> Vec<(Money, Source)> {
    let mut totals: Vec<(Money, Source)> =
        reading.fields.total.iter().map(|total| (total.value, total.source)).collect();
    let compared = failed(reading).into_iter().flat_map(|check| &check.compared);
    for side in compared.filter(|side| matches!(side.field.as_str(), "total" | "totalInWords")) {
        if let Some(amount) = amount(side)
            && !totals.iter().any(|(known, _)| *known == amount)
        {
            totals.push((amount, side.source));
        }
    }
    totals
}

fn amount(side: &Compared) -> Option<Money> {
    Money::parse(&side.value).ok().or_else(|| capital::parse(&side.value))
}
