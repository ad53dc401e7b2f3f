//! Tickets: rail (electronic and paper), air, coach, ferry.

use serde_json::{Value, json};

use super::values::{Values, printed};
use super::vat;
use crate::documents::codes;
use crate::documents::page::Page;
use crate::documents::record::{InvoiceRecord, Journey};

/// 铁路电子客票.
pub(super) fn rail(values: &mut Values) -> (Page, Value) {
    let day = values.day_between(2024, 2026);
    let (from, to) = values.stations();
    let train = format!("{}{}", values.pick(&['G', 'D']), 1 + values.below(2_000));
    let journey = Journey { from, to, train, date: day, passenger: values.person() };
    let fare = values.money(20, 2_000);
    let mut ticket = InvoiceRecord::rail(values.below(u64::MAX), day, fare, journey);
    ticket.buyer = values.company();
    ticket.number = values.digital_number(day);
    (Page::of(&ticket), ticket.printed_truth())
}

/// 航空运输电子客票行程单: fare, surcharge, fund and tax make the total.
pub(super) fn air(values: &mut Values) -> (Page, Value) {
    let day = values.day_between(2025, 2026);
    let (from, to) = values.stations();
    let (fare, surcharge) = (values.money(300, 3_000), values.money(20, 180));
    let fund = budget::Money::from_fen(5_000);
    let taxed = fare.checked_add(surcharge).unwrap_or_default();
    let net = vat::net(taxed, 9);
    let tax = taxed.checked_sub(net).unwrap_or_default();
    let total = taxed.checked_add(fund).unwrap_or_default();
    // The fare as printed is without tax; the surcharge too.
    let net_surcharge = vat::net(surcharge, 9);
    let net_fare = net.checked_sub(net_surcharge).unwrap_or_default();
    let number = values.digital_number(day);
    let buyer = values.company();
    let payload = codes::qr_payload("61", &number, total, day);
    let mut page = Page::new(600.0, 360.0, Some((payload, 22.0, 14.0, 56.0)));
    page.label(150.0, 22.0, 16.0, "电子发票（航空运输电子客票行程单）");
    page.label(430.0, 48.0, 8.5, "发票号码：");
    page.value(474.0, 48.0, 8.5, number.clone(), "number");
    page.label(430.0, 62.0, 8.5, "填开日期：");
    page.value(474.0, 62.0, 8.5, printed(day), "date");
    page.label(30.0, 90.0, 8.5, &format!("旅客姓名  {}", values.person()));
    page.label(220.0, 90.0, 8.5, &format!("有效身份证件号码  1101********{}", values.digits(4)));
    for (row, (label, text)) in [("自：", &from), ("至：", &to)].into_iter().enumerate() {
        let y = 122.0 + 16.0 * f32::from(u8::try_from(row).unwrap_or(0));
        page.label(30.0, y, 9.0, label);
        page.label(52.0, y, 9.0, text);
    }
    page.label(150.0, 122.0, 9.0, &format!("CA{}", 1_000 + values.below(8_000)));
    page.label(220.0, 122.0, 9.0, &format!("Y  {}  {}", day, values.time()));
    let mut x = 30.0;
    for (label, amount) in [
        ("票价", format!("CNY {net_fare}")),
        ("燃油附加费", format!("CNY {net_surcharge}")),
        ("增值税税率", "9%".to_owned()),
        ("增值税税额", format!("CNY {tax}")),
        ("民航发展基金", format!("CNY {fund}")),
    ] {
        page.label(x, 190.0, 8.5, label);
        page.label(x, 206.0, 8.5, &amount);
        x += 96.0;
    }
    page.label(510.0, 190.0, 8.5, "合计");
    page.value(510.0, 206.0, 8.5, format!("CNY {total}"), "total");
    page.label(30.0, 250.0, 8.5, "购买方名称：");
    page.value(86.0, 250.0, 8.5, buyer.name.clone(), "buyer");
    page.label(300.0, 250.0, 8.5, "统一社会信用代码/纳税人识别号：");
    page.value(428.0, 250.0, 9.0, buyer.tax_id.clone(), "buyer_id");
    page.rules.push([20.0, 80.0, 580.0, 80.0]);
    page.rules.push([20.0, 280.0, 580.0, 280.0]);
    let truth =
        json!({"number": number, "date": day.to_string(), "total": total.to_string(), "buyer_id": buyer.tax_id});
    (page, truth)
}

