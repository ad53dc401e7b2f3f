//! What other people's engines recognised, given to our rules: so that engines are compared and nothing else.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use image::RgbImage;
use ocr::{EngineError, Line, Point, Recognised, TextEngine};
use serde::Deserialize;

use crate::fault::{Fault, Result};
use crate::place;

/// An engine that was run elsewhere, over some files.
pub struct Peer {
    /// What it is called.
    pub name: &'static str,
    /// Its lines of each file, by path, with the processor time that they took, in seconds.
    pub pages: BTreeMap<PathBuf, (Vec<Line>, f64)>,
    /// The most memory that it needed, in megabytes.
    pub megabytes: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Page { file: PathBuf, lines: Vec<SaidLine>, seconds: f64 },
    Peak { peak_megabytes: f64 },
}

#[derive(Deserialize)]
struct SaidLine {
    text: String,
    corners: [(f32, f32); 4],
    confidence: f32,
}

impl Peer {
    /// Runs an engine of `tests/readers/recognise.py` over files.
    pub fn run(name: &'static str, python: &Path, files: &[PathBuf]) -> Result<Self> {
        let script = place::workspace().join("tests/readers/recognise.py");
        let output = Command::new(python)
            .arg(script)
            .arg(name)
            .args(files)
            // ONNX Runtime and Tesseract count threads on their own.
            .envs([("OMP_NUM_THREADS", "1"), ("OMP_THREAD_LIMIT", "1")])
            .output()?;
        if !output.status.success() {
            return Err(Fault::new(format!("{name}: {}", String::from_utf8_lossy(&output.stderr))));
        }
        let mut peer = Self { name, pages: BTreeMap::new(), megabytes: 0.0 };
        for line in String::from_utf8(output.stdout)?.lines().filter(|line| line.starts_with('{')) {
            match serde_json::from_str(line)? {
                Said::Page { file, lines, seconds } => {
                    let lines = lines.into_iter().map(|line| Line {
                        text: line.text,
                        corners: line.corners.map(|(x, y)| Point { x, y }),
                        middles: Vec::new(),
                        confidence: line.confidence,
                    });
                    peer.pages.insert(file, (lines.collect(), seconds));
                }
                Said::Peak { peak_megabytes } => peer.megabytes = peak_megabytes,
            }
        }
        Ok(peer)
    }

    /// Its lines of one file, as an engine.
    pub fn of(&self, file: &Path) -> Replayed<'_> {
        let lines = self.pages.get(file).map_or(&[][..], |(lines, _)| lines.as_slice());
        Replayed { name: self.name, lines }
    }

    /// Processor time of all files together, in seconds.
    pub fn seconds(&self) -> f64 {
        self.pages.values().map(|(_, seconds)| seconds).sum()
    }
}

/// Lines that were recognised before.
#[derive(Clone, Copy)]
pub struct Replayed<'a> {
    name: &'static str,
    lines: &'a [Line],
}

impl TextEngine for Replayed<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn lines(&self, _: &RgbImage) -> std::result::Result<Recognised, EngineError> {
        Ok(Recognised { lines: self.lines.to_vec(), turns: 0 })
    }
}

/// An engine whose lines are kept for a closer look.
pub struct Listening<'a> {
    engine: &'a dyn TextEngine,
    heard: RefCell<Vec<Line>>,
}

impl<'a> Listening<'a> {
    /// Listens to an engine.
    pub fn to(engine: &'a dyn TextEngine) -> Self {
        Self { engine, heard: RefCell::default() }
    }

    /// What it said since the last time.
    pub fn take(&self) -> Vec<Line> {
        self.heard.take()
    }
}

impl TextEngine for Listening<'_> {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn lines(&self, picture: &RgbImage) -> std::result::Result<Recognised, EngineError> {
        let recognised = self.engine.lines(picture)?;
        self.heard.borrow_mut().extend_from_slice(&recognised.lines);
        Ok(recognised)
    }
}

/// How much of the printed phrases an engine has: characters right and characters printed. A phrase is held against the
/// place in all its lines where it fits best.
pub fn characters(printed: &[String], lines: &[Line]) -> (usize, usize) {
    let all: Vec<char> = lines.iter().flat_map(|line| plain(&line.text).chain(['\n'])).collect();
    let mut sum = (0, 0);
    for phrase in printed {
        let phrase: Vec<char> = plain(phrase).collect();
        // Shorter ones are found anywhere.
        if phrase.len() >= 4 {
            sum.0 += phrase.len().saturating_sub(distance(&phrase, &all));
            sum.1 += phrase.len();
        }
    }
    sum
}

/// Half-width, without spaces.
fn plain(text: &str) -> impl Iterator<Item = char> {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '￥' => '¥',
        other => other,
    };
    text.chars().filter(|c| !c.is_whitespace()).map(narrow)
}

/// The fewest edits that make a phrase of some part of a text (Sellers 1980).
fn distance(phrase: &[char], text: &[char]) -> usize {
    let mut column: Vec<usize> = (0..=phrase.len()).collect();
    let mut best = phrase.len();
    for c in text {
        // A match may begin anywhere, so the first row is always nought.
        let mut before = 0;
        let mut diagonal = column.first().copied().unwrap_or(0);
        if let Some(first) = column.first_mut() {
            *first = 0;
        }
        for (cell, wanted) in column.iter_mut().skip(1).zip(phrase) {
            let kept = diagonal + usize::from(c != wanted);
            diagonal = *cell;
            *cell = kept.min(before + 1).min(*cell + 1);
            before = *cell;
        }
        best = best.min(column.last().copied().unwrap_or(best));
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_where_a_phrase_fits_best() {
        let line = |text: &str| Line::upright(text, 0.0, 0.0, 10.0, 10.0, 1.0);
        let check = |phrase: &str, lines: &[&str], right| {
            let lines: Vec<Line> = lines.iter().map(|text| line(text)).collect();
            assert_eq!(characters(&[phrase.to_owned()], &lines), (right, plain(phrase).count()), "{phrase}");
        };
        check("发票号码：", &["电子发票", "发票号码:2633"], 5);
        check("价税合计", &["价稅合计（大写）"], 3);
        check("价税合计", &["什么也没有"], 0);
        assert_eq!(characters(&["单位".to_owned()], &[]), (0, 0));
    }
}
