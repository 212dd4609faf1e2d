//! Quantities as the rig file and labware write them ("1.3 mm", "6 uL/h"). Owns units of this crate;
//! knows no instrument and no world.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

/// Splits "1.3 mm" into 1.3 and "mm".
fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .char_indices()
        .find(|(_, c)| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '_')))
        .map_or(text.len(), |(at, _)| at);
    let (number, unit) = text.split_at_checked(end)?;
    let value: f64 = number.replace('_', "").parse().ok()?;
    value.is_finite().then_some((value, unit.trim()))
}

/// Factor of a unit in a table of names.
fn scaled(text: &str, what: &str, units: &[(&str, f64)]) -> Result<f64, String> {
    let known = || units.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let (value, unit) = split(text)
        .ok_or_else(|| format!("`{text}` is not {what}: write a number and a unit ({})", known()))?;
    let unit = unit.replace(['µ', 'μ'], "u").replace('°', "");
    units
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, factor)| value * factor)
        .ok_or_else(|| format!("`{text}`: the unit `{unit}` is not one of {what} ({})", known()))
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $what:literal, $units:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub f64);
        impl $name {
            /// Reads a number with a unit; the error says which units there are.
            pub fn parse(text: &str) -> Result<Self, String> {
                scaled(text, $what, $units).map(Self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(D::Error::custom)
            }
        }
        impl Add for $name { type Output = Self; fn add(self, other: Self) -> Self { Self(self.0 + other.0) } }
        impl Sub for $name { type Output = Self; fn sub(self, other: Self) -> Self { Self(self.0 - other.0) } }
        impl Mul<f64> for $name { type Output = Self; fn mul(self, factor: f64) -> Self { Self(self.0 * factor) } }
        impl Neg for $name { type Output = Self; fn neg(self) -> Self { Self(-self.0) } }
        impl AddAssign for $name { fn add_assign(&mut self, other: Self) { self.0 += other.0; } }
        impl SubAssign for $name { fn sub_assign(&mut self, other: Self) { self.0 -= other.0; } }
    };
}

quantity!(
    /// A length in millimetres.
    Mm, "a length", &[("mm", 1.0), ("um", 1e-3), ("cm", 10.0), ("m", 1e3)]
);
quantity!(
    /// A volume in nanolitres.
    Nl, "a volume", &[("nL", 1.0), ("uL", 1e3), ("mL", 1e6), ("L", 1e9)]
);
quantity!(
    /// A temperature in degrees Celsius.
    Celsius, "a temperature", &[("C", 1.0)]
);
quantity!(
    /// A loss of volume in nanolitres per hour.
    NlPerHour, "a loss of volume", &[("nL/h", 1.0), ("uL/h", 1e3), ("mL/h", 1e6)]
);
quantity!(
    /// A rate per hour.
    PerHour, "a rate", &[("/h", 1.0), ("/min", 60.0), ("/s", 3600.0)]
);
quantity!(
    /// A duration in seconds.
    Seconds, "a duration", &[("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("min", 60.0), ("h", 3600.0), ("d", 86400.0)]
);

quantity!(
    /// A speed of rotation in revolutions per minute.
    Rpm, "a speed of rotation", &[("rpm", 1.0)]
);
quantity!(
    /// A relative centrifugal force in multiples of gravity.
    Gravity, "a centrifugal force", &[("xg", 1.0), ("×g", 1.0)]
);

/// A share of one, written as a number or as a text with %.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Share(pub f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(share) => Ok(Self(share)),
            Written::Text(text) => scaled(&text, "a share", &[("%", 0.01), ("", 1.0)])
                .map(Self)
                .map_err(D::Error::custom),
        }
    }
}

impl Seconds {
    /// The same in microseconds.
    #[must_use]
    pub fn micros(self) -> u64 {
        crate::num::micros(self.0)
    }
}

#[cfg(test)]
#[path = "quantity_tests.rs"]
mod tests;
