//! Lengths of time and points in time, in whole microseconds.

use super::quantity::{Quantity, QuantityError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A length of time, in whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// From microseconds.
    pub const fn us(us: u64) -> Self {
        Self(us)
    }
    /// From milliseconds.
    pub const fn ms(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000))
    }
    /// From seconds.
    pub const fn s(s: u64) -> Self {
        Self(s.saturating_mul(1_000_000))
    }
    /// From minutes.
    pub const fn min(min: u64) -> Self {
        Self(min.saturating_mul(60_000_000))
    }
    /// From hours.
    pub const fn h(h: u64) -> Self {
        Self(h.saturating_mul(3_600_000_000))
    }
    /// In microseconds.
    pub const fn as_us(self) -> u64 {
        self.0
    }
    /// In seconds, for printing and rates.
    #[expect(
        clippy::cast_precision_loss,
        reason = "lengths of time stay far below 2^53 us"
    )]
    pub fn as_s(self) -> f64 {
        self.0 as f64 / 1e6
    }
    /// As the standard library's type.
    pub const fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_micros(self.0)
    }
    /// The sum, held at the largest value.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
    /// The difference, held at zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
    /// `n` times this, held at the largest value.
    #[must_use]
    pub const fn times(self, n: u64) -> Self {
        Self(self.0.saturating_mul(n))
    }
}

impl Quantity for Duration {
    const KIND: &'static str = "duration";
    const STEP: &'static str = "1 us";
    const UNITS: &'static [(&'static str, i128)] = &[
        ("s", 1_000_000),
        ("ms", 1_000),
        ("us", 1),
        ("min", 60_000_000),
        ("h", 3_600_000_000),
        ("d", 86_400_000_000),
    ];
    fn from_base(base: i128) -> Option<Self> {
        u64::try_from(base).ok().map(Self)
    }
    fn base(self) -> i128 {
        i128::from(self.0)
    }
}

impl std::str::FromStr for Duration {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Self::parse(text)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0;
        if us < 1_000_000 {
            return if us.is_multiple_of(1_000) {
                write!(f, "{} ms", us / 1_000)
            } else {
                write!(f, "{us} us")
            };
        }
        let seconds = us / 1_000_000;
        let tenths = (us % 1_000_000) / 100_000;
        let (h, m, s) = (seconds / 3600, seconds % 3600 / 60, seconds % 60);
        match (h, m, s) {
            (0, 0, s) if tenths == 0 => write!(f, "{s} s"),
            (0, 0, s) => write!(f, "{s}.{tenths} s"),
            (0, m, 0) => write!(f, "{m} min"),
            (0, m, s) => write!(f, "{m} min {s} s"),
            (h, 0, 0) => write!(f, "{h} h"),
            (h, m, 0) => write!(f, "{h} h {m} min"),
            (h, m, s) => write!(f, "{h} h {m} min {s} s"),
        }
    }
}

/// A point in time: microseconds since 1970-01-01T00:00:00Z, of the wall clock or of the simulated one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_us(us: u64) -> Self {
        Self(us)
    }
    /// Microseconds since the Unix epoch.
    pub const fn as_us(self) -> u64 {
        self.0
    }
    /// This point and a length of time later.
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_us()))
    }
    /// This point and a length of time earlier.
    #[must_use]
    pub const fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_us()))
    }
    /// The length of time since an earlier point; zero if that is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::us(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    /// As "2026-01-31 14:05:09" (UTC), by the civil-from-days algorithm of H. Hinnant.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1_000_000;
        let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}",
            rest / 3600,
            rest % 3600 / 60,
            rest % 60
        )
    }
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
