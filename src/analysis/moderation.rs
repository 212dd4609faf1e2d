//! What the spread of all strains' replicates tells about the spread of one strain's.
//!
//! Four replicates say little about their own variance. Strains are grown and read in the same way, so their
//! variances are alike; how alike is estimated from the variances themselves by the empirical Bayes method of Smyth
//! (2004, Stat Appl Genet Mol Biol 3:3; `fitFDist` and `squeezeVar` of the R package limma): variances are taken to
//! scatter round a common one as a scaled F distribution whose second degrees of freedom (the weight of the common
//! variance) follow from the scatter of their logarithms.

use super::statistics::{mean, number, sd};
use statrs::function::gamma::digamma;

/// With fewer variances than this, their scatter cannot be judged and each strain stands for itself.
const FEWEST: usize = 10;

/// A variance with the degrees of freedom that it was estimated with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variance {
    /// The variance.
    pub value: f64,
    /// Its degrees of freedom; infinite when it is known.
    pub df: f64,
}

/// What is known of a variance before its own replicates are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// The common variance, with the degrees of freedom that it counts for (infinite when all are the same).
    common: Variance,
    /// Degrees of freedom of all the variances together, more than which no one can have.
    limit: f64,
}

impl Prior {
    /// From the variances of many strains; none when there are too few of them, or none varies.
    pub fn of(variances: &[Variance]) -> Option<Self> {
        if variances.len() < FEWEST {
            return None;
        }
        let mut sorted: Vec<f64> = variances.iter().map(|v| v.value).collect();
        sorted.sort_by(f64::total_cmp);
        // As limma does: a variance of zero (equal replicates by rounding) is lifted to where it has a logarithm.
        let least = sorted.get(sorted.len() / 2)? * 1e-5;
        if least <= 0.0 || !least.is_finite() {
            return None;
        }
        let logs: Vec<f64> = variances
            .iter()
            .map(|v| v.value.max(least).ln() - digamma(v.df / 2.0) + (v.df / 2.0).ln())
            .collect();
        let expected: Vec<f64> = variances.iter().map(|v| trigamma(v.df / 2.0)).collect();
        let excess = sd(&logs)?.powi(2) - mean(&expected)?;
        let centre = mean(&logs)?;
        let common = if excess > 0.0 {
            let half = inverse_trigamma(excess);
            Variance {
                value: (centre + digamma(half) - half.ln()).exp(),
                df: 2.0 * half,
            }
        } else {
            Variance {
                value: centre.exp(),
                df: f64::INFINITY,
            }
        };
        Some(Self {
            common,
            limit: variances.iter().map(|v| v.df).sum(),
        })
    }

    /// A strain's variance, drawn towards the common one by the weights of both.
    pub fn moderate(&self, own: Variance) -> Variance {
        let value = if self.common.df.is_finite() {
            (self.common.df * self.common.value + own.df * own.value) / (self.common.df + own.df)
        } else {
            self.common.value
        };
        Variance {
            value,
            df: (self.common.df + own.df).min(self.limit),
        }
    }
}

/// Variance of values about their mean; none of fewer than two.
pub(super) fn variance(values: &[f64]) -> Option<Variance> {
    Some(Variance {
        value: sd(values)?.powi(2),
        df: number(values.len()) - 1.0,
    })
}

/// Second derivative of ln Γ at `x > 0`: recurrence up to 10, then the asymptotic series (error below 1e-13).
fn trigamma(x: f64) -> f64 {
    let mut x = x;
    let mut sum = 0.0;
    while x < 10.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = 1.0 / 6.0 - r * (1.0 / 30.0 - r * (1.0 / 42.0 - r * (1.0 / 30.0 - r * (5.0 / 66.0))));
    sum + 1.0 / x + r / 2.0 + r / x * series
}

/// Where trigamma, which falls from infinity to 0, has a value; by bisection of the exponent, so that it always ends.
fn inverse_trigamma(value: f64) -> f64 {
    let (mut low, mut high) = (-20.0_f64, 20.0_f64);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if trigamma(middle.exp()) > value {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high).exp()
}

#[cfg(test)]
#[path = "moderation_tests.rs"]
mod tests;
