//! One line cut out of a picture, straightened and scaled to the height that the second network reads.

use image::{Rgb, RgbImage};

use super::boxes::{Corners, is_tall};
use super::detect::{length, level};
use crate::engine::Point;

/// The height that the network reads.
pub(super) const HEIGHT: usize = 48;
/// The widest line that is read; longer ones are squeezed.
const WIDEST: f32 = 2_400.0;

/// A line as three planes of brightness, blue first.
pub(super) struct Crop {
    pub(super) width: usize,
    pub(super) planes: [Vec<f32>; 3],
}

/// Cuts out a line. One that stands up is turned, as vertical text is read.
pub(super) fn line(picture: &RgbImage, corners: &Corners) -> Crop {
    let [upper_left, upper_right, lower_right, lower_left] = *corners;
    let [origin, right, down] =
        if is_tall(corners) { [upper_right, lower_right, upper_left] } else { [upper_left, upper_right, lower_left] };
    let (wide, high) = (origin.distance(right).max(1.0), origin.distance(down).max(1.0));
    let rows = 48.0;
    let columns = (rows * wide / high).ceil().clamp(8.0, WIDEST);
    // Shrinking looks at several places a pixel, so that thin strokes are not lost.
    let looks = (high / rows).round().clamp(1.0, 4.0);
    let width = count(columns);
    let mut planes = [const { Vec::new() }; 3];
    for y in 0..HEIGHT {
        for x in 0..width {
            let mut sum = [0.0_f32; 3];
            for look in 0..count(looks * looks) {
                let part = |index: usize| (float(index) + 0.5) / looks;
                let (across, below) =
                    ((float(x) + part(look % count(looks))) / columns, (float(y) + part(look / count(looks))) / rows);
                let place = Point {
                    x: origin.x + (right.x - origin.x) * across + (down.x - origin.x) * below - 0.5,
                    y: origin.y + (right.y - origin.y) * across + (down.y - origin.y) * below - 0.5,
                };
                for (sum, value) in sum.iter_mut().zip(sample(picture, place)) {
                    *sum += value;
                }
            }
            let [red, green, blue] = sum.map(|sum| sum / (looks * looks));
            for (plane, value) in planes.iter_mut().zip([blue, green, red]) {
                plane.push(value);
            }
        }
    }
    Crop { width, planes }
}

/// The brightness at a place between pixels.
fn sample(picture: &RgbImage, place: Point) -> [f32; 3] {
    let clamp = |value: f32, side: u32| value.clamp(0.0, length(side.saturating_sub(1)));
    let (x, y) = (clamp(place.x, picture.width()), clamp(place.y, picture.height()));
    let (left, top) = (x.floor(), y.floor());
    let (right_part, lower_part) = (x - left, y - top);
    let pixel = |dx: f32, dy: f32| -> [f32; 3] {
        let at = |value: f32, side: u32| u32::try_from(count(clamp(value, side))).unwrap_or(0);
        let found = picture.get_pixel_checked(at(left + dx, picture.width()), at(top + dy, picture.height()));
        found.map_or([0.0; 3], |Rgb(values)| values.map(level))
    };
    let mut sum = [0.0; 3];
    for (dx, dy, weight) in [
        (0.0, 0.0, (1.0 - right_part) * (1.0 - lower_part)),
        (1.0, 0.0, right_part * (1.0 - lower_part)),
        (0.0, 1.0, (1.0 - right_part) * lower_part),
        (1.0, 1.0, right_part * lower_part),
    ] {
        if weight > 0.0 {
            for (sum, value) in sum.iter_mut().zip(pixel(dx, dy)) {
                *sum += weight * value;
            }
        }
    }
    sum
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small whole number, not below zero")]
fn count(value: f32) -> usize {
    value as usize
}

#[expect(clippy::cast_precision_loss, reason = "a place in a crop, far below 2^24")]
fn float(value: usize) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_out_and_one_that_stands_is_turned() {
        let picture = RgbImage::from_fn(200, 100, |x, _| Rgb([if x < 100 { 0 } else { 255 }, 0, 0]));
        let corner = |x, y| Point { x, y };
        let flat = line(&picture, &[corner(50.0, 40.0), corner(150.0, 40.0), corner(150.0, 60.0), corner(50.0, 60.0)]);
        assert_eq!(flat.width, 240);
        let [blue, _, red] = &flat.planes;
        assert_eq!((red[0], red[239], blue[239]), (-1.0, 1.0, -1.0));
        let tall = line(&picture, &[corner(90.0, 0.0), corner(110.0, 0.0), corner(110.0, 100.0), corner(90.0, 100.0)]);
        assert_eq!(tall.width, 240);
        let [_, _, red] = &tall.planes;
        assert!(red[0] > 0.9 && red[47 * 240] < -0.9, "the right edge is on top: {} {}", red[0], red[47 * 240]);
    }
}
