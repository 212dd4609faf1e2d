//! Who is in the wells of a plate once the run is done.

use crate::labware::Well;
use crate::plan::{Finding, Plan, PlateId, Sample, StepId};
use std::collections::BTreeMap;

/// The samples of a plate: those that a selection picked onto it, else those of the plan.
pub fn samples_of<'a>(
    plan: &'a Plan,
    findings: &'a BTreeMap<StepId, Finding>,
    plate: &PlateId,
) -> Option<&'a BTreeMap<Well, Sample>> {
    let picked = findings.values().find_map(|finding| match finding {
        Finding::Hits {
            picklist, samples, ..
        } if picklist.picks.iter().any(|p| p.to_plate == *plate) => Some(samples),
        _ => None,
    });
    picked.or_else(|| plan.plates.get(plate).map(|p| &p.samples))
}
