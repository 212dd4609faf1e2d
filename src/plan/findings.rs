//! Readings and what is concluded from them, as plain data.

use super::{Area, Colony, Measure, OperationId, Picklist, PlateId, Role, StepId, StrainId};
use crate::labware::Well;
use crate::rig::{InstrumentId, PipetteId, QuantityId};
use crate::units::{Absorbance, Amount, Duration, GrowthRate, Timestamp, Volume};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a regulator measured at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The step it belongs to.
    pub step: StepId,
    /// Which instrument measured it.
    pub instrument: InstrumentId,
    /// What was measured.
    pub quantity: QuantityId,
    /// What it was.
    pub amount: Amount,
    /// When.
    pub at: Timestamp,
}

/// One read of a plate, exactly as the instrument gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Which plate.
    pub plate: PlateId,
    /// The step it belongs to.
    pub step: StepId,
    /// The operation it belongs to.
    pub operation: OperationId,
    /// Number in its series, from 0.
    pub index: u32,
    /// When the read began, by the instrument's own account.
    pub at: Timestamp,
    /// What was measured.
    #[serde(flatten)]
    pub measure: Measure,
    /// Read through the lid.
    pub lidded: bool,
    /// By how much its time window was missed, if it was.
    pub late: Option<Duration>,
    /// Time the plate was shaken since its previous read.
    pub shaken: Duration,
    /// Row-major values, as numbers of what [`Self::measure`] says; none where the instrument said "out of range". Of an
    /// area scan, the mean of each well's points.
    pub values: Vec<Option<Absorbance>>,
    /// What is not known of wells, or happened to them: why their values are not to be trusted like others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<Well, String>,
    /// The points, of an area scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
    /// In which way the run tried the rig ("water"), of a run of commissioning: nothing that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commissioning: Option<String>,
}

/// Growth of one well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrowthRow {
    /// Which plate.
    pub plate: PlateId,
    /// Which well.
    pub well: Well,
    /// Who lives there.
    pub strain: Option<StrainId>,
    /// What for.
    pub role: Role,
    /// Maximum specific growth rate; none when no window of points grows.
    pub rate: Option<GrowthRate>,
    /// Lag time in hours.
    pub lag_h: Option<f64>,
    /// Coefficient of determination of the fitted line.
    pub r2: Option<f64>,
    /// Points used for the fit.
    pub points: u16,
    /// Highest blank-corrected absorbance.
    pub max: Option<Absorbance>,
    /// What happened to the well that an analysis should weigh, as "late read".
    pub marks: Vec<String>,
}

/// Quality of one plate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlateQuality {
    /// Which plate.
    pub plate: PlateId,
    /// Z′ between reference and control on growth rate (Zhang, Chung, Oldenburg 1999).
    pub z_prime: Option<f64>,
    /// Mean blank absorbance.
    pub blank: Option<Absorbance>,
    /// Mean growth rate of the reference.
    pub reference: Option<GrowthRate>,
    /// Coefficient of variation of the reference.
    pub reference_cv: Option<f64>,
    /// Mean growth rate of the control.
    pub control: Option<GrowthRate>,
    /// Mean rate of edge wells over that of interior wells of the reference, minus 1.
    pub edge_effect: Option<f64>,
    /// Reads that missed their window.
    pub late_reads: u32,
}

/// Rates of one strain over its replicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrainRate {
    /// The strain.
    pub strain: StrainId,
    /// Replicates with a rate.
    pub n: u16,
    /// Mean rate.
    pub mean: GrowthRate,
    /// Standard deviation over replicates.
    pub sd: f64,
    /// Mean relative to the reference, minus 1.
    pub advantage: f64,
    /// One-sided p of Welch's test against the reference.
    pub p: f64,
    /// Benjamini–Hochberg q over all strains.
    pub q: f64,
}

/// A hit, best first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Rank from 1.
    pub rank: u16,
    /// Its figures.
    pub rate: StrainRate,
    /// Its well on the source plate.
    pub source: Well,
}

/// Endpoint comparison of one well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointRow {
    /// Which well.
    pub well: Well,
    /// Who lives there.
    pub strain: StrainId,
    /// First blank-free absorbance.
    pub first: Option<Absorbance>,
    /// Last one.
    pub last: Option<Absorbance>,
}

/// What became of one picked colony.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PickRow {
    /// Plate that it was picked into.
    pub plate: PlateId,
    /// Which well.
    pub well: Well,
    /// The colony that was picked last.
    pub colony: Colony,
    /// Last blank-corrected absorbance.
    pub absorbance: Option<Absorbance>,
    /// Whether it grew; none where no value tells, and then nothing is picked again.
    pub grew: Option<bool>,
    /// The spare colony that comes into the well, of one that did not grow; none where no spare is left.
    pub again: Option<Colony>,
}

impl PickRow {
    /// Whether it did not grow.
    pub fn failed(&self) -> bool {
        self.grew == Some(false)
    }
}

/// Delivered volumes of one channel at one volume, or of all channels together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VolumeRow {
    /// The pipette.
    pub pipette: PipetteId,
    /// Labware name of the tip rack; none of a fixed probe.
    pub tips: Option<String>,
    /// The liquid class.
    pub class: Option<String>,
    /// Which channel, from 1; none of all together.
    pub channel: Option<u8>,
    /// What was asked for.
    pub asked: Volume,
    /// The stroke that was to deliver it.
    pub stroke: Volume,
    /// Replicates.
    pub n: u32,
    /// Mean delivered volume (uL).
    pub mean_ul: f64,
    /// Systematic error: the mean relative to what was asked for, minus 1.
    pub systematic: f64,
    /// Random error: the coefficient of variation; none of a single replicate.
    pub random: Option<f64>,
    /// Largest systematic error, as a share of what was asked for.
    pub most_systematic: f64,
    /// Largest random error.
    pub most_random: f64,
    /// Whether both are within their limits.
    pub passed: bool,
}

/// What a calculation concluded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Of [`super::Compute::Growth`].
    Growth {
        /// Every well.
        rows: Vec<GrowthRow>,
        /// Every plate.
        quality: Vec<PlateQuality>,
    },
    /// Of [`super::Compute::Hits`].
    Hits {
        /// Every strain, by name.
        strains: Vec<StrainRate>,
        /// The hits, best first.
        hits: Vec<Hit>,
        /// What is picked.
        picklist: Picklist,
        /// Samples on the target plate after picking.
        samples: BTreeMap<Well, super::Sample>,
    },
    /// Of [`super::Compute::Record`].
    Value {
        /// What the expression gave.
        value: super::Value,
    },
    /// Of [`super::Compute::Endpoint`].
    Endpoint {
        /// Every picked well.
        rows: Vec<EndpointRow>,
    },
    /// Of [`super::Compute::FailedPicks`].
    FailedPicks {
        /// Every well that counts, in the order of the list.
        rows: Vec<PickRow>,
    },
    /// Of [`super::Compute::Volumes`].
    Volumes {
        /// "gravimetric" or "dye".
        method: String,
        /// By pipette, tips, class and volume: all channels together, then each channel.
        rows: Vec<VolumeRow>,
    },
}
