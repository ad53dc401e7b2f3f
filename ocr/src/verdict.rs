//! The decision: accepted, to be confirmed, contradictory, or unread.
//!
//! The promise: an amount is accepted only when a second, independent figure says the same and nothing contradicts it.
//! For a recognised total that second figure is the QR code, the capital numerals (which recognition cannot misread into the
//! same amount) or net and tax. Kinds that print no second figure are always confirmed by a person.

use budget::Money;
use budget::tax_id::{self, TaxIdCheck};

use crate::capital;
use crate::combine::Evidence;
use crate::reading::{Check, CheckKind, Field, FieldVerdict, Fields, InvoiceKind, Outcome, Reason, Source, Verdict};
use crate::statement::Statement;

/// What follows from fields and checks.
pub(crate) fn decide(fields: &Fields, checks: &[Check], evidence: &Evidence) -> Verdict {
    let nothing = fields.number.is_none() && fields.total.is_none() && fields.net.is_none();
    if nothing && fields.total_in_words.is_none() {
        let reasons = if evidence.remarks.is_empty() { vec![Reason::TotalMissing] } else { evidence.remarks.clone() };
        return Verdict::Unreadable(reasons);
    }
    let failed: Vec<&Check> = checks.iter().filter(|check| check.outcome == Outcome::Failed).collect();
    let mut conflicts = Vec::new();
    let mut doubts = evidence.remarks.clone();
    for check in failed {
        match (contradiction(check), doubt(check)) {
            (Some(reason), _) if !conflicts.contains(&reason) => conflicts.push(reason),
            (None, Some(reason)) if !doubts.contains(&reason) => doubts.push(reason),
            _ => {}
        }
    }
    for (missing, reason) in [
        (fields.total.is_none(), Reason::TotalMissing),
        (fields.number.is_none(), Reason::NumberMissing),
        (fields.issued_on.is_none(), Reason::DateMissing),
    ] {
        if missing {
            doubts.push(reason);
        }
    }
    if let Some(total) = &fields.total
        && !vouched(total.value, &evidence.statements)
    {
        let by_eye = total.source == Source::Ocr;
        doubts.push(if by_eye { Reason::ReadByEyeOnly } else { Reason::SingleSource });
    }
    if fields.number.as_ref().is_some_and(|number| number.source == Source::Ocr) {
        doubts.push(Reason::NumberReadByEye);
    }
    if !conflicts.is_empty() {
        conflicts.extend(doubts);
        Verdict::Conflict(conflicts)
    } else if doubts.is_empty() {
        Verdict::Accepted
    } else {
        Verdict::Confirm(doubts)
    }
}

/// Which values may be used without a person, each for itself.
pub(crate) fn judge_fields(fields: &mut Fields, checks: &[Check], evidence: &Evidence) {
    let failed = |kinds: &[CheckKind], names: &[&str]| {
        checks.iter().filter(|check| check.outcome == Outcome::Failed).any(|check| {
            kinds.contains(&check.kind)
                || (check.kind == CheckKind::Sources && check.compared.iter().any(|side| names.contains(&&*side.field)))
        })
    };
    let amounts = [CheckKind::Words, CheckKind::Sum, CheckKind::QrAmount, CheckKind::SecondOpinion];
    let sound = !failed(&amounts, &["total", "net", "tax"]);
    let total = fields.total.as_ref().map(|total| total.value);
    let vouched = sound && total.is_some_and(|total| vouched(total, &evidence.statements));
    let sums = match (&fields.net, &fields.tax, total) {
        (Some(net), Some(tax), Some(total)) => net.value.checked_add(tax.value) == Some(total),
        _ => false,
    };
    accept(&mut fields.total, |_| vouched);
    accept(&mut fields.net, |net| sound && (vouched && sums || exact(net)));
    accept(&mut fields.tax, |tax| sound && (vouched && sums || exact(tax)));
    accept(&mut fields.total_in_words, |words| vouched && capital::parse(&words.value) == total);
    let number = !failed(&[CheckKind::NumberForm, CheckKind::NumberYear], &["number"]);
    accept(&mut fields.number, |field| number && exact(field));
    let code = !failed(&[CheckKind::NumberForm, CheckKind::Code], &["code"]);
    accept(&mut fields.code, |field| code && exact(field));
    let date = !failed(&[CheckKind::Date, CheckKind::NumberYear], &["issuedOn"]);
    accept(&mut fields.issued_on, |field| date && exact(field));
    accept(&mut fields.check_code, exact);
    for (id, name) in [(&mut fields.seller_tax_id, "sellerTaxId"), (&mut fields.buyer_tax_id, "buyerTaxId")] {
        let agrees = !failed(&[], &[name]);
        // Recognition cannot misread a unified code into another one that passes its check.
        accept(id, |field| agrees && (exact(field) || tax_id::check(&field.value) == TaxIdCheck::Valid));
    }
    for (party, name) in [(&mut fields.seller_name, "sellerName"), (&mut fields.buyer_name, "buyerName")] {
        let agrees = !failed(&[], &[name]);
        accept(party, |field| agrees && exact(field));
    }
}

