//! The printed page of an invoice, as texts and rules at places: PDF, OFD and photographs are drawn from it.

use super::record::{InvoiceRecord, Journey, Line};

/// One text at a place. Lengths are points, counted from the upper left.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) x: f32,
    /// The upper edge of the characters.
    pub(crate) y: f32,
    pub(crate) size: f32,
    pub(crate) content: String,
    /// Which field of the invoice it is; labels are none.
    pub(crate) field: Option<&'static str>,
}

/// A printed page.
#[derive(Clone, Debug)]
pub struct Page {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) texts: Vec<Text>,
    /// Rules, from one point to another.
    pub(crate) rules: Vec<[f32; 4]>,
    /// Payload, left edge, upper edge and side of the QR code.
    pub(crate) qr: Option<(String, f32, f32, f32)>,
}

/// How many lines of goods fit a page.
const LINES_A_PAGE: usize = 8;

/// How wide a character is, in parts of its size.
pub(crate) fn advance(c: char) -> f32 {
    if c.is_ascii() || c == '¥' { 0.5 } else { 1.0 }
}

impl Page {
    /// The page of an invoice.
    pub fn of(invoice: &InvoiceRecord) -> Self {
        match &invoice.journey {
            Some(journey) => Self::ticket(invoice, journey),
            None => Self::invoice(invoice),
        }
    }

    /// The same page with one field printed differently, as a forger would do. The QR code stays as it was.
    #[must_use]
    pub fn edited(mut self, field: &str, content: &str) -> Self {
        for text in self.texts.iter_mut().filter(|text| text.field == Some(field)) {
            content.clone_into(&mut text.content);
        }
        self
    }

    /// The upper part of the page only and without its QR code, as a careless copy.
    #[must_use]
    pub fn cut_below(mut self, height: f32) -> Self {
        self.qr = None;
        self.texts.retain(|text| text.y + text.size < height);
        for rule in &mut self.rules {
            let [_, from, _, to] = rule;
            (*from, *to) = (from.min(height), to.min(height));
        }
        self.height = height;
        self
    }

    pub(crate) fn new(width: f32, height: f32, qr: Option<(String, f32, f32, f32)>) -> Self {
        Self { width, height, texts: Vec::new(), rules: Vec::new(), qr }
    }

    pub(crate) fn label(&mut self, x: f32, y: f32, size: f32, content: &str) {
        self.texts.push(Text { x, y, size, content: content.to_owned(), field: None });
    }

    pub(crate) fn value(&mut self, x: f32, y: f32, size: f32, content: impl Into<String>, field: &'static str) {
        self.texts.push(Text { x, y, size, content: content.into(), field: Some(field) });
    }

    /// A value that ends at a place, as amounts do.
    pub(crate) fn value_to(&mut self, right: f32, y: f32, size: f32, content: impl Into<String>, field: &'static str) {
        let content = content.into();
        let width: f32 = content.chars().map(|c| advance(c) * size).sum();
        self.value(right - width, y, size, content, field);
    }

    /// The pages of an invoice whose lines do not fit one: each repeats the head and adds up its own lines, the last one
    /// has the sums.
    pub fn pages(invoice: &InvoiceRecord) -> Vec<Self> {
        let chunks: Vec<&[Line]> = invoice.lines.chunks(LINES_A_PAGE).collect();
        let count = chunks.len().max(1);
        let page = |(index, lines): (usize, &&[Line])| {
            let mut page = Self::head(invoice);
            page.lines(lines);
            if count > 1 {
                let sum = |of: &dyn Fn(&Line) -> budget::Money| {
                    budget::Money::checked_sum(lines.iter().map(of)).unwrap_or_default()
                };
                page.label(60.0, 252.0, 8.0, "小");
                page.label(100.0, 252.0, 8.0, "计");
                page.label(370.0, 252.0, 8.0, &format!("¥{}", sum(&|line| line.net)));
                page.label(540.0, 252.0, 8.0, &format!("¥{}", sum(&|line| line.tax)));
                page.label(500.0, 60.0, 7.5, &format!("共{count}页 第{}页", index + 1));
            }
            if index + 1 == count {
                page.sums(invoice);
            }
            page
        };
        chunks.iter().enumerate().map(page).collect()
    }

    fn invoice(invoice: &InvoiceRecord) -> Self {
        let mut page = Self::head(invoice);
        page.lines(&invoice.lines);
        page.sums(invoice);
        page
    }

    fn head(invoice: &InvoiceRecord) -> Self {
        let mut page = Self::new(595.0, 397.0, Some((invoice.qr_payload(), 22.0, 14.0, 56.0)));
        page.label(212.0, 24.0, 17.0, invoice.title());
        page.label(430.0, 26.0, 8.5, "发票号码：");
        page.value(474.0, 26.0, 8.5, invoice.number.clone(), "number");
        page.label(430.0, 42.0, 8.5, "开票日期：");
        page.value(474.0, 42.0, 8.5, invoice.issued_on_printed(), "date");
        for (x, side) in [(15.0, "购买方信息"), (298.0, "销售方信息")] {
            for (row, c) in side.chars().enumerate() {
                let row = f32::from(u8::try_from(row).unwrap_or(0));
                page.label(x + 4.0, 82.0 + row * 10.5, 8.5, &c.to_string());
            }
            page.rules.push([x + 17.0, 78.0, x + 17.0, 136.0]);
        }
        for (x, party, name, id) in
            [(36.0, &invoice.buyer, "buyer", "buyer_id"), (319.0, &invoice.seller, "seller", "seller_id")]
        {
            page.label(x, 88.0, 8.5, "名称：");
            page.value(x + 27.0, 88.0, 8.5, party.name.clone(), name);
            page.label(x, 116.0, 8.0, "统一社会信用代码/纳税人识别号：");
            page.value(x + 128.0, 116.0, 9.0, party.tax_id.clone(), id);
        }
        page
    }

