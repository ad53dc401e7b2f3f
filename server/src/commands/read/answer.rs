//! A reading as one JSON object: amounts as decimal text, dates as ISO 8601, what is absent as null.

use std::fmt::Display;
use std::path::Path;

use ocr::{Field, FieldVerdict, Outcome as Found, Reading, Verdict};
use serde_json::{Map, Value, json};

use super::Outcome;

/// The object of one file; of a file that shows several invoices, one for each, with its number in `part`.
pub(super) fn of(path: &Path, outcome: &Outcome) -> Vec<Value> {
    let file = path.display().to_string();
    match outcome {
        Ok(reading) if reading.parts.is_empty() => vec![of_reading(&file, reading)],
        Ok(reading) => (1..).zip(&reading.parts).map(|(part, reading)| numbered(&file, part, reading)).collect(),
        Err(failure) => vec![json!({
            "file": file, "kind": null, "verdict": "unreadable",
            "error": {"code": failure.code, "message": failure.message},
        })],
    }
}

fn numbered(file: &str, part: u32, reading: &Reading) -> Value {
    let mut object = of_reading(file, reading);
    if let Some(object) = object.as_object_mut() {
        object.insert("part".to_owned(), Value::from(part));
    }
    object
}

/// The invoices of a file, each with a name for people.
pub(super) fn invoices<'a>(file: &str, reading: &'a Reading) -> Vec<(String, &'a Reading)> {
    if reading.parts.is_empty() {
        return vec![(file.to_owned(), reading)];
    }
    (1..).zip(&reading.parts).map(|(part, reading): (u32, _)| (format!("{file} #{part}"), reading)).collect()
}

fn of_reading(file: &str, reading: &Reading) -> Value {
    let fields = &reading.fields;
    let mut all = Map::new();
    add(&mut all, "number", fields.number.as_ref());
    add(&mut all, "code", fields.code.as_ref());
    add(&mut all, "date", fields.issued_on.as_ref());
    add(&mut all, "check_code", fields.check_code.as_ref());
    add(&mut all, "buyer_name", fields.buyer_name.as_ref());
    add(&mut all, "buyer_tax_id", fields.buyer_tax_id.as_ref());
    add(&mut all, "seller_name", fields.seller_name.as_ref());
    add(&mut all, "seller_tax_id", fields.seller_tax_id.as_ref());
    add(&mut all, "amount", fields.net.as_ref());
    add(&mut all, "tax", fields.tax.as_ref());
    add(&mut all, "total", fields.total.as_ref());
    add(&mut all, "total_in_words", fields.total_in_words.as_ref());
    let value = |name: &str| all.get(name).and_then(|field| field.get("value")).cloned().unwrap_or(Value::Null);
    json!({
        "file": file,
        "kind": reading.kind,
        "identity": reading.identity,
        "code": value("code"),
        "number": value("number"),
        "date": value("date"),
        "check_code": value("check_code"),
        "buyer": {"name": value("buyer_name"), "tax_id": value("buyer_tax_id")},
        "seller": {"name": value("seller_name"), "tax_id": value("seller_tax_id")},
        "amount": value("amount"),
        "tax": value("tax"),
        "total": value("total"),
        "lines": reading.items.iter().map(line).collect::<Vec<_>>(),
        "travel": reading.travel,
        "fields": all,
        "conflicts": conflicts(reading),
        "verdict": verdict(&reading.verdict),
        "reasons": reading.verdict.reasons(),
    })
}

fn add<T: Display>(all: &mut Map<String, Value>, name: &str, field: Option<&Field<T>>) {
    let object = field.map_or_else(
        || json!({"value": null, "source": null, "agreeing": [], "box": null, "confidence": null, "verdict": "unreadable"}),
        |field| {
            json!({
                "value": field.value.to_string(),
                "source": field.source,
                "agreeing": field.agreeing,
                "box": field.place,
                "confidence": confidence(field),
                "verdict": if field.verdict == FieldVerdict::Accepted { "accepted" } else { "confirm" },
            })
        },
    );
    all.insert(name.to_owned(), object);
}

/// How sure recognition is; what was parsed from a file or a QR code is what stands there, and 1.
fn confidence<T>(field: &Field<T>) -> Option<f64> {
    let parsed = (field.source < ocr::Source::Ocr).then_some(1.0);
    field.confidence.map(|percent| f64::from(percent) / 100.0).or(parsed)
}

fn line(item: &ocr::Item) -> Value {
    let text = |value: Option<&dyn Display>| value.map(ToString::to_string);
    json!({
        "name": item.name,
        "specification": item.specification,
        "unit": item.unit,
        "quantity": text(item.quantity.as_ref().map(|v| v as &dyn Display)),
        "unit_price": text(item.unit_price.as_ref().map(|v| v as &dyn Display)),
        "amount": text(item.net.as_ref().map(|v| v as &dyn Display)),
        "rate": text(item.rate.as_ref().map(|v| v as &dyn Display)).or_else(|| item.rate_words.clone()),
        "tax": text(item.tax.as_ref().map(|v| v as &dyn Display)),
    })
}

/// Every comparison that does not hold, with its sides.
fn conflicts(reading: &Reading) -> Vec<Value> {
    let failed = reading.checks.iter().filter(|check| check.outcome == Found::Failed);
    failed.map(|check| json!({"check": check.kind, "message": check.message, "sides": check.compared})).collect()
}

/// Contradictions are for a person to settle, with the conflicts beside each other.
const fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Confirm(_) | Verdict::Conflict(_) => "confirm",
        Verdict::Unreadable(_) => "unreadable",
    }
}
