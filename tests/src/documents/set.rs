//! The set of samples in `tests/data`: each file with the truth that a reader must find.

use std::path::Path;

use budget::{Date, Money};
use serde_json::{Value, json};

use super::{Difficulty, InvoiceRecord, Journey, Page, hostile};
use crate::fault::Result;

/// One sample: its name, its bytes, and what a reader must make of it.
pub struct Sample {
    /// File name.
    pub name: &'static str,
    /// Content.
    pub bytes: Vec<u8>,
    /// Fields by name, `verdict`, and `error` for what is no invoice.
    pub truth: Value,
}

/// The ¥48.90 of office paper that comes as XML.
pub fn paper() -> Result<InvoiceRecord> {
    let record = InvoiceRecord::ordinary(4890, Date::new(2026, 6, 2)?);
    Ok(record.line("*纸制品*打印纸", "包", 2, Money::parse("48.90")?, 13))
}

/// The ¥166.00 of toner that comes as PDF.
pub fn toner() -> Result<InvoiceRecord> {
    let record = InvoiceRecord::ordinary(16600, Date::new(2026, 6, 2)?);
    Ok(record.line("*计算机配套产品*硒鼓", "支", 1, Money::parse("166.00")?, 13))
}

/// The ¥553.00 from Beijing to Shanghai that comes as OFD.
pub fn rail() -> Result<InvoiceRecord> {
    let journey = Journey {
        from: "北京南".to_owned(),
        to: "上海虹桥".to_owned(),
        train: "G1".to_owned(),
        date: Date::new(2026, 6, 1)?,
        passenger: "陈晓明".to_owned(),
    };
    Ok(InvoiceRecord::rail(55300, Date::new(2026, 6, 3)?, Money::parse("553.00")?, journey))
}

/// The ¥388.50 of dinner that is photographed.
pub fn dinner() -> Result<InvoiceRecord> {
    let record = InvoiceRecord::ordinary(38850, Date::new(2026, 6, 4)?);
    Ok(record.line("*餐饮服务*餐费", "", 1, Money::parse("388.50")?, 6))
}

/// The ¥1,060.00 of lodging with two lines, a special invoice, that comes as OFD and PDF.
pub fn lodging() -> Result<InvoiceRecord> {
    let record = InvoiceRecord::ordinary(106_000, Date::new(2026, 6, 5)?).special();
    let record = record.line("*住宿服务*住宿费", "天", 2, Money::parse("960.00")?, 6);
    Ok(record.line("*餐饮服务*早餐", "份", 2, Money::parse("100.00")?, 6))
}

/// Every sample.
pub fn all() -> Result<Vec<Sample>> {
    let mut samples = exact()?;
    samples.extend(photographs()?);
    Ok(samples)
}

/// The samples whose bytes are the same on every machine.
pub fn exact() -> Result<Vec<Sample>> {
    let (paper, toner, rail, dinner, lodging) = (paper()?, toner()?, rail()?, dinner()?, lodging()?);
    let sound = |name, bytes, record: &InvoiceRecord| Sample {
        name,
        bytes,
        truth: with(record.truth(), "verdict", "accepted"),
    };
    let judged = |name, bytes, verdict: &str, reason: &str| Sample {
        name,
        bytes,
        truth: json!({"verdict": verdict, "reason": reason}),
    };
    let cut = Page::of(&dinner).cut_below(CUT).pdf();
    let doctored = doctored(&paper).pdf();
    let locked = Page::of(&toner).locked_pdf();
    let scan = hostile::pdf_without_text();
    let mut samples = vec![
        sound("paper-48.90.xml", paper.xml(), &paper),
        sound("toner-166.00.pdf", toner.pdf(), &toner),
        sound("rail-553.00.ofd", rail.ofd()?, &rail),
        sound("lodging-1060.00.ofd", lodging.ofd()?, &lodging),
        sound("lodging-1060.00.pdf", lodging.pdf(), &lodging),
        judged("dinner-388.50-cut.pdf", cut, "confirm", "total_missing"),
        judged("paper-48.90-doctored.pdf", doctored, "conflict", "amounts_contradict"),
        judged("locked.pdf", locked, "unreadable", "pdf_encrypted"),
        judged("no-text.pdf", scan, "unreadable", "pdf_without_text"),
    ];
    let other = b"<?xml version=\"1.0\"?><minutes><item>1</item></minutes>".to_vec();
    for (name, bytes, code) in [
        ("bomb.ofd", hostile::zip_bomb()?, "archive_bomb"),
        ("lying-bomb.ofd", hostile::lying_bomb()?, "malformed_archive"),
        ("empty.pdf", Vec::new(), "empty_file"),
        ("minutes.pdf", hostile::random_text(), "unknown_format"),
        ("document-type.xml", hostile::xml_with_document_type(), "malformed_xml"),
        ("other.xml", other, "no_invoice"),
    ] {
        samples.push(Sample { name, bytes, truth: json!({ "error": code }) });
    }
    Ok(samples)
}

