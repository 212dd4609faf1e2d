//! Picked colonies that did not grow, and the spare colonies that come into their wells.

use super::blank::{Blank, blank_wells, plate, readings_of, value_at};
use super::error::AnalysisError;
use crate::plan::{Colony, FailedPickParameters, Finding, PickRow, Plan, PlateId, Reading};
use crate::units::Absorbance;
use std::collections::{BTreeMap, BTreeSet};

/// Judges each well by the last reading of its plate, and gives those that did not grow the next colony of the same plate of
/// agar that was never picked, in the list's order.
///
/// The mean of the plate's blanks is subtracted, where it has any. A well without a value (out of range, blanks lost, its plate
/// given up) is not said to have failed: a second colony in a well that has grown would spoil the clone.
pub(super) fn failed_picks(
    parameters: &FailedPickParameters,
    plan: &Plan,
    readings: &[Reading],
) -> Result<Finding, AnalysisError> {
    let ids: BTreeSet<&PlateId> = parameters.wells.iter().map(|(id, _)| id).collect();
    let mut last: BTreeMap<&PlateId, (&Reading, Blank)> = BTreeMap::new();
    for id in &ids {
        let layout = plate(plan, id)?;
        let own = readings_of(readings, &parameters.readings, id, layout)?;
        if let Some(reading) = own.last() {
            let blanks = blank_wells(layout, &layout.samples);
            last.insert(id, (reading, Blank::of(reading, &blanks, layout)));
        }
    }
    if last.is_empty() {
        let names: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        return Err(AnalysisError::NoReadings {
            step: parameters.readings.clone(),
            plates: names.join(", "),
        });
    }
    let picked = plan.plates.values().flat_map(|p| p.colonies.values());
    let used: BTreeSet<&Colony> = picked.flat_map(|p| p.failed.iter().chain([&p.colony])).collect();
    let mut spares: BTreeMap<&PlateId, std::vec::IntoIter<&Colony>> = BTreeMap::new();
    for id in parameters.spares.iter().map(|c| &c.plate) {
        spares.entry(id).or_insert_with(|| {
            let own = parameters.spares.iter().filter(|c| c.plate == *id);
            own.filter(|c| !used.contains(c)).collect::<Vec<_>>().into_iter()
        });
    }
    let mut rows = Vec::new();
    for (id, well) in &parameters.wells {
        let layout = plate(plan, id)?;
        let Some(picked) = layout
            .colonies
            .get(well)
            .filter(|_| !layout.given_up.contains(well))
        else {
            continue;
        };
        let absorbance = last
            .get(id)
            .and_then(|(reading, blank)| blank.correct(value_at(reading, *well, layout)?));
        let grew = absorbance.map(|v| v > parameters.above.0);
        let again = match grew {
            Some(false) => spares.get_mut(&picked.colony.plate).and_then(Iterator::next),
            _ => None,
        };
        rows.push(PickRow {
            plate: id.clone(),
            well: *well,
            colony: picked.colony.clone(),
            absorbance: absorbance.map(Absorbance),
            grew,
            again: again.cloned(),
        });
    }
    Ok(Finding::FailedPicks { rows })
}

#[cfg(test)]
#[path = "failed_picks_tests.rs"]
mod tests;
