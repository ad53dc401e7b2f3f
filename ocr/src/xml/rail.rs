//! The XBRL instance of an electronic rail ticket (铁路电子客票), `rai_issuer_*.xml`, attached to its OFD or PDF file.

use budget::Money;
use rust_decimal::Decimal;

use super::Element;
use crate::reading::{InvoiceKind, Source, Travel};
use crate::statement::Statement;
use crate::value;

/// What the ticket says. It names no seller: China Railway is not written on it.
pub(crate) fn read(root: &Element) -> Option<Statement> {
    if root.name != "xbrl" {
        return None;
    }
    let text = |name: &str| {
        root.child(name)
            .filter(|element| element.attribute("nil") != Some("true"))
            .map(|element| element.text.trim())
            .filter(|text| !text.is_empty())
    };
    let number = text("ElectronicInvoiceRailwayETicketNumber").and_then(value::digits)?;
    let mut statement = Statement::new(Source::Xml);
    statement.kind = InvoiceKind::Rail;
    statement.number = Some(number);
    statement.issued_on = text("DateOfIssue").and_then(value::date);
    statement.buyer_name = text("NameOfPurchaser").and_then(value::text);
    statement.buyer_tax_id = text("UnifiedSocialCreditCodeOfPurchaser").and_then(value::text);
    statement.total = text("Fare").and_then(value::amount);
    statement.net = text("TotalAmountExcludingTax").and_then(value::amount);
    statement.tax = text("TaxAmount").and_then(value::tax_amount);
    statement.travel = Some(Travel {
        from: text("DepartureStation").and_then(value::text),
        to: text("DestinationStation").and_then(value::text),
        date: text("TravelDate").and_then(value::date),
        train_number: text("TrainNumber").and_then(value::text),
        time: text("DepartureTime").and_then(value::text),
        place: rail_place(text("CarriageNumber").or(text("Carriage")), text("SeatNumber").or(text("Seat"))),
        seat: text("SeatLevel").and_then(value::text),
        passenger: text("Name").and_then(value::masked_name),
        refund: text("TypeOfBusiness").is_some_and(|business| business.contains('退')),
    });
    Some(statement)
}

/// Coach and seat as a ticket prints them.
fn rail_place(coach: Option<&str>, seat: Option<&str>) -> Option<String> {
    let coach = coach.map(|coach| format!("{}车", coach.trim_end_matches('车')))?;
    Some(coach + &seat.map(|seat| format!("{}号", seat.trim_end_matches('号'))).unwrap_or_default())
}

/// The tax inside a rail fare: the fare less the fare over 1.09, rounded to the fen. Transport is taxed at 9 %: since
/// 2019-04-01 by 财政部 税务总局 海关总署公告2019年第39号, since 2026 by 增值税法 article 10 (2). Electronic rail tickets are younger
/// (2024-11-01, 公告2024年第8号 of the tax administration, the ministry of finance and the railways).
pub(crate) fn tax_in_fare(fare: Money) -> Option<Money> {
    let net = fare.to_decimal().checked_div(Decimal::new(109, 2))?;
    let net = net.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    fare.checked_sub(Money::from_decimal(net)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_and_its_passenger_masked() {
        let xml = "<xbrl xmlns='http://www.xbrl.org/2003/instance' \
            xmlns:rai='http://xbrl.mof.gov.cn/taxonomy/2021-11-30/rai' xmlns:xsi='x'>\
            <rai:ElectronicInvoiceRailwayETicketNumber contextRef='now'>26119110010000000553\
            </rai:ElectronicInvoiceRailwayETicketNumber><rai:DateOfIssue>2026-06-03</rai:DateOfIssue>\
            <rai:TrainNumber>G1</rai:TrainNumber><rai:DepartureStation>北京南</rai:DepartureStation>\
            <rai:Fare>553.00</rai:Fare><rai:TotalAmountExcludingTax>507.34</rai:TotalAmountExcludingTax>\
            <rai:TaxAmount>45.66</rai:TaxAmount><rai:Name>张小三</rai:Name>\
            <rai:NameOfPurchaser xsi:nil='true'/><rai:TypeOfBusiness>退</rai:TypeOfBusiness></xbrl>";
        let statement = read(&Element::parse(xml.as_bytes()).unwrap()).unwrap();
        let travel = statement.travel.unwrap();
        assert_eq!(statement.total.unwrap().to_string(), "553.00");
        assert_eq!((travel.passenger.as_deref(), travel.refund), (Some("张**"), true));
        assert_eq!(statement.buyer_name, None);
    }

    #[test]
    fn the_tax_inside_a_fare() {
        for (fare, tax) in [("553.00", "45.66"), ("272.50", "22.50"), ("91.00", "7.51"), ("-91.00", "-7.51")] {
            assert_eq!(tax_in_fare(fare.parse().unwrap()).unwrap().to_string(), tax, "{fare}");
        }
    }
}
