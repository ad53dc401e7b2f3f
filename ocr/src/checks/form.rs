//! What a number, a date and a tax id must look like by themselves.

use budget::Date;
use budget::tax_id;

use super::{check, side};
use crate::reading::{Check, CheckKind, Fields, InvoiceKind, Message, Outcome};

/// The first year of the invoices that are read here.
const FIRST_YEAR: i16 = 2009;

/// Form of the number and code; the year inside a 20-digit number.
pub(super) fn number(kind: InvoiceKind, fields: &Fields) -> Vec<Check> {
    // Paper tickets have serials of their own.
    let Some(number) = fields.number.as_ref().filter(|_| kind != InvoiceKind::PaperTrain) else {
        return Vec::new();
    };
    let code_length = fields.code.as_ref().map(|code| code.value.len());
    let fits = match number.value.len() {
        20 => true,
        8 => !kind.is_digital() && (matches!(code_length, Some(10 | 12)) || kind == InvoiceKind::Blockchain),
        _ => false,
    };
    let shown = vec![side("number", number.source, &number.value)];
    let mut checks = vec![if fits {
        check(CheckKind::NumberForm, Outcome::Passed, Message::NumberFormHolds, shown.clone())
    } else {
        check(CheckKind::NumberForm, Outcome::Failed, Message::NumberFormUnusual, shown.clone())
    }];
    if let Some(issued) = fields.issued_on.as_ref().filter(|_| number.value.len() == 20) {
        let year = number.value.get(..2).and_then(|year| year.parse::<i16>().ok());
        let compared = shown.into_iter().chain([side("issuedOn", issued.source, &issued.value)]).collect();
        checks.push(if year == Some(issued.value.year() % 100) {
            check(CheckKind::NumberYear, Outcome::Passed, Message::NumberYearHolds, compared)
        } else {
            check(CheckKind::NumberYear, Outcome::Failed, Message::NumberYearDiffers, compared)
        });
    }
    checks
}

/// Not in the future, not before such invoices existed.
pub(super) fn date(fields: &Fields, today: Date) -> Option<Check> {
    let issued = fields.issued_on.as_ref()?;
    let shown = vec![side("issuedOn", issued.source, &issued.value)];
    Some(if issued.value > today {
        check(CheckKind::Date, Outcome::Failed, Message::DateInFuture, shown)
    } else if issued.value.year() < FIRST_YEAR {
        check(CheckKind::Date, Outcome::Failed, Message::DateTooEarly, shown)
    } else {
        check(CheckKind::Date, Outcome::Passed, Message::DateIsPast, shown)
    })
}

/// Advice about both tax ids. Rail tickets name no seller.
pub(super) fn tax_ids(kind: InvoiceKind, fields: &Fields) -> Vec<Check> {
    let seller = (
        CheckKind::SellerTaxId,
        "sellerTaxId",
        fields.seller_tax_id.as_ref(),
        Message::SellerTaxIdHolds,
        Message::SellerTaxIdUnusual,
    );
    let buyer = (
        CheckKind::BuyerTaxId,
        "buyerTaxId",
        fields.buyer_tax_id.as_ref(),
        Message::BuyerTaxIdHolds,
        Message::BuyerTaxIdUnusual,
    );
    [seller, buyer]
        .into_iter()
        .filter(|(which, ..)| !(kind == InvoiceKind::Rail && *which == CheckKind::SellerTaxId))
        .map(|(which, name, field, holds, unusual)| match field {
            None => check(which, Outcome::NotPossible, Message::TaxIdNotRead, Vec::new()),
            // A masked number was recognised as a person's before it was masked, and has nothing left to check.
            Some(field) if field.value.contains('*') => check(which, Outcome::Passed, holds, Vec::new()),
            Some(field) => {
                let shown = vec![side(name, field.source, &field.value)];
                if tax_id::check(&field.value).warns() {
                    check(which, Outcome::Failed, unusual, shown)
                } else {
                    check(which, Outcome::Passed, holds, shown)
                }
            }
        })
        .collect()
}
