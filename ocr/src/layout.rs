//! Fields by their places on a page, for everything that has text and positions: PDF, OFD pages, recognised pictures.
//!
//! Works on single characters, because templates print `年 月 日` once and the digits of the date separately: only the
//! places put `2022`, `年` and `08` in order.

use crate::engine::Line;
use crate::reading::Source;
use crate::statement::Statement;
use crate::value;

mod fields;
mod parties;
mod row;
mod scan;
mod travel;

pub(crate) use row::{Glyph, Page};

/// Lines confirmed by less than this are noise more often than text.
const LEAST_CONFIDENCE: f32 = 0.3;

/// Everything that the page says.
pub(crate) fn extract(page: &Page, source: Source) -> Statement {
    let mut statement = Statement::new(source);
    fields::title_and_number(page, &mut statement);
    fields::amounts(page, &mut statement);
    parties::read(page, &mut statement);
    travel::read(page, &mut statement);
    statement
}

/// A page from recognised lines: characters are spread over their line, wide ones taking twice the room of narrow ones.
pub(crate) fn page_of_lines(lines: &[Line]) -> Page {
    let mut glyphs = Vec::new();
    for line in lines.iter().filter(|line| line.confidence >= LEAST_CONFIDENCE) {
        let share = |c: char| if c.is_ascii() { 1.0 } else { 2.0 };
        let whole: f32 = line.text.chars().map(share).sum();
        let step = (line.right - line.left).max(1.0) / whole.max(1.0);
        let mut x = line.left;
        for c in line.text.chars() {
            let width = share(c) * step;
            if !c.is_whitespace() {
                let c = value::half_width(c);
                glyphs.push(Glyph { c, left: x, right: x + width, top: line.top, bottom: line.bottom });
            }
            x += width;
        }
    }
    Page::new(glyphs)
}

#[cfg(test)]
mod tests;
