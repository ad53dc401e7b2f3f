//! The kinds of invoice (发票种类).

use serde::{Deserialize, Serialize};

/// The kind of an invoice. What is not known stays [`InvoiceKind::Unknown`]; no kind is ever assumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InvoiceKind {
    /// Fully digitalised special VAT invoice, 电子发票（增值税专用发票）.
    DigitalSpecial,
    /// Fully digitalised ordinary invoice, 电子发票（普通发票）.
    DigitalOrdinary,
    /// Electronic rail ticket, 电子发票（铁路电子客票）.
    Rail,
    /// Electronic itinerary of air transport, 电子发票（航空运输电子客票行程单）.
    Air,
    /// Special VAT invoice on paper, 增值税专用发票.
    PaperSpecial,
    /// Ordinary VAT invoice on paper, 增值税普通发票.
    PaperOrdinary,
    /// Electronic special VAT invoice of the older system, 增值税电子专用发票.
    ElectronicSpecial,
    /// Electronic ordinary VAT invoice of the older system, 增值税电子普通发票.
    ElectronicOrdinary,
    /// Electronic ordinary invoice for tolls, 通行费电子普通发票.
    Toll,
    /// Invoice on a till roll, 增值税普通发票（卷票）.
    Roll,
    /// Blockchain invoice, 区块链电子发票.
    Blockchain,
    /// Taxi receipt, 出租汽车发票.
    Taxi,
    /// Train ticket on paper, 火车票.
    PaperTrain,
    /// Sale of a motor vehicle, 机动车销售统一发票.
    Vehicle,
    /// Not recognised.
    #[default]
    Unknown,
}

impl InvoiceKind {
    /// The kind that a QR code's second field names. Public lists disagree on the rarer ones, so only those seen on
    /// real documents are mapped.
    pub fn from_qr(code: &str) -> Self {
        match code {
            "01" => Self::PaperSpecial,
            "03" | "15" => Self::Vehicle,
            "04" => Self::PaperOrdinary,
            "08" => Self::ElectronicSpecial,
            "10" => Self::ElectronicOrdinary,
            "11" => Self::Roll,
            "14" => Self::Toll,
            "20" => Self::Blockchain,
            "31" => Self::DigitalSpecial,
            "32" => Self::DigitalOrdinary,
            "51" => Self::Rail,
            "61" => Self::Air,
            _ => Self::Unknown,
        }
    }

    /// The kind that a printed title names, spaces removed and brackets half-width.
    pub fn from_title(title: &str) -> Self {
        const TITLES: [(&str, InvoiceKind); 15] = [
            ("铁路电子客票", InvoiceKind::Rail),
            ("电子客票行程单", InvoiceKind::Air),
            ("电子发票(增值税专用发票", InvoiceKind::DigitalSpecial),
            ("电子发票(普通发票", InvoiceKind::DigitalOrdinary),
            ("通行费电子普通发票", InvoiceKind::Toll),
            ("区块链", InvoiceKind::Blockchain),
            ("电子普通发票(区块链", InvoiceKind::Blockchain),
            ("增值税电子专用发票", InvoiceKind::ElectronicSpecial),
            ("增值税电子普通发票", InvoiceKind::ElectronicOrdinary),
            ("增值税专用发票", InvoiceKind::PaperSpecial),
            ("增值税普通发票(卷票", InvoiceKind::Roll),
            ("增值税普通发票", InvoiceKind::PaperOrdinary),
            ("机动车销售统一发票", InvoiceKind::Vehicle),
            ("出租汽车", InvoiceKind::Taxi),
            ("出租车", InvoiceKind::Taxi),
        ];
        TITLES.iter().find(|(part, _)| title.contains(part)).map_or(Self::Unknown, |(_, kind)| *kind)
    }

    /// True for the kinds whose one 20-digit number replaces code and number.
    pub const fn is_digital(self) -> bool {
        matches!(self, Self::DigitalSpecial | Self::DigitalOrdinary | Self::Rail | Self::Air)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_name_their_kind() {
        for (title, kind) in [
            ("电子发票(增值税专用发票)", InvoiceKind::DigitalSpecial),
            ("重庆增值税电子普通发票", InvoiceKind::ElectronicOrdinary),
            ("北京增值税专用发票", InvoiceKind::PaperSpecial),
            ("电子发票(铁路电子客票)", InvoiceKind::Rail),
            ("收据", InvoiceKind::Unknown),
        ] {
            assert_eq!(InvoiceKind::from_title(title), kind, "{title}");
        }
    }
}
