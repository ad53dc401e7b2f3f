//! The page as a phone photographs it: askew on a desk, unevenly lit, a little soft, noisy and compressed.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use imageproc::geometric_transformations::{Interpolation, Projection, warp_into};

use super::page::Page;
use super::random::Random;
use super::raster::{level, pixels};
use super::record::InvoiceRecord;
use crate::fault::{Fault, Result};

/// How bad the photograph is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difficulty {
    /// Good light, a steady hand.
    Mild,
    /// A shadow, a tilt, a blur.
    Hard,
}

struct Settings {
    corner: f32,
    turn: f32,
    shadow: f32,
    blur: f32,
    noise: f32,
    quality: u8,
}

impl Difficulty {
    fn settings(self) -> Settings {
        match self {
            Self::Mild => Settings { corner: 0.015, turn: 2.0, shadow: 0.12, blur: 0.5, noise: 3.0, quality: 72 },
            Self::Hard => Settings { corner: 0.04, turn: 7.0, shadow: 0.35, blur: 1.1, noise: 6.0, quality: 55 },
        }
    }
}

/// The photograph's size.
const WIDTH: f32 = 1600.0;
const HEIGHT: f32 = 1200.0;
const DESK: Rgb<u8> = Rgb([118, 96, 74]);

impl InvoiceRecord {
    /// The invoice as a JPEG photograph.
    pub fn photo(&self, seed: u64, difficulty: Difficulty) -> Result<Vec<u8>> {
        Page::of(self).photo(seed, difficulty)
    }
}

impl Page {
    /// The page as a JPEG photograph. The seed names the hand, the light and the noise.
    pub fn photo(&self, seed: u64, difficulty: Difficulty) -> Result<Vec<u8>> {
        let settings = difficulty.settings();
        let mut random = Random::new(seed);
        let sheet = self.raster()?;
        // Shrinking before warping keeps thin strokes: the warp itself looks at four pixels only.
        let fit = (WIDTH * 0.94 / (self.width * 200.0 / 72.0)).min(1.0);
        let side = |length: u32| pixels(f32::from(u16::try_from(length).unwrap_or(u16::MAX)) * fit);
        let sheet = imageops::resize(&sheet, side(sheet.width()), side(sheet.height()), FilterType::Triangle);
        let mut photo = askew(&sheet, &settings, &mut random)?;
        photo = imageops::blur(&photo, settings.blur);
        light_and_noise(&mut photo, &settings, &mut random);
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, settings.quality).encode_image(&photo)?;
        Ok(bytes)
    }
}

fn askew(sheet: &RgbImage, settings: &Settings, random: &mut Random) -> Result<RgbImage> {
    let length = |pixels: u32| f32::from(u16::try_from(pixels).unwrap_or(u16::MAX));
    let (width, height) = (length(sheet.width()), length(sheet.height()));
    let angle = (settings.turn * random.signed()).to_radians();
    // A tilted sheet still has to fit.
    let shrink = (WIDTH * 0.98 / (width * angle.cos() + height * angle.sin().abs())).min(1.0);
    let corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)];
    let mut placed = corners.map(|(x, y)| {
        let (x, y) = (x * width * shrink, y * height * shrink);
        (WIDTH / 2.0 + x * angle.cos() - y * angle.sin(), HEIGHT / 2.0 + x * angle.sin() + y * angle.cos())
    });
    for (x, y) in &mut placed {
        *x += settings.corner * width * 0.5 * random.signed();
        *y += settings.corner * height * 0.5 * random.signed();
    }
    let flat = corners.map(|(x, y)| ((x + 0.5) * width, (y + 0.5) * height));
    let projection = Projection::from_control_points(flat, placed)
        .ok_or_else(|| Fault::new("the corners of the sheet lie on a line"))?;
    let mut photo = RgbImage::new(pixels(WIDTH), pixels(HEIGHT));
    warp_into(sheet, &projection, Interpolation::Bilinear, DESK, &mut photo);
    Ok(photo)
}

/// Light falls from one side, a hand throws a soft shadow, the sensor adds noise.
fn light_and_noise(photo: &mut RgbImage, settings: &Settings, random: &mut Random) {
    let (slope_x, slope_y) = (0.15 * random.signed(), 0.15 * random.signed());
    let edge = 0.5 + 0.3 * random.signed();
    for (x, y, Rgb(pixel)) in photo.enumerate_pixels_mut() {
        let across = f32::from(u16::try_from(x).unwrap_or(0)) / WIDTH;
        let down = f32::from(u16::try_from(y).unwrap_or(0)) / HEIGHT;
        let distance = (across * 0.8 + down * 0.6 - edge) * 12.0;
        let shadow = 1.0 - settings.shadow / (1.0 + (-distance).exp());
        let light = (1.0 + slope_x * (across - 0.5) + slope_y * (down - 0.5)) * shadow * 0.95;
        let grain = settings.noise * (random.signed() + random.signed());
        for value in pixel {
            *value = level(f32::from(*value) * light + grain);
        }
    }
}
