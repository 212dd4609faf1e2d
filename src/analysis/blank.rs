//! The absorbance of medium without cells, per plate and read.

use super::error::{AnalysisError, on_plate};
use super::statistics::mean;
use crate::labware::Well;
use crate::plan::{Plan, PlateId, PlatePlan, Reading, Role, Sample, StepId};
use std::collections::BTreeMap;

/// The plate as planned.
pub(super) fn plate<'a>(plan: &'a Plan, id: &PlateId) -> Result<&'a PlatePlan, AnalysisError> {
    plan.plates
        .get(id)
        .ok_or_else(|| AnalysisError::UnknownPlate(id.clone()))
}

/// The absorbance readings that a step made of a plate, in order of time, each checked to have one value per well.
/// Of a step that reads at several wavelengths, those at the one that it reads first.
pub(super) fn readings_of<'a>(
    readings: &'a [Reading],
    step: &StepId,
    id: &PlateId,
    plan: &PlatePlan,
) -> Result<Vec<&'a Reading>, AnalysisError> {
    let expected = usize::from(plan.rows) * usize::from(plan.columns);
    let mut own: Vec<&Reading> = readings
        .iter()
        .filter(|r| r.step == *step && r.plate == *id && r.measure.is_absorbance())
        .collect();
    own.sort_by_key(|r| (r.at, r.index));
    if let Some(measure) = own.first().map(|r| r.measure) {
        own.retain(|r| r.measure == measure);
    }
    match own.iter().find(|r| r.values.len() != expected) {
        Some(wrong) => Err(AnalysisError::WrongSize {
            plate: id.clone(),
            found: wrong.values.len(),
            expected,
        }),
        None => Ok(own),
    }
}

/// The value that a reading has for a well; none when out of range.
pub(super) fn value_at(reading: &Reading, well: Well, plan: &PlatePlan) -> Option<f64> {
    if !on_plate(well, plan.rows, plan.columns) {
        return None;
    }
    reading
        .values
        .get(well.index(plan.columns))
        .copied()
        .flatten()
        .map(|a| a.0)
        .filter(|v| v.is_finite())
}

/// The wells that hold medium without cells, of a plate with these samples.
pub(super) struct Blanks {
    /// Those that count.
    pub wells: Vec<Well>,
    /// Whether there were some and all have been given up.
    pub lost: bool,
}

/// The blanks of a plate; wells that have been given up do not count.
pub(super) fn blank_wells(plan: &PlatePlan, samples: &BTreeMap<Well, Sample>) -> Blanks {
    let is_blank = |s: &Sample| s.role == Role::Blank;
    let counted = plan.counted(samples).filter(|(_, s)| is_blank(s));
    let wells: Vec<Well> = counted.map(|(well, _)| *well).collect();
    let lost = wells.is_empty() && samples.values().any(is_blank);
    Blanks { wells, lost }
}

/// What medium alone shows in one reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Blank {
    /// The plate has no blanks: nothing is subtracted.
    None,
    /// All blanks were out of range or given up: the reading cannot be corrected.
    Unknown,
    /// Mean of the blanks.
    Mean(f64),
}

impl Blank {
    /// Of one reading.
    pub(super) fn of(reading: &Reading, blanks: &Blanks, plan: &PlatePlan) -> Self {
        if blanks.wells.is_empty() {
            return if blanks.lost { Self::Unknown } else { Self::None };
        }
        let values: Vec<f64> = blanks
            .wells
            .iter()
            .filter_map(|w| value_at(reading, *w, plan))
            .collect();
        mean(&values).map_or(Self::Unknown, Self::Mean)
    }
    /// A value without its blank; none when that is unknown.
    pub(super) fn correct(self, value: f64) -> Option<f64> {
        match self {
            Self::None => Some(value),
            Self::Unknown => None,
            Self::Mean(blank) => Some(value - blank),
        }
    }
}
