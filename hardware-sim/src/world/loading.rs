//! What an operator's hands do: bring things, take them away, fill wells. The planted truth is drawn
//! when the first strains come.

use super::machines::Film;
use super::{
    biology::{Cells, Planted},
    item::Item,
    state::World,
    well::{Part, Well},
};
use crate::hazard::Hazard;
use crate::{ledger::Event, rng::Stream, text::LabwareKind};
use serde::Deserialize;

/// One thing that the operator is asked to bring or do.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct LoadItem {
    pub(crate) place: String,
    pub(crate) labware: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) plate: Option<String>,
    pub(crate) barcode: Option<String>,
    pub(crate) lid: bool,
    /// With a clear film on.
    pub(crate) sealed: bool,
    pub(crate) replace: bool,
    /// Tips that are gone from a rack already.
    pub(crate) used: Vec<String>,
    pub(crate) empty_waste: bool,
    /// The pump whose drain is emptied.
    pub(crate) empty_drain: Option<String>,
    pub(crate) refill: bool,
    /// Take away what stands there.
    pub(crate) remove: bool,
    /// The nest whose lid is taken away as well.
    pub(crate) lid_at: Option<String>,
    /// Put the named plate here, wherever it is now (an arm's gripper, another nest).
    pub(crate) carry: bool,
    pub(crate) lid_of: Option<String>,
    pub(crate) contents: Vec<ContentSpec>,
}

/// What a well is filled with.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct ContentSpec {
    pub(crate) well: String,
    pub(crate) liquid: String,
    pub(crate) strain: Option<String>,
    pub(crate) volume_nl: f64,
    #[serde(default)]
    pub(crate) od: f64,
}

impl World {
    /// Does what one line of a load prompt asks. An error is a line that cannot be done as written.
    pub(crate) fn load(&mut self, ask: &LoadItem, now: u64) -> Result<(), String> {
        let slot = self.slot_named(&ask.place);
        let place = slot.as_deref().unwrap_or(&ask.place);
        if !self.rig.nests.contains_key(place)
            && !self
                .incubators
                .contains_key(place.split('/').next().unwrap_or(""))
        {
            return Err(format!("there is no place `{place}`"));
        }
        if ask.empty_waste {
            let Some(count) = self.wasted.get_mut(place) else {
                return Err(format!("no waste bin at `{place}`"));
            };
            let tips = std::mem::take(count);
            self.record(
                now,
                Event::WasteEmptied {
                    place: place.to_owned(),
                    tips,
                },
            );
            return Ok(());
        }
        if let Some(pump) = &ask.empty_drain {
            let Some(line) = self.lines.get_mut(pump) else {
                return Err(format!("there is no drain of `{pump}`"));
            };
            line.drained_nl = 0.0;
            let event = Event::DrainEmptied {
                place: place.to_owned(),
                pump: pump.clone(),
            };
            self.record(now, event);
            return Ok(());
        }
        if let Some(plate) = &ask.lid_of {
            if self.lids.contains_key(place) && !ask.replace {
                self.violate(
                    now,
                    "operator",
                    place,
                    Hazard::TwoLidsInOneNest,
                    format!("the operator lays a second lid into {place}"),
                );
                return Ok(());
            }
            self.lids.insert(place.to_owned(), plate.clone());
            let labware = ask.labware.clone().unwrap_or_default();
            let event = Event::Loaded {
                place: place.to_owned(),
                labware,
                name: format!("lid of {plate}"),
                barcode: None,
                lid: true,
            };
            self.record(now, event);
            return Ok(());
        }
        let name = ask.plate.clone().or_else(|| ask.name.clone());
        if ask.carry {
            let name = name.ok_or_else(|| format!("which plate goes to `{place}`?"))?;
            let from = self
                .items
                .get(&name)
                .map(|item| item.place.clone())
                .ok_or_else(|| format!("there is no plate `{name}`"))?;
            self.lay_plate("operator", &name, &from, place, now);
            return Ok(());
        }
        if ask.remove {
            self.take_away(place, now);
            if let Some(nest) = &ask.lid_at
                && let Some(lid) = self.lids.remove(nest)
            {
                let event = Event::Removed {
                    place: nest.clone(),
                    name: format!("lid of {lid}"),
                };
                self.record(now, event);
            }
            return Ok(());
        }
        if ask.refill {
            let there = self
                .at(place)
                .map(|item| item.name.clone())
                .ok_or_else(|| format!("nothing stands at `{place}`"))?;
            self.touch(&there, now);
            self.baths.remove(place);
            // Only the wells that are named; the others keep what they hold.
            let wells: Vec<usize> = self.wells_named(&there, &ask.contents);
            if let Some(item) = self.items.get_mut(&there) {
                for index in wells {
                    if let Some(well) = item.wells.get_mut(index) {
                        *well = Well::new(now);
                    }
                }
            }
            return self.fill(&there, &ask.contents, now);
        }
        let stem = ask
            .labware
            .clone()
            .ok_or_else(|| format!("which labware goes to `{place}`?"))?;
        if self.at(place).is_some() {
            if !ask.replace {
                self.violate(
                    now,
                    "operator",
                    place,
                    Hazard::TwoInOneNest,
                    format!("two things in one nest: {place} is taken and the operator brings {stem}"),
                );
                return Ok(());
            }
            self.take_away(place, now);
        }
        let name = name.unwrap_or_else(|| place.to_owned());
        if let Some(other) = self.items.get(&name) {
            return Err(format!("`{name}` already stands at `{}`", other.place));
        }
        let labware = self
            .labware
            .get(&stem)
            .ok_or_else(|| format!("there is no labware `{stem}`"))?;
        if labware.kind == LabwareKind::Waste {
            return Err("a waste bin is fixed in its nest".into());
        }
        if ask.lid && labware.lid.is_none() {
            return Err(format!("labware `{stem}` has no lid"));
        }
        let noise = Stream::new(self.seed, &format!("wells/{name}"));
        let mut item = Item::new(
            &name,
            &stem,
            labware,
            now,
            noise,
            self.rig.simulation.biology.well_cv,
        );
        item.put(place, self.position(place));
        // Plates come with a code of their maker; one that was asked for covers it.
        let makers = || (ask.plate.is_some()).then(|| format!("MAKER-{name}"));
        item.barcode = ask.barcode.clone().or_else(makers);
        item.lid = ask.lid.then(|| name.clone());
        item.seal = ask.sealed.then_some(Film::Clear);
        for well in &ask.used {
            let index = labware
                .well_index(well)
                .ok_or_else(|| format!("`{well}` is not a place of {stem}"))?;
            match item.tips.get_mut(index) {
                Some(tip) => *tip = false,
                None => return Err(format!("{stem} holds no tips")),
            }
        }
        self.items.insert(name.clone(), item);
        let event = Event::Loaded {
            place: place.to_owned(),
            labware: stem,
            name: name.clone(),
            barcode: ask.barcode.clone(),
            lid: ask.lid,
        };
        self.record(now, event);
        self.plant_colonies(&name, now)?;
        self.fill(&name, &ask.contents, now)
    }

