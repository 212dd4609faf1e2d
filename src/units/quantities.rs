//! The quantities themselves, one line of facts each.

use super::quantity::{Quantity, format_scaled};
use serde::{Deserialize, Serialize};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($repr:ty), $kind:literal, $step:literal, $unit:ident, [$(($text:literal, $size:literal)),+], print [$(($ptext:literal, $psize:literal)),+]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($repr);

        impl $name {
            #[doc = concat!("From a count of base units (", $step, ").")]
            pub const fn $unit(value: $repr) -> Self {
                Self(value)
            }
            #[doc = concat!("The count of base units (", $step, ").")]
            pub const fn get(self) -> $repr {
                self.0
            }
            /// The sum, held at the largest value on overflow.
            #[must_use]
            pub const fn plus(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
            /// The difference, held at the smallest value on overflow.
            #[must_use]
            pub const fn minus(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
            /// `n` times this, held at the largest value on overflow.
            #[must_use]
            pub const fn times(self, n: $repr) -> Self {
                Self(self.0.saturating_mul(n))
            }
        }

        impl Quantity for $name {
            const KIND: &'static str = $kind;
            const STEP: &'static str = $step;
            const UNITS: &'static [(&'static str, i128)] = &[$(($text, $size)),+];
            fn from_base(base: i128) -> Option<Self> {
                <$repr>::try_from(base).ok().map(Self)
            }
            fn base(self) -> i128 {
                i128::from(self.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                format_scaled(i128::from(self.0), &[$(($ptext, $psize)),+], f)
            }
        }
    };
}

quantity!(
    /// A volume of liquid, in whole nanolitres.
    Volume(i64), "volume", "1 nL", nl,
    [("uL", 1_000), ("nL", 1), ("µL", 1_000), ("μL", 1_000), ("mL", 1_000_000), ("L", 1_000_000_000)],
    print [("nL", 1), ("uL", 1_000), ("mL", 1_000_000)]
);
quantity!(
    /// A length, in whole micrometres.
    Length(i64), "length", "1 um", um,
    [("mm", 1_000), ("um", 1), ("µm", 1), ("μm", 1), ("cm", 10_000), ("m", 1_000_000)],
    print [("um", 1), ("mm", 1_000)]
);
quantity!(
    /// A temperature, in thousandths of a degree Celsius.
    Temperature(i32), "temperature", "0.001 C", milli_celsius,
    [("C", 1_000), ("°C", 1_000)],
    print [("C", 1_000)]
);
quantity!(
    /// A wavelength of light, in whole nanometres.
    Wavelength(u16), "wavelength", "1 nm", nm,
    [("nm", 1)],
    print [("nm", 1)]
);
quantity!(
    /// A speed of rotation or orbital shaking, in revolutions per minute.
    RotationSpeed(u32), "speed of rotation", "1 rpm", rpm,
    [("rpm", 1)],
    print [("rpm", 1)]
);
quantity!(
    /// A flow of liquid, in nanolitres per second.
    FlowRate(i64), "flow rate", "1 nL/s", nl_per_s,
    [("uL/s", 1_000), ("nL/s", 1), ("mL/s", 1_000_000)],
    print [("nL/s", 1), ("uL/s", 1_000)]
);

quantity!(
    /// What evaporates from one well, in nanolitres per hour.
    EvaporationRate(i64), "rate of evaporation", "1 nL/h", nl_per_h,
    [("uL/h", 1_000), ("nL/h", 1)],
    print [("nL/h", 1), ("uL/h", 1_000)]
);
quantity!(
    /// A share of something, in hundredths of a percent.
    Share(u32), "share", "0.01 %", hundredths_of_percent,
    [("%", 100)],
    print [("%", 100)]
);
quantity!(
    /// A speed along a line, in whole micrometres per second.
    Speed(i64), "speed", "1 um/s", um_per_s,
    [("mm/s", 1_000), ("um/s", 1)],
    print [("um/s", 1), ("mm/s", 1_000)]
);
quantity!(
    /// A relative centrifugal force, in whole multiples of gravity.
    Force(u32), "centrifugal force", "1 xg", xg,
    [("xg", 1), ("×g", 1)],
    print [("xg", 1)]
);

impl Volume {
    /// In microlitres, for arithmetic that is not exact and for tables.
    #[expect(clippy::cast_precision_loss, reason = "volumes stay far below 2^53 nL")]
    pub fn as_ul(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

impl Volume {
    /// From microlitres, rounded to whole nanolitres; what no volume can hold becomes the largest.
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
    pub fn from_ul(ul: f64) -> Self {
        Self((ul * 1_000.0).round() as i64)
    }
}

impl Share {
    /// As a fraction: 1 % is 0.01.
    pub fn as_share(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl EvaporationRate {
    /// What evaporates in a time.
    pub fn over(self, time: super::Duration) -> Volume {
        let nl = i128::from(self.0) * i128::from(time.as_us()) / 3_600_000_000;
        Volume(i64::try_from(nl).unwrap_or(i64::MAX))
    }
}

impl Length {
    /// In millimetres, for geometry.
    #[expect(clippy::cast_precision_loss, reason = "lengths stay far below 2^53 um")]
    pub fn as_mm(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// Of geometry, rounded to a micrometre; what no length can be is 0 or the longest.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast saturates, which is what is wanted"
    )]
    pub fn from_mm(mm: f64) -> Self {
        Self((mm * 1_000.0).round() as i64)
    }
}

impl Temperature {
    /// In degrees Celsius.
    pub fn as_celsius(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }
}

impl FlowRate {
    /// In microlitres per second.
    #[expect(clippy::cast_precision_loss, reason = "flow rates stay far below 2^53 nL/s")]
    pub fn as_ul_per_s(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

/// An absorbance (optical density as read, no unit). Not a number when the instrument said "out of range".
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Absorbance(
    /// The value.
    pub f64,
);

/// A specific growth rate, per hour.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GrowthRate(
    /// The value, 1/h.
    pub f64,
);
