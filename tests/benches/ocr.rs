//! `./dev bench ocr [--samples DIR] [--kept DIR] [--drawn N]`: how well and at what cost documents are read.
//!
//! Documents of every kind are drawn from new seeds and photographed, and read by our engine, by RapidOCR with the same
//! networks and by the command line of Tesseract, each on one thread; the rules that make fields of lines are ours for all
//! three. With `--samples` the documents of a folder with their truth are read instead, by our engine alone; every wrong field
//! is listed. `--kept` keeps what was recognised, so that a second run tries rules alone.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use budget::Date;
use ocr::{PaddleEngine, PaddleModels, TextEngine};
use serde_json::{Map, Value, json};
use tests::documents::sheet::KINDS;
use tests::documents::{Difficulty, Sheet};
use tests::fault::{Fault, Result};
use tests::place;
use tests::score::{self, Document, Judgement, KEY_FIELDS, Listening, Peer, Remembered};

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
    let Some(folder) = samples else {
        let count = option("--drawn").and_then(|count| count.to_str()?.parse().ok()).unwrap_or(DRAWN);
        return beside_others(engine, count, today);
    };
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

/// How many documents are drawn, unless said otherwise: each kind clean, on a mild and on a hard photograph.
const DRAWN: u64 = 66;

/// A drawn document in a file, with what is printed on it.
struct Drawn {
    path: PathBuf,
    document: Document,
    phrases: Vec<String>,
}

fn draw(folder: &Path, seed: u64, index: u64) -> Result<Drawn> {
    let kinds = u64::try_from(KINDS.len())?;
    let kind = KINDS.get(usize::try_from(index % kinds)?).copied().unwrap_or_default();
    let own = seed.wrapping_mul(1_000_003).wrapping_add(index);
    let sheet = Sheet::drawn(kind, own);
    let (word, ending, bytes) = match (index / kinds) % 3 {
        0 => ("clean", "png", sheet.png()?),
        1 => ("mild", "jpg", sheet.page.photo(own, Difficulty::Mild)?),
        _ => ("hard", "jpg", sheet.page.photo(own, Difficulty::Hard)?),
    };
    let path = folder.join(format!("{index:04}.{ending}"));
    std::fs::write(&path, &bytes)?;
    let document = Document {
        name: format!("{kind:?} {index} {word}"),
        group: format!("{word} {kind:?}"),
        bytes,
        truth: sheet.truth.clone(),
    };
    Ok(Drawn { path, document, phrases: sheet.phrases() })
}

/// What one engine made of all documents.
struct Run {
    name: &'static str,
    judgements: Vec<Judgement>,
    characters: (usize, usize),
    seconds: f64,
    megabytes: f64,
}

/// Our engine and the others on the same documents.
fn beside_others(engine: &dyn TextEngine, count: u64, today: Date) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| u64::from(time.subsec_nanos()));
    println!("seed {seed}");
    let drawn: Vec<Drawn> = (0..count).map(|index| draw(folder.path(), seed, index)).collect::<Result<_>>()?;
    let mut all = vec![ours(engine, &drawn, today)];
    let files: Vec<PathBuf> = drawn.iter().map(|drawn| drawn.path.clone()).collect();
    for name in ["rapidocr", "tesseract"] {
        let python = place::tools().join("rapidocr/bin/python");
        if python.exists() {
            all.push(theirs(&Peer::run(name, &python, &files)?, &drawn, today));
        } else {
            println!("NOT MEASURED: {name}; ./dev bench installs it");
        }
    }
    if let Some(ours) = all.first() {
        println!("{}", score::table(&ours.judgements));
    }
    println!(
        "{:10} {:>10} {:>10} {:>10} {:>10} {:>8}",
        "engine", "characters", "key fields", "fields", "CPU s/page", "MB"
    );
    for engine in &all {
        println!(
            "{:10} {:>9}% {:>9}% {:>9}% {:>10.2} {:>8.0}",
            engine.name,
            percent(engine.characters),
            percent(score::share(engine.judgements.iter(), &KEY_FIELDS)),
            percent(fields(&engine.judgements)),
            engine.seconds / float(drawn.len().max(1)),
            engine.megabytes
        );
    }
    println!("{}", beside(&all));
    Ok(())
}

fn ours(engine: &dyn TextEngine, drawn: &[Drawn], today: Date) -> Run {
    let listening = Listening::to(engine);
    let mut characters = (0, 0);
    let mut judgements = Vec::new();
    for Drawn { document, phrases, .. } in drawn {
        judgements.push(score::judge(document, today, &[&listening]));
        let (right, all) = score::characters(phrases, &listening.take());
        characters = (characters.0 + right, characters.1 + all);
    }
    let seconds = judgements.iter().map(|judgement| judgement.seconds).sum();
    Run { name: "suanpan", judgements, characters, seconds, megabytes: score::peak_megabytes() }
}

fn theirs(peer: &Peer, drawn: &[Drawn], today: Date) -> Run {
    let mut characters = (0, 0);
    let mut judgements = Vec::new();
    for Drawn { path, document, phrases } in drawn {
        judgements.push(score::judge(document, today, &[&peer.of(path)]));
        let lines = peer.pages.get(path).map_or(&[][..], |(lines, _)| lines.as_slice());
        let (right, all) = score::characters(phrases, lines);
        characters = (characters.0 + right, characters.1 + all);
    }
    Run { name: peer.name, judgements, characters, seconds: peer.seconds(), megabytes: peer.megabytes }
}

/// Every field of every document.
fn fields(judgements: &[Judgement]) -> (usize, usize) {
    let judged = judgements.iter().flat_map(|judgement| &judgement.fields);
    judged.fold((0, 0), |(right, all), judged| (right + usize::from(judged.right()), all + 1))
}

fn beside(all: &[Run]) -> String {
    let [ours, others @ ..] = all else { return String::new() };
    let of =
        |word: &str| percent(score::share(ours.judgements.iter().filter(|j| j.group.starts_with(word)), &KEY_FIELDS));
    let of_ours = [
        ("documents", float(ours.judgements.len())),
        ("silent_wrong_amounts", float(ours.judgements.iter().filter(|j| j.silently_wrong()).count())),
        ("key_fields_clean", of("clean")),
        ("key_fields_mild", of("mild")),
        ("key_fields_hard", of("hard")),
        ("characters", percent(ours.characters)),
        ("cpu_seconds_a_page", ours.seconds / float(ours.judgements.len().max(1))),
        ("peak_megabytes", ours.megabytes.round()),
    ];
    let mut figures: Map<String, Value> =
        of_ours.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let mut ratios = Map::new();
    for other in others {
        let (right, _) = fields(&other.judgements);
        let share = float(fields(&ours.judgements).0) / float(right.max(1));
        let rounded = |value: f64| json!((value * 1000.0).round() / 1000.0);
        ratios.insert(format!("cpu_vs_{}", other.name), rounded(ours.seconds / other.seconds.max(0.001)));
        ratios.insert(format!("fields_vs_{}", other.name), rounded(share));
        figures.insert(format!("characters_{}", other.name), json!(percent(other.characters)));
    }
    json!({"bench": "ocr", "figures": figures, "ratios": ratios}).to_string()
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// To two decimals.
fn percent((right, all): (usize, usize)) -> f64 {
    if all == 0 { 0.0 } else { (float(right) / float(all) * 10_000.0).round() / 100.0 }
}

fn show(document: &Document, engine: &dyn TextEngine) {
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
