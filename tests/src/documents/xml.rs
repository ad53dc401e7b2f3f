//! The XML of a digital invoice and the XBRL of a rail ticket.

use std::fmt::Write;

use super::record::InvoiceRecord;

impl InvoiceRecord {
    /// The invoice as `EInvoice` XML, version 0.33.
    pub fn xml(&self) -> Vec<u8> {
        let mut items = String::new();
        for line in &self.lines {
            let price = line.net.to_decimal() / rust_decimal::Decimal::from(line.quantity.max(1));
            let total = line.net.checked_add(line.tax).unwrap_or(line.net);
            // Writing into a String cannot fail.
            let _ = write!(
                items,
                "<IssuItemInformation><ItemName>{}</ItemName><SpecMod/><MeaUnits>{}</MeaUnits><Quantity>{}</Quantity>\
                 <UnPrice>{}</UnPrice><Amount>{}</Amount><TaxRate>{}</TaxRate><ComTaxAm>{}</ComTaxAm>\
                 <TotaltaxIncludedAmount>{total}</TotaltaxIncludedAmount></IssuItemInformation>",
                escaped(&line.name),
                escaped(&line.unit),
                line.quantity,
                price.round_dp(8).normalize(),
                line.net,
                line.rate,
                line.tax,
            );
        }
        let label = if self.special { ("01", "增值税专用发票") } else { ("02", "普通发票") };
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?><EInvoice><Header><EIid>{number}</EIid>\
             <EInvoiceTag>SWEI{province}00</EInvoiceTag><Version>0.33</Version><InherentLabel><InIssuType>\
             <LabelCode>Y</LabelCode><LabelName>是否蓝字发票标志</LabelName></InIssuType><EInvoiceType>\
             <LabelCode>01</LabelCode><LabelName>电子发票</LabelName></EInvoiceType><GeneralOrSpecialVAT>\
             <LabelCode>{code}</LabelCode><LabelName>{name}</LabelName></GeneralOrSpecialVAT></InherentLabel></Header>\
             <EInvoiceData><SellerInformation><SellerIdNum>{seller_id}</SellerIdNum><SellerName>{seller}</SellerName>\
             </SellerInformation><BuyerInformation><BuyerIdNum>{buyer_id}</BuyerIdNum><BuyerName>{buyer}</BuyerName>\
             </BuyerInformation><BasicInformation><TotalAmWithoutTax>{net}</TotalAmWithoutTax>\
             <TotalTaxAm>{tax}</TotalTaxAm><TotalTax-includedAmount>{total}</TotalTax-includedAmount>\
             <TotalTax-includedAmountInChinese>{words}</TotalTax-includedAmountInChinese><Drawer>管理员</Drawer>\
             <RequestTime>{date} 10:00:00</RequestTime></BasicInformation>{items}<SpecificInformation/>\
             <AdditionalInformation><Remark/></AdditionalInformation></EInvoiceData><TaxSupervisionInfo>\
             <InvoiceNumber>{number}</InvoiceNumber><IssueTime>{date}</IssueTime><TaxBureauCode>13300000000\
             </TaxBureauCode><TaxBureauName>样例税务局</TaxBureauName></TaxSupervisionInfo></EInvoice>",
            number = self.number,
            province = self.number.get(2..4).unwrap_or("00"),
            code = label.0,
            name = label.1,
            seller_id = self.seller.tax_id,
            seller = escaped(&self.seller.name),
            buyer_id = self.buyer.tax_id,
            buyer = escaped(&self.buyer.name),
            net = self.net,
            tax = self.tax,
            total = self.total,
            words = self.total_in_words(),
            date = self.issued_on,
        )
        .into_bytes()
    }

    /// The XBRL instance of a rail ticket, as attached to its OFD file; `None` for other invoices.
    pub(crate) fn rail_xbrl(&self) -> Option<String> {
        let journey = self.journey.as_ref()?;
        let mut facts = String::new();
        for (name, value) in [
            ("ElectronicInvoiceRailwayETicketNumber", self.number.clone()),
            ("DateOfIssue", self.issued_on.to_string()),
            ("TypeOfBusiness", "售".to_owned()),
            ("DepartureStation", journey.from.clone()),
            ("DestinationStation", journey.to.clone()),
            ("TrainNumber", journey.train.clone()),
            ("TravelDate", journey.date.to_string()),
            ("SeatLevel", "二等座".to_owned()),
            ("Fare", self.total.to_string()),
            ("TaxRate", "0.09".to_owned()),
            ("TotalAmountExcludingTax", self.net.to_string()),
            ("TaxAmount", self.tax.to_string()),
            ("Name", journey.passenger.clone()),
            ("NameOfPurchaser", self.buyer.name.clone()),
            ("UnifiedSocialCreditCodeOfPurchaser", self.buyer.tax_id.clone()),
        ] {
            let _ = write!(facts, "<rai:{name} contextRef=\"now\">{}</rai:{name}>", escaped(&value));
        }
        Some(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><xbrl xmlns=\"http://www.xbrl.org/2003/instance\" \
             xmlns:rai=\"http://xbrl.mof.gov.cn/taxonomy/2021-11-30/rai\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><context id=\"now\"><entity>\
             <identifier scheme=\"http://www.mof.gov.cn\">rai</identifier></entity><period><instant>{}</instant></period>\
             </context>{facts}<rai:OriginalInvoiceNumber contextRef=\"now\" xsi:nil=\"true\"/></xbrl>",
            self.issued_on
        ))
    }
}

/// Text with the characters that XML reserves.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
