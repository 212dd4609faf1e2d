//! First and last reading of picked strains.

use super::blank::{Blank, blank_wells, plate, readings_of, value_at};
use super::error::AnalysisError;
use crate::labware::Well;
use crate::plan::{EndpointParameters, EndpointRow, Finding, Plan, PlateId, Reading, Sample, StepId};
use crate::units::Absorbance;
use std::collections::BTreeMap;

/// First and last reading of every well that holds a strain.
///
/// A plate that a picklist filled has the samples of that picklist. The mean of the blanks of the same reading is
/// subtracted; without blanks nothing is. With a single reading there is no last one.
pub(super) fn endpoint(
    parameters: &EndpointParameters,
    plan: &Plan,
    readings: &[Reading],
    earlier: &BTreeMap<StepId, Finding>,
) -> Result<Finding, AnalysisError> {
    let layout = plate(plan, &parameters.plate)?;
    let samples = picked_samples(&parameters.plate, earlier).unwrap_or(&layout.samples);
    let own = readings_of(readings, &parameters.readings, &parameters.plate, layout)?;
    let Some(first) = own.first() else {
        return Err(AnalysisError::NoReadings {
            step: parameters.readings.clone(),
            plates: parameters.plate.to_string(),
        });
    };
    let last = own.last().filter(|_| own.len() > 1);
    let blanks = blank_wells(layout, samples);
    let value = |reading: &Reading, well: Well| {
        let blank = Blank::of(reading, &blanks, layout);
        value_at(reading, well, layout)
            .and_then(|v| blank.correct(v))
            .map(Absorbance)
    };
    let rows = layout
        .counted(samples)
        .filter_map(|(well, sample)| {
            Some(EndpointRow {
                well: *well,
                strain: sample.strain.clone()?,
                first: value(first, *well),
                last: last.and_then(|r| value(r, *well)),
            })
        })
        .collect();
    Ok(Finding::Endpoint { rows })
}

fn picked_samples<'a>(
    id: &PlateId,
    earlier: &'a BTreeMap<StepId, Finding>,
) -> Option<&'a BTreeMap<Well, Sample>> {
    earlier.values().find_map(|finding| match finding {
        Finding::Hits {
            picklist, samples, ..
        } if picklist.picks.iter().any(|p| p.to_plate == *id) => Some(samples),
        _ => None,
    })
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
