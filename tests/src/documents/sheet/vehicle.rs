//! Sales of vehicles: 机动车销售统一发票 and 二手车销售统一发票.

use serde_json::{Value, json};

use super::values::{Values, printed, words};
use super::vat;
use crate::documents::codes;
use crate::documents::page::Page;

/// 机动车销售统一发票: the tax is inside the price, and both figures are printed.
pub(super) fn new(values: &mut Values) -> (Page, Value) {
    let (day, total) = (values.day(), values.money(50_000, 400_000));
    let net = vat::net(total, 13);
    let tax = total.checked_sub(net).unwrap_or_default();
    let (code, number) = (format!("1{}1{}", values.region().1, values.digits(6)), values.digits(8));
    let (buyer, seller) = (values.company(), values.company());
    let payload = codes::older_payload("03", &code, &number, net, day, "");
    let mut page = Page::new(600.0, 400.0, Some((payload, 22.0, 14.0, 56.0)));
    page.label(190.0, 22.0, 17.0, "机动车销售统一发票");
    head(&mut page, &code, &number, &printed(day));
    let frame = values.digits(9);
    for (y, label, value, field) in [
        (92.0, "购买方名称：", buyer.name.clone(), "buyer"),
        (110.0, "纳税人识别号：", buyer.tax_id.clone(), "buyer_id"),
    ] {
        page.label(30.0, y, 8.5, label);
        page.value(100.0, y, 8.5, value, field);
    }
    page.label(30.0, 130.0, 8.5, "车辆类型  轿车");
    page.label(220.0, 130.0, 8.5, "厂牌型号  远行牌YX7000");
    page.label(30.0, 148.0, 8.5, &format!("发动机号码  E{frame}"));
    page.label(300.0, 148.0, 8.5, &format!("车架号码  LYX{}A{frame}", values.digits(4)));
    page.label(30.0, 176.0, 8.5, "价税合计（大写）");
    page.value(110.0, 176.0, 9.0, words(total), "daxie");
    page.label(400.0, 176.0, 8.5, "（小写）");
    page.value(440.0, 176.0, 9.0, format!("¥{total}"), "total");
    page.label(30.0, 200.0, 8.5, "销售方名称：");
    page.value(100.0, 200.0, 8.5, seller.name.clone(), "seller");
    page.label(30.0, 218.0, 8.5, "纳税人识别号：");
    page.value(100.0, 218.0, 9.0, seller.tax_id.clone(), "seller_id");
    page.label(30.0, 250.0, 8.5, "增值税税率");
    page.label(90.0, 250.0, 8.5, "13%");
    page.label(150.0, 250.0, 8.5, "增值税税额");
    page.value(210.0, 250.0, 8.5, format!("¥{tax}"), "tax");
    page.label(360.0, 250.0, 8.5, "不含税价");
    page.value(410.0, 250.0, 8.5, format!("¥{net}"), "net");
    frame_of(&mut page);
    let truth = json!({
        "code": code, "number": number, "date": day.to_string(), "total": total.to_string(), "net": net.to_string(),
        "tax": tax.to_string(), "daxie": words(total), "buyer_id": buyer.tax_id, "seller_id": seller.tax_id,
    });
    (page, truth)
}

/// 二手车销售统一发票: one price, in words and in figures.
pub(super) fn used(values: &mut Values) -> (Page, Value) {
    let (day, total) = (values.day(), values.money(8_000, 150_000));
    let (code, number) = (format!("0{}1{}", values.region().1, values.digits(6)), values.digits(8));
    let (buyer, seller) = (values.company(), values.company());
    let payload = codes::older_payload("15", &code, &number, total, day, "");
    let mut page = Page::new(600.0, 400.0, Some((payload, 22.0, 14.0, 56.0)));
    page.label(190.0, 22.0, 17.0, "二手车销售统一发票");
    head(&mut page, &code, &number, &printed(day));
    for (y, side, party, id_field) in
        [(92.0, "买方单位/个人", &buyer, "buyer_id"), (128.0, "卖方单位/个人", &seller, "seller_id")]
    {
        page.label(30.0, y, 8.5, side);
        page.label(110.0, y, 8.5, &party.name);
        page.label(30.0, y + 17.0, 8.5, "单位代码/身份证号码");
        page.value(130.0, y + 17.0, 9.0, party.tax_id.clone(), id_field);
    }
    page.label(30.0, 170.0, 8.5, &format!("车牌照号  京A{}", values.digits(5)));
    page.label(220.0, 170.0, 8.5, "车辆类型  小型轿车");
    page.label(30.0, 200.0, 8.5, "车价合计（大写）");
    page.value(110.0, 200.0, 9.0, words(total), "daxie");
    page.label(400.0, 200.0, 8.5, "（小写）");
    page.value(440.0, 200.0, 9.0, format!("¥{total}"), "total");
    page.label(30.0, 240.0, 8.5, "二手车市场  示例二手车交易市场有限公司");
    frame_of(&mut page);
    let truth = json!({
        "code": code, "number": number, "date": day.to_string(), "total": total.to_string(), "daxie": words(total),
    });
    (page, truth)
}

fn head(page: &mut Page, code: &str, number: &str, day: &str) {
    page.label(430.0, 20.0, 9.0, "发票代码");
    page.value(474.0, 20.0, 9.5, code, "code");
    page.label(430.0, 36.0, 9.0, "发票号码");
    page.value(474.0, 36.0, 9.5, number, "number");
    page.label(92.0, 62.0, 8.5, "开票日期");
    page.value(134.0, 62.0, 8.5, day, "date");
}

fn frame_of(page: &mut Page) {
    for y in [78.0, 168.0, 192.0, 236.0, 360.0] {
        page.rules.push([15.0, y, 585.0, y]);
    }
    for x in [15.0, 585.0] {
        page.rules.push([x, 78.0, x, 360.0]);
    }
}
