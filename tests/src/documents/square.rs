//! The QR code of a page, as rectangles.

use super::page::Page;

impl Page {
    /// The dark parts of the QR code as rectangles: left, top, right, bottom.
    pub(crate) fn qr_rectangles(&self) -> Vec<[f32; 4]> {
        let Some((payload, left, top, size)) = &self.qr else {
            return Vec::new();
        };
        let Ok(code) = qrcode::QrCode::with_error_correction_level(payload, qrcode::EcLevel::M) else {
            return Vec::new();
        };
        let module = size / f32::from(u16::try_from(code.width()).unwrap_or(1));
        let place = |index: usize| f32::from(u16::try_from(index).unwrap_or(0)) * module;
        dark_runs(&code)
            .into_iter()
            .map(|(column, row, length)| {
                [left + place(column), top + place(row), left + place(column + length), top + place(row + 1)]
            })
            .collect()
    }
}

/// Dark modules that touch in a row: column, row, length.
fn dark_runs(code: &qrcode::QrCode) -> Vec<(usize, usize, usize)> {
    let side = code.width();
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for (index, colour) in code.to_colors().into_iter().enumerate() {
        if colour == qrcode::Color::Light {
            continue;
        }
        let (column, row) = (index % side, index / side);
        match runs.last_mut() {
            Some((start, in_row, length)) if *in_row == row && *start + *length == column => {
                *length += 1;
            }
            _ => runs.push((column, row, 1)),
        }
    }
    runs
}
