//! What was read from one file: fields with their sources, the checks between them, and a verdict.
//!
//! The promise: every value says where it came from, nothing is guessed, and a contradiction is shown with all its sides.

use budget::{Date, Money};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub mod check;
pub mod field;
pub mod identity;
pub mod kind;
mod written;

pub use check::{Check, CheckKind, Compared, Message, Outcome, Reason, Verdict};
pub use field::{Field, FieldVerdict, Place, Source};
pub use identity::Identity;
pub use kind::InvoiceKind;

/// Everything that was read from one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "written::Written")]
pub struct Reading {
    /// What kind of invoice it is.
    pub kind: InvoiceKind,
    /// What makes this invoice the same one in whatever file shows it.
    pub identity: Option<Identity>,
    /// The fields.
    #[serde(flatten)]
    pub fields: Fields,
    /// The lines of goods and services, of the most trusted source that has them.
    pub items: Vec<Item>,
    /// Where the lines were read.
    pub items_source: Option<Source>,
    /// The journey, of a passenger ticket.
    pub travel: Option<Travel>,
    /// Every comparison that was made or could not be made.
    pub checks: Vec<Check>,
    /// What follows for a person.
    pub verdict: Verdict,
    /// Each invoice of a file that shows several; then nothing else is filled in here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Self>,
}

/// The fields of an invoice; each is absent when no source has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fields {
    /// Invoice number (发票号码): 20 digits of a fully digitalised invoice, 8 of an older one.
    pub number: Option<Field<String>>,
    /// Invoice code (发票代码): 10 or 12 digits; fully digitalised invoices have none.
    pub code: Option<Field<String>>,
    /// Date of issue (开票日期).
    pub issued_on: Option<Field<Date>>,
    /// Seller's name (销售方名称).
    pub seller_name: Option<Field<String>>,
    /// Seller's tax id (销售方识别号), masked when it is a person's.
    pub seller_tax_id: Option<Field<String>>,
    /// Buyer's name (购买方名称).
    pub buyer_name: Option<Field<String>>,
    /// Buyer's tax id (购买方识别号), masked when it is a person's.
    pub buyer_tax_id: Option<Field<String>>,
    /// Amount without tax (合计金额).
    pub net: Option<Field<Money>>,
    /// Tax (合计税额).
    pub tax: Option<Field<Money>>,
    /// Total with tax (价税合计), negative on a red invoice (红字发票).
    pub total: Option<Field<Money>>,
    /// The total in capital numerals, as printed (大写).
    pub total_in_words: Option<Field<String>>,
    /// Check code (校验码) of an older invoice.
    pub check_code: Option<Field<String>>,
}

/// One line of goods or services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Item {
    /// Name with its tax category, as printed: `*餐饮服务*餐费`.
    pub name: String,
    /// Model or specification (规格型号).
    pub specification: Option<String>,
    /// Unit (单位).
    pub unit: Option<String>,
    /// Quantity (数量).
    pub quantity: Option<Decimal>,
    /// Price of one unit without tax (单价), in yuan.
    pub unit_price: Option<Decimal>,
    /// Amount without tax (金额).
    pub net: Option<Money>,
    /// Rate of tax as a fraction, 0.06 for 6 %; absent for 免税 and 不征税.
    pub rate: Option<Decimal>,
    /// The rate as printed, when it is no number.
    pub rate_words: Option<String>,
    /// Tax of the line (税额).
    pub tax: Option<Money>,
}

/// The journey on a passenger ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Travel {
    /// Where it began.
    pub from: Option<String>,
    /// Where it ended.
    pub to: Option<String>,
    /// The day of travel.
    pub date: Option<Date>,
    /// Train or flight number.
    pub train_number: Option<String>,
    /// When it began, as `HH:MM`.
    pub time: Option<String>,
    /// Coach and seat, as printed: `08车06F号`.
    pub place: Option<String>,
    /// Class of seat.
    pub seat: Option<String>,
    /// The passenger, with all but the family name masked.
    pub passenger: Option<String>,
    /// True for the invoice of a refunded ticket (退票).
    pub refund: bool,
}

impl Reading {
    /// The total, when it was read at all. Whether it may be used without a person is the verdict's to say.
    pub fn total(&self) -> Option<Money> {
        self.fields.total.as_ref().map(|field| field.value)
    }

    /// True when the amount may be filled in without asking anybody.
    pub fn is_accepted(&self) -> bool {
        self.verdict == Verdict::Accepted
    }

    /// The check of a kind, when it was made.
    pub fn check(&self, kind: CheckKind) -> Option<&Check> {
        self.checks.iter().find(|check| check.kind == kind)
    }
}
