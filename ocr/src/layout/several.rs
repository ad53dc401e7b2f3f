//! Several invoices on one picture (一图多票), told apart by the empty space between them.
//!
//! The promise: a picture is only cut where both sides read as invoices, each with a title and number of its own; where one of
//! the two cannot be read from so far away, date and total stand in for it. One invoice prints each of these once, so it is
//! never cut in two.

use budget::Money;

use super::{extract, page_of_lines};
use crate::engine::Line;
use crate::reading::{InvoiceKind, Source};
use crate::statement::Statement;

/// Fewer lines than this are no two invoices.
const FEWEST_LINES: usize = 8;
/// The widest gaps that are tried on each axis.
const GAPS: usize = 6;
/// Cuts inside cuts: up to eight invoices.
const DEEPEST: u8 = 3;
/// The room around the text of an invoice that belongs to it, in parts of its extent: its QR code may stand there.
const ROOM: f32 = 0.06;

/// Left, upper, right and lower edge.
pub(crate) type Area = [f32; 4];

/// The areas of the invoices on a picture; empty when it shows one or none.
pub(crate) fn areas(lines: &[Line], picture: Area) -> Vec<Area> {
    let all: Vec<&Line> = lines.iter().collect();
    let mut found = Vec::new();
    split(&all, picture, DEEPEST, &mut found);
    if found.len() > 1 { found } else { Vec::new() }
}

/// Cuts an area in two where both sides are invoices, and each side further.
fn split(lines: &[&Line], area: Area, depth: u8, found: &mut Vec<Area>) {
    if depth > 0 && lines.len() >= FEWEST_LINES {
        for (axis, at) in gaps(lines) {
            let (before, after): (Vec<&Line>, Vec<&Line>) =
                lines.iter().copied().partition(|line| axis.span(line).1 <= at);
            if let (Some(one), Some(other)) = (invoice(&before), invoice(&after))
                && !one.is_same(&other)
            {
                let (first, second) = axis.cut(area, at);
                split(&before, first, depth - 1, found);
                split(&after, second, depth - 1, found);
                return;
            }
        }
    }
    found.push(around(lines, area));
}

#[derive(Clone, Copy)]
enum Axis {
    Across,
    Down,
}

impl Axis {
    /// From where to where a line reaches.
    fn span(self, line: &Line) -> (f32, f32) {
        let places = line.corners.iter().map(|corner| match self {
            Self::Across => corner.x,
            Self::Down => corner.y,
        });
        places.fold((f32::MAX, f32::MIN), |(low, high), place| (low.min(place), high.max(place)))
    }

    fn cut(self, [left, top, right, bottom]: Area, at: f32) -> (Area, Area) {
        match self {
            Self::Across => ([left, top, at, bottom], [at, top, right, bottom]),
            Self::Down => ([left, top, right, at], [left, at, right, bottom]),
        }
    }
}

