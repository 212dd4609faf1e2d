//! What tips carry from well to well.

use super::mixture::Mixture;
use super::problem::Problem;
use super::tips::Tips;
use super::vessel::VesselId;
use super::walk::{Reach, Walker};
use crate::labware::{Kind, Well};
use crate::units::Volume;
use std::ops::Range;

impl Walker<'_, '_> {
    /// Tips go into wells: what they carry from elsewhere must be at home there.
    pub(super) fn touch(&mut self, vessel: VesselId, reach: &Reach, tips: &mut Tips, place: &Range<usize>) {
        for (channel, well) in reach.wells() {
            let Some(index) = self.vessels.index(vessel, well) else {
                continue;
            };
            let there = self.contents.get(index).copied().unwrap_or_default();
            let Some(tip) = tips.channel(channel) else {
                continue;
            };
            let (touched, load) = (tip.touched, tip.load);
            tip.touched = self.mixtures.union(touched, there);
            // What is delivered is wanted, but not in what others are given from: a reservoir as it was filled, a well
            // that was drawn from.
            let kind = self.vessels.get(vessel).map(|v| v.labware.kind);
            let (reservoir, agar) = (kind == Some(Kind::Reservoir), kind == Some(Kind::AgarPlate));
            let (home, wanted) = if agar {
                // Spots keep apart: what is spotted is all that may be on the tip.
                (load, load)
            } else if reservoir {
                (
                    self.filled.get(index).copied().unwrap_or_default(),
                    Mixture::default(),
                )
            } else if self.drawn.get(index) == Some(&true) {
                (there, Mixture::default())
            } else {
                (there, load)
            };
            let empty = home == Mixture::default();
            let foreign = self
                .mixtures
                .foreign(touched, [home, wanted])
                .filter(|_| !(reservoir && empty));
            let intruder = || self.mixtures.intruder(touched, there).filter(|_| !agar);
            if let Some(what) = foreign.or_else(intruder) {
                let what = what.to_owned();
                let by = self.by;
                self.found(vessel, Problem::Carried { what, well, by }, place);
            }
        }
    }

    /// A tip takes up what a well holds.
    pub(super) fn load(&mut self, vessel: VesselId, well: Well, channel: usize, tips: &mut Tips) {
        let Some(index) = self.vessels.index(vessel, well) else {
            return;
        };
        let there = self.contents.get(index).copied().unwrap_or_default();
        let resident = self.residents.get(index).copied().flatten();
        if let Some(drawn) = self.drawn.get_mut(index) {
            *drawn = true;
        }
        let Some(tip) = tips.channel(channel) else {
            return;
        };
        tip.load = self.mixtures.union(tip.load, there);
        tip.touched = self.mixtures.union(tip.touched, there);
        if resident.is_some() {
            tip.sample = resident;
        }
    }

    /// A well takes up what a tip holds.
    pub(super) fn unload(
        &mut self,
        vessel: VesselId,
        well: Well,
        channel: usize,
        tips: &mut Tips,
        contact: bool,
    ) {
        let Some(index) = self.vessels.index(vessel, well) else {
            return;
        };
        let empty = tips.liquid == Volume::nl(0);
        let Some(tip) = tips.channel(channel) else {
            return;
        };
        if let Some(there) = self.contents.get_mut(index) {
            *there = self.mixtures.union(*there, tip.load);
            if contact {
                tip.touched = self.mixtures.union(tip.touched, *there);
            }
        }
        if let (Some(sample), Some(resident)) = (tip.sample, self.residents.get_mut(index)) {
            let strain = |n: u32| {
                let sample = usize::try_from(n).ok().and_then(|n| self.samples.get(n));
                sample.is_some_and(|s| s.strain.is_some())
            };
            if resident.is_none_or(|r| !strain(r) && strain(sample)) {
                *resident = Some(sample);
            }
        }
        if empty {
            tip.load = Mixture::default();
            tip.sample = None;
        }
    }
}
