//! Lines that were recognised before, so that rules can be tried on many pictures without recognising them again.

use std::fs;
use std::path::{Path, PathBuf};

use image::RgbImage;
use ocr::{EngineError, Line, Point, Recognised, TextEngine};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An engine that asks another one only about pictures that it has not seen; what it has seen is kept in a folder.
pub struct Remembered<'a> {
    engine: &'a dyn TextEngine,
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    turns: u8,
    lines: Vec<KeptLine>,
}

#[derive(Serialize, Deserialize)]
struct KeptLine {
    text: String,
    corners: [(f32, f32); 4],
    middles: Vec<f32>,
    confidence: f32,
}

impl<'a> Remembered<'a> {
    /// Keeps what `engine` says in `folder`, which must exist.
    pub fn new(engine: &'a dyn TextEngine, folder: &Path) -> Self {
        Self { engine, folder: folder.to_owned() }
    }
}

impl TextEngine for Remembered<'_> {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn lines(&self, picture: &RgbImage) -> Result<Recognised, EngineError> {
        let name = hex::encode(Sha256::digest(picture.as_raw()));
        let path = self.folder.join(format!("{}-{name}.json", self.name()));
        if let Some(kept) = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok()) {
            let lines = kept.lines.into_iter().map(|line| Line {
                text: line.text,
                corners: line.corners.map(|(x, y)| Point { x, y }),
                middles: line.middles,
                confidence: line.confidence,
            });
            return Ok(Recognised { lines: lines.collect(), turns: kept.turns });
        }
        let recognised = self.engine.lines(picture)?;
        let lines = recognised.lines.iter().map(|line| KeptLine {
            text: line.text.clone(),
            corners: line.corners.map(|Point { x, y }| (x, y)),
            middles: line.middles.clone(),
            confidence: line.confidence,
        });
        let kept = Kept { turns: recognised.turns, lines: lines.collect() };
        let fault = |error: &dyn std::fmt::Display| EngineError(error.to_string());
        let text = serde_json::to_vec(&kept).map_err(|error| fault(&error))?;
        fs::write(&path, text).map_err(|error| fault(&error))?;
        Ok(recognised)
    }
}
