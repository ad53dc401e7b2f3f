//! What an approver should look at before agreeing: conflicts first.

use budget::Organisation;
use budget::approval::Reason;
use ocr::{Reading, Verdict};
use sync::document::{Claim, ClaimInvoice};
use sync::view::{Warning, codes};

/// With which other requests it crosses a limit (拆单).
fn together(reason: &Reason) -> Option<Warning> {
    let Reason::Together { siblings, .. } = reason else { return None };
    let values = siblings.iter().map(|request| ("request".to_owned(), request.to_string())).collect();
    Some(Warning { code: codes::WARNING_TOGETHER.into(), invoice: None, values })
}

/// The warnings of a claim, most important first.
pub(super) fn warnings(claim: &Claim, organisation: &Organisation, reasons: &[Reason]) -> Vec<Warning> {
    let mut conflicts = Vec::new();
    let mut buyers = Vec::new();
    let mut unproven = Vec::new();
    for invoice in &claim.invoices {
        let reading = reading(invoice);
        match reading.as_ref().map(|reading| &reading.verdict) {
            Some(Verdict::Conflict(_)) => {
                conflicts.push(warning(codes::WARNING_CONFLICT, invoice, disagreeing(reading.as_ref())));
            }
            Some(Verdict::Accepted) if states_the_total(reading.as_ref(), invoice) => {}
            _ => unproven.push(warning(codes::WARNING_UNPROVEN, invoice, stated(reading.as_ref(), invoice))),
        }
        if let Some(buyer) = other_buyer(reading.as_ref(), organisation) {
            buyers.push(warning(codes::WARNING_OTHER_BUYER, invoice, vec![buyer]));
        }
    }
    let bare = claim
        .lines
        .iter()
        .filter(|line| line.invoice.is_none_or(|id| claim.invoice(id).is_none()))
        .map(|line| (line.description.clone(), line.amount.unwrap_or_default().to_string()))
        .collect::<Vec<_>>();
    let mut all = conflicts;
    all.extend(buyers);
    all.extend(reasons.iter().find_map(together));
    all.extend(unproven);
    if !bare.is_empty() {
        all.push(Warning { code: codes::WARNING_NO_INVOICE.into(), invoice: None, values: bare });
    }
    all
}

fn warning(code: &str, invoice: &ClaimInvoice, values: Vec<(String, String)>) -> Warning {
    Warning { code: code.into(), invoice: Some(invoice.id), values }
}

/// What was read from the file; `None` when nothing was or it cannot be understood.
pub(super) fn reading(invoice: &ClaimInvoice) -> Option<Reading> {
    serde_json::from_str(&invoice.reading).ok()
}

/// The sides of each comparison that failed: where a value comes from, and the value.
fn disagreeing(reading: Option<&Reading>) -> Vec<(String, String)> {
    let failed =
        reading.into_iter().flat_map(|reading| &reading.checks).filter(|check| check.outcome == ocr::Outcome::Failed);
    let mut sides: Vec<(String, String)> = Vec::new();
    for side in failed.flat_map(|check| &check.compared) {
        let source = serde_json::to_value(side.source)
            .ok()
            .and_then(|word| word.as_str().map(str::to_owned))
            .unwrap_or_default();
        let side = (format!("{}.{source}", side.field), side.value.clone());
        if !sides.contains(&side) {
            sides.push(side);
        }
    }
    sides
}

/// Whether the claimed total of the invoice is the one that was read from it.
fn states_the_total(reading: Option<&Reading>, invoice: &ClaimInvoice) -> bool {
    reading.is_some_and(|reading| reading.total().is_some() && reading.total() == invoice.total)
}

fn stated(reading: Option<&Reading>, invoice: &ClaimInvoice) -> Vec<(String, String)> {
    let claimed = invoice.total.map(|total| (invoice.total_source.clone(), total.to_string()));
    let read = reading.and_then(Reading::total).filter(|read| Some(*read) != invoice.total);
    claimed.into_iter().chain(read.map(|read| ("reading".to_owned(), read.to_string()))).collect()
}

/// The buyer on the invoice, when it is somebody else than the company.
fn other_buyer(reading: Option<&Reading>, organisation: &Organisation) -> Option<(String, String)> {
    let buyer = reading?.fields.buyer_tax_id.as_ref()?;
    let found = budget::tax_id::normalise(&buyer.value);
    if found == budget::tax_id::normalise(&organisation.tax_id) || organisation.tax_id.is_empty() {
        return None;
    }
    let name = reading?.fields.buyer_name.as_ref().map(|name| name.value.clone()).unwrap_or_default();
    Some((name, found))
}
