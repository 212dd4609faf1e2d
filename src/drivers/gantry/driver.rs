//! The driver: a handler on six drives.

use super::board::Drives;
use crate::clock::Clock;
use crate::devices::Failure;
use crate::drivers::failure::unsupported;
use crate::drivers::handler::driver::Handler;
use crate::drivers::handler::plunger::{Plunger, Row};
use crate::labware::Library;
use crate::link::Line;
use crate::rig::{self, GantryAxis, GantryPlunger, InstrumentId, Mount, Pipette, PipetteId, Rig};
use std::borrow::Cow;

/// Speed of lifts while nozzles are pressed into tips, and of plungers while they push tips off, in um/s.
const PRESS: i64 = 10_000;
/// A plunger that stands this much below its home position, in um, or higher, is homed.
const BELOW_HOME: i64 = 100;

/// A gantry of drives.
pub type Gantry = Handler<Drives>;

impl Gantry {
    /// The driver of a gantry of the rig. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig has no such handler.
    pub fn new(
        (id, gantry): (&InstrumentId, &rig::Gantry),
        rig: &Rig,
        labware: &Library,
        line: Line,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let instrument = rig.instruments.get(id);
        let link = instrument.map(|instrument| &instrument.link);
        let link = link.ok_or_else(|| unsupported(format!("the rig has no instrument \"{id}\"")))?;
        let board = Drives::new((id, gantry), (line, link), rig, clock);
        Self::on(board, id, rig, labware, |name, pipette| {
            let [.., left, right] = &gantry.axes;
            let axis = match pipette.mount {
                Mount::Left => left,
                Mount::Right => right,
            };
            let said = gantry.plungers.get(name);
            let said = said
                .ok_or_else(|| unsupported(format!("the rig says nothing of the plunger of \"{name}\"")))?;
            Ok(plunger((name, pipette), said, axis))
        })
    }
}

/// The plunger that the rig file describes: every millimetre moves the same.
fn plunger((name, pipette): (&PipetteId, &Pipette), said: &GantryPlunger, axis: &GantryAxis) -> Plunger {
    let press_current = said.press_current.as_share() * 1_000.0;
    Plunger {
        name: Cow::Owned(name.to_string()),
        bottom_um: said.bottom.get(),
        blow_out_um: said.blow_out.get(),
        drop_um: said.drop.get(),
        homed_um: axis.home.get() - BELOW_HOME,
        press_current: thousandths(press_current),
        drop_current: 1_000,
        drop_um_per_s: PRESS,
        press_um_per_s: PRESS,
        most_feed: u32::try_from(axis.speed.get() * 60 / 1_000).unwrap_or(u32::MAX),
        table: Cow::Owned(vec![Row(pipette.max_volume.as_ul(), 0.0, said.per_mm.as_ul())]),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of at most one"
)]
fn thousandths(share: f64) -> u32 {
    share.round().clamp(1.0, 1_000.0) as u32
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
