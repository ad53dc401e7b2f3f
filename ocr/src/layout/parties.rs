//! Buyer and seller: names and tax ids, told apart by where they stand.

use budget::tax_id::{self, TaxIdCheck};

use super::correction;
use super::row::Page;
use super::scan::after_label;
use crate::reading::{InvoiceKind, Source};
use crate::statement::Statement;
use crate::value;

struct Place<T> {
    value: T,
    x: f32,
    y: f32,
    /// The label itself says whose it is.
    said: Option<Side>,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Buyer,
    Seller,
}

/// Labels of whoever pays, on contracts and receipts of banks.
const GIVES: [&str; 6] = ["甲方", "付款人户名", "付款方户名", "付款人名称", "付款方名称", "付款户名"];
/// Labels of whoever is paid.
const TAKES: [&str; 6] = ["乙方", "收款人户名", "收款方户名", "收款人名称", "收款方名称", "收款户名"];

/// Fills in names and tax ids.
pub(super) fn read(page: &Page, statement: &mut Statement) {
    let digital = statement.kind.is_digital() || statement.number.as_ref().is_some_and(|number| number.len() == 20);
    // Passenger tickets name the buyer alone.
    let ticket = matches!(statement.kind, InvoiceKind::Rail | InvoiceKind::Air);
    let side = |x: f32, y: f32, said: Option<Side>| match said {
        Some(side) => side,
        None if ticket => Side::Buyer,
        None if digital && x < page.middle_width() => Side::Buyer,
        None if digital => Side::Seller,
        None if y < page.middle_height() => Side::Buyer,
        None => Side::Seller,
    };
    if matches!(statement.kind, InvoiceKind::Contract | InvoiceKind::BankReceipt) {
        (statement.buyer_name, statement.seller_name) = (named(page, &GIVES), named(page, &TAKES));
        return;
    }
    for Place { value, x, y, said } in names(page) {
        let slot = if side(x, y, said) == Side::Buyer { &mut statement.buyer_name } else { &mut statement.seller_name };
        slot.get_or_insert(value);
    }
    if statement.kind == InvoiceKind::Taxi {
        // A taxi receipt names its company and nobody else.
        let rows = page.rows.iter().map(super::row::Row::text);
        statement.seller_name = statement.seller_name.take().or_else(|| {
            rows.filter_map(|text| text.split_once("单位名称").map(|(_, name)| name.trim_start_matches(':').to_owned()))
                .find_map(|name| value::text(&name))
        });
        return;
    }
    for Place { value, x, y, said } in ids(page, statement.number.as_deref()) {
        let value = if statement.source == Source::Ocr { correction::of(&value).unwrap_or(value) } else { value };
        let slot =
            if side(x, y, said) == Side::Buyer { &mut statement.buyer_tax_id } else { &mut statement.seller_tax_id };
        slot.get_or_insert(value);
    }
}

/// What stands right of the first of these labels that has a colon.
fn named(page: &Page, labels: &[&str]) -> Option<String> {
    page.rows.iter().find_map(|row| {
        let chars = row.chars();
        let start = labels.iter().find_map(|label| {
            let start = after_label(&chars, label, 0)?;
            (chars.get(start.checked_sub(1)?) == Some(&':')).then_some(start)
        })?;
        value::text(&row.run(start, 2.0))
    })
}

fn names(page: &Page) -> Vec<Place<String>> {
    let mut found = Vec::new();
    for row in &page.rows {
        let chars = row.chars();
        let mut from = 0;
        while let Some(start) = after_name_label(&chars, from) {
            from = start;
            let before: String = chars.iter().take(start.saturating_sub(3)).collect();
            let colon = start.checked_sub(1).and_then(|index| chars.get(index)) == Some(&':');
            if !colon || ["项目", "服务", "货物", "商品", "单位"].iter().any(|word| before.ends_with(word)) {
                continue;
            }
            let run = row.run(start, 2.0);
            let end = ["统一社会", "纳税人", "名称:", "地址"].iter().filter_map(|label| run.find(label)).min();
            let name = end.and_then(|end| run.get(..end)).unwrap_or(&run);
            let said = if before.ends_with("购买方") {
                Some(Side::Buyer)
            } else if before.ends_with("销售方") {
                Some(Side::Seller)
            } else {
                None
            };
            if let Some(value) = value::text(name) {
                found.push(Place { value, x: row.left_of(start), y: row.middle(), said });
            }
        }
    }
    found
}

/// The index after the next 名称. Recognition sometimes loses or misreads one of its two characters, which stand apart.
fn after_name_label(chars: &[char], from: usize) -> Option<usize> {
    let at = |index: usize| chars.get(index).copied();
    (from..chars.len()).find_map(|index| {
        let whole = at(index) == Some('名') && at(index + 1) == Some('称');
        if whole {
            return Some(index + 2 + usize::from(at(index + 2) == Some(':')));
        }
        let first = at(index) == Some('名') && at(index + 2) == Some(':');
        let second = at(index) == Some('称') && at(index + 1) == Some(':');
        if first {
            Some(index + 3)
        } else if second {
            Some(index + 2)
        } else {
            None
        }
    })
}

/// Ids beside their label; when there are none, strings that pass the check of a unified code.
fn ids(page: &Page, number: Option<&str>) -> Vec<Place<String>> {
    let mut labelled = Vec::new();
    let mut shaped = Vec::new();
    for row in &page.rows {
        let chars = row.chars();
        for label in ["识别号", "信用代码:"] {
            let mut from = 0;
            while let Some(start) = after_label(&chars, label, from) {
                from = start;
                // The cipher area of older invoices stands in the same row, a gap away.
                let id: String = row.run(start, 1.2).chars().take_while(char::is_ascii_alphanumeric).collect();
                let id = id.to_ascii_uppercase();
                if (15..=20).contains(&id.len()) && !labelled.iter().any(|place: &Place<String>| place.value == id) {
                    labelled.push(Place { value: id, x: row.left_of(start), y: row.middle(), said: None });
                }
            }
        }
        for token in row.tokens() {
            if token.text.len() == 18
                && tax_id::check(&token.text) == TaxIdCheck::Valid
                && Some(token.text.as_str()) != number
            {
                shaped.push(Place { value: token.text, x: token.left, y: row.middle(), said: None });
            }
        }
    }
    labelled.extend(shaped);
    labelled
}
