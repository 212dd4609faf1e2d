//! What wells lose to the air over a planned run: with lids on or off as they are then, at the planned times.
//!
//! Owns the reckoning of losses alone; what wells hold otherwise the belief of the bench tells.

use super::belief::{Belief, Item, Lid};
use crate::labware::{Library, Well};
use crate::plan::{Action, Actor, OperationId, Phase, Plan, PlateId, Schedule, Work};
use crate::rig::{Evaporation, Pipette, PipetteId, Rig, Role};
use crate::units::{Duration, Timestamp, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// A draw that leaves less in a well than must stay, once what may have evaporated is taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dry {
    /// Which operation draws.
    pub operation: OperationId,
    /// Plate.
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

/// What a plate's wells have lost since it was loaded.
#[derive(Debug, Clone, Copy, Default)]
struct Loss {
    volume: Volume,
    until: Duration,
}

/// Draws that would leave too little, the first of each plate and operation; none where the rig tells of no evaporation.
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
    for (at, operation, action) in timeline(plan, schedule, rig) {
        air.pass(operation, action, at, &pipettes);
    }
    air.found
}

/// Every action with its planned end, in the order of these.
fn timeline<'p>(plan: &'p Plan, schedule: &Schedule, rig: &Rig) -> Vec<(Duration, OperationId, &'p Action)> {
    let mut all = Vec::new();
    for (operation, slot) in plan.operations.iter().zip(&schedule.slots) {
        let mut begin = slot.start;
        for phase in &operation.phases {
            if let Work::Actions(actions) = &phase.work {
                let mut at = begin;
                for action in actions {
                    at = at.plus(takes(action, phase, rig)).min(begin.plus(phase.duration));
                    all.push((at, operation.id, action));
                }
            }
            begin = begin.plus(phase.duration);
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
    losses: BTreeMap<PlateId, Loss>,
    /// What the plate had lost when a well that was empty got its liquid.
    filled: BTreeMap<(PlateId, Well), Volume>,
    found: Vec<Dry>,
    told: BTreeSet<(OperationId, PlateId)>,
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
        let touched: Vec<PlateId> = match action {
            Action::Aspirate { at: site, .. } | Action::Dispense { at: site, .. } => {
                self.belief.plate_at(&site.nest).cloned().into_iter().collect()
            }
            Action::Ask(_) => self.belief.places.keys().cloned().collect(),
            _ => action.plate().cloned().into_iter().collect(),
        };
        for plate in &touched {
            self.settle(plate, at);
        }
        let before: BTreeSet<Well> = touched.iter().flat_map(|p| self.wet(p)).collect();
        self.belief
            .took_place(self.plan, action, Timestamp::from_us(0).plus(at));
        for plate in self.belief.places.keys() {
            let loss = Loss {
                volume: Volume::nl(0),
                until: at,
            };
            self.losses.entry(plate.clone()).or_insert(loss);
        }
        for plate in touched {
            let lost = self.losses.get(&plate).copied().unwrap_or_default().volume;
            for well in self.wet(&plate) {
                if !before.contains(&well) {
                    self.filled.insert((plate.clone(), well), lost);
                }
            }
            if let Action::Aspirate { pipette, .. } = action {
                let backlash = pipettes.get(pipette).map(|p| p.overshoot()).unwrap_or_default();
                self.judge(operation, &plate, lost, backlash, action);
            }
        }
    }

    /// Wells of a plate that hold something.
    fn wet(&self, plate: &PlateId) -> Vec<Well> {
        let from = (Item::Plate(plate.clone()), Well::new(0, 0));
        let of_plate = self.belief.volumes.range(from..);
        of_plate
            .take_while(|((item, _), _)| *item == Item::Plate(plate.clone()))
            .filter(|(_, volume)| **volume > Volume::nl(0))
            .map(|((_, well), _)| *well)
            .collect()
    }

    /// Counts what a plate has lost up to now.
    fn settle(&mut self, plate: &PlateId, now: Duration) {
        let rate = if self.belief.sealed.contains(plate) {
            None
        } else if self.belief.lids.get(plate) == Some(&Lid::On) {
            Some(self.rates.lidded)
        } else {
            Some(self.rates.open)
        };
        if let Some(loss) = self.losses.get_mut(plate) {
            let time = now.minus(loss.until);
            if let Some(rate) = rate {
                loss.volume = loss.volume.plus(rate.over(time));
            }
            loss.until = loss.until.max(now);
        }
    }

    fn judge(
        &mut self,
        operation: OperationId,
        plate: &PlateId,
        lost: Volume,
        backlash: Volume,
        action: &Action,
    ) {
        let Action::Aspirate { at, .. } = action else {
            return;
        };
        let Some(labware) = self.library.get(at.labware.as_str()) else {
            return;
        };
        let must_stay = labware.dead_volume.plus(backlash);
        let stride = self.plan.plates.get(plate).map_or(1, |p| p.stride);
        for well in labware
            .wells()
            .filter(|w| w.column == at.well.column && w.row >= at.well.row)
        {
            let steps = well.row.saturating_sub(at.well.row);
            if stride > 0 && steps % stride != 0 {
                continue;
            }
            let Some(volume) = self.belief.volumes.get(&(Item::Plate(plate.clone()), well)) else {
                continue;
            };
            let since = self
                .filled
                .get(&(plate.clone(), well))
                .copied()
                .unwrap_or_default();
            let lost = lost.minus(since);
            let left = volume.minus(lost);
            if left < must_stay && lost > Volume::nl(0) && self.told.insert((operation, plate.clone())) {
                self.found.push(Dry {
                    operation,
                    name: plate.to_string(),
                    well,
                    left: left.max(Volume::nl(0)),
                    lost,
                    must_stay,
                });
            }
        }
    }
}
