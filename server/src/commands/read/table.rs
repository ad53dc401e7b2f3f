//! A reading as a table in Chinese.

use std::fmt::{Display, Write};

use ocr::{Field, InvoiceKind, Language, Outcome, Reading, Source, Verdict, explain};

/// The table of one file.
pub(super) fn of(file: &str, reading: &Reading) -> String {
    let mut out = format!("{file}\n");
    // Writing to a String cannot fail, so the results below say nothing.
    let _ = writeln!(out, "  {}", kind(reading.kind));
    let _ = writeln!(out, "  结论        {}", verdict(&reading.verdict));
    for reason in reading.verdict.reasons() {
        let _ = writeln!(out, "              {}", sentence(reason.code()));
    }
    let fields = &reading.fields;
    row(&mut out, "发票号码", fields.number.as_ref());
    row(&mut out, "发票代码", fields.code.as_ref());
    row(&mut out, "开票日期", fields.issued_on.as_ref());
    row(&mut out, "销售方", fields.seller_name.as_ref());
    row(&mut out, "销方税号", fields.seller_tax_id.as_ref());
    row(&mut out, "购买方", fields.buyer_name.as_ref());
    row(&mut out, "购方税号", fields.buyer_tax_id.as_ref());
    row(&mut out, "金额", fields.net.as_ref());
    row(&mut out, "税额", fields.tax.as_ref());
    row(&mut out, "价税合计", fields.total.as_ref());
    row(&mut out, "大写", fields.total_in_words.as_ref());
    row(&mut out, "校验码", fields.check_code.as_ref());
    if let Some(travel) = &reading.travel {
        let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
        let train = travel.train_number.as_deref().unwrap_or("");
        let date = travel.date.map(|date| date.to_string()).unwrap_or_default();
        let _ = writeln!(out, "  {} {} → {} {train} {date}", pad("行程"), part(&travel.from), part(&travel.to));
    }
    for item in &reading.items {
        let net = item.net.map(|net| net.to_string()).unwrap_or_default();
        let tax = item.tax.map(|tax| tax.to_string()).unwrap_or_default();
        let _ = writeln!(out, "  {} {}  {net}  税 {tax}", pad("明细"), item.name);
    }
    for check in reading.checks.iter().filter(|check| check.outcome != Outcome::NotPossible) {
        let mark = if check.outcome == Outcome::Passed { "✓" } else { "✗" };
        let _ = writeln!(out, "  {mark} {}", sentence(check.message.code()));
        if check.outcome == Outcome::Failed {
            for side in &check.compared {
                let _ = writeln!(out, "      {} {}：{}", source(side.source), side.field, side.value);
            }
        }
    }
    out.push('\n');
    out
}

fn row<T: Display>(out: &mut String, name: &str, field: Option<&Field<T>>) {
    let Some(field) = field else { return };
    let sources: Vec<_> = std::iter::once(&field.source).chain(&field.agreeing).map(|s| source(*s)).collect();
    let _ = writeln!(out, "  {} {}  〔{}〕", pad(name), field.value, sources.join("＋"));
}

/// Five Chinese characters wide; each takes two columns of a terminal.
fn pad(name: &str) -> String {
    let missing = 5usize.saturating_sub(name.chars().count());
    format!("{name}{}", "  ".repeat(missing))
}

fn sentence(code: &str) -> &str {
    explain(code, Language::Chinese).unwrap_or(code)
}

const fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "可直接采用",
        Verdict::Confirm(_) => "请核对后确认",
        Verdict::Conflict(_) => "互相矛盾，请对照原件",
        Verdict::Unreadable(_) => "未能识别，请手工填写",
    }
}

const fn source(source: Source) -> &'static str {
    match source {
        Source::Xml => "XML",
        Source::Ofd => "OFD",
        Source::PdfInformation => "PDF 属性",
        Source::PdfText => "PDF 文本",
        Source::Qr => "二维码",
        Source::Ocr => "文字识别",
        Source::Typed => "手工",
    }
}

const fn kind(kind: InvoiceKind) -> &'static str {
    match kind {
        InvoiceKind::DigitalSpecial => "电子发票（增值税专用发票）",
        InvoiceKind::DigitalOrdinary => "电子发票（普通发票）",
        InvoiceKind::Rail => "电子发票（铁路电子客票）",
        InvoiceKind::Air => "电子发票（航空运输电子客票行程单）",
        InvoiceKind::PaperSpecial => "增值税专用发票",
        InvoiceKind::PaperOrdinary => "增值税普通发票",
        InvoiceKind::ElectronicSpecial => "增值税电子专用发票",
        InvoiceKind::ElectronicOrdinary => "增值税电子普通发票",
        InvoiceKind::Toll => "通行费电子普通发票",
        InvoiceKind::Roll => "增值税普通发票（卷票）",
        InvoiceKind::Blockchain => "区块链电子发票",
        InvoiceKind::Taxi => "出租汽车发票",
        InvoiceKind::PaperTrain => "火车票",
        InvoiceKind::Vehicle => "机动车销售统一发票",
        InvoiceKind::UsedVehicle => "二手车销售统一发票",
        InvoiceKind::PaperToll => "过路费票据",
        InvoiceKind::Quota => "定额发票",
        InvoiceKind::Coach => "客运汽车票",
        InvoiceKind::Ferry => "船票",
        InvoiceKind::TillSlip => "购物小票（不是发票）",
        InvoiceKind::Contract => "合同",
        InvoiceKind::BankReceipt => "银行回单",
        InvoiceKind::Unknown => "未识别的票种",
    }
}
