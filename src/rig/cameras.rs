//! Camera stages: by what an image of a plate is measured, and how the image lies on the plate.
//!
//! Whoever takes and reads images is not of this rig; what comes from there is a list of pixels.

use super::parse::entries;
use crate::source::{Table, Value};
use crate::units::Length;
use std::collections::BTreeMap;
use thiserror::Error;

/// An image is larger or smaller than its camera makes it by this share at most.
const SCALE: f64 = 0.02;
/// Fewest marks that show whether an image lies as they say.
const FEWEST: usize = 3;

/// A camera stage of the rig.
#[derive(Debug, Clone, PartialEq)]
pub struct Camera {
    /// What a pixel's side is on the plate, in mm.
    pub pixel: MmPerPixel,
    /// How far a mark may be from where it should be.
    pub tolerance: Length,
    /// Marks in its view, in the frame of the plate: from the left and front edges of the footprint.
    pub fiducials: BTreeMap<String, (Length, Length)>,
}

/// A length on the plate per pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MmPerPixel(pub f64);

/// A point of an image, in pixels from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pixel {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// X and Y.
type Pair = (f64, f64);
/// Where a mark is seen, in pixels with Y upwards, and where it is, in mm.
type Seen = (Pair, Pair);

/// How an image lies on its plate: turned, moved and scaled, and never mirrored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Cosine and sine of its turn, times mm per pixel.
    turn: (f64, f64),
    /// Middle of the marks, in pixels, with Y upwards.
    seen: (f64, f64),
    /// Middle of the marks, in mm.
    there: (f64, f64),
}

/// Why an image cannot be laid on its plate.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ViewError {
    /// Not one of the camera's.
    #[error("the camera has no fiducial \"{0}\"")]
    Unknown(String),
    /// In one image.
    #[error("the fiducial \"{0}\" is seen twice in one image")]
    Twice(String),
    /// Two or less, or all of them on one point.
    #[error("{0} fiducials are seen; an image is laid on its plate by 3 of them at least")]
    TooFew(usize),
    /// Another lens, another height, or another image.
    #[error("a pixel of this image is {found:.4} mm, one of the camera {told:.4} mm; was another lens used?")]
    Scale {
        /// By the marks.
        found: f64,
        /// By the rig.
        told: f64,
    },
    /// A mark was mistaken for another, or the image is mirrored.
    #[error(
        "the fiducial \"{name}\" is {off} off, more than {tolerance}; was it mistaken, or is the image mirrored?"
    )]
    Off {
        /// The worst one.
        name: String,
        /// How far.
        off: Length,
        /// How far it may be.
        tolerance: Length,
    },
}

