//! Where text is: the first network paints a map of it.

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::boxes::{self, Corners, TextMap};
use super::{Session, fault};
use crate::engine::EngineError;

/// The network halves its input five times.
const STEP: u32 = 32;

impl Session<'_> {
    /// The boxes of all lines of text, from the top.
    pub(super) fn detect(&self, picture: &RgbImage) -> Result<Vec<Corners>, EngineError> {
        let (width, height) =
            (fitted(picture.width(), self.scale(picture)), fitted(picture.height(), self.scale(picture)));
        let small = imageops::resize(picture, width, height, FilterType::Triangle);
        let shape = [1, 3, side(height), side(width)];
        let input = NdTensor::<f32, 4>::from_data(shape, planes(&small));
        let painted = self.engine.detection.run_one(input.view().into(), Some(self.options.clone())).map_err(fault)?;
        let painted: NdTensor<f32, 4> = painted.try_into().map_err(fault)?;
        let map = TextMap::new(painted.to_vec(), side(width), side(height))
            .ok_or_else(|| EngineError("the map of text has another size than the picture".into()))?;
        let (across, down) = (length(picture.width()) / length(width), length(picture.height()) / length(height));
        Ok(boxes::of(&map, across, down))
    }

    fn scale(&self, picture: &RgbImage) -> f32 {
        (length(self.engine.longest_side) / length(picture.width().max(picture.height()).max(1))).min(1.0)
    }
}

/// A side in steps of the network.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a side of a picture, rounded and clamped")]
fn fitted(pixels: u32, scale: f32) -> u32 {
    ((length(pixels) * scale / length(STEP)).round().clamp(1.0, 400.0) as u32) * STEP
}

/// Blue, green and red planes from -1 to 1: the networks were trained on pictures in that order.
fn planes(picture: &RgbImage) -> Vec<f32> {
    [2_usize, 1, 0]
        .into_iter()
        .flat_map(|channel| picture.pixels().map(move |Rgb(pixel)| level(pixel.get(channel).copied().unwrap_or(0))))
        .collect()
}

/// A brightness as the networks take it.
pub(super) fn level(value: u8) -> f32 {
    f32::from(value) / 127.5 - 1.0
}

/// A side of a picture.
#[expect(clippy::cast_precision_loss, reason = "sides of pictures are far below 2^24")]
pub(super) fn length(pixels: u32) -> f32 {
    pixels as f32
}

fn side(pixels: u32) -> usize {
    usize::try_from(pixels).unwrap_or(0)
}
