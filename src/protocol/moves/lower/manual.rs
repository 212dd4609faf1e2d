//! Movements that the author writes one by one.

use super::pen::{ABOVE_RIM, IN_WELL, UNDER_RIM};
use super::{Bench, Lowered, Pen, low};
use crate::labware::Well;
use crate::plan::Height;
use crate::protocol::moves::vessel::VesselId;
use crate::protocol::moves::visit::{Op, Stroke, Visit};
use crate::protocol::source::liquid::{Motion, Pipetting, Target};
use crate::units::Volume;

impl Bench<'_, '_> {
    pub(super) fn pipette(&self, p: &Pipetting) -> Option<Lowered> {
        let mut pen = Pen::of(self.scene, self.vessels, &p.pipette, p.class.as_ref())?;
        let mut visits = Vec::new();
        for plate in self.members(&p.each.value) {
            let mut here = (plate, Well::new(0, 0));
            let mut air = Volume::nl(0);
            for motion in &p.moves {
                let at = |t: &Target| -> Option<(VesselId, Well)> {
                    let vessel = match &t.piece {
                        Some(piece) => self.vessels.piece(self.scene, &piece.value)?,
                        None => plate,
                    };
                    Some((vessel, t.well.value))
                };
                if let Some(spot) = motion.value.target().and_then(at) {
                    here = spot;
                }
                let place = &motion.span;
                let none = Volume::nl(0);
                let mut write = |what, volume, height, air| {
                    let mut op = Op::new(what, here.0, here.1, volume, height, place);
                    op.air = air;
                    pen.write(op);
                };
                match &motion.value {
                    Motion::PickUpTip => pen.fresh(),
                    Motion::DropTip => pen.drop(),
                    Motion::Aspirate(t) => {
                        let height = t.height.as_ref().map_or(low(), |h| Height::FromBottom(h.value));
                        write(Stroke::Draw, t.volume.value, height, none);
                    }
                    Motion::Dispense(t) => {
                        let height = t.height.as_ref().map_or(IN_WELL, |h| h.value);
                        let first = std::mem::take(&mut air);
                        write(
                            Stroke::Put { contact: true },
                            t.volume.value,
                            Height::FromBottom(height),
                            first,
                        );
                    }
                    Motion::Mix(t, times) => {
                        let what = Stroke::Mix {
                            times: *times,
                            optional: false,
                        };
                        write(what, t.volume.value, low(), none);
                    }
                    Motion::AirGap(t) => {
                        air = air.plus(t.volume.value);
                        write(Stroke::AirGap, none, Height::FromTop(ABOVE_RIM), t.volume.value);
                    }
                    Motion::TouchTip(_) => write(Stroke::TouchTip, none, Height::FromTop(UNDER_RIM), none),
                    Motion::BlowOut(_) => {
                        air = none;
                        write(Stroke::BlowOut, none, Height::FromTop(UNDER_RIM), none);
                    }
                    Motion::Delay(time) => write(Stroke::Dwell(*time), none, low(), none),
                }
            }
            pen.drop();
            visits.push(Visit {
                source: None,
                target: self.brought(plate),
                uses: pen.take(),
                sets: None,
            });
        }
        Some(Lowered {
            visits,
            joined: false,
        })
    }
}
