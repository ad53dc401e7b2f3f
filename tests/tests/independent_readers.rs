//! What our reader finds in OFD and PDF files against readers that other people wrote: `ofdkit` for OFD, PDFium for the
//! text of PDF. A value that we read and they do not have fails the test, field by field.
//!
//! `./dev test` installs them; where they are not, this says so and checks nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use budget::Date;
use ocr::{Reading, Source};
use serde_json::Value;
use tests::documents::sheet::KINDS;
use tests::documents::{Sheet, set, sheet};
use tests::fault::{Fault, Result};
use tests::place;

/// Where `./dev test` installed them.
fn python() -> Option<PathBuf> {
    let python = place::tools().join("readers/bin/python");
    if python.exists() {
        return Some(python);
    }
    println!("NOT CHECKED: the independent readers are not installed; ./dev test installs them");
    None
}

/// What the others say about each file of a folder, by its name.
fn others(python: &Path, folder: &Path) -> Result<BTreeMap<String, Value>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    let script = place::workspace().join("tests/readers/read.py");
    let output = Command::new(python).arg(script).args(&files).output()?;
    if !output.status.success() {
        return Err(Fault::new(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let mut found = BTreeMap::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let value: Value = serde_json::from_str(line)?;
        let path = PathBuf::from(value.get("file").and_then(Value::as_str).unwrap_or_default());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        found.insert(name, value);
    }
    Ok(found)
}

fn reading(bytes: &[u8]) -> Result<Reading> {
    Ok(ocr::read(&ocr::Upload { name: "x", bytes }, Date::new(2026, 12, 31)?, &[])?)
}

/// Our fields by the names that `ofdkit` uses.
fn ours(reading: &Reading) -> Vec<(&'static str, Option<String>)> {
    let fields = &reading.fields;
    let text = |field: &Option<ocr::Field<String>>| field.as_ref().map(|field| field.value.clone());
    let amount = |field: &Option<ocr::Field<budget::Money>>| field.as_ref().map(|field| field.value.to_string());
    vec![
        ("/invoice_number", text(&fields.number)),
        ("/invoice_code", text(&fields.code)),
        ("/issue_date", fields.issued_on.as_ref().map(|date| date.value.to_string())),
        ("/check_code", text(&fields.check_code)),
        ("/buyer/name", text(&fields.buyer_name)),
        ("/buyer/tax_id", text(&fields.buyer_tax_id)),
        ("/seller/name", text(&fields.seller_name)),
        ("/seller/tax_id", text(&fields.seller_tax_id)),
        ("/amount_without_tax", amount(&fields.net)),
        ("/tax_amount", amount(&fields.tax)),
        ("/total_amount", amount(&fields.total)),
    ]
}

/// Numbers are the same with and without trailing zeros; texts without spaces.
fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{0}').collect();
    let wide = |c: char| match c {
        '：' => ':',
        '（' => '(',
        '）' => ')',
        '￥' => '¥',
        other => other,
    };
    text.chars().map(wide).collect()
}

fn same(ours: &str, theirs: &str) -> bool {
    let number = |text: &str| text.parse::<rust_decimal::Decimal>().ok().filter(|_| text.contains('.'));
    match (number(ours), number(theirs)) {
        (Some(one), Some(other)) => one == other,
        _ => plain(ours) == plain(theirs),
    }
}

/// Read from the QR code, which is drawn and no text.
fn from_code(field: &ocr::Field<String>) -> bool {
    field.source == Source::Qr
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    Ok(std::fs::write(folder.join(name), bytes)?)
}

