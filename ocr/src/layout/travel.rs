//! The journey on a train ticket.

use super::row::Page;
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
        let stations: Vec<String> = row
            .tokens()
            .iter()
            .flat_map(|token| token.text.split_inclusive('站').map(str::to_owned).collect::<Vec<_>>())
            .filter_map(|text| text.strip_suffix('站').map(str::to_owned))
            .filter(|name| (1..=6).contains(&name.chars().count()) && !name.contains([':', '/']))
            .collect();
        if let ([from, to], None) = (stations.as_slice(), &travel.from) {
            travel.from = Some(station(from));
            travel.to = Some(station(to));
        }
        if travel.train_number.is_none() {
            travel.train_number = row.tokens().iter().find_map(|token| train_number(&token.text));
        }
        if travel.date.is_none() && row.text().contains('开') && !row.text().contains("开票") {
            travel.date = date(&row.chars());
        }
    }
    if travel != Travel::default() {
        statement.travel = Some(travel);
    }
}

/// Without the letters that stand before it when the row's first token is the train's number.
fn station(text: &str) -> String {
    text.trim_start_matches(|c: char| c.is_ascii()).to_owned()
}

fn train_number(token: &str) -> Option<String> {
    let plain: String = token.chars().take_while(char::is_ascii_alphanumeric).collect();
    let digits = plain.strip_prefix(['G', 'D', 'C', 'Z', 'T', 'K', 'S', 'Y', 'L'])?;
    let fits = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(plain)
}
