//! VAT invoices: fully digitalised ones, and the older forms with code, number and cipher area.

use budget::Money;
use ocr::InvoiceKind;
use serde_json::{Value, json};

use super::values::{Values, printed, words};
use crate::documents::codes;
use crate::documents::page::Page;
use crate::documents::record::InvoiceRecord;

/// An invoice with one to three lines between two companies.
fn record(values: &mut Values) -> InvoiceRecord {
    let day = values.day();
    let (buyer, seller) = (values.company(), values.company());
    let mut record = InvoiceRecord::ordinary(values.below(u64::MAX), day);
    (record.buyer, record.seller) = (buyer, seller);
    for _ in 0..=values.below(3) {
        let (name, unit, percent) = values.goods();
        let quantity = u32::try_from(1 + values.below(5)).unwrap_or(1);
        record = record.line(name, unit, quantity, values.money(20, 20_000), percent);
    }
    record
}

/// 数电票.
pub(super) fn digital(values: &mut Values, kind: InvoiceKind) -> (Page, Value) {
    let record = digital_record(values, kind);
    let mut truth = record.truth();
    if let Some(fields) = truth.as_object_mut() {
        fields.insert("lines".to_owned(), record.lines_truth());
    }
    (Page::of(&record), truth)
}

/// What it says.
pub(super) fn digital_record(values: &mut Values, kind: InvoiceKind) -> InvoiceRecord {
    let mut record = record(values);
    record.number = values.digital_number(record.issued_on);
    if kind == InvoiceKind::DigitalSpecial { record.special() } else { record }
}

/// What an older invoice has beside its amounts.
struct Older {
    code: String,
    number: String,
    check: String,
    title: String,
    /// The second field of its QR code.
    sign: &'static str,
}

impl Older {
    fn of(kind: InvoiceKind, day: budget::Date, values: &mut Values) -> Self {
        let (place, region, _) = values.region();
        let (number, check) = (values.digits(8), values.digits(20));
        let (year, batch) = (day.year() % 100, 1 + values.below(9));
        let twelve = |kind: &str| format!("0{region}{year:02}00{batch}{kind}");
        let (code, sign, title) = match kind {
            InvoiceKind::PaperSpecial => {
                (format!("{region}{year:02}{batch}130"), "01", format!("{place}增值税专用发票"))
            }
            InvoiceKind::PaperOrdinary => (twelve("04"), "04", format!("{place}增值税普通发票")),
            InvoiceKind::ElectronicSpecial => (twelve("13"), "08", format!("{place}增值税电子专用发票")),
            InvoiceKind::Toll => (twelve("12"), "14", format!("{place}通行费电子普通发票")),
            InvoiceKind::Blockchain => (format!("14403{year:02}0911{batch}"), "", "深圳电子普通发票".to_owned()),
            _ => (twelve("11"), "10", format!("{place}增值税电子普通发票")),
        };
        Self { code, number, check, title, sign }
    }

    fn payload(&self, record: &InvoiceRecord, values: &mut Values) -> String {
        if self.sign.is_empty() {
            let (number, hash, fen) = (&self.number, values.digits(32), record.total.fen());
            let site = "https://bcfp.shenzhen.chinatax.gov.cn/verify/scan";
            return format!("{site}?hash={hash}&bill_num={number}&total_amount={fen}");
        }
        codes::older_payload(self.sign, &self.code, &self.number, record.net, record.issued_on, &self.check)
    }

    /// On paper the code stands left of the title and the number right of it.
    fn on_paper(&self, page: &mut Page, day: &str) {
        page.value(95.0, 22.0, 13.0, self.code.clone(), "code");
        page.value(432.0, 20.0, 14.0, format!("№{}", self.number), "number");
        page.value(530.0, 16.0, 7.0, self.code.clone(), "code");
        page.value(530.0, 26.0, 7.0, self.number.clone(), "number");
        page.label(432.0, 48.0, 8.5, "开票日期：");
        page.value(478.0, 48.0, 8.5, day, "date");
    }

    fn on_screen(&self, page: &mut Page, day: &str, machine: &str) {
        let mut y = 16.0;
        for (label, value, field) in [
            ("发票代码：", self.code.clone(), "code"),
            ("发票号码：", self.number.clone(), "number"),
            ("开票日期：", day.to_owned(), "date"),
            ("校 验 码：", grouped(&self.check), "check"),
        ] {
            page.label(430.0, y, 8.5, label);
            page.value(476.0, y, 8.5, value, field);
            y += 13.0;
        }
        page.label(92.0, 62.0, 8.0, &format!("机器编号：{machine}"));
    }
}

