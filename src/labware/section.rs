//! Sections of a well, from its bottom up, and what they hold.
//!
//! Shapes and meaning follow `innerLabwareGeometry` of the Opentrons labware schema 3 (shared-data,
//! `labware/schemas/3.json`). Volumes are integrals of the horizontal area: of all shapes but the squared cone
//! the area is a polynomial of second degree in the height, for which Simpson's rule is exact.

use crate::units::Length;

/// Panels of Simpson's rule for a squared cone; the error is below 1e-5 of the section.
const PANELS: u32 = 64;

/// Which end of a section is round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundEnd {
    /// The lower one.
    Bottom,
    /// The upper one.
    Top,
}

/// Shape of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A cap of a sphere, its pole at the section's bottom.
    Spherical {
        /// Radius of the sphere; a cap is at most as high as twice this.
        radius: Length,
    },
    /// A cylinder, a cone or a part of one, by its diameters.
    Conical {
        /// Diameter at the bottom; 0 for a cone that stands on its point.
        bottom: Length,
        /// Diameter at the top.
        top: Length,
    },
    /// A box, a pyramid or a part of one, by its sides (x, y).
    Cuboidal {
        /// Sides at the bottom; 0 for a pyramid that stands on its point.
        bottom: (Length, Length),
        /// Sides at the top.
        top: (Length, Length),
    },
    /// What a cone that grows from a circle to a rectangle's corners has in common with the rectangle's prism.
    SquaredCone {
        /// Diameter of the round end.
        diameter: Length,
        /// Sides of the rectangular end.
        size: (Length, Length),
        /// Which end is round.
        round: RoundEnd,
    },
    /// From a circle to a rectangle, the corners' radius falling evenly to 0.
    RoundedCuboid {
        /// Diameter of the round end.
        diameter: Length,
        /// Sides of the rectangular end.
        size: (Length, Length),
        /// Which end is round.
        round: RoundEnd,
    },
}

/// One section of a well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Its shape.
    pub form: Form,
    /// How high it is.
    pub height: Length,
    /// How many such shapes stand side by side, as the cones at the bottom of a trough; 1 or more.
    pub count: u32,
}

impl Section {
    /// A single shape of this height.
    pub const fn new(form: Form, height: Length) -> Self {
        Self {
            form,
            height,
            count: 1,
        }
    }

    /// Whether its area is the same at every height.
    pub fn is_straight(&self) -> bool {
        match self.form {
            Form::Conical { bottom, top } => bottom == top,
            Form::Cuboidal { bottom, top } => bottom == top,
            Form::Spherical { .. } | Form::SquaredCone { .. } | Form::RoundedCuboid { .. } => false,
        }
    }

    /// Horizontal area in square millimetres at `z` millimetres over the section's bottom.
    pub fn area_mm2(&self, z: f64) -> f64 {
        let height = self.height.as_mm();
        let t = if height > 0.0 {
            (z / height).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let between = |from: Length, to: Length| from.as_mm() + (to.as_mm() - from.as_mm()) * t;
        let one = match self.form {
            Form::Spherical { radius } => {
                let z = z.clamp(0.0, height);
                std::f64::consts::PI * z * (2.0 * radius.as_mm() - z).max(0.0)
            }
            Form::Conical { bottom, top } => std::f64::consts::PI * (between(bottom, top) / 2.0).powi(2),
            Form::Cuboidal { bottom, top } => between(bottom.0, top.0) * between(bottom.1, top.1),
            Form::SquaredCone {
                diameter,
                size: (x, y),
                round,
            } => {
                let (x, y) = (x.as_mm(), y.as_mm());
                let (inner, corner) = (diameter.as_mm() / 2.0, x.hypot(y) / 2.0);
                let t = from_round(t, round);
                common_area(inner + (corner - inner) * t, x, y)
            }
            Form::RoundedCuboid {
                diameter,
                size: (x, y),
                round,
            } => {
                let d = diameter.as_mm();
                let t = from_round(t, round);
                let radius = d / 2.0 * (1.0 - t);
                let (x, y) = (d + (x.as_mm() - d) * t, d + (y.as_mm() - d) * t);
                x * y - (4.0 - std::f64::consts::PI) * radius * radius
            }
        };
        one * f64::from(self.count)
    }

    /// What it holds up to `z` millimetres over its bottom, in microlitres.
    pub fn volume_ul(&self, z: f64) -> f64 {
        let z = z.clamp(0.0, self.height.as_mm());
        let panels = match self.form {
            Form::SquaredCone { .. } => PANELS,
            Form::Spherical { .. }
            | Form::Conical { .. }
            | Form::Cuboidal { .. }
            | Form::RoundedCuboid { .. } => 1,
        };
        let step = z / f64::from(panels);
        (0..panels)
            .map(|i| {
                let from = f64::from(i) * step;
                let areas =
                    self.area_mm2(from) + 4.0 * self.area_mm2(from + step / 2.0) + self.area_mm2(from + step);
                areas * step / 6.0
            })
            .sum()
    }
}

/// The share of the way from the round end to the other.
fn from_round(t: f64, round: RoundEnd) -> f64 {
    match round {
        RoundEnd::Bottom => t,
        RoundEnd::Top => 1.0 - t,
    }
}

/// Area that a circle of this radius has in common with a rectangle of the same centre.
fn common_area(radius: f64, x: f64, y: f64) -> f64 {
    // By strips along x: the circle's half chord, cut off at the rectangle's side. The integral of the chord is
    // known; where it is cut the strip is as long as the side.
    let (a, b) = ((x / 2.0).min(radius), y / 2.0);
    if a <= 0.0 || b <= 0.0 {
        return 0.0;
    }
    let chord = |s: f64| {
        let s = s.min(radius);
        (s * (radius * radius - s * s).max(0.0).sqrt()
            + radius * radius * (s / radius).clamp(-1.0, 1.0).asin())
            / 2.0
    };
    let cut = if b < radius {
        (radius * radius - b * b).sqrt().min(a)
    } else {
        0.0
    };
    4.0 * (b * cut + chord(a) - chord(cut))
}

#[cfg(test)]
#[path = "section_tests.rs"]
mod tests;
