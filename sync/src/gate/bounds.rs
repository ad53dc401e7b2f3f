//! Bounds, before the merge engine sees a byte: a hundred bytes can ask for ten million operations.
//!
//! Reads the change chunk as Automerge's binary format lays it out (magic, checksum, type, length,
//! dependencies, actor, sequence, start, time, message, other actors, columns) and counts only.

use core::cmp::Ordering;

use super::Refusal;

/// Largest change in bytes.
pub(crate) const LARGEST_CHANGE: usize = 64 << 10;
/// Most operations in a change, and most predecessors.
const MOST_OPERATIONS: u64 = 4_096;
pub(super) const MOST_DEPENDENCIES: u64 = 16;
const MOST_ACTORS: u64 = 64;
const MOST_COLUMNS: u64 = 32;
/// Operation numbers stay far below where the engine's own arithmetic ends.
pub(super) const LARGEST_OPERATION: u64 = 1 << 30;

pub(super) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
pub(super) const CHANGE_CHUNK: u8 = 1;
/// Bit of a column's number that says it is compressed.
const DEFLATED: u64 = 8;
/// The column of actions: its rows are the operations.
const ACTIONS: u64 = 0x42;
/// The column of predecessor counts: the sum of its values is the number of predecessors.
const PREDECESSORS: u64 = 0x70;

pub(super) fn check(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() > LARGEST_CHANGE {
        return Err(Refusal::malformed("the change is too large"));
    }
    let mut reader = Reader(bytes);
    match reader.change() {
        Some(Ok(())) => Ok(()),
        Some(Err(message)) => Err(Refusal::malformed(message)),
        None => Err(Refusal::malformed("the change ends early")),
    }
}

/// Reads the numbers and pieces of Automerge's binary formats; `None` where the bytes end early.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn change(&mut self) -> Option<Result<(), &'static str>> {
        if self.take(4)? != MAGIC {
            return Some(Err("not a change"));
        }
        self.take(4)?;
        if self.take(1)? != [CHANGE_CHUNK] {
            return Some(Err("only plain changes are admitted"));
        }
        let length = self.unsigned()?;
        if usize::try_from(length) != Ok(self.0.len()) {
            return Some(Err("the change's length is wrong"));
        }
        let dependencies = self.unsigned()?;
        if dependencies > MOST_DEPENDENCIES {
            return Some(Err("too many dependencies"));
        }
        self.take(dependencies * 32)?;
        if self.unsigned()? != 16 {
            return Some(Err("an actor has sixteen bytes"));
        }
        self.take(16)?;
        let _sequence = self.unsigned()?;
        if self.unsigned()? > LARGEST_OPERATION {
            return Some(Err("the operation number is too large"));
        }
        let _time = self.signed()?;
        let message = self.unsigned()?;
        self.take(message)?;
        let actors = self.unsigned()?;
        if actors > MOST_ACTORS {
            return Some(Err("too many actors"));
        }
        for _ in 0..actors {
            if self.unsigned()? != 16 {
                return Some(Err("an actor has sixteen bytes"));
            }
            self.take(16)?;
        }
        self.columns()
    }

    fn columns(&mut self) -> Option<Result<(), &'static str>> {
        let count = self.unsigned()?;
        if count > MOST_COLUMNS {
            return Some(Err("too many columns"));
        }
        let mut columns = Vec::new();
        for _ in 0..count {
            columns.push((self.unsigned()?, self.unsigned()?));
        }
        for (column, length) in columns {
            let data = self.take(length)?;
            if column & DEFLATED != 0 {
                return Some(Err("compressed columns are not admitted"));
            }
            if matches!(column, ACTIONS | PREDECESSORS) && !Reader(data).fits(MOST_OPERATIONS) {
                return Some(Err("too many operations"));
            }
        }
        Some(Ok(()))
    }

    /// Whether a run-length column has at most `most` rows and its values add up to a bounded sum.
    fn fits(&mut self, most: u64) -> bool {
        let (mut rows, mut sum) = (0u64, 0u64);
        while !self.0.is_empty() {
            let Some(run) = self.signed() else {
                return false;
            };
            match run.cmp(&0) {
                Ordering::Greater => {
                    let Some(value) = self.unsigned() else {
                        return false;
                    };
                    rows = rows.saturating_add(run.unsigned_abs());
                    sum = sum.saturating_add(run.unsigned_abs().saturating_mul(value));
                }
                Ordering::Less => {
                    for _ in 0..run.unsigned_abs() {
                        let Some(value) = self.unsigned() else {
                            return false;
                        };
                        rows += 1;
                        sum = sum.saturating_add(value);
                        if rows > most {
                            return false;
                        }
                    }
                }
                Ordering::Equal => {
                    let Some(nulls) = self.unsigned() else {
                        return false;
                    };
                    rows = rows.saturating_add(nulls);
                }
            }
            if rows > most || sum > most * 8 {
                return false;
            }
        }
        true
    }

    pub(crate) fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = tail;
        Some(head)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    /// LEB128.
    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0u64, 0u32);
        loop {
            let byte = self.byte()?;
            if shift > 63 || (shift == 63 && byte > 1) {
                return None;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    /// Signed LEB128.
    fn signed(&mut self) -> Option<i64> {
        let (mut value, mut shift) = (0i64, 0u32);
        loop {
            let byte = self.byte()?;
            if shift > 63 {
                return None;
            }
            value |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                if shift < 64 && byte & 0x40 != 0 {
                    value |= -1i64 << shift;
                }
                return Some(value);
            }
        }
    }
}
