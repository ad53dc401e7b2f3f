//! A photograph or scan: its QR code first, then its text, then a second opinion where nothing else confirms the total.

use budget::Money;
use image::{DynamicImage, RgbImage, imageops};

use crate::combine::{Evidence, Opinion};
use crate::engine::{Line, Recognised, TextEngine};
use crate::error::ReadError;
use crate::layout;
use crate::layout::several::Area;
use crate::photo;
use crate::qr;
use crate::reading::{Place, Reason, Source};

/// The room around a figure that a second engine is shown, in parts of the figure's height.
const ROOM: f32 = 0.6;
/// The height to which the figure is enlarged for it.
const FIGURE_HEIGHT: f32 = 64.0;

/// What a picture says.
pub(crate) fn evidence(bytes: &[u8], engines: &[&dyn TextEngine]) -> Result<Evidence, ReadError> {
    let picture = photo::decode(bytes)?;
    let mut evidence = Evidence { payload: qr::find::invoice(&photo::on_white(&picture)), ..Evidence::default() };
    let has_code = evidence.payload.is_some();
    recognise(&picture, has_code, engines, &mut evidence);
    if evidence.statements.is_empty() && evidence.parts.is_empty() && !has_code {
        evidence.remarks.push(Reason::PictureNotRead);
    }
    Ok(evidence)
}

/// Adds what the first engine recognises; where it finds several invoices, each is read by itself. An engine that fails
/// leaves what the QR code says; the verdict then asks a person, as it should.
pub(crate) fn recognise(picture: &DynamicImage, has_code: bool, engines: &[&dyn TextEngine], evidence: &mut Evidence) {
    let Some((first, _)) = engines.split_first() else {
        return;
    };
    let (upright, recognised) = lines(picture.to_rgb8(), *first);
    let whole = [0.0, 0.0, length(upright.width()), length(upright.height())];
    let areas = layout::several::areas(&recognised.lines, whole);
    if areas.is_empty() {
        interpret(&upright, &recognised.lines, has_code, engines, evidence);
    }
    evidence.parts = areas.into_iter().map(|area| part(&upright, area, engines)).collect();
}

/// The lines of a picture, which is set upright.
fn lines(picture: RgbImage, engine: &dyn TextEngine) -> (RgbImage, Recognised) {
    let recognised = engine.lines(&picture).unwrap_or_default();
    let upright = match recognised.turns {
        1 => imageops::rotate90(&picture),
        2 => imageops::rotate180(&picture),
        3 => imageops::rotate270(&picture),
        _ => picture,
    };
    (upright, recognised)
}

/// One of several invoices: cut out and read again, larger and with its own QR code.
fn part(picture: &RgbImage, [left, top, right, bottom]: Area, engines: &[&dyn TextEngine]) -> Evidence {
    let (x, y) = (pixels(left), pixels(top));
    let (width, height) = (pixels(right - left).max(1), pixels(bottom - top).max(1));
    let crop = imageops::crop_imm(picture, x, y, width, height).to_image();
    let grey = imageops::grayscale(&crop);
    let mut evidence = Evidence { payload: qr::find::invoice(&grey), ..Evidence::default() };
    if let Some((first, _)) = engines.split_first() {
        let (upright, recognised) = lines(crop, *first);
        let turned = recognised.turns % 4 != 0;
        interpret(&upright, &recognised.lines, evidence.payload.is_some(), engines, &mut evidence);
        for statement in &mut evidence.statements {
            if turned {
                // Its places are those of another picture.
                statement.places.clear();
            }
            for place in statement.places.values_mut() {
                let across = |part: u16| thousandths(left + f32::from(part) / 1000.0 * (right - left), picture.width());
                let down = |part: u16| thousandths(top + f32::from(part) / 1000.0 * (bottom - top), picture.height());
                let Place { page, left, top, right, bottom } = *place;
                *place = Place { page, left: across(left), top: down(top), right: across(right), bottom: down(bottom) };
            }
        }
    }
    if evidence.statements.is_empty() && evidence.payload.is_none() {
        evidence.remarks.push(Reason::PictureNotRead);
    }
    evidence
}

/// What the lines of one invoice say.
fn interpret(upright: &RgbImage, lines: &[Line], has_code: bool, engines: &[&dyn TextEngine], evidence: &mut Evidence) {
    let page = layout::page_of_lines(lines);
    let page = page.on_sheet(0, [0.0, 0.0, length(upright.width()), length(upright.height())]);
    let mut statement = layout::extract(&page, Source::Ocr);
    if statement.is_empty() {
        return;
    }
    layout::keep_if_whole(&mut statement.items, statement.net);
    if let (Some(second), Some(total)) = (engines.get(1), statement.total)
        && !has_code
        && statement.kind.has_no_second_figure()
    {
        let other = statement.places.get("total").and_then(|place| figure(upright, *place, *second));
        // A total is offered only when both engines read it.
        if other != Some(total) {
            statement.total = None;
        }
        evidence.opinion = Some(Opinion { first: total, second: other });
    }
    evidence.statements.push(statement);
}

