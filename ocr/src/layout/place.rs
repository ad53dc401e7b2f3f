//! Where on the page a value stands that was read from it.
//!
//! Values are read row by row and cell by cell; afterwards each is looked up once more, so that a person can be shown the
//! very spot. A value that stands on the page more than once is the last one for sums and the first one for the rest.

use std::ops::Range;

use budget::Money;

use super::row::{Page, Row};
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
        if let Some(place) = text.and_then(|text| find(page, &text, last)) {
            statement.places.insert(field, place);
        }
    }
    if let Some(date) = statement.issued_on {
        let digits = [format!("{}年{:02}月{:02}日", date.year(), date.month(), date.day()), date.to_string()];
        if let Some(place) = digits.iter().find_map(|text| find(page, text, false)) {
            statement.places.insert("issuedOn", place);
        }
    }
}

fn find(page: &Page, text: &str, last: bool) -> Option<crate::reading::Place> {
    let wanted: Vec<char> = text.chars().collect();
    let mut found = page.rows.iter().filter_map(|row| Some((row, position(row, &wanted)?)));
    let (row, characters) = if last { found.next_back() } else { found.next() }?;
    row.seen(characters).map(|seen| page.place(seen))
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
