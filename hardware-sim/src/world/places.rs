//! Where plates and lids stand, and the movers that carry them: no two in one nest, nothing gripped
//! that is not there.

use super::state::World;
use crate::hazard::Hazard;
use crate::ledger::Event;
use crate::quantity::Celsius;

/// Where things lie that fell.
const FLOOR: &str = "floor";

/// The place name of an incubator's slot (or of its other spots, by their own names).
pub(crate) fn slot_place(incubator: &str, slot: u16) -> String {
    format!("{incubator}/{slot}")
}

/// What an arm has in its gripper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// A plate, by name.
    Plate(String),
    /// A lid, named after the plate it came with, and where it was taken from.
    Lid(String),
}

impl World {
    /// Whether a plate may go to or come from a nest now: a reader's tray or station's door must stand open.
    fn tray_bars(&self, place: &str) -> bool {
        self.trays.get(place).is_some_and(|open| !open)
    }

    /// An arm grips the plate at a nest. `None`: nothing was there.
    pub(crate) fn grip_plate(&mut self, by: &str, place: &str, now: u64) -> Option<String> {
        if self.tray_bars(place) {
            self.violate(
                now,
                by,
                place,
                Hazard::TrayClosed,
                format!("{by} reaches for {place} while the tray is not open"),
            );
            return None;
        }
        if let Some(does) = self.station_bars(place) {
            self.violate(
                now,
                by,
                place,
                Hazard::StationBusy,
                format!("{by} reaches for {place} while the station {does}"),
            );
            return None;
        }
        let Some(name) = self.at(place).map(|item| item.name.clone()) else {
            self.violate(
                now,
                by,
                place,
                Hazard::GripsNothing,
                format!("{by} grips nothing at {place}"),
            );
            return None;
        };
        self.touch(&name, now);
        if let Some(item) = self.items.get_mut(&name) {
            item.put(by, None);
        }
        self.record(
            now,
            Event::PlateGripped {
                plate: name.clone(),
                from: place.to_owned(),
                by: by.to_owned(),
            },
        );
        Some(name)
    }

    /// An arm or handler lays a plate down that came from `from`. False: the place was taken or barred.
    pub(crate) fn lay_plate(&mut self, by: &str, name: &str, from: &str, place: &str, now: u64) -> bool {
        if self.tray_bars(place) {
            self.violate(
                now,
                by,
                place,
                Hazard::TrayClosed,
                format!("{by} lays {name} onto {place} while the tray is not open"),
            );
            return false;
        }
        if let Some(does) = self.station_bars(place) {
            self.violate(
                now,
                by,
                place,
                Hazard::StationBusy,
                format!("{by} lays {name} onto {place} while the station {does}"),
            );
            return false;
        }
        if let Some(other) = self.at(place).map(|item| item.name.clone()) {
            self.violate(
                now,
                by,
                place,
                Hazard::TwoInOneNest,
                format!("two plates in one nest: {by} lays {name} onto {other} at {place}"),
            );
            return false;
        }
        self.touch(name, now);
        let position = self.position(place);
        if let Some(item) = self.items.get_mut(name) {
            item.put(place, position);
        }
        let event = Event::PlateMoved {
            plate: name.to_owned(),
            from: from.to_owned(),
            to: place.to_owned(),
            by: by.to_owned(),
        };
        self.record(now, event);
        true
    }

    /// An arm opens its gripper where no nest is: the plate falls.
    pub(crate) fn drop_plate(&mut self, by: &str, name: &str, now: u64) {
        self.touch(name, now);
        if let Some(item) = self.items.get_mut(name) {
            item.put(FLOOR, None);
        }
        let text = format!("{by} opens its gripper, and {name} falls");
        self.violate(now, by, FLOOR, Hazard::DropsPlate, text);
    }

    /// An incubator's handler carries a plate between two of its places without letting it be seen between.
    pub(crate) fn carry(&mut self, by: &str, from: &str, to: &str, now: u64) -> Option<String> {
        let name = self.at(from).map(|item| item.name.clone())?;
        self.lay_plate(by, &name, from, to, now).then_some(name)
    }

    /// An arm takes the lid off the plate at a nest.
    pub(crate) fn grip_lid_of(&mut self, by: &str, place: &str, now: u64) -> Option<(String, String)> {
        let Some(name) = self.at(place).map(|item| item.name.clone()) else {
            self.violate(
                now,
                by,
                place,
                Hazard::LidMissing,
                format!("{by} reaches for a lid at {place}, where no plate is"),
            );
            return None;
        };
        self.touch(&name, now);
        let lid = self.items.get_mut(&name).and_then(|item| item.lid.take());
        if lid.is_none() {
            self.violate(
                now,
                by,
                place,
                Hazard::LidMissing,
                format!("{by} reaches for a lid that is not there: {name} at {place} is open"),
            );
        }
        lid.map(|lid| (name, lid))
    }

