//! From a map of text to boxes: connected spots, their hull, its smallest rectangle, grown by what the network's training
//! shrank (the post-processing of DBNet, Liao et al. 2020).

use crate::engine::Point;

/// Upper left, upper right, lower right, lower left.
pub(super) type Corners = [Point; 4];

/// A pixel at least this likely is text.
const LEAST_LIKELY: f32 = 0.3;
/// A spot whose pixels are less likely than this on average is none.
const LEAST_MEAN: f32 = 0.5;
/// How much a box grows: its area times this over its circumference, on every side.
const GROWTH: f32 = 1.6;
/// Smaller boxes are specks.
const LEAST_SIDE: f32 = 5.0;

/// How likely each pixel is text.
pub(super) struct TextMap {
    likely: Vec<f32>,
    /// Text with each spot one pixel larger to the right and below, so that strokes that almost touch do touch.
    spots: Vec<bool>,
    width: usize,
    height: usize,
}

impl TextMap {
    /// A map of a size; `None` when it has another number of pixels.
    pub(super) fn new(likely: Vec<f32>, width: usize, height: usize) -> Option<Self> {
        if likely.len() != width.checked_mul(height)? || width == 0 {
            return None;
        }
        let text: Vec<bool> = likely.iter().map(|value| *value > LEAST_LIKELY).collect();
        let at = |x: Option<usize>, y: Option<usize>| match (x, y) {
            (Some(x), Some(y)) => text.get(y * width + x).copied().unwrap_or(false),
            _ => false,
        };
        let spots = (0..text.len())
            .map(|index| {
                let (x, y) = (index % width, index / width);
                let (left, above) = (x.checked_sub(1), y.checked_sub(1));
                at(Some(x), Some(y)) || at(left, Some(y)) || at(Some(x), above) || at(left, above)
            })
            .collect();
        Some(Self { likely, spots, width, height })
    }

    fn neighbours(&self, index: usize) -> impl Iterator<Item = Option<usize>> {
        let (x, y) = (index % self.width, index / self.width);
        let (width, height) = (self.width, self.height);
        (0..9_usize).filter(|step| *step != 4).map(move |step| {
            let (x, y) = ((x + step % 3).checked_sub(1)?, (y + step / 3).checked_sub(1)?);
            (x < width && y < height).then_some(y * width + x)
        })
    }

    /// The outline and the mean likelihood of the spot that a pixel is part of; the spot is taken off the map.
    fn take_spot(&self, start: usize, taken: &mut [bool]) -> (Vec<(i32, i32)>, f32) {
        let mut open = vec![start];
        let (mut sum, mut count) = (0.0, 0.0);
        let mut outline = Vec::new();
        while let Some(index) = open.pop() {
            sum += self.likely.get(index).copied().unwrap_or(0.0);
            count += 1.0;
            let mut edge = false;
            for neighbour in self.neighbours(index) {
                let inside = neighbour.filter(|n| self.spots.get(*n).copied().unwrap_or(false));
                edge |= inside.is_none();
                if let Some(fresh) = inside.and_then(|n| taken.get_mut(n).map(|taken| (n, taken)))
                    && !*fresh.1
                {
                    *fresh.1 = true;
                    open.push(fresh.0);
                }
            }
            if edge {
                let coordinate = |value: usize| i32::try_from(value).unwrap_or(0);
                outline.push((coordinate(index % self.width), coordinate(index / self.width)));
            }
        }
        (outline, sum / f32::max(count, 1.0))
    }
}

/// The boxes of a map, in a picture that is so many times wider and higher.
pub(super) fn of(map: &TextMap, across: f32, down: f32) -> Vec<Corners> {
    let mut taken = vec![false; map.spots.len()];
    let mut boxes = Vec::new();
    for start in 0..map.spots.len() {
        let fresh = map.spots.get(start) == Some(&true) && taken.get(start) == Some(&false);
        if !fresh {
            continue;
        }
        if let Some(mark) = taken.get_mut(start) {
            *mark = true;
        }
        let (outline, mean) = map.take_spot(start, &mut taken);
        if mean < LEAST_MEAN {
            continue;
        }
        if let Some(corners) = rectangle(&hull(outline)) {
            boxes.push(corners.map(|Point { x, y }| Point { x: (x * across).max(0.0), y: (y * down).max(0.0) }));
        }
    }
    boxes.sort_by(|[a, ..], [b, ..]| a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x)));
    boxes
}

/// The length of the upper edge.
pub(super) fn width([upper_left, upper_right, ..]: &Corners) -> f32 {
    upper_left.distance(*upper_right)
}

/// Higher than wide, as a line of a page that lies on its side.
pub(super) fn is_tall(corners: &Corners) -> bool {
    let [upper_left, _, _, lower_left] = corners;
    upper_left.distance(*lower_left) > 1.5 * width(corners)
}

