//! Calculations that a run makes on its own readings.

use super::{Colony, PlateId, StepId};
use crate::labware::Well;
use crate::rig::{InstrumentId, NestId};
use crate::units::{Absorbance, Temperature, Volume, Wavelength};
use serde::{Deserialize, Serialize};

/// Maximum specific growth rate per well, by the easy-linear method (Hall et al. 2014, Mol Biol Evol 31:232).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrowthParameters {
    /// The step whose readings are used.
    pub readings: StepId,
    /// Plates, in order.
    pub plates: Vec<PlateId>,
    /// Consecutive points per window (h).
    pub window: u16,
    /// Windows with at least this share of the largest slope are joined.
    pub quota: f64,
    /// Points below this blank-corrected absorbance are left out.
    pub above: Absorbance,
}

/// Hits: strains whose replicates average at least this much above the reference, with Benjamini–Hochberg q of a
/// one-sided Welch test below a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HitParameters {
    /// The growth analysis whose rates are used.
    pub rates: StepId,
    /// Least mean advantage over the reference, as 0.10.
    pub at_least: f64,
    /// Largest q.
    pub q_below: f64,
    /// At most this many, best first.
    pub at_most: u16,
    /// Plate the hits are picked from.
    pub source: PlateId,
    /// Plate the hits are picked to.
    pub target: PlateId,
    /// Wells per hit.
    pub replicates: u16,
    /// Wells of the reference.
    pub references: u16,
}

/// Comparison of first and last reading of picked strains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointParameters {
    /// The step whose readings are used.
    pub readings: StepId,
    /// The plate.
    pub plate: PlateId,
}

/// Wells that a picked colony did not grow in, and which spare colony comes there next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailedPickParameters {
    /// The step whose last readings are used.
    pub readings: StepId,
    /// A well has grown above this absorbance, less that of the plate's blanks where it has any.
    pub above: Absorbance,
    /// Wells that colonies were picked into, in the order of the list.
    pub wells: Vec<(PlateId, Well)>,
    /// Colonies for which the list has no well, in its order.
    pub spares: Vec<Colony>,
}

/// The value of an expression on the run's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordParameters {
    /// The expression.
    pub expression: String,
}

/// How volumes are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolumeMethod {
    /// By what water weighs (ISO 8655-6).
    Gravimetric {
        /// The balance.
        balance: InstrumentId,
        /// The nest that it weighs.
        nest: NestId,
        /// Of the water, and of the air around it.
        temperature: Temperature,
        /// Of the air (kPa).
        pressure_kpa: f64,
        /// Of the air, relative (%).
        humidity_percent: f64,
    },
    /// By the absorbance of a dye, against wells that hold known volumes of it.
    Dye {
        /// The reading step.
        readings: StepId,
        /// The plate.
        plate: PlateId,
        /// At which wavelength; of several, the one that is meant.
        wavelength: Option<Wavelength>,
        /// Wells with what each holds of the dye.
        standards: Vec<(Well, Volume)>,
    },
}

/// A step whose strokes are verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerifiedStep {
    /// The step.
    pub step: StepId,
    /// What it was asked for, per channel.
    pub asked: Volume,
    /// Labware name of the tip rack; none of a fixed probe.
    pub tips: Option<String>,
    /// Its liquid class.
    pub class: Option<String>,
    /// Channels of its pipette.
    pub channels: u8,
    /// The pipette's nominal volume.
    pub nominal: Volume,
}

/// Volumes that pipettes delivered, with their systematic and random errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VolumeParameters {
    /// How they are found.
    pub method: VolumeMethod,
    /// The steps whose strokes are judged.
    pub strokes: Vec<VerifiedStep>,
    /// Largest systematic error as a share of what was asked for; that of ISO 8655-2, where nothing is said.
    pub accuracy: Option<f64>,
    /// Largest coefficient of variation; that of ISO 8655-2, where nothing is said.
    pub cv: Option<f64>,
}

/// A calculation step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compute {
    /// Growth rates and plate quality.
    Growth(GrowthParameters),
    /// Hits and their picklist.
    Hits(HitParameters),
    /// Fold change between two readings.
    Endpoint(EndpointParameters),
    /// Picks that did not grow.
    FailedPicks(FailedPickParameters),
    /// A value that is kept.
    Record(RecordParameters),
    /// Proof of volume.
    Volumes(VolumeParameters),
}