/// What a second engine reads where the total stands.
fn figure(picture: &RgbImage, place: Place, engine: &dyn TextEngine) -> Option<Money> {
    let at = |part: u16, side: u32| f32::from(part) / 1000.0 * length(side);
    let (left, right) = (at(place.left, picture.width()), at(place.right, picture.width()));
    let (top, bottom) = (at(place.top, picture.height()), at(place.bottom, picture.height()));
    let room = (bottom - top) * ROOM;
    let (x, y) = (pixels(left - room), pixels(top - room / 2.0));
    let (width, height) = (pixels(right + room).saturating_sub(x), pixels(bottom + room / 2.0).saturating_sub(y));
    if width == 0 || height == 0 {
        return None;
    }
    let crop = imageops::crop_imm(picture, x, y, width, height).to_image();
    let scale = (FIGURE_HEIGHT / (bottom - top).max(1.0)).clamp(0.2, 4.0);
    let (width, height) = (pixels(length(crop.width()) * scale), pixels(length(crop.height()) * scale));
    let crop = imageops::resize(&crop, width.max(1), height.max(1), imageops::FilterType::CatmullRom);
    let text = engine.figure(&crop).ok()?;
    statement_amount(&text)
}

/// The one amount in a text: `¥57.0元`, `74.00`.
fn statement_amount(text: &str) -> Option<Money> {
    let plain: String = text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | '-')).collect();
    let (_, decimals) = plain.split_once('.')?;
    if (1..=2).contains(&decimals.len()) { Money::parse(&plain).ok() } else { None }
}

/// A place on a side, in thousandths of it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 1000 first")]
fn thousandths(place: f32, side: u32) -> u16 {
    (place / length(side.max(1)) * 1000.0).round().clamp(0.0, 1000.0) as u16
}

#[expect(clippy::cast_precision_loss, reason = "sides of pictures are far below 2^24")]
fn length(side: u32) -> f32 {
    side as f32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a picture's side first")]
fn pixels(length: f32) -> u32 {
    length.round().clamp(0.0, 20_000.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EngineError;
    use budget::Date;

    /// An engine that reads what it is told to.
    struct Says(&'static [(&'static str, f32, f32)], &'static str);

    impl TextEngine for Says {
        fn name(&self) -> &'static str {
            "says"
        }

        fn lines(&self, _: &RgbImage) -> Result<Recognised, EngineError> {
            let line = |(text, left, top): &(&str, f32, f32)| {
                let width: f32 = text.chars().map(|c| if c.is_ascii() { 10.0 } else { 20.0 }).sum();
                Line::upright(text, *left, *top, left + width, top + 20.0, 1.0)
            };
            Ok(Recognised { lines: self.0.iter().map(line).collect(), turns: 0 })
        }

        fn figure(&self, _: &RgbImage) -> Result<String, EngineError> {
            Ok(self.1.to_owned())
        }
    }

    const TAXI: &[(&str, f32, f32)] = &[
        ("上海市出租汽车专用发票", 40.0, 10.0),
        ("发票代码", 40.0, 60.0),
        ("131002160101", 150.0, 60.0),
        ("发票号码", 40.0, 90.0),
        ("38401335", 150.0, 90.0),
        ("2026年06月01日", 150.0, 150.0),
        ("2.70元", 150.0, 210.0),
        ("¥36.50元", 150.0, 300.0),
    ];

    fn check(second: &'static str, total: Option<&str>, verdict: &str) {
        let picture = DynamicImage::new_rgb8(400, 400);
        let mut evidence = Evidence::default();
        recognise(&picture, false, &[&Says(TAXI, ""), &Says(TAXI, second)], &mut evidence);
        let reading = crate::combine::reading(evidence, Date::new(2026, 6, 30).unwrap());
        assert_eq!(reading.total().map(|total| total.to_string()).as_deref(), total, "{second}");
        let json = serde_json::to_value(&reading.verdict).unwrap();
        assert_eq!(json["is"], verdict, "{second}: {reading:#?}");
    }

    #[test]
    fn a_total_without_a_second_figure_is_offered_when_two_engines_read_it() {
        check("¥36.50元", Some("36.50"), "confirm");
        check("38.50", None, "conflict");
        check("", None, "confirm");
    }
}
