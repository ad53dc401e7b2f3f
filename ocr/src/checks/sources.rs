//! The same field in different sources.

use std::collections::BTreeSet;

use super::{check, side};
use crate::qr::QrPayload;
use crate::reading::{Check, CheckKind, Compared, Message, Outcome, Source};
use crate::statement::Statement;

/// Checksum and amount of the QR code.
pub(super) fn qr(statements: &[Statement], payload: Option<&QrPayload>) -> Vec<Check> {
    let Some(payload) = payload else {
        return vec![check(CheckKind::QrChecksum, Outcome::NotPossible, Message::QrNotRead, Vec::new())];
    };
    let mut checks = Vec::new();
    let shown: Vec<Compared> = payload.amount.map(|amount| side("qrAmount", Source::Qr, &amount)).into_iter().collect();
    match payload.checksum_holds {
        Some(true) => {
            checks.push(check(CheckKind::QrChecksum, Outcome::Passed, Message::QrChecksumHolds, Vec::new()));
        }
        Some(false) => {
            checks.push(check(CheckKind::QrChecksum, Outcome::Failed, Message::QrChecksumWrong, shown));
            return checks;
        }
        None => {}
    }
    let Some(amount) = payload.amount else {
        return checks;
    };
    // Older kinds carry the net amount, and a few issuers the total: either may match.
    let printed = |field: &str| {
        statements.iter().filter(|s| s.source != Source::Qr).find_map(|s| {
            let amount = if field == "total" { s.total } else { s.net.filter(|_| !payload.amount_is_total) };
            amount.map(|amount| (s.source, amount))
        })
    };
    let sides: Vec<Compared> = ["total", "net"]
        .into_iter()
        .filter_map(|name| printed(name).map(|(source, amount)| side(name, source, &amount)))
        .collect();
    let agrees = ["total", "net"].into_iter().filter_map(printed).any(|(_, printed)| printed == amount);
    let comparable = printed("total").is_some() && (payload.amount_is_total || printed("net").is_some());
    if agrees || comparable {
        let compared = shown.into_iter().chain(sides).collect();
        checks.push(if agrees {
            check(CheckKind::QrAmount, Outcome::Passed, Message::QrAmountAgrees, compared)
        } else {
            check(CheckKind::QrAmount, Outcome::Failed, Message::QrAmountDiffers, compared)
        });
    }
    checks
}

/// One check a field on which sources differ; one check that says so when none do.
pub(super) fn agree(statements: &[Statement]) -> Vec<Check> {
    // The QR code's amount has a check of its own, which knows what the amount means.
    let amounts = |s: &Statement| s.source != Source::Qr;
    // Names on a page may be cut into lines or read wrongly; only structured sources are held against each other.
    let structured = |s: &Statement| s.source <= Source::PdfInformation;
    let text = |value: Option<budget::Money>| value.map(|amount| amount.to_string());
    let columns = [
        column("number", statements, |s| s.number.clone()),
        column("code", statements, |s| s.code.clone()),
        column("issuedOn", statements, |s| s.issued_on.map(|date| date.to_string())),
        column("total", statements, |s| text(s.total).filter(|_| amounts(s))),
        column("net", statements, |s| text(s.net).filter(|_| amounts(s))),
        column("tax", statements, |s| text(s.tax).filter(|_| amounts(s))),
        column("sellerTaxId", statements, |s| s.seller_tax_id.clone().filter(|_| structured(s))),
        column("buyerTaxId", statements, |s| s.buyer_tax_id.clone().filter(|_| structured(s))),
        column("sellerName", statements, |s| s.seller_name.clone().filter(|_| structured(s))),
        column("buyerName", statements, |s| s.buyer_name.clone().filter(|_| structured(s))),
    ];
    let mut checks: Vec<Check> = columns
        .iter()
        .filter(|column| column.iter().map(|side| side.value.as_str()).collect::<BTreeSet<_>>().len() > 1)
        .map(|column| check(CheckKind::Sources, Outcome::Failed, Message::SourcesDiffer, column.clone()))
        .collect();
    let compared = columns.iter().any(|column| column.len() > 1);
    if checks.is_empty() && compared {
        checks.push(check(CheckKind::Sources, Outcome::Passed, Message::SourcesAgree, Vec::new()));
    }
    checks
}

fn column(name: &str, statements: &[Statement], value: impl Fn(&Statement) -> Option<String>) -> Vec<Compared> {
    statements.iter().filter_map(|s| value(s).map(|value| side(name, s.source, &masked(name, value)))).collect()
}

/// Ids of people are masked also where they are compared.
fn masked(name: &str, value: String) -> String {
    if name.ends_with("TaxId") { budget::tax_id::masked(&value) } else { value }
}