/// The sample files of our own and of a folder that is named, with this ending.
fn samples(folder: &Path, ending: &str) -> Result<()> {
    for sample in set::exact()? {
        let sound = sample.truth.get("verdict").is_some_and(|verdict| verdict == "accepted");
        if sound && sample.name.ends_with(ending) {
            write(folder, sample.name, &sample.bytes)?;
        }
    }
    let Some(named) = place::samples() else { return Ok(()) };
    for entry in ["public", "synth"].iter().filter_map(|part| std::fs::read_dir(named.join(part)).ok()).flatten() {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == ending.trim_start_matches('.')) {
            let name = format!("sample-{}", path.file_name().unwrap_or_default().to_string_lossy());
            write(folder, &name, &std::fs::read(&path)?)?;
        }
    }
    Ok(())
}

#[test]
fn ofd_files_say_the_same_to_ofdkit() -> Result<()> {
    let Some(python) = python() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    samples(folder.path(), ".ofd")?;
    for seed in 0..20 {
        write(folder.path(), &format!("drawn-{seed}.ofd"), &sheet::digital_record(seed).ofd()?)?;
    }
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (name, theirs) in others(&python, folder.path())? {
        let reading = reading(&std::fs::read(folder.path().join(&name))?)?;
        let Some(theirs) = theirs.get("fields").filter(|fields| !fields.is_null()) else { continue };
        for (field, ours) in ours(&reading) {
            let found = theirs.pointer(field).and_then(Value::as_str).filter(|text| !text.is_empty() && *text != "***");
            let Some(found) = found else { continue };
            compared += 1;
            if !ours.as_deref().is_some_and(|ours| same(ours, found)) {
                wrong.push(format!("{name} {field}: ours {ours:?}, ofdkit's {found}"));
            }
        }
        let items = theirs.get("items").and_then(Value::as_array).map_or(0, Vec::len);
        let amounts = |item: &Value| item.get("amount").and_then(Value::as_str).map(str::to_owned);
        for (index, item) in theirs.get("items").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let ours = reading.items.get(index).and_then(|item| item.net).map(|net| net.to_string());
            compared += 1;
            if !amounts(item).zip(ours.clone()).is_some_and(|(theirs, ours)| same(&ours, &theirs)) {
                wrong.push(format!("{name} line {index} of {items}: ours {ours:?}, ofdkit's {:?}", amounts(item)));
            }
        }
    }
    println!("{compared} values compared with ofdkit's");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(compared > 150, "only {compared} values were compared");
    Ok(())
}

#[test]
fn pdf_files_have_the_same_text_for_pdfium() -> Result<()> {
    let Some(python) = python() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    samples(folder.path(), ".pdf")?;
    for kind in KINDS {
        for seed in 0..3 {
            write(folder.path(), &format!("{kind:?}-{seed}.pdf"), &Sheet::drawn(kind, seed).page.pdf())?;
        }
    }
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (name, theirs) in others(&python, folder.path())? {
        let reading = reading(&std::fs::read(folder.path().join(&name))?)?;
        let text = plain(theirs.get("text").and_then(Value::as_str).unwrap_or_default());
        // Amounts may be printed with separators.
        let text_of_numbers = text.replace(',', "");
        for (field, ours) in ours(&reading) {
            // What is drawn as labels and digits apart is in another order for whoever reads the stream.
            let by_code = field == "/check_code" && reading.fields.check_code.as_ref().is_some_and(from_code);
            let Some(ours) = ours.filter(|_| field != "/issue_date" && !by_code) else { continue };
            compared += 1;
            if !text_of_numbers.contains(&plain(&ours)) {
                wrong.push(format!("{name} {field}: ours {ours}, not in the text that PDFium finds"));
            }
        }
        for item in reading.items.iter().filter(|_| reading.items_source == Some(Source::PdfText)) {
            compared += 1;
            let net = item.net.map(|net| net.to_string()).unwrap_or_default();
            if !text_of_numbers.contains(&net) || !text.contains(&plain(&item.name)) {
                wrong.push(format!("{name} line {item:?}"));
            }
        }
    }
    println!("{compared} values compared with PDFium's text");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(compared > 300, "only {compared} values were compared");
    Ok(())
}
