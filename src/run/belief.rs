//! What the system believes of the bench: where plates and lids are, what wells hold, which tips are gone.

use crate::labware::{Stride, Well};
use crate::plan::{Action, LoadItem, LoadLiquid, Plan, PlateId, Prompt};
use crate::rig::{NestId, PipetteId};
use crate::units::{Duration, Timestamp, Volume};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A plate or a piece of labware, by its name in the run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A plate.
    Plate(PlateId),
    /// A tip rack, reservoir or waste.
    Piece(String),
}

impl Item {
    /// Its name, for a person.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Plate(plate) => format!("plate {plate}"),
            Self::Piece(name) => name.clone(),
        }
    }
}

/// Where a plate's lid is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lid {
    /// On the plate.
    On,
    /// In a lid nest.
    At(NestId),
    /// There is none.
    None,
}

/// The state of the bench as far as the journal tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Belief {
    /// Where each plate is.
    pub places: BTreeMap<PlateId, NestId>,
    /// Plates with a seal on.
    pub sealed: BTreeSet<PlateId>,
    /// The barcode that each plate showed to a scanner.
    pub barcodes: BTreeMap<PlateId, String>,
    /// The barcode of each piece of labware that was scanned when it came in, by its name in the run.
    pub codes: BTreeMap<String, String>,
    /// Where each plate's lid is.
    pub lids: BTreeMap<PlateId, Lid>,
    /// Liquid in each well.
    pub volumes: BTreeMap<(Item, Well), Volume>,
    /// Tips taken, by rack nest.
    pub tips_used: BTreeMap<NestId, BTreeSet<Well>>,
    /// Tips thrown away since the waste was emptied.
    pub waste_tips: u32,
    /// Channels with a tip on, by pipette.
    pub tips_on: BTreeMap<PipetteId, u8>,
    /// Since when the incubator shakes.
    pub shaking_since: Option<Timestamp>,
    /// Time each plate was shaken since its last read.
    pub shaken: BTreeMap<PlateId, Duration>,
    pub(super) items: BTreeMap<NestId, String>,
    channels: BTreeMap<PipetteId, u8>,
    incubated: BTreeSet<PlateId>,
    /// What the tips of a pipette hold, from the nozzle to the end.
    held: BTreeMap<PipetteId, Vec<Segment>>,
    /// The plate on each nest: [`Self::places`] the other way round.
    standing: BTreeMap<NestId, PlateId>,
    /// Since when the station of a nest shakes.
    stirring: BTreeMap<NestId, Timestamp>,
}

/// A stretch of air or liquid in a tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Segment {
    air: bool,
    volume: Volume,
}

impl Belief {
    /// The bench before anything was loaded.
    pub fn new(plan: &Plan, channels: BTreeMap<PipetteId, u8>) -> Self {
        let items = plan
            .pieces
            .iter()
            .map(|(name, piece)| (piece.nest.clone(), name.clone()))
            .collect();
        Self {
            items,
            channels,
            ..Self::default()
        }
    }

    /// The plate that stands on a nest.
    pub fn plate_at(&self, nest: &NestId) -> Option<&PlateId> {
        self.standing.get(nest)
    }

    /// The plate on each nest.
    pub(super) fn standing(&self) -> BTreeMap<NestId, PlateId> {
        self.standing.clone()
    }

    /// The pipettes with tips on, with what each tip holds, air included.
    pub(super) fn held_by(&self) -> BTreeMap<PipetteId, Volume> {
        let held = |pipette: &PipetteId| {
            let segments = self.held.get(pipette).map(Vec::as_slice).unwrap_or_default();
            segments.iter().fold(Volume::nl(0), |sum, s| sum.plus(s.volume))
        };
        self.tips_on.keys().map(|p| (p.clone(), held(p))).collect()
    }

    pub(super) fn put(&mut self, plate: &PlateId, nest: &NestId) {
        if let Some(left) = self.places.insert(plate.clone(), nest.clone())
            && self.standing.get(&left) == Some(plate)
        {
            self.standing.remove(&left);
        }
        self.standing.insert(nest.clone(), plate.clone());
    }

