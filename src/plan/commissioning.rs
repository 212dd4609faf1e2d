//! Commissioning: a run that tries the rig, not the samples. What is left out of a plan for it, and what is changed.
//!
//! The plan is compiled and checked as ever; then it is made one of commissioning, and scheduled as what it has become.

use super::{Action, Actor, Compute, LoadItem, LoadLiquid, Operation, Plan, PromptKind, Work};
use crate::rig::Rig;
use crate::units::{Absorbance, Duration, Unit};
use serde::{Deserialize, Serialize};

/// Planned time for going over a well.
const GO_OVER: Duration = Duration::s(3);
/// Of a series of repeated reads, a dry run does so many.
const REPEATS: u32 = 2;
/// What every liquid is in a run with water.
pub const WATER: &str = "water";

/// In which way a run tries the rig; recorded with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Commissioning {
    /// Everything moves, without liquid and tips; waits are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry: bool,
    /// Full volumes, of water.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub water: bool,
    /// A person lets each action begin.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub step: bool,
    /// Axes move at most at this percentage of their usual speed, 1 to 99.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow: Option<u8>,
}

impl Commissioning {
    /// Whether anything is asked for.
    pub const fn is_any(&self) -> bool {
        self.dry || self.water || self.step || self.slow.is_some()
    }

    /// Its words, as "dry, slow 20": the mark of readings and results.
    pub fn words(&self) -> String {
        let named = [(self.dry, "dry"), (self.water, "water"), (self.step, "step")];
        let words = named.into_iter().filter(|(is, _)| *is);
        let slow = self.slow.map(|percent| format!("slow {percent}"));
        let words: Vec<String> = words.map(|(_, word)| word.to_owned()).chain(slow).collect();
        words.join(", ")
    }

    /// What a person must know of its results.
    pub fn notice(&self) -> String {
        let what = match (self.dry, self.water) {
            (true, _) => "Without liquid, tips and waits: its readings are of empty plates",
            (_, true) => "With water in place of every liquid: its readings are of water",
            _ => "To try the rig: its readings are of no screen",
        };
        format!(
            "Commissioning ({}). {what}, no hits are called from them, and nothing of them belongs among results of strains",
            self.words()
        )
    }
}

impl Plan {
    /// The plan as a run of commissioning carries it out; see `docs/operations.md` for what is left out.
    #[must_use]
    pub fn commissioned(mut self, how: &Commissioning, rig: &Rig) -> Self {
        for operation in &mut self.operations {
            if let Some(Compute::Hits(_) | Compute::FailedPicks(_)) = operation.compute {
                operation.compute = None;
            }
            if how.dry {
                dry(operation, rig);
            }
            if how.water {
                for action in operation.phases.iter_mut().flat_map(|p| actions(&mut p.work)) {
                    if let Action::Ask(prompt) = action {
                        prompt.items.iter_mut().flat_map(contents).for_each(to_water);
                    }
                }
            }
            if let Some(percent) = how.slow {
                slow(operation, percent, rig);
            }
            if !how.dry && (how.step || how.slow.is_some()) {
                // Whoever takes their time cannot keep a window.
                operation.after.iter_mut().for_each(|after| after.max = None);
            }
        }
        if how.dry || how.step || how.slow.is_some() {
            self.promises.clear();
        }
        let plates = self.plates.values_mut().map(|p| &mut p.contents);
        for held in plates.chain(self.pieces.values_mut().map(|p| &mut p.contents)) {
            if how.dry {
                held.clear();
            }
            if how.water {
                held.iter_mut().for_each(to_water);
            }
        }
        if how.dry {
            self.corrections.clear();
            self.wastes.clear();
            self.plates.values_mut().for_each(|plate| plate.sealed = false);
        }
        self.commissioning = Some(how.clone());
        self
    }
}

fn actions(work: &mut Work) -> &mut [Action] {
    match work {
        Work::Actions(actions) => actions,
        Work::PickFill(_) | Work::PickTransfer(_) | Work::PickAgain(_) => &mut [],
    }
}

