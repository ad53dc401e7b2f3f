//! What recognises the text of photographs on this machine.
//!
//! PP-OCR reads; Tesseract gives a second opinion where a document prints nothing that could confirm its total. Either may
//! be missing: then the other one works alone, and without both a photograph gives what its QR code says.

use std::path::{Path, PathBuf};

use ocr::TextEngine;

/// Which engines to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// PP-OCR with Tesseract's second opinion.
    #[default]
    Both,
    /// PP-OCR alone.
    Paddle,
    /// Tesseract alone.
    Tesseract,
    /// None: only what needs no recognition.
    Neither,
}

impl Choice {
    /// The choice that a word names.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "both" => Some(Self::Both),
            "paddle" => Some(Self::Paddle),
            "tesseract" => Some(Self::Tesseract),
            "none" => Some(Self::Neither),
            _ => None,
        }
    }
}

/// The engines that were found.
#[derive(Default)]
pub struct Engines {
    found: Vec<Box<dyn TextEngine + Send + Sync>>,
}

impl Engines {
    /// Loads what is chosen and found. `models` and `tessdata` are the folders of the configuration; without them the
    /// usual ones are looked at.
    pub fn load(choice: Choice, models: Option<&Path>, tessdata: Option<&Path>) -> Self {
        let mut found: Vec<Box<dyn TextEngine + Send + Sync>> = Vec::new();
        if matches!(choice, Choice::Both | Choice::Paddle) {
            found.extend(paddle(models));
        }
        if matches!(choice, Choice::Both | Choice::Tesseract) {
            found.extend(tesseract(tessdata));
        }
        Self { found }
    }

    /// The engines, the one that reads first.
    pub fn list(&self) -> Vec<&dyn TextEngine> {
        self.found.iter().map(|engine| -> &dyn TextEngine { engine.as_ref() }).collect()
    }
}

/// Where the networks may lie: beside the program, beside its folder, where packages put them.
fn model_folders(models: Option<&Path>) -> Vec<PathBuf> {
    if let Some(models) = models {
        return vec![models.to_owned()];
    }
    let program = std::env::current_exe().unwrap_or_default();
    let beside = program.ancestors().skip(1).take(2).map(|folder| folder.join("models"));
    beside.chain([PathBuf::from("/usr/share/suanpan/models")]).collect()
}

#[cfg(feature = "paddle")]
fn paddle(models: Option<&Path>) -> Option<Box<dyn TextEngine + Send + Sync>> {
    let folder = model_folders(models).into_iter().find(|folder| folder.join("recognition.onnx").is_file())?;
    let read = |name: &str| std::fs::read(folder.join(name)).ok();
    let networks = ocr::PaddleModels {
        detection: read("detection.onnx")?,
        recognition: read("recognition.onnx")?,
        characters: String::from_utf8(read("characters.txt")?).ok()?,
    };
    match ocr::PaddleEngine::new(networks) {
        Ok(engine) => Some(Box::new(engine)),
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "the networks that read photographs cannot be loaded");
            None
        }
    }
}

#[cfg(not(feature = "paddle"))]
fn paddle(_: Option<&Path>) -> Option<Box<dyn TextEngine + Send + Sync>> {
    None
}

#[cfg(feature = "tesseract")]
fn tesseract(data: Option<&Path>) -> Option<Box<dyn TextEngine + Send + Sync>> {
    let usual =
        ["/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata"];
    let folders: Vec<&Path> = data.map_or_else(|| usual.iter().map(Path::new).collect(), |data| vec![data]);
    let found = folders.into_iter().filter(|folder| folder.join("chi_sim.traineddata").is_file());
    let engine = found.map(ocr::TesseractEngine::new).find_map(Result::ok)?;
    Some(Box::new(engine))
}

#[cfg(not(feature = "tesseract"))]
fn tesseract(_: Option<&Path>) -> Option<Box<dyn TextEngine + Send + Sync>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_found_in_an_empty_folder() {
        let folder = tempfile::tempdir().unwrap();
        let engines = Engines::load(Choice::Both, Some(folder.path()), Some(folder.path()));
        assert!(engines.list().is_empty());
        assert!(Engines::load(Choice::Neither, None, None).list().is_empty());
    }

    #[test]
    fn words_name_choices() {
        assert_eq!(Choice::named("both"), Some(Choice::Both));
        assert_eq!(Choice::named("magic"), None);
    }
}
