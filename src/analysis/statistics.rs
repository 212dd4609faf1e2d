//! Means, standard deviations, Z′, Welch's test, Benjamini–Hochberg.

use super::moderation::{Prior, variance};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A count as a number for arithmetic; counts here stay far below 2^32.
pub(super) fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// Arithmetic mean; none of no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    Some(values.iter().sum::<f64>() / number(values.len()))
}

/// Sample standard deviation (n − 1); none of fewer than two values.
pub fn sd(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values)?;
    let squares: f64 = values.iter().map(|v| (v - centre).powi(2)).sum();
    Some((squares / number(values.len() - 1)).sqrt())
}

/// Z′ of two controls, `1 − 3 (sd₁ + sd₂) / |mean₁ − mean₂|` (Zhang, Chung, Oldenburg 1999, J Biomol Screen 4:67).
///
/// None with fewer than two values on either side or with equal means.
pub fn z_prime(first: &[f64], second: &[f64]) -> Option<f64> {
    let distance = (mean(first)? - mean(second)?).abs();
    let spread = sd(first)? + sd(second)?;
    (distance > 0.0).then(|| 1.0 - 3.0 * spread / distance)
}

/// Outcome of Welch's test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WelchTest {
    /// Welch's t.
    pub t: f64,
    /// Degrees of freedom by Welch and Satterthwaite.
    pub df: f64,
    /// Probability of a t at least this large when the means are equal.
    pub p: f64,
}

/// Welch's one-sided test that `sample` has a larger mean than `reference`.
///
/// With a prior, the sample's variance and degrees of freedom are moderated by it; without, this is Welch's test.
/// None with fewer than two values on either side, or when neither side varies (no test is possible then).
pub fn welch_greater(sample: &[f64], reference: &[f64], prior: Option<&Prior>) -> Option<WelchTest> {
    let own = variance(sample)?;
    let own = prior.map_or(own, |prior| prior.moderate(own));
    let other = variance(reference)?;
    let (share, other_share) = (
        own.value / number(sample.len()),
        other.value / number(reference.len()),
    );
    let total = share + other_share;
    if total.is_nan() || total <= 0.0 {
        return None;
    }
    let t = (mean(sample)? - mean(reference)?) / total.sqrt();
    let df = total.powi(2) / (share.powi(2) / own.df + other_share.powi(2) / other.df);
    let p = StudentsT::new(0.0, 1.0, df).ok()?.sf(t);
    Some(WelchTest { t, df, p })
}

/// Benjamini–Hochberg: `q(i) = min over j ≥ i of p(j) m / j`, in the order of the given p.
pub fn adjust_benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let m = number(p.len());
    let mut smallest = 1.0_f64;
    let mut adjusted: Vec<(usize, f64)> = Vec::with_capacity(p.len());
    for (rank, (index, p)) in order.into_iter().enumerate().rev() {
        smallest = smallest.min(p * m / number(rank + 1));
        adjusted.push((index, smallest));
    }
    adjusted.sort_by_key(|(index, _)| *index);
    adjusted.into_iter().map(|(_, q)| q).collect()
}

#[cfg(test)]
#[path = "statistics_tests.rs"]
mod tests;