/// The convex hull (Andrew's monotone chain).
fn hull(mut points: Vec<(i32, i32)>) -> Vec<Point> {
    points.sort_unstable();
    points.dedup();
    let turn = |o: (i32, i32), a: (i32, i32), b: (i32, i32)| {
        i64::from(a.0 - o.0) * i64::from(b.1 - o.1) - i64::from(a.1 - o.1) * i64::from(b.0 - o.0)
    };
    let chain = |points: &mut dyn Iterator<Item = &(i32, i32)>| {
        let mut chain: Vec<(i32, i32)> = Vec::new();
        for point in points {
            while let [.., before, last] = chain.as_slice() {
                if turn(*before, *last, *point) > 0 {
                    break;
                }
                chain.pop();
            }
            chain.push(*point);
        }
        chain.pop();
        chain
    };
    let (lower, upper) = (chain(&mut points.iter()), chain(&mut points.iter().rev()));
    #[expect(clippy::cast_precision_loss, reason = "places on a map are far below 2^24")]
    let point = |(x, y): (i32, i32)| Point { x: x as f32, y: y as f32 };
    lower.into_iter().chain(upper).map(point).collect()
}

/// A rectangle that lies along a direction.
#[derive(Clone, Copy)]
struct Turned {
    along: (f32, f32),
    across: (f32, f32),
    direction: (f32, f32),
}

impl Turned {
    fn around(hull: &[Point], (ux, uy): (f32, f32)) -> Self {
        let range = |value: &dyn Fn(&Point) -> f32| {
            hull.iter().map(value).fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)))
        };
        Self { along: range(&|p| p.x * ux + p.y * uy), across: range(&|p| p.y * ux - p.x * uy), direction: (ux, uy) }
    }

    fn width(&self) -> f32 {
        self.along.1 - self.along.0 + 1.0
    }

    fn height(&self) -> f32 {
        self.across.1 - self.across.0 + 1.0
    }
}

/// The smallest rectangle around a hull, grown; `None` when it is a speck. One of its sides lies on a side of the hull
/// (Freeman and Shapira 1975).
fn rectangle(hull: &[Point]) -> Option<Corners> {
    let next = hull.iter().cycle().skip(1);
    let sides = hull.iter().zip(next).filter_map(|(from, to)| {
        let length = from.distance(*to);
        (length > 1e-6).then(|| Turned::around(hull, ((to.x - from.x) / length, (to.y - from.y) / length)))
    });
    let best = sides.min_by(|a, b| (a.width() * a.height()).total_cmp(&(b.width() * b.height())))?;
    let (width, height) = (best.width(), best.height());
    let grown = width * height * GROWTH / (2.0 * (width + height));
    let (half_width, half_height) = (width / 2.0 + grown, height / 2.0 + grown);
    if width.min(height) < 3.0 || half_width.min(half_height) * 2.0 < LEAST_SIDE {
        return None;
    }
    let (ux, uy) = best.direction;
    let (a, b) = (f32::midpoint(best.along.0, best.along.1), f32::midpoint(best.across.0, best.across.1));
    let corner = |da: f32, db: f32| Point { x: (a + da) * ux - (b + db) * uy, y: (a + da) * uy + (b + db) * ux };
    Some(in_reading_order([
        corner(-half_width, -half_height),
        corner(half_width, -half_height),
        corner(half_width, half_height),
        corner(-half_width, half_height),
    ]))
}

/// The same corners, the upper left one first and then clockwise.
fn in_reading_order(mut corners: Corners) -> Corners {
    corners.sort_by(|a, b| a.x.total_cmp(&b.x));
    let [a, b, c, d] = corners;
    let (upper_left, lower_left) = if a.y < b.y { (a, b) } else { (b, a) };
    let (upper_right, lower_right) = if c.y < d.y { (c, d) } else { (d, c) };
    [upper_left, upper_right, lower_right, lower_left]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map with bars of text: left, top, width, height.
    fn map(bars: &[[usize; 4]]) -> TextMap {
        let mut likely = vec![0.0; 100 * 60];
        for [left, top, width, height] in bars {
            for y in *top..top + height {
                likely[y * 100 + left..y * 100 + left + width].fill(0.9);
            }
        }
        TextMap::new(likely, 100, 60).unwrap()
    }

    #[test]
    fn every_bar_becomes_one_grown_box() {
        let boxes = of(&map(&[[10, 10, 40, 6], [10, 30, 60, 6]]), 2.0, 2.0);
        assert_eq!(boxes.len(), 2);
        let [upper_left, upper_right, lower_right, _] = boxes[0];
        assert!(upper_left.x < 20.0 && upper_left.y < 20.0, "{upper_left:?}");
        assert!(upper_right.x > 100.0 && lower_right.y > 32.0, "{upper_right:?} {lower_right:?}");
        assert!(!is_tall(&boxes[0]));
    }

    #[test]
    fn specks_are_no_text_and_a_wrong_size_is_no_map() {
        assert!(of(&map(&[[10, 10, 1, 1]]), 1.0, 1.0).is_empty());
        assert!(TextMap::new(vec![0.0; 5], 2, 2).is_none());
    }

    #[test]
    fn a_bar_that_stands_up_is_tall() {
        assert!(is_tall(&of(&map(&[[10, 5, 6, 50]]), 1.0, 1.0)[0]));
    }
}
