//! The fields that a truth names, and what a reading says of each.

use budget::Money;
use ocr::{InvoiceKind, Reading};
use serde_json::Value;

/// The fields that a truth names, in the form of [`found`].
pub(super) fn expected(truth: &Value) -> Vec<(&'static str, String)> {
    let text = |key: &str| truth.get(key).and_then(Value::as_str).filter(|text| !text.is_empty() && *text != "None");
    let owned = |key: &str| text(key).map(str::to_owned);
    let amount = |key: &str| {
        let text = text(key)?;
        if text == "***" { Some(Money::ZERO.to_string()) } else { Money::parse(text).ok().map(|a| a.to_string()) }
    };
    // A kind by its own word, or by the title that is printed.
    let named = truth.get("kind").and_then(|kind| serde_json::from_value::<InvoiceKind>(kind.clone()).ok());
    let titled = || text("kind").map(|title| InvoiceKind::from_title(&title.replace('（', "(").replace('）', ")")));
    let kind = named.or_else(titled);
    [
        ("kind", kind.filter(|kind| *kind != InvoiceKind::Unknown).map(|kind| format!("{kind:?}"))),
        ("code", owned("code")),
        ("number", owned("number")),
        ("date", owned("date")),
        ("check", owned("check")),
        ("buyer", owned("buyer")),
        ("buyer_id", owned("buyer_id")),
        ("seller", owned("seller")),
        ("seller_id", owned("seller_id")),
        ("net", amount("net")),
        ("tax", amount("tax")),
        ("total", amount("total")),
        ("daxie", text("daxie").and_then(ocr::capital::parse).map(|amount| amount.to_string())),
        ("origin", owned("origin")),
        ("dest", owned("dest")),
        ("train", owned("train")),
        ("time", owned("time")),
        ("seat", owned("seat")),
        ("cls", owned("cls")),
        ("lines", truth.get("lines").map(lines)),
    ]
    .into_iter()
    .filter_map(|(field, value)| value.map(|value| (field, value)))
    .collect()
}

/// Whether a field may be used without a person.
pub(super) fn is_accepted(reading: &Reading, field: &str) -> bool {
    fn of<T>(field: Option<&ocr::Field<T>>) -> bool {
        field.is_some_and(ocr::Field::is_accepted)
    }
    let fields = &reading.fields;
    match field {
        "code" => of(fields.code.as_ref()),
        "number" => of(fields.number.as_ref()),
        "date" => of(fields.issued_on.as_ref()),
        "check" => of(fields.check_code.as_ref()),
        "buyer" => of(fields.buyer_name.as_ref()),
        "buyer_id" => of(fields.buyer_tax_id.as_ref()),
        "seller" => of(fields.seller_name.as_ref()),
        "seller_id" => of(fields.seller_tax_id.as_ref()),
        "net" => of(fields.net.as_ref()),
        "tax" => of(fields.tax.as_ref()),
        "total" => of(fields.total.as_ref()),
        "daxie" => of(fields.total_in_words.as_ref()),
        _ => false,
    }
}

/// What was read as a field.
pub(super) fn found(reading: &Reading, field: &str) -> Option<String> {
    let fields = &reading.fields;
    let text = |field: &Option<ocr::Field<String>>| field.as_ref().map(|field| field.value.clone());
    let amount = |field: &Option<ocr::Field<Money>>| field.as_ref().map(|field| field.value.to_string());
    let travel = |of: &dyn Fn(&ocr::Travel) -> Option<String>| reading.travel.as_ref().and_then(of);
    match field {
        "kind" => Some(format!("{:?}", reading.kind)),
        "code" => text(&fields.code),
        "number" => text(&fields.number),
        "date" => fields.issued_on.as_ref().map(|field| field.value.to_string()),
        "check" => text(&fields.check_code),
        "buyer" => text(&fields.buyer_name),
        "buyer_id" => text(&fields.buyer_tax_id),
        "seller" => text(&fields.seller_name),
        "seller_id" => text(&fields.seller_tax_id),
        "net" => amount(&fields.net),
        "tax" => amount(&fields.tax),
        "total" => amount(&fields.total),
        "daxie" => text(&fields.total_in_words).and_then(|w| ocr::capital::parse(&w)).map(|a| a.to_string()),
        "origin" => travel(&|travel| travel.from.clone()),
        "dest" => travel(&|travel| travel.to.clone()),
        "train" => travel(&|travel| travel.train_number.clone()),
        "time" => travel(&|travel| travel.time.clone()),
        "seat" => travel(&|travel| travel.place.clone()),
        "cls" => travel(&|travel| travel.seat.clone()),
        "lines" => Some(lines(&reading.items.iter().map(item).collect())).filter(|_| !reading.items.is_empty()),
        _ => None,
    }
}

/// A line of goods in the form of a truth.
fn item(item: &ocr::Item) -> Value {
    let text = |value: Option<String>| value.map_or(Value::Null, Value::from);
    serde_json::json!({
        "name": item.name,
        "quantity": text(item.quantity.map(|quantity| quantity.normalize().to_string())),
        "net": text(item.net.map(|amount| amount.to_string())),
        "tax": text(item.tax.map(|amount| amount.to_string())),
    })
}

/// Lines of goods as one text.
fn lines(lines: &Value) -> String {
    let cell = |line: &Value, name: &str| line.get(name).and_then(Value::as_str).unwrap_or("–").to_owned();
    let line = |line: &Value| ["name", "quantity", "net", "tax"].map(|name| cell(line, name)).join(" ");
    lines.as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("; ")
}
