//! What stations do to the plate in their nest: seals, force, temperature, shaking. Knows no registers.
//!
//! A plate takes a station's temperature at once, as everywhere in this world. A clear film adds a little to a reading;
//! foil lets no light through. A lid may lie on a sealed plate; nothing is sealed under a lid.

use super::state::World;
use crate::{hazard::Hazard, ledger::Event, quantity::Celsius};

/// Fuller than this part of their capacity, open wells spill when they are spun.
const SPILLS: f64 = 0.8;

/// A film over all wells of a plate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Film {
    Clear,
    Foil,
}

impl Film {
    /// What it adds to a reading of absorbance.
    pub(crate) fn absorbance(self) -> f64 {
        match self {
            Self::Clear => 0.04,
            Self::Foil => f64::INFINITY,
        }
    }
}

/// A station as the plate in its nest feels it.
#[derive(Clone, Debug, Default)]
pub(crate) struct MachineState {
    pub(crate) instrument: String,
    /// What it holds; none is the temperature of the room.
    pub(crate) temperature: Option<Celsius>,
    pub(crate) shaking: bool,
    /// A plate that is pressed, spun or cycled cannot be reached for.
    pub(crate) working: bool,
}

impl World {
    /// Why a plate may not go to or come from a station now, if it may not.
    pub(crate) fn station_bars(&self, place: &str) -> Option<&'static str> {
        let machine = self.machines.get(place)?;
        if machine.working {
            Some("works")
        } else {
            machine.shaking.then_some("shakes")
        }
    }

    /// Name of the plate in a nest, brought up to now.
    pub(crate) fn plate_in(&mut self, nest: &str, now: u64) -> Option<String> {
        let name = self.at(nest)?.name.clone();
        self.touch(&name, now);
        Some(name)
    }

    /// Whether the plate in a nest has a film on.
    pub(crate) fn sealed(&self, nest: &str) -> bool {
        self.at(nest).is_some_and(|item| item.seal.is_some())
    }

    /// What keeps a film from being pressed onto the plate in a nest, as a station's result; a violation.
    pub(crate) fn seal_bars(&mut self, by: &str, nest: &str, now: u64) -> Option<&'static str> {
        let (name, lidded, sealed) = self
            .at(nest)
            .map(|item| (item.name.clone(), item.lid.is_some(), item.seal.is_some()))?;
        let (result, hazard, text) = if lidded {
            (
                "lid_on",
                Hazard::SealsLid,
                format!("{by} is told to seal {name}, which has its lid on"),
            )
        } else if sealed {
            (
                "already_sealed",
                Hazard::SecondSeal,
                format!("{by} is told to seal {name} a second time"),
            )
        } else {
            return None;
        };
        self.violate(now, by, nest, hazard, text);
        Some(result)
    }

    /// A film was pressed onto the plate in a nest.
    pub(crate) fn seal(&mut self, by: &str, nest: &str, film: Film, (hot, for_us): (Celsius, u64), now: u64) {
        let Some(plate) = self.plate_in(nest, now) else {
            return;
        };
        if let Some(item) = self.items.get_mut(&plate) {
            item.seal = Some(film);
        }
        let event = Event::Sealed {
            plate,
            instrument: by.to_owned(),
            place: nest.to_owned(),
            temperature_c: hot.0,
            pressed_us: for_us,
        };
        self.record(now, event);
    }

    /// The film was taken off the plate in a nest.
    pub(crate) fn peel(&mut self, by: &str, nest: &str, now: u64) {
        let Some(plate) = self.plate_in(nest, now) else {
            return;
        };
        if let Some(item) = self.items.get_mut(&plate) {
            item.seal = None;
        }
        let event = Event::Peeled {
            plate,
            instrument: by.to_owned(),
            place: nest.to_owned(),
        };
        self.record(now, event);
    }

    /// A rotor begins to turn with the plate in a nest: lids come off, and open wells that are too full spill.
    pub(crate) fn spin_begins(&mut self, by: &str, nest: &str, now: u64) {
        let Some(plate) = self.plate_in(nest, now) else {
            return;
        };
        let Some(item) = self.items.get(&plate) else {
            return;
        };
        let capacity = self.definition(item).map_or(0.0, |labware| labware.capacity.0);
        let full = item.wells.iter().any(|well| well.volume_nl > SPILLS * capacity);
        let (hazard, text) = if item.lid.is_some() {
            (Hazard::SpinsLid, format!("{by} spins {plate} with its lid on"))
        } else if item.seal.is_none() && full {
            let text = format!("{by} spins {plate}, which is open and filled over 80 %");
            (Hazard::SpinsOpen, text)
        } else {
            return;
        };
        self.violate(now, by, nest, hazard, text);
    }

    /// A thermal program begins on the plate in a nest: a heated block melts lids.
    pub(crate) fn cycling_begins(&mut self, by: &str, nest: &str, now: u64) {
        if let Some(item) = self.at(nest)
            && item.lid.is_some()
        {
            let text = format!("{by} thermocycles {} with its lid on", item.name);
            self.violate(now, by, nest, Hazard::CyclesLid, text);
        }
    }

    /// A station takes on a temperature, or lets go of it.
    pub(crate) fn station_holds(&mut self, nest: &str, temperature: Option<Celsius>, now: u64) {
        // Up to now, the plate had the earlier temperature.
        self.plate_in(nest, now);
        if let Some(machine) = self.machines.get_mut(nest) {
            machine.temperature = temperature;
        }
    }

    /// A station begins to shake, or stops.
    pub(crate) fn station_shakes(&mut self, nest: &str, rpm: u16, now: u64) {
        let on = rpm > 0;
        if self
            .machines
            .get(nest)
            .is_none_or(|machine| machine.shaking == on)
        {
            return;
        }
        let plate = self.plate_in(nest, now);
        let Some(machine) = self.machines.get_mut(nest) else {
            return;
        };
        machine.shaking = on;
        let instrument = machine.instrument.clone();
        self.record(now, Event::Shaking { instrument, on, rpm });
        if let Some(plate) = plate.filter(|_| !on) {
            let total_us = self.items.get(&plate).map_or(0, |item| item.shaken_us);
            self.record(now, Event::Shaken { plate, total_us });
        }
    }

    /// A station is at work on its plate, or has ended.
    pub(crate) fn station_works(&mut self, nest: &str, working: bool) {
        if let Some(machine) = self.machines.get_mut(nest) {
            machine.working = working;
        }
    }
}
