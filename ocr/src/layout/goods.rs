//! The list of goods and services of a page, by the columns under its heads.
//!
//! A table has no rules that a reader could trust: names run over several rows, cells are empty, and pages after the first
//! repeat the heads. So a list is only offered when it proves itself: the net amounts of its lines make the net amount
//! that the invoice prints (see [`keep_if_whole`]). A list that does not is left out, never half shown.

use budget::Money;

use super::row::{Page, Row};
use crate::reading::Item;
use crate::statement::Statement;
use crate::value;

/// The columns in the order in which invoices print them, each with the words of its head.
const COLUMNS: [(Column, &[&str]); 8] = [
    (Column::Name, &["项目名称", "货物或应税劳务", "货物(劳务)名称", "货物或应税服务"]),
    (Column::Specification, &["规格型号"]),
    (Column::Unit, &["单位"]),
    (Column::Quantity, &["数量"]),
    (Column::Price, &["单价"]),
    (Column::Net, &["金额"]),
    (Column::Rate, &["税率"]),
    (Column::Tax, &["税额"]),
];
/// More lines than any invoice with its list has.
const MOST_LINES: usize = 2_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Specification,
    Unit,
    Quantity,
    Price,
    Net,
    Rate,
    Tax,
}

/// Where the columns' heads stand: their left and right edges.
struct Heads(Vec<(Column, f32, f32)>);

impl Heads {
    /// The heads in a row that has at least name, net amount and tax.
    fn of(row: &Row) -> Option<Self> {
        let chars = row.chars();
        let mut from = 0;
        let mut heads = Vec::new();
        for (column, words) in COLUMNS {
            let found = words.iter().find_map(|word| position(&chars, word, from).map(|start| (start, word)));
            if let Some((start, word)) = found {
                let end = start + word.chars().count();
                heads.push((column, row.left_of(start), row.right_of(end - 1)));
                from = end;
            }
        }
        let has = |wanted| heads.iter().any(|(column, ..)| *column == wanted);
        (has(Column::Name) && has(Column::Net) && has(Column::Tax)).then_some(Self(heads))
    }

    /// The column whose head is nearest to a cell's span; a cell that overlaps one head belongs to it.
    fn column(&self, left: f32, right: f32) -> Option<Column> {
        let away = |(_, from, to): &&(Column, f32, f32)| (from - right).max(left - to).max(0.0);
        self.0.iter().min_by(|a, b| away(a).total_cmp(&away(b))).map(|(column, ..)| *column)
    }

    /// What stands left of this edge is a part of a name.
    fn name_ends(&self) -> f32 {
        let rest = self.0.iter().filter(|(column, ..)| *column != Column::Name);
        rest.map(|(_, left, _)| *left).fold(f32::MAX, f32::min)
    }
}

fn position(chars: &[char], word: &str, from: usize) -> Option<usize> {
    let word: Vec<char> = word.chars().collect();
    (from..chars.len()).find(|start| chars.get(*start..start + word.len()) == Some(word.as_slice()))
}

/// Adds the lines under the heads of the page, if it has any.
pub(super) fn read(page: &Page, statement: &mut Statement) {
    let Some((at, heads)) = page.rows.iter().enumerate().find_map(|(at, row)| Some((at, Heads::of(row)?))) else {
        return;
    };
    for row in page.rows.iter().skip(at + 1) {
        let text = row.text();
        if ["合计", "小计", "总计", "价税", "备注"].iter().any(|word| text.starts_with(word)) || text == "合"
        {
            break;
        }
        let line = item(row, &heads);
        let has_amount = line.net.is_some() && (line.tax.is_some() || line.rate.is_some() || line.rate_words.is_some());
        if has_amount {
            statement.items.push(line);
        } else if let Some(last) = statement.items.last_mut() {
            // A name or specification that did not fit its cell goes on in the next row.
            last.name.push_str(&line.name);
            if let (Some(before), Some(more)) = (last.specification.as_mut(), line.specification) {
                before.push_str(&more);
            }
        }
        if statement.items.len() > MOST_LINES {
            break;
        }
    }
}

fn item(row: &Row, heads: &Heads) -> Item {
    let mut item = Item::default();
    let mut name = String::new();
    for token in row.tokens() {
        let right = row.right_of(token.start + token.text.chars().count().saturating_sub(1));
        let column = if right < heads.name_ends() { Some(Column::Name) } else { heads.column(token.left, right) };
        match column {
            Some(Column::Name) => name.push_str(&token.text),
            Some(Column::Specification) => item.specification = value::text(&token.text),
            Some(Column::Unit) => item.unit = value::text(&token.text),
            Some(Column::Quantity) => item.quantity = value::number(&token.text),
            Some(Column::Price) => item.unit_price = value::number(&token.text),
            Some(Column::Net) => item.net = value::amount(&token.text),
            Some(Column::Rate) => {
                item.rate = value::rate(&token.text);
                item.rate_words = value::text(&token.text).filter(|_| item.rate.is_none());
            }
            Some(Column::Tax) => item.tax = value::tax_amount(&token.text),
            None => {}
        }
    }
    item.name = name;
    item
}

/// Leaves the list only when its net amounts make the invoice's. A first line that points to a list on another page and
/// the list itself would count the same money twice, so the line goes when the rest is whole without it.
pub(crate) fn keep_if_whole(items: &mut Vec<Item>, net: Option<Money>) {
    let sum = |items: &[Item]| Money::checked_sum(items.iter().map(|item| item.net).collect::<Option<Vec<_>>>()?);
    let whole = |items: &[Item]| net.is_some() && sum(items) == net && items.iter().all(|item| !item.name.is_empty());
    if whole(items) {
        let pointer = items.first().is_some_and(|first| first.name.contains("清单"));
        if !pointer || items.len() == 1 {
            return;
        }
    }
    let without_pointer: Vec<Item> = items.iter().filter(|item| !item.name.contains("清单")).cloned().collect();
    *items = if whole(&without_pointer) { without_pointer } else { Vec::new() };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, fen: i64) -> Item {
        Item { name: name.into(), net: Some(Money::from_fen(fen)), ..Item::default() }
    }

    fn check(items: &[Item], fen: i64, names: &[&str]) {
        let mut kept = items.to_vec();
        keep_if_whole(&mut kept, Some(Money::from_fen(fen)));
        assert_eq!(kept.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), names);
    }

    #[test]
    fn a_list_is_offered_whole_or_not_at_all() {
        let lines = [item("纸", 100), item("笔", 250), item("折扣", -50)];
        check(&lines, 300, &["纸", "笔", "折扣"]);
        check(&lines, 350, &[]);
        check(&[item("(详见销货清单)", 300), item("纸", 100), item("笔", 200)], 300, &["纸", "笔"]);
        check(&[item("(详见销货清单)", 300)], 300, &["(详见销货清单)"]);
        check(&[], 300, &[]);
    }
}
