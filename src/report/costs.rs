//! What a plan costs: tips, liquids, plates, a person's visits, time.

use crate::plan::{Action, Actor, LoadItem, Operation, Phase, Plan, Schedule, Work};
use crate::rig::{NestId, PipetteId, Rig, Role};
use crate::units::{Duration, Volume};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A number with the least and the most that it can come to, where conditions leave steps out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Interval<T> {
    /// When everything that may be left out is left out.
    pub least: T,
    /// When nothing is.
    pub most: T,
}

/// What one step costs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StepCost {
    /// Operations that have work of the step.
    pub operations: usize,
    /// Planned work of all its phases together.
    pub work: Duration,
    /// When its first operation begins.
    pub begins: Duration,
    /// When its last one ends.
    pub ends: Duration,
}

/// What a plan costs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Costs {
    /// Values of the parameters.
    pub parameters: BTreeMap<String, String>,
    /// Tips by labware of their rack.
    pub tips: BTreeMap<String, Interval<u64>>,
    /// What is drawn of each liquid from pieces of labware; mixing is not counted.
    pub drawn: BTreeMap<String, Interval<Volume>>,
    /// What is loaded of each liquid at the start, in pieces and plates.
    pub loaded: BTreeMap<String, Volume>,
    /// Plates by group.
    pub plates: BTreeMap<String, u64>,
    /// When a person is needed, with what for, in order of time.
    pub visits: Vec<(Duration, String)>,
    /// How often the waste is emptied during the run.
    pub waste_emptied: u64,
    /// Operations of the plan.
    pub operations: usize,
    /// Planned time.
    pub makespan: Duration,
    /// No schedule can be shorter.
    pub bound: Duration,
    /// Planned work of each instrument and of the person.
    pub busy: BTreeMap<String, Duration>,
    /// By step.
    pub steps: BTreeMap<String, StepCost>,
}

impl Costs {
    /// Tips of all kinds together.
    pub fn all_tips(&self) -> Interval<u64> {
        self.tips.values().fold(Interval::default(), |sum, i| Interval {
            least: sum.least.saturating_add(i.least),
            most: sum.most.saturating_add(i.most),
        })
    }
    /// Plates of all groups together.
    pub fn all_plates(&self) -> u64 {
        self.plates.values().sum()
    }
    /// The one that works longest, with its work.
    pub fn busiest(&self) -> Option<(&str, Duration)> {
        let longest = self.busy.iter().max_by_key(|(_, work)| **work);
        longest.map(|(who, work)| (who.as_str(), *work))
    }
    /// How much longer the plan takes than the bound, in per mille of the bound.
    pub fn gap(&self) -> u64 {
        let over = self.makespan.as_us().saturating_sub(self.bound.as_us());
        over.saturating_mul(1000)
            .checked_div(self.bound.as_us())
            .unwrap_or(0)
    }
}

/// Reckons what a plan costs with a schedule on a rig.
pub fn costs(plan: &Plan, schedule: &Schedule, rig: &Rig) -> Costs {
    let mut out = Costs {
        parameters: plan.parameters.clone(),
        operations: plan.operations.len(),
        makespan: schedule.makespan,
        bound: schedule.bound,
        ..Costs::default()
    };
    for plate in plan.plates.values() {
        let count = out.plates.entry(plate.group.clone()).or_default();
        *count = count.saturating_add(1);
    }
    let pieces = plan.pieces.values().flat_map(|p| &p.contents);
    for load in pieces.chain(plan.plates.values().flat_map(|p| &p.contents)) {
        let sum = out.loaded.entry(load.liquid.clone()).or_default();
        *sum = sum.plus(load.volume);
    }
    for operation in &plan.operations {
        let slot = schedule.slot(operation.id);
        let (start, end) = slot.map(|s| (s.start, s.end)).unwrap_or_default();
        if let Some(phase) = operation.phases.iter().find(|p| p.actor == Actor::Operator) {
            out.visits.push((start, phase.title.clone()));
        }
        let mut of_operation = BTreeSet::new();
        for phase in &operation.phases {
            let cost = out
                .steps
                .entry(phase.step.to_string())
                .or_insert_with(|| StepCost {
                    begins: start,
                    ..StepCost::default()
                });
            cost.work = cost.work.plus(phase.duration);
            cost.begins = cost.begins.min(start);
            cost.ends = cost.ends.max(end);
            if of_operation.insert(&phase.step) {
                cost.operations = cost.operations.saturating_add(1);
            }
            let busy = out.busy.entry(phase.actor.to_string()).or_default();
            *busy = busy.plus(phase.duration);
            used(&mut out, plan, rig, operation, phase);
        }
    }
    out.visits.sort();
    out
}

