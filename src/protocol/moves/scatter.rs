//! Strokes scatter by the random error that a rig declares of its pipettes: what wells, tips and spots hold is known to three
//! standard deviations.
//!
//! Each stroke is off by itself, whatever the others were (ISO 8655-6). What empties a tip gives what was drawn, however
//! much that is.

use super::problem::Problem;
use super::tips::Tips;
use super::vessel::VesselId;
use super::walk::{Reach, Walker};
use crate::labware::Well;
use crate::protocol::scene::Scene;
use crate::rig::{Pipette, PipetteId};
use crate::units::Volume;
use std::ops::Range;

/// Variance of a stroke by a pipette with this coefficient of variation, in square nanolitres.
pub(in crate::protocol) fn scattered(volume: Volume, error: f64) -> f64 {
    (volume.as_ul() * 1_000.0 * error).powi(2)
}

/// Three standard deviations of a variance in square nanolitres.
pub(in crate::protocol) fn doubt_of(variance: f64) -> Volume {
    if variance > 0.0 {
        Volume::from_ul(variance.sqrt() * 3.0 / 1_000.0)
    } else {
        Volume::nl(0)
    }
}

/// What a tip of this pipette holds.
pub(super) fn capacity(scene: &Scene<'_>, pipette: &Pipette) -> Volume {
    let tip = scene.racks(pipette).map(|r| r.labware.capacity).min();
    tip.map_or(pipette.max_volume, |t| t.min(pipette.max_volume))
}

/// The most that may be drawn into an empty tip at once, so that it is not overfilled by three standard deviations.
pub(super) fn most_at_once(scene: &Scene<'_>, pipette: &Pipette) -> Volume {
    let capacity = capacity(scene, pipette);
    let error = pipette.random_error.as_share();
    if error > 0.0 {
        Volume::from_ul(capacity.as_ul() / error.mul_add(3.0, 1.0))
    } else {
        capacity
    }
}

impl Walker<'_, '_> {
    /// A pipette goes to work: what it may draw beyond its strokes, and by how much they scatter.
    pub(super) fn takes_up(&mut self, pipette: &Pipette) {
        self.reserve = pipette.overshoot();
        self.error = pipette.random_error.as_share();
        if self.error > 0.0 && self.variances.is_empty() {
            self.variances = vec![0.0; self.levels.len()];
        }
    }

    /// Variance of a stroke of the pipette at work, in square nanolitres.
    pub(super) fn scatter(&self, volume: Volume) -> f64 {
        scattered(volume, self.error)
    }

    fn variance(&self, vessel: VesselId, well: Well) -> f64 {
        let index = self.vessels.index(vessel, well);
        index.and_then(|i| self.variances.get(i)).copied().unwrap_or(0.0)
    }

    /// Three standard deviations of a level, by the strokes so far.
    pub(super) fn doubt(&self, vessel: VesselId, well: Well) -> Volume {
        doubt_of(self.variance(vessel, well))
    }

    /// What each well that is reached holds at least, after a stroke of this variance.
    pub(super) fn surely(&self, vessel: VesselId, reach: &Reach, own: f64) -> Volume {
        let sure = |(_, well)| {
            self.level(vessel, well)
                .minus(doubt_of(self.variance(vessel, well) + own))
        };
        reach.wells().map(sure).min().unwrap_or_default()
    }

    /// What a well that is reached holds at most.
    pub(super) fn at_most(&self, vessel: VesselId, reach: &Reach) -> Volume {
        let most = |(_, well)| self.level(vessel, well).plus(self.doubt(vessel, well));
        reach.wells().map(most).max().unwrap_or_default()
    }

    /// Variance of what a tip gives that has just given a volume: of all that it held, when it is empty now.
    pub(super) fn given(&self, tips: &mut Tips, volume: Volume) -> f64 {
        let empty = tips.liquid == Volume::nl(0) && tips.air == Volume::nl(0);
        if empty {
            return std::mem::take(&mut tips.variance);
        }
        let own = self.scatter(volume);
        tips.variance += own;
        own
    }

    /// Liquid went up and down: an empty tip gives back what it drew, another as its strokes are.
    pub(super) fn mixed(&mut self, vessel: VesselId, reach: &Reach, tips: &mut Tips, strokes: f64) {
        if tips.liquid == Volume::nl(0) && tips.air == Volume::nl(0) {
            return;
        }
        tips.variance += strokes;
        for (_, well) in reach.wells() {
            let index = self.vessels.index(vessel, well);
            if let Some(sum) = index.and_then(|i| self.variances.get_mut(i)) {
                *sum += strokes;
            }
        }
    }

    /// Tips hold what they can, air included; probes what their tubing and their syringe take.
    pub(super) fn full(
        &mut self,
        vessel: VesselId,
        tips: &Tips,
        name: &PipetteId,
        capacity: Volume,
        place: &Range<usize>,
    ) {
        let held = tips.liquid.plus(tips.air);
        if let Some((probe, syringe)) = self.scene.probe(name) {
            let tubing = probe.tubing;
            if held > tubing.min(syringe) {
                let probe = name.to_string();
                let problem = Problem::PastLine {
                    probe,
                    held,
                    tubing,
                    syringe,
                };
                self.found(vessel, problem, place);
            }
            return;
        }
        // Air alone reaches the nozzle and does no harm.
        let doubt = if tips.liquid > Volume::nl(0) {
            doubt_of(tips.variance)
        } else {
            Volume::nl(0)
        };
        if held.plus(doubt) > capacity {
            let problem = Problem::TipFull {
                pipette: name.to_string(),
                held,
                capacity,
                doubt,
            };
            self.found(vessel, problem, place);
        }
    }
}
