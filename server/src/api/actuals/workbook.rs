//! The cells of an XLSX file's first sheet, within bounds.
//!
//! Promise: a workbook costs memory for what it may hold and no more, whatever its few bytes unpack
//! to, wherever its cells say that they are, and however often they repeat one text.

use std::io::{Cursor, Read, copy, sink};

use calamine::{Data, DataRef, Reader, Xlsx, XlsxError};
use zip::ZipArchive;

use super::table::MOST_ROWS;

/// Most bytes that all parts unpack to.
const MOST_UNPACKED: u64 = 64 * 1024 * 1024;
/// Most parts of the archive.
const MOST_PARTS: usize = 1_000;
/// Most columns of the sheet.
const MOST_COLUMNS: usize = 64;
/// Most bytes of text in all cells.
const MOST_TEXT: usize = 32 * 1024 * 1024;

/// The rows of the first sheet as texts; an error is what is wrong with the file.
pub(super) fn rows(file: &[u8]) -> Result<Vec<Vec<String>>, String> {
    unpacks_within_bounds(file)?;
    let said = |error: XlsxError| error.to_string();
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).map_err(said)?;
    let sheet = book.sheet_names().first().cloned().ok_or("the file has no sheet")?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(said)?;
    let (mut rows, mut left) = (Vec::<Vec<String>>::new(), MOST_TEXT);
    while let Some(cell) = cells.next_cell().map_err(said)? {
        let (row, column) = cell.get_position();
        let row = usize::try_from(row).unwrap_or(usize::MAX);
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if row > MOST_ROWS {
            return Err(format!("more than {MOST_ROWS} rows"));
        }
        if column >= MOST_COLUMNS {
            return Err(format!("more than {MOST_COLUMNS} columns"));
        }
        let text = text(cell.get_value());
        left = left.checked_sub(text.len()).ok_or_else(|| format!("more than {MOST_TEXT} bytes of text"))?;
        if rows.len() <= row {
            rows.resize_with(row + 1, Vec::new);
        }
        let Some(cells) = rows.get_mut(row) else { continue };
        if cells.len() <= column {
            cells.resize_with(column + 1, String::new);
        }
        if let Some(cell) = cells.get_mut(column) {
            *cell = text;
        }
    }
    // A table may begin below the sheet's first row.
    Ok(rows.into_iter().skip_while(Vec::is_empty).collect())
}

/// Unpacks every part into nothing, so that it is counted and not believed.
fn unpacks_within_bounds(file: &[u8]) -> Result<(), String> {
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(|error| error.to_string())?;
    let mut left = MOST_UNPACKED;
    let too_much = || format!("the file unpacks to more than {MOST_UNPACKED} bytes or {MOST_PARTS} parts");
    if archive.len() > MOST_PARTS {
        return Err(too_much());
    }
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(|error| error.to_string())?;
        // What the archive says of itself is what the reader of the workbook may reserve.
        let said = part.size();
        let unpacked = copy(&mut part.take(left + 1), &mut sink()).map_err(|error| error.to_string())?;
        left = left.checked_sub(unpacked.max(said)).ok_or_else(too_much)?;
    }
    Ok(())
}

/// A cell as text. A number is written with as many decimals as it has, so that what is too
/// precise is seen and refused.
fn text(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Empty | DataRef::Error(_) => String::new(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Float(number) => {
            // Sheets keep 12.30 as the nearest binary fraction; fifteen digits are what they show.
            let rounded = format!("{number:.6}");
            rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        other => Data::from(other.clone()).to_string(),
    }
}
