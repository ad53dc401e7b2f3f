//! `./dev bench ocr [--samples DIR] [--kept DIR]`: how well and at what cost documents are read.
//!
//! With `--samples` the documents of a folder with their truth are read; every wrong field is listed. `--kept` keeps what
//! was recognised, so that a second run tries rules alone.

use std::path::PathBuf;

use budget::Date;
use ocr::{PaddleEngine, PaddleModels, TextEngine};
use serde_json::json;
use tests::fault::{Fault, Result};
use tests::place;
use tests::score::{self, Judgement, KEY_FIELDS, Remembered};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(PathBuf::from)
    };
    let only = option("--only");
    let samples = option("--samples").or_else(place::samples);
    let paddle = paddle()?;
    let kept = option("--kept");
    let remembered = kept.as_ref().map(|folder| Remembered::new(&paddle, folder));
    let engine: &dyn TextEngine = remembered.as_ref().map_or(&paddle, |engine| engine);
    let today = Date::new(2026, 12, 31)?;
    let folder = samples.ok_or_else(|| Fault::new("name a folder of documents with --samples"))?;
    let mut documents = score::documents(&folder)?;
    if let Some(only) = only {
        documents.retain(|document| document.name.contains(only.to_string_lossy().as_ref()));
    }
    let mut judgements = Vec::new();
    for document in &documents {
        if std::env::var_os("SUANPAN_SHOW").is_some() {
            show(document, engine);
        }
        judgements.push(score::judge(document, today, &[engine]));
    }
    println!("{}", score::table(&judgements));
    println!("{}", summary(&judgements));
    Ok(())
}

fn show(document: &score::Document, engine: &dyn TextEngine) {
    println!("== {}", document.name);
    if let Ok(picture) = image::load_from_memory(&document.bytes)
        && let Ok(found) = engine.lines(&picture.to_rgb8())
    {
        for line in found.lines {
            println!("{:5.0} {:5.0} {:.2} {}", line.start().x, line.start().y, line.confidence, line.text);
        }
    }
}

fn paddle() -> Result<PaddleEngine> {
    let folder = place::models()?.ok_or_else(|| Fault::new("the networks are missing: ./dev bench fetches them"))?;
    let read = |name: &str| std::fs::read(folder.join(name));
    let models = PaddleModels {
        detection: read("detection.onnx")?,
        recognition: read("recognition.onnx")?,
        characters: std::fs::read_to_string(folder.join("characters.txt"))?,
    };
    Ok(PaddleEngine::new(models)?)
}

fn summary(judgements: &[Judgement]) -> String {
    let percent = |(right, all): (usize, usize)| {
        let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        if all == 0 { 0.0 } else { (float(right) / float(all) * 10_000.0).round() / 100.0 }
    };
    let of = |word: &str| percent(score::share(judgements.iter().filter(|j| j.group.contains(word)), &KEY_FIELDS));
    let structured = ["xml", "ofd", "pdf"];
    let all: Vec<&str> = judgements.iter().flat_map(|j| &j.fields).map(|judged| judged.field).collect();
    let exact = percent(score::share(judgements.iter().filter(|j| structured.contains(&j.group.as_str())), &all));
    let figures = json!({
        "documents": judgements.len(),
        "fields_structured": exact,
        "key_fields_clean": of("clean"),
        "key_fields_mild": of("mild"),
        "key_fields_hard": of("hard"),
        "silent_wrong_amounts": judgements.iter().filter(|j| j.silently_wrong()).count(),
    });
    json!({"bench": "ocr", "figures": figures, "ratios": {}}).to_string()
}
