//! `--explain`: the page with a box around each value that was found on it, green when it may be used, red when a person
//! compares it first. A document that is no picture is drawn as an empty sheet with its boxes.

use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use ocr::{Field, Place, Reading};

const SHEET: (u32, u32) = (1240, 827);
const THICKNESS: u32 = 3;
const ACCEPTED: Rgb<u8> = Rgb([0, 140, 60]);
const CONFIRM: Rgb<u8> = Rgb([200, 30, 30]);

/// Writes the drawing of a file into a folder; its path.
pub(super) fn write(path: &Path, reading: &Reading, folder: &Path) -> Result<PathBuf, image::ImageError> {
    let mut sheet = picture(path).unwrap_or_else(|| RgbImage::from_pixel(SHEET.0, SHEET.1, Rgb([255; 3])));
    for (place, accepted) in places(reading) {
        frame(&mut sheet, place, if accepted { ACCEPTED } else { CONFIRM });
    }
    std::fs::create_dir_all(folder)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let drawn = folder.join(format!("{name}.png"));
    sheet.save(&drawn)?;
    Ok(drawn)
}

/// The pixels of a picture that is within the reader's limits, the way it was held.
fn picture(path: &Path) -> Option<RgbImage> {
    use image::ImageDecoder;
    let mut decoder = image::ImageReader::open(path).ok()?.with_guessed_format().ok()?.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > ocr::limits::MAX_IMAGE_PIXELS {
        return None;
    }
    let orientation = decoder.orientation().ok()?;
    let mut picture = image::DynamicImage::from_decoder(decoder).ok()?;
    picture.apply_orientation(orientation);
    Some(picture.into_rgb8())
}

fn places(reading: &Reading) -> Vec<(Place, bool)> {
    fn of<T>(field: Option<&Field<T>>) -> Option<(Place, bool)> {
        field.and_then(|field| Some((field.place?, field.is_accepted())))
    }
    let fields = &reading.fields;
    [
        of(fields.number.as_ref()),
        of(fields.code.as_ref()),
        of(fields.issued_on.as_ref()),
        of(fields.check_code.as_ref()),
        of(fields.seller_name.as_ref()),
        of(fields.seller_tax_id.as_ref()),
        of(fields.buyer_name.as_ref()),
        of(fields.buyer_tax_id.as_ref()),
        of(fields.net.as_ref()),
        of(fields.tax.as_ref()),
        of(fields.total.as_ref()),
        of(fields.total_in_words.as_ref()),
    ]
    .into_iter()
    .flatten()
    .filter(|(place, _)| place.page == 0)
    .chain(reading.parts.iter().flat_map(places))
    .collect()
}

fn frame(sheet: &mut RgbImage, place: Place, colour: Rgb<u8>) {
    let (width, height) = sheet.dimensions();
    let at = |part: u16, side: u32| u32::from(part) * side / 1000;
    let (left, right) = (at(place.left, width), at(place.right, width));
    let (top, bottom) = (at(place.top, height), at(place.bottom, height));
    for y in top.saturating_sub(THICKNESS)..bottom + THICKNESS {
        for x in left.saturating_sub(THICKNESS)..right + THICKNESS {
            let inside = (left..right).contains(&x) && (top..bottom).contains(&y);
            if let (false, Some(pixel)) = (inside, sheet.get_pixel_mut_checked(x, y)) {
                *pixel = colour;
            }
        }
    }
}
