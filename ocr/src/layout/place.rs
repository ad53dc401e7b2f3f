//! Where on the page a value stands that was read from it.
//!
//! Values are read row by row and cell by cell; afterwards each is looked up once more, so that a person can be shown the
//! very spot, and how sure recognition is of what stands there. A value that stands on the page more than once is the last
//! one for sums and the first one for the rest.

use std::ops::Range;

use budget::Money;

use super::row::{Page, Row};
use crate::reading::{Place, Source};
use crate::statement::Statement;
use crate::value;

/// Notes the place of every value that can be found on the page.
pub(super) fn note(page: &Page, statement: &mut Statement) {
    let money = |amount: Option<Money>| amount.map(|amount| amount.to_string());
    let wanted: [(&'static str, Option<String>, bool); 11] = [
        ("number", statement.number.clone(), false),
        ("code", statement.code.clone(), false),
        ("checkCode", statement.check_code.clone(), false),
        ("sellerName", statement.seller_name.as_deref().map(value::compact), false),
        ("sellerTaxId", statement.seller_tax_id.clone(), false),
        ("buyerName", statement.buyer_name.as_deref().map(value::compact), false),
        ("buyerTaxId", statement.buyer_tax_id.clone(), false),
        ("net", money(statement.net), true),
        ("tax", money(statement.tax), true),
        ("total", money(statement.total), true),
        ("totalInWords", statement.total_in_words.clone(), true),
    ];
    for (field, text, last) in wanted {
        if let Some(text) = text {
            let found = find(page, &text, last);
            add(page, statement, field, found);
        }
    }
    if let Some(date) = statement.issued_on {
        let (year, month, day) = (date.year(), date.month(), date.day());
        let forms = [
            format!("{year}年{month:02}月{day:02}日"),
            date.to_string(),
            format!("{year}年{month}月{day}日"),
            format!("{year}/{month:02}/{day:02}"),
            format!("{year}.{month:02}.{day:02}"),
        ];
        let found = forms.iter().find_map(|text| find(page, text, false));
        add(page, statement, "issuedOn", found);
    }
}

/// A value that was put together or put right stands nowhere as it is: it is as sure as the least sure line of the page.
fn add(page: &Page, statement: &mut Statement, field: &'static str, found: Option<(Place, f32)>) {
    if let Some((place, _)) = found {
        statement.places.insert(field, place);
    }
    if statement.source == Source::Ocr {
        let least = || page.rows.iter().map(|row| row.confidence(0..row.chars().len())).fold(1.0, f32::min);
        statement.confidences.insert(field, percent(found.map_or_else(least, |(_, confidence)| confidence)));
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 100 first")]
fn percent(part: f32) -> u8 {
    (part * 100.0).floor().clamp(0.0, 100.0) as u8
}

fn find(page: &Page, text: &str, last: bool) -> Option<(Place, f32)> {
    let wanted: Vec<char> = text.chars().collect();
    let mut found = page.rows.iter().filter_map(|row| Some((row, position(row, &wanted)?)));
    let (row, characters) = if last { found.next_back() } else { found.next() }?;
    let confidence = row.confidence(characters.clone());
    row.seen(characters).map(|seen| (page.place(seen), confidence))
}

/// Where the row says it, commas in amounts aside; one more decimal that is a zero may be missing.
fn position(row: &Row, wanted: &[char]) -> Option<Range<usize>> {
    let chars = row.chars();
    let plain: Vec<(usize, char)> = chars.iter().copied().enumerate().filter(|(_, c)| *c != ',').collect();
    let at = |wanted: &[char]| {
        let digit =
            |index: Option<usize>| index.and_then(|index| plain.get(index)).is_some_and(|(_, c)| c.is_ascii_digit());
        let start = (0..plain.len()).find(|start| {
            let same = wanted.iter().enumerate().all(|(n, c)| plain.get(start + n).is_some_and(|(_, p)| p == c));
            // 5.63 is no part of 15.63.
            let whole = !wanted.first().is_some_and(char::is_ascii_digit) || !digit(start.checked_sub(1));
            same && whole
        })?;
        let (from, to) = (plain.get(start)?.0, plain.get(start + wanted.len().checked_sub(1)?)?.0);
        Some(from..to + 1)
    };
    let short = wanted.strip_suffix(&['0']).filter(|short| short.contains(&'.'));
    at(wanted).or_else(|| short.and_then(at))
}
