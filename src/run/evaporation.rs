//! What wells lose to the air over a planned run: with lids on or off as they are then, at the planned times.
//!
//! Owns the reckoning of losses alone; what wells hold otherwise the belief of the bench tells.

use super::belief::{Belief, Item, Lid};
use crate::labware::{Kind, Library, Stride, Well};
use crate::plan::{Action, Actor, Compute, OperationId, Phase, PickTransfer, Plan, Schedule, Work};
use crate::rig::{Evaporation, Pipette, PipetteId, Rig, Role};
use crate::units::{Duration, EvaporationRate, Timestamp, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// A draw that leaves less in a well than must stay, once what may have evaporated is taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dry {
    /// Which operation draws.
    pub operation: OperationId,
    /// Plate, reservoir or tube rack.
    pub name: String,
    /// Well.
    pub well: Well,
    /// What would be left.
    pub left: Volume,
    /// What may have evaporated by then.
    pub lost: Volume,
    /// Dead volume and the plunger's backlash.
    pub must_stay: Volume,
}

/// What the wells of a plate or piece have lost since it was loaded.
#[derive(Debug, Clone, Copy, Default)]
struct Loss {
    volume: Volume,
    until: Duration,
}

/// Draws that would leave too little, the first of each plate or piece and operation; none where the rig tells of no evaporation.
pub fn evaporated(plan: &Plan, schedule: &Schedule, rig: &Rig, library: &Library) -> Vec<Dry> {
    let Some(rates) = rig.evaporation else {
        return Vec::new();
    };
    let pipettes: BTreeMap<&PipetteId, &Pipette> = rig
        .instruments
        .values()
        .filter_map(|i| match &i.role {
            Role::LiquidHandler(handler) => Some(&handler.pipettes),
            _ => None,
        })
        .flatten()
        .collect();
    let channels = pipettes
        .iter()
        .map(|(id, p)| ((*id).clone(), p.channels))
        .collect();
    let mut air = Air {
        plan,
        library,
        rates,
        belief: Belief::new(plan, channels),
        losses: BTreeMap::new(),
        filled: BTreeMap::new(),
        found: Vec::new(),
        told: BTreeSet::new(),
    };
    for (at, operation, done) in timeline(plan, schedule, rig) {
        match done {
            Passing::Action(action) => air.pass(operation, action, at, &pipettes),
            Passing::Pick(pick) => air.pick(operation, pick, at, &pipettes),
        }
    }
    air.found
}

/// What is reckoned with at one moment.
enum Passing<'p> {
    /// An action, when it ends.
    Action(&'p Action),
    /// The transfers of a picklist that nobody knows yet, at the end of the time planned for them.
    Pick(&'p PickTransfer),
}

/// Every action with its planned end, in the order of these.
fn timeline<'p>(plan: &'p Plan, schedule: &Schedule, rig: &Rig) -> Vec<(Duration, OperationId, Passing<'p>)> {
    let mut all = Vec::new();
    for (operation, slot) in plan.operations.iter().zip(&schedule.slots) {
        let mut begin = slot.start;
        for phase in &operation.phases {
            let end = begin.plus(phase.duration);
            match &phase.work {
                Work::Actions(actions) => {
                    let mut at = begin;
                    for action in actions {
                        at = at.plus(takes(action, phase, rig)).min(end);
                        all.push((at, operation.id, Passing::Action(action)));
                    }
                }
                Work::PickTransfer(pick) => all.push((end, operation.id, Passing::Pick(pick))),
                // Every well may have failed.
                Work::PickAgain(again) => all.extend(
                    again
                        .gives
                        .values()
                        .flatten()
                        .map(|action| (end, operation.id, Passing::Action(action))),
                ),
                Work::PickFill(_) => {}
            }
            begin = end;
        }
    }
    all.sort_by_key(|(at, ..)| *at);
    all
}

fn takes(action: &Action, phase: &Phase, rig: &Rig) -> Duration {
    match (&phase.actor, action) {
        (_, Action::Dwell { duration }) => *duration,
        (Actor::Instrument(id), _) => rig.duration(id, action.name()),
        (Actor::Operator, _) => phase.duration,
    }
}

struct Air<'p> {
    plan: &'p Plan,
    library: &'p Library,
    rates: Evaporation,
    belief: Belief,
    losses: BTreeMap<Item, Loss>,
    /// What the vessel had lost when a well that was empty got its liquid.
    filled: BTreeMap<(Item, Well), Volume>,
    found: Vec<Dry>,
    told: BTreeSet<(OperationId, Item)>,
}

