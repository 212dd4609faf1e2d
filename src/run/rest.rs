//! The check of what is left of a plan against what is believed of the bench, after a person has changed either.
//!
//! Owns what must be so before an action can be carried out: plates, lids, seals, tips, liquid. It goes through the
//! operations in the order of their planned starts, as if one came after the other. Pure; it knows nothing of time. What wells
//! can give up and hold at most, `levels` tells.

use super::belief::{Belief, Lid};
use super::levels::Levels;
use super::state::{State, Status};
use crate::labware::{Kind, Stride};
use crate::plan::{Action, Actor, LoadItem, Operation, PlateId, Site};
use crate::rig::{NestId, PipetteId};

impl State {
    /// What prevents the rest of the plan on the bench as it is believed to be, the first problem of each operation, as
    /// sentences for a person. Of a run that has just been planned, nothing.
    pub fn prevented(&self) -> Vec<String> {
        problems(self)
    }
}

fn problems(state: &State) -> Vec<String> {
    let mut belief = state.belief.clone();
    // What is parked is brought back before anything else.
    if let Some(course) = &state.parking {
        for parked in &course.parking.plates {
            belief.put(&parked.plate, &parked.nest);
            if let Some(nest) = &parked.lid {
                belief.lids.insert(parked.plate.clone(), Lid::At(nest.clone()));
            }
        }
    }
    let levels = Levels::new(state);
    let mut rest: Vec<&Operation> = state
        .plan
        .operations
        .iter()
        .filter(|o| !state.status(o.id).is_over() && !state.is_given_up(o.id))
        .collect();
    rest.sort_by_key(|o| (state.status(o.id) == Status::Waiting, state.due(o.id), o.id));
    let mut found = Vec::new();
    for operation in rest {
        let (first, skip) = match state.status(operation.id) {
            Status::Running { phase, index, .. } => (phase, usize::try_from(index).unwrap_or(usize::MAX)),
            _ => (0, 0),
        };
        let mut first_problem = None;
        for (number, phase) in operation.phases.iter().enumerate().skip(usize::from(first)) {
            let number = u16::try_from(number).unwrap_or(u16::MAX);
            let skip = if number == first { skip } else { 0 };
            for action in state.phase_actions(operation.id, number).iter().skip(skip) {
                if first_problem.is_none() {
                    first_problem = prevents(state, &belief, &phase.actor, action)
                        .or_else(|| levels.prevents(&belief, action));
                }
                belief.took_place(&state.plan, action, state.last);
                if let (Action::Retrieve { plate, .. }, Actor::Instrument(id)) = (action, &phase.actor)
                    && let Some(transfer) = state.transfer_nests.get(id)
                {
                    belief.retrieved(plate, transfer);
                }
            }
        }
        if let Some(problem) = first_problem {
            found.push(format!("{} ({}): {problem}", operation.title, operation.id));
        }
    }
    found
}

