//! Text recognition by the PP-OCR networks on `rten`: pure Rust, the same on the server and in the browser.
//!
//! Two networks: one marks where text is, the other reads a line. Between them the marks become boxes and the boxes
//! become crops, as PaddleOCR does it. Nothing here knows about invoices.

use std::sync::Arc;

use image::{RgbImage, imageops};
use rten::{Model, ModelOptions, OpRegistry, RunOptions, ThreadPool, op_types as op};

use crate::engine::{EngineError, Line, Recognised, TextEngine};

mod boxes;
mod crop;
mod detect;
mod read;

use boxes::Corners;

/// The two networks and the characters of the second, as files hold them.
#[derive(Clone, Debug)]
pub struct PaddleModels {
    /// The network that finds text, ONNX.
    pub detection: Vec<u8>,
    /// The network that reads a line, ONNX.
    pub recognition: Vec<u8>,
    /// One character a line, in the order of the network's classes.
    pub characters: String,
}

/// PP-OCR, ready to read. Immutable, so one is shared by all threads.
pub struct PaddleEngine {
    detection: Model,
    recognition: Model,
    characters: Vec<String>,
    longest_side: u32,
}

/// The longest side of the picture that the first network looks at: more finds little more and costs its square.
const LONGEST_SIDE: u32 = 960;
/// How many of the longest lines tell which way is up.
const ORIENTING_LINES: usize = 6;
/// Below this mean confidence of the orienting lines, the page may stand on its head.
const SURE: f32 = 0.88;

impl PaddleEngine {
    /// The engine from its models. Fails when they are not the networks that they should be.
    pub fn new(models: PaddleModels) -> Result<Self, EngineError> {
        let characters: Vec<String> = models.characters.lines().map(str::to_owned).collect();
        Ok(Self {
            detection: load(models.detection)?,
            recognition: load(models.recognition)?,
            characters,
            longest_side: LONGEST_SIDE,
        })
    }

    /// Work on one picture. One thread each: whoever has more cores reads more pictures.
    fn session(&self) -> Session<'_> {
        let pool = Arc::new(ThreadPool::with_num_threads(1));
        Session { engine: self, options: RunOptions::default().with_thread_pool(Some(pool)) }
    }
}

/// The engine at work on one picture.
struct Session<'a> {
    engine: &'a PaddleEngine,
    options: RunOptions,
}

/// A picture set upright, and what was read of it to know which way that is.
struct Upright {
    picture: RgbImage,
    boxes: Vec<Corners>,
    turns: u8,
    /// The lines that are read already; their boxes are not among [`Self::boxes`].
    read: Vec<Line>,
}

impl Session<'_> {
    /// Which way up the page is: turned by a quarter when most boxes stand tall, and on its head when its longest lines
    /// read better the other way round.
    fn upright(&self, picture: &RgbImage) -> Result<Upright, EngineError> {
        let mut boxes = self.detect(picture)?;
        let mut picture = picture.clone();
        let mut turns = 0;
        let tall = boxes.iter().filter(|corners| boxes::is_tall(corners)).count();
        if tall * 2 > boxes.len() {
            picture = imageops::rotate90(&picture);
            boxes = self.detect(&picture)?;
            turns = 1;
        }
        boxes.sort_by(|a, b| boxes::width(b).total_cmp(&boxes::width(a)));
        let rest = boxes.split_off(ORIENTING_LINES.min(boxes.len()));
        let longest = boxes;
        let read = self.read(&picture, &longest)?;
        let upright = confidence(&read);
        if upright < SURE && !longest.is_empty() {
            let turned: Vec<Corners> = longest.iter().map(|[a, b, c, d]| [*c, *d, *a, *b]).collect();
            if confidence(&self.read(&picture, &turned)?) > upright {
                let picture = imageops::rotate180(&picture);
                let boxes = self.detect(&picture)?;
                return Ok(Upright { picture, boxes, turns: turns + 2, read: Vec::new() });
            }
        }
        // What was read to know the way up is not read again.
        Ok(Upright { picture, boxes: rest, turns, read })
    }
}

/// The mean confidence of lines.
fn confidence(lines: &[Line]) -> f32 {
    let count = f32::from(u16::try_from(lines.len()).unwrap_or(u16::MAX));
    lines.iter().map(|line| line.confidence).sum::<f32>() / count.max(1.0)
}

impl TextEngine for PaddleEngine {
    fn name(&self) -> &'static str {
        "paddle"
    }

    fn lines(&self, picture: &RgbImage) -> Result<Recognised, EngineError> {
        let session = self.session();
        let Upright { picture, boxes, turns, read: mut lines } = session.upright(picture)?;
        lines.extend(session.read(&picture, &boxes)?);
        lines.retain(|line| line.confidence >= 0.5 && !line.text.trim().is_empty());
        Ok(Recognised { lines, turns })
    }
}

impl std::fmt::Debug for PaddleEngine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PaddleEngine").field("characters", &self.characters.len()).finish_non_exhaustive()
    }
}

/// Only the operations that the networks use are linked: in the browser each costs bytes.
fn load(network: Vec<u8>) -> Result<Model, EngineError> {
    let operations = OpRegistry::with_ops(&[
        &op::Add,
        &op::AveragePool,
        &op::BatchNormalization,
        &op::Cast,
        &op::Clip,
        &op::Concat,
        &op::Conv,
        &op::ConvTranspose,
        &op::Div,
        &op::Erf,
        &op::GlobalAveragePool,
        &op::HardSigmoid,
        &op::Identity,
        &op::MatMul,
        &op::MaxPool,
        &op::Mul,
        &op::Pow,
        &op::ReduceMean,
        &op::Relu,
        &op::Reshape,
        &op::Resize,
        &op::Shape,
        &op::Sigmoid,
        &op::Slice,
        &op::Softmax,
        &op::Sqrt,
        &op::Squeeze,
        &op::Sub,
        &op::Transpose,
        &op::Unsqueeze,
    ]);
    ModelOptions::with_ops(operations).load(network).map_err(fault)
}

fn fault(error: impl std::fmt::Display) -> EngineError {
    EngineError(error.to_string())
}