/// Channels of a pipette; one, where the rig has none of that name.
fn channels(rig: &Rig, pipette: &PipetteId) -> u8 {
    rig.instruments
        .values()
        .find_map(|i| match &i.role {
            Role::LiquidHandler(handler) => handler.pipettes.get(pipette).map(|p| p.channels),
            _ => None,
        })
        .unwrap_or(1)
}

/// The liquid that a piece of labware holds there.
fn liquid_at(plan: &Plan, nest: &NestId, well: crate::labware::Well) -> Option<String> {
    let piece = plan.pieces.values().find(|p| p.nest == *nest)?;
    let load = piece.contents.iter().find(|l| l.well == well)?;
    Some(load.liquid.clone())
}

fn used(out: &mut Costs, plan: &Plan, rig: &Rig, operation: &Operation, phase: &Phase) {
    let certain = operation.when.is_empty() && operation.only_if_hits.is_none();
    let mut tips = |labware: &str, most: u64, certain: bool| {
        let sum = out.tips.entry(labware.to_owned()).or_default();
        sum.most = sum.most.saturating_add(most);
        sum.least = sum.least.saturating_add(if certain { most } else { 0 });
    };
    let mut drawn: Vec<(String, Volume, bool)> = Vec::new();
    let mut emptied = 0;
    match &phase.work {
        Work::Actions(actions) => {
            for action in actions {
                match action {
                    Action::PickUpTips { pipette, at } => {
                        tips(at.labware.as_str(), u64::from(channels(rig, pipette)), certain);
                    }
                    Action::Aspirate {
                        pipette,
                        at,
                        volume,
                        stay: false,
                        ..
                    } => {
                        let volume = volume.times(i64::from(channels(rig, pipette)));
                        drawn.extend(liquid_at(plan, &at.nest, at.well).map(|l| (l, volume, certain)));
                    }
                    Action::Draw { at: None, volume, .. } => {
                        drawn.push(("system liquid".to_owned(), *volume, certain));
                    }
                    Action::Draw {
                        at: Some(at),
                        volume,
                        air: false,
                        ..
                    } => drawn.extend(liquid_at(plan, &at.nest, at.well).map(|l| (l, *volume, certain))),
                    Action::Ask(prompt) => {
                        let waste = |i: &&LoadItem| matches!(i, LoadItem::EmptyWaste { .. });
                        emptied += u64::try_from(prompt.items.iter().filter(waste).count()).unwrap_or(0);
                    }
                    _ => {}
                }
            }
        }
        // How much a picklist needs is known once there are hits; none at the least.
        Work::PickFill(fill) => {
            let channels = channels(rig, &fill.pipette);
            tips(fill.tips.1.as_str(), u64::from(channels), false);
            let columns = plan.plates.get(&fill.plate).map_or(0, |p| p.columns);
            let most = fill.volume.times(i64::from(channels)).times(i64::from(columns));
            drawn.extend(liquid_at(plan, &fill.from.0, fill.from.2).map(|l| (l, most, false)));
        }
        Work::PickTransfer(transfer) => {
            for (_, labware, _) in &transfer.tips {
                tips(labware.as_str(), 1, false);
            }
        }
        Work::PickAgain(again) => {
            for action in &again.tips {
                if let Action::PickUpTips { pipette, at } = action {
                    tips(at.labware.as_str(), u64::from(channels(rig, pipette)), false);
                }
            }
        }
    }
    out.waste_emptied = out.waste_emptied.saturating_add(emptied);
    for (liquid, volume, certain) in drawn {
        let sum = out.drawn.entry(liquid).or_default();
        sum.most = sum.most.plus(volume);
        if certain {
            sum.least = sum.least.plus(volume);
        }
    }
}

#[cfg(test)]
#[path = "costs_tests.rs"]
mod tests;
