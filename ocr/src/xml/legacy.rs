//! The XML that an electronic invoice of the older system (增值税电子发票, with a code) carries inside its OFD file: root
//! `eInvoice`, with the payload of the QR code (`GraphCode`) beside the fields.

use super::Element;
use crate::qr;
use crate::reading::{InvoiceKind, Item, Source};
use crate::statement::Statement;
use crate::value;

/// What the invoice says, and the payload of its QR code.
pub(crate) fn read(root: &Element) -> Option<(Statement, Option<qr::QrPayload>)> {
    if root.name != "eInvoice" {
        return None;
    }
    let text = |name: &str| root.find(name).map(|element| element.text.trim()).filter(|text| !text.is_empty());
    let mut statement = Statement::new(Source::Xml);
    statement.number = text("InvoiceNo").and_then(value::digits);
    statement.code = text("InvoiceCode").and_then(value::digits);
    statement.issued_on = text("IssueDate").and_then(value::date);
    statement.check_code = text("InvoiceCheckCode").and_then(value::digits);
    statement.buyer_name = text("BuyerName").and_then(value::text);
    statement.buyer_tax_id = text("BuyerTaxID").and_then(value::text);
    statement.seller_name = text("SellerName").and_then(value::text);
    statement.seller_tax_id = text("SellerTaxID").and_then(value::text);
    statement.net = text("TaxExclusiveTotalAmount").and_then(value::amount);
    statement.tax = text("TaxTotalAmount").and_then(value::tax_amount);
    statement.total = text("TaxInclusiveTotalAmount").and_then(value::amount);
    statement.items = root
        .descendants()
        .into_iter()
        .filter(|element| element.name == "GoodsInfo" && element.child("Item").is_some())
        .map(item)
        .collect();
    let payload = text("GraphCode").and_then(qr::parse);
    statement.kind = payload.as_ref().map_or(InvoiceKind::Unknown, |payload| payload.kind);
    Some((statement, payload))
}

fn item(element: &Element) -> Item {
    let text = |name: &str| element.text_at(name);
    let rate = text("TaxScheme").and_then(value::rate);
    Item {
        name: text("Item").unwrap_or("").to_owned(),
        specification: text("Specification").and_then(value::text),
        unit: text("MeasurementDimension").and_then(value::text),
        quantity: text("Quantity").and_then(value::number),
        unit_price: text("Price").and_then(value::number),
        net: text("Amount").and_then(value::amount),
        rate_words: if rate.is_none() { text("TaxScheme").and_then(value::text) } else { None },
        rate,
        tax: text("TaxAmount").and_then(value::tax_amount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_payload_are_read() {
        let xml = "<fp:eInvoice xmlns:fp='http://www.edrm.org.cn/schema/e-invoice/2019'>\
            <fp:InvoiceCode>032002200211</fp:InvoiceCode><fp:InvoiceNo>21648940</fp:InvoiceNo>\
            <fp:IssueDate>2025年09月09日</fp:IssueDate><fp:Buyer><fp:BuyerName>个人</fp:BuyerName></fp:Buyer>\
            <fp:TaxExclusiveTotalAmount>877.27</fp:TaxExclusiveTotalAmount><fp:TaxTotalAmount>52.64</fp:TaxTotalAmount>\
            <fp:TaxInclusiveTotalAmount>929.91</fp:TaxInclusiveTotalAmount><fp:GraphCode>\
            01,10,032002200211,21648940,877.27,20250909,25337677312869891929,AEA3</fp:GraphCode></fp:eInvoice>";
        let (statement, payload) = read(&Element::parse(xml.as_bytes()).unwrap()).unwrap();
        assert_eq!(statement.total.unwrap().to_string(), "929.91");
        assert_eq!(statement.buyer_name.as_deref(), Some("个人"));
        assert_eq!(payload.unwrap().checksum_holds, Some(true));
    }
}
