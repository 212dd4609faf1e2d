//! By weight: the difference of the weighings before and after a stroke, with what evaporated between them, by the Z factor.

use super::strokes::{expelled, touching};
use super::water::z_factor;
use super::{Delivered, Weighed};
use crate::analysis::error::AnalysisError;
use crate::plan::{OperationId, Plan, VolumeMethod, VolumeParameters};
use crate::rig::{InstrumentId, PipetteId};
use crate::units::{Timestamp, Unit, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// A weight at a moment.
#[derive(Clone, Copy)]
struct Weight {
    at: Timestamp,
    mg: f64,
}

/// Weights of a balance in milligrams, in order of time; quantities that are no weights are left out.
fn weights(weighed: &Weighed<'_>, balance: &InstrumentId) -> Vec<Weight> {
    let own = weighed.measurements.iter().filter(|m| m.instrument == *balance);
    let mut weights: Vec<Weight> = own
        .filter_map(|m| {
            let mg = match m.amount.unit() {
                Unit::Milligrams => 1.0,
                Unit::Grams => 1_000.0,
                Unit::Kilograms => 1_000_000.0,
                _ => return None,
            };
            Some(Weight {
                at: m.at,
                mg: m.amount.value() * mg,
            })
        })
        .collect();
    weights.sort_by_key(|w| w.at);
    weights
}

/// Seconds between two moments.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.since(from).as_s()
}

/// Loss by evaporation in mg/s: of all intervals between neighbouring weighings in which nothing was done to the vessel,
/// taken together; none, where there is no such interval.
fn evaporation(weights: &[Weight], busy: &[(Timestamp, Timestamp)]) -> f64 {
    let mut lost = (0.0, 0.0);
    for (a, b) in weights.iter().zip(weights.iter().skip(1)) {
        let still = busy.iter().all(|(from, to)| *to <= a.at || *from >= b.at);
        if still {
            lost.0 += a.mg - b.mg;
            lost.1 += seconds(a.at, b.at);
        }
    }
    if lost.1 > 0.0 { lost.0 / lost.1 } else { 0.0 }
}

/// What each operation delivered, per channel.
pub(super) fn delivered<'a>(
    parameters: &'a VolumeParameters,
    plan: &Plan,
    weighed: &Weighed<'_>,
) -> Result<Vec<Delivered<'a>>, AnalysisError> {
    let VolumeMethod::Gravimetric {
        balance,
        nest,
        temperature,
        pressure_kpa,
        humidity_percent,
    } = &parameters.method
    else {
        return Ok(Vec::new());
    };
    let weights = weights(weighed, balance);
    let when = |id: &OperationId| weighed.times.get(id).copied();
    let busy: Vec<_> = touching(plan, nest).filter_map(|id| when(&id)).collect();
    let rate = evaporation(&weights, &busy);
    let z = z_factor(
        f64::from(temperature.get()) / 1_000.0,
        *pressure_kpa,
        *humidity_percent,
    );
    let mut out = Vec::new();
    for step in &parameters.strokes {
        let mut by_operation: BTreeMap<OperationId, (PipetteId, Volume, BTreeSet<_>)> = BTreeMap::new();
        for stroke in expelled(plan, &step.step).filter(|s| s.at.nest == *nest) {
            let entry = by_operation
                .entry(stroke.operation)
                .or_insert_with(|| (stroke.pipette.clone(), Volume::nl(0), BTreeSet::new()));
            entry.1 = entry.1.plus(stroke.volume);
            entry.2.insert(stroke.at.well);
        }
        for (id, (pipette, stroke, wells)) in by_operation {
            // What was left out delivered nothing.
            let Some((from, to)) = when(&id) else { continue };
            let wrong = |why: &str| AnalysisError::NoVolumes {
                why: format!("step \"{}\" {why}", step.step),
            };
            if wells.len() > 1 {
                return Err(wrong("fills several wells between two weighings"));
            }
            let before = weights.iter().rev().find(|w| w.at <= from);
            let after = weights.iter().find(|w| w.at >= to);
            let (Some(before), Some(after)) = (before, after) else {
                return Err(wrong("was not weighed both before and after"));
            };
            let own = |(a, b): &&(Timestamp, Timestamp)| *a >= before.at && *b <= after.at;
            if busy.iter().filter(own).count() != 1 {
                return Err(wrong("was not weighed apart from what came before or after it"));
            }
            let mg = after.mg - before.mg + rate * seconds(before.at, after.at);
            out.push(Delivered {
                step,
                pipette,
                stroke,
                channel: (step.channels == 1).then_some(1),
                ul: mg * z / f64::from(step.channels.max(1)),
            });
        }
    }
    Ok(out)
}