/// The photographs, which depend on the fonts of the system. Until text is recognised in it, a picture gives what its
/// QR code says.
pub fn photographs() -> Result<Vec<Sample>> {
    let (paper, dinner) = (paper()?, dinner()?);
    let by_code = |name, bytes, record: &InvoiceRecord| {
        let full = record.truth();
        let mut truth = json!({"verdict": "confirm", "reason": "single_source"});
        for key in ["number", "date", "total"] {
            let value = full.get(key).and_then(Value::as_str).unwrap_or_default();
            truth = with(truth, key, value);
        }
        Sample { name, bytes, truth }
    };
    let mild = dinner.photo(1, Difficulty::Mild)?;
    let hard = dinner.photo(2, Difficulty::Hard)?;
    let cut = Page::of(&dinner).cut_below(CUT).photo(3, Difficulty::Mild)?;
    let edited = doctored(&paper).photo(4, Difficulty::Mild)?;
    Ok(vec![
        by_code("dinner-388.50.jpg", mild, &dinner),
        by_code("dinner-388.50-hard.jpg", hard, &dinner),
        by_code("paper-48.90-doctored.jpg", edited, &paper),
        Sample {
            name: "dinner-388.50-cut.jpg",
            bytes: cut,
            truth: json!({"verdict": "unreadable", "reason": "picture_not_read"}),
        },
    ])
}

/// Where a cut sheet ends: above the row of sums.
const CUT: f32 = 260.0;

/// The figure edited to ¥148.90; the QR code, the words and the sums still say ¥48.90.
fn doctored(paper: &InvoiceRecord) -> Page {
    Page::of(paper).edited("total", "¥148.90")
}

/// Writes every sample and, beside it, its truth.
pub fn write(folder: &Path) -> Result<usize> {
    std::fs::create_dir_all(folder)?;
    let samples = all()?;
    for sample in &samples {
        std::fs::write(folder.join(sample.name), &sample.bytes)?;
        let truth = serde_json::to_string_pretty(&sample.truth)?;
        std::fs::write(folder.join(format!("{}.json", sample.name)), truth + "\n")?;
    }
    Ok(samples.len())
}

fn with(mut truth: Value, key: &str, value: &str) -> Value {
    if let Some(fields) = truth.as_object_mut() {
        fields.insert(key.to_owned(), Value::from(value));
    }
    truth
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place;

    /// What is committed is what the renderer draws. Photographs depend on the system's fonts and are left out.
    #[test]
    fn the_committed_samples_are_the_drawn_ones() {
        let folder = place::workspace().join("tests/data");
        for sample in exact().unwrap() {
            let path = folder.join(sample.name);
            let committed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let drawn = committed == sample.bytes;
            assert!(drawn, "{}: run `cargo run -p tests --bin documents`", sample.name);
        }
    }

    #[test]
    fn the_committed_samples_are_small() {
        let folder = place::workspace().join("tests/data");
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            assert!(entry.metadata().unwrap().len() <= 300 * 1024, "{:?}", entry.file_name());
        }
    }

    #[test]
    fn the_bomb_is_small_and_declares_more_than_a_gigabyte() {
        let bomb = hostile::zip_bomb().unwrap();
        let declared = zip::ZipArchive::new(std::io::Cursor::new(&bomb)).unwrap().decompressed_size().unwrap();
        assert!(bomb.len() <= 100 * 1024 && declared > 1 << 30, "{} bytes declare {declared}", bomb.len());
    }
}
