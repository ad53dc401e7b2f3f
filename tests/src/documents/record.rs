//! One invoice that is consistent in itself.

use budget::{Date, Money};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::codes;
use super::random::Random;

/// A company on an invoice.
#[derive(Clone, Debug)]
pub struct Party {
    /// Its name.
    pub name: String,
    /// Its unified social credit code, well formed.
    pub tax_id: String,
}

/// One line; the tax follows from net and rate.
#[derive(Clone, Debug)]
pub struct Line {
    /// Name with its tax category: `*餐饮服务*餐费`.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Quantity.
    pub quantity: u32,
    /// Amount without tax.
    pub net: Money,
    /// Rate of tax, as a fraction.
    pub rate: Decimal,
    /// Tax.
    pub tax: Money,
}

/// The journey of a rail ticket.
#[derive(Clone, Debug)]
pub struct Journey {
    /// From which station.
    pub from: String,
    /// To which station.
    pub to: String,
    /// On which train.
    pub train: String,
    /// On which day.
    pub date: Date,
    /// Who travels.
    pub passenger: String,
}

/// An invoice: everything that any of its shapes shows.
#[derive(Clone, Debug)]
pub struct InvoiceRecord {
    /// 20-digit number.
    pub number: String,
    /// Date of issue.
    pub issued_on: Date,
    /// Special (专用) or ordinary (普通).
    pub special: bool,
    /// Buyer.
    pub buyer: Party,
    /// Seller; a rail ticket names none.
    pub seller: Party,
    /// Lines of goods and services; a rail ticket has none.
    pub lines: Vec<Line>,
    /// Amount without tax.
    pub net: Money,
    /// Tax.
    pub tax: Money,
    /// Total.
    pub total: Money,
    /// The journey, on a rail ticket.
    pub journey: Option<Journey>,
}

impl InvoiceRecord {
    /// An ordinary invoice without lines yet. The seed names its number and its companies.
    pub fn ordinary(seed: u64, issued_on: Date) -> Self {
        let mut random = Random::new(seed);
        // One company buys everything, as a claimant's employer does: the demo company.
        let buyer = Party {
            name: "算盘示例科技有限公司".to_owned(),
            tax_id: codes::unified_code_of("110108", "MADEM0X6"),
        };
        let trade = ["餐饮管理", "商贸", "酒店管理", "信息技术"];
        let name = ["云帆", "嘉禾", "瑞丰", "同创", "海纳"];
        let pick = |list: &[&str], random: &mut Random| -> String {
            let index = usize::try_from(random.below(u64::try_from(list.len()).unwrap_or(1))).unwrap_or(0);
            list.get(index).map_or_else(String::new, |text| (*text).to_owned())
        };
        let seller_name = format!("杭州{}{}有限公司", pick(&name, &mut random), pick(&trade, &mut random));
        let seller = Party { name: seller_name, tax_id: codes::unified_code("330106", &mut random) };
        Self {
            number: codes::digital_number(issued_on, "33", &mut random),
            issued_on,
            special: false,
            buyer,
            seller,
            lines: Vec::new(),
            net: Money::ZERO,
            tax: Money::ZERO,
            total: Money::ZERO,
            journey: None,
        }
    }

    /// The same as a special VAT invoice.
    #[must_use]
    pub fn special(mut self) -> Self {
        self.special = true;
        self
    }

    /// With another buyer.
    #[must_use]
    pub fn bought_by(mut self, name: &str, tax_id: &str) -> Self {
        self.buyer = Party { name: name.to_owned(), tax_id: tax_id.to_owned() };
        self
    }

    /// With a line whose total with tax is given, as a till works: net is total ÷ (1 + rate), to the fen.
    #[must_use]
    pub fn line(mut self, name: &str, unit: &str, quantity: u32, total: Money, percent: u32) -> Self {
        let rate = Decimal::new(i64::from(percent), 2);
        let net = net_of(total, rate);
        let tax = total.checked_sub(net).unwrap_or(Money::ZERO);
        self.lines.push(Line { name: name.to_owned(), unit: unit.to_owned(), quantity, net, rate, tax });
        let add = |sum: Money, amount: Money| sum.checked_add(amount).unwrap_or(sum);
        (self.net, self.tax, self.total) = (add(self.net, net), add(self.tax, tax), add(self.total, total));
        self
    }