/// The older forms: paper, electronic, toll, blockchain.
pub(super) fn classic(values: &mut Values, kind: InvoiceKind) -> (Page, Value) {
    let record = record(values);
    let day = record.issued_on;
    let older = Older::of(kind, day, values);
    let paper = matches!(kind, InvoiceKind::PaperSpecial | InvoiceKind::PaperOrdinary);
    let qr = (kind != InvoiceKind::PaperSpecial).then_some((older.payload(&record, values), 22.0, 14.0, 56.0));
    let mut page = Page::new(600.0, 400.0, qr);
    page.label(200.0, 22.0, 17.0, &older.title);
    if paper {
        older.on_paper(&mut page, &printed(day));
    } else {
        older.on_screen(&mut page, &printed(day), &values.digits(12));
    }
    company(&mut page, values, (&record.buyer.name, &record.buyer.tax_id), 81.0, ["buyer", "buyer_id"]);
    company(&mut page, values, (&record.seller.name, &record.seller.tax_id), 299.0, ["seller", "seller_id"]);
    if kind == InvoiceKind::Blockchain {
        page.label(365.0, 90.0, 8.0, "区块链电子发票");
    } else {
        for (row, line) in values.cipher().iter().enumerate() {
            page.label(372.0, 83.0 + 13.0 * f32::from(u8::try_from(row).unwrap_or(0)), 8.5, line);
        }
    }
    table(&mut page, &record);
    sums(&mut page, &record);
    page.label(30.0, 376.0, 8.5, "收款人：");
    page.label(66.0, 376.0, 8.5, &values.person());
    page.label(300.0, 376.0, 8.5, "开票人：");
    page.label(336.0, 376.0, 8.5, &values.person());
    let mut truth = json!({
        "code": older.code, "number": older.number, "date": day.to_string(), "net": record.net.to_string(),
        "tax": record.tax.to_string(), "total": record.total.to_string(), "daxie": words(record.total),
        "buyer": record.buyer.name, "buyer_id": record.buyer.tax_id,
        "seller": record.seller.name, "seller_id": record.seller.tax_id,
        "lines": record.lines_truth(),
    });
    if let (false, Some(fields)) = (paper, truth.as_object_mut()) {
        fields.insert("check".to_owned(), Value::from(older.check));
    }
    (page, truth)
}

/// The row of sums, the total in words and figures, and the rules.
fn sums(page: &mut Page, record: &InvoiceRecord) {
    page.label(60.0, 262.0, 8.5, "合");
    page.label(100.0, 262.0, 8.5, "计");
    page.value_to(440.0, 262.0, 8.5, format!("¥{}", record.net), "net");
    page.value_to(580.0, 262.0, 8.5, format!("¥{}", record.tax), "tax");
    page.label(40.0, 281.0, 8.5, "价税合计（大写）");
    page.label(160.0, 281.0, 9.0, "⊗");
    page.value(172.0, 281.0, 9.0, words(record.total), "daxie");
    page.label(430.0, 281.0, 8.5, "（小写）");
    page.value(468.0, 281.0, 9.0, format!("¥{}", record.total), "total");
    for y in [78.0, 136.0, 275.0, 296.0, 360.0] {
        page.rules.push([15.0, y, 585.0, y]);
    }
    for x in [15.0, 585.0] {
        page.rules.push([x, 78.0, x, 360.0]);
    }
}

/// The box of one company: name, tax id, address, bank.
fn company(page: &mut Page, values: &mut Values, (name, tax_id): (&str, &str), top: f32, fields: [&'static str; 2]) {
    let [name_field, id_field] = fields;
    page.label(34.0, top, 8.0, "名　　　　称：");
    page.value(92.0, top, 8.0, name, name_field);
    page.label(34.0, top + 14.0, 8.0, "纳税人识别号：");
    page.value(92.0, top + 13.5, 9.0, tax_id, id_field);
    page.label(34.0, top + 28.0, 8.0, "地址、 电话：");
    page.label(92.0, top + 28.0, 8.0, &format!("建设路{}号 {}", 1 + values.below(200), values.phone()));
    page.label(34.0, top + 42.0, 8.0, "开户行及账号：");
    page.label(92.0, top + 42.0, 8.0, &format!("招商银行示例支行 {}", values.digits(15)));
}

fn table(page: &mut Page, record: &InvoiceRecord) {
    let heads = ["货物或应税劳务、服务名称", "规格型号", "单位", "数量", "单价", "金额", "税率", "税额"];
    for (x, head) in [22.0, 150.0, 205.0, 245.0, 310.0, 405.0, 460.0, 550.0].into_iter().zip(heads) {
        page.label(x, 139.0, 8.0, head);
    }
    for (row, line) in record.lines.iter().enumerate() {
        let y = 152.0 + f32::from(u8::try_from(row).unwrap_or(0)) * 12.0;
        let price = line.net.to_decimal() / rust_decimal::Decimal::from(line.quantity.max(1));
        page.value(20.0, y, 8.0, line.name.clone(), "item");
        page.value(210.0, y, 8.0, line.unit.clone(), "unit");
        page.value_to(268.0, y, 8.0, line.quantity.to_string(), "quantity");
        page.value_to(340.0, y, 8.0, price.round_dp(2).to_string(), "price");
        page.value_to(440.0, y, 8.0, line.net.to_string(), "line_net");
        let percent = (line.rate * rust_decimal::Decimal::ONE_HUNDRED).normalize();
        page.value_to(482.0, y, 8.0, format!("{percent}%"), "rate");
        page.value_to(580.0, y, 8.0, line.tax.to_string(), "line_tax");
    }
}

/// `12345 67890 12345 67890`, as check codes are printed.
fn grouped(digits: &str) -> String {
    let chars: Vec<char> = digits.chars().collect();
    chars.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The net amount inside a total with tax.
pub(super) fn net(total: Money, percent: i64) -> Money {
    let divisor = rust_decimal::Decimal::ONE + rust_decimal::Decimal::new(percent, 2);
    let net = total.to_decimal().checked_div(divisor).unwrap_or_default();
    let rounded = net.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    Money::from_decimal(rounded).unwrap_or(Money::ZERO)
}
