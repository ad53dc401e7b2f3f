//! Narrow receipts: till rolls, taxis, tolls, printed amounts, till slips.

use budget::Money;
use serde_json::{Value, json};

use super::values::{Values, printed, words};
use crate::documents::codes;
use crate::documents::page::Page;

/// 增值税普通发票（卷票）.
pub(super) fn roll(values: &mut Values) -> (Page, Value) {
    let day = values.day();
    let (_, region, _) = values.region();
    let (number, check) = (values.digits(8), values.digits(20));
    let code = format!("0{region}{:02}00{}07", day.year() % 100, 1 + values.below(9));
    let (seller, buyer) = (values.company(), values.company());
    let total = values.money(10, 3_000);
    let payload = codes::older_payload("11", &code, &number, total, day, &check);
    let mut page = Page::new(230.0, 470.0, Some((payload, 75.0, 372.0, 80.0)));
    page.label(32.0, 14.0, 13.0, "增值税普通发票（卷票）");
    let mut y = 48.0;
    let mut row = |page: &mut Page, label: &str, value: &str, field: Option<&'static str>| {
        page.label(16.0, y, 9.0, label);
        let x = 16.0 + 9.0 * f32::from(u8::try_from(label.chars().count()).unwrap_or(0));
        match field {
            Some(field) => page.value(x, y, 9.0, value, field),
            None => page.label(x, y, 9.0, value),
        }
        y += 17.0;
    };
    row(&mut page, "发票代码：", &code, Some("code"));
    row(&mut page, "发票号码：", &number, Some("number"));
    row(&mut page, "机打号码：", &number, None);
    row(&mut page, "机器编号：", &values.digits(12), None);
    row(&mut page, "销售方名称：", &seller.name, Some("seller"));
    row(&mut page, "纳税人识别号：", &seller.tax_id, Some("seller_id"));
    row(&mut page, "开票日期：", &day.to_string(), Some("date"));
    row(&mut page, "收款员：", &values.person(), None);
    row(&mut page, "购买方名称：", &buyer.name, Some("buyer"));
    row(&mut page, "纳税人识别号：", &buyer.tax_id, Some("buyer_id"));
    row(&mut page, "项目", "　　单价　　数量　　金额", None);
    row(&mut page, "餐费", &format!("　　{total}　1　{total}"), None);
    row(&mut page, "合计金额（小写）：", &format!("¥{total}"), Some("total"));
    row(&mut page, "合计金额（大写）：", &words(total), Some("daxie"));
    row(&mut page, "校验码：", &check, Some("check"));
    let truth = json!({
        "code": code, "number": number, "date": day.to_string(), "total": total.to_string(), "daxie": words(total),
        "check": check,
    });
    (page, truth)
}

/// 出租汽车发票: the meter's values stand beside their labels, a little off.
pub(super) fn taxi(values: &mut Values) -> (Page, Value) {
    let day = values.day();
    let (place, region, _) = values.region();
    let (code, number) = (format!("1{region}{}", values.digits(7)), values.digits(8));
    let fare = Money::from_fen(values.money(11, 260).fen() / 10 * 10);
    let mut page = Page::new(200.0, 430.0, None);
    page.label(22.0, 16.0, 13.0, &format!("{place}市出租汽车专用发票"));
    page.label(70.0, 38.0, 11.0, "发票联");
    page.label(16.0, 62.0, 10.0, "发票代码");
    page.value(68.0, 62.0, 10.5, code.clone(), "code");
    page.label(16.0, 80.0, 10.0, "发票号码");
    page.value(68.0, 80.0, 10.5, number.clone(), "number");
    let drift = f32::from(u8::try_from(values.below(5)).unwrap_or(0));
    let (on, off) = (values.time(), values.time());
    let mut y = 110.0;
    for (label, value, field) in [
        ("单位", "平安出租汽车公司".to_owned(), None),
        ("电话", values.digits(8), None),
        ("车号", format!("B-{}", values.digits(5)), None),
        ("证号", values.digits(6), None),
        ("日期", printed(day), Some("date")),
        ("上车", on, None),
        ("下车", off, None),
        ("单价", "2.30元".to_owned(), None),
        ("里程", format!("{}.{}km", 2 + values.below(40), values.below(10)), None),
        ("等候", "00:03:12".to_owned(), None),
        ("金额", format!("¥{fare}元"), Some("total")),
    ] {
        page.label(16.0, y, 10.0, label);
        match field {
            Some(field) => page.value(68.0, y + drift, 10.5, value, field),
            None => page.label(68.0, y + drift, 10.5, &value),
        }
        y += 23.0;
    }
    page.label(16.0, 390.0, 8.0, "手写无效 车费含燃油附加费");
    let truth = json!({"code": code, "number": number, "date": day.to_string(), "total": fare.to_string()});
    (page, truth)
}