    /// A rail ticket for a fare.
    pub fn rail(seed: u64, issued_on: Date, fare: Money, journey: Journey) -> Self {
        let mut ticket = Self::ordinary(seed, issued_on);
        ticket.number = codes::digital_number(issued_on, "11", &mut Random::new(seed));
        ticket.total = fare;
        ticket.net = net_of(fare, Decimal::new(9, 2));
        ticket.tax = fare.checked_sub(ticket.net).unwrap_or(Money::ZERO);
        ticket.journey = Some(journey);
        ticket
    }

    /// The printed title.
    pub fn title(&self) -> &'static str {
        match (&self.journey, self.special) {
            (Some(_), _) => "电子发票（铁路电子客票）",
            (None, true) => "电子发票（增值税专用发票）",
            (None, false) => "电子发票（普通发票）",
        }
    }

    /// The payload of the QR code.
    pub fn qr_payload(&self) -> String {
        let kind = match (&self.journey, self.special) {
            (Some(_), _) => "51",
            (None, true) => "31",
            (None, false) => "32",
        };
        codes::qr_payload(kind, &self.number, self.total, self.issued_on)
    }

    /// The total in capital numerals as invoices print it: 圆, and 整 also after 角.
    pub fn total_in_words(&self) -> String {
        let words = self.total.chinese_uppercase().replace('元', "圆");
        if words.ends_with('角') { words + "整" } else { words }
    }

    /// The date as invoices print it.
    pub fn issued_on_printed(&self) -> String {
        let date = self.issued_on;
        format!("{}年{:02}月{:02}日", date.year(), date.month(), date.day())
    }

    /// The lines, as a reader must find them.
    pub fn lines_truth(&self) -> Value {
        let line = |line: &Line| {
            json!({
                "name": line.name, "quantity": line.quantity.to_string(), "net": line.net.to_string(),
                "tax": line.tax.to_string(),
            })
        };
        self.lines.iter().map(line).collect()
    }

    /// What a reader must find on the printed page alone: a rail ticket prints neither net amount nor tax.
    pub fn printed_truth(&self) -> Value {
        let mut truth = self.truth();
        if let (Some(fields), true) = (truth.as_object_mut(), self.journey.is_some()) {
            fields.retain(|name, _| name != "net" && name != "tax");
        }
        truth
    }

    /// What a reader must find, for the file beside the document.
    pub fn truth(&self) -> Value {
        let mut truth = json!({
            "kind": self.title(),
            "number": self.number,
            "date": self.issued_on.to_string(),
            "buyer": self.buyer.name,
            "buyer_id": self.buyer.tax_id,
            "net": self.net.to_string(),
            "tax": self.tax.to_string(),
            "total": self.total.to_string(),
        });
        let more = match &self.journey {
            Some(journey) => {
                json!({"origin": journey.from, "dest": journey.to, "train": journey.train})
            }
            None => {
                json!({"seller": self.seller.name, "seller_id": self.seller.tax_id, "daxie": self.total_in_words()})
            }
        };
        if let (Some(truth), Some(more)) = (truth.as_object_mut(), more.as_object()) {
            truth.extend(more.clone());
        }
        truth
    }
}

fn net_of(total: Money, rate: Decimal) -> Money {
    let divisor = Decimal::ONE + rate;
    let net = total.to_decimal().checked_div(divisor).unwrap_or_default();
    Money::from_decimal(net.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero))
        .unwrap_or(Money::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yuan(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_follow_from_the_total() {
        let issued_on = Date::new(2026, 6, 2).unwrap();
        let record = InvoiceRecord::ordinary(1, issued_on).line("*纸制品*打印纸", "箱", 1, yuan("48.90"), 13);
        assert_eq!((record.net, record.tax), (yuan("43.27"), yuan("5.63")));
        assert_eq!(record.total_in_words(), "肆拾捌圆玖角整");
        assert!(record.number.starts_with("26") && record.number.len() == 20);
    }

    #[test]
    fn a_seed_names_a_document() {
        let issued_on = Date::new(2026, 6, 2).unwrap();
        let make = |seed| InvoiceRecord::ordinary(seed, issued_on).line("*纸制品*打印纸", "箱", 1, yuan("9.00"), 13);
        assert_eq!(make(3).xml(), make(3).xml());
        assert_ne!(make(3).number, make(4).number);
    }
}