    pub(super) fn item_at(&self, nest: &NestId) -> Option<Item> {
        if let Some(plate) = self.plate_at(nest) {
            return Some(Item::Plate(plate.clone()));
        }
        self.items.get(nest).map(|name| Item::Piece(name.clone()))
    }

    /// The wells that a pipette's channels reach from the well of channel 1.
    pub(super) fn reached(&self, pipette: &PipetteId, well: Well, stride: Stride) -> Vec<Well> {
        let channels = self.channels.get(pipette).copied().unwrap_or(1);
        stride.wells(channels, well).collect()
    }

    /// The wells of a plate that a pipette's channels reach from the well of channel 1.
    pub(super) fn wells_of(
        &self,
        plan: &Plan,
        pipette: &PipetteId,
        plate: &PlateId,
        well: Well,
    ) -> Vec<Well> {
        let stride = Self::stride(plan, &Item::Plate(plate.clone()));
        self.reached(pipette, well, stride)
    }

    /// Wells from one channel to the next in a plate or piece.
    pub(super) fn stride(plan: &Plan, item: &Item) -> Stride {
        match item {
            Item::Plate(plate) => plan.plates.get(plate).map_or(Stride::ONE, |p| p.stride),
            Item::Piece(name) => plan.pieces.get(name).map_or(Stride::ONE, |p| p.stride),
        }
    }

    fn load(&mut self, item: &Item, contents: &[LoadLiquid]) {
        for liquid in contents {
            self.volumes.insert((item.clone(), liquid.well), liquid.volume);
        }
    }

    /// Takes an action that took place at `at` into account.
    pub(super) fn took_place(&mut self, plan: &Plan, action: &Action, at: Timestamp) {
        match action {
            Action::PickUpTips { pipette, at: site } => {
                let wells = self.reached(pipette, site.well, Stride::ONE);
                self.tips_on
                    .insert(pipette.clone(), u8::try_from(wells.len()).unwrap_or(u8::MAX));
                self.tips_used.entry(site.nest.clone()).or_default().extend(wells);
            }
            Action::TakeOffTips { pipettes } => pipettes.iter().for_each(|p| self.tips_off(p)),
            Action::DropTips { pipette, .. } => {
                self.held.remove(pipette);
                let dropped = self.tips_on.remove(pipette).unwrap_or(0);
                self.waste_tips = self.waste_tips.saturating_add(u32::from(dropped));
            }
            Action::Aspirate {
                pipette,
                at: site,
                volume,
                ..
            } => {
                self.draw(pipette, false, *volume);
                self.change(plan, pipette, &site.nest, site.well, Volume::nl(0).minus(*volume));
            }
            Action::AirGap { pipette, volume, .. } => self.draw(pipette, true, *volume),
            Action::Draw {
                probe,
                at: Some(site),
                volume,
                air,
                ..
            } => {
                self.draw(probe, *air, *volume);
                if !air {
                    self.change(plan, probe, &site.nest, site.well, Volume::nl(0).minus(*volume));
                }
            }
            Action::Expel {
                probe,
                at: site,
                volume,
                ..
            } => {
                let liquid = self.push(probe, *volume);
                self.change(plan, probe, &site.nest, site.well, liquid);
            }
            Action::DipPins {
                pins,
                at: site,
                gives,
                takes,
                ..
            } => self.change(plan, pins, &site.nest, site.well, gives.minus(*takes)),
            Action::BlowOut {
                pipette, at: site, ..
            } => {
                let all = |s: &[Segment]| s.iter().fold(Volume::nl(0), |sum, s| sum.plus(s.volume));
                let held = self.held.get(pipette).map_or(Volume::nl(0), |s| all(s));
                let liquid = self.push(pipette, held);
                self.change(plan, pipette, &site.nest, site.well, liquid);
            }
            Action::Dispense {
                pipette,
                at: site,
                volume,
                ..
            } => {
                let liquid = self.push(pipette, *volume);
                self.change(plan, pipette, &site.nest, site.well, liquid);
            }
            Action::MovePlate { plate, to, .. } | Action::SetDown { plate, to } => {
                self.put(plate, to);
            }
            Action::RemoveLid { plate, to, .. } => {
                self.lids.insert(plate.clone(), Lid::At(to.clone()));
            }
            Action::ReplaceLid { plate, .. } => {
                self.lids.insert(plate.clone(), Lid::On);
            }
            Action::Store { plate, slot } => {
                self.stop_shaking(at);
                self.put(plate, slot);
                self.incubated.insert(plate.clone());
            }
            Action::Retrieve { plate, .. } => {
                self.stop_shaking(at);
                self.incubated.remove(plate);
            }
            Action::Shake { speed } => {
                self.stop_shaking(at);
                self.shaking_since = speed.map(|_| at);
            }
            Action::ReadAbsorbance { plate, .. }
            | Action::ReadFluorescence { plate, .. }
            | Action::ReadLuminescence { plate, .. } => {
                self.shaken.remove(plate);
            }
            Action::Seal { plate, .. } => {
                self.sealed.insert(plate.clone());
            }
            Action::Peel { plate } => {
                self.sealed.remove(plate);
            }
            Action::Ask(prompt) => {
                for item in &prompt.items {
                    self.loaded(item);
                }
            }
            _ => {}
        }
    }