fn accept<T>(field: &mut Option<Field<T>>, may: impl Fn(&Field<T>) -> bool) {
    if let Some(field) = field.as_mut() {
        field.verdict = if may(field) { FieldVerdict::Accepted } else { FieldVerdict::Confirm };
    }
}

/// Read where nothing is misread, or in agreement with such a source.
fn exact<T>(field: &Field<T>) -> bool {
    let exact = |source: &Source| *source < Source::Ocr;
    exact(&field.source) || field.agreeing.iter().any(exact)
}

fn contradiction(check: &Check) -> Option<Reason> {
    match check.kind {
        CheckKind::Words | CheckKind::Sum | CheckKind::QrAmount | CheckKind::SecondOpinion => {
            Some(Reason::AmountsContradict)
        }
        CheckKind::Sources => match check.compared.first().map(|side| side.field.as_str()) {
            Some("total" | "net" | "tax") => Some(Reason::AmountsContradict),
            Some("number" | "code") => Some(Reason::NumbersContradict),
            Some("issuedOn") => Some(Reason::DatesContradict),
            _ => None,
        },
        _ => None,
    }
}

fn doubt(check: &Check) -> Option<Reason> {
    match check.kind {
        CheckKind::Lines | CheckKind::LineTax | CheckKind::RailTax => Some(Reason::ArithmeticDoubtful),
        CheckKind::QrChecksum => Some(Reason::QrChecksumWrong),
        CheckKind::NumberForm | CheckKind::NumberYear | CheckKind::Code => Some(Reason::NumberDoubtful),
        CheckKind::Rates => Some(Reason::RateDoubtful),
        CheckKind::Date => Some(Reason::DateDoubtful),
        CheckKind::Sources => Some(Reason::DetailsContradict),
        // Tax ids warn and never block: the check is shown, the verdict stands.
        _ => None,
    }
}

/// Whether two independent figures say this total.
fn vouched(total: Money, statements: &[Statement]) -> bool {
    let says = |s: &&Statement| s.total == Some(total);
    let kind = statements.iter().map(|s| s.kind).find(|kind| *kind != InvoiceKind::Unknown).unwrap_or_default();
    if kind.has_no_second_figure() {
        return false;
    }
    let qr_net = statements.iter().find(|s| s.source == Source::Qr).and_then(|s| s.net);

    // The total beside another figure of the same source.
    let beside = statements.iter().filter(|s| s.source != Source::Qr).filter(says).any(|s| {
        let words = s.total_in_words.as_deref().and_then(capital::parse) == Some(total);
        words || adds_up(s, total, qr_net)
    });
    // The same total from two sources that do not depend on each other.
    let mut sources: Vec<Source> = statements.iter().filter(says).map(|s| s.source).collect();
    sources.dedup();
    let independent = sources.len() > 1 && sources.contains(&Source::Qr)
        || sources.iter().filter(|source| **source < Source::Qr).count() > 1;
    // A recognised total, whose net amount is the one that the QR code of an older invoice gives.
    let by_qr_net = statements
        .iter()
        .filter(says)
        .any(|s| s.net.is_some() && s.net == qr_net && s.tax.and_then(|tax| qr_net?.checked_add(tax)) == Some(total));
    beside || independent || by_qr_net
}

/// Net and tax make the total. Without any tax the sum proves nothing, unless the QR code gives the net amount or the
/// source is structured and states the tax itself.
fn adds_up(statement: &Statement, total: Money, qr_net: Option<Money>) -> bool {
    let (Some(net), Some(tax)) = (statement.net, statement.tax) else {
        return false;
    };
    let proves = !tax.is_zero() || qr_net == Some(net) || statement.source <= Source::Ofd;
    proves && net.checked_add(tax) == Some(total)
}
