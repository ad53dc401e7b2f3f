//! XBRL instances other than the rail ticket's: air itineraries (航空行程单) and invoices as booked data.
//!
//! The taxonomies of the Ministry of Finance name the same facts differently from one kind of voucher to the next, so each
//! field has the names that instances and public parsers of them use. Without a number the instance is no invoice.

use super::Element;
use crate::reading::{InvoiceKind, Source, Travel};
use crate::statement::Statement;
use crate::value;

const DATE: &[&str] = &["DateOfIssue", "IssueDate", "IssueTime", "InvoiceDate"];
const TOTAL: &[&str] =
    &["TotalTaxIncludedAmount", "TotalTax-includedAmount", "TaxInclusiveTotalAmount", "TotalAmount", "Total"];
const NET: &[&str] = &["TotalAmountExcludingTax", "TotalAmWithoutTax", "TaxExclusiveTotalAmount"];
const TAX: &[&str] =
    &["TotalTaxAmount", "TotalTaxAm", "TaxTotalAmount", "TaxAmount", "VatTaxAmount", "AmountOfValueAddedTax"];
const BUYER: &[&str] = &["NameOfPurchaser", "BuyerName", "NameOfBuyer"];
const BUYER_ID: &[&str] = &["UnifiedSocialCreditCodeOfPurchaser", "BuyerIdNum", "TaxpayerIdentificationNumberOfBuyer"];
const SELLER: &[&str] = &["NameOfSeller", "SellerName", "NameOfIssuer"];
const SELLER_ID: &[&str] = &["UnifiedSocialCreditCodeOfSeller", "SellerIdNum", "TaxpayerIdentificationNumberOfSeller"];
/// Facts that only a flight has.
const FLIGHT: &[&str] = &["FlightNumber", "FuelSurcharge", "CivilAviationDevelopmentFund", "Carrier"];

/// What the instance says.
pub(crate) fn read(root: &Element) -> Option<Statement> {
    if root.name != "xbrl" {
        return None;
    }
    let facts: Vec<&Element> =
        root.descendants().into_iter().filter(|element| element.attribute("nil") != Some("true")).collect();
    let said = |element: &&&Element| !element.text.trim().is_empty();
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| facts.iter().filter(said).find(|fact| fact.name == *name));
        found.map(|fact| fact.text.trim())
    };
    let is_number =
        |name: &str| name == "InvoiceNumber" || name.starts_with("ElectronicInvoice") && name.ends_with("Number");
    let number = facts.iter().filter(said).find(|fact| is_number(&fact.name))?;
    let mut statement = Statement::new(Source::Xml);
    statement.number = Some(value::digits(&number.text).filter(|number| matches!(number.len(), 8 | 20))?);
    statement.issued_on = text(DATE).and_then(value::date);
    statement.total = text(TOTAL).and_then(value::amount);
    statement.net = text(NET).and_then(value::amount);
    statement.tax = text(TAX).and_then(value::tax_amount);
    statement.buyer_name = text(BUYER).and_then(value::text);
    statement.buyer_tax_id = text(BUYER_ID).and_then(value::text);
    statement.seller_name = text(SELLER).and_then(value::text);
    statement.seller_tax_id = text(SELLER_ID).and_then(value::text);
    if text(FLIGHT).is_some() {
        statement.kind = InvoiceKind::Air;
        statement.travel = Some(Travel {
            from: text(&["DepartureStation", "PlaceOfDeparture", "From"]).and_then(value::text),
            to: text(&["DestinationStation", "PlaceOfDestination", "To"]).and_then(value::text),
            date: text(&["DateOfFlight", "TravelDate", "CarrierDate"]).and_then(value::date),
            train_number: text(&["FlightNumber", "Flight"]).and_then(value::text),
            seat: text(&["SeatClass", "SeatLevel", "Class"]).and_then(value::text),
            passenger: text(&["NameOfPassenger", "PassengerName", "Name"]).and_then(value::masked_name),
            ..Travel::default()
        });
    }
    Some(statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_itinerary_is_read_and_its_passenger_masked() {
        let xml = "<xbrl xmlns='http://www.xbrl.org/2003/instance' xmlns:atr='x'>\
            <atr:ElectronicInvoiceAirTransportReceiptNumber>26117000000000001280</atr:ElectronicInvoiceAirTransportReceiptNumber>\
            <atr:DateOfIssue>2026-06-03</atr:DateOfIssue><atr:FlightNumber>CA1501</atr:FlightNumber>\
            <atr:FuelSurcharge>20.00</atr:FuelSurcharge><atr:VatTaxAmount>101.56</atr:VatTaxAmount>\
            <atr:TotalAmount>1280.00</atr:TotalAmount>\
            <atr:NameOfPassenger>张小三</atr:NameOfPassenger></xbrl>";
        let statement = read(&Element::parse(xml.as_bytes()).unwrap()).unwrap();
        assert_eq!((statement.kind, statement.total.unwrap().to_string().as_str()), (InvoiceKind::Air, "1280.00"));
        assert_eq!(statement.tax.unwrap().to_string(), "101.56");
        let travel = statement.travel.unwrap();
        assert_eq!((travel.train_number.as_deref(), travel.passenger.as_deref()), (Some("CA1501"), Some("张**")));
    }

    #[test]
    fn an_instance_without_a_number_is_no_invoice() {
        assert!(read(&Element::parse(b"<xbrl><Total>1.00</Total></xbrl>").unwrap()).is_none());
    }
}