/// The middles of the widest gaps that no line crosses, the widest first. A line may reach into a gap by a little, as
/// one does on paper that lies askew.
fn gaps(lines: &[&Line]) -> Vec<(Axis, f32)> {
    let mut all: Vec<(f32, Axis, f32)> = Vec::new();
    for axis in [Axis::Across, Axis::Down] {
        let mut spans: Vec<(f32, f32)> = lines.iter().map(|line| axis.span(line)).collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut edge = f32::MIN;
        let mut of_axis = Vec::new();
        for (low, high) in spans {
            if edge > f32::MIN && low > edge {
                of_axis.push((low - edge, axis, f32::midpoint(low, edge)));
            }
            edge = edge.max(high);
        }
        of_axis.sort_by(|a, b| b.0.total_cmp(&a.0));
        of_axis.truncate(GAPS);
        all.extend(of_axis);
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.into_iter().map(|(_, axis, at)| (axis, at)).collect()
}

/// What tells one invoice from another.
struct Name {
    code: Option<String>,
    number: Option<String>,
    total: Option<Money>,
}

impl Name {
    fn is_same(&self, other: &Self) -> bool {
        match (&self.number, &other.number) {
            (Some(one), Some(other_number)) => one == other_number && self.code == other.code,
            _ => self.total == other.total,
        }
    }
}

/// What names the invoice that these lines are; `None` when they are none by themselves.
fn invoice(lines: &[&Line]) -> Option<Name> {
    if lines.len() < FEWEST_LINES / 2 {
        return None;
    }
    let lines: Vec<Line> = lines.iter().copied().cloned().collect();
    let Statement { kind, code, number, issued_on, total, .. } = extract(&page_of_lines(&lines), Source::Ocr);
    let dated = issued_on.is_some() && total.is_some();
    // These kinds are also told by words in their midst, so half of one would pass for another.
    let titled = !matches!(kind, InvoiceKind::Unknown | InvoiceKind::Taxi | InvoiceKind::PaperTrain);
    let named = match number {
        Some(_) => kind != InvoiceKind::Unknown || dated,
        None => titled && dated,
    };
    named.then_some(Name { code, number, total })
}

/// The box around the text with some room, inside its area.
fn around(lines: &[&Line], [left, top, right, bottom]: Area) -> Area {
    let edges = |axis: Axis| {
        let spans = lines.iter().map(|line| axis.span(line));
        spans.fold((f32::MAX, f32::MIN), |(low, high), (from, to)| (low.min(from), high.max(to)))
    };
    let ((from_x, to_x), (from_y, to_y)) = (edges(Axis::Across), edges(Axis::Down));
    let room = ROOM * (to_x - from_x).max(to_y - from_y);
    [(from_x - room).max(left), (from_y - room).max(top), (to_x + room).min(right), (to_y + room).min(bottom)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A taxi receipt of some width at a place, leaning by `lean` per pixel to the right.
    fn receipt(left: f32, top: f32, number: &str, lean: f32) -> Vec<Line> {
        let rows = [
            "上海市出租汽车专用发票",
            "发票代码131002160101",
            number,
            "日期2026年06月01日",
            "单价2.70元",
            "金额¥36.50元",
            "价税合计(小写)¥36.50",
        ];
        let mut lines = Vec::new();
        for (row, text) in (0_u8..).zip(rows) {
            let y = top + f32::from(row) * 40.0;
            let mut line = Line::upright(text, left, y, left + 240.0, y + 20.0, 1.0);
            for corner in &mut line.corners {
                corner.y += lean * (corner.x - left);
            }
            lines.push(line);
        }
        lines
    }

    fn check(receipts: &[(f32, f32, &str)], lean: f32, expected: usize) {
        check_read(receipts, lean, expected, |_| true);
    }

    /// The same, where only some of the lines could be read.
    fn check_read(receipts: &[(f32, f32, &str)], lean: f32, expected: usize, legible: impl Fn(&Line) -> bool) {
        let mut lines: Vec<Line> =
            receipts.iter().flat_map(|(left, top, number)| receipt(*left, *top, number, lean)).collect();
        lines.retain(legible);
        let found = areas(&lines, [0.0, 0.0, 1_600.0, 1_600.0]);
        assert_eq!(found.len(), expected, "{found:?}");
        for (left, top, _) in receipts.iter().filter(|_| expected > 0) {
            let (x, y) = (left + 120.0, top + 140.0);
            let own = found.iter().filter(|[l, t, r, b]| (*l..=*r).contains(&x) && (*t..=*b).contains(&y)).count();
            assert_eq!(own, 1, "{x} {y} {found:?}");
        }
    }

    const ONE: &str = "发票号码38401335";
    const TWO: &str = "发票号码38401336";
    const THREE: &str = "发票号码38401444";

    #[test]
    fn receipts_beside_and_below_each_other_are_cut_apart() {
        check(&[(100.0, 100.0, ONE), (500.0, 130.0, TWO)], 0.0, 2);
        check(&[(100.0, 100.0, ONE), (120.0, 500.0, TWO)], 0.05, 2);
        check(&[(100.0, 100.0, ONE), (500.0, 100.0, TWO), (100.0, 600.0, THREE)], 0.03, 3);
    }

    #[test]
    fn a_title_that_cannot_be_read_from_far_away_hides_no_invoice() {
        let pair = [(100.0, 100.0, ONE), (500.0, 130.0, TWO)];
        let far = |line: &Line| line.corners[0].x > 400.0;
        check_read(&pair, 0.0, 2, |line| !(far(line) && line.text.contains("出租汽车")));
        // Neither title nor number: it is not known whether that is an invoice.
        check_read(&pair, 0.0, 0, |line| {
            !(far(line) && (line.text.contains("出租汽车") || line.text.contains("号码")))
        });
    }

    #[test]
    fn one_invoice_is_never_cut() {
        check(&[(100.0, 100.0, ONE)], 0.0, 0);
        // The same invoice twice is one: its two copies on one picture say the same.
        check(&[(100.0, 100.0, ONE), (500.0, 100.0, ONE)], 0.0, 0);
    }
}
