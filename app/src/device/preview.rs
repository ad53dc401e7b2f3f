//! Small pictures of large photographs: a preview to send and to show, a thumbnail for lists.
//!
//! Promise: turned upright as the camera says (EXIF), never larger than asked, and the original stays as it is.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, ImageBitmap, ImageBitmapOptions, ImageOrientation,
    OffscreenCanvas, OffscreenCanvasRenderingContext2d,
};

use super::bytes::{Bytes, ObjectUrl};
use super::capture::CaptureError;
use super::js;

/// How large a picture may become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The longer side, in pixels.
    pub(crate) side: u32,
    /// The file, in bytes.
    pub(crate) bytes: usize,
}

/// Enough to read every figure of an invoice.
pub(crate) const PREVIEW: Bounds = Bounds { side: 2000, bytes: 400 * 1024 };
/// Enough for a list on a sharp screen.
#[cfg(debug_assertions)]
pub(crate) const THUMBNAIL: Bounds = Bounds { side: 264, bytes: 24 * 1024 };

/// Below this side, in pixels, nothing is made smaller.
const SMALLEST: u32 = 120;
/// The worst JPEG quality in which small print can still be read.
const LAST_QUALITY: f64 = 0.55;
const QUALITIES: [f64; 3] = [0.85, 0.72, LAST_QUALITY];

/// A JPEG made from a photograph.
#[derive(Clone)]
#[cfg_attr(not(debug_assertions), expect(dead_code, reason = "only the gallery of a debug build looks at the sides"))]
pub(crate) struct Picture {
    /// The JPEG file.
    pub(crate) bytes: Bytes,
    /// Pixels across.
    pub(crate) width: u32,
    /// Pixels down.
    pub(crate) height: u32,
}

/// A JPEG of the picture inside `bounds`. `media_type` may be empty; the browser looks at the bytes.
pub(crate) async fn picture(original: &Bytes, media_type: &str, bounds: Bounds) -> Result<Picture, CaptureError> {
    let source = Source::decode(original, media_type).await.map_err(|_| CaptureError::Undecodable)?;
    let mut side = bounds.side;
    loop {
        let (width, height) = fitted(source.size(), side);
        let canvas = Canvas::new(width, height).map_err(|_| CaptureError::Undecodable)?;
        canvas.draw(&source, width, height).map_err(|_| CaptureError::Undecodable)?;
        for quality in QUALITIES {
            let bytes = canvas.jpeg(quality).await.map_err(|_| CaptureError::Undecodable)?;
            // Below a certain size a picture shows nothing any more; it is taken as it is.
            let last = side <= SMALLEST && quality <= LAST_QUALITY;
            if bytes.len() <= bounds.bytes || last {
                return Ok(Picture { bytes, width, height });
            }
        }
        side = (side / 4 * 3).max(SMALLEST);
    }
}

/// The size of a picture whose longer side is at most `side`; never enlarged, never nothing.
fn fitted((width, height): (u32, u32), side: u32) -> (u32, u32) {
    let longer = width.max(height).max(1);
    if longer <= side {
        return (width.max(1), height.max(1));
    }
    let scaled = |length: u32| {
        let length = u64::from(length) * u64::from(side) / u64::from(longer);
        u32::try_from(length).unwrap_or(side).max(1)
    };
    (scaled(width), scaled(height))
}

/// A decoded picture: a bitmap, or an image element where only that decodes the format (HEIC in Safari).
enum Source {
    Bitmap(ImageBitmap),
    Element(HtmlImageElement),
}

