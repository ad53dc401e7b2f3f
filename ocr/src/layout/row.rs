//! Characters put into rows.

use crate::reading::Place;

/// One character and its place; y grows downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) c: char,
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) top: f32,
    pub(crate) bottom: f32,
    /// The box in the picture or page as it was given, before it was laid straight: left, top, right, bottom.
    pub(crate) seen: [f32; 4],
    /// How sure whoever read it is, 0 to 1.
    pub(crate) confidence: f32,
}

impl Glyph {
    /// A character that stands straight.
    pub(crate) fn straight(c: char, [left, top, right, bottom]: [f32; 4]) -> Self {
        Self { c, left, top, right, bottom, seen: [left, top, right, bottom], confidence: 1.0 }
    }

    fn middle(&self) -> f32 {
        f32::midpoint(self.top, self.bottom)
    }

    fn height(&self) -> f32 {
        (self.bottom - self.top).max(0.1)
    }

    fn is_sane(&self) -> bool {
        let places = [self.left, self.right, self.top, self.bottom];
        places.iter().all(|place| place.is_finite() && place.abs() < 1e6)
            && !self.c.is_whitespace()
            && !self.c.is_control()
    }
}

/// Characters on one line, from left to right, without white space.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    glyphs: Vec<Glyph>,
}

/// Characters that stand together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) left: f32,
    /// Index of its first character in the row.
    pub(crate) start: usize,
}

/// A page of rows, from top to bottom.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    pub(crate) rows: Vec<Row>,
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
    /// Left, top, right and bottom of the sheet, when it is known to be larger than its text.
    sheet: Option<[f32; 4]>,
    number: u16,
}

/// A gap wider than this part of the character height separates tokens.
const TOKEN_GAP: f32 = 0.8;

impl Page {
    pub(crate) fn new(mut glyphs: Vec<Glyph>) -> Self {
        glyphs.retain(Glyph::is_sane);
        glyphs.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
        let mut page = Self { left: f32::MAX, right: f32::MIN, top: f32::MAX, bottom: f32::MIN, ..Self::default() };
        let mut rows: Vec<(f32, f32, Vec<Glyph>)> = Vec::new();
        for glyph in glyphs {
            page.left = page.left.min(glyph.left);
            page.right = page.right.max(glyph.right);
            page.top = page.top.min(glyph.top);
            page.bottom = page.bottom.max(glyph.bottom);
            let near = rows
                .iter_mut()
                .rev()
                .take(6)
                .find(|(middle, height, _)| (glyph.middle() - middle).abs() < 0.45 * height.min(glyph.height()));
            match near {
                Some((_, _, row)) => row.push(glyph),
                None => rows.push((glyph.middle(), glyph.height(), vec![glyph])),
            }
        }
        page.rows = rows.into_iter().map(|(_, _, glyphs)| Row::new(glyphs)).collect();
        page
    }

    /// The same page, of which a sheet shows more than its text.
    pub(crate) fn on_sheet(mut self, number: u16, sheet: [f32; 4]) -> Self {
        (self.sheet, self.number) = (Some(sheet), number);
        self
    }

    /// Where a box of the sheet lies, in thousandths.
    pub(crate) fn place(&self, [left, top, right, bottom]: [f32; 4]) -> Place {
        let [from_x, from_y, to_x, to_y] = self.sheet.unwrap_or([self.left, self.top, self.right, self.bottom]);
        let part = |value: f32, from: f32, to: f32| thousandths((value - from) / (to - from).max(0.1));
        Place {
            page: self.number,
            left: part(left, from_x, to_x),
            top: part(top, from_y, to_y),
            right: part(right, from_x, to_x),
            bottom: part(bottom, from_y, to_y),
        }
    }

    /// The vertical middle of the page.
    pub(crate) fn middle_height(&self) -> f32 {
        f32::midpoint(self.top, self.bottom)
    }

    /// The horizontal middle of the page.
    pub(crate) fn middle_width(&self) -> f32 {
        f32::midpoint(self.left, self.right)
    }

    /// The rows in the upper part of the page, where title, number and date are.
    pub(crate) fn head(&self) -> impl Iterator<Item = &Row> {
        let end = self.top + (self.bottom - self.top) * 0.35;
        self.rows.iter().take_while(move |row| row.middle() <= end)
    }
}

impl Row {
    fn new(mut glyphs: Vec<Glyph>) -> Self {
        glyphs.sort_by(|a, b| a.left.total_cmp(&b.left));
        // Bold print is often the same text drawn twice, a hair apart.
        glyphs.dedup_by(|b, a| a.c == b.c && (b.left - a.left).abs() < 0.3 * (a.right - a.left).max(0.1));
        Self { glyphs }
    }

    /// The characters.
    pub(crate) fn chars(&self) -> Vec<char> {
        self.glyphs.iter().map(|glyph| glyph.c).collect()
    }

    /// The text without any space.
    pub(crate) fn text(&self) -> String {
        self.glyphs.iter().map(|glyph| glyph.c).collect()
    }

    /// The box around some characters, as they were seen.
    pub(crate) fn seen(&self, characters: std::ops::Range<usize>) -> Option<[f32; 4]> {
        let found = self.glyphs.get(characters)?;
        found
            .iter()
            .map(|glyph| glyph.seen)
            .reduce(|[l, t, r, b], [left, top, right, bottom]| [l.min(left), t.min(top), r.max(right), b.max(bottom)])
    }

    /// How sure the least sure of some characters is, 0 to 1.
    pub(crate) fn confidence(&self, characters: std::ops::Range<usize>) -> f32 {
        let found = self.glyphs.get(characters).unwrap_or_default();
        found.iter().map(|glyph| glyph.confidence).fold(1.0, f32::min)
    }

    /// The vertical middle.
    pub(crate) fn middle(&self) -> f32 {
        self.glyphs.first().map_or(0.0, Glyph::middle)
    }

    /// The left edge of the character at an index.
    pub(crate) fn left_of(&self, index: usize) -> f32 {
        self.glyphs.get(index).map_or(f32::MAX, |glyph| glyph.left)
    }

    /// The right edge of the character at an index.
    pub(crate) fn right_of(&self, index: usize) -> f32 {
        self.glyphs.get(index).map_or(f32::MIN, |glyph| glyph.right)
    }

    /// The text from an index up to a gap of `gap` character heights.
    pub(crate) fn run(&self, start: usize, gap: f32) -> String {
        let mut text = String::new();
        let mut edge: Option<f32> = None;
        for glyph in self.glyphs.iter().skip(start) {
            if edge.is_some_and(|edge| glyph.left - edge > gap * glyph.height()) {
                break;
            }
            text.push(glyph.c);
            edge = Some(glyph.right);
        }
        text
    }

    /// The row split at its gaps.
    pub(crate) fn tokens(&self) -> Vec<Token> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut edge = f32::MIN;
        for (index, glyph) in self.glyphs.iter().enumerate() {
            match tokens.last_mut() {
                Some(token) if glyph.left - edge <= TOKEN_GAP * glyph.height() => {
                    token.text.push(glyph.c);
                }
                _ => tokens.push(Token { text: glyph.c.to_string(), left: glyph.left, start: index }),
            }
            edge = glyph.right;
        }
        tokens
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 1000 first")]
fn thousandths(part: f32) -> u16 {
    (part * 1000.0).round().clamp(0.0, 1000.0) as u16
}
