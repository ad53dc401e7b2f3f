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
    /// Sale of a used vehicle, 二手车销售统一发票.
    UsedVehicle,
    /// Receipt of a toll station on paper, 过路费.
    PaperToll,
    /// Receipt with a printed amount, 通用定额发票.
    Quota,
    /// Coach ticket, 客运汽车票.
    Coach,
    /// Ferry ticket, 船票.
    Ferry,
    /// Till slip of a shop, 小票: no invoice, and never a proof of tax.
    TillSlip,
    /// Contract, 合同.
    Contract,
    /// Receipt of a bank, 银行回单.
    BankReceipt,
    /// Not recognised.
    #[default]
    Unknown,
}

impl InvoiceKind {
    /// The kind that a QR code's second field names. The lists that finance systems carry disagree on the rarer ones, so
    /// only those are mapped on which they agree, and 31 and 32, which the codes of real documents have.
    pub fn from_qr(code: &str) -> Self {
        match code {
            "01" => Self::PaperSpecial,
            "03" => Self::Vehicle,
            "04" => Self::PaperOrdinary,
            "08" => Self::ElectronicSpecial,
            "10" => Self::ElectronicOrdinary,
            "11" => Self::Roll,
            "14" => Self::Toll,
            "15" => Self::UsedVehicle,
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
        const TITLES: [(&str, InvoiceKind); 35] = [
            ("铁路电子客票", InvoiceKind::Rail),
            ("电子客票行程单", InvoiceKind::Air),
            ("航空运输电子客票", InvoiceKind::Air),
            ("二手车销售", InvoiceKind::UsedVehicle),
            ("机动车销售", InvoiceKind::Vehicle),
            ("电子发票(增值税专用发票", InvoiceKind::DigitalSpecial),
            ("电子发票(普通发票", InvoiceKind::DigitalOrdinary),
            ("通行费电子普通发", InvoiceKind::Toll),
            ("区块链", InvoiceKind::Blockchain),
            ("深圳电子普通发票", InvoiceKind::Blockchain),
            ("增值税电子专用发", InvoiceKind::ElectronicSpecial),
            ("增值税电子普通发", InvoiceKind::ElectronicOrdinary),
            ("增值税普通发票(卷", InvoiceKind::Roll),
            ("增值税普通发票卷", InvoiceKind::Roll),
            ("增值税专用发", InvoiceKind::PaperSpecial),
            ("增值税普通发", InvoiceKind::PaperOrdinary),
            ("出租汽车", InvoiceKind::Taxi),
            ("租汽车专用", InvoiceKind::Taxi),
            ("出租车", InvoiceKind::Taxi),
            ("火车票", InvoiceKind::PaperTrain),
            ("过路费", InvoiceKind::PaperToll),
            ("过桥费", InvoiceKind::PaperToll),
            ("通行费", InvoiceKind::PaperToll),
            ("定额发票", InvoiceKind::Quota),
            ("客运汽车", InvoiceKind::Coach),
            ("汽车客票", InvoiceKind::Coach),
            ("公路客运", InvoiceKind::Coach),
            ("客运船票", InvoiceKind::Ferry),
            ("水路客运", InvoiceKind::Ferry),
            ("轮渡", InvoiceKind::Ferry),
            ("电子回单", InvoiceKind::BankReceipt),
            ("业务回单", InvoiceKind::BankReceipt),
            ("购物小票", InvoiceKind::TillSlip),
            ("收银小票", InvoiceKind::TillSlip),
            ("合同书", InvoiceKind::Contract),
        ];
        TITLES.iter().find(|(part, _)| title.contains(part)).map_or(Self::Unknown, |(_, kind)| *kind)
    }

    /// The kind whose printed title this text has with one character misread; short titles are not guessed.
    pub fn from_misread_title(title: &str) -> Self {
        const TITLES: [(&str, InvoiceKind); 10] = [
            ("铁路电子客票", InvoiceKind::Rail),
            ("(增值税专用发票)", InvoiceKind::DigitalSpecial),
            ("电子发票(普通发票)", InvoiceKind::DigitalOrdinary),
            ("增值税电子专用发票", InvoiceKind::ElectronicSpecial),
            ("增值税电子普通发票", InvoiceKind::ElectronicOrdinary),
            ("增值税专用发", InvoiceKind::PaperSpecial),
            ("增值税普通发", InvoiceKind::PaperOrdinary),
            ("机动车销售统一发票", InvoiceKind::Vehicle),
            ("出租汽车专用", InvoiceKind::Taxi),
            ("通用定额发票", InvoiceKind::Quota),
        ];
        let text: Vec<char> = title.chars().collect();
        let near = |wanted: &str| {
            let wanted: Vec<char> = wanted.chars().collect();
            text.windows(wanted.len()).any(|part| part.iter().zip(&wanted).filter(|(a, b)| a != b).count() <= 1)
        };
        TITLES.iter().find(|(wanted, _)| near(wanted)).map_or(Self::Unknown, |(_, kind)| *kind)
    }

    /// True for the kinds that print nothing beside the total which could confirm it: no words, no net and tax, no code.
    /// Their total is only ever offered, and a person confirms it.
    pub const fn has_no_second_figure(self) -> bool {
        matches!(
            self,
            Self::Taxi
                | Self::PaperTrain
                | Self::Quota
                | Self::PaperToll
                | Self::Coach
                | Self::Ferry
                | Self::TillSlip
                | Self::Contract
                | Self::BankReceipt
        )
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
    fn one_misread_character_does_not_hide_a_title() {
        assert_eq!(InvoiceKind::from_misread_title("北京增值税支用发票"), InvoiceKind::PaperSpecial);
        assert_eq!(InvoiceKind::from_misread_title("电子发票(普遍发票)"), InvoiceKind::DigitalOrdinary);
        assert_eq!(InvoiceKind::from_misread_title("电子发票"), InvoiceKind::Unknown);
    }

    #[test]
    fn the_second_field_of_a_qr_code_names_its_kind() {
        for (code, kind) in [
            ("03", InvoiceKind::Vehicle),
            ("15", InvoiceKind::UsedVehicle),
            ("32", InvoiceKind::DigitalOrdinary),
            ("99", InvoiceKind::Unknown),
        ] {
            assert_eq!(InvoiceKind::from_qr(code), kind, "{code}");
        }
    }

    #[test]
    fn titles_name_their_kind() {
        for (title, kind) in [
            ("电子发票(增值税专用发票)", InvoiceKind::DigitalSpecial),
            ("重庆增值税电子普通发票", InvoiceKind::ElectronicOrdinary),
            ("北京增值税专用发票", InvoiceKind::PaperSpecial),
            ("电子发票(铁路电子客票)", InvoiceKind::Rail),
            ("火车票(纸质)", InvoiceKind::PaperTrain),
            ("出租汽车专用发票", InvoiceKind::Taxi),
            ("收据", InvoiceKind::Unknown),
        ] {
            assert_eq!(InvoiceKind::from_title(title), kind, "{title}");
        }
    }
}