/// Without liquid, tips and waits.
fn dry(operation: &mut Operation, rig: &Rig) {
    let again = operation.cadence.is_some_and(|c| c.index >= REPEATS);
    operation.cadence = None;
    operation.compute = match operation.compute.take() {
        Some(Compute::Record(record)) => Some(Compute::Record(record)),
        _ => None,
    };
    for after in &mut operation.after {
        after.min = Duration::ZERO;
        after.max = None;
    }
    if again {
        operation.phases.clear();
        operation.claims.clear();
        return;
    }
    for phase in &mut operation.phases {
        let mut left: Vec<Action> = Vec::new();
        for action in actions(&mut phase.work).iter().filter_map(without_liquid) {
            if left.last() != Some(&action) || !matches!(action, Action::GoOver { .. }) {
                left.push(action);
            }
        }
        let actor = &phase.actor;
        phase.duration = left.iter().fold(Duration::ZERO, |sum, action| {
            sum.plus(planned(action, actor, rig))
        });
        phase.work = Work::Actions(left);
    }
}

/// What is left of an action without liquid and tips.
fn without_liquid(action: &Action) -> Option<Action> {
    let over = |pipette: &crate::rig::PipetteId, at: &super::Site| Action::GoOver {
        pipette: pipette.clone(),
        at: at.clone(),
    };
    Some(match action {
        Action::PickUpTips { pipette, at }
        | Action::Aspirate { pipette, at, .. }
        | Action::Dispense { pipette, at, .. }
        | Action::AirGap { pipette, at, .. }
        | Action::TouchTip { pipette, at, .. }
        | Action::BlowOut { pipette, at, .. }
        | Action::Dip { pipette, at, .. }
        | Action::DropTips { pipette, at }
        | Action::MoveProbe {
            probe: pipette, at, ..
        }
        | Action::DipPins {
            pins: pipette, at, ..
        } => over(pipette, at),
        Action::Draw { .. }
        | Action::Expel { .. }
        | Action::Seal { .. }
        | Action::Peel { .. }
        | Action::Spin { .. }
        | Action::Thermocycle { .. }
        | Action::Shake { .. }
        | Action::SetTemperature { .. }
        | Action::Dwell { .. } => return None,
        // The position of an axis is motion; every other set-point heats, feeds, aerates or gives.
        Action::SetPoint { to, .. } if !matches!(to.unit(), Unit::Millimetres) => return None,
        // What is measured of a rig without samples is what it is.
        Action::Measure { quantity, .. } => Action::Measure {
            quantity: quantity.clone(),
            between: None,
        },
        Action::Ask(prompt) => {
            let mut prompt = prompt.clone();
            prompt.items.retain(|item| match item {
                LoadItem::Piece { replace, .. } => !replace,
                LoadItem::Plate { .. } | LoadItem::TakePlate { .. } => true,
                LoadItem::Refill { .. } | LoadItem::EmptyDrain { .. } | LoadItem::EmptyWaste { .. } => false,
            });
            if prompt.kind == PromptKind::Load && prompt.items.is_empty() {
                return None;
            }
            for item in &mut prompt.items {
                match item {
                    LoadItem::Piece { contents, .. } => contents.clear(),
                    LoadItem::Plate { contents, sealed, .. } => {
                        contents.clear();
                        *sealed = false;
                    }
                    _ => {}
                }
            }
            Action::Ask(prompt)
        }
        other => other.clone(),
    })
}

/// Planned time of an action that is left.
fn planned(action: &Action, actor: &Actor, rig: &Rig) -> Duration {
    match (action, actor) {
        (Action::GoOver { .. }, _) => GO_OVER,
        (Action::Ask(_), _) | (_, Actor::Operator) => rig.operator_time,
        (_, Actor::Instrument(id)) => rig.duration(id, action.name()),
    }
}

fn contents(item: &mut LoadItem) -> &mut [LoadLiquid] {
    match item {
        LoadItem::Piece { contents, .. }
        | LoadItem::Plate { contents, .. }
        | LoadItem::Refill { contents, .. } => contents,
        LoadItem::TakePlate { .. } | LoadItem::EmptyDrain { .. } | LoadItem::EmptyWaste { .. } => &mut [],
    }
}

fn to_water(held: &mut LoadLiquid) {
    WATER.clone_into(&mut held.liquid);
    held.strain = None;
    held.od = Absorbance(0.0);
}

/// Longer planned times for whoever is slowed down.
fn slow(operation: &mut Operation, percent: u8, rig: &Rig) {
    for phase in &mut operation.phases {
        let Actor::Instrument(id) = &phase.actor else {
            continue;
        };
        if rig.instruments.get(id).is_some_and(|i| i.driver.limits_speed()) {
            let us = phase.duration.as_us().saturating_mul(100) / u64::from(percent.max(1));
            phase.duration = Duration::us(us);
        }
    }
}

#[cfg(test)]
#[path = "commissioning_tests.rs"]
mod tests;