impl Camera {
    /// How an image lies on its plate, by least squares over the marks that are seen in it.
    ///
    /// # Errors
    /// When the marks do not tell, or contradict each other or the camera.
    pub fn view<'m>(&self, marks: impl IntoIterator<Item = (&'m str, Pixel)>) -> Result<View, ViewError> {
        let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
        for (name, at) in marks {
            let Some((x, y)) = self.fiducials.get(name) else {
                return Err(ViewError::Unknown(name.to_owned()));
            };
            if seen
                .insert(name, ((at.x, -at.y), (x.as_mm(), y.as_mm())))
                .is_some()
            {
                return Err(ViewError::Twice(name.to_owned()));
            }
        }
        let few = ViewError::TooFew(seen.len());
        let Some(count) = u32::try_from(seen.len())
            .ok()
            .filter(|_| seen.len() >= FEWEST)
            .map(f64::from)
        else {
            return Err(few);
        };
        let middle = |part: fn(&Seen) -> Pair| {
            let sum = seen
                .values()
                .map(part)
                .fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
            (sum.0 / count, sum.1 / count)
        };
        let (u, p) = (middle(|m| m.0), middle(|m| m.1));
        let (mut size, mut along, mut across) = (0.0, 0.0, 0.0);
        for ((x, y), (to_x, to_y)) in seen.values() {
            let (dx, dy, px, py) = (x - u.0, y - u.1, to_x - p.0, to_y - p.1);
            size += dx * dx + dy * dy;
            along += dx * px + dy * py;
            across += dx * py - dy * px;
        }
        if size <= 0.0 {
            return Err(few);
        }
        let view = View {
            turn: (along / size, across / size),
            seen: u,
            there: p,
        };
        let off = |((x, y), (to_x, to_y)): &Seen| {
            let (at_x, at_y) = view.mm((*x, *y));
            (at_x - to_x).hypot(at_y - to_y)
        };
        let worst = seen
            .iter()
            .map(|(name, mark)| (*name, off(mark)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((name, off)) = worst.filter(|(_, off)| *off > self.tolerance.as_mm()) {
            return Err(ViewError::Off {
                name: name.to_owned(),
                off: Length::from_mm(off),
                tolerance: self.tolerance,
            });
        }
        let found = view.turn.0.hypot(view.turn.1);
        let told = self.pixel.0;
        if (found / told - 1.0).abs() > SCALE {
            return Err(ViewError::Scale { found, told });
        }
        Ok(view)
    }
}

impl View {
    /// Where a point of the image is on the plate, from the left and front edges of its footprint.
    pub fn place(&self, at: Pixel) -> (Length, Length) {
        let (x, y) = self.mm((at.x, -at.y));
        (Length::from_mm(x), Length::from_mm(y))
    }

    fn mm(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (dx, dy) = (x - self.seen.0, y - self.seen.1);
        let (cos, sin) = self.turn;
        (
            self.there.0 + cos * dx - sin * dy,
            self.there.1 + sin * dx + cos * dy,
        )
    }
}

/// The cameras of a rig file.
pub(super) fn cameras(root: &mut Table<'_>) -> BTreeMap<String, Camera> {
    let of = |(name, value): (String, Value<'_>)| Some((name, camera(&value)?));
    entries(root, "cameras").into_iter().filter_map(of).collect()
}

fn camera(value: &Value<'_>) -> Option<Camera> {
    let mut t = value.table()?;
    let pixel = t.need("mm_per_pixel").and_then(|v| {
        let number = v.number()?;
        if !(0.0001..=10.0).contains(&number) {
            v.error(
                "camera",
                format!(
                    "`{}` must be from 0.0001 to 10: a pixel's side on the plate in mm",
                    v.path
                ),
            );
            return None;
        }
        Some(MmPerPixel(number))
    });
    let tolerance = t.need("tolerance").and_then(|v| v.quantity::<Length>());
    let marks: BTreeMap<String, (Length, Length)> = entries(&mut t, "fiducials")
        .into_iter()
        .filter_map(|(name, v)| {
            let list = v.list()?;
            let [x, y] = list.as_slice() else {
                v.error("camera", "a fiducial has X and Y, as [\"2 mm\", \"2 mm\"]");
                return None;
            };
            Some((name, (x.quantity()?, y.quantity()?)))
        })
        .collect();
    t.finish();
    if on_a_line(&marks) {
        value.error(
            "camera",
            "a camera needs 3 fiducials that are not on one line: fewer would not show a mirrored image",
        );
        return None;
    }
    Some(Camera {
        pixel: pixel?,
        tolerance: tolerance?,
        fiducials: marks,
    })
}

/// Whether no three marks span more than a square millimetre.
fn on_a_line(marks: &BTreeMap<String, (Length, Length)>) -> bool {
    let mm: Vec<(f64, f64)> = marks.values().map(|(x, y)| (x.as_mm(), y.as_mm())).collect();
    let wide = |a: &(f64, f64), b: &(f64, f64), c: &(f64, f64)| {
        ((b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)).abs() > 1.0
    };
    !mm.iter()
        .any(|a| mm.iter().any(|b| mm.iter().any(|c| wide(a, b, c))))
}

#[cfg(test)]
#[path = "cameras_tests.rs"]
mod tests;
