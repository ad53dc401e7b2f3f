//! `CustomTag.xml`: a tree of field names whose leaves point at text objects of the page.

use std::collections::HashMap;

use super::page::Text;
use crate::reading::{Item, Source};
use crate::statement::Statement;
use crate::value;
use crate::xml::Element;

/// What the tags say, through the texts they point at. Several pointers of one tag are joined in order: the ¥ sign and
/// the second line of a long name are objects of their own.
pub(super) fn read(tree: &Element, texts: &[Text]) -> Statement {
    let mut by_id: HashMap<&str, &str> = HashMap::new();
    for text in texts {
        by_id.entry(text.id.as_str()).or_insert(text.content.as_str());
    }
    let joined = |element: &Element| -> String {
        let pointers = element.children.iter().filter(|child| child.name == "ObjectRef");
        pointers.filter_map(|pointer| by_id.get(pointer.text.trim()).copied()).collect()
    };
    let all = |name: &str| -> Vec<String> {
        tree.descendants().into_iter().filter(|element| element.name == name).map(joined).collect()
    };
    let one = |name: &str| all(name).into_iter().next().and_then(|text| value::text(&text));

    let mut statement = Statement::new(Source::Ofd);
    statement.number = one("InvoiceNo").and_then(|text| value::digits(&text));
    statement.code = one("InvoiceCode").and_then(|text| value::digits(&text));
    statement.issued_on = one("IssueDate").and_then(|text| value::date(&text));
    statement.check_code = one("InvoiceCheckCode").and_then(|text| value::digits(&text));
    statement.buyer_name = one("BuyerName");
    statement.buyer_tax_id = one("BuyerTaxID");
    statement.seller_name = one("SellerName");
    statement.seller_tax_id = one("SellerTaxID");
    statement.net = one("TaxExclusiveTotalAmount").and_then(|text| value::amount(&text));
    statement.tax = all("TaxTotalAmount").first().and_then(|text| value::tax_amount(text));
    statement.total = one("TaxInclusiveTotalAmount").and_then(|text| value::amount(&text));
    statement.items = items(all);
    statement
}

/// The columns of the lines. A column that does not have a value for every line cannot be told which lines it means, and
/// is left out.
fn items(all: impl Fn(&str) -> Vec<String>) -> Vec<Item> {
    let names = all("Item");
    let column = |tag: &str| Some(all(tag)).filter(|values| values.len() == names.len());
    let (Some(nets), specifications, units) =
        (column("Amount"), column("Specification"), column("MeasurementDimension"))
    else {
        return Vec::new();
    };
    let (quantities, prices, rates, taxes) =
        (column("Quantity"), column("Price"), column("TaxScheme"), column("TaxAmount"));
    let cell =
        |values: &Option<Vec<String>>, index: usize| values.as_ref().and_then(|values| values.get(index).cloned());
    names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let printed = cell(&rates, index);
            let rate = printed.as_deref().and_then(value::rate);
            Item {
                name: name.trim().to_owned(),
                specification: cell(&specifications, index).and_then(|text| value::text(&text)),
                unit: cell(&units, index).and_then(|text| value::text(&text)),
                quantity: cell(&quantities, index).and_then(|text| value::number(&text)),
                unit_price: cell(&prices, index).and_then(|text| value::number(&text)),
                net: nets.get(index).and_then(|text| value::amount(text)),
                rate_words: if rate.is_none() { printed.and_then(|text| value::text(&text)) } else { None },
                rate,
                tax: cell(&taxes, index).and_then(|text| value::tax_amount(&text)),
            }
        })
        .collect()
}
