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

/// Invoices whose numbers follow one another, each with the day on which the other one was claimed.
fn in_a_row(consecutive: &[(String, String)]) -> Option<Warning> {
    let values = consecutive.to_vec();
    (!values.is_empty()).then(|| Warning { code: codes::WARNING_CONSECUTIVE.into(), invoice: None, values })
}

/// The warnings of a claim, most important first. `consecutive` are its invoices in a row with others, with the day of those.
pub(super) fn warnings(
    claim: &Claim,
    organisation: &Organisation,
    reasons: &[Reason],
    consecutive: &[(String, String)],
) -> Vec<Warning> {
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
    all.extend(in_a_row(consecutive));
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

/// The buyer on the invoice, when it is somebody else than the company: by its tax id, and by its name (抬头) where that was
/// parsed and not recognised, which misreads names.
fn other_buyer(reading: Option<&Reading>, organisation: &Organisation) -> Option<(String, String)> {
    let fields = &reading?.fields;
    let name = fields.buyer_name.as_ref();
    let id = fields.buyer_tax_id.as_ref().map(|id| budget::tax_id::normalise(&id.value));
    let own_id = budget::tax_id::normalise(&organisation.tax_id);
    let other_id = id.as_ref().is_some_and(|id| !own_id.is_empty() && *id != own_id);
    let same_name = |name: &ocr::Field<String>| plain_name(&name.value) == plain_name(&organisation.name);
    let other_name = name.is_some_and(|name| name.is_accepted() && !organisation.name.is_empty() && !same_name(name));
    let shown = || name.map(|name| name.value.clone()).unwrap_or_default();
    (other_id || other_name).then(|| (shown(), id.unwrap_or_default()))
}

/// A name without what printers vary: spaces and the width of brackets.
fn plain_name(name: &str) -> String {
    let narrow = |c| match c {
        '（' => '(',
        '）' => ')',
        other => other,
    };
    name.chars().filter(|c| !c.is_whitespace()).map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(name: Option<&str>, id: Option<&str>, source: ocr::Source) -> Reading {
        let xml = "<EInvoice><TaxSupervisionInfo><InvoiceNumber>26332000000000000048</InvoiceNumber></TaxSupervisionInfo></EInvoice>";
        let today = "2026-06-30".parse().unwrap();
        let mut reading = ocr::read(&ocr::Upload { name: "x.xml", bytes: xml.as_bytes() }, today, &[]).unwrap();
        let field = |value: &str| {
            let mut field = ocr::Field::new(value.to_owned(), source);
            if source < ocr::Source::Ocr {
                field.verdict = ocr::FieldVerdict::Accepted;
            }
            field
        };
        reading.fields.buyer_name = name.map(field);
        reading.fields.buyer_tax_id = id.map(field);
        reading
    }

    #[test]
    fn the_buyer_has_to_be_the_company_by_name_and_by_tax_id() {
        let company = Organisation {
            name: "算盘（示例）有限公司".into(),
            tax_id: "91110108MADEM0X61R".into(),
            ..Organisation::default()
        };
        let (own, own_id) = (Some("算盘(示例)有限公司"), Some("91110108madem0x61r"));
        let (other, other_id) = (Some("别家有限公司"), Some("91110000600037341L"));
        for (name, id, source, warns) in [
            (own, own_id, ocr::Source::Xml, false),
            (None, own_id, ocr::Source::Xml, false),
            (own, None, ocr::Source::Xml, false),
            (own, other_id, ocr::Source::Xml, true),
            (other, own_id, ocr::Source::Xml, true),
            (other, None, ocr::Source::PdfText, true),
            // Recognition misreads names; the id is what it is held to.
            (other, own_id, ocr::Source::Ocr, false),
            (None, None, ocr::Source::Xml, false),
        ] {
            let found = other_buyer(Some(&reading(name, id, source)), &company);
            assert_eq!(found.is_some(), warns, "{name:?} {id:?} {source:?}");
        }
    }
}
