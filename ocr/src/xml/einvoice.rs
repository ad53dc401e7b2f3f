//! The XML of a fully digitalised invoice (数电票), root `EInvoice`, versions 0.2 to 0.33.
//!
//! Paths are followed from the root: a toll invoice has another `Number` before the invoice's own, so nothing is found by
//! its last name alone. The tax bureau's signature needs the bureau's certificate and is not verified here.

use super::Element;
use crate::reading::{InvoiceKind, Item, Source};
use crate::statement::Statement;
use crate::value;

/// What the invoice says; two statements when the two places of the number differ, so that the difference is seen.
pub(crate) fn read(root: &Element) -> Option<Vec<Statement>> {
    if root.name != "EInvoice" {
        return None;
    }
    let text = |path: &str| root.text_at(path);
    let mut statement = Statement::new(Source::Xml);
    let data = |name: &str| text(&format!("EInvoiceData/{name}"));
    let number = text("TaxSupervisionInfo/InvoiceNumber").and_then(value::digits);
    let header_number = text("Header/EIid").and_then(value::digits);
    statement.kind = kind(root);
    statement.number = number.clone().or_else(|| header_number.clone());
    statement.issued_on = text("TaxSupervisionInfo/IssueTime").and_then(value::date);
    statement.seller_name = data("SellerInformation/SellerName").and_then(value::text);
    statement.seller_tax_id = data("SellerInformation/SellerIdNum").and_then(value::text);
    statement.buyer_name = data("BuyerInformation/BuyerName").and_then(value::text);
    statement.buyer_tax_id = data("BuyerInformation/BuyerIdNum").and_then(value::text);
    statement.net = data("BasicInformation/TotalAmWithoutTax").and_then(value::amount);
    statement.tax = data("BasicInformation/TotalTaxAm").and_then(value::tax_amount);
    statement.total = data("BasicInformation/TotalTax-includedAmount").and_then(value::amount);
    statement.total_in_words = data("BasicInformation/TotalTax-includedAmountInChinese").and_then(value::text);
    statement.items = root
        .child("EInvoiceData")
        .map(|data| data.children.iter().filter(|child| child.name == "IssuItemInformation").map(item).collect())
        .unwrap_or_default();
    let mut statements = vec![statement];
    if number.is_some() && header_number.is_some() && number != header_number {
        let mut header = Statement::new(Source::Xml);
        header.number = header_number;
        statements.push(header);
    }
    Some(statements)
}

fn kind(root: &Element) -> InvoiceKind {
    let label = |name: &str| root.text_at(&format!("Header/InherentLabel/{name}/LabelCode"));
    match label("GeneralOrSpecialVAT") {
        Some("01") => InvoiceKind::DigitalSpecial,
        Some("02") => InvoiceKind::DigitalOrdinary,
        _ => InvoiceKind::Unknown,
    }
}

fn item(element: &Element) -> Item {
    let text = |name: &str| element.text_at(name);
    let rate = text("TaxRate").and_then(value::rate);
    Item {
        name: text("ItemName").unwrap_or("").to_owned(),
        specification: text("SpecMod").and_then(value::text),
        unit: text("MeaUnits").and_then(value::text),
        quantity: text("Quantity").and_then(value::number),
        unit_price: text("UnPrice").and_then(value::number),
        net: text("Amount").and_then(value::amount),
        rate_words: if rate.is_none() { text("TaxRate").and_then(value::text) } else { None },
        rate,
        tax: text("ComTaxAm").and_then(value::tax_amount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLL: &str = "<EInvoice><Header><EIid>26112000000000000001</EIid></Header><EInvoiceData>\
        <SpecificInformation><Toll><PlateNumber>京A00000</PlateNumber><Number>7</Number></Toll></SpecificInformation>\
        <BasicInformation><TotalAmWithoutTax>-1.00</TotalAmWithoutTax><TotalTaxAm>***</TotalTaxAm>\
        <TotalTax-includedAmount>-1.00</TotalTax-includedAmount></BasicInformation>\
        <IssuItemInformation><ItemName>通行费</ItemName><Amount>-1</Amount><TaxRate>不征税</TaxRate></IssuItemInformation>\
        </EInvoiceData><TaxSupervisionInfo><InvoiceNumber>26112000000000000002</InvoiceNumber>\
        <IssueTime>2026-06-02 10:11:12</IssueTime></TaxSupervisionInfo></EInvoice>";

    #[test]
    fn two_numbers_in_one_invoice_are_both_told() {
        let statements = read(&Element::parse(TOLL.as_bytes()).unwrap()).unwrap();
        let numbers: Vec<_> = statements.iter().filter_map(|s| s.number.as_deref()).collect();
        assert_eq!(numbers, ["26112000000000000002", "26112000000000000001"]);
    }

    #[test]
    fn words_for_no_tax_and_negative_amounts_are_read() {
        let statement = read(&Element::parse(TOLL.as_bytes()).unwrap()).unwrap().remove(0);
        assert_eq!(statement.total.unwrap().to_string(), "-1.00");
        assert_eq!(statement.tax.unwrap().to_string(), "0.00");
        assert_eq!(statement.items[0].rate_words.as_deref(), Some("不征税"));
        assert_eq!(statement.issued_on.unwrap().to_string(), "2026-06-02");
    }

    #[test]
    fn another_root_is_no_invoice() {
        assert!(read(&Element::parse(b"<Invoice/>").unwrap()).is_none());
    }
}
