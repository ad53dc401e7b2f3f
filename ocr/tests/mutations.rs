//! Each parser, and the extractor's input, against documents that are changed at random, for a while.
//!
//! `SUANPAN_FUZZ_SECONDS` says how long each target is tried (short by default), `SUANPAN_FUZZ_SEED` repeats a run. An
//! input that makes the reader panic, or keeps it busy too long, is written to `tests/corpus`, where it stays: every run
//! reads that folder first.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop where it is"
)]

#[path = "mutations/changes.rs"]
mod changes;

use std::fs;
use std::io::{Cursor, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use budget::Date;
use changes::{Random, run};
use image::RgbImage;
use ocr::{EngineError, Line, Point, Recognised, TextEngine, Upload, read};

/// A document of a few hundred kilobytes that takes longer than this, on a machine busy with other tests, is an attack.
const MOST_TIME: Duration = Duration::from_secs(10);
/// Pieces of the formats that make a difference when they turn up in the wrong place.
const PIECES: [&str; 22] = [
    "<",
    ">",
    "/>",
    "<![CDATA[",
    "]]>",
    "&#x0;",
    "&amp;",
    "<a b='",
    "<!--",
    "-->",
    "endobj",
    "stream\n",
    "endstream",
    "<<",
    ">>",
    "/Length 99999999999",
    "/Kids[1 0 R]",
    "0 R",
    "xref",
    "¥",
    "壹佰万亿圆整",
    "99999999999999999999",
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn document(name: &str) -> Vec<u8> {
    fs::read(folder("../tests/data").join(name)).unwrap()
}

/// Reads the bytes; whatever goes wrong is kept under a name and fails the test.
fn survive(target: &str, bytes: &[u8], engines: &[&dyn TextEngine]) {
    let today = Date::new(2026, 6, 30).unwrap();
    let started = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        if let Ok(reading) = read(&Upload { name: "x", bytes }, today, engines) {
            serde_json::to_string(&reading).unwrap();
        }
    }));
    let took = started.elapsed();
    if outcome.is_err() || took > MOST_TIME {
        let path = folder("tests/corpus").join(format!("{target}-{}", bytes.len()));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        panic!("{target}: panicked {} after {took:?}; kept as {}", outcome.is_err(), path.display());
    }
}

#[test]
fn what_once_failed_does_not_fail_again() {
    for entry in fs::read_dir(folder("tests/corpus")).unwrap() {
        let path = entry.unwrap().path();
        survive("corpus", &fs::read(&path).unwrap(), &[]);
    }
}

#[test]
fn changed_xml() {
    let sound = document("paper-48.90.xml");
    run("xml", |random| {
        let mut bytes = sound.clone();
        random.change(&mut bytes, &PIECES, &sound);
        survive("xml", &bytes, &[]);
    });
}

#[test]
fn changed_pdf() {
    let sound = [document("toner-166.00.pdf"), document("lodging-1060.00.pdf"), document("locked.pdf")];
    run("pdf", |random| {
        let mut bytes = sound[random.below(3)].clone();
        random.change(&mut bytes, &PIECES, &sound[0]);
        survive("pdf", &bytes, &[]);
    });
}

/// The parts of an OFD file are changed inside the archive, so that changes reach the parsers behind it.
#[test]
fn changed_ofd() {
    let sound = [document("rail-553.00.ofd"), document("lodging-1060.00.ofd")];
    run("ofd", |random| {
        let mut archive = zip::ZipArchive::new(Cursor::new(&sound[random.below(2)])).unwrap();
        let chosen = random.below(archive.len());
        let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..archive.len() {
            let mut part = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).unwrap();
            if index == chosen {
                let other = bytes.clone();
                random.change(&mut bytes, &PIECES, &other);
            }
            out.start_file(part.name().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
            out.write_all(&bytes).unwrap();
        }
        let mut bytes = out.finish().unwrap().into_inner();
        if random.below(4) == 0 {
            random.change(&mut bytes, &PIECES, &sound[0]);
        }
        survive("ofd", &bytes, &[]);
    });
}

#[test]
fn changed_pictures() {
    let sound = document("dinner-388.50-cut.jpg");
    let head = sound.len().min(2_000);
    run("picture", |random| {
        let mut bytes = sound.clone();
        // Most of a picture is pixels; its head is where formats go wrong.
        let mut start = bytes[..head].to_vec();
        random.change(&mut start, &PIECES, &sound[..head]);
        bytes.splice(..head, start);
        bytes.truncate(20_000);
        survive("picture", &bytes, &[]);
    });
}

/// What an engine says is input too: lines anywhere, of any size, with any text.
struct Says(Vec<Line>);

impl TextEngine for Says {
    fn name(&self) -> &'static str {
        "says"
    }

    fn lines(&self, _: &RgbImage) -> Result<Recognised, EngineError> {
        Ok(Recognised { lines: self.0.clone(), turns: u8::try_from(self.0.len() % 5).unwrap() })
    }
}

/// Lines such as invoices print, and lines that nothing should make a field of.
const TEXTS: [&str; 20] = [
    "电子发票（普通发票）",
    "发票号码：26332116162416838501",
    "开票日期：2026年06月04日",
    "名称：甲公司",
    "价税合计（大写）",
    "叁佰捌拾捌圆伍角整",
    "（小写）¥388.50",
    "合计",
    "¥366.51",
    "¥21.99",
    "G1",
    "北京南站",
    "上海虹桥站",
    "08车06F号",
    "出租汽车专用发票",
    "上车：09:28",
    "里程：",
    "¥57.0元",
    "统一社会信用代码/纳税人识别号：91330106MA8650223H",
    "限乘当日当次车",
];

#[test]
fn changed_lines() {
    let mut picture = Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(64, 48).write_to(&mut picture, image::ImageFormat::Png).unwrap();
    let picture = picture.into_inner();
    run("lines", |random| {
        let lines = (0..random.below(40))
            .map(|_| {
                let mut text = TEXTS[random.below(TEXTS.len())].as_bytes().to_vec();
                if random.below(2) == 0 {
                    let other = TEXTS[random.below(TEXTS.len())].as_bytes();
                    random.change(&mut text, &PIECES, other);
                }
                let text = String::from_utf8_lossy(&text).into_owned();
                let odd = [f32::NAN, f32::INFINITY, -1e30, 0.0];
                let place = |random: &mut Random| {
                    let value = u16::try_from(random.below(2_000)).unwrap();
                    if random.below(50) == 0 { odd[random.below(4)] } else { f32::from(value) }
                };
                let corners = [(); 4].map(|()| Point { x: place(random), y: place(random) });
                let middles = if random.below(2) == 0 { vec![0.5; text.chars().count()] } else { Vec::new() };
                Line { text, corners, middles, confidence: 1.0 }
            })
            .collect();
        survive("lines", &picture, &[&Says(lines), &Says(Vec::new())]);
    });
}
