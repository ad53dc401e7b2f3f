//! The page as a phone photographs it: askew on a desk, unevenly lit, a little soft, noisy and compressed. The homography
//! is kept, so that what a reader says about places can be checked.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use imageproc::geometric_transformations::{Interpolation, Projection, warp_into};

use super::page::Page;
use super::random::Random;
use super::raster::{PIXELS_A_POINT, level, pixels};
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

/// The longer and the shorter side of the photograph.
const LONG: f32 = 1600.0;
const SHORT: f32 = 1200.0;
const DESK: Rgb<u8> = Rgb([118, 96, 74]);

/// A photograph, and where on it each place of the page is.
pub struct Photo {
    /// The JPEG file.
    pub bytes: Vec<u8>,
    /// Its width and height, in pixels.
    pub size: (f32, f32),
    projection: Projection,
    scale: f32,
}

impl Photo {
    /// Where a place of the page, in points, stands in the photograph, in pixels.
    pub fn at(&self, x: f32, y: f32) -> (f32, f32) {
        self.projection * (x * self.scale, y * self.scale)
    }
}

impl InvoiceRecord {
    /// The invoice as a JPEG photograph.
    pub fn photo(&self, seed: u64, difficulty: Difficulty) -> Result<Vec<u8>> {
        Page::of(self).photo(seed, difficulty)
    }
}

impl Page {
    /// The page as a JPEG photograph. The seed names the hand, the light and the noise.
    pub fn photo(&self, seed: u64, difficulty: Difficulty) -> Result<Vec<u8>> {
        Ok(self.photographed(seed, difficulty)?.bytes)
    }

    /// The same with its homography. A high sheet is photographed upright.
    pub fn photographed(&self, seed: u64, difficulty: Difficulty) -> Result<Photo> {
        let settings = difficulty.settings();
        let mut random = Random::new(seed);
        let sheet = self.raster()?;
        let size = if self.width >= self.height { (LONG, SHORT) } else { (SHORT, LONG) };
        // Shrinking before warping keeps thin strokes: the warp itself looks at four pixels only.
        let room = (size.0 / self.width).min(size.1 / self.height);
        let fit = (room * 0.94 / PIXELS_A_POINT).min(1.0);
        let side = |length: u32| pixels(f32::from(u16::try_from(length).unwrap_or(u16::MAX)) * fit);
        let sheet = imageops::resize(&sheet, side(sheet.width()), side(sheet.height()), FilterType::Triangle);
        let projection = askew(&sheet, size, &settings, &mut random)?;
        let mut photo = RgbImage::new(pixels(size.0), pixels(size.1));
        warp_into(&sheet, &projection, Interpolation::Bilinear, DESK, &mut photo);
        photo = imageops::blur(&photo, settings.blur);
        light_and_noise(&mut photo, size, &settings, &mut random);
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, settings.quality).encode_image(&photo)?;
        Ok(Photo { bytes, size, projection, scale: PIXELS_A_POINT * fit })
    }
}

/// How the sheet lies under the camera.
fn askew(sheet: &RgbImage, (wide, high): (f32, f32), settings: &Settings, random: &mut Random) -> Result<Projection> {
    let length = |pixels: u32| f32::from(u16::try_from(pixels).unwrap_or(u16::MAX));
    let (width, height) = (length(sheet.width()), length(sheet.height()));
    let angle = (settings.turn * random.signed()).to_radians();
    // A tilted sheet still has to fit.
    let across = width * angle.cos() + height * angle.sin().abs();
    let down = height * angle.cos() + width * angle.sin().abs();
    let shrink = (wide * 0.98 / across).min(high * 0.98 / down).min(1.0);
    let corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)];
    let mut placed = corners.map(|(x, y)| {
        let (x, y) = (x * width * shrink, y * height * shrink);
        (wide / 2.0 + x * angle.cos() - y * angle.sin(), high / 2.0 + x * angle.sin() + y * angle.cos())
    });
    for (x, y) in &mut placed {
        *x += settings.corner * width * 0.5 * random.signed();
        *y += settings.corner * height * 0.5 * random.signed();
    }
    let flat = corners.map(|(x, y)| ((x + 0.5) * width, (y + 0.5) * height));
    Projection::from_control_points(flat, placed).ok_or_else(|| Fault::new("the corners of the sheet lie on a line"))
}

/// Light falls from one side, a hand throws a soft shadow, the sensor adds noise.
fn light_and_noise(photo: &mut RgbImage, (wide, high): (f32, f32), settings: &Settings, random: &mut Random) {
    let (slope_x, slope_y) = (0.15 * random.signed(), 0.15 * random.signed());
    let edge = 0.5 + 0.3 * random.signed();
    for (x, y, Rgb(pixel)) in photo.enumerate_pixels_mut() {
        let across = f32::from(u16::try_from(x).unwrap_or(0)) / wide;
        let down = f32::from(u16::try_from(y).unwrap_or(0)) / high;
        let distance = (across * 0.8 + down * 0.6 - edge) * 12.0;
        let shadow = 1.0 - settings.shadow / (1.0 + (-distance).exp());
        let light = (1.0 + slope_x * (across - 0.5) + slope_y * (down - 0.5)) * shadow * 0.95;
        let grain = settings.noise * (random.signed() + random.signed());
        for value in pixel {
            *value = level(f32::from(*value) * light + grain);
        }
    }
}