impl Air<'_> {
    fn pass(
        &mut self,
        operation: OperationId,
        action: &Action,
        at: Duration,
        pipettes: &BTreeMap<&PipetteId, &Pipette>,
    ) {
        // Lids and seals change with this action: until now they were as they are.
        let touched: Vec<Item> = match action {
            Action::Aspirate { at: site, .. } | Action::Dispense { at: site, .. } => {
                self.belief.item_at(&site.nest).into_iter().collect()
            }
            Action::Ask(_) => self.all(),
            _ => action.plate().cloned().map(Item::Plate).into_iter().collect(),
        };
        for item in &touched {
            self.settle(item, at);
        }
        let before: BTreeSet<(Item, Well)> = touched.iter().flat_map(|item| self.wet(item)).collect();
        self.belief
            .took_place(self.plan, action, Timestamp::from_us(0).plus(at));
        for item in self.all() {
            let loss = Loss {
                volume: Volume::nl(0),
                until: at,
            };
            self.losses.entry(item).or_insert(loss);
        }
        for item in touched {
            for well in self.wet(&item) {
                if !before.contains(&well) {
                    self.filled.insert(well, self.lost(&item));
                }
            }
            if let Action::Aspirate { pipette, at, .. } = action {
                let wells = self.drawn(&item, at.labware.as_str(), pipettes.get(pipette), at.well);
                let backlash = pipettes.get(pipette).map(|p| p.overshoot()).unwrap_or_default();
                self.judge(
                    operation,
                    &item,
                    at.labware.as_str(),
                    backlash,
                    &wells,
                    Volume::nl(0),
                );
            }
        }
    }

    /// A picklist may draw from any well that holds something, as often as a hit has replicates.
    fn pick(
        &mut self,
        operation: OperationId,
        pick: &PickTransfer,
        at: Duration,
        pipettes: &BTreeMap<&PipetteId, &Pipette>,
    ) {
        let Some(item) = self.belief.item_at(&pick.from.0) else {
            return;
        };
        self.settle(&item, at);
        let wells: Vec<Well> = self.wet(&item).into_iter().map(|(_, well)| well).collect();
        let replicates = self.plan.operations.iter().find_map(|o| match &o.compute {
            Some(Compute::Hits(hits)) if o.step == pick.select => Some(hits.replicates.max(hits.references)),
            _ => None,
        });
        let drawn = pick.volume.times(i64::from(replicates.unwrap_or(1)));
        let backlash = pipettes
            .get(&pick.pipette)
            .map(|p| p.overshoot())
            .unwrap_or_default();
        self.judge(operation, &item, pick.from.1.as_str(), backlash, &wells, drawn);
    }

    /// Everything that stands on the bench and can hold liquid.
    fn all(&self) -> Vec<Item> {
        let plates = self.belief.places.keys().cloned().map(Item::Plate);
        plates
            .chain(self.belief.items.values().cloned().map(Item::Piece))
            .collect()
    }

    fn lost(&self, item: &Item) -> Volume {
        self.losses.get(item).copied().unwrap_or_default().volume
    }

    /// Wells that hold something.
    fn wet(&self, item: &Item) -> Vec<(Item, Well)> {
        let from = (item.clone(), Well::new(0, 0));
        let of_item = self.belief.volumes.range(from..);
        of_item
            .take_while(|((other, _), _)| other == item)
            .filter(|(_, volume)| **volume > Volume::nl(0))
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// What evaporates from each well as it is covered now; none where nothing does.
    fn rate(&self, item: &Item) -> Option<EvaporationRate> {
        match item {
            Item::Plate(plate) if self.belief.sealed.contains(plate) => None,
            Item::Plate(plate) if self.belief.lids.get(plate) == Some(&Lid::On) => Some(self.rates.lidded),
            Item::Plate(_) => Some(self.rates.open),
            Item::Piece(name) => {
                let labware = &self.plan.pieces.get(name)?.labware;
                match self.library.get(labware)?.kind {
                    Kind::Reservoir => self.rates.reservoir,
                    Kind::TubeRack => self.rates.tube,
                    _ => None,
                }
            }
        }
    }

    /// Counts what was lost up to now.
    fn settle(&mut self, item: &Item, now: Duration) {
        let rate = self.rate(item);
        if let Some(loss) = self.losses.get_mut(item) {
            let time = now.minus(loss.until);
            if let Some(rate) = rate {
                loss.volume = loss.volume.plus(rate.over(time));
            }
            loss.until = loss.until.max(now);
        }
    }

    /// Wells that the channels of a pipette draw from; a single one in a trough.
    fn drawn(&self, item: &Item, labware: &str, pipette: Option<&&Pipette>, head: Well) -> Vec<Well> {
        let stride = match item {
            Item::Plate(plate) => self.plan.plates.get(plate).map_or(Stride::ONE, |p| p.stride),
            Item::Piece(name) => self.plan.pieces.get(name).map_or(Stride::NONE, |p| p.stride),
        };
        let channels = pipette.map_or(1, |p| p.channels);
        let found = self.library.get(labware);
        let mut wells: Vec<Well> = stride
            .wells(channels, head)
            .filter(|well| *well == head || found.is_some_and(|l| l.has(*well)))
            .collect();
        wells.dedup();
        wells
    }

    fn judge(
        &mut self,
        operation: OperationId,
        item: &Item,
        labware: &str,
        backlash: Volume,
        wells: &[Well],
        still_drawn: Volume,
    ) {
        let Some(labware) = self.library.get(labware) else {
            return;
        };
        let must_stay = labware.dead_volume.plus(backlash);
        for well in wells {
            let key = (item.clone(), *well);
            let Some(volume) = self.belief.volumes.get(&key) else {
                continue;
            };
            let since = self.filled.get(&key).copied().unwrap_or_default();
            let lost = self.lost(item).minus(since);
            // What would be too little anyway is no matter of evaporation: the walk of the run tells it.
            let without = volume.minus(still_drawn);
            let left = without.minus(lost);
            if left < must_stay && without >= must_stay && self.told.insert((operation, item.clone())) {
                let name = match item {
                    Item::Plate(plate) => plate.to_string(),
                    Item::Piece(name) => name.clone(),
                };
                self.found.push(Dry {
                    operation,
                    name,
                    well: *well,
                    left: left.max(Volume::nl(0)),
                    lost,
                    must_stay,
                });
            }
        }
    }
}
