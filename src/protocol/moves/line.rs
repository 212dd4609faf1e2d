//! The lines of fixed probes: primed before they are used, washed where a pipette would take a new tip.

use super::Walk;
use super::problem::Problem;
use super::tips::Tips;
use super::visit::Op;
use super::walk::Walker;
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::protocol::source::liquid::{LineTask, LineWork};
use crate::rig::{InstrumentId, PipetteId, Probe};
use crate::units::{Length, Volume};

/// End of the probe above the bottom of the cleaner.
pub const IN_CLEANER: Length = Length::um(3_000);

/// System liquid that runs off in each visit with the probe of a pump, by the step's position; visits that share tips are one.
pub fn visit_washes(scene: &Scene<'_>, walk: &Walk<'_>, pump: &InstrumentId) -> Vec<(usize, Volume)> {
    let mut out = Vec::new();
    for (index, drawn) in system_liquid(scene, walk, pump) {
        let Some(lowered) = walk.steps.get(&index).filter(|l| !l.joined) else {
            out.push((index, drawn));
            continue;
        };
        for visit in &lowered.visits {
            let washes = visit.uses.iter().filter(|t| t.last).filter_map(|t| t.wash);
            let sum = washes.fold(Volume::nl(0), |sum, (inside, outside)| {
                sum.plus(inside).plus(outside)
            });
            out.push((index, sum));
        }
    }
    out
}

/// System liquid that each step draws from the bottle of a pump, by the step's position; every condition holds.
pub fn system_liquid(scene: &Scene<'_>, walk: &Walk<'_>, pump: &InstrumentId) -> Vec<(usize, Volume)> {
    let both = |(inside, outside): (Volume, Volume)| inside.plus(outside);
    let mut out = Vec::new();
    for (index, step) in scene.source.steps.iter().enumerate() {
        let drawn = if let StepWork::Line(work) = &step.work {
            let found = scene.pipette(&work.pipette.value);
            let probe = found
                .and_then(|(_, p)| p.probe.as_ref())
                .filter(|p| p.pump == *pump);
            probe.map(|p| both(work.task.volumes(p))).unwrap_or_default()
        } else {
            let visits = walk.steps.get(&index).into_iter().flat_map(|l| &l.visits);
            let washes = visits.flat_map(|v| &v.uses).filter(|t| {
                let hand = walk.hand(t.pipette);
                t.last && hand.is_some_and(|(_, p)| p.probe.as_ref().is_some_and(|p| p.pump == *pump))
            });
            let washes = washes.filter_map(|t| t.wash);
            washes.fold(Volume::nl(0), |sum, wash| sum.plus(both(wash)))
        };
        if drawn.get() > 0 {
            out.push((index, drawn));
        }
    }
    out
}

impl Walker<'_, '_> {
    /// Primes, flushes or washes.
    pub(super) fn line(&mut self, work: &LineWork) {
        let named = |(id, _): &(PipetteId, _)| id.as_str() == work.pipette.value;
        let Some(hand) = self.hands.iter().position(named) else {
            return;
        };
        let Some((_, pipette)) = self.hands.get(hand) else {
            return;
        };
        let Some(probe) = &pipette.probe else { return };
        let volumes = work.task.volumes(probe);
        let Some(tips) = self.tips.get_mut(hand) else {
            return;
        };
        match work.task {
            LineTask::Prime(_) => tips.primed |= volumes.0 >= probe.tubing,
            LineTask::Flush(_) => {}
            LineTask::Wash(_) => *tips = std::mem::take(tips).washed(probe, volumes),
        }
    }

    /// After a use: whether the cleaner is as deep as what wetted the probe.
    pub(super) fn cleaner(&mut self, tips: &Tips, probe: &Probe, last: Option<&Op>) {
        let nest = self.scene.rig.nests.get(&probe.wash);
        let labware = nest.and_then(|n| self.scene.library.get(n.labware.as_deref()?));
        let (Some(labware), Some(op)) = (labware, last) else {
            return;
        };
        // What comes out of the probe rises to the rim.
        let deep = labware.geometry.well_depth.minus(IN_CLEANER);
        if tips.wet > deep {
            let problem = Problem::Cleaner { wet: tips.wet, deep };
            self.found(op.vessel, problem, &op.place());
        }
    }

    /// A probe with its leading air; clean, if it was washed well enough.
    pub(super) fn fresh_probe(
        &mut self,
        before: Tips,
        probe: &Probe,
        name: &PipetteId,
        first: Option<&Op>,
    ) -> Tips {
        if let Some(op) = first.filter(|_| !before.primed) {
            let probe = name.to_string();
            self.found(op.vessel, Problem::NotPrimed { probe }, &op.place());
        }
        let mut tips = Tips {
            air: probe.leading_air,
            primed: before.primed,
            ..Tips::fresh()
        };
        if before.dirty {
            for (n, was) in before.channels.iter().enumerate() {
                if let Some(channel) = tips.channel(n) {
                    channel.touched = was.touched;
                }
            }
        }
        tips
    }
}

impl Tips {
    /// After a wash with these volumes.
    pub(super) fn washed(mut self, probe: &Probe, (inside, outside): (Volume, Volume)) -> Self {
        self.liquid = Volume::nl(0);
        self.variance = 0.0;
        self.air = Volume::nl(0);
        self.wet = Length::um(0);
        self.dirty = inside < probe.inside || outside < probe.outside;
        self
    }
}
