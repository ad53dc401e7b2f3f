//! Guesses that save typing: which account (科目) an invoice probably belongs to, and what its line says.
//!
//! Promise: a guess is only ever put into an empty field, where the person sees and changes it.

use budget::coding::{Member, Tree};
use budget::{Code, Date};
use ocr::{InvoiceKind, Reading};

/// Words on invoices, and the words in names of accounts that they speak for; the first that fits wins.
const HINTS: &[(&[&str], &[&str])] = &[
    (&["铁路", "客票", "机票", "航空", "行程单", "高铁", "火车"], &["城市间交通", "长途交通", "交通", "差旅"]),
    (&["住宿", "酒店", "宾馆", "客房"], &["住宿", "差旅"]),
    (&["通行费", "停车", "过路"], &["市内交通", "交通", "车辆"]),
    (&["客运服务", "出租", "打车", "网约车", "滴滴", "运输服务"], &["市内交通", "交通", "差旅"]),
    (&["餐饮", "餐费", "食品", "饭店"], &["招待", "餐"]),
    (&["广告", "推广", "宣传", "展位"], &["推广", "广告", "市场", "宣传"]),
    (&["会议", "会务", "场地"], &["会议", "会务"]),
    (&["快递", "收派", "邮政", "寄递"], &["快递", "邮", "办公"]),
    (&["文具", "办公", "打印", "耗材", "纸制品"], &["办公"]),
    (&["计算机", "服务器", "电脑", "设备", "仪器"], &["设备", "办公"]),
    (&["信息技术", "软件", "技术服务", "云服务", "外包"], &["外包", "软件", "技术", "服务"]),
    (&["培训", "教育"], &["培训"]),
    (&["电信", "通信", "话费"], &["通讯", "通信", "办公"]),
];

/// The account that an invoice probably belongs to, if the company has one whose name fits. Only leaves are charged.
pub(crate) fn guess(reading: &Reading, accounts: &Tree) -> Option<Code> {
    let said = said(reading);
    let (_, names) = HINTS.iter().find(|(words, _)| words.iter().any(|word| said.contains(word)))?;
    let is_leaf = |member: &Member| accounts.children(Some(&member.code)).next().is_none();
    names.iter().find_map(|name| {
        accounts
            .members()
            .find(|member| member.name.contains(name) && is_leaf(member))
            .map(|member| member.code.clone())
    })
}

/// Everything on an invoice that tells what it was for.
fn said(reading: &Reading) -> String {
    let kind = match reading.kind {
        InvoiceKind::Rail | InvoiceKind::PaperTrain => "铁路客票",
        InvoiceKind::Air => "航空",
        InvoiceKind::Taxi => "出租",
        InvoiceKind::Toll => "通行费",
        _ => "",
    };
    let mut said = String::from(kind);
    for item in &reading.items {
        said.push_str(&item.name);
    }
    if let Some(seller) = &reading.fields.seller_name {
        said.push_str(&seller.value);
    }
    said
}

/// What a line says about an invoice: the journey, the first goods, or who sold it.
pub(crate) fn description(reading: &Reading) -> String {
    if let Some(travel) = &reading.travel
        && let (Some(from), Some(to)) = (&travel.from, &travel.to)
    {
        let train = travel.train_number.as_ref().map(|number| format!(" {number}")).unwrap_or_default();
        return format!("{from}—{to}{train}");
    }
    let goods = reading.items.iter().map(|item| item.name.trim_start_matches('*')).find(|name| !name.is_empty());
    let goods = goods.map(|name| name.split_once('*').map_or(name, |(_, after)| after));
    let seller = reading.fields.seller_name.as_ref().map(|seller| seller.value.as_str());
    let words = match (goods, seller) {
        (Some(goods), Some(seller)) => format!("{goods} · {seller}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    };
    words.chars().take(120).collect()
}

/// The day on which the money was probably spent: the journey's, or the day of issue.
pub(crate) fn spent_on(reading: &Reading) -> Option<Date> {
    let travelled = reading.travel.as_ref().and_then(|travel| travel.date);
    travelled.or_else(|| reading.fields.issued_on.as_ref().map(|field| field.value))
}
