//! Pins: what they carry from liquid to liquid and onto agar, how far up they are wet, and whether the baths reach there.

use super::problem::Problem;
use super::scatter::scattered;
use super::tips::Tips;
use super::visit::{Op, TipUse};
use super::walk::{Reach, Walker, draw_height, supply_height};
use super::{VesselId, floor};
use crate::labware::{Kind, Labware};
use crate::plan::Height;
use crate::rig::{Bath, Pins, Pipette, PipetteId, Rig};
use crate::units::{Duration, Length, Volume};

/// Ends of the pins above the bottom of a bath.
pub(in crate::protocol) const IN_BATH: Length = Length::um(1_000);
/// A bath reaches at least this much further up than what wetted the pins.
const OVER: Length = Length::um(1_000);
/// Pins that touched agar are wet so far up.
const ON_AGAR: Length = Length::um(2_000);
/// A bath stands open so long at most before it is changed, as the check reckons.
const STANDS: Duration = Duration::h(24);

/// The least that a bath holds until it is changed: what it is filled with, less what evaporates and what pins take away.
fn bath_level(rig: &Rig, pipette: &Pipette, pins: &Pins, bath: &Bath) -> Volume {
    let evaporated = rig.evaporation.map_or(Volume::nl(0), |e| e.open.over(STANDS));
    let carried = pipette
        .max_volume
        .times(i64::from(pipette.channels))
        .times(i64::from(pins.uses));
    bath.volume.minus(evaporated).minus(carried).max(Volume::nl(0))
}

impl Walker<'_, '_> {
    /// Where the pins' ends are in a liquid; how far up it wets them.
    fn dipped(&mut self, op: &Op, level: Volume, labware: &Labware) -> Option<Height> {
        let supplied = self.vessels.get(op.vessel).is_some_and(|v| v.supplied);
        if supplied {
            return Some(Height::FromBottom(supply_height(labware)));
        }
        let lowest = floor(self.reach, labware);
        let chosen = draw_height(level, labware).max(lowest);
        if labware.height(level) <= chosen {
            let problem = if chosen == lowest && lowest.get() > 0 && level.get() > 0 {
                Problem::OutOfReach {
                    lowest: level,
                    height: chosen,
                }
            } else {
                Problem::PinsDry { well: op.head }
            };
            self.found(op.vessel, problem, &op.place());
            return None;
        }
        match op.height {
            Height::FromBottom(before) if self.again => Some(Height::FromBottom(before.min(chosen))),
            _ => Some(Height::FromBottom(chosen)),
        }
    }

    /// Pins come down in a liquid: they give off what is on them and carry some of it away.
    fn wet(
        &mut self,
        op: &mut Op,
        labware: &Labware,
        reach: &Reach,
        tips: &mut Tips,
        pipette: &Pipette,
    ) -> bool {
        let level = self.surely(op.vessel, reach, 0.0);
        let Some(height) = self.dipped(op, level, labware) else {
            return false;
        };
        op.height = height;
        op.gives = tips.liquid;
        op.volume = pipette.max_volume;
        tips.liquid = pipette.max_volume;
        let most = self.at_most(op.vessel, reach);
        self.wetted(op, labware, most, tips);
        true
    }

    fn shift(&mut self, vessel: VesselId, reach: &Reach, by: Volume) {
        for (_, well) in reach.wells() {
            let index = self.vessels.index(vessel, well);
            if let Some(level) = index.and_then(|i| self.levels.get_mut(i)) {
                *level = level.plus(by);
            }
        }
    }

    /// Into what they are to carry away.
    pub(super) fn take(
        &mut self,
        op: &mut Op,
        reach: &Reach,
        tips: &mut Tips,
        (name, pipette): (&PipetteId, &Pipette),
    ) {
        let Some(vessel) = self.vessels.get(op.vessel) else {
            return;
        };
        let (labware, supplied, place) = (vessel.labware, vessel.supplied, op.place());
        // In another branch the volume is what the first has put there.
        self.trusted(op.vessel, name, pipette, op.volume, &place);
        if labware.kind == Kind::AgarPlate {
            self.found(op.vessel, Problem::Agar, &place);
            return;
        }
        let gives = tips.liquid;
        self.touch(op.vessel, reach, tips, &place);
        if !self.wet(op, labware, reach, tips, pipette) {
            return;
        }
        if !supplied {
            self.shift(op.vessel, reach, gives.minus(op.volume));
        }
        for (channel, well) in reach.wells() {
            self.load(op.vessel, well, channel, tips);
        }
    }

    /// Into, or onto, what they are to give to.
    pub(super) fn give(&mut self, op: &mut Op, reach: &Reach, tips: &mut Tips, pipette: &Pipette) {
        let Some(vessel) = self.vessels.get(op.vessel) else {
            return;
        };
        let (labware, place) = (vessel.labware, op.place());
        self.touch(op.vessel, reach, tips, &place);
        let agar = labware.kind == Kind::AgarPlate;
        if agar {
            op.gives = tips.liquid;
            op.volume = Volume::nl(0);
            tips.liquid = Volume::nl(0);
            tips.wet = tips.wet.max(ON_AGAR);
            let mut spot = *op;
            spot.volume = op.gives;
            let variance = scattered(op.gives, pipette.random_error.as_share());
            self.spot(&spot, labware, variance, &place);
        } else if !self.wet(op, labware, reach, tips, pipette) {
            return;
        }
        let (left, by) = (tips.liquid, op.gives.minus(op.volume));
        self.shift(op.vessel, reach, by);
        // All that was carried stays there; what sticks to the pins afterwards is what is there.
        tips.liquid = Volume::nl(0);
        for (channel, well) in reach.wells() {
            if by.get() > 0 {
                self.judge_level(op.vessel, well, &place);
            }
            self.unload(op.vessel, well, channel, tips, !agar);
        }
        tips.liquid = left;
    }

    fn judge_level(&mut self, vessel: VesselId, well: crate::labware::Well, place: &std::ops::Range<usize>) {
        let level = self.level(vessel, well);
        self.judge(vessel, well, level, false, place);
    }

    /// After the baths; clean, where each reaches as far up as what wetted the pins, and else that is the problem told.
    pub(super) fn sterilised(&mut self, before: &Tips, pins: &Pins, tips: &TipUse) {
        let wet = before.wet.plus(OVER);
        let Some((_, pipette)) = self.hands.get(usize::from(tips.pipette)) else {
            return;
        };
        let nest = self.scene.rig.nests.get(&pins.station);
        let Some(labware) = nest.and_then(|n| self.scene.library.get(n.labware.as_deref()?)) else {
            return;
        };
        for bath in &pins.baths {
            let level = bath_level(self.scene.rig, pipette, pins, bath);
            let end = IN_BATH.max(floor(self.reach, labware));
            let deep = labware.height(level).minus(end).max(Length::um(0));
            if deep < wet {
                if let Some(op) = tips.ops.last() {
                    let problem = Problem::Bath {
                        bath: bath.liquid.clone(),
                        wet: before.wet,
                        deep,
                    };
                    self.found(op.vessel, problem, &op.place());
                }
                return;
            }
        }
    }
}