/// 过路费.
pub(super) fn toll(values: &mut Values) -> (Page, Value) {
    let day = values.day();
    let (place, region, _) = values.region();
    let (code, number) = (format!("1{region}{}", values.digits(7)), values.digits(8));
    let fee = Money::from_fen(values.money(5, 400).fen() / 100 * 100);
    let mut page = Page::new(230.0, 300.0, None);
    page.label(16.0, 16.0, 12.0, &format!("{place}省高速公路车辆过路费发票"));
    page.label(16.0, 48.0, 10.0, "发票代码");
    page.value(70.0, 48.0, 10.5, code.clone(), "code");
    page.label(16.0, 66.0, 10.0, "发票号码");
    page.value(70.0, 66.0, 10.5, number.clone(), "number");
    page.label(16.0, 96.0, 10.0, &format!("入口站：{}", values.stations().0));
    page.label(16.0, 116.0, 10.0, &format!("出口站：{}", values.stations().1));
    page.label(16.0, 136.0, 10.0, "车型：客一");
    page.label(16.0, 156.0, 10.0, "金额：");
    page.value(54.0, 155.0, 12.0, format!("¥{fee}元"), "total");
    page.label(16.0, 178.0, 10.0, "日期：");
    page.value(54.0, 178.0, 10.0, format!("{day} {}", values.time()), "date");
    page.label(16.0, 198.0, 10.0, &format!("收费员：{}", values.digits(6)));
    let truth = json!({"code": code, "number": number, "date": day.to_string(), "total": fee.to_string()});
    (page, truth)
}

/// 通用定额发票: the amount is part of the form, and there is no date.
pub(super) fn quota(values: &mut Values) -> (Page, Value) {
    let (place, region, _) = values.region();
    let (code, number) = (format!("1{region}{}", values.digits(7)), values.digits(8));
    let amount = Money::from_fen(values.pick(&[100_i64, 200, 500, 1_000, 2_000, 5_000, 10_000]));
    let mut page = Page::new(400.0, 200.0, None);
    page.label(90.0, 16.0, 14.0, &format!("{place}国家税务局通用定额发票"));
    page.label(170.0, 42.0, 11.0, "发票联");
    page.label(20.0, 74.0, 10.0, "发票代码");
    page.value(76.0, 74.0, 11.0, code.clone(), "code");
    page.label(20.0, 94.0, 10.0, "发票号码");
    page.value(76.0, 94.0, 11.0, number.clone(), "number");
    page.value(120.0, 122.0, 18.0, words(amount), "daxie");
    page.value(240.0, 122.0, 18.0, format!("¥{amount}"), "total");
    page.label(20.0, 166.0, 9.0, "收款单位（盖章有效）");
    let truth = json!({"code": code, "number": number, "total": amount.to_string()});
    (page, truth)
}

/// 购物小票: goods, a sum, and no number that a tax authority knows.
pub(super) fn till(values: &mut Values) -> (Page, Value) {
    let day = values.day();
    let mut page = Page::new(230.0, 380.0, None);
    page.label(54.0, 16.0, 13.0, "嘉禾超市购物小票");
    page.label(16.0, 48.0, 9.5, &format!("流水：{}", values.digits(10)));
    page.label(16.0, 66.0, 9.5, "日期：");
    page.value(50.0, 66.0, 9.5, format!("{day} {}", values.time()), "date");
    page.label(16.0, 90.0, 9.5, "品名");
    page.label(110.0, 90.0, 9.5, "数量");
    page.label(164.0, 90.0, 9.5, "小计");
    let mut sum = Money::ZERO;
    let mut y = 110.0;
    for name in ["矿泉水", "笔记本", "电池", "纸巾"] {
        let price = values.money(2, 60);
        sum = sum.checked_add(price).unwrap_or(sum);
        page.label(16.0, y, 9.5, name);
        page.label(116.0, y, 9.5, "1");
        page.label(164.0, y, 9.5, &price.to_string());
        y += 19.0;
    }
    page.label(16.0, y + 14.0, 11.0, "合计金额：");
    page.value(80.0, y + 14.0, 11.0, format!("¥{sum}"), "total");
    page.label(16.0, y + 40.0, 9.5, "微信支付");
    page.label(50.0, y + 70.0, 9.5, "谢谢惠顾 欢迎再来");
    let truth = json!({"date": day.to_string(), "total": sum.to_string()});
    (page, truth)
}
