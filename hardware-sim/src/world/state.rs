//! The world's state, and the looks at it that every other part needs: conditions, time, violations.

use super::{
    biology::{Conditions, Growth, Planted, vapour},
    gantry::Gantry,
    item::Item,
    line::Line,
    machines::MachineState,
};
use crate::{
    SimError,
    fault::Troubles,
    hazard::Hazard,
    ledger::{Event, Ledger},
    quantity::{Celsius, Mm, NlPerHour},
    rng::Stream,
    text::{Labware, LabwareKind, Rig},
    truth::Violation,
};
use std::collections::{BTreeMap, BTreeSet};

/// An incubator as the plates in it feel it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IncubatorState {
    pub(crate) temperature: Celsius,
    pub(crate) shaking: bool,
}

/// Everything that is physically so.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) rig: Rig,
    pub(crate) labware: BTreeMap<String, Labware>,
    pub(crate) seed: u64,
    pub(crate) ledger: Ledger,
    pub(crate) items: BTreeMap<String, Item>,
    /// Lids that lie in lid nests, by nest; each named after the plate it came with.
    pub(crate) lids: BTreeMap<String, String>,
    pub(crate) gantries: BTreeMap<String, Gantry>,
    /// Lines of probes, by pump.
    pub(crate) lines: BTreeMap<String, Line>,
    pub(crate) incubators: BTreeMap<String, IncubatorState>,
    /// Stations by nest.
    pub(crate) machines: BTreeMap<String, MachineState>,
    /// Reader trays and doors of stations by nest: whether they stand open.
    pub(crate) trays: BTreeMap<String, bool>,
    pub(crate) zones: BTreeMap<String, BTreeSet<String>>,
    /// Tips in each waste bin, by place.
    pub(crate) wasted: BTreeMap<String, u64>,
    /// Pins that came into the first bath of each station since it was filled.
    pub(crate) baths: BTreeMap<String, u64>,
    pub(crate) planted: Option<Planted>,
    pub(crate) strains: BTreeSet<String>,
    pub(crate) violations: Vec<Violation>,
    /// By how much strokes scatter, where they do.
    pub(crate) scatter: Option<Stream>,
    /// Faults that wait for their moment.
    pub(crate) troubles: Troubles,
    pub(super) nobody: Planted,
}

impl World {
    /// An empty laboratory: only what the rig file fixes in place is there.
    pub(crate) fn new(
        rig: Rig,
        labware: BTreeMap<String, Labware>,
        seed: u64,
        now: u64,
    ) -> Result<Self, SimError> {
        let scatter = rig.simulation.stroke_noise.then(|| Stream::new(seed, "strokes"));
        let mut world = Self {
            scatter,
            troubles: Troubles::new(seed),
            rig,
            labware,
            seed,
            ledger: Ledger::default(),
            items: BTreeMap::new(),
            lids: BTreeMap::new(),
            gantries: BTreeMap::new(),
            lines: BTreeMap::new(),
            incubators: BTreeMap::new(),
            machines: BTreeMap::new(),
            trays: BTreeMap::new(),
            zones: BTreeMap::new(),
            wasted: BTreeMap::new(),
            baths: BTreeMap::new(),
            planted: None,
            strains: BTreeSet::new(),
            violations: Vec::new(),
            nobody: Planted::default(),
        };
        for (place, stem) in world
            .rig
            .nests
            .iter()
            .filter_map(|(name, nest)| Some((name.clone(), nest.labware.clone()?)))
            .collect::<Vec<_>>()
        {
            let Some(labware) = world.labware.get(&stem) else {
                return Err(SimError::Text {
                    what: format!("nest `{place}` of the rig file"),
                    message: format!("there is no labware `{stem}`"),
                });
            };
            if labware.kind == LabwareKind::Waste {
                world.wasted.insert(place.clone(), 0);
            }
            let noise = Stream::new(seed, &place);
            let mut item = Item::new(&place, &stem, labware, now, noise, 0.0);
            item.put(&place, world.position(&place));
            world.items.insert(place, item);
        }
        Ok(world)
    }