    fn sums(&mut self, invoice: &InvoiceRecord) {
        let page = self;
        page.label(60.0, 262.0, 8.5, "合");
        page.label(100.0, 262.0, 8.5, "计");
        page.value_to(408.0, 262.0, 8.5, format!("¥{}", invoice.net), "net");
        page.value_to(576.0, 262.0, 8.5, format!("¥{}", invoice.tax), "tax");
        page.label(50.0, 281.0, 8.5, "价税合计（大写）");
        page.value(174.0, 281.0, 9.0, invoice.total_in_words(), "daxie");
        page.label(400.0, 281.0, 8.5, "（小写）");
        page.value(437.0, 281.0, 9.0, format!("¥{}", invoice.total), "total");
        page.label(20.0, 318.0, 8.5, "备");
        page.label(20.0, 340.0, 8.5, "注");
        page.label(60.0, 376.0, 8.5, "开票人：");
        page.label(94.0, 376.0, 8.5, "管理员");
        for y in [78.0, 136.0, 275.0, 296.0, 370.0] {
            page.rules.push([15.0, y, 580.0, y]);
        }
        for (x, low) in [(15.0, 370.0), (298.0, 136.0), (580.0, 370.0)] {
            page.rules.push([x, 78.0, x, low]);
        }
        page.rules.push([150.0, 275.0, 150.0, 296.0]);
    }

    fn lines(&mut self, lines: &[Line]) {
        let heads = ["项目名称", "规格型号", "单位", "数量", "单价", "金额", "税率/征收率", "税额"];
        for (x, head) in [40.0, 130.0, 200.0, 240.0, 300.0, 380.0, 430.0, 550.0].into_iter().zip(heads) {
            self.label(x, 139.0, 8.5, head);
        }
        for (row, line) in lines.iter().enumerate() {
            let y = 152.0 + f32::from(u8::try_from(row).unwrap_or(0)) * 12.0;
            let price = line.net.to_decimal() / rust_decimal::Decimal::from(line.quantity.max(1));
            self.value(18.0, y, 8.0, line.name.clone(), "item");
            self.value(205.0, y, 8.0, line.unit.clone(), "unit");
            self.value_to(262.0, y, 8.0, line.quantity.to_string(), "quantity");
            self.value_to(330.0, y, 8.0, price.round_dp(2).to_string(), "price");
            self.value_to(408.0, y, 8.0, line.net.to_string(), "line_net");
            let percent = (line.rate * rust_decimal::Decimal::ONE_HUNDRED).normalize();
            self.value_to(475.0, y, 8.0, format!("{percent}%"), "rate");
            self.value_to(576.0, y, 8.0, line.tax.to_string(), "line_tax");
        }
    }

    fn ticket(invoice: &InvoiceRecord, journey: &Journey) -> Self {
        let mut page = Self::new(595.0, 330.0, Some((invoice.qr_payload(), 480.0, 160.0, 66.0)));
        page.label(196.0, 18.0, 17.0, invoice.title());
        page.value(40.0, 56.0, 10.0, format!("发票号码:{}", invoice.number), "number");
        page.value(400.0, 56.0, 10.0, format!("开票日期:{}", invoice.issued_on_printed()), "date");
        page.value(90.0, 95.0, 17.0, format!("{}站", journey.from), "from");
        page.value(270.0, 95.0, 16.0, journey.train.clone(), "train");
        page.value(400.0, 95.0, 17.0, format!("{}站", journey.to), "to");
        let day = journey.date;
        let printed = format!("{}年{:02}月{:02}日", day.year(), day.month(), day.day());
        page.value(60.0, 135.0, 12.0, printed, "travel_date");
        page.label(190.0, 135.0, 12.0, "09:00开");
        page.label(400.0, 135.0, 12.0, "二等座");
        page.label(60.0, 165.0, 11.0, "票价:");
        page.value(95.0, 164.0, 12.0, format!("￥{}", invoice.total), "total");
        page.value(230.0, 195.0, 12.0, journey.passenger.clone(), "passenger");
        page.value(60.0, 245.0, 10.0, format!("购买方名称:{}", invoice.buyer.name), "buyer");
        page.value(300.0, 245.0, 10.0, format!("统一社会信用代码:{}", invoice.buyer.tax_id), "buyer_id");
        for [x, y, to_x, to_y] in [
            [30.0, 80.0, 565.0, 80.0],
            [30.0, 290.0, 565.0, 290.0],
            [30.0, 80.0, 30.0, 290.0],
            [565.0, 80.0, 565.0, 290.0],
        ] {
            page.rules.push([x, y, to_x, to_y]);
        }
        page
    }
}
