//! The true inside of a well: solids stacked from its bottom up, how high a volume stands in them, and what stands
//! below a height. Owns its own formulas; knows no units but millimetres and microlitres.

use std::f64::consts::PI;
use std::sync::Arc;

/// Slices of a solid whose volume has no simple formula.
const SLICES: u32 = 200;
/// Halvings that pin a height down below a nanometre.
const HALVINGS: u32 = 40;

/// A solid's form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Solid {
    /// Cap of a sphere, pole below.
    Cap { radius: f64 },
    /// Cone, cylinder or part of one, by diameters below and above.
    Cone { below: f64, above: f64 },
    /// Box, pyramid or part of one, by sides below and above.
    Box { below: [f64; 2], above: [f64; 2] },
    /// A rectangle's prism within a cone that grows from the circle to the rectangle's corners.
    Squared {
        circle: f64,
        sides: [f64; 2],
        circle_below: bool,
    },
    /// From circle to rectangle with corners of falling radius.
    Rounded {
        circle: f64,
        sides: [f64; 2],
        circle_below: bool,
    },
}

/// A solid of a height, so many times side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) solid: Solid,
    pub(crate) height: f64,
    pub(crate) count: f64,
}

impl Piece {
    /// One solid.
    pub(crate) fn single(solid: Solid, height: f64) -> Self {
        Self {
            solid,
            height,
            count: 1.0,
        }
    }

    /// Cross section at a height over the piece's bottom.
    fn area(&self, z: f64) -> f64 {
        let s = (z / self.height).clamp(0.0, 1.0);
        let one = match self.solid {
            Solid::Cap { radius } => PI * z.clamp(0.0, self.height) * (2.0 * radius - z).max(0.0),
            Solid::Cone { below, above } => PI / 4.0 * (below + s * (above - below)).powi(2),
            Solid::Box {
                below: [a, b],
                above: [c, d],
            } => (a + s * (c - a)) * (b + s * (d - b)),
            Solid::Squared {
                circle,
                sides: [x, y],
                circle_below,
            } => {
                let s = if circle_below { s } else { 1.0 - s };
                let corner = x.hypot(y) / 2.0;
                let r = circle / 2.0 + s * (corner - circle / 2.0);
                if r >= corner {
                    x * y
                } else {
                    PI * r * r - 2.0 * segment(r, x / 2.0) - 2.0 * segment(r, y / 2.0)
                }
            }
            Solid::Rounded {
                circle,
                sides: [x, y],
                circle_below,
            } => {
                let s = if circle_below { s } else { 1.0 - s };
                let r = (1.0 - s) * circle / 2.0;
                (circle + s * (x - circle)) * (circle + s * (y - circle)) - (4.0 - PI) * r * r
            }
        };
        one * self.count
    }

    /// Volume up to a height over the piece's bottom.
    fn volume(&self, z: f64) -> f64 {
        let z = z.clamp(0.0, self.height);
        let s = z / self.height;
        let one = match self.solid {
            Solid::Cap { radius } => PI * z * z * (radius - z / 3.0),
            Solid::Cone { below, above } => {
                let there = below + s * (above - below);
                PI * z / 12.0 * (below * below + below * there + there * there)
            }
            Solid::Box {
                below: [a, b],
                above: [c, d],
            } => {
                let (dx, dy) = (c - a, d - b);
                z * (a * b + (a * dy + b * dx) * s / 2.0 + dx * dy * s * s / 3.0)
            }
            Solid::Squared { .. } | Solid::Rounded { .. } => {
                let slice = z / f64::from(SLICES);
                let sum: f64 = (0..SLICES).map(|i| self.area((f64::from(i) + 0.5) * slice)).sum();
                return sum * slice;
            }
        };
        one * self.count
    }

    fn straight(&self) -> bool {
        match self.solid {
            Solid::Cone { below, above } => below == above,
            Solid::Box { below, above } => below == above,
            Solid::Cap { .. } | Solid::Squared { .. } | Solid::Rounded { .. } => false,
        }
    }
}

/// What a straight cut at a distance from the centre takes off a circle.
fn segment(radius: f64, distance: f64) -> f64 {
    if distance >= radius {
        return 0.0;
    }
    radius * radius * (distance / radius).acos() - distance * (radius * radius - distance * distance).sqrt()
}

/// The inside of a well, or of all wells of one labware: they are alike.
#[derive(Clone, Debug)]
pub(crate) struct Vessel {
    pieces: Arc<[Piece]>,
    /// Area of the opening; walls go on so above it.
    opening: f64,
    straight: bool,
}

impl Vessel {
    /// Stacks pieces from the bottom up under an opening of this area.
    pub(crate) fn new(pieces: &[Piece], opening: f64) -> Self {
        Self {
            pieces: pieces.into(),
            opening,
            straight: matches!(pieces, [] | [_]) && pieces.iter().all(Piece::straight),
        }
    }

    /// Whether its area is the same at every height.
    pub(crate) fn straight(&self) -> bool {
        self.straight
    }

    /// Volume in microlitres below a height over the bottom.
    pub(crate) fn volume_ul(&self, height: f64) -> f64 {
        let (mut left, mut volume) = (height.max(0.0), 0.0);
        if self.straight {
            return left * self.opening;
        }
        for piece in self.pieces.iter() {
            volume += piece.volume(left);
            left -= piece.height;
            if left <= 0.0 {
                return volume;
            }
        }
        volume + left * self.rim()
    }

    /// Height over the bottom at which a volume in microlitres stands.
    pub(crate) fn height_mm(&self, volume: f64) -> f64 {
        let (mut left, mut base) = (volume.max(0.0), 0.0);
        if self.straight {
            return if self.opening > 0.0 {
                left / self.opening
            } else {
                0.0
            };
        }
        for piece in self.pieces.iter() {
            let full = piece.volume(piece.height);
            if left < full {
                let (mut low, mut high) = (0.0, piece.height);
                for _ in 0..HALVINGS {
                    let middle = (low + high) / 2.0;
                    if piece.volume(middle) <= left {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                return base + low;
            }
            left -= full;
            base += piece.height;
        }
        let rim = self.rim();
        if rim > 0.0 { base + left / rim } else { base }
    }

    fn rim(&self) -> f64 {
        self.pieces
            .last()
            .map_or(self.opening, |piece| piece.area(piece.height))
    }
}

#[cfg(test)]
#[path = "vessel_tests.rs"]
mod tests;
