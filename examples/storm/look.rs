//! What a person finds who looks what became of an action.

use super::person::{Person, mount_of, nest_name, tips_on};
use hardware_sim::{Event as Physical, Hand};
use plated::plan::{Action, Actor};
use plated::rig::{InstrumentId, Role};
use plated::run::{Choice, OpenIntent};

impl Person {
    /// What became of an action, by looking.
    pub(super) fn found(&mut self, open: &OpenIntent) -> Choice {
        let truth = self.sim.truth();
        let since = open.since.as_us();
        let entries: Vec<Physical> = self
            .sim
            .ledger()
            .into_iter()
            .filter(|e| e.t_us >= since)
            .map(|e| e.event)
            .collect();
        let Actor::Instrument(id) = &open.actor else {
            return Choice::Abort;
        };
        let who = id.as_str();
        let yes = |done: bool| if done { Choice::Done } else { Choice::NotDone };
        let place = |plate: &plated::plan::PlateId| {
            let found = truth.plates.get(plate.as_str());
            found.map(|p| nest_name(&p.place)).unwrap_or_default()
        };
        match &open.intent.action {
            Action::PickUpTips { pipette, .. } => yes(tips_on(&truth, &self.rig, pipette) > 0),
            Action::DropTips { pipette, .. } => yes(tips_on(&truth, &self.rig, pipette) == 0),
            Action::Aspirate { pipette, .. }
            | Action::Dispense { pipette, .. }
            | Action::AirGap { pipette, .. }
            | Action::BlowOut { pipette, .. } => {
                let Some((_, on)) = mount_of(&self.rig, pipette) else {
                    return Choice::Abort;
                };
                let last = entries.iter().rev().find_map(|e| match e {
                    Physical::Stroke {
                        instrument,
                        mount,
                        to_um,
                        ..
                    }
                    | Physical::AirGap {
                        instrument,
                        mount,
                        to_um,
                        ..
                    }
                    | Physical::BlowOut {
                        instrument,
                        mount,
                        to_um,
                        ..
                    } if instrument == who && mount == on => Some(*to_um),
                    _ => None,
                });
                reached(last, open.intent.before.get("target_um"))
            }
            Action::Draw { .. } | Action::Expel { .. } => {
                let last = entries.iter().rev().find_map(|e| match e {
                    Physical::PumpStroke {
                        instrument, to_steps, ..
                    } if instrument == who => Some(*to_steps),
                    _ => None,
                });
                reached(last, open.intent.before.get("target"))
            }
            Action::MovePlate { plate, from, to } => {
                let at = place(plate);
                if at == to.as_str() {
                    Choice::Done
                } else if at == from.as_str() {
                    Choice::NotDone
                } else {
                    let back = Hand::Carry {
                        plate: plate.to_string(),
                        to: from.to_string(),
                    };
                    match self.sim.by_hand(&back) {
                        Ok(()) => Choice::NotDone,
                        Err(_) => Choice::Abort,
                    }
                }
            }
            Action::RemoveLid { plate, to, .. } => {
                let lies = truth.lids.get(to.as_str()).is_some_and(|p| p == plate.as_str());
                let on = truth.plates.get(plate.as_str()).is_some_and(|p| p.lidded);
                if lies || on { yes(lies) } else { Choice::Abort }
            }
            Action::ReplaceLid { plate, from, .. } => {
                let lies = truth.lids.get(from.as_str()).is_some_and(|p| p == plate.as_str());
                let on = truth.plates.get(plate.as_str()).is_some_and(|p| p.lidded);
                if lies || on { yes(on) } else { Choice::Abort }
            }
            Action::Store { plate, slot } => {
                let at = place(plate);
                let transfer = self.transfer(id);
                if at == slot.as_str() || Some(at) == transfer {
                    yes(place(plate) == slot.as_str())
                } else {
                    Choice::Abort
                }
            }
            Action::Retrieve { plate, slot } => {
                let at = place(plate);
                let transfer = self.transfer(id);
                if at == slot.as_str() {
                    Choice::NotDone
                } else if Some(at) == transfer {
                    Choice::Done
                } else {
                    Choice::Abort
                }
            }
            Action::Seal { plate, .. } => yes(truth.plates.get(plate.as_str()).is_some_and(|p| p.sealed)),
            Action::Peel { plate } => yes(truth.plates.get(plate.as_str()).is_some_and(|p| !p.sealed)),
            Action::Spin { .. } | Action::Thermocycle { .. } => {
                let whole = entries.iter().find_map(|e| match e {
                    Physical::Spun { instrument, whole, .. }
                    | Physical::Thermocycled { instrument, whole, .. }
                        if instrument == who =>
                    {
                        Some(*whole)
                    }
                    _ => None,
                });
                match whole {
                    Some(true) => Choice::Done,
                    Some(false) => Choice::Abort,
                    None => Choice::NotDone,
                }
            }
            Action::Dip { .. } => yes(entries.iter().any(|e| matches!(e, Physical::Dip { .. }))),
            Action::TouchTip { .. } => yes(entries.iter().any(|e| matches!(e, Physical::Touch { .. }))),
            Action::DipPins { .. } => yes(entries.iter().any(|e| matches!(e, Physical::Pin { .. }))),
            Action::OpenTray | Action::CloseTray => {
                let wanted = open.intent.action == Action::OpenTray;
                let last = entries.iter().rev().find_map(|e| match e {
                    Physical::Tray { instrument, open, .. } if instrument == who => Some(*open),
                    _ => None,
                });
                yes(last == Some(wanted))
            }
            Action::Shake { speed } => yes(entries.iter().any(|e| {
                matches!(e, Physical::Shaking { instrument, on, .. } if instrument == who && *on == speed.is_some())
            })),
            // Goals: nothing comes of doing them again, and of a reading nobody has seen anything.
            _ => Choice::NotDone,
        }
    }

    fn transfer(&self, id: &InstrumentId) -> Option<String> {
        match &self.rig.instruments.get(id)?.role {
            Role::Incubator(incubator) => Some(incubator.transfer.to_string()),
            _ => None,
        }
    }
}

/// A plunger that came to its target, that did not move, or neither.
fn reached(last: Option<i64>, target: Option<i64>) -> Choice {
    match (last, target) {
        (None, _) => Choice::NotDone,
        (Some(at), Some(target)) if (at - target).abs() <= 2 => Choice::Done,
        _ => Choice::Abort,
    }
}
