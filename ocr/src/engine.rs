//! Text recognition, as the reader needs it: lines with their places. What is read this way is always confirmed by a
//! person or by a QR code, never accepted for itself.

use image::RgbImage;
use thiserror::Error;

/// One line of recognised text. Places are pixels of the picture that was given, from the upper left.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What was recognised.
    pub text: String,
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
    /// How sure the engine is, 0 to 1.
    pub confidence: f32,
}

/// An engine failed; the reading goes on without it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("text recognition failed: {0}")]
pub struct EngineError(pub String);

/// Something that finds lines of text in a picture.
pub trait TextEngine {
    /// The lines of a picture, in any order.
    fn lines(&self, picture: &RgbImage) -> Result<Vec<Line>, EngineError>;
}
