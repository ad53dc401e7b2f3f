//! Title, numbers, date and amounts of a page.

use budget::Money;

use super::row::{Page, Row};
use super::scan::{after_label, amounts as amounts_in, date, digits_at};
use crate::capital;
use crate::reading::{InvoiceKind, Source};
use crate::statement::Statement;

/// Fills in kind, number, code, check code and date.
pub(super) fn title_and_number(page: &Page, statement: &mut Statement) {
    let texts: Vec<String> = page.head().map(Row::text).collect();
    statement.kind = texts
        .iter()
        .map(|text| InvoiceKind::from_title(text))
        .find(|kind| *kind != InvoiceKind::Unknown)
        .unwrap_or_default();
    let labelled = |label: &str, lengths: &[usize]| {
        page.rows.iter().find_map(|row| {
            let start = after_label(&row.chars(), label, 0)?;
            let digits = digits_at(&row.run(start, 3.0).chars().collect::<Vec<_>>(), 0);
            lengths.contains(&digits.len()).then_some(digits)
        })
    };
    statement.number = labelled("发票号码", &[20, 8]).or_else(|| labelled("票号码", &[20, 8]));
    statement.code = labelled("发票代码", &[12, 10]).or_else(|| labelled("票代码", &[12, 10]));
    statement.check_code = labelled("校验码", &[20]);
    // Some embedded fonts name no characters, and recognition loses labels: then the shape of the value tells.
    let shaped = |length: usize| {
        page.head()
            .flat_map(Row::tokens)
            .map(|token| token.text)
            .find(|text| text.len() == length && text.bytes().all(|b| b.is_ascii_digit()))
    };
    if statement.code.is_none() && statement.number.as_ref().is_none_or(|number| number.len() == 8) {
        statement.code = shaped(12).or_else(|| shaped(10));
    }
    // Beside a code, twenty digits are the check code and eight are the number.
    if statement.number.is_none() {
        statement.number = shaped(if statement.code.is_some() { 8 } else { 20 });
    }
    statement.issued_on = issue_date(page);
    let paper_train = ["限乘当日当次车", "买票请到12306", "检票口"];
    let says = |text: &str| page.rows.iter().any(|row| row.text().contains(text));
    if statement.kind == InvoiceKind::Unknown && statement.number.is_none() && paper_train.into_iter().any(says) {
        statement.kind = InvoiceKind::PaperTrain;
    }
}

/// The date beside its label, else the first date, else three numbers in a row that make one.
fn issue_date(page: &Page) -> Option<budget::Date> {
    let labelled = page.rows.iter().find_map(|row| {
        let chars = row.chars();
        let start = after_label(&chars, "开票日期", 0)?;
        let rest = chars.get(start..)?;
        let digits: String = rest.iter().filter(|c| c.is_ascii_digit()).take(8).collect();
        date(rest).or_else(|| if digits.len() == 8 { crate::value::date(&digits) } else { None })
    });
    let anywhere = || page.rows.iter().find_map(|row| date(&row.chars()));
    let pieces = || {
        page.head().find_map(|row| {
            let tokens = row.tokens();
            tokens.windows(3).find_map(|window| {
                let [year, month, day] = window else {
                    return None;
                };
                let plain = year.text.len() == 4 && month.text.len() == 2 && day.text.len() == 2;
                if plain { crate::value::date(&format!("{}-{}-{}", year.text, month.text, day.text)) } else { None }
            })
        })
    };
    labelled.or_else(anywhere).or_else(pieces)
}

/// Fills in net, tax, total and the total in capital numerals.
pub(super) fn amounts(page: &Page, statement: &mut Statement) {
    let words = page.rows.iter().find_map(|row| capital_numerals(&row.chars()).map(|words| (row, words)));
    let small = page.rows.iter().find_map(|row| {
        let chars = row.chars();
        let rest: String = chars.get(after_label(&chars, "小写", 0)?..)?.iter().collect();
        amounts_in(&rest).first().map(|(amount, _)| *amount)
    });
    let beside_words = words.as_ref().and_then(|(row, _)| amounts_of(row).last().map(|(amount, _)| *amount));
    statement.total = small.or(beside_words).or_else(|| fare(page, statement.kind));
    statement.total_in_words = words.map(|(_, words)| words);
    for row in &page.rows {
        let text = row.text();
        let sum_row = text.contains("合计") && !["价税", "大写", "小写"].iter().any(|word| text.contains(word));
        if !sum_row {
            continue;
        }
        let found = amounts_of(row);
        let Some((net, _)) = found.first().copied() else {
            continue;
        };
        statement.net = Some(net);
        let no_tax = text.contains("**") || text.contains("免税") || text.contains("不征税");
        statement.tax = found.get(1).map(|(tax, _)| *tax).or(if no_tax { Some(Money::ZERO) } else { None });
        break;
    }
    let incomplete = statement.total.is_none() || statement.net.is_none();
    if incomplete && statement.source != Source::Ocr {
        by_arithmetic(page, statement);
    }
}

fn amounts_of(row: &Row) -> Vec<(Money, bool)> {
    row.tokens().iter().flat_map(|token| amounts_in(&token.text)).collect()
}

/// The longest run of capital numerals that is an amount, with a mark of negation before it.
fn capital_numerals(chars: &[char]) -> Option<String> {
    let mut start = 0;
    while start < chars.len() {
        let length = chars.iter().skip(start).take_while(|c| capital::is_numeral(**c)).count();
        if length >= 2 {
            let run: String = chars.iter().skip(start).take(length).collect();
            let before: String = chars.iter().take(start).collect();
            let negative = before.ends_with("负数)") || before.ends_with('负');
            let words = if negative { format!("负{run}") } else { run };
            if capital::parse(&words).is_some() {
                return Some(words);
            }
        }
        start += length.max(1);
    }
    None
}

/// The fare of a ticket, which has no 小写 cell: the amount after its label, or the first one after ¥.
fn fare(page: &Page, kind: InvoiceKind) -> Option<Money> {
    if !matches!(kind, InvoiceKind::Rail | InvoiceKind::PaperTrain | InvoiceKind::Taxi) {
        return None;
    }
    let labelled = page.rows.iter().find_map(|row| {
        let text = row.text();
        let rest = ["票价", "金额"].into_iter().find_map(|label| text.split_once(label))?.1;
        amounts_in(rest).first().map(|(amount, _)| *amount)
    });
    labelled.or_else(|| {
        let all = page.rows.iter().flat_map(amounts_of);
        all.filter(|(amount, yen)| *yen && amount.is_positive()).map(|(amount, _)| amount).next()
    })
}

/// Without any label, three amounts after ¥ of which two make the third are net, tax and total; anything less clear is
/// left unread.
fn by_arithmetic(page: &Page, statement: &mut Statement) {
    let mut found: Vec<Money> = page.rows.iter().flat_map(amounts_of).filter(|(_, yen)| *yen).map(|(a, _)| a).collect();
    found.sort_unstable();
    found.dedup();
    if let [tax, net, total] = found.as_slice() {
        let known = statement.total.is_none_or(|read| read == *total);
        if known && tax.is_positive() && net.checked_add(*tax) == Some(*total) {
            (statement.net, statement.tax, statement.total) = (Some(*net), Some(*tax), Some(*total));
        }
    }
}