/// 火车票, the blue or pink one of paper.
pub(super) fn paper_train(values: &mut Values) -> (Page, Value) {
    let day = values.day_between(2017, 2024);
    let (from, to) = values.stations();
    let train = format!("{}{}", values.pick(&['G', 'D', 'K']), 1 + values.below(2_000));
    let (fare, time) = (values.money(10, 1_500), values.time());
    let letter = values.pick(&['A', 'B', 'D', 'E', 'M', 'V']);
    let number = format!("{}{letter}{}", values.digits(2), values.digits(6));
    let class = values.pick(&["二等座", "一等座", "新空调硬座"]);
    let seat = format!("{:02}车{:02}{}号", 1 + values.below(16), 1 + values.below(18), values.pick(&['A', 'C', 'F']));
    let mut page = Page::new(330.0, 210.0, None);
    page.value(14.0, 12.0, 12.0, number.clone(), "number");
    page.label(232.0, 12.0, 10.0, &format!("检票口{}", 1 + values.below(20)));
    page.value(30.0, 38.0, 15.0, format!("{from}站"), "from");
    page.value(136.0, 38.0, 15.0, train.clone(), "train");
    page.value(206.0, 38.0, 15.0, format!("{to}站"), "to");
    page.value(14.0, 74.0, 11.0, format!("{}{time}开", printed(day)), "date");
    page.value(206.0, 74.0, 11.0, seat.clone(), "seat");
    page.value(14.0, 94.0, 12.0, format!("￥{fare}元"), "total");
    page.value(206.0, 94.0, 11.0, class, "class");
    page.label(14.0, 114.0, 10.0, "限乘当日当次车");
    page.label(14.0, 134.0, 10.0, &format!("1101******{} {}", values.digits(4), values.person()));
    page.label(60.0, 160.0, 9.0, "买票请到12306 发货请到95306");
    page.label(14.0, 190.0, 9.0, &format!("{} 北京售", values.digits(20)));
    let truth = json!({
        "number": number, "date": day.to_string(), "total": fare.to_string(), "origin": from, "dest": to,
        "train": train, "time": time, "seat": seat, "cls": class,
    });
    (page, truth)
}

/// 客运汽车票.
pub(super) fn coach(values: &mut Values) -> (Page, Value) {
    ticket(values, "公路客运汽车票", ["发车时间", "座位号"])
}

/// 船票.
pub(super) fn ferry(values: &mut Values) -> (Page, Value) {
    ticket(values, "水路客运船票", ["开船时间", "舱位号"])
}

fn ticket(values: &mut Values, title: &str, [time, seat]: [&str; 2]) -> (Page, Value) {
    let day = values.day();
    let (from, to) = values.stations();
    let fare = values.money(5, 400);
    let (code, number) = (format!("1{}{}", values.region().1, values.digits(7)), values.digits(8));
    let mut page = Page::new(360.0, 220.0, None);
    page.label(110.0, 14.0, 15.0, title);
    for (y, label, value, field) in
        [(42.0, "发票代码", code.clone(), "code"), (58.0, "发票号码", number.clone(), "number")]
    {
        page.label(20.0, y, 9.5, label);
        page.value(74.0, y, 10.5, value, field);
    }
    page.label(20.0, 84.0, 10.0, &format!("起点  {from}"));
    page.label(180.0, 84.0, 10.0, &format!("终点  {to}"));
    page.label(20.0, 106.0, 10.0, "乘车日期");
    page.value(74.0, 106.0, 10.5, printed(day), "date");
    page.label(200.0, 106.0, 10.0, &format!("{time}  {}", values.time()));
    page.label(20.0, 130.0, 10.0, "票价");
    page.value(74.0, 129.0, 12.0, format!("¥{fare}"), "total");
    page.label(200.0, 130.0, 10.0, &format!("{seat}  {}", 1 + values.below(40)));
    page.label(20.0, 160.0, 9.0, &format!("实名制 {}", values.person()));
    page.label(20.0, 190.0, 8.5, "当日当次有效 过期作废");
    let truth = json!({"code": code, "number": number, "date": day.to_string(), "total": fare.to_string()});
    (page, truth)
}
