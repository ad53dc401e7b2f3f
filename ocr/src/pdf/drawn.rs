//! QR codes that a PDF draws as filled rectangles instead of a picture: they are drawn again, small, and decoded.

use image::{GrayImage, Luma};
use pdf_oxide::PdfDocument;
use pdf_oxide::elements::{PathContent, PathOperation};

/// A code has at least this many dark runs.
const FEWEST_MODULES: usize = 40;
/// More rectangles than any page of an invoice has.
const MOST_MODULES: usize = 20_000;
/// The side of a module, in points: from a code of 10 mm to one of 60 mm.
const MODULE_SIDES: std::ops::RangeInclusive<f32> = 0.3..=8.0;
const PIXELS: f32 = 900.0;
const MARGIN: f32 = 60.0;

struct Square {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

/// A path is one rectangle, or many of them drawn at once.
fn rectangles(path: &PathContent) -> Vec<Square> {
    let square = |x: f32, y: f32, width: f32, height: f32| Square {
        left: x.min(x + width),
        top: (-y).min(-(y + height)),
        right: x.max(x + width),
        bottom: (-y).max(-(y + height)),
    };
    let drawn: Vec<Square> = path
        .operations
        .iter()
        .filter_map(|operation| match operation {
            PathOperation::Rectangle(x, y, width, height) => Some(square(*x, *y, *width, *height)),
            _ => None,
        })
        .collect();
    if drawn.is_empty() { vec![square(path.bbox.x, path.bbox.y, path.bbox.width, path.bbox.height)] } else { drawn }
}

/// The small dark rectangles of a page as a picture; `None` when they are too few to be a code.
pub(super) fn picture(document: &PdfDocument, page: usize) -> Option<GrayImage> {
    let paths = document.extract_paths(page).ok()?;
    let squares: Vec<Square> = paths
        .iter()
        .filter(|path| path.fill_color.is_some_and(|color| color.r.max(color.g).max(color.b) < 0.3))
        .flat_map(rectangles)
        .filter(|square| MODULE_SIDES.contains(&(square.bottom - square.top).min(square.right - square.left)))
        .take(MOST_MODULES + 1)
        .collect();
    if !(FEWEST_MODULES..=MOST_MODULES).contains(&squares.len()) {
        return None;
    }
    let left = squares.iter().map(|s| s.left).fold(f32::MAX, f32::min);
    let top = squares.iter().map(|s| s.top).fold(f32::MAX, f32::min);
    let right = squares.iter().map(|s| s.right).fold(f32::MIN, f32::max);
    let bottom = squares.iter().map(|s| s.bottom).fold(f32::MIN, f32::max);
    let extent = (right - left).max(bottom - top);
    if !extent.is_finite() || extent <= 0.0 {
        return None;
    }
    let scale = PIXELS / extent;
    let mut picture = GrayImage::from_pixel(side(PIXELS + 2.0 * MARGIN), side(PIXELS + 2.0 * MARGIN), Luma([255]));
    for square in &squares {
        let columns = side((square.left - left) * scale + MARGIN)..side((square.right - left) * scale + MARGIN);
        for x in columns {
            for y in side((square.top - top) * scale + MARGIN)..side((square.bottom - top) * scale + MARGIN) {
                if let Some(pixel) = picture.get_pixel_mut_checked(x, y) {
                    *pixel = Luma([0]);
                }
            }
        }
    }
    Some(picture)
}

/// A length in whole pixels; the sum of all lengths is bounded by the picture.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the picture first")]
fn side(length: f32) -> u32 {
    length.round().clamp(0.0, PIXELS + 2.0 * MARGIN) as u32
}
