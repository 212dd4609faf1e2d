//! Conversions between numbers that the language leaves lossy. Knows nothing of the laboratory.

/// Nearest whole number, saturating; 0 for what is not a number.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates and maps NaN to 0, which is what is promised"
)]
pub(crate) fn round_i64(x: f64) -> i64 {
    x.round() as i64
}

/// Nearest whole number that is not negative, saturating; 0 for what is not a number.
#[must_use]
pub(crate) fn round_u64(x: f64) -> u64 {
    u64::try_from(round_i64(x)).unwrap_or(0)
}

/// Nearest 16-bit register value, saturating at both ends.
#[must_use]
pub(crate) fn round_u16(x: f64) -> u16 {
    u16::try_from(round_i64(x).clamp(0, i64::from(u16::MAX))).unwrap_or(u16::MAX)
}

/// Nearest single precision number, for registers that hold floats.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float register holds single precision; rounding is what is wanted"
)]
pub(crate) fn to_f32(x: f64) -> f32 {
    x as f32
}

/// A count as a floating point number (exact below 2^53).
#[must_use]
pub(crate) fn count(n: usize) -> f64 {
    n as f64
}

/// Microseconds as hours.
#[must_use]
pub(crate) fn hours(us: u64) -> f64 {
    us as f64 / 3.6e9
}

/// Microseconds of so many seconds; never negative.
#[must_use]
pub(crate) fn micros(seconds: f64) -> u64 {
    round_u64(seconds * 1e6)
}