/// Why an action cannot be carried out on the bench as it is believed to be then.
fn prevents(state: &State, belief: &Belief, actor: &Actor, action: &Action) -> Option<String> {
    let stands = |plate: &PlateId, nest: &NestId| match belief.places.get(plate) {
        Some(at) if at == nest => None,
        Some(at) => Some(format!("plate {plate} stands at {at}, not at {nest}")),
        None => Some(format!("plate {plate} is off the rig, not at {nest}")),
    };
    let free = |plate: &PlateId, nest: &NestId| {
        let other = belief.plate_at(nest).filter(|other| *other != plate)?;
        Some(format!(
            "plate {other} stands at {nest}, where plate {plate} shall go"
        ))
    };
    let lid_nest_free = |plate: &PlateId, nest: &NestId| {
        let lies = |(other, lid): &(&PlateId, &Lid)| *other != plate && **lid == Lid::At(nest.clone());
        let (other, _) = belief.lids.iter().find(lies)?;
        Some(format!("the lid of plate {other} lies in {nest}"))
    };
    let transfer = || match actor {
        Actor::Instrument(id) => state.transfer_nests.get(id),
        Actor::Operator => None,
    };
    match action {
        Action::MovePlate { plate, from, to } => stands(plate, from).or_else(|| free(plate, to)),
        Action::RemoveLid { plate, from, to } => stands(plate, from)
            .or_else(|| match belief.lids.get(plate) {
                Some(Lid::On) => None,
                Some(Lid::At(nest)) => Some(format!("the lid of plate {plate} lies in {nest} already")),
                Some(Lid::None) | None => Some(format!("plate {plate} has no lid")),
            })
            .or_else(|| lid_nest_free(plate, to)),
        Action::ReplaceLid { plate, from, to } => {
            stands(plate, to).or_else(|| match belief.lids.get(plate) {
                Some(Lid::At(nest)) if nest == from => None,
                Some(Lid::On) => Some(format!("the lid of plate {plate} is on it already")),
                _ => Some(format!("the lid of plate {plate} does not lie in {from}")),
            })
        }
        Action::Store { plate, slot } => transfer()
            .and_then(|nest| stands(plate, nest))
            .or_else(|| free(plate, slot)),
        Action::Retrieve { plate, slot } => {
            stands(plate, slot).or_else(|| transfer().and_then(|nest| free(plate, nest)))
        }
        Action::PickUpTips { pipette, at } => {
            if belief.tips_on.contains_key(pipette) {
                return Some(format!("{pipette} has tips on already"));
            }
            let used = belief.tips_used.get(&at.nest)?;
            let wells = belief.reached(pipette, at.well, Stride::ONE);
            let gone = wells.iter().find(|well| used.contains(*well))?;
            Some(format!("the tip {gone} of the rack at {} is gone", at.nest))
        }
        Action::DropTips { pipette, .. } => no_tips(belief, pipette),
        Action::Aspirate { pipette, at, .. } => no_tips(belief, pipette).or_else(|| open(state, belief, at)),
        Action::DipPins { at, .. } => covered(belief, &at.nest),
        Action::Draw {
            at: Some(at),
            air: false,
            ..
        } => open(state, belief, at),
        Action::Expel { at, .. } => open(state, belief, at),
        Action::Dispense { pipette, at, .. } => no_tips(belief, pipette).or_else(|| open(state, belief, at)),
        Action::Ask(prompt) => {
            let scanned = prompt.plate.iter().filter(|_| prompt.leaves);
            let taken = prompt.items.iter().filter_map(|item| match item {
                LoadItem::TakePlate { plate, .. } => Some(plate),
                _ => None,
            });
            let mut leaving = scanned.chain(taken);
            let gone = leaving.find(|plate| !belief.places.contains_key(*plate))?;
            Some(format!("plate {gone} is off the rig, and shall be taken from it"))
        }
        Action::Seal { plate, .. } => belief
            .sealed
            .contains(plate)
            .then(|| format!("plate {plate} is sealed already")),
        Action::Peel { plate } => {
            (!belief.sealed.contains(plate)).then(|| format!("plate {plate} has no seal"))
        }
        Action::ReadAbsorbance { plate, .. }
        | Action::ReadFluorescence { plate, .. }
        | Action::ReadLuminescence { plate, .. }
        | Action::Spin { plate, .. }
        | Action::Thermocycle { plate, .. }
        | Action::ReadBarcode { plate, .. } => match actor {
            Actor::Instrument(id) => state.holds.get(id).and_then(|nest| stands(plate, nest)),
            Actor::Operator => None,
        },
        _ => None,
    }
}

fn no_tips(belief: &Belief, pipette: &PipetteId) -> Option<String> {
    (!belief.tips_on.contains_key(pipette)).then(|| format!("{pipette} has no tips on"))
}

/// Why no tip gets into a well: nothing stands there, or what does is covered.
fn open(state: &State, belief: &Belief, at: &Site) -> Option<String> {
    let kind = state.labware.get(at.labware.as_str()).map(|l| l.kind);
    match belief.item_at(&at.nest) {
        Some(_) => covered(belief, &at.nest),
        // What belongs to the rig, as a wash station, is always there.
        None if !matches!(kind, Some(Kind::Plate | Kind::AgarPlate)) => None,
        None => Some(format!(
            "nothing stands at {}, where a {} is expected",
            at.nest, at.labware
        )),
    }
}

/// Whether what stands on a nest is covered, so that no tip gets into it.
pub(super) fn covered(belief: &Belief, nest: &NestId) -> Option<String> {
    let plate = belief.plate_at(nest)?;
    if belief.sealed.contains(plate) {
        return Some(format!("plate {plate} at {nest} is sealed"));
    }
    (belief.lids.get(plate) == Some(&Lid::On)).then(|| format!("plate {plate} at {nest} has its lid on"))
}