    /// Where a retrieved plate comes to stand is the incubator's transfer nest, which the plan does not name.
    pub(super) fn retrieved(&mut self, plate: &PlateId, transfer: &NestId) {
        self.put(plate, transfer);
    }

    fn loaded(&mut self, item: &LoadItem) {
        match item {
            LoadItem::Piece {
                name,
                nest,
                used,
                contents,
                ..
            } => {
                self.tips_used.remove(nest);
                if !used.is_empty() {
                    self.tips_used
                        .insert(nest.clone(), used.iter().copied().collect());
                }
                self.load(&Item::Piece(name.clone()), contents);
            }
            LoadItem::Plate {
                plate,
                nest,
                lidded,
                sealed,
                contents,
                ..
            } => {
                self.put(plate, nest);
                if *sealed {
                    self.sealed.insert(plate.clone());
                }
                self.lids
                    .insert(plate.clone(), if *lidded { Lid::On } else { Lid::None });
                self.load(&Item::Plate(plate.clone()), contents);
            }
            LoadItem::Refill { name, contents, .. } => self.load(&Item::Piece(name.clone()), contents),
            LoadItem::TakePlate { plate, .. } => {
                self.take_away(plate);
            }
            LoadItem::EmptyWaste { .. } => self.waste_tips = 0,
            LoadItem::EmptyDrain { .. } => {}
        }
    }

    /// A prompt with the barcode that what is taken away must show, where the run knows it.
    pub(super) fn expecting(&self, mut prompt: Prompt) -> Prompt {
        if prompt.leaves && prompt.expected.is_none() {
            let of_piece = prompt.piece.as_ref().and_then(|name| self.codes.get(name));
            let of_plate = prompt.plate.as_ref().and_then(|plate| self.barcodes.get(plate));
            prompt.expected = of_plate.or(of_piece).cloned();
        }
        prompt
    }

    /// A piece of labware was scanned as it came in, or before it was taken away.
    pub(super) fn scanned(&mut self, name: &str, code: &str, leaves: bool) {
        match leaves {
            true => self.codes.remove(name),
            false => self.codes.insert(name.to_owned(), code.to_owned()),
        };
    }

    /// The tips of a pipette were taken off by hand.
    pub(super) fn tips_off(&mut self, pipette: &PipetteId) {
        self.held.remove(pipette);
        self.tips_on.remove(pipette);
    }

    /// A plate is off the rig; what is on it and in it goes with it.
    pub(super) fn gone(&mut self, plate: &PlateId) {
        if let Some(nest) = self.places.remove(plate) {
            self.standing.remove(&nest);
        }
        self.incubated.remove(plate);
    }

