//! What a reader made of documents, field by field against their truth.
//!
//! A folder of documents holds `truth.json` (file name → truth) or, beside a document `NAME.png`, its truth `NAME.json`;
//! `NAME_photo.jpg` and `NAME.xml` share it. A truth names fields by the words of the samples: `kind`, `code`, `number`,
//! `date`, `check`, `buyer`, `buyer_id`, `seller`, `seller_id`, `net`, `tax`, `total`, `daxie`, `origin`, `dest`, `train`,
//! `time`, `seat`, `cls`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use budget::Date;
use ocr::{Reading, Source, TextEngine, Upload};
use serde_json::Value;

use crate::fault::Result;

mod fields;
mod peers;
mod remembered;

pub use peers::{Listening, Peer, characters};
pub use remembered::Remembered;

use fields::{expected, found, is_accepted};

/// The fields that a claim cannot do without.
pub const KEY_FIELDS: [&str; 5] = ["kind", "code", "number", "date", "total"];

/// The fields that are amounts of money.
const AMOUNTS: [&str; 3] = ["net", "tax", "total"];

/// A document and what it says.
pub struct Document {
    /// Its file name.
    pub name: String,
    /// What it is compared with others of: `ofd`, `taxi mild photo`.
    pub group: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The truth, by the words of the samples.
    pub truth: Value,
}

/// One field of one document.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its name.
    pub field: &'static str,
    /// What it should be.
    pub expected: String,
    /// What was read.
    pub found: Option<String>,
    /// Whether it may be used without a person.
    pub accepted: bool,
}

impl Judged {
    /// Whether it was read as it should be.
    pub fn right(&self) -> bool {
        self.found.as_deref() == Some(&self.expected)
    }
}

/// One document, judged.
pub struct Judgement {
    /// Its file name.
    pub name: String,
    /// Its group.
    pub group: String,
    /// Every field of its truth.
    pub fields: Vec<Judged>,
    /// Whether the amount was offered without a person.
    pub accepted: bool,
    /// Whether its parts contradict each other.
    pub conflict: bool,
    /// Whether its QR code was read.
    pub by_code: bool,
    /// Processor time of the reading, in seconds.
    pub seconds: f64,
}

impl Judgement {
    /// An amount that was filled in without a person and is wrong: the one fault that is not forgiven.
    pub fn silently_wrong(&self) -> bool {
        let wrong = |judged: &&Judged| AMOUNTS.contains(&judged.field) && !judged.right();
        let mut wrong = self.fields.iter().filter(wrong);
        wrong.any(|judged| judged.accepted || (self.accepted && judged.field == "total"))
    }

    /// Other values that could have been used without a person and are wrong.
    pub fn wrongly_accepted(&self) -> impl Iterator<Item = &Judged> {
        self.fields.iter().filter(|judged| judged.accepted && !judged.right())
    }
}

/// Every document of a folder and its folders, in the order of their names.
pub fn documents(folder: &Path) -> Result<Vec<Document>> {
    let mut found = Vec::new();
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    let shared = folder.join("truth.json");
    if shared.exists() {
        let truths: Value = serde_json::from_slice(&fs::read(&shared)?)?;
        for (name, truth) in truths.as_object().into_iter().flatten() {
            found.push(document(&folder.join(name), group(name, truth), truth.clone())?);
        }
        return Ok(found);
    }
    for path in paths {
        if path.is_dir() {
            found.extend(documents(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let truth: Value = serde_json::from_slice(&fs::read(&path)?)?;
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let kind = stem.split('_').next().unwrap_or_default();
            let level = truth.get("photo").and_then(Value::as_str).unwrap_or("photo");
            for (name, group) in [
                (stem.clone(), stem.rsplit('.').next().unwrap_or_default().to_owned()),
                (format!("{stem}.xml"), "xml".to_owned()),
                (format!("{stem}.png"), format!("{kind} clean")),
                (format!("{stem}_photo.jpg"), format!("{kind} {level} photo")),
            ] {
                let beside = path.with_file_name(name);
                if beside.is_file() {
                    found.push(document(&beside, group, truth.clone())?);
                }
            }
        }
    }
    Ok(found)
}

fn document(path: &Path, group: String, truth: Value) -> Result<Document> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Document { name, group, bytes: fs::read(path)?, truth })
}

