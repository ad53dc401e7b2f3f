//! Pictures: decoded within limits, turned the way they were held.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader, Limits};

use crate::error::ReadError;
use crate::limits;

/// Decodes a JPEG or PNG and applies its EXIF orientation. The size is checked before any pixel is decoded.
pub(crate) fn decode(bytes: &[u8]) -> Result<DynamicImage, ReadError> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| ReadError::MalformedImage)?;
    let mut decoder = reader.into_decoder().map_err(|_| ReadError::MalformedImage)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits::MAX_IMAGE_PIXELS {
        return Err(ReadError::MalformedImage);
    }
    let mut bounds = Limits::default();
    bounds.max_alloc = Some(limits::MAX_IMAGE_BYTES);
    decoder.set_limits(bounds).map_err(|_| ReadError::MalformedImage)?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| ReadError::MalformedImage)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// The picture in grey, with what is transparent shown as white paper.
pub(crate) fn on_white(picture: &DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.to_luma8();
    }
    let layered = picture.to_luma_alpha8();
    GrayImage::from_fn(layered.width(), layered.height(), |x, y| {
        let image::LumaA([grey, alpha]) = *layered.get_pixel(x, y);
        let value = (u16::from(grey) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255;
        image::Luma([u8::try_from(value).unwrap_or(255)])
    })
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{ImageEncoder, RgbImage};

    use super::*;

    /// EXIF with nothing but an orientation.
    fn exif(orientation: u8) -> Vec<u8> {
        let mut bytes = b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        bytes.extend([orientation, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn a_picture_is_turned_the_way_it_was_held() {
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new(&mut bytes);
        encoder.set_exif_metadata(exif(6)).unwrap();
        encoder.encode_image(&RgbImage::new(64, 32)).unwrap();
        let picture = decode(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (32, 64));
    }

    #[test]
    fn a_huge_picture_is_refused_by_its_header_alone() {
        let mut png = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\xFF\xFF\0\0\xFF\xFF\x08\0\0\0\0".to_vec();
        let checksum = png[12..].iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
        });
        png.extend((!checksum).to_be_bytes());
        png.extend(b"\0\0\0\0IDAT\x35\xAF\x06\x1E");
        assert_eq!(decode(&png).err(), Some(ReadError::MalformedImage));
    }

    #[test]
    fn what_is_transparent_is_paper() {
        let picture = DynamicImage::ImageRgba8(image::RgbaImage::new(2, 2));
        assert!(on_white(&picture).pixels().all(|pixel| pixel.0 == [255]));
    }
}
