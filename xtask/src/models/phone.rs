//! The networks as a phone gets them: weights in 16 bits, and of the characters only those of GB 2312.
//!
//! Promise: what is left computes as before: weights are widened again when a network is loaded, and a character that was
//! left out is one that the server's network reads. Measured when this way was chosen: the text of 224 of 224 lines was the
//! same.

use half::f16;

use super::onnx::{fields, put_bytes, put_number};
use crate::Result;

/// Smaller tensors are not worth a step of their own.
const LEAST_WEIGHTS: usize = 256;

/// The types of ONNX's tensors.
const FLOAT: u64 = 1;
const FLOAT16: u64 = 10;

/// Signs on invoices beside letters and digits.
const SIGNS: &str = "¥￥№⊗※●○×÷（）：，";

/// Whether a phone's network knows a character: ASCII, GB 2312, the signs.
fn is_kept(character: &str) -> bool {
    let mut all = character.chars();
    let (Some(c), None) = (all.next(), all.next()) else {
        return false;
    };
    if c.is_ascii() || SIGNS.contains(c) {
        return true;
    }
    // GBK holds GB 2312 where both bytes are from A1 on.
    let (bytes, _, missing) = encoding_rs::GBK.encode(character);
    !missing && matches!(*bytes, [0xA1..=0xF7, 0xA1..=0xFE])
}

/// The characters that are left, and the classes of the network that they and the two without a character are: none comes
/// first, the space last.
pub(super) fn characters(all: &str) -> (String, Vec<usize>) {
    let (mut kept, mut classes) = (String::new(), vec![0]);
    let mut last = 1;
    for (class, character) in (1..).zip(all.lines()) {
        if is_kept(character) {
            kept.push_str(character);
            kept.push('\n');
            classes.push(class);
        }
        last = class + 1;
    }
    classes.push(last);
    (kept, classes)
}

/// The network with weights of 16 bits. `classes` are those that are left of its last layer; the length of that layer
/// follows from `all`, how many there were.
pub(super) fn shrunk(model: &[u8], classes: Option<(&[usize], usize)>) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(model.len() / 2);
    for field in fields(model) {
        match field.number {
            7 => put_bytes(&mut out, 7, &graph(field.bytes, classes)?),
            // The characters lie beside the network.
            14 => {}
            _ => out.extend_from_slice(field.whole),
        }
    }
    Ok(out)
}

