//! Text recognition by the system's Tesseract, on the server.
//!
//! Its measured role is to offer candidates: on clean invoices it silently drops decimal points and confuses 8 and 9, so
//! nothing it reads is accepted without a QR code that says the same.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use image::{DynamicImage, RgbImage};
use tesseract_rs::{TessPageSegMode, TesseractAPI};

use crate::engine::{EngineError, Line, Recognised, TextEngine};

/// Tesseract with simplified Chinese, opened for each picture: the library's handle is not shared between threads.
#[derive(Clone, Debug)]
pub struct TesseractEngine {
    data: PathBuf,
}

impl TesseractEngine {
    /// The engine with its data folder, which holds `chi_sim.traineddata`: on Debian
    /// `/usr/share/tesseract-ocr/5/tessdata`. Fails when the data cannot be loaded.
    pub fn new(data: &Path) -> Result<Self, EngineError> {
        let engine = Self { data: data.to_owned() };
        engine.open().map(|_| engine)
    }

    fn open(&self) -> Result<TesseractAPI, EngineError> {
        let api = TesseractAPI::new();
        api.init(&self.data, "chi_sim").map_err(fault)?;
        // An invoice is cells, not paragraphs.
        api.set_page_seg_mode(TessPageSegMode::PSM_SPARSE_TEXT).map_err(fault)?;
        Ok(api)
    }
}

impl TextEngine for TesseractEngine {
    fn name(&self) -> &'static str {
        "tesseract"
    }

    fn lines(&self, picture: &RgbImage) -> Result<Recognised, EngineError> {
        let grey = DynamicImage::ImageRgb8(picture.clone()).into_luma8();
        let side = |length: u32| i32::try_from(length).map_err(fault);
        let (width, height) = (side(grey.width())?, side(grey.height())?);
        let api = self.open()?;
        api.set_image(grey.as_raw(), width, height, 1, width).map_err(fault)?;
        api.set_source_resolution(200).map_err(fault)?;
        Ok(Recognised { lines: words(&api.get_tsv_text(0).map_err(fault)?), turns: 0 })
    }

    /// Told that it is one line of digits, it reads them far better than on a whole page.
    fn figure(&self, picture: &RgbImage) -> Result<String, EngineError> {
        let grey = DynamicImage::ImageRgb8(picture.clone()).into_luma8();
        let side = |length: u32| i32::try_from(length).map_err(fault);
        let (width, height) = (side(grey.width())?, side(grey.height())?);
        let api = self.open()?;
        api.set_page_seg_mode(TessPageSegMode::PSM_SINGLE_LINE).map_err(fault)?;
        api.set_variable("tessedit_char_whitelist", "0123456789.").map_err(fault)?;
        api.set_image(grey.as_raw(), width, height, 1, width).map_err(fault)?;
        api.get_utf8_text().map_err(fault)
    }
}

fn fault(error: impl std::fmt::Display) -> EngineError {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = write!(text, "{error}");
    EngineError(text)
}

/// Words, level 5 of the table: level page block paragraph line word left top width height confidence text.
fn words(table: &str) -> Vec<Line> {
    let word = |row: &str| -> Option<Line> {
        let cells: Vec<&str> = row.split('\t').collect();
        let [level, _, _, _, _, _, left, top, width, height, confidence, text] = cells.as_slice() else {
            return None;
        };
        let number = |cell: &str| cell.parse::<f32>().ok();
        if *level != "5" || text.trim().is_empty() {
            return None;
        }
        let (left, top) = (number(left)?, number(top)?);
        let (right, bottom) = (left + number(width)?, top + number(height)?);
        Some(Line::upright(text.trim(), left, top, right, bottom, number(confidence)? / 100.0))
    };
    table.lines().filter_map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_gives_words_with_places() {
        let table = "1\t1\t0\t0\t0\t0\t0\t0\t800\t600\t-1\t\n5\t1\t1\t1\t1\t1\t10\t20\t30\t12\t91.5\t发票\n5\t1\t1\t1\t1\t2\t1\t2\t3\t4\t95\t \n";
        let found = words(table);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].text.as_str(), found[0].end().x, found[0].confidence), ("发票", 40.0, 0.915));
    }

    #[test]
    fn a_folder_without_data_is_an_error() {
        assert!(TesseractEngine::new(Path::new("/nonexistent")).is_err());
    }
}
