//! The nest of a text instrument: the plate in it, the door, shuttle or latch before it, and what befalls them.

use crate::{
    fault::Trouble,
    hazard::Hazard,
    instruments::{Ctx, cytomat::misread},
    ledger::Event,
    quantity::Celsius,
};

/// A place for one plate.
#[derive(Clone, Debug)]
pub(in crate::instruments) struct Seat {
    pub(in crate::instruments) nest: String,
}

impl Seat {
    /// The nest of this name.
    pub(in crate::instruments) fn new(nest: String) -> Self {
        Self { nest }
    }

    /// Whether a plate is there.
    pub(in crate::instruments) fn taken(&self, ctx: &Ctx<'_>) -> bool {
        ctx.world.at(&self.nest).is_some()
    }

    /// Whether its door, shuttle or latch lets a plate in and out.
    pub(in crate::instruments) fn open(&self, ctx: &Ctx<'_>) -> bool {
        ctx.world.trays.get(&self.nest).copied().unwrap_or(true)
    }

    /// Its door, shuttle or latch has moved.
    pub(in crate::instruments) fn swing(&self, ctx: &mut Ctx<'_>, open: bool) {
        if self.open(ctx) == open {
            return;
        }
        ctx.world.trays.insert(self.nest.clone(), open);
        let event = Event::Tray {
            instrument: ctx.name.to_owned(),
            place: self.nest.clone(),
            open,
        };
        ctx.world.record(ctx.now, event);
    }

    /// Somebody holds the door open.
    pub(in crate::instruments) fn held_open(&self, ctx: &Ctx<'_>) -> bool {
        ctx.world.troubles.lasts(ctx.name, Trouble::DoorOpen)
    }

    /// It is told to work while it is open.
    pub(in crate::instruments) fn works_open(&self, ctx: &mut Ctx<'_>, what: &str) {
        let text = format!("{} is told to {what} with its door open", ctx.name);
        ctx.world
            .violate(ctx.now, ctx.name, &self.nest, Hazard::DoorOpen, text);
    }

    /// It holds a temperature from now on.
    pub(in crate::instruments) fn held(&self, ctx: &mut Ctx<'_>, temperature: f64) {
        let event = Event::Held {
            instrument: ctx.name.to_owned(),
            place: self.nest.clone(),
            temperature_c: temperature,
        };
        ctx.world.record(ctx.now, event);
    }

    /// The plate feels this temperature; none is that of the room.
    pub(in crate::instruments) fn feels(&self, ctx: &mut Ctx<'_>, temperature: Option<f64>) {
        ctx.world
            .station_holds(&self.nest, temperature.map(Celsius), ctx.now);
    }

    /// Shakes its plate, or stops at 0.
    pub(in crate::instruments) fn shakes(&self, ctx: &mut Ctx<'_>, rpm: u16) {
        ctx.world.station_shakes(&self.nest, rpm, ctx.now);
    }

    /// Nobody may reach for the plate, or again.
    pub(in crate::instruments) fn works(&self, ctx: &mut Ctx<'_>, working: bool) {
        ctx.world.station_works(&self.nest, working);
    }

    /// The barcode of the plate, as a reader sees it.
    pub(in crate::instruments) fn barcode(&self, ctx: &mut Ctx<'_>) -> Option<String> {
        let code = ctx.world.at(&self.nest).and_then(|item| item.barcode.clone());
        let code = misread(ctx, code);
        let event = Event::BarcodeRead {
            instrument: ctx.name.to_owned(),
            place: self.nest.clone(),
            code: code.clone(),
        };
        ctx.world.record(ctx.now, event);
        code
    }

    /// Something in the device gave up; people see it.
    pub(in crate::instruments) fn alarm(&self, ctx: &mut Ctx<'_>, text: &str) {
        let event = Event::Alarm {
            instrument: ctx.name.to_owned(),
            text: text.to_owned(),
        };
        ctx.world.record(ctx.now, event);
    }
}
