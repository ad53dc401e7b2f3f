//! The texts on the pages of an OFD file, with their places.

use crate::layout::{self, Glyph, Page};
use crate::reading::Source;
use crate::statement::Statement;
use crate::value;
use crate::xml::Element;

/// One text object: its id, what it says, and where each character stands, in millimetres.
pub(super) struct Text {
    pub(super) id: String,
    pub(super) content: String,
    glyphs: Vec<Glyph>,
}

/// Every text object of one page's content.
pub(super) fn texts(content: &Element) -> Vec<Text> {
    content.descendants().into_iter().filter(|element| element.name == "TextObject").map(text).collect()
}

/// The page read by position, the last of the five ways.
pub(super) fn read(texts: &[Text]) -> Statement {
    let glyphs = texts.iter().flat_map(|text| text.glyphs.iter().copied()).collect();
    let mut statement = layout::extract(&Page::new(glyphs), Source::Ofd);
    layout::keep_if_whole(&mut statement.items, statement.net);
    statement
}

fn text(object: &Element) -> Text {
    let numbers = |raw: Option<&str>| -> Vec<f32> {
        raw.unwrap_or("").split_whitespace().filter_map(|part| part.parse().ok()).collect()
    };
    let boundary = numbers(object.attribute("Boundary"));
    let (left, top) = (boundary.first().copied().unwrap_or(0.0), boundary.get(1).copied().unwrap_or(0.0));
    let size = numbers(object.attribute("Size")).first().copied().unwrap_or(3.0);
    let mut glyphs = Vec::new();
    let mut content = String::new();
    for code in object.children.iter().filter(|child| child.name == "TextCode") {
        content.push_str(code.text.trim());
        let mut x = left + numbers(code.attribute("X")).first().copied().unwrap_or(0.0);
        let mut y = top + numbers(code.attribute("Y")).first().copied().unwrap_or(0.0);
        let count = code.text.chars().count();
        let (across, down) = (deltas(code.attribute("DeltaX"), count), deltas(code.attribute("DeltaY"), count));
        for (index, c) in code.text.chars().enumerate() {
            let width = if c.is_ascii() { size / 2.0 } else { size };
            glyphs.push(Glyph::straight(value::half_width(c), [x, y - size, x + width, y]));
            x += across.get(index).copied().unwrap_or(width);
            y += down.get(index).copied().unwrap_or(0.0);
        }
    }
    Text { id: object.attribute("ID").unwrap_or("").to_owned(), content, glyphs }
}

/// `g 4 1.5875 3.175` is four steps of 1.5875 and one of 3.175; never more steps than there are characters.
fn deltas(raw: Option<&str>, limit: usize) -> Vec<f32> {
    let mut steps = Vec::new();
    let mut parts = raw.unwrap_or("").split_whitespace();
    while let Some(part) = parts.next() {
        let (count, step) = if part == "g" {
            let count = parts.next().and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
            (count, parts.next())
        } else {
            (1, Some(part))
        };
        let Some(step) = step.and_then(|step| step.parse::<f32>().ok()) else {
            break;
        };
        let room = limit.saturating_sub(steps.len());
        steps.extend(std::iter::repeat_n(step, count.min(room)));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_spelled_out_and_bounded() {
        assert_eq!(deltas(Some("g 2 1.5 3 -4"), 9), [1.5, 1.5, 3.0, -4.0]);
        assert_eq!(deltas(Some("g 4000000000 1"), 3), [1.0, 1.0, 1.0]);
        assert_eq!(deltas(Some("g x 1 2"), 3), [2.0]);
        assert!(deltas(None, 3).is_empty());
    }
}
