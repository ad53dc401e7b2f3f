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
    if statement.kind == InvoiceKind::Unknown && statement.source == Source::Ocr {
        statement.kind = misread_kind(page, &texts);
    }
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
            // The machine's number has as many digits as a code.
            .filter(|row| !["机器编号", "账号", "帐号", "单号"].iter().any(|word| row.text().contains(word)))
            .flat_map(Row::tokens)
            .map(|token| {
                // Paper invoices print № before the number.
                token.text.trim_start_matches(['№', 'N', 'o', 'O', 'º', '°', ':', '.']).to_owned()
            })
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
    let paper_train = ["当日当次车", "请到12306", "检票口"];
    let says = |text: &str| page.rows.iter().any(|row| row.text().contains(text));
    if statement.kind == InvoiceKind::Unknown && statement.number.is_none() && paper_train.into_iter().any(says) {
        statement.kind = InvoiceKind::PaperTrain;
    }
}

/// A title with one character misread, or the labels that only a taxi's meter prints.
fn misread_kind(page: &Page, head: &[String]) -> InvoiceKind {
    let says = |word: &str| page.rows.iter().any(|row| row.text().contains(word));
    let meter = ["上车", "下车", "里程", "等候", "单价", "车号"].into_iter().filter(|word| says(word)).count();
    if meter >= 4 {
        return InvoiceKind::Taxi;
    }
    let mut kinds = head.iter().map(|text| InvoiceKind::from_misread_title(text));
    kinds.find(|kind| *kind != InvoiceKind::Unknown).unwrap_or_default()
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
    if statement.kind == InvoiceKind::Taxi {
        statement.total = meter(page);
    }
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
    if let (Some(total), None) = (statement.total, statement.net) {
        beside_each_other(page, total, statement);
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
            // A numeral beside a character that could be a misread one is a part of an amount, never the amount.
            let edge = |c: Option<&char>| {
                c.is_none_or(|c| !c.is_alphanumeric() || matches!(c, '写' | '数' | '币' | 'X' | 'x' | 'ⓧ' | 'Ⓧ' | '小'))
            };
            let before_run = start.checked_sub(1).and_then(|index| chars.get(index));
            if !edge(before_run) && before_run != Some(&'负') || !edge(chars.get(start + length)) {
                start += length.max(1);
                continue;
            }
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
    if kind == InvoiceKind::Air {
        return page.rows.iter().find_map(itinerary_total);
    }
    if kind != InvoiceKind::Rail && !kind.has_no_second_figure() {
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

/// The total of an air itinerary (行程单), whose row of amounts ends with the sum of those before it: fare, surcharge, tax
/// and fund. One that does not add up is misread.
fn itinerary_total(row: &Row) -> Option<Money> {
    let amounts: Vec<Money> = amounts_of(row).into_iter().map(|(amount, _)| amount).collect();
    let (total, parts) = amounts.split_last()?;
    let adds_up = parts.len() >= 2 && Money::checked_sum(parts.iter().copied()) == Some(*total);
    (adds_up && total.is_positive()).then_some(*total)
}

/// The sum of a taxi's meter. Its values stand up to a row off their labels, so the label's own row proves nothing: the
/// sum is the last amount after ¥, or the last one before 元; the price of a kilometre and the way come before it.
fn meter(page: &Page) -> Option<Money> {
    let marked = |row: &Row| amounts_of(row).iter().rev().find(|(amount, yen)| *yen && amount.is_positive()).copied();
    let counted = |row: &Row| {
        let text = row.text();
        let before = text.split_once('元').filter(|_| !text.contains('/'))?.0.to_owned();
        amounts_in(&before).last().copied()
    };
    let upwards = || page.rows.iter().rev();
    upwards().find_map(marked).or_else(|| upwards().find_map(counted)).map(|(amount, _)| amount)
}

/// Net and tax stand in one row; two amounts in a row that make the total are they, whatever became of their label.
fn beside_each_other(page: &Page, total: Money, statement: &mut Statement) {
    for row in &page.rows {
        if let [(net, _), (tax, _)] = amounts_of(row).as_slice()
            && net.checked_add(*tax) == Some(total)
            && tax <= net
            && !tax.is_zero()
        {
            (statement.net, statement.tax) = (Some(*net), Some(*tax));
            return;
        }
    }
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
