//! Steps that read plates and draw conclusions.

use super::Spanned;
use super::plate::Incubate;
use crate::plan::AreaScan;
use crate::units::{Absorbance, Duration, Wavelength};

/// What a read measures.
#[derive(Debug, Clone, PartialEq)]
pub enum Optics {
    /// Absorbance, at one wavelength after the other.
    Absorbance(Vec<Spanned<Wavelength>>),
    /// Fluorescence.
    Fluorescence {
        /// Light that excites.
        excitation: Spanned<Wavelength>,
        /// Light that is measured.
        emission: Spanned<Wavelength>,
        /// Gain of the detector.
        gain: u16,
    },
    /// Luminescence.
    Luminescence {
        /// How long light is gathered per well.
        integration: Spanned<Duration>,
    },
}

/// See [`super::StepWork::Read`].
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The plates.
    pub each: Spanned<String>,
    /// The plate readers, to which the plates are dealt out in turn; the rig's first, where none is named.
    pub at: Vec<Spanned<String>>,
    /// What is measured, one after the other in one visit.
    pub optics: Vec<Optics>,
    /// The grid of points that is measured in every well, instead of one.
    pub area: Option<Spanned<AreaScan>>,
    /// The interval, of a repeated read.
    pub every: Option<Spanned<Duration>>,
    /// From first to last read.
    pub over: Option<Spanned<Duration>>,
    /// How far a read may be from its time.
    pub within: Spanned<Duration>,
    /// Where plates are between reads.
    pub incubate: Option<Incubate>,
    /// A condition on a plate's reads at which its reading stops.
    pub until: Option<Spanned<String>>,
}

impl Read {
    /// How many reads each plate gets at most.
    pub fn reads(&self) -> u64 {
        match (&self.every, &self.over) {
            (Some(every), Some(over)) => over.value.as_us().checked_div(every.value.as_us()).unwrap_or(0) + 1,
            _ => 1,
        }
    }
    /// Whether it measures absorbance, which growth is judged by.
    pub fn absorbance(&self) -> bool {
        self.optics.iter().any(|o| matches!(o, Optics::Absorbance(_)))
    }
}

/// See [`super::StepWork::Growth`].
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// The reading step.
    pub readings: Spanned<String>,
    /// Points per window.
    pub window: u16,
    /// Share of the largest slope at which windows are joined.
    pub quota: f64,
    /// Least blank-corrected absorbance.
    pub above: Absorbance,
}

/// See [`super::StepWork::Endpoint`].
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// The reading step.
    pub readings: Spanned<String>,
}

/// See [`super::StepWork::Select`].
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// The growth analysis.
    pub rates: Spanned<String>,
    /// Least advantage over the reference, as 0.10.
    pub at_least: f64,
    /// Largest q.
    pub q_below: f64,
    /// Most hits.
    pub at_most: u16,
    /// Plate that is picked from.
    pub source: Spanned<String>,
    /// Plate that is picked to.
    pub target: Spanned<String>,
    /// Wells per hit.
    pub replicates: Spanned<u16>,
    /// Wells of the reference.
    pub references: Spanned<u16>,
}

/// See [`super::StepWork::FailedPicks`].
#[derive(Debug, Clone, PartialEq)]
pub struct FailedPicks {
    /// The step that picked colonies.
    pub picks: Spanned<String>,
    /// The reading step.
    pub readings: Spanned<String>,
    /// A well has grown above this blank-corrected absorbance.
    pub above: Absorbance,
}

impl Select {
    /// The longest possible picklist.
    pub const fn most_picks(&self) -> u64 {
        self.at_most as u64 * self.replicates.value as u64 + self.references.value as u64
    }
}

/// See [`super::StepWork::Record`].
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The expression.
    pub value: Spanned<String>,
}
