//! Plates that are given up: what is left of the operations that are about them.
//!
//! Owns the way out: a plate at hand is carried to where it rests, tips are dropped with what they hold, instruments
//! are closed behind it, and everything else that is about it is left out. Plates that would have got something from a
//! plate that is given up are given up with it. Pure: the same state always gives the same rest, so that a restart
//! goes the same way. Knows no instrument.

use super::prune::{Bounds, Scan, prune};
use super::state::{State, Status};
use super::wells::GivenUpWell;
use crate::labware::Well;
use crate::plan::{Action, Actor, LoadItem, OperationId, PlateId, Prompt, Resource, Work};
use crate::rig::NestId;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A plate that is given up, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// Which plate.
    pub plate: PlateId,
    /// Why, for a person.
    pub why: String,
    /// Whether a person has taken it away, since it could not go where it rests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken: bool,
}

/// What is known of a plate that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abandoned {
    /// When.
    pub at: Timestamp,
    /// In which operation.
    pub operation: OperationId,
    /// Why, for a person.
    pub why: String,
}

/// What becomes of a plate at hand that is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayOut {
    /// It stands where it may rest and stays there.
    Rests,
    /// The rest of its operation carries it to where it rests.
    Carried,
    /// It cannot be carried: a person takes it away, and its lid with it.
    ByHand {
        /// Where it stands.
        nest: NestId,
        /// Where its lid lies, if it is not on it.
        lid: Option<NestId>,
    },
}

/// The plate that a failed action of a running operation is about; none where it is about none that could be given up.
pub fn at_hand(state: &State, operation: OperationId) -> Option<PlateId> {
    let Status::Running { phase, index, .. } = state.status(operation) else {
        return None;
    };
    let (action, _) = state.action(operation, phase, index);
    let action = action?;
    if matches!(
        action,
        Action::Park | Action::Home | Action::Initialise | Action::Ask(_)
    ) {
        return None;
    }
    if let Some(plate) = action.plate() {
        return Some(plate.clone());
    }
    let actions = state.phase_actions(operation, phase);
    let touched = super::prune::touched(&actions, &state.belief.standing());
    if let Some(plate) = touched.targets().next() {
        return Some(plate.clone());
    }
    if touched.is_liquid {
        return None;
    }
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    let phases = state.operation(operation)?.phases.len();
    let later = (usize::from(phase)..phases).flat_map(|p| {
        let skip = if p == usize::from(phase) { index } else { 0 };
        let phase = u16::try_from(p).unwrap_or(u16::MAX);
        state.phase_actions(operation, phase).into_iter().skip(skip)
    });
    let next = later.filter_map(|a| a.plate().cloned()).next();
    next.or_else(|| state.operation(operation)?.plates.first().cloned())
}

impl State {
    /// A prompt as it is at the moment when a person is asked: with the barcode that what goes must show, and with plates that
    /// are given up to be taken from where they stand by now.
    pub fn present(&self, prompt: Prompt) -> Prompt {
        let mut prompt = self.belief.expecting(prompt);
        for item in &mut prompt.items {
            if let LoadItem::TakePlate { plate, nest, .. } = item
                && self.given_up.contains_key(plate)
                && let Some(at) = self.belief.places.get(plate)
            {
                nest.clone_from(at);
            }
        }
        prompt
    }
}

/// Whether a nest is passed through: some operation claims it for a while.
fn passed_through(state: &State, nest: &NestId) -> bool {
    let resource = Resource::Nest(nest.clone());
    let claims = |o: &crate::plan::Operation| o.claims.iter().any(|c| c.resource == resource);
    state.plan.operations.iter().any(claims)
}

/// Whether a plate stands, covered as it is when it rests, where no other plate passes.
fn rests(state: &State, plate: &PlateId) -> bool {
    let off =
        matches!(state.belief.lids.get(plate), Some(super::Lid::At(nest)) if passed_through(state, nest));
    match state.belief.places.get(plate) {
        Some(nest) => !off && !passed_through(state, nest),
        None => true,
    }
}

/// What becomes of a plate at hand of a running operation whose next action failed and did not take place.
pub fn way_out(state: &State, operation: OperationId, plate: &PlateId) -> WayOut {
    if rests(state, plate) {
        return WayOut::Rests;
    }
    let Status::Running { phase, index, .. } = state.status(operation) else {
        return WayOut::Rests;
    };
    let instrument = state
        .operation(operation)
        .and_then(|o| o.phases.get(usize::from(phase)))
        .map(|p| &p.actor);
    let incubator =
        matches!(instrument, Some(Actor::Instrument(id)) if state.transfer_nests.contains_key(id));
    let carries = match state.action(operation, phase, index).0 {
        Some(
            Action::MovePlate { .. }
            | Action::RemoveLid { .. }
            | Action::ReplaceLid { .. }
            | Action::Store { .. }
            | Action::Retrieve { .. }
            | Action::OpenTray
            | Action::CloseTray,
        ) => true,
        Some(Action::Shake { .. }) => incubator,
        _ => false,
    };
    match state.belief.places.get(plate) {
        Some(nest) if carries => WayOut::ByHand {
            nest: nest.clone(),
            lid: match state.belief.lids.get(plate) {
                Some(super::Lid::At(nest)) => Some(nest.clone()),
                _ => None,
            },
        },
        _ => WayOut::Carried,
    }
}

