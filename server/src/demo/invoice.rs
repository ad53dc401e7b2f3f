//! Invoices of the demo company: XML of fully digitalised invoices (数电票) by sellers that do not exist.

use budget::{Date, Money};
use ocr::{Reading, Upload};

use super::stage::StageError;

/// An invoice to be made.
pub(super) struct Invoice<'a> {
    /// Its place in the year; makes its number.
    pub serial: u32,
    /// When it was issued.
    pub issued_on: Date,
    /// Who issued it.
    pub seller: &'a str,
    /// Who it is made out to: name and tax id.
    pub buyer: (&'a str, &'a str),
    /// What was sold.
    pub item: &'a str,
    /// Total with tax.
    pub total: Money,
}

/// Tax of six percent inside a total, as a seller of services computes it.
fn tax_in(total: Money) -> Option<Money> {
    // net = total / 1.06, rounded to the fen; integers only.
    let net = total.fen().checked_mul(100)?.checked_add(53)?.checked_div(106)?;
    total.checked_sub(Money::from_fen(net))
}

impl Invoice<'_> {
    /// The 20 digits: two of the year, then issuer and serial. Between two of them other companies had theirs.
    fn number(&self) -> String {
        format!("{:02}117{:03}{:012}", self.issued_on.year() % 100, 0, u64::from(self.serial) * 7_907)
    }

    /// The file.
    pub(super) fn xml(&self) -> Result<String, StageError> {
        let tax = tax_in(self.total).ok_or_else(|| StageError::Content("the total is too large".into()))?;
        let net = self.total.checked_sub(tax).unwrap_or_default();
        let (buyer, buyer_id) = self.buyer;
        Ok(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<EInvoice><Header><EIid>{number}</EIid><EInvoiceTag>SWEI3200</EInvoiceTag><Version>0.33</Version>\
<InherentLabel><InIssuType><LabelCode>Y</LabelCode><LabelName>是否发票行业性质类型</LabelName></InIssuType>\
<EInvoiceType><LabelCode>01</LabelCode><LabelName>数电发票</LabelName></EInvoiceType>\
<GeneralOrSpecialVAT><LabelCode>02</LabelCode><LabelName>普通发票</LabelName></GeneralOrSpecialVAT></InherentLabel></Header>\
<EInvoiceData><SellerInformation><SellerIdNum>{seller_id}</SellerIdNum><SellerName>{seller}</SellerName></SellerInformation>\
<BuyerInformation><BuyerIdNum>{buyer_id}</BuyerIdNum><BuyerName>{buyer}</BuyerName></BuyerInformation>\
<BasicInformation><TotalAmWithoutTax>{net}</TotalAmWithoutTax><TotalTaxAm>{tax}</TotalTaxAm>\
<TotalTax-includedAmount>{total}</TotalTax-includedAmount>\
<TotalTax-includedAmountInChinese>{words}</TotalTax-includedAmountInChinese></BasicInformation>\
<IssuItemInformation><ItemName>{item}</ItemName><Quantity>1</Quantity><UnPrice>{net}</UnPrice><Amount>{net}</Amount>\
<TaxRate>0.06</TaxRate><ComTaxAm>{tax}</ComTaxAm><TotaltaxIncludedAmount>{total}</TotaltaxIncludedAmount></IssuItemInformation>\
</EInvoiceData><TaxSupervisionInfo><InvoiceNumber>{number}</InvoiceNumber><IssueTime>{date} 10:00:00</IssueTime>\
</TaxSupervisionInfo></EInvoice>\n",
            number = self.number(),
            seller_id = super::company::unified_code("91110105", "MA01XYX8"),
            seller = self.seller,
            total = self.total,
            words = self.total.chinese_uppercase(),
            item = self.item,
            date = self.issued_on,
        ))
    }

    /// The file's name, as sellers name them.
    pub(super) fn file_name(&self) -> String {
        format!("dzfp_{}.xml", self.number())
    }
}

/// What the reader makes of such a file.
pub(super) fn read(xml: &str, today: Date) -> Result<Reading, StageError> {
    let upload = Upload { name: "invoice.xml", bytes: xml.as_bytes() };
    ocr::read(&upload, today, &[]).map_err(|error| StageError::Content(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_accepts_a_demo_invoice() {
        let today = Date::new(2026, 11, 23).unwrap();
        for (serial, fen) in [(1, 16_600), (2, 15_000_000), (3, 4_890), (4, 1)] {
            let invoice = Invoice {
                serial,
                issued_on: today,
                seller: "示例酒店有限公司",
                buyer: ("算盘示例科技有限公司", &super::super::company::tax_id()),
                item: "*住宿服务*住宿费",
                total: Money::from_fen(fen),
            };
            let reading = read(&invoice.xml().unwrap(), today).unwrap();
            assert_eq!(reading.total(), Some(Money::from_fen(fen)));
            assert!(reading.is_accepted() || fen == 1, "{fen}: {:?} {:?}", reading.verdict, reading.checks);
            assert!(reading.identity.is_some());
        }
    }
}
