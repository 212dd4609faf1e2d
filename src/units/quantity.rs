//! How a quantity is read from and written as text: a decimal number, a space, a unit.
//!
//! Numbers are scaled exactly (no binary fractions), so "0.1 uL" is 100 nL and nothing else.

use thiserror::Error;

/// Why a text is not the quantity that was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuantityError {
    /// The text does not begin with a decimal number.
    #[error("\"{0}\" does not begin with a number")]
    NotANumber(String),
    /// A comma stands where the decimal point belongs.
    #[error("\"{text}\" has a comma; write a point before decimals: \"{point}\"")]
    Comma {
        /// The text as given.
        text: String,
        /// The text with a point.
        point: String,
    },
    /// There is a number but no unit behind it.
    #[error("\"{text}\" has no unit; write for example \"{text} {example}\"")]
    NoUnit {
        /// The text as given.
        text: String,
        /// A unit that would fit.
        example: &'static str,
    },
    /// The unit does not measure this kind of quantity.
    #[error("\"{unit}\" is not a unit of {kind}; use one of {units}")]
    WrongUnit {
        /// The unit as given.
        unit: String,
        /// What was wanted, as "volume".
        kind: &'static str,
        /// Units that fit, joined by commas.
        units: String,
    },
    /// The value needs finer steps than the quantity has.
    #[error("\"{text}\" is finer than the smallest step of {kind} ({step})")]
    TooFine {
        /// The text as given.
        text: String,
        /// What was wanted.
        kind: &'static str,
        /// The smallest step, as "1 nL".
        step: &'static str,
    },
    /// The value is outside what the quantity can hold.
    #[error("\"{0}\" is out of range")]
    OutOfRange(String),
}

/// A quantity that is an integer count of a base unit.
pub trait Quantity: Sized + Copy + Ord + std::fmt::Display {
    /// What it measures, in a sentence: "volume".
    const KIND: &'static str;
    /// The base unit's step, as "1 nL".
    const STEP: &'static str;
    /// Accepted units with their size in base units; the first is the usual one.
    const UNITS: &'static [(&'static str, i128)];
    /// From a count of base units; `None` when out of range.
    fn from_base(base: i128) -> Option<Self>;
    /// The count of base units.
    fn base(self) -> i128;

    /// Reads a text such as "180 uL".
    ///
    /// # Errors
    /// A [`QuantityError`] that says what is wrong with the text.
    fn parse(text: &str) -> Result<Self, QuantityError> {
        let base = parse_scaled(text, Self::KIND, Self::STEP, Self::UNITS)?;
        Self::from_base(base).ok_or_else(|| QuantityError::OutOfRange(text.trim().to_owned()))
    }
}

/// Reads "number unit" and scales it exactly to base units.
///
/// # Errors
/// A [`QuantityError`] that says what is wrong with the text.
pub fn parse_scaled(
    text: &str,
    kind: &'static str,
    step: &'static str,
    units: &'static [(&'static str, i128)],
) -> Result<i128, QuantityError> {
    let text = text.trim();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+'))
        .unwrap_or(text.len());
    if let Some(decimals) = text.get(split..).and_then(|rest| rest.strip_prefix(','))
        && decimals.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err(QuantityError::Comma {
            text: text.to_owned(),
            point: text.replacen(',', ".", 1),
        });
    }
    let (number, unit) = text.split_at_checked(split).unwrap_or((text, ""));
    let unit = unit.trim();
    let not_a_number = || QuantityError::NotANumber(text.to_owned());
    let out_of_range = || QuantityError::OutOfRange(text.to_owned());
    let (negative, digits) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) {
        return Err(not_a_number());
    }
    if unit.is_empty() {
        let example = units.first().map_or("", |u| u.0);
        return Err(QuantityError::NoUnit {
            text: text.to_owned(),
            example,
        });
    }
    let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
        let names: Vec<&str> = units.iter().map(|u| u.0).collect();
        return Err(QuantityError::WrongUnit {
            unit: unit.to_owned(),
            kind,
            units: names.join(", "),
        });
    };
    let fraction = fraction.trim_end_matches('0');
    let scale = u32::try_from(fraction.len())
        .ok()
        .and_then(|n| 10_i128.checked_pow(n))
        .ok_or_else(out_of_range)?;
    let digits: i128 = format!("0{whole}{fraction}")
        .parse()
        .map_err(|_| out_of_range())?;
    let scaled = digits.checked_mul(*factor).ok_or_else(out_of_range)?;
    if scaled % scale != 0 {
        return Err(QuantityError::TooFine {
            text: text.to_owned(),
            kind,
            step,
        });
    }
    let value = scaled / scale;
    Ok(if negative { -value } else { value })
}

/// Writes a count of base units in the largest unit that shows a whole part and needs at most three decimals.
pub(super) fn format_scaled(
    base: i128,
    units: &[(&str, i128)],
    f: &mut std::fmt::Formatter<'_>,
) -> std::fmt::Result {
    let fits = |&&(_, size): &&(&str, i128)| base.abs() >= size && base % (size / 1000).max(1) == 0;
    let usual = if base == 0 { units.get(1) } else { None };
    let (name, size) = units
        .iter()
        .rev()
        .find(fits)
        .or(usual)
        .or(units.first())
        .map_or(("", 1), |u| *u);
    let (sign, magnitude) = if base < 0 { ("-", -base) } else { ("", base) };
    let (whole, rest) = (magnitude / size, magnitude % size);
    if rest == 0 {
        return write!(f, "{sign}{whole} {name}");
    }
    let digits = size.ilog10() as usize;
    let fraction = format!("{rest:0digits$}");
    write!(f, "{sign}{whole}.{} {name}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
#[path = "quantity_tests.rs"]
mod tests;
