//! A photographed page laid straight: the slope of its lines, and how the slope changes over the page.
//!
//! A camera that looks at a sheet from an angle makes parallel lines meet, so the slope changes from top to bottom; paper
//! that curls bends every line in the same way, so it changes from left to right too. Both are fitted to the longest
//! lines; what the worst fifth of them says is left out.

use crate::engine::{Line, Point};

/// Lines shorter than this many heights say little about the slope.
const LEAST_LENGTH: f32 = 3.0;
/// Fewer lines than this tell one slope for the whole page, not a change.
const LEAST_LINES: usize = 10;
/// Places are counted in thousands of pixels, so that all four terms have a like size.
const UNIT: f32 = 1_000.0;
/// Pulls the terms of change towards none, as strongly as some lines of a tenth of the page's width would.
const RESTRAINT: f32 = 0.002;

/// At height `h` and `u` right of the middle, a line slopes by `a + b·h + c·u + d·u²`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Straight {
    terms: [f32; 4],
    /// The column at which straightened lines keep their height.
    middle: f32,
}

/// The slope of one line, where it is, and how much it counts.
#[derive(Clone, Copy)]
struct Slope {
    height: f32,
    across: f32,
    rise: f32,
    weight: f32,
}

impl Slope {
    fn terms(&self) -> [f32; 4] {
        [1.0, self.height, self.across, self.across * self.across]
    }
}

impl Straight {
    pub(super) fn of(lines: &[&Line]) -> Self {
        let (low, high) = lines
            .iter()
            .fold((f32::MAX, f32::MIN), |(low, high), line| (low.min(line.start().x), high.max(line.end().x)));
        let middle = f32::midpoint(low, high);
        let mut slopes: Vec<Slope> = lines.iter().filter_map(|line| slope(line, middle)).collect();
        if slopes.is_empty() {
            return Self::default();
        }
        slopes.sort_by(|a, b| a.rise.total_cmp(&b.rise));
        let median = slopes.get(slopes.len() / 2).map_or(0.0, |slope| slope.rise);
        let level = Self { terms: [median, 0.0, 0.0, 0.0], middle };
        if slopes.len() < LEAST_LINES {
            return level;
        }
        let fitted = fit(&slopes).map_or(level, |terms| Self { terms, middle });
        slopes.sort_by(|a, b| fitted.error(a).total_cmp(&fitted.error(b)));
        slopes.truncate(slopes.len() * 4 / 5);
        fit(&slopes).map_or(fitted, |terms| Self { terms, middle })
    }

    fn error(&self, slope: &Slope) -> f32 {
        let expected: f32 = self.terms.iter().zip(slope.terms()).map(|(term, value)| term * value).sum();
        (slope.rise - expected).abs()
    }

    /// Where a point lies on the straightened page.
    pub(super) fn place(self, Point { x, y }: Point) -> Point {
        let [level, fan, tilt, bend] = self.terms;
        let (across, down) = ((x - self.middle) / UNIT, y / UNIT);
        // The line through this point was at height h in the middle: y = h + a·u + b·h·u + c·u²/2 + d·u³/3.
        let risen = across * (level + across * (tilt / 2.0 + across * bend / 3.0));
        let height = (down - risen) / (1.0 + fan * across).max(0.2);
        Point { x: x + (level + fan * height) * (down - height) * UNIT, y: height * UNIT }
    }
}

/// The slope of a line that is long enough.
fn slope(line: &Line, middle: f32) -> Option<Slope> {
    let (start, end) = (line.start(), line.end());
    let length = end.x - start.x;
    let counts = length > LEAST_LENGTH * line.height() && length > 1.0;
    counts.then(|| Slope {
        height: f32::midpoint(start.y, end.y) / UNIT,
        across: (f32::midpoint(start.x, end.x) - middle) / UNIT,
        rise: (end.y - start.y) / length,
        weight: length / UNIT,
    })
}

/// The four terms by weighted least squares, solved by elimination.
fn fit(slopes: &[Slope]) -> Option<[f32; 4]> {
    let mut rows = [[0.0_f32; 5]; 4];
    for slope in slopes {
        let terms = slope.terms();
        for (row, left) in rows.iter_mut().zip(terms) {
            for (cell, right) in row.iter_mut().zip(terms.into_iter().chain([slope.rise])) {
                *cell += slope.weight * left * right;
            }
        }
    }
    for (index, row) in rows.iter_mut().enumerate().skip(1) {
        if let Some(cell) = row.get_mut(index) {
            *cell += RESTRAINT;
        }
    }
    for column in 0..4 {
        let pivot_row = *rows.get(column)?;
        let pivot = *pivot_row.get(column)?;
        if pivot.abs() < 1e-9 {
            return None;
        }
        let scaled = pivot_row.map(|value| value / pivot);
        for (index, row) in rows.iter_mut().enumerate() {
            let factor = if index == column { None } else { row.get(column).copied() };
            match factor {
                None => *row = scaled,
                Some(factor) => {
                    for (cell, value) in row.iter_mut().zip(scaled) {
                        *cell -= factor * value;
                    }
                }
            }
        }
    }
    let terms = rows.map(|[.., value]| value);
    terms.iter().all(|term| term.is_finite()).then_some(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty rows of five words each; `bend` is how far a place is moved down.
    fn check(bend: impl Fn(f32, f32) -> f32) {
        let mut lines = Vec::new();
        for row in 0_u8..20 {
            for word in 0_u8..5 {
                let (left, height) = (100.0 + f32::from(word) * 260.0, 50.0 + f32::from(row) * 40.0);
                let mut line = Line::upright("发票号码", left, height - 10.0, left + 180.0, height + 10.0, 1.0);
                for corner in &mut line.corners {
                    corner.y += bend(corner.x, height);
                }
                lines.push(line);
            }
        }
        let all: Vec<&Line> = lines.iter().collect();
        let straight = Straight::of(&all);
        for row in lines.chunks(5) {
            let heights: Vec<f32> =
                row.iter().map(|line| straight.place(line.start().midpoint(line.end())).y).collect();
            let (low, high) = heights.iter().fold((f32::MAX, f32::MIN), |(l, h), y| (l.min(*y), h.max(*y)));
            assert!(high - low < 6.0, "{heights:?}");
        }
    }

    #[test]
    fn lines_that_fan_out_lie_level_afterwards() {
        check(|x, height| (0.02 + 0.000_06 * height) * (x - 700.0));
    }

    #[test]
    fn lines_that_bend_lie_level_afterwards() {
        check(|x, _| 14.0 * (x / 1_400.0 * std::f32::consts::PI * 1.3 + 0.7).sin());
    }

    #[test]
    fn a_page_without_lines_stays_as_it_is() {
        let place = Straight::of(&[]).place(Point { x: 3.0, y: 4.0 });
        assert!((place.x - 3.0).abs() < 1e-3 && (place.y - 4.0).abs() < 1e-3, "{place:?}");
    }
}
