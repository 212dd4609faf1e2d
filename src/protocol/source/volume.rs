//! Steps that prove what pipettes deliver.

use super::Spanned;
use crate::labware::Well;
use crate::units::{Temperature, Volume, Wavelength};

/// See [`super::StepWork::Verify`].
#[derive(Debug, Clone, PartialEq)]
pub struct Verify {
    /// Steps whose strokes are judged, each with those that are named after it (`NAME-…`).
    pub of: Vec<Spanned<String>>,
    /// How volumes are found.
    pub by: Proof,
    /// Largest systematic error as a share of what was asked for.
    pub accuracy: Option<f64>,
    /// Largest coefficient of variation.
    pub cv: Option<f64>,
    /// The pipette's nominal volume.
    pub nominal: Option<Volume>,
}

/// How volumes are found.
#[derive(Debug, Clone, PartialEq)]
pub enum Proof {
    /// By weight.
    Gravimetric {
        /// The balance.
        balance: Spanned<String>,
        /// Of water and air.
        temperature: Spanned<Temperature>,
        /// Of the air (kPa).
        pressure_kpa: f64,
        /// Of the air, relative, as 0.5.
        humidity: f64,
    },
    /// By the absorbance of a dye.
    Dye {
        /// The reading step.
        readings: Spanned<String>,
        /// At which of its wavelengths.
        wavelength: Option<Spanned<Wavelength>>,
        /// Wells with what each holds of the dye.
        standards: Vec<(Spanned<Vec<Well>>, Volume)>,
    },
}
