//! The page as pixels, with a Chinese font of the system.

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use image::{Rgb, RgbImage};

use super::page::{Page, advance};
use crate::fault::{Fault, Result};

/// Where Debian's `fonts-noto-cjk` and other systems keep a font with Chinese characters.
const FONTS: [&str; 5] = [
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/PingFang.ttc",
];
/// The simplified Chinese face of the Noto collections.
const FACE: u32 = 2;
/// 200 dots an inch.
pub(super) const PIXELS_A_POINT: f32 = 200.0 / 72.0;

impl Page {
    /// The page as a scanner at 200 dots an inch would give it.
    pub fn raster(&self) -> Result<RgbImage> {
        let font = font()?;
        let mut picture = RgbImage::from_pixel(
            pixels(self.width * PIXELS_A_POINT),
            pixels(self.height * PIXELS_A_POINT),
            Rgb([252; 3]),
        );
        for [x, y, to_x, to_y] in &self.rules {
            fill(&mut picture, [*x, *y, *to_x + 0.7, *to_y + 0.7], Rgb([128, 40, 30]));
        }
        for rectangle in self.qr_rectangles() {
            fill(&mut picture, rectangle, Rgb([10; 3]));
        }
        for text in &self.texts {
            let colour = if text.field.is_some() { Rgb([25, 25, 30]) } else { Rgb([120, 30, 25]) };
            write(&mut picture, &font, [text.x, text.y, text.size], &text.content, colour);
        }
        Ok(picture)
    }
}

fn font() -> Result<FontVec> {
    let bytes = FONTS
        .iter()
        .find_map(|path| std::fs::read(path).ok())
        .ok_or_else(|| Fault::new("no font with Chinese characters: install the package fonts-noto-cjk"))?;
    Ok(FontVec::try_from_vec_and_index(bytes.clone(), FACE).or_else(|_| FontVec::try_from_vec_and_index(bytes, 0))?)
}

fn fill(picture: &mut RgbImage, [left, top, right, bottom]: [f32; 4], colour: Rgb<u8>) {
    for y in pixels(top * PIXELS_A_POINT)..pixels(bottom * PIXELS_A_POINT) {
        for x in pixels(left * PIXELS_A_POINT)..pixels(right * PIXELS_A_POINT) {
            if let Some(pixel) = picture.get_pixel_mut_checked(x, y) {
                *pixel = colour;
            }
        }
    }
}

/// Characters are set at the widths of the page's plan, not at the font's, so that all shapes have the same places.
fn write(picture: &mut RgbImage, font: &FontVec, [x, y, size]: [f32; 3], content: &str, Rgb(ink): Rgb<u8>) {
    let scale = PxScale::from(size * PIXELS_A_POINT * 1.3);
    let baseline = y * PIXELS_A_POINT + size * PIXELS_A_POINT * 0.88;
    let mut left = x * PIXELS_A_POINT;
    for c in content.chars() {
        let id = font.glyph_id(c);
        let room = advance(c) * size * PIXELS_A_POINT;
        // A wide letter is narrowed to its room, as a typewriter face would be.
        let natural = font.as_scaled(scale).h_advance(id);
        let scale = PxScale { x: scale.x * (room / natural).min(1.0), y: scale.y };
        let inset = (room - natural.min(room)) / 2.0;
        if let Some(outline) = font.outline_glyph(id.with_scale_and_position(scale, point(left + inset, baseline))) {
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, coverage| {
                let (x, y) = (pixels(bounds.min.x) + dx, pixels(bounds.min.y) + dy);
                if let Some(Rgb(paper)) = picture.get_pixel_mut_checked(x, y) {
                    for (value, ink) in paper.iter_mut().zip(ink) {
                        *value = level(f32::from(*value) * (1.0 - coverage) + f32::from(ink) * coverage);
                    }
                }
            });
        }
        left += room;
    }
}

/// A length in pixels.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a sensible picture first")]
pub(super) fn pixels(length: f32) -> u32 {
    length.round().clamp(0.0, 20_000.0) as u32
}

/// A brightness.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte first")]
pub(super) fn level(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}