    /// Positions of the wells that contents name.
    fn wells_named(&self, item: &str, contents: &[ContentSpec]) -> Vec<usize> {
        let labware = self.items.get(item).and_then(|i| self.labware.get(&i.labware));
        let index = |c: &ContentSpec| labware.and_then(|l| l.well_index(&c.well));
        contents.iter().filter_map(index).collect()
    }

    /// An incubator's slot as the rig names it ("incubator-3"), as the world does ("incubator/3").
    pub(crate) fn slot_named(&self, place: &str) -> Option<String> {
        let (instrument, slot) = place.rsplit_once('-')?;
        let known = self.incubators.contains_key(instrument) && !self.rig.nests.contains_key(place);
        known.then(|| format!("{instrument}/{slot}"))
    }

    fn take_away(&mut self, place: &str, now: u64) {
        if let Some(name) = self.at(place).map(|item| item.name.clone()) {
            self.touch(&name, now);
            self.items.remove(&name);
            self.record(
                now,
                Event::Removed {
                    place: place.to_owned(),
                    name,
                },
            );
        }
    }

    fn fill(&mut self, name: &str, contents: &[ContentSpec], now: u64) -> Result<(), String> {
        for content in contents {
            let item = self
                .items
                .get(name)
                .ok_or_else(|| format!("there is no `{name}`"))?;
            let labware = self
                .labware
                .get(&item.labware)
                .ok_or_else(|| format!("there is no labware `{}`", item.labware))?;
            let index = labware
                .well_index(&content.well)
                .ok_or_else(|| format!("`{}` is not a well of {}", content.well, item.labware))?;
            if !(content.volume_nl.is_finite()
                && content.volume_nl >= 0.0
                && content.od.is_finite()
                && content.od >= 0.0)
            {
                return Err(format!(
                    "volume and density of {} must be numbers that are not negative",
                    content.well
                ));
            }
            if labware.agar.is_some() {
                return Err(format!("`{name}` is filled with agar; nothing is poured into it"));
            }
            if content.volume_nl > labware.capacity.0 {
                let text = format!(
                    "{} of {name} overfilled: {:.0} nL in {:.0}",
                    content.well, content.volume_nl, labware.capacity.0
                );
                let place = item.place.clone();
                self.violate(now, "operator", &place, Hazard::WellOverfilled, text);
            }
            if let Some(well) = self
                .items
                .get_mut(name)
                .and_then(|item| item.wells.get_mut(index))
            {
                well.volume_nl += content.volume_nl;
                well.net_nl += content.volume_nl;
                well.loaded = true;
                let part = Part {
                    liquid: content.liquid.clone(),
                    strain: content.strain.clone(),
                };
                *well.parts.entry(part).or_insert(0.0) += content.volume_nl;
                if let Some(strain) = &content.strain {
                    let loaded = Cells {
                        amount: content.od * content.volume_nl,
                        lag_h: 0.0,
                        resting: true,
                    };
                    well.cells
                        .entry(strain.clone())
                        .and_modify(|cells| cells.join(&loaded))
                        .or_insert(loaded);
                    self.strains.insert(strain.clone());
                }
            }
            let event = Event::LoadedWell {
                name: name.to_owned(),
                well: content.well.clone(),
                liquid: content.liquid.clone(),
                strain: content.strain.clone(),
                volume_nl: content.volume_nl,
                od: content.od,
            };
            self.record(now, event);
        }
        Ok(())
    }

    /// Plants the truth once, among the strains of the first load that brought any to choose from.
    pub(crate) fn plant(&mut self) {
        if self.planted.is_some() {
            return;
        }
        let planted = Planted::pick(&self.strains, &self.rig.simulation.biology, self.seed);
        if !planted.strong.is_empty() || !planted.weak.is_empty() {
            self.planted = Some(planted);
        }
    }
}
