//! The XML that intermediaries write: Chinese tags (发票号码) or the initials of their pinyin (FPHM), in any nesting.
//!
//! Only names that can mean one thing are read, and each the first time it stands outside a line of goods. A document is
//! an invoice of this kind when it names a number and an amount; anything less is left alone.

use super::Element;
use crate::reading::{InvoiceKind, Item, Source};
use crate::statement::Statement;
use crate::value;

/// What intermediaries call each field; compared without regard to case and underscores.
const NUMBER: &[&str] = &["发票号码", "数电票号码", "全电发票号码", "FPHM", "QDFPHM", "SDFPHM", "SDPHM"];
const CODE: &[&str] = &["发票代码", "FPDM"];
const DATE: &[&str] = &["开票日期", "KPRQ", "开票时间", "KPSJ"];
const CHECK_CODE: &[&str] = &["校验码", "JYM"];
const SELLER: &[&str] = &["销售方名称", "销方名称", "XSFMC", "XFMC", "XHFMC"];
const SELLER_ID: &[&str] =
    &["销售方纳税人识别号", "销售方识别号", "销方税号", "XSFNSRSBH", "XFNSRSBH", "XFSH", "XHFNSRSBH"];
const BUYER: &[&str] = &["购买方名称", "购方名称", "GMFMC", "GFMC", "GHFMC"];
const BUYER_ID: &[&str] =
    &["购买方纳税人识别号", "购买方识别号", "购方税号", "GMFNSRSBH", "GFNSRSBH", "GFSH", "GHFNSRSBH"];
const NET: &[&str] = &["合计金额", "不含税金额", "HJJE", "HJBHSJE"];
const TAX: &[&str] = &["合计税额", "HJSE"];
const TOTAL: &[&str] = &["价税合计", "价税合计小写", "JSHJ", "KPHJJE", "JSHJXX"];
const WORDS: &[&str] = &["价税合计大写", "JSHJDX"];
const TITLE: &[&str] = &["发票名称", "发票类型", "发票种类", "FPMC", "FPLX"];

const ITEM_NAME: &[&str] = &["项目名称", "货物名称", "商品名称", "货物或应税劳务名称", "XMMC", "SPMC", "HWMC"];
const ITEM_NET: &[&str] = &["金额", "JE", "XMJE"];
const ITEM_SPECIFICATION: &[&str] = &["规格型号", "GGXH"];
const ITEM_UNIT: &[&str] = &["单位", "计量单位", "DW", "XMDW"];
const ITEM_QUANTITY: &[&str] = &["数量", "XMSL", "SPSL"];
const ITEM_PRICE: &[&str] = &["单价", "DJ", "XMDJ"];
const ITEM_RATE: &[&str] = &["税率", "征收率", "SLV", "SHUILV"];
const ITEM_TAX: &[&str] = &["税额", "SE"];

/// What the document says; `None` when it is no invoice of this kind.
pub(crate) fn read(root: &Element) -> Option<Statement> {
    let lines: Vec<&Element> = root.descendants().into_iter().filter(|element| is_line(element)).collect();
    let in_line = |element: &Element| lines.iter().any(|line| line.children.iter().any(|c| std::ptr::eq(c, element)));
    let outside: Vec<&Element> = root.descendants().into_iter().filter(|element| !in_line(element)).collect();
    let text = |names: &[&str]| first(outside.iter().copied(), names);

    let mut statement = Statement::new(Source::Xml);
    statement.number = text(NUMBER).and_then(value::digits).filter(|number| matches!(number.len(), 8 | 20));
    statement.code = text(CODE).and_then(value::digits);
    statement.issued_on = text(DATE).and_then(value::date);
    statement.check_code = text(CHECK_CODE).and_then(value::digits);
    statement.seller_name = text(SELLER).and_then(value::text);
    statement.seller_tax_id = text(SELLER_ID).and_then(value::text);
    statement.buyer_name = text(BUYER).and_then(value::text);
    statement.buyer_tax_id = text(BUYER_ID).and_then(value::text);
    statement.net = text(NET).and_then(value::amount);
    statement.tax = text(TAX).and_then(value::tax_amount);
    statement.total = text(TOTAL).and_then(value::amount);
    statement.total_in_words = text(WORDS).and_then(value::text);
    statement.kind = text(TITLE).map(|title| InvoiceKind::from_title(&value::compact(title))).unwrap_or_default();
    let named = statement.number.is_some() && (statement.total.is_some() || statement.net.is_some());
    if !named {
        return None;
    }
    statement.items = lines.into_iter().map(item).collect();
    Some(statement)
}