    /// An arm takes the lid that lies in a lid nest.
    pub(crate) fn grip_lid_in(&mut self, by: &str, nest: &str, now: u64) -> Option<String> {
        let lid = self.lids.remove(nest);
        if lid.is_none() {
            self.violate(
                now,
                by,
                nest,
                Hazard::LidMissing,
                format!("{by} reaches for a lid that is not there: nest {nest} is empty"),
            );
        }
        lid
    }

    /// Lays a lid into a nest; the plate it was taken off stands at `from`.
    pub(crate) fn lay_lid_in(
        &mut self,
        by: &str,
        lid: String,
        plate: &str,
        from: &str,
        nest: &str,
        now: u64,
    ) -> Result<(), String> {
        if let Some(other) = self.lids.get(nest).cloned() {
            self.violate(
                now,
                by,
                nest,
                Hazard::TwoLidsInOneNest,
                format!("two lids in one nest: {nest} holds the lid of {other}"),
            );
            return Err(lid);
        }
        self.lids.insert(nest.to_owned(), lid);
        self.record(
            now,
            Event::LidOff {
                plate: plate.to_owned(),
                place: from.to_owned(),
                to: nest.to_owned(),
            },
        );
        Ok(())
    }

    /// Lays a lid onto the plate at a nest.
    pub(crate) fn lay_lid_on(
        &mut self,
        by: &str,
        lid: String,
        from: &str,
        place: &str,
        now: u64,
    ) -> Result<(), String> {
        let Some((name, lidded)) = self.at(place).map(|item| (item.name.clone(), item.lid.is_some())) else {
            self.violate(
                now,
                by,
                place,
                Hazard::LidMissing,
                format!("{by} lays a lid at {place}, where no plate is"),
            );
            return Err(lid);
        };
        if lidded {
            self.violate(
                now,
                by,
                place,
                Hazard::SecondLid,
                format!("{by} lays a second lid onto {name} at {place}"),
            );
            return Err(lid);
        }
        self.touch(&name, now);
        if let Some(item) = self.items.get_mut(&name) {
            item.lid = Some(lid);
        }
        self.record(
            now,
            Event::LidOn {
                plate: name,
                place: place.to_owned(),
                from: from.to_owned(),
            },
        );
        Ok(())
    }

    /// The zone of a nest, if it lies in one.
    pub(crate) fn zone_of(&self, place: &str) -> Option<String> {
        self.rig.nests.get(place).and_then(|nest| nest.zone.clone())
    }

    /// The nest that the mover knows by a station number, with its kind.
    pub(crate) fn station(&self, number: u16) -> Option<(String, String)> {
        self.rig
            .nests
            .iter()
            .find(|(_, nest)| nest.station == Some(number))
            .map(|(name, nest)| (name.clone(), nest.kind.clone()))
    }

    /// Names of the things in an incubator's slots.
    fn inside(&self, incubator: &str) -> Vec<String> {
        self.items
            .values()
            .filter(|item| {
                item.place
                    .split_once('/')
                    .is_some_and(|(instrument, _)| instrument == incubator)
            })
            .map(|item| item.name.clone())
            .collect()
    }

    /// An incubator has come to a temperature.
    pub(crate) fn incubator_holds(&mut self, incubator: &str, temperature: Celsius, now: u64) {
        // Up to now, what is inside had the earlier temperature.
        for plate in self.inside(incubator) {
            self.touch(&plate, now);
        }
        if let Some(state) = self.incubators.get_mut(incubator) {
            state.temperature = temperature;
        }
    }

    /// Switches an incubator's shaker.
    pub(crate) fn shake(&mut self, incubator: &str, on: bool, rpm: u16, now: u64) {
        if self
            .incubators
            .get(incubator)
            .is_none_or(|state| state.shaking == on)
        {
            return;
        }
        let plates = self.inside(incubator);
        for plate in &plates {
            self.touch(plate, now);
        }
        if let Some(state) = self.incubators.get_mut(incubator) {
            state.shaking = on;
        }
        self.record(
            now,
            Event::Shaking {
                instrument: incubator.to_owned(),
                on,
                rpm,
            },
        );
        if !on {
            for plate in plates {
                let total_us = self.items.get(&plate).map_or(0, |item| item.shaken_us);
                self.record(now, Event::Shaken { plate, total_us });
            }
        }
    }
}