    /// How much liquid each tip of a pipette holds.
    pub(super) fn liquid_held(&self, pipette: &PipetteId) -> Volume {
        let segments = self.held.get(pipette).map(Vec::as_slice).unwrap_or_default();
        let liquid = segments.iter().filter(|s| !s.air);
        liquid.fold(Volume::nl(0), |sum, s| sum.plus(s.volume))
    }

    /// Whether the tips of a pipette hold liquid.
    pub fn holds_liquid(&self, pipette: &PipetteId) -> bool {
        let segments = self.held.get(pipette).map(Vec::as_slice).unwrap_or_default();
        segments.iter().any(|s| !s.air && s.volume.get() > 0)
    }

    /// Whether the station of a nest shakes.
    pub fn shakes(&self, nest: &NestId) -> bool {
        self.stirring.contains_key(nest)
    }

    /// A station begins to shake the plate in its nest, or stops.
    pub(super) fn station_shakes(&mut self, nest: &NestId, on: bool, at: Timestamp) {
        if let Some(since) = self.stirring.remove(nest)
            && let Some(plate) = self.standing.get(nest)
        {
            let total = self.shaken.entry(plate.clone()).or_default();
            *total = total.plus(at.since(since));
        }
        if on {
            self.stirring.insert(nest.clone(), at);
        }
    }

    pub(super) fn take_away(&mut self, plate: &PlateId) {
        if let Some(nest) = self.places.remove(plate) {
            self.standing.remove(&nest);
        }
        self.lids.remove(plate);
        self.sealed.remove(plate);
        self.incubated.remove(plate);
    }

    /// A fresh plate stands in the place of one, covered as that was.
    pub(super) fn renew(&mut self, plate: &PlateId, contents: &[LoadLiquid], barcode: Option<&String>) {
        let item = Item::Plate(plate.clone());
        self.volumes.retain(|(i, _), _| *i != item);
        self.load(&item, contents);
        self.shaken.remove(plate);
        self.barcodes.remove(plate);
        if let Some(code) = barcode {
            self.barcodes.insert(plate.clone(), code.clone());
        }
    }

    fn stop_shaking(&mut self, at: Timestamp) {
        if let Some(since) = self.shaking_since.take() {
            let span = at.since(since);
            for plate in &self.incubated {
                let total = self.shaken.entry(plate.clone()).or_default();
                *total = total.plus(span);
            }
        }
    }

    fn draw(&mut self, pipette: &PipetteId, air: bool, volume: Volume) {
        let held = self.held.entry(pipette.clone()).or_default();
        held.push(Segment { air, volume });
    }

    /// Pushes a volume out of a tip; returns how much of it is liquid.
    fn push(&mut self, pipette: &PipetteId, volume: Volume) -> Volume {
        pushed(self.held.entry(pipette.clone()).or_default(), volume)
    }

    /// How much liquid comes out when a volume is pushed out of each tip of a pipette.
    pub(super) fn liquid_pushed(&self, pipette: &PipetteId, volume: Volume) -> Volume {
        let mut held = self.held.get(pipette).cloned().unwrap_or_default();
        pushed(&mut held, volume)
    }

    fn change(&mut self, plan: &Plan, pipette: &PipetteId, nest: &NestId, well: Well, by: Volume) {
        let Some(item) = self.item_at(nest) else { return };
        for well in self.reached(pipette, well, Self::stride(plan, &item)) {
            let volume = self.volumes.entry((item.clone(), well)).or_default();
            *volume = volume.plus(by);
        }
    }
}

/// Pushes a volume out of a tip, what was drawn last first; returns how much of it is liquid.
fn pushed(held: &mut Vec<Segment>, volume: Volume) -> Volume {
    let (mut left, mut liquid) = (volume, Volume::nl(0));
    while left.get() > 0 {
        let Some(last) = held.pop() else {
            // What nobody saw being drawn is liquid.
            return liquid.plus(left);
        };
        let out = last.volume.min(left);
        if !last.air {
            liquid = liquid.plus(out);
        }
        left = left.minus(out);
        if last.volume > out {
            held.push(Segment {
                volume: last.volume.minus(out),
                ..last
            });
        }
    }
    liquid
}

#[cfg(test)]
#[path = "belief_tests.rs"]
mod tests;