impl Source {
    async fn decode(original: &Bytes, media_type: &str) -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
        let blob = original.blob(media_type)?;
        let options = ImageBitmapOptions::new();
        options.set_image_orientation(ImageOrientation::FromImage);
        let decoding = window.create_image_bitmap_with_blob_and_image_bitmap_options(&blob, &options)?;
        if let Ok(bitmap) = js::settled(decoding.into()).await {
            return Ok(Self::Bitmap(bitmap.dyn_into()?));
        }
        let url = ObjectUrl::new(original, media_type).ok_or(JsValue::UNDEFINED)?;
        let element = HtmlImageElement::new()?;
        element.set_src(url.as_str());
        js::settled(element.decode().into()).await?;
        Ok(Self::Element(element))
    }

    fn size(&self) -> (u32, u32) {
        match self {
            Self::Bitmap(bitmap) => (bitmap.width(), bitmap.height()),
            Self::Element(element) => (element.natural_width(), element.natural_height()),
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // Twelve megapixels are 48 MB; a phone cannot wait for the collector.
        if let Self::Bitmap(bitmap) = self {
            bitmap.close();
        }
    }
}

/// A canvas off the screen, or an element where the browser has no other.
enum Canvas {
    Offscreen(OffscreenCanvas, OffscreenCanvasRenderingContext2d),
    Element(HtmlCanvasElement, CanvasRenderingContext2d),
}

impl Canvas {
    fn new(width: u32, height: u32) -> Result<Self, JsValue> {
        let offscreen = OffscreenCanvas::new(width, height)
            .and_then(|canvas| canvas.get_context("2d").map(|context| (canvas, context)));
        if let Ok((canvas, Some(context))) = offscreen {
            return Ok(Self::Offscreen(canvas, context.dyn_into()?));
        }
        let document = web_sys::window().and_then(|window| window.document()).ok_or(JsValue::UNDEFINED)?;
        let canvas = document.create_element("canvas")?.dyn_into::<HtmlCanvasElement>()?;
        canvas.set_width(width);
        canvas.set_height(height);
        let context = canvas.get_context("2d")?.ok_or(JsValue::UNDEFINED)?.dyn_into()?;
        Ok(Self::Element(canvas, context))
    }

    fn draw(&self, source: &Source, width: u32, height: u32) -> Result<(), JsValue> {
        let (across, down) = (f64::from(width), f64::from(height));
        match (self, source) {
            (Self::Offscreen(_, context), Source::Bitmap(bitmap)) => {
                context.draw_image_with_image_bitmap_and_dw_and_dh(bitmap, 0.0, 0.0, across, down)
            }
            (Self::Offscreen(_, context), Source::Element(element)) => {
                context.draw_image_with_html_image_element_and_dw_and_dh(element, 0.0, 0.0, across, down)
            }
            (Self::Element(_, context), Source::Bitmap(bitmap)) => {
                context.draw_image_with_image_bitmap_and_dw_and_dh(bitmap, 0.0, 0.0, across, down)
            }
            (Self::Element(_, context), Source::Element(element)) => {
                context.draw_image_with_html_image_element_and_dw_and_dh(element, 0.0, 0.0, across, down)
            }
        }
    }

    async fn jpeg(&self, quality: f64) -> Result<Bytes, JsValue> {
        let blob = match self {
            Self::Offscreen(canvas, _) => {
                let options = web_sys::ImageEncodeOptions::new();
                options.set_type("image/jpeg");
                options.set_quality(quality);
                js::settled(canvas.convert_to_blob_with_options(&options)?.into()).await?
            }
            Self::Element(canvas, _) => {
                let encoded = js_sys::Promise::new(&mut |resolve, reject| {
                    let quality = JsValue::from_f64(quality);
                    if let Err(error) = canvas.to_blob_with_type_and_encoder_options(&resolve, "image/jpeg", &quality) {
                        let _ = reject.call1(&JsValue::UNDEFINED, &error);
                    }
                });
                js::settled(encoded.into()).await?
            }
        };
        let buffer = js::settled(blob.dyn_into::<web_sys::Blob>()?.array_buffer().into()).await?;
        Ok(Bytes::of_buffer(&Uint8Array::new(&buffer).buffer()))
    }
}