/// The plates that are given up with one: those that would have got something from it, and so on.
pub fn with(state: &State, operation: OperationId, first: GivenUp, at: Timestamp) -> Vec<GivenUp> {
    let mut after = state.clone();
    apply(&mut after, operation, std::slice::from_ref(&first), at);
    let others = after
        .given_up
        .iter()
        .filter(|(plate, _)| **plate != first.plate && !state.given_up.contains_key(*plate))
        .map(|(plate, gone)| GivenUp {
            plate: plate.clone(),
            why: gone.why.clone(),
            taken: false,
        })
        .collect::<Vec<_>>();
    std::iter::once(first).chain(others).collect()
}

/// The wells that are given up with some: those that would have got something from them, and so on.
pub fn wells_with(
    state: &State,
    operation: OperationId,
    first: Vec<GivenUpWell>,
    at: Timestamp,
) -> Vec<GivenUpWell> {
    let mut after = state.clone();
    super::wells::apply(&mut after, operation, &first, at);
    let new = |(well, gone): (&(PlateId, Well), &Abandoned)| {
        let known = state.given_up_wells.contains_key(well);
        let (plate, well) = well.clone();
        let why = gone.why.clone();
        (!known).then_some(GivenUpWell { plate, well, why })
    };
    after.given_up_wells.iter().filter_map(new).collect()
}

/// Gives plates up: rewrites what is left of their operations.
pub(super) fn apply(state: &mut State, operation: OperationId, plates: &[GivenUp], at: Timestamp) {
    for gone in plates {
        let abandoned = Abandoned {
            at,
            operation,
            why: gone.why.clone(),
        };
        state.given_up.entry(gone.plate.clone()).or_insert(abandoned);
        if gone.taken {
            state.belief.take_away(&gone.plate);
        }
    }
    let scan = Scan::of(state);
    let rewritten = loop {
        let (rewritten, more) = rest(state, operation, &scan);
        if more.is_empty() {
            break rewritten;
        }
        for (plate, why) in more {
            state
                .given_up
                .entry(plate)
                .or_insert(Abandoned { at, operation, why });
        }
    };
    for (id, phases) in rewritten {
        match phases {
            Some(phases) => {
                for (phase, actions) in phases {
                    let planned = state.plan.operations.get_mut(id.index());
                    if let Some(phase) = planned.and_then(|o| o.phases.get_mut(phase)) {
                        phase.work = Work::Actions(actions);
                    }
                }
            }
            None => {
                let why = reason(state, id);
                state.left_out.insert(id, why);
            }
        }
    }
    super::apply::pass_empty(state, operation);
}

/// Why an operation is left out, from its plates.
fn reason(state: &State, id: OperationId) -> String {
    let plates = state
        .operation(id)
        .map(|o| o.plates.as_slice())
        .unwrap_or_default();
    let gone = plates.iter().filter(|p| state.given_up.contains_key(*p));
    let names: Vec<String> = gone.map(ToString::to_string).collect();
    format!("given up: {}", names.join(", "))
}

/// What is left of each operation: new actions by phase, or nothing at all.
type Rewritten = BTreeMap<OperationId, Option<Vec<(usize, Vec<Action>)>>>;

/// What is left of every operation that has not begun and of the one at hand, and further plates that are given up.
fn rest(state: &State, at_hand: OperationId, scan: &Scan) -> (Rewritten, BTreeMap<PlateId, String>) {
    let mut rewritten = Rewritten::new();
    let mut more = BTreeMap::new();
    for operation in state.plan.operations.iter().skip(state.first_open) {
        let status = state.status(operation.id);
        let bounds = match status {
            Status::Running { phase, index, .. } if operation.id == at_hand => Bounds {
                phase,
                index,
                running: true,
            },
            Status::Waiting => Bounds::default(),
            _ => continue,
        };
        if !scan.is_about(operation, &state.given_up) {
            continue;
        }
        let nests = match status {
            Status::Waiting => scan.before(operation.id),
            _ => state.belief.standing(),
        };
        let carried = |plate: &PlateId| bounds.running && !rests(state, plate);
        let pruned = prune(state, operation, bounds, nests, &carried, scan);
        more.extend(
            pruned
                .more
                .into_iter()
                .filter(|(p, _)| !state.given_up.contains_key(p)),
        );
        let left = (bounds.running || pruned.useful).then_some(pruned.phases);
        rewritten.insert(operation.id, left);
    }
    (rewritten, more)
}
