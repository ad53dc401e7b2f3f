//! Every comparison that can be made between the sources of one invoice. All amounts are compared in fen.

use budget::{Date, Money};
use rust_decimal::Decimal;

use crate::capital;
use crate::combine::{Evidence, Opinion};
use crate::reading::{Check, CheckKind, Compared, Fields, InvoiceKind, Item, Message, Outcome, Source, Travel};
use crate::statement::Statement;
use crate::xml::rail;

mod form;
mod rates;
mod sources;

/// What there is to compare.
pub(crate) struct Case<'a> {
    pub(crate) kind: InvoiceKind,
    pub(crate) fields: &'a Fields,
    pub(crate) items: &'a [Item],
    pub(crate) items_source: Option<Source>,
    pub(crate) travel: Option<&'a Travel>,
    pub(crate) evidence: &'a Evidence,
    pub(crate) today: Date,
}

/// A line's tax may differ from net × rate by this much, because it was rounded once (1 fen).
const LINE_TOLERANCE: Money = Money::from_fen(1);
/// All lines together may differ by this much (6 fen), and by a fen more for every fourth line of a long list.
const INVOICE_TOLERANCE: i64 = 6;
/// See [`INVOICE_TOLERANCE`].
const LINES_A_FEN: usize = 4;

/// All checks, in the order in which a person wants to see them.
pub(crate) fn all(case: &Case<'_>) -> Vec<Check> {
    let statements = &case.evidence.statements;
    let mut checks = vec![words(case.fields, statements), sum(case.fields, statements)];
    checks.extend(lines(case));
    checks.extend(line_tax(case));
    checks.extend(rates::in_force(case));
    checks.extend(rail_tax(case));
    checks.extend(sources::qr(statements, case.evidence.payload.as_ref()));
    checks.extend(second_opinion(case.evidence.opinion));
    checks.extend(sources::agree(statements));
    checks.extend(form::number(case.kind, case.fields));
    checks.extend(rates::code(case));
    checks.extend(form::date(case.fields, case.today));
    checks.extend(form::tax_ids(case.kind, case.fields));
    checks
}

pub(super) fn check(kind: CheckKind, outcome: Outcome, message: Message, compared: Vec<Compared>) -> Check {
    Check { kind, outcome, message, compared }
}

pub(super) fn side(field: &str, source: Source, value: &impl ToString) -> Compared {
    Compared { field: field.to_owned(), source, value: value.to_string() }
}

/// 大写 = 小写, for every pair of a total and words that some source has.
fn words(fields: &Fields, statements: &[Statement]) -> Check {
    let read: Vec<(&Statement, &String, Money)> = statements
        .iter()
        .filter_map(|s| s.total_in_words.as_ref().and_then(|words| Some((s, words, capital::parse(words)?))))
        .collect();
    let (Some(total), Some((_, _, first))) = (&fields.total, read.first()) else {
        return check(CheckKind::Words, Outcome::NotPossible, Message::WordsNotRead, Vec::new());
    };
    let differs = read.iter().any(|(s, _, amount)| *amount != s.total.unwrap_or(total.value) || amount != first);
    let mut compared = vec![side("total", total.source, &total.value)];
    for (statement, words, _) in read {
        compared.push(side("totalInWords", statement.source, words));
        if let Some(own) = statement.total.filter(|own| *own != total.value) {
            compared.push(side("total", statement.source, &own));
        }
    }
    if differs {
        check(CheckKind::Words, Outcome::Failed, Message::WordsDifferFromTotal, compared)
    } else {
        check(CheckKind::Words, Outcome::Passed, Message::WordsEqualTotal, compared)
    }
}

/// 金额 + 税额 = 价税合计, within every source that has all three, else across sources.
fn sum(fields: &Fields, statements: &[Statement]) -> Check {
    let mut complete: Vec<(Source, Money, Money, Money)> =
        statements.iter().filter_map(|s| Some((s.source, s.net?, s.tax?, s.total?))).collect();
    if complete.is_empty()
        && let (Some(net), Some(tax), Some(total)) = (&fields.net, &fields.tax, &fields.total)
    {
        complete.push((total.source, net.value, tax.value, total.value));
    }
    if complete.is_empty() {
        return check(CheckKind::Sum, Outcome::NotPossible, Message::NetOrTaxNotRead, Vec::new());
    }
    let wrong = complete.iter().find(|(_, net, tax, total)| net.checked_add(*tax) != Some(*total));
    let shown = wrong.or(complete.first());
    let compared = shown.map_or_else(Vec::new, |(source, net, tax, total)| {
        vec![side("net", *source, net), side("tax", *source, tax), side("total", *source, total)]
    });
    if wrong.is_some() {
        check(CheckKind::Sum, Outcome::Failed, Message::NetPlusTaxDiffers, compared)
    } else {
        check(CheckKind::Sum, Outcome::Passed, Message::NetPlusTaxEqualsTotal, compared)
    }
}

