//! The decision: accepted, to be confirmed, contradictory, or unread.
//!
//! The promise: an amount is accepted only when a second, independent figure says the same and nothing contradicts it.
//! Figures that were recognised in a picture never vouch for each other; only a QR code vouches for them.

use budget::Money;

use crate::capital;
use crate::combine::Evidence;
use crate::reading::{Check, CheckKind, Fields, Outcome, Reason, Source, Verdict};
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
    if !conflicts.is_empty() {
        conflicts.extend(doubts);
        Verdict::Conflict(conflicts)
    } else if doubts.is_empty() {
        Verdict::Accepted
    } else {
        Verdict::Confirm(doubts)
    }
}

fn contradiction(check: &Check) -> Option<Reason> {
    match check.kind {
        CheckKind::Words | CheckKind::Sum | CheckKind::QrAmount => Some(Reason::AmountsContradict),
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
        CheckKind::NumberForm | CheckKind::NumberYear => Some(Reason::NumberDoubtful),
        CheckKind::Date => Some(Reason::DateDoubtful),
        CheckKind::Sources => Some(Reason::DetailsContradict),
        // Tax ids warn and never block: the check is shown, the verdict stands.
        _ => None,
    }
}

/// Whether two independent figures say this total.
fn vouched(total: Money, statements: &[Statement]) -> bool {
    let says = |s: &&Statement| s.total == Some(total);
    let exact = || statements.iter().filter(|s| s.source != Source::Ocr);
    let qr_net = statements.iter().find(|s| s.source == Source::Qr).and_then(|s| s.net);

    // The total beside another figure of a source that misreads nothing.
    let beside = exact().filter(|s| s.source != Source::Qr).filter(says).any(|s| {
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
