//! The lines of fixed probes: primed before they are used, washed where a pipette would take a new tip.

use super::problem::Problem;
use super::tips::Tips;
use super::visit::Op;
use super::walk::Walker;
use crate::protocol::source::liquid::{LineTask, LineWork};
use crate::rig::{PipetteId, Probe};
use crate::units::Volume;

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
            LineTask::Wash(_) => *tips = tips.washed(probe, volumes),
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
            for (channel, was) in tips.channels.iter_mut().zip(before.channels) {
                channel.touched = was.touched;
            }
        }
        tips
    }
}

impl Tips {
    /// After a wash with these volumes.
    pub(super) fn washed(mut self, probe: &Probe, (inside, outside): (Volume, Volume)) -> Self {
        self.liquid = Volume::nl(0);
        self.air = Volume::nl(0);
        self.dirty = inside < probe.inside || outside < probe.outside;
        self
    }
}