fn group(name: &str, truth: &Value) -> String {
    let extension = name.rsplit('.').next().unwrap_or_default();
    let kind = truth.get("kind").and_then(Value::as_str).unwrap_or_default();
    match extension {
        "ofd" | "pdf" | "xml" => extension.to_owned(),
        _ if kind.starts_with("火车票") => "paper train ticket".to_owned(),
        _ => "scan".to_owned(),
    }
}

/// Reads a document and judges every field that its truth names.
pub fn judge(document: &Document, today: Date, engines: &[&dyn TextEngine]) -> Judgement {
    let before = processor_seconds();
    let upload = Upload { name: &document.name, bytes: &document.bytes };
    let reading = ocr::read(&upload, today, engines);
    let seconds = processor_seconds() - before;
    let reading = reading.ok();
    let fields = expected(&document.truth)
        .into_iter()
        .map(|(field, expected)| {
            let found = reading.as_ref().and_then(|reading| found(reading, field));
            let accepted = reading.as_ref().is_some_and(|reading| is_accepted(reading, field));
            Judged { field, expected, found, accepted }
        })
        .collect();
    let is = |test: &dyn Fn(&Reading) -> bool| reading.as_ref().is_some_and(test);
    Judgement {
        name: document.name.clone(),
        group: document.group.clone(),
        fields,
        accepted: is(&Reading::is_accepted),
        conflict: is(&|reading| matches!(reading.verdict, ocr::Verdict::Conflict(_))),
        by_code: is(&|reading| {
            reading.fields.number.as_ref().is_some_and(|n| n.source == Source::Qr || n.agreeing.contains(&Source::Qr))
        }),
        seconds,
    }
}

/// Right and all, of a choice of fields.
pub fn share<'a>(judgements: impl Iterator<Item = &'a Judgement>, fields: &[&str]) -> (usize, usize) {
    judgements
        .flat_map(|judgement| &judgement.fields)
        .filter(|judged| fields.contains(&judged.field))
        .fold((0, 0), |(right, all), judged| (right + usize::from(judged.right()), all + 1))
}

/// A table of groups and fields, and below it every field that was not read as it should be.
pub fn table(judgements: &[Judgement]) -> String {
    use std::fmt::Write;
    let mut groups: BTreeMap<&str, Vec<&Judgement>> = BTreeMap::new();
    for judgement in judgements {
        groups.entry(&judgement.group).or_default().push(judgement);
    }
    let mut out = String::new();
    // Writing into a String cannot fail.
    for (group, members) in groups {
        let count = |test: &dyn Fn(&&&Judgement) -> bool| members.iter().filter(test).count();
        let _ = writeln!(
            out,
            "{group}: {} documents, {} accepted, {} conflicts, {} by QR code, {:.2} s each",
            members.len(),
            count(&|j| j.accepted),
            count(&|j| j.conflict),
            count(&|j| j.by_code),
            members.iter().map(|j| j.seconds).sum::<f64>() / f64::from(u32::try_from(members.len()).unwrap_or(1)),
        );
        let mut fields: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for judged in members.iter().flat_map(|judgement| &judgement.fields) {
            let (right, all) = fields.entry(judged.field).or_default();
            *right += usize::from(judged.right());
            *all += 1;
        }
        let cells: Vec<String> = fields.iter().map(|(field, (right, all))| format!("{field} {right}/{all}")).collect();
        let _ = writeln!(out, "    {}", cells.join("  "));
    }
    for judgement in judgements {
        for judged in judgement.fields.iter().filter(|judged| !judged.right()) {
            let mark = if judgement.silently_wrong() && judged.field == "total" { "SILENTLY WRONG " } else { "" };
            let found = judged.found.as_deref().unwrap_or("–");
            let _ =
                writeln!(out, "  {mark}{} {}: {found}, should be {}", judgement.name, judged.field, judged.expected);
        }
    }
    out
}

/// Processor time of this process so far, in seconds; 0 where the system does not tell.
pub fn processor_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let ticks = after.split_whitespace().skip(11).take(2).filter_map(|part| part.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// The most memory that this process has needed so far, in megabytes; 0 where the system does not tell.
pub fn peak_megabytes() -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