    /// Records an event.
    pub(crate) fn record(&mut self, now: u64, event: Event) {
        self.ledger.push(now, event);
    }

    /// Records something that must not happen.
    pub(crate) fn violate(&mut self, now: u64, instrument: &str, place: &str, id: Hazard, text: String) {
        self.violations.push(Violation {
            t_us: now,
            id,
            instrument: instrument.to_owned(),
            place: place.to_owned(),
            text: text.clone(),
        });
        self.record(
            now,
            Event::Violation {
                id,
                instrument: instrument.to_owned(),
                place: place.to_owned(),
                text,
            },
        );
    }

    /// Where a place is on the deck.
    pub(crate) fn position(&self, place: &str) -> Option<[Mm; 3]> {
        self.rig.nests.get(place)?.position
    }

    /// The thing that stands at a place.
    pub(crate) fn at(&self, place: &str) -> Option<&Item> {
        self.items.values().find(|item| item.place == place)
    }

    /// The definition of a thing.
    pub(crate) fn definition(&self, item: &Item) -> Option<&Labware> {
        self.labware.get(&item.labware)
    }

    /// The law of growth as it stands.
    pub(crate) fn growth(&self) -> Growth<'_> {
        Growth {
            biology: &self.rig.simulation.biology,
            planted: self.planted.as_ref().unwrap_or(&self.nobody),
        }
    }

    /// Temperature at a place; nothing has thermal inertia.
    pub(crate) fn temperature(&self, place: &str) -> Celsius {
        if let Some(temperature) = self.machines.get(place).and_then(|machine| machine.temperature) {
            return temperature;
        }
        if let Some(temperature) = self.rig.nests.get(place).and_then(|nest| nest.temperature) {
            return temperature;
        }
        place
            .split_once('/')
            .and_then(|(instrument, _)| self.incubators.get(instrument))
            .map_or(self.rig.simulation.room_temperature, |incubator| {
                incubator.temperature
            })
    }

    fn conditions(&self, item: &Item) -> Conditions {
        let temperature = self.temperature(&item.place);
        let evaporation = self.rig.simulation.evaporation;
        let loss = if item.seal.is_some() {
            NlPerHour(0.0)
        } else if item.lid.is_some() {
            evaporation.lidded
        } else {
            evaporation.open
        };
        let shaking = item
            .place
            .split_once('/')
            .and_then(|(instrument, _)| self.incubators.get(instrument))
            .is_some_and(|i| i.shaking)
            || self.machines.get(&item.place).is_some_and(|m| m.shaking);
        Conditions {
            temperature,
            loss_nl_per_h: loss.0 * vapour(temperature),
            shaking,
        }
    }

    /// Brings a thing and its wells up to now; called before its conditions change.
    pub(crate) fn touch(&mut self, name: &str, now: u64) {
        let Some(mut item) = self.items.remove(name) else {
            return;
        };
        let conditions = self.conditions(&item);
        let growth = self.growth();
        if conditions.shaking {
            item.shaken_us += now.saturating_sub(item.at_us);
        }
        item.at_us = now;
        for (well, factor) in item.wells.iter_mut().zip(&item.factors) {
            well.evolve(now, &conditions, &growth, *factor);
        }
        for spot in &mut item.spots {
            spot.evolve(now, conditions.temperature, &growth);
        }
        self.items.insert(name.to_owned(), item);
    }

    /// Brings one well up to now.
    pub(crate) fn touch_well(&mut self, name: &str, well: usize, now: u64) {
        let Some(item) = self.items.get(name) else {
            return;
        };
        let conditions = self.conditions(item);
        let growth = Growth {
            biology: &self.rig.simulation.biology,
            planted: self.planted.as_ref().unwrap_or(&self.nobody),
        };
        let Some(item) = self.items.get_mut(name) else {
            return;
        };
        let factor = item.factors.get(well).copied().unwrap_or(1.0);
        if let Some(well) = item.wells.get_mut(well) {
            well.evolve(now, &conditions, &growth, factor);
        }
        for spot in item.spots.iter_mut().filter(|spot| spot.well == well) {
            spot.evolve(now, conditions.temperature, &growth);
        }
    }
}
