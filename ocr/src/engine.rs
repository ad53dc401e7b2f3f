//! Text recognition, as the reader needs it: lines with their places. What is read this way is always confirmed by a
//! second figure, a QR code or a person, never accepted for itself.

use image::RgbImage;
use thiserror::Error;

/// A place in a picture, in pixels from the upper left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Downwards.
    pub y: f32,
}

impl Point {
    /// How far another point is away.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point half way to another one.
    #[must_use]
    pub fn midpoint(self, other: Self) -> Self {
        Self { x: f32::midpoint(self.x, other.x), y: f32::midpoint(self.y, other.y) }
    }
}

/// One line of recognised text.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What was recognised.
    pub text: String,
    /// Its corners in the order of reading: upper left, upper right, lower right, lower left. A photographed page is
    /// askew, so they rarely make an upright rectangle.
    pub corners: [Point; 4],
    /// Where the middle of each character of the text stands, from 0 at the left edge to 1 at the right; empty when the
    /// engine does not say.
    pub middles: Vec<f32>,
    /// How sure the engine is, 0 to 1.
    pub confidence: f32,
}

impl Line {
    /// A line in an upright rectangle.
    pub fn upright(text: &str, left: f32, top: f32, right: f32, bottom: f32, confidence: f32) -> Self {
        let corner = |x, y| Point { x, y };
        let corners = [corner(left, top), corner(right, top), corner(right, bottom), corner(left, bottom)];
        Self { text: text.to_owned(), corners, middles: Vec::new(), confidence }
    }

    /// The middle of the left edge.
    pub fn start(&self) -> Point {
        let [upper_left, _, _, lower_left] = self.corners;
        upper_left.midpoint(lower_left)
    }

    /// The middle of the right edge.
    pub fn end(&self) -> Point {
        let [_, upper_right, lower_right, _] = self.corners;
        upper_right.midpoint(lower_right)
    }

    /// The mean height of the characters.
    pub fn height(&self) -> f32 {
        let [upper_left, upper_right, lower_right, lower_left] = self.corners;
        f32::midpoint(upper_left.distance(lower_left), upper_right.distance(lower_right))
    }
}

/// What an engine made of a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recognised {
    /// The lines, in any order. Their places are those of the picture after it was turned.
    pub lines: Vec<Line>,
    /// How many quarter turns clockwise set the picture upright before it was read, 0 to 3.
    pub turns: u8,
}

/// An engine failed; the reading goes on without it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("text recognition failed: {0}")]
pub struct EngineError(pub String);

/// Something that finds lines of text in a picture.
pub trait TextEngine {
    /// Its name, for reports.
    fn name(&self) -> &'static str;

    /// The lines of a picture.
    fn lines(&self, picture: &RgbImage) -> Result<Recognised, EngineError>;

    /// What a picture of one amount says, for a second opinion.
    fn figure(&self, picture: &RgbImage) -> Result<String, EngineError> {
        Ok(self.lines(picture)?.lines.into_iter().map(|line| line.text).collect())
    }
}
