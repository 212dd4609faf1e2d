//! The easy-linear method on one growth curve (Hall et al. 2014, Mol Biol Evol 31:232), as the R package
//! growthrates does it.
//!
//! For each window of `h` neighbouring points a line is fitted to ln(value); the windows whose slope is at least
//! `quota` times the largest one are kept; one line is refitted to all points from the first point of the first kept
//! window to the last point of the last one. Of the N − h + 1 possible windows the last is not looked at, as there.

/// A point of a growth curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Time in hours.
    pub time_h: f64,
    /// Absorbance without that of the medium.
    pub value: f64,
}

/// What the method finds in a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EasyLinear {
    /// Largest specific growth rate, 1/h.
    pub rate_per_h: f64,
    /// Absorbance where the fitted line meets time 0.
    pub start: f64,
    /// Lag time in hours: where the line has the value of the first point.
    pub lag_h: f64,
    /// Coefficient of determination of the line.
    pub r2: f64,
    /// Index of the first point of the line.
    pub first: usize,
    /// Index of its last point.
    pub last: usize,
}

/// A least-squares line through (time, ln value).
struct Line {
    slope: f64,
    intercept: f64,
    r2: f64,
}

/// Applies the method to points in order of time.
///
/// None when there are fewer than `window + 1` points, when a value has no logarithm, when all times are equal, or
/// when no window rises.
pub fn easy_linear(points: &[Point], window: usize, quota: f64) -> Option<EasyLinear> {
    if window < 2
        || points
            .iter()
            .any(|p| !p.value.is_finite() || p.value <= 0.0 || !p.time_h.is_finite())
    {
        return None;
    }
    let logs: Vec<(f64, f64)> = points.iter().map(|p| (p.time_h, p.value.ln())).collect();
    let count = logs.len().checked_sub(window)?;
    let slopes: Vec<f64> = logs
        .windows(window)
        .take(count)
        .map(|w| fit(w).map_or(f64::NEG_INFINITY, |l| l.slope))
        .collect();
    let largest = slopes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_nan() || largest <= 0.0 {
        return None;
    }
    let kept = |slope: &f64| *slope >= quota * largest;
    let first = slopes.iter().position(kept)?;
    let last = slopes.iter().rposition(kept)? + window - 1;
    let line = fit(logs.get(first..=last)?)?;
    let y0 = logs.first()?.1;
    Some(EasyLinear {
        rate_per_h: line.slope,
        start: line.intercept.exp(),
        lag_h: (y0 - line.intercept) / line.slope,
        r2: line.r2,
        first,
        last,
    })
}

/// Least squares about the means, which loses no digits when times are far from 0.
fn fit(points: &[(f64, f64)]) -> Option<Line> {
    let n = super::statistics::number(points.len());
    let x_mean = points.iter().map(|p| p.0).sum::<f64>() / n;
    let y_mean = points.iter().map(|p| p.1).sum::<f64>() / n;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in points {
        let (dx, dy) = (x - x_mean, y - y_mean);
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
    }
    if xx.is_nan() || xx <= 0.0 {
        return None;
    }
    let slope = xy / xx;
    let r2 = if yy > 0.0 { xy * xy / (xx * yy) } else { 1.0 };
    Some(Line {
        slope,
        intercept: y_mean - slope * x_mean,
        r2,
    })
}

#[cfg(test)]
#[path = "easy_linear_tests.rs"]
mod tests;
