//! Papers that are no invoices and accompany a claim: a contract's first page, a bank's receipt.

use serde_json::{Value, json};

use super::values::{Values, printed, words};
use crate::documents::page::Page;

/// 合同: the parties, the amount and the day.
pub(super) fn contract(values: &mut Values) -> (Page, Value) {
    let (day, amount) = (values.day(), values.money(1_000, 800_000));
    let (one, other) = (values.company(), values.company());
    let mut page = Page::new(595.0, 500.0, None);
    page.label(230.0, 30.0, 20.0, "服务合同书");
    page.label(60.0, 80.0, 10.5, &format!("合同编号：HT{}", values.digits(8)));
    page.label(60.0, 110.0, 10.5, "甲方：");
    page.value(92.0, 110.0, 10.5, one.name.clone(), "buyer");
    page.label(60.0, 134.0, 10.5, "乙方：");
    page.value(92.0, 134.0, 10.5, other.name.clone(), "seller");
    page.label(60.0, 170.0, 10.5, "一、乙方向甲方提供技术咨询服务，服务期限自签订之日起十二个月。");
    page.label(60.0, 200.0, 10.5, "二、合同金额（大写）：");
    page.value(176.0, 200.0, 10.5, words(amount), "daxie");
    page.label(60.0, 224.0, 10.5, "（小写）：");
    page.value(113.0, 224.0, 10.5, format!("¥{amount}"), "total");
    page.label(60.0, 254.0, 10.5, "三、付款方式：验收合格后以银行转账方式一次付清。");
    page.label(60.0, 380.0, 10.5, "签订日期：");
    page.value(114.0, 380.0, 10.5, printed(day), "date");
    let truth = json!({
        "date": day.to_string(), "total": amount.to_string(), "daxie": words(amount),
        "buyer": one.name, "seller": other.name,
    });
    (page, truth)
}

/// 银行电子回单: who paid whom how much and when.
pub(super) fn bank(values: &mut Values) -> (Page, Value) {
    let (day, amount) = (values.day(), values.money(100, 800_000));
    let (payer, payee) = (values.company(), values.company());
    let mut page = Page::new(595.0, 300.0, None);
    page.label(190.0, 20.0, 17.0, "示例银行电子回单");
    page.label(30.0, 56.0, 9.0, "交易日期：");
    page.value(76.0, 56.0, 9.0, printed(day), "date");
    page.label(330.0, 56.0, 9.0, &format!("交易流水号：{}", values.digits(16)));
    for (x, side, party, field) in [(30.0, "付款人户名：", &payer, "buyer"), (310.0, "收款人户名：", &payee, "seller")]
    {
        page.label(x, 88.0, 9.0, side);
        page.value(x + 56.0, 88.0, 9.0, party.name.clone(), field);
        page.label(x, 108.0, 9.0, &format!("账号：{}", values.digits(18)));
        page.label(x, 128.0, 9.0, "开户行：示例银行总行营业部");
    }
    page.label(30.0, 160.0, 9.0, "金额（大写）：");
    page.value(96.0, 160.0, 9.5, words(amount), "daxie");
    page.label(380.0, 160.0, 9.0, "（小写）：");
    page.value(424.0, 160.0, 9.5, format!("¥{amount}"), "total");
    page.label(30.0, 184.0, 9.0, "用途：货款");
    page.rules.push([20.0, 78.0, 575.0, 78.0]);
    page.rules.push([20.0, 210.0, 575.0, 210.0]);
    let truth = json!({
        "date": day.to_string(), "total": amount.to_string(), "daxie": words(amount),
        "buyer": payer.name, "seller": payee.name,
    });
    (page, truth)
}