/// A line of goods has a name and an amount of its own.
fn is_line(element: &Element) -> bool {
    first(element.children.iter(), ITEM_NAME).is_some() && first(element.children.iter(), ITEM_NET).is_some()
}

fn item(line: &Element) -> Item {
    let text = |names: &[&str]| first(line.children.iter(), names);
    // SL is the quantity where the rate has a name of its own, and the rate where the quantity has one.
    let ambiguous = text(&["SL"]);
    let quantity = text(ITEM_QUANTITY).or(ambiguous.filter(|_| text(ITEM_RATE).is_some()));
    let printed = text(ITEM_RATE).or(ambiguous.filter(|_| text(ITEM_QUANTITY).is_some()));
    let rate = printed.and_then(value::rate);
    Item {
        name: text(ITEM_NAME).unwrap_or_default().to_owned(),
        specification: text(ITEM_SPECIFICATION).and_then(value::text),
        unit: text(ITEM_UNIT).and_then(value::text),
        quantity: quantity.and_then(value::number),
        unit_price: text(ITEM_PRICE).and_then(value::number),
        net: text(ITEM_NET).and_then(value::amount),
        rate_words: if rate.is_none() { printed.and_then(value::text) } else { None },
        rate,
        tax: text(ITEM_TAX).and_then(value::tax_amount),
    }
}

/// The text of the first element that has one of the names and says something.
fn first<'a>(elements: impl Iterator<Item = &'a Element>, names: &[&str]) -> Option<&'a str> {
    let plain = |name: &str| name.replace('_', "").to_uppercase();
    let mut found = elements.filter(|element| names.contains(&plain(&element.name).as_str()));
    found.find_map(|element| Some(element.text.trim()).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(xml: &str) {
        let statement = read(&Element::parse(xml.as_bytes()).unwrap()).unwrap();
        assert_eq!(statement.number.as_deref(), Some("26332116162416838501"));
        assert_eq!(statement.issued_on.unwrap().to_string(), "2026-06-04");
        assert_eq!(statement.seller_tax_id.as_deref(), Some("91510107MA65T8E44U"));
        let amounts = [statement.net, statement.tax, statement.total].map(|amount| amount.unwrap().to_string());
        assert_eq!(amounts, ["43.27", "5.63", "48.90"]);
        let [item] = statement.items.as_slice() else { panic!("{:?}", statement.items) };
        assert_eq!((item.name.as_str(), item.net.unwrap().to_string().as_str()), ("*纸制品*打印纸", "43.27"));
        assert_eq!((item.quantity.unwrap().to_string(), item.rate.unwrap().to_string()), ("2".into(), "0.13".into()));
    }

    #[test]
    fn chinese_tags_are_read() {
        check(
            "<发票><发票名称>电子发票（普通发票）</发票名称><发票号码>26332116162416838501</发票号码><开票日期>2026年06月04日\
             </开票日期><销售方><销售方名称>甲公司</销售方名称><销售方识别号>91510107MA65T8E44U</销售方识别号></销售方>\
             <明细><行><项目名称>*纸制品*打印纸</项目名称><数量>2</数量><金额>43.27</金额><税率>13%</税率><税额>5.63</税额>\
             </行></明细><合计金额>43.27</合计金额><合计税额>5.63</合计税额><价税合计>48.90</价税合计></发票>",
        );
    }

    #[test]
    fn initials_of_pinyin_are_read() {
        check(
            "<Fpxx><FPHM>26332116162416838501</FPHM><KPRQ>20260604</KPRQ><XSF_NSRSBH>91510107MA65T8E44U</XSF_NSRSBH>\
             <HJJE>43.27</HJJE><HJSE>5.63</HJSE><jshj>48.90</jshj><Mx><XMMC>*纸制品*打印纸</XMMC><XMSL>2</XMSL>\
             <JE>43.27</JE><SL>0.13</SL><SE>5.63</SE></Mx></Fpxx>",
        );
    }

    #[test]
    fn a_number_or_an_amount_alone_is_no_invoice() {
        for xml in ["<a><FPHM>26332116162416838501</FPHM></a>", "<a><JSHJ>1.00</JSHJ></a>", "<minutes/>"] {
            assert!(read(&Element::parse(xml.as_bytes()).unwrap()).is_none(), "{xml}");
        }
    }
}