/// Two engines on the total of a kind that prints no second figure.
fn second_opinion(opinion: Option<Opinion>) -> Option<Check> {
    let opinion = opinion?;
    let first = side("total", Source::Ocr, &opinion.first);
    let Some(second) = opinion.second else {
        return Some(check(CheckKind::SecondOpinion, Outcome::NotPossible, Message::SecondOpinionSilent, vec![first]));
    };
    let compared = vec![first, side("total", Source::Ocr, &second)];
    Some(if second == opinion.first {
        check(CheckKind::SecondOpinion, Outcome::Passed, Message::SecondOpinionAgrees, compared)
    } else {
        check(CheckKind::SecondOpinion, Outcome::Failed, Message::SecondOpinionDiffers, compared)
    })
}

/// The lines' net amounts against the invoice's. Not made when a line has no amount.
fn lines(case: &Case<'_>) -> Option<Check> {
    let net = case.fields.net.as_ref().filter(|_| !case.items.is_empty())?;
    let sum = Money::checked_sum(case.items.iter().map(|item| item.net).collect::<Option<Vec<_>>>()?)?;
    let compared = vec![side("net", net.source, &net.value), side("items", case.items_source?, &sum)];
    Some(if sum == net.value {
        check(CheckKind::Lines, Outcome::Passed, Message::LinesEqualNet, compared)
    } else {
        check(CheckKind::Lines, Outcome::Failed, Message::LinesDifferFromNet, compared)
    })
}

/// Each line's tax against net × rate, with room for rounding.
fn line_tax(case: &Case<'_>) -> Option<Check> {
    let source = case.items_source?;
    let mut all = Money::ZERO;
    let mut wrong = None;
    let mut any = false;
    for item in case.items {
        let (Some(net), Some(rate), Some(tax)) = (item.net, item.rate, item.tax) else {
            continue;
        };
        any = true;
        let expected = net.checked_mul_rate(rate).filter(|_| rate >= Decimal::ZERO && rate < Decimal::ONE);
        let off = expected.and_then(|expected| tax.checked_sub(expected));
        match off {
            // Rounding goes up as often as down, so that the differences of many lines make up for each other.
            Some(off) if off.checked_abs()? <= LINE_TOLERANCE => all = all.checked_add(off)?,
            _ => wrong = wrong.or(Some((net, rate, tax))),
        }
    }
    if !any {
        return None;
    }
    let compared = wrong.map_or_else(Vec::new, |(net, rate, tax)| {
        vec![side("net", source, &net), side("rate", source, &rate), side("tax", source, &tax)]
    });
    let allowed = INVOICE_TOLERANCE.max(i64::try_from(case.items.len() / LINES_A_FEN).unwrap_or(i64::MAX));
    Some(if wrong.is_some() || all.checked_abs()? > Money::from_fen(allowed) {
        check(CheckKind::LineTax, Outcome::Failed, Message::LineTaxDiffers, compared)
    } else {
        check(CheckKind::LineTax, Outcome::Passed, Message::LineTaxHolds, compared)
    })
}

/// Rail tickets carry 9 % inside the fare. The invoice of a refund has a rule of its own and is left out.
fn rail_tax(case: &Case<'_>) -> Option<Check> {
    if case.kind != InvoiceKind::Rail || case.travel.is_some_and(|travel| travel.refund) {
        return None;
    }
    let (total, tax) = (case.fields.total.as_ref()?, case.fields.tax.as_ref()?);
    let expected = rail::tax_in_fare(total.value)?;
    let compared = vec![side("total", total.source, &total.value), side("tax", tax.source, &tax.value)];
    let off = expected.checked_sub(tax.value).and_then(Money::checked_abs)?;
    Some(if off <= LINE_TOLERANCE {
        check(CheckKind::RailTax, Outcome::Passed, Message::RailTaxHolds, compared)
    } else {
        check(CheckKind::RailTax, Outcome::Failed, Message::RailTaxDiffers, compared)
    })
}

#[cfg(test)]
mod tests;