fn graph(graph: &[u8], classes: Option<(&[usize], usize)>) -> Result<Vec<u8>> {
    let (mut casts, mut weights, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for field in fields(graph) {
        match field.number {
            5 => {
                let mut tensor = Tensor::of(field.bytes);
                if let Some((classes, all)) = classes {
                    tensor.keep(classes, all)?;
                }
                if let Some(cast) = tensor.narrow() {
                    put_bytes(&mut casts, 1, &cast);
                }
                put_bytes(&mut weights, 5, &tensor.bytes());
            }
            // Shapes between the steps: they name how many classes there were.
            13 => {}
            12 => put_bytes(&mut rest, 12, &output(field.bytes)),
            _ => rest.extend_from_slice(field.whole),
        }
    }
    casts.append(&mut rest);
    casts.append(&mut weights);
    Ok(casts)
}

/// An output by its name and type, without its shape.
fn output(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields(value).filter(|field| field.number == 1) {
        out.extend_from_slice(field.whole);
    }
    let (mut tensor, mut kind) = (Vec::new(), Vec::new());
    put_number(&mut tensor, 1, FLOAT);
    put_bytes(&mut kind, 1, &tensor);
    put_bytes(&mut out, 2, &kind);
    out
}

/// Weights of a network.
#[derive(Default)]
struct Tensor {
    sides: Vec<usize>,
    kind: u64,
    name: Vec<u8>,
    content: Vec<u8>,
    /// Fields that are none of these.
    rest: Vec<u8>,
}

impl Tensor {
    fn of(bytes: &[u8]) -> Self {
        let mut tensor = Self::default();
        for field in fields(bytes) {
            match field.number {
                1 => tensor.sides.push(usize::try_from(field.value).unwrap_or_default()),
                2 => tensor.kind = field.value,
                8 => tensor.name = field.bytes.to_vec(),
                9 => tensor.content = field.bytes.to_vec(),
                _ => tensor.rest.extend_from_slice(field.whole),
            }
        }
        tensor
    }

    fn floats(&self) -> Option<Vec<f32>> {
        let (four, rest) = self.content.as_chunks::<4>();
        (self.kind == FLOAT && rest.is_empty()).then(|| four.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    /// Leaves some columns of what is as wide as there were classes.
    fn keep(&mut self, classes: &[usize], all: usize) -> Result<()> {
        if self.sides.last() != Some(&all) {
            return Ok(());
        }
        let floats = self.floats().ok_or("the last layer is not what it was")?;
        let columns = |row: &[f32]| classes.iter().map(|class| row.get(*class).copied()).collect::<Option<Vec<f32>>>();
        let mut kept = Vec::new();
        for row in floats.chunks(all) {
            for value in columns(row).ok_or("the network has fewer classes than characters")? {
                kept.extend(value.to_le_bytes());
            }
        }
        self.content = kept;
        if let Some(last) = self.sides.last_mut() {
            *last = classes.len();
        }
        Ok(())
    }

    /// Makes large weights 16 bits; the step that widens them again under their old name.
    fn narrow(&mut self) -> Option<Vec<u8>> {
        let floats = self.floats().filter(|floats| floats.len() >= LEAST_WEIGHTS)?;
        self.content = floats.into_iter().flat_map(|value| f16::from_f32(value).to_le_bytes()).collect();
        self.kind = FLOAT16;
        let wide = self.name.clone();
        self.name.extend(b"_f16");
        let mut to = Vec::new();
        put_bytes(&mut to, 1, b"to");
        put_number(&mut to, 3, FLOAT);
        // The kind of an attribute that is a whole number.
        put_number(&mut to, 20, 2);
        let mut cast = Vec::new();
        put_bytes(&mut cast, 1, &self.name);
        put_bytes(&mut cast, 2, &wide);
        put_bytes(&mut cast, 4, b"Cast");
        put_bytes(&mut cast, 5, &to);
        Some(cast)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for side in &self.sides {
            put_number(&mut out, 1, *side as u64);
        }
        put_number(&mut out, 2, self.kind);
        put_bytes(&mut out, 8, &self.name);
        put_bytes(&mut out, 9, &self.content);
        out.extend_from_slice(&self.rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_knows_what_invoices_are_written_with() {
        let (kept, classes) = characters("一\nA\n𛃃\n稅\n税\n¥\n");
        assert_eq!(kept, "一\nA\n税\n¥\n");
        assert_eq!(classes, [0, 1, 2, 5, 6, 7], "none, four characters, the space");
    }

    #[test]
    fn columns_are_left_out_and_weights_are_half_as_long() {
        let floats: Vec<f32> = (0_u16..600).map(f32::from).collect();
        let content = floats.iter().flat_map(|value| value.to_le_bytes()).collect();
        let (sides, name) = (vec![200, 3], b"w".to_vec());
        let mut tensor = Tensor { sides, kind: FLOAT, name, content, rest: Vec::new() };
        tensor.keep(&[0, 2], 3).unwrap();
        assert_eq!(tensor.sides, [200, 2]);
        assert_eq!(tensor.floats().unwrap().get(..4), Some(&[0.0, 2.0, 3.0, 5.0][..]));
        let cast = tensor.narrow().unwrap();
        let words: Vec<Vec<u8>> = fields(&cast).take(3).map(|field| field.bytes.to_vec()).collect();
        assert_eq!(words, [b"w_f16".to_vec(), b"w".to_vec(), b"Cast".to_vec()]);
        assert_eq!((tensor.kind, tensor.content.len()), (FLOAT16, 800));
        assert_eq!(Tensor::of(&tensor.bytes()).sides, [200, 2]);
    }
}
