//! The journey on a train ticket.

use super::row::{Page, Row};
use super::scan::date;
use crate::reading::{InvoiceKind, Travel};
use crate::statement::Statement;

/// Fills in stations, train and day when the page is a ticket.
pub(super) fn read(page: &Page, statement: &mut Statement) {
    if !matches!(statement.kind, InvoiceKind::Rail | InvoiceKind::PaperTrain) {
        return;
    }
    let mut travel = Travel::default();
    for row in &page.rows {
        if let (Some([from, to]), None) = (stations(row), &travel.from) {
            (travel.from, travel.to) = (Some(from), Some(to));
        }
        if travel.train_number.is_none() {
            travel.train_number = row.tokens().iter().find_map(|token| train_number(&token.text));
        }
        if travel.date.is_none() && row.text().contains('开') && !row.text().contains("开票") {
            travel.date = date(&row.chars());
        }
    }
    if travel.from.is_none() {
        [travel.from, travel.to] = beside_the_train(page).map_or([None, None], |names| names.map(Some));
    }
    if travel != Travel::default() {
        statement.travel = Some(travel);
    }
}

/// Both names of a row that has two of them with 站.
fn stations(row: &Row) -> Option<[String; 2]> {
    let tokens = row.tokens();
    let named: Vec<String> = tokens
        .iter()
        .flat_map(|token| token.text.split_inclusive('站'))
        .filter_map(|text| text.strip_suffix('站'))
        .filter_map(name)
        .collect();
    named.try_into().ok()
}

/// The Chinese words left and right of the train's number, when 站 was lost.
fn beside_the_train(page: &Page) -> Option<[String; 2]> {
    page.rows.iter().find_map(|row| {
        let tokens = row.tokens();
        let train = tokens.iter().position(|token| train_number(&token.text).is_some())?;
        let word = |token: &super::row::Token| name(token.text.trim_end_matches('站'));
        let from = tokens.get(..train)?.iter().rev().find_map(word)?;
        let to = tokens.get(train + 1..)?.iter().find_map(word)?;
        Some([from, to])
    })
}

/// A station: what is Chinese of it, without the number of the train before it and without specks read as marks.
fn name(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| ('\u{4E00}'..='\u{9FFF}').contains(c)).collect();
    let other = text.chars().filter(|c| matches!(c, ':' | '/' | '-')).count();
    ((1..=6).contains(&plain.chars().count()) && other == 0).then_some(plain)
}

/// A letter and up to four digits, between Chinese characters or alone: `D1692`, `麻城北站D3069汉口站`.
fn train_number(token: &str) -> Option<String> {
    token.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|plain| {
        let digits = plain.strip_prefix(['G', 'D', 'C', 'Z', 'T', 'K', 'S', 'Y', 'L'])?;
        let fits = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| plain.to_owned())
    })
}
