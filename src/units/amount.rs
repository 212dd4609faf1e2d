//! Amounts of whatever an instrument measures or holds: a number with one of the field's units.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Units of what regulators measure and hold. Units are not converted into one another: a profile, a rig file and a
/// protocol name the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// A bare number: a position of a valve, a gear, a count.
    One,
    /// Degrees Celsius.
    Celsius,
    /// Percent.
    Percent,
    /// Acidity.
    Ph,
    /// Revolutions per minute.
    Rpm,
    /// Litres per minute.
    LitresPerMinute,
    /// Millilitres per minute.
    MillilitresPerMinute,
    /// Litres per hour.
    LitresPerHour,
    /// Microlitres per second.
    MicrolitresPerSecond,
    /// Microlitres.
    Microlitres,
    /// Millilitres.
    Millilitres,
    /// Litres.
    Litres,
    /// Milligrams.
    Milligrams,
    /// Grams.
    Grams,
    /// Kilograms.
    Kilograms,
    /// Bar over vacuum or over the air's pressure, as the instrument has it.
    Bar,
    /// Kilopascals.
    Kilopascals,
    /// Pounds per square inch.
    Psi,
    /// Millimetres.
    Millimetres,
    /// Millimetres per second.
    MillimetresPerSecond,
    /// Seconds.
    Seconds,
    /// Volts.
    Volts,
}

impl Unit {
    /// Every unit with its text; that of a bare number is empty.
    pub const ALL: [(&'static str, Self); 22] = [
        ("", Self::One),
        ("C", Self::Celsius),
        ("%", Self::Percent),
        ("pH", Self::Ph),
        ("rpm", Self::Rpm),
        ("L/min", Self::LitresPerMinute),
        ("mL/min", Self::MillilitresPerMinute),
        ("L/h", Self::LitresPerHour),
        ("uL/s", Self::MicrolitresPerSecond),
        ("uL", Self::Microlitres),
        ("mL", Self::Millilitres),
        ("L", Self::Litres),
        ("mg", Self::Milligrams),
        ("g", Self::Grams),
        ("kg", Self::Kilograms),
        ("bar", Self::Bar),
        ("kPa", Self::Kilopascals),
        ("psi", Self::Psi),
        ("mm", Self::Millimetres),
        ("mm/s", Self::MillimetresPerSecond),
        ("s", Self::Seconds),
        ("V", Self::Volts),
    ];

    /// Its text; empty for a bare number.
    pub fn text(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, unit)| *unit == self);
        found.map_or("", |(text, _)| text)
    }

    /// By its text.
    pub fn of(text: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, unit)| *unit)
    }

    /// All texts, for a message.
    pub fn texts() -> String {
        let names = Self::ALL.iter().map(|(name, _)| *name);
        names
            .filter(|name| !name.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// An amount with its unit, in whole millionths of it, as "37.5 C", "20 L/min" or "3".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount {
    /// Millionths of the unit.
    micro: i64,
    unit: Unit,
}

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AmountError {
    /// It does not begin with a decimal number that can be held.
    #[error("\"{0}\" does not begin with a number")]
    NotANumber(String),
    /// The unit is not known.
    #[error("\"{unit}\" is not a unit; use one of {known}, or none for a bare number")]
    Unit {
        /// As given.
        unit: String,
        /// All of them.
        known: String,
    },
}

impl Amount {
    /// From whole millionths.
    pub const fn micro(micro: i64, unit: Unit) -> Self {
        Self { micro, unit }
    }

    /// From a number in the unit, rounded to millionths; none where it is no number or too large.
    #[expect(clippy::cast_possible_truncation, reason = "bounds are checked before")]
    pub fn of(value: f64, unit: Unit) -> Option<Self> {
        let micro = value * 1e6;
        (micro.is_finite() && micro.abs() < 9e18).then(|| Self {
            micro: micro.round() as i64,
            unit,
        })
    }

    /// The number in its unit.
    #[expect(clippy::cast_precision_loss, reason = "what instruments show has few digits")]
    pub fn value(self) -> f64 {
        self.micro as f64 / 1e6
    }

    /// Its unit.
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// Whole millionths of the unit.
    pub const fn get(self) -> i64 {
        self.micro
    }

    /// How far two amounts of one unit are apart.
    #[must_use]
    pub fn apart(self, other: Self) -> Self {
        let micro = i64::try_from(self.micro.abs_diff(other.micro)).unwrap_or(i64::MAX);
        Self {
            micro,
            unit: self.unit,
        }
    }

    /// This, brought nearer to `goal` by no more than `step`.
    #[must_use]
    pub fn towards(self, goal: Self, step: Self) -> Self {
        let micro = if self.micro < goal.micro {
            self.micro.saturating_add(step.micro).min(goal.micro)
        } else {
            self.micro.saturating_sub(step.micro).max(goal.micro)
        };
        Self {
            micro,
            unit: self.unit,
        }
    }

    /// Whether it lies within bounds of the same unit, ends included.
    pub const fn within(self, (least, most): (Self, Self)) -> bool {
        self.micro >= least.micro && self.micro <= most.micro
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let text = text.trim();
        let split = text
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+'))
            .unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(split).unwrap_or((text, ""));
        let wrong = || AmountError::NotANumber(text.to_owned());
        let value: f64 = number.parse().map_err(|_| wrong())?;
        let unit = Unit::of(unit.trim()).ok_or_else(|| AmountError::Unit {
            unit: unit.trim().to_owned(),
            known: Unit::texts(),
        })?;
        Self::of(value, unit).ok_or_else(wrong)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, size) = (if self.micro < 0 { "-" } else { "" }, self.micro.unsigned_abs());
        let (whole, rest) = (size / 1_000_000, size % 1_000_000);
        write!(f, "{sign}{whole}")?;
        if rest > 0 {
            let digits = format!("{rest:06}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        match self.unit.text() {
            "" => Ok(()),
            unit => write!(f, " {unit}"),
        }
    }
}

impl TryFrom<String> for Amount {
    type Error = AmountError;
    fn try_from(text: String) -> Result<Self, AmountError> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

#[cfg(test)]
#[path = "amount_tests.rs"]
mod tests;
