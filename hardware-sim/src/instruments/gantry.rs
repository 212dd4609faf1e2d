//! A home-built gantry: six Oriental Motor AZ drives, each a unit of its own on the gantry's line. Written from dossier 10 G.

use super::{
    Ctx, Framing, Port, Twin,
    regulators::{Attached, drive},
};
use crate::{
    text::Instrument,
    world::{Axes, Axis},
};
use std::collections::BTreeSet;

/// Names of the axes in the rig file.
const NAMES: [(&str, Axis); 6] = [
    ("x", Axis::X),
    ("y", Axis::Y),
    ("z-left", Axis::Z),
    ("z-right", Axis::A),
    ("plunger-left", Axis::B),
    ("plunger-right", Axis::C),
];
/// Plungers stand this far below their home position when it is switched on, in mm.
const SUNK: f64 = 17.0;
/// Lifts hang this far below theirs.
const HANGING: f64 = 2.0;

/// The drives of a gantry.
pub(crate) struct Gantry {
    drives: Vec<Box<dyn Twin>>,
}

impl Gantry {
    /// The gantry that an entry of the rig file describes, and where its axes truly stand.
    pub(crate) fn new(instrument: &Instrument, park: &Axes) -> Result<(Self, Axes), String> {
        let framing = if instrument.link.is_rtu() {
            Framing::Rtu
        } else {
            Framing::Tcp
        };
        let mut at = *park;
        let mut drives = Vec::new();
        for (name, axis) in NAMES {
            let said = instrument.axes.get(name);
            let said = said.ok_or_else(|| format!("`axes` does not say what `{name}` is"))?;
            let home = said.home.0;
            match axis {
                Axis::X | Axis::Y => {}
                Axis::Z | Axis::A => at.set(axis, home - HANGING),
                Axis::B | Axis::C => at.set(axis, home - SUNK),
            }
            let [least, most] = said.travel;
            let attached = Attached {
                axis,
                step: if said.reversed { -said.step.0 } else { said.step.0 },
                home,
                zero: at.get(axis),
                travel: (least.0, most.0),
            };
            drives.push(drive(attached, framing, said.unit));
        }
        let mut gantry = Self { drives };
        gantry.neighbours(BTreeSet::new(), true);
        Ok((gantry, at))
    }
}

impl Twin for Gantry {
    fn receive(&mut self, ctx: &mut Ctx<'_>, port: Port, bytes: &[u8]) {
        for drive in &mut self.drives {
            drive.receive(ctx, port, bytes);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        for drive in &mut self.drives {
            drive.advance(ctx);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.drives.iter().filter_map(|drive| drive.next_due()).min()
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        for drive in &mut self.drives {
            drive.power_cycle(ctx);
        }
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        for drive in &mut self.drives {
            drive.mended(ctx);
        }
    }

    fn units(&self) -> BTreeSet<u8> {
        self.drives.iter().flat_map(|drive| drive.units()).collect()
    }

    fn neighbours(&mut self, units: BTreeSet<u8>, first: bool) {
        let all: BTreeSet<u8> = units.into_iter().chain(self.units()).collect();
        for (n, drive) in self.drives.iter_mut().enumerate() {
            let own = drive.units();
            drive.neighbours(&all - &own, first && n == 0);
        }
    }

    fn closed(&mut self, port: Port) {
        for drive in &mut self.drives {
            drive.closed(port);
        }
    }
}
