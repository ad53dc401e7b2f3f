//! Vouchers from a table: CSV (UTF-8) or the first sheet of an XLSX file.
//!
//! The first row names the columns: `voucher, request, document, period, department, cost_centre,
//! project, product_line, account, amount, tax, on, close`. Rows with one voucher number are its
//! lines. Amounts are yuan with at most two decimals.

use std::collections::BTreeMap;

use budget::{Code, CodingBlock, Currency, Dimension, Money};

use super::workbook;
use crate::authority::{Actual, ActualLine};

/// Most rows of one table.
pub(super) const MOST_ROWS: usize = 50_000;

/// What a table says.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) actuals: Vec<Actual>,
    /// Rows that cannot be read; nothing of their vouchers is posted.
    pub(super) unread: Vec<Fault>,
}

/// A row that cannot be read.
#[derive(Debug)]
pub(super) struct Fault {
    /// As a spreadsheet counts: the heading is row 1.
    pub(super) row: usize,
    pub(super) voucher: String,
    pub(super) message: String,
}

/// Reads a table; an error is what is wrong with the file as a whole.
pub(super) fn read(file: &[u8]) -> Result<Read, String> {
    let rows = if file.starts_with(b"PK") { workbook::rows(file)? } else { csv(file)? };
    let mut rows = rows.into_iter();
    let heading = rows.next().ok_or("the table is empty")?;
    let heading: Vec<String> = heading.iter().map(|name| name.trim().to_lowercase()).collect();
    for needed in ["voucher", "account", "amount"] {
        if !heading.iter().any(|name| name == needed) {
            return Err(format!("the column {needed} is missing"));
        }
    }
    let mut vouchers: BTreeMap<String, Result<Actual, Fault>> = BTreeMap::new();
    let mut order = Vec::new();
    for (row, cells) in (2..).zip(rows) {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let cell = |name: &str| {
            let at = heading.iter().position(|heading| heading == name);
            at.and_then(|at| cells.get(at)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
        };
        let voucher = cell("voucher").unwrap_or_default().to_owned();
        let entry = vouchers.entry(voucher.clone()).or_insert_with(|| {
            order.push(voucher.clone());
            Ok(Actual {
                voucher: voucher.clone(),
                attempt: 1,
                request: None,
                document: None,
                lines: Vec::new(),
                close: false,
            })
        });
        let Ok(actual) = entry else { continue };
        // No database keeps U+0000 in a text, and nobody typed it.
        let nul = cells.iter().any(|cell| cell.contains('\0'));
        let added = if nul { Err("a cell holds the character U+0000".to_owned()) } else { add(actual, &cell) };
        if let Err(message) = added {
            *entry = Err(Fault { row, voucher, message });
        }
    }
    let mut found = Read::default();
    for voucher in order {
        match vouchers.remove(&voucher) {
            Some(Ok(actual)) => found.actuals.push(actual),
            Some(Err(fault)) => found.unread.push(fault),
            None => {}
        }
    }
    Ok(found)
}

fn add<'a>(actual: &mut Actual, cell: &impl Fn(&str) -> Option<&'a str>) -> Result<(), String> {
    if actual.voucher.is_empty() {
        return Err("the voucher has no number".into());
    }
    let parsed = |name: &str, result: Result<Option<_>, String>| result.map_err(|error| format!("{name}: {error}"));
    let code = |name: &str| {
        let code = cell(name).map(Code::new).transpose().map_err(|error| error.to_string());
        parsed(name, code)
    };
    let money = |name: &str| cell(name).map(Money::parse).transpose().map_err(|error| format!("{name}: {error}"));
    if let Some(text) = cell("request") {
        actual.request = Some(text.parse().map_err(|error| format!("request: {error}"))?);
    }
    if let Some(text) = cell("document") {
        actual.document =
            Some(budget::DocumentId(text.parse::<budget::RequestId>().map_err(|e| format!("document: {e}"))?.bytes()));
    }
    let mut block = CodingBlock::default();
    let columns = ["period", "department", "cost_centre", "project", "product_line", "account"];
    for (dimension, name) in Dimension::ALL.into_iter().zip(columns) {
        block.set(dimension, code(name)?);
    }
    let on = cell("on").map(str::parse).transpose().map_err(|error| format!("on: {error}"))?;
    if block.period.is_none() {
        return Err("period: the period that is charged has to be said".into());
    }
    let amount = money("amount")?.ok_or("amount: missing")?;
    let tax = money("tax")?.unwrap_or_default();
    actual.close |= matches!(cell("close"), Some("1" | "true" | "TRUE" | "yes" | "是"));
    actual.lines.push(ActualLine { line: None, block, amount, tax, on, currency: Currency::CNY });
    Ok(())
}

fn csv(file: &[u8]) -> Result<Vec<Vec<String>>, String> {
    // Excel writes a mark before UTF-8.
    let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        if rows.len() > MOST_ROWS {
            return Err(format!("more than {MOST_ROWS} rows"));
        }
        rows.push(record.iter().map(str::to_owned).collect());
    }
    Ok(rows)
}
