//! What a reading measured, and what a person or a scanner answered.

use crate::units::{Absorbance, Duration, Length, Wavelength};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the values of a reading are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Fields", into = "Fields")]
pub enum Measure {
    /// Absorbance, without a unit.
    Absorbance(Wavelength),
    /// Fluorescence, in the reader's own counts: comparable on one reader at one gain only.
    Fluorescence {
        /// Light that excites.
        excitation: Wavelength,
        /// Light that is measured.
        emission: Wavelength,
        /// Gain of the detector.
        gain: u16,
    },
    /// Luminescence, in the reader's own counts over the time of gathering.
    Luminescence {
        /// How long light is gathered per well.
        integration: Duration,
    },
}

impl Measure {
    /// Whether it is absorbance, the one measure that growth is reckoned from.
    pub const fn is_absorbance(&self) -> bool {
        matches!(self, Self::Absorbance(_))
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absorbance(wavelength) => write!(f, "absorbance at {wavelength}"),
            Self::Fluorescence {
                excitation,
                emission,
                gain,
            } => write!(f, "fluorescence {excitation} to {emission}, gain {gain}"),
            Self::Luminescence { integration } => write!(f, "luminescence over {integration}"),
        }
    }
}

/// A square grid of points in every well, around its centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AreaScan {
    /// Points along one side, 2 to [`Self::MOST`].
    pub points: u8,
    /// From one point to the next.
    pub spacing: Length,
}

impl AreaScan {
    /// Most points along one side.
    pub const MOST: u8 = 10;

    /// How many points every well has.
    pub const fn count(self) -> u16 {
        self.points as u16 * self.points as u16
    }

    /// From the grid's first to its last point along one side.
    pub const fn side(self) -> Length {
        Length::um(self.spacing.get() * (self.points.saturating_sub(1) as i64))
    }

    /// What a well's points are worth as one value: their mean; none where one of them was out of range, or where there
    /// is none.
    pub fn mean(points: &[Option<Absorbance>]) -> Option<Absorbance> {
        let sum = points
            .iter()
            .try_fold(0.0, |sum, point| Some(sum + point.as_ref()?.0))?;
        let count = u32::try_from(points.len()).ok().filter(|n| *n > 0)?;
        Some(Absorbance(sum / f64::from(count)))
    }
}

impl fmt::Display for AreaScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} × {} points, {} apart",
            self.points, self.points, self.spacing
        )
    }
}

/// What an area scan saw, point by point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// The grid.
    #[serde(flatten)]
    pub scan: AreaScan,
    /// The points of every well, wells row-major: each along its grid's rows, from the left back to the right front;
    /// none where the instrument said "out of range".
    pub wells: Vec<Vec<Option<Absorbance>>>,
}

/// A measure as fields beside those of its reading; the fields tell the kinds apart.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Fields {
    Absorbance {
        wavelength: Wavelength,
    },
    Fluorescence {
        excitation: Wavelength,
        emission: Wavelength,
        gain: u16,
    },
    Luminescence {
        integration: Duration,
    },
}

impl From<Measure> for Fields {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::Absorbance(wavelength) => Self::Absorbance { wavelength },
            Measure::Fluorescence {
                excitation,
                emission,
                gain,
            } => Self::Fluorescence {
                excitation,
                emission,
                gain,
            },
            Measure::Luminescence { integration } => Self::Luminescence { integration },
        }
    }
}

impl From<Fields> for Measure {
    fn from(fields: Fields) -> Self {
        match fields {
            Fields::Absorbance { wavelength } => Self::Absorbance(wavelength),
            Fields::Fluorescence {
                excitation,
                emission,
                gain,
            } => Self::Fluorescence {
                excitation,
                emission,
                gain,
            },
            Fields::Luminescence { integration } => Self::Luminescence { integration },
        }
    }
}

/// What a person answered to a prompt, a scanner read, or an expression gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A barcode.
    Barcode(String),
    /// True or false.
    Truth(bool),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) | Self::Barcode(text) => text.fmt(f),
            Self::Truth(truth) => truth.fmt(f),
        }
    }
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;
