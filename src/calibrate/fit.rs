//! The deck that fits touched points best, by least squares: moved, turned about the vertical and tilted, all of it little.

use crate::rig::{Point, Turn};
use crate::units::Length;
use thiserror::Error;

/// A deck as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Where its origin is, relative to nominal.
    pub deck: Point,
    /// How it is turned and tilted.
    pub turn: Turn,
    /// How far the points are from it, as root of the mean square over all three directions of every point.
    pub residual: Length,
    /// How far the worst point is from it.
    pub worst: Length,
}

/// Why no deck was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FitError {
    /// Two points or less.
    #[error("a deck is found through three points at least")]
    TooFew,
    /// All points on one line.
    #[error("the points lie on one line; a deck is found through three that do not")]
    OnALine,
}

/// Fits a deck through pairs of nominal and touched points. Millimetres inside; the answer is in micrometres, and turns in
/// micrometres per metre.
///
/// # Errors
/// When the points do not tell.
pub fn fit(points: &[(Point, Point)]) -> Result<Fit, FitError> {
    if points.len() < 3 {
        return Err(FitError::TooFew);
    }
    let mm = |p: &Point| [p.x.as_mm(), p.y.as_mm(), p.z.as_mm()];
    let all: Vec<([f64; 3], [f64; 3])> = points
        .iter()
        .map(|(nominal, touched)| (mm(nominal), mm(touched)))
        .collect();
    // Across: x' = x + a − t·y, y' = y + b + t·x. Unknown: a, b, t.
    let mut across = Normal::default();
    // Up: z' = z + c + p·x + q·y. Unknown: c, p, q.
    let mut up = Normal::default();
    for ([x, y, z], [fx, fy, fz]) in &all {
        across.add([1.0, 0.0, -y], fx - x);
        across.add([0.0, 1.0, *x], fy - y);
        up.add([1.0, *x, *y], fz - z);
    }
    let [c, p, q] = up.solved().ok_or(FitError::OnALine)?;
    let [a, b, t] = across.solved().ok_or(FitError::OnALine)?;
    let (mut sum, mut worst) = (0.0_f64, 0.0_f64);
    for ([x, y, z], [fx, fy, fz]) in &all {
        let off = [
            fx - (x + a - t * y),
            fy - (y + b + t * x),
            fz - (z + c + p * x + q * y),
        ];
        let square: f64 = off.iter().map(|d| d * d).sum();
        sum += square;
        worst = worst.max(square.sqrt());
    }
    let count = u32::try_from(all.len()).map_or(f64::INFINITY, f64::from);
    let um = |mm: f64| Length::um(rounded(mm * 1_000.0));
    Ok(Fit {
        deck: Point {
            x: um(a),
            y: um(b),
            z: um(c),
        },
        turn: Turn {
            turn: rounded(t * 1e6),
            tilt: (rounded(p * 1e6), rounded(q * 1e6)),
        },
        residual: um((sum / (3.0 * count)).sqrt()),
        worst: um(worst),
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates; such a deck is refused"
)]
const fn rounded(number: f64) -> i64 {
    number.round() as i64
}

/// Normal equations of three unknowns, as rows of coefficients with the right side last.
#[derive(Default)]
struct Normal([[f64; 4]; 3]);

impl Normal {
    /// Takes one equation in: coefficients times unknowns are this value.
    fn add(&mut self, coefficients: [f64; 3], value: f64) {
        for (row, own) in self.0.iter_mut().zip(coefficients) {
            let sides = coefficients.iter().chain(std::iter::once(&value));
            for (cell, other) in row.iter_mut().zip(sides) {
                *cell += own * other;
            }
        }
    }

    /// By Cramer's rule; none where the equations do not tell.
    fn solved(&self) -> Option<[f64; 3]> {
        let column = |n: usize| self.0.map(|row| row.get(n).copied().unwrap_or_default());
        let (x, y, z, value) = (column(0), column(1), column(2), column(3));
        let whole = determinant(x, y, z);
        let scale = self
            .0
            .iter()
            .flatten()
            .fold(1.0_f64, |most, cell| most.max(cell.abs()));
        // Points on a line leave nothing but rounding.
        if whole.abs() <= scale * 1e-3 {
            return None;
        }
        Some([
            determinant(value, y, z) / whole,
            determinant(x, value, z) / whole,
            determinant(x, y, value) / whole,
        ])
    }
}

/// Of three columns.
fn determinant([a, b, c]: [f64; 3], [d, e, f]: [f64; 3], [g, h, i]: [f64; 3]) -> f64 {
    a * (e * i - f * h) - d * (b * i - c * h) + g * (b * f - c * e)
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
