//! Fields by their places on a page, for everything that has text and positions: PDF, OFD pages, recognised pictures.
//!
//! Works on single characters, because templates print `年 月 日` once and the digits of the date separately: only the
//! places put `2022`, `年` and `08` in order.

use crate::engine::{Line, Point};
use crate::reading::Source;
use crate::statement::Statement;
use crate::value;

mod correction;
mod fields;
mod goods;
mod parties;
mod place;
mod row;
mod scan;
pub(crate) mod several;
mod straight;
mod ticket;
mod travel;

pub(crate) use goods::keep_if_whole;
pub(crate) use row::{Glyph, Page};
use straight::Straight;

/// Lines confirmed by less than this are noise more often than text.
const LEAST_CONFIDENCE: f32 = 0.3;

/// Everything that the page says.
pub(crate) fn extract(page: &Page, source: Source) -> Statement {
    let mut statement = Statement::new(source);
    fields::title_and_number(page, &mut statement);
    fields::amounts(page, &mut statement);
    parties::read(page, &mut statement);
    travel::read(page, &mut statement);
    ticket::read(page, &mut statement);
    goods::read(page, &mut statement);
    place::note(page, &mut statement);
    statement
}

/// A page from recognised lines, straightened: where the engine does not say where characters stand, they are spread over
/// their line, wide ones taking twice the room of narrow ones.
pub(crate) fn page_of_lines(lines: &[Line]) -> Page {
    let lines: Vec<&Line> = lines.iter().filter(|line| line.confidence >= LEAST_CONFIDENCE).collect();
    let straight = Straight::of(&lines);
    let mut glyphs = Vec::new();
    for line in lines {
        let (start, end) = (straight.place(line.start()), straight.place(line.end()));
        let (top, half) = (f32::midpoint(start.y, end.y), line.height() / 2.0);
        let length = (end.x - start.x).max(1.0);
        for (c, left, right) in spread(line) {
            if !c.is_whitespace() {
                let (from, to) = (start.x + left * length, start.x + right * length);
                let straight = Glyph::straight(simplified(value::half_width(c)), [from, top - half, to, top + half]);
                glyphs.push(Glyph { seen: seen(line, left, right), confidence: line.confidence, ..straight });
            }
        }
    }
    Page::new(glyphs)
}

/// Recognition writes a few characters in their traditional form.
fn simplified(c: char) -> char {
    match c {
        '稅' => '税',
        '黃' => '黄',
        '內' => '内',
        '貨' => '货',
        other => other,
    }
}

/// The upright box around a part of a line.
fn seen(line: &Line, left: f32, right: f32) -> [f32; 4] {
    let [upper_left, upper_right, lower_right, lower_left] = line.corners;
    let between = |a: Point, b: Point, part: f32| Point { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
    let corners = [left, right]
        .into_iter()
        .flat_map(|part| [between(upper_left, upper_right, part), between(lower_left, lower_right, part)]);
    corners.fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |[l, t, r, b], Point { x, y }| {
        [l.min(x), t.min(y), r.max(x), b.max(y)]
    })
}

/// Each character with its edges, from 0 to 1 along the line.
fn spread(line: &Line) -> Vec<(char, f32, f32)> {
    let share = |c: char| if c.is_ascii() { 1.0 } else { 2.0 };
    let whole: f32 = line.text.chars().map(share).sum::<f32>().max(1.0);
    if line.middles.len() == line.text.chars().count() {
        // No wider than its share, so that a gap inside the line stays one.
        let half = |c: char| share(c) / whole / 2.0;
        return line
            .text
            .chars()
            .zip(&line.middles)
            .map(|(c, middle)| (c, middle - half(c), middle + half(c)))
            .collect();
    }
    let mut x = 0.0;
    let step = |c: char| {
        let left = x;
        x += share(c) / whole;
        (c, left, x)
    };
    line.text.chars().map(step).collect()
}

#[cfg(test)]
mod tests;
