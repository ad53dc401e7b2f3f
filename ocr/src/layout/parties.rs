//! Buyer and seller: names and tax ids, told apart by where they stand.

use budget::tax_id::{self, TaxIdCheck};

use super::row::Page;
use super::scan::after_label;
use crate::reading::InvoiceKind;
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

/// Fills in names and tax ids.
pub(super) fn read(page: &Page, statement: &mut Statement) {
    let digital = statement.kind.is_digital() || statement.number.as_ref().is_some_and(|number| number.len() == 20);
    let rail = statement.kind == InvoiceKind::Rail;
    let side = |x: f32, y: f32, said: Option<Side>| match said {
        Some(side) => side,
        None if rail => Side::Buyer,
        None if digital && x < page.middle_width() => Side::Buyer,
        None if digital => Side::Seller,
        None if y < page.middle_height() => Side::Buyer,
        None => Side::Seller,
    };
    for Place { value, x, y, said } in names(page) {
        let slot = if side(x, y, said) == Side::Buyer { &mut statement.buyer_name } else { &mut statement.seller_name };
        slot.get_or_insert(value);
    }
    for Place { value, x, y, said } in ids(page, statement.number.as_deref()) {
        let slot =
            if side(x, y, said) == Side::Buyer { &mut statement.buyer_tax_id } else { &mut statement.seller_tax_id };
        slot.get_or_insert(value);
    }
}

fn names(page: &Page) -> Vec<Place<String>> {
    let mut found = Vec::new();
    for row in &page.rows {
        let chars = row.chars();
        let mut from = 0;
        while let Some(start) = after_label(&chars, "名称", from) {
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
