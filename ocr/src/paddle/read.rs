//! What a line says: the second network gives, for each step across the line, how likely each character is.

use image::RgbImage;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::boxes::Corners;
use super::crop::{self, Crop, HEIGHT};
use super::{Session, fault};
use crate::engine::{EngineError, Line};

/// Lines of similar width are read together.
const BATCH: usize = 6;
/// Narrower lines are padded to this width.
const NARROWEST: usize = 96;
/// The network halves the width three times.
const STEP: usize = 8;

impl Session<'_> {
    /// Reads the lines in boxes.
    pub(super) fn read(&self, picture: &RgbImage, boxes: &[Corners]) -> Result<Vec<Line>, EngineError> {
        let mut crops: Vec<(Corners, Crop)> =
            boxes.iter().map(|corners| (*corners, crop::line(picture, corners))).collect();
        crops.sort_by_key(|(_, crop)| crop.width);
        let mut lines = Vec::new();
        for batch in crops.chunks(BATCH) {
            lines.extend(self.read_batch(batch)?);
        }
        Ok(lines)
    }

    fn read_batch(&self, batch: &[(Corners, Crop)]) -> Result<Vec<Line>, EngineError> {
        let widest = batch.iter().map(|(_, crop)| crop.width).max().unwrap_or(0).max(NARROWEST);
        let width = widest.div_ceil(STEP) * STEP;
        let mut data = Vec::with_capacity(batch.len() * 3 * HEIGHT * width);
        for (_, crop) in batch {
            for row in crop.planes.iter().flat_map(|plane| plane.chunks(crop.width)) {
                data.extend_from_slice(row);
                // The network was trained with grey beside short lines.
                data.extend(std::iter::repeat_n(0.0, width - row.len()));
            }
        }
        let input = NdTensor::<f32, 4>::from_data([batch.len(), 3, HEIGHT, width], data);
        let scores = self.engine.recognition.run_one(input.view().into(), Some(self.options.clone())).map_err(fault)?;
        let scores: NdTensor<f32, 3> = scores.try_into().map_err(fault)?;
        let [_, steps, classes] = scores.shape();
        let scores = scores.to_vec();
        let lines = scores.chunks(steps.saturating_mul(classes).max(1)).zip(batch);
        Ok(lines
            .map(|(scores, (corners, crop))| {
                let share = part(crop.width, width);
                self.line(*corners, scores.chunks(classes.max(1)), steps, share)
            })
            .collect())
    }

    /// The most likely character of each step; one that repeats the step before it is the same character, and class 0
    /// is none (CTC decoding, Graves et al. 2006). `share` is how much of the steps the line itself takes.
    fn line<'a>(&self, corners: Corners, rows: impl Iterator<Item = &'a [f32]>, steps: usize, share: f32) -> Line {
        let mut line = Line { text: String::new(), corners, middles: Vec::new(), confidence: 0.0 };
        let mut before = 0;
        let (mut sum, mut count) = (0.0, 0.0);
        for (step, row) in rows.enumerate() {
            let (class, score) = row
                .iter()
                .copied()
                .enumerate()
                .fold((0, f32::MIN), |best, (class, score)| if score > best.1 { (class, score) } else { best });
            if class != 0 && class != before {
                let known = self.engine.characters.get(class - 1).map_or(" ", String::as_str);
                let middle = ((part(step, steps) + 0.5 * part(1, steps)) / share.max(0.01)).clamp(0.0, 1.0);
                line.middles.extend(known.chars().map(|_| middle));
                line.text.push_str(known);
                sum += score;
                count += 1.0;
            }
            before = class;
        }
        line.confidence = sum / f32::max(count, 1.0);
        line
    }
}

#[expect(clippy::cast_precision_loss, reason = "widths and steps are far below 2^24")]
fn part(value: usize, whole: usize) -> f32 {
    value as f32 / whole.max(1) as f32
}
