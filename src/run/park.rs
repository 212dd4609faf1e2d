//! Parking: while a run is paused or held, plates that stand outside the place where they rest are lidded and carried
//! there; before it goes on, each is brought back to where it was, with its lid where it was.
//!
//! Owns the way there and back, one step at a time from what is believed of the bench, so that a restart goes on in the
//! middle. Pure. Time outside its climate goes on being counted for every plate: parking shortens it, and forgives nothing.

use super::belief::Lid;
use super::state::{Mode, State, Status};
use crate::plan::{Action, OperationId, PlateId};
use crate::rig::{InstrumentId, NestId, Rig, Role, ZoneId};
use crate::units::RotationSpeed;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The operation that steps of parking are recorded under; no plan has so many.
pub const PARKING: OperationId = OperationId(u32::MAX - 1);

/// A plate that is parked, and where it is brought back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// Which plate.
    pub plate: PlateId,
    /// Where it stood.
    pub nest: NestId,
    /// Where its lid lay, if it was not on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lid: Option<NestId>,
    /// Where it rests.
    pub rest: NestId,
}

/// Parking as it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parking {
    /// Its plates, in the order in which they are carried.
    pub plates: Vec<Parked>,
    /// Trays and doors that were open.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub open: BTreeSet<InstrumentId>,
    /// Incubators that shook.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub shaking: BTreeSet<InstrumentId>,
}

/// What the rig says, as far as parking needs it.
#[derive(Debug, Clone, Default)]
pub(super) struct Ways {
    mover: Option<InstrumentId>,
    /// Nests that the mover reaches.
    reached: BTreeSet<NestId>,
    zones: BTreeMap<NestId, ZoneId>,
    /// Gantries by the zone that they sweep.
    gantries: BTreeMap<ZoneId, InstrumentId>,
    /// Incubators by slot.
    slots: BTreeMap<NestId, InstrumentId>,
    speeds: BTreeMap<InstrumentId, RotationSpeed>,
    /// Readers and stations that have a tray or door, by their nest.
    doors: BTreeMap<NestId, InstrumentId>,
    nests: BTreeSet<NestId>,
}

impl Ways {
    pub(super) fn new(rig: &Rig) -> Self {
        let mut ways = Self::default();
        for (id, instrument) in &rig.instruments {
            match &instrument.role {
                Role::PlateMover(_) => {
                    ways.mover.get_or_insert_with(|| id.clone());
                }
                Role::LiquidHandler(_) => {
                    if let Some(zone) = &instrument.zone {
                        ways.gantries.insert(zone.clone(), id.clone());
                    }
                }
                Role::Incubator(incubator) => {
                    for slot in 1..=incubator.slots {
                        ways.slots.insert(NestId::new(format!("{id}-{slot}")), id.clone());
                    }
                    if let Some(speed) = incubator.shaking {
                        ways.speeds.insert(id.clone(), speed);
                    }
                }
                Role::PlateReader(reader) => {
                    ways.doors.insert(reader.tray.clone(), id.clone());
                }
                Role::Station(station) if station.door => {
                    ways.doors.insert(station.nest.clone(), id.clone());
                }
                Role::Station(_) | Role::Pump(_) | Role::Regulator(_) => {}
            }
        }
        for (id, nest) in &rig.nests {
            ways.nests.insert(id.clone());
            if nest.station.is_some() {
                ways.reached.insert(id.clone());
            }
            if let Some(zone) = &nest.zone {
                ways.zones.insert(id.clone(), zone.clone());
            }
        }
        ways
    }

    /// Whether the rig has a nest.
    pub(super) fn knows(&self, nest: &NestId) -> bool {
        self.nests.contains(nest) || self.slots.contains_key(nest)
    }
}

/// How parking stands.
#[derive(Debug, Clone)]
pub(super) struct Course {
    pub(super) parking: Parking,
    /// Gantries that were parked for it.
    gantries: BTreeSet<InstrumentId>,
}

impl Course {
    pub(super) fn new(parking: Parking) -> Self {
        let gantries = BTreeSet::new();
        Self { parking, gantries }
    }

    /// A step of it took place.
    pub(super) fn took_place(&mut self, instrument: &InstrumentId, action: &Action) {
        if matches!(action, Action::Park) {
            self.gantries.insert(instrument.clone());
        }
    }
}

/// Whether nothing is under way that parking would disturb.
pub(super) fn is_quiet(state: &State) -> bool {
    let begun = |o: &super::OperationState| matches!(o.status, Status::Running { .. });
    // While paused, what was begun comes to its end first.
    state.open.is_empty() && (state.mode != Mode::Paused || !state.operations.iter().any(begun))
}

/// Whether a fixed probe or pins stand where the rest of their phase needs them: a gantry that parks takes them away, and the
/// pump would then give what it holds wherever they are.
pub fn probe_stands(state: &State) -> bool {
    state.plan.operations.iter().any(|operation| {
        let Status::Running { phase, index, .. } = state.status(operation.id) else {
            return false;
        };
        let done = usize::try_from(index).unwrap_or(usize::MAX);
        let actions = state.phase_actions(operation.id, phase);
        let placed = |a: &Action| matches!(a, Action::MoveProbe { .. } | Action::DipPins { .. });
        // Until the next movement, what comes is done where they stand.
        let rest = actions
            .iter()
            .skip(done)
            .take_while(|a| !placed(a) && !matches!(a, Action::Park));
        actions.iter().take(done).any(placed) && rest.count() > 0
    })
}

/// The plates that can be parked as things stand: those in the middle of an operation that takes them to where they rest.
pub fn survey(state: &State) -> Parking {
    let mut plates = Vec::new();
    let standing = probe_stands(state);
    for operation in state.plan.operations.iter().filter(|_| !standing) {
        let Status::Running { phase, index, .. } = state.status(operation.id) else {
            continue;
        };
        let mut rests: BTreeMap<PlateId, NestId> = BTreeMap::new();
        let first = usize::from(phase);
        for phase in first..operation.phases.len() {
            let skip = if phase == first {
                usize::try_from(index).unwrap_or(usize::MAX)
            } else {
                0
            };
            let actions = state.phase_actions(operation.id, u16::try_from(phase).unwrap_or(u16::MAX));
            for action in actions.into_iter().skip(skip) {
                match action {
                    Action::Store { plate, slot } => {
                        rests.insert(plate, slot);
                    }
                    Action::MovePlate { plate, to, .. } => {
                        rests.insert(plate, to);
                    }
                    _ => {}
                }
            }
        }
        for (plate, rest) in rests {
            let Some(nest) = state.belief.places.get(&plate).cloned() else {
                continue;
            };
            let lid = match state.belief.lids.get(&plate) {
                Some(Lid::At(lid)) => Some(lid.clone()),
                _ => None,
            };
            let parked = Parked {
                plate,
                nest,
                lid,
                rest,
            };
            // A station that shakes lets nobody reach for its plate, which it is there for.
            let shaken = state.belief.shakes(&parked.nest);
            if parked.nest != parked.rest && !shaken && can_be_carried(state, &parked) {
                plates.push(parked);
            }
        }
    }
    // What stands in the incubator's way in goes first.
    let transfer = |p: &Parked| state.transfer_nests.values().any(|t| *t == p.nest);
    plates.sort_by_key(|p| !transfer(p));
    Parking {
        plates,
        open: state.safe_path.open.clone(),
        shaking: match state.belief.shaking_since {
            Some(_) => state.ways.speeds.keys().cloned().collect(),
            None => BTreeSet::new(),
        },
    }
}

/// Whether the rig's mover and incubators can carry a plate to its rest and back.
fn can_be_carried(state: &State, parked: &Parked) -> bool {
    let ways = &state.ways;
    let end = |nest: &NestId| match ways.slots.get(nest) {
        Some(incubator) => state
            .transfer_nests
            .get(incubator)
            .is_some_and(|t| ways.reached.contains(t)),
        None => ways.reached.contains(nest),
    };
    ways.mover.is_some() && end(&parked.nest) && end(&parked.rest)
}

/// The next step on the way in, or none when every plate is parked.
pub(super) fn inwards(state: &State, course: &Course) -> Option<(InstrumentId, Action)> {
    let goals = course.parking.plates.iter().map(|p| (&p.plate, &p.rest, None));
    let step = goals
        .filter_map(|(plate, nest, lid)| toward(state, plate, nest, lid))
        .next();
    after_gantries(state, course, step).or_else(|| shaking_again(state, course))
}

/// The next step on the way out, or none when everything is as it was.
pub(super) fn outwards(state: &State, course: &Course) -> Option<(InstrumentId, Action)> {
    let goals = course.parking.plates.iter().rev();
    let step = goals
        .filter_map(|p| toward(state, &p.plate, &p.nest, p.lid.as_ref()))
        .next();
    after_gantries(state, course, step)
        .or_else(|| shaking_again(state, course))
        .or_else(|| {
            let open = state.safe_path.open.difference(&course.parking.open).next()?;
            Some((open.clone(), Action::CloseTray))
        })
        .or_else(|| {
            let shut = course.parking.open.difference(&state.safe_path.open).next()?;
            Some((shut.clone(), Action::OpenTray))
        })
}

/// An incubator that shook shakes again.
fn shaking_again(state: &State, course: &Course) -> Option<(InstrumentId, Action)> {
    let incubator = course.parking.shaking.first()?;
    let speed = state.ways.speeds.get(incubator).copied();
    let stands = state.belief.shaking_since.is_none();
    (stands && speed.is_some()).then(|| (incubator.clone(), Action::Shake { speed }))
}

/// A step of the mover waits until the gantries of its zones are parked.
fn after_gantries(
    state: &State,
    course: &Course,
    step: Option<(InstrumentId, Action)>,
) -> Option<(InstrumentId, Action)> {
    let (instrument, action) = step?;
    let zones = nests(&action)
        .into_iter()
        .filter_map(|nest| state.ways.zones.get(nest));
    let waiting = zones
        .filter_map(|zone| state.ways.gantries.get(zone))
        .find(|gantry| state.worked.contains(*gantry) && !course.gantries.contains(*gantry));
    match waiting {
        Some(gantry) => Some((gantry.clone(), Action::Park)),
        None => Some((instrument, action)),
    }
}

/// The nests that a step of the mover reaches into.
pub fn nests(action: &Action) -> Vec<&NestId> {
    match action {
        Action::MovePlate { from, to, .. }
        | Action::RemoveLid { from, to, .. }
        | Action::ReplaceLid { from, to, .. } => vec![from, to],
        _ => Vec::new(),
    }
}

/// The next step that brings a plate to a nest, covered but for its lid lying where it is said to.
fn toward(
    state: &State,
    plate: &PlateId,
    goal: &NestId,
    lid: Option<&NestId>,
) -> Option<(InstrumentId, Action)> {
    let ways = &state.ways;
    let mover = || ways.mover.clone();
    let at = state.belief.places.get(plate)?;
    let lies = match state.belief.lids.get(plate) {
        Some(Lid::At(nest)) => Some(nest),
        _ => None,
    };
    // A tray or door in the way is opened first.
    let reaching = |action: Action| {
        let shut = nests(&action)
            .into_iter()
            .filter_map(|nest| ways.doors.get(nest))
            .find(|door| !state.safe_path.open.contains(*door));
        match shut {
            Some(door) => Some((door.clone(), Action::OpenTray)),
            None => Some((mover()?, action)),
        }
    };
    let plate = plate.clone();
    if at == goal {
        return match (lid, lies) {
            (Some(to), None) if state.belief.lids.get(&plate) == Some(&Lid::On) => {
                let (from, to) = (at.clone(), to.clone());
                reaching(Action::RemoveLid { plate, from, to })
            }
            (None, Some(from)) => {
                let (from, to) = (from.clone(), at.clone());
                reaching(Action::ReplaceLid { plate, from, to })
            }
            _ => None,
        };
    }
    if let Some(from) = lies {
        let (from, to) = (from.clone(), at.clone());
        return reaching(Action::ReplaceLid { plate, from, to });
    }
    let resting = |incubator: &InstrumentId, action: Action| {
        let shakes = state.belief.shaking_since.is_some() && ways.speeds.contains_key(incubator);
        let action = if shakes {
            Action::Shake { speed: None }
        } else {
            action
        };
        Some((incubator.clone(), action))
    };
    if let Some(incubator) = ways.slots.get(at) {
        let slot = at.clone();
        return resting(incubator, Action::Retrieve { plate, slot });
    }
    let from = at.clone();
    let to = match ways.slots.get(goal) {
        Some(incubator) => {
            let transfer = state.transfer_nests.get(incubator)?;
            if at == transfer {
                let slot = goal.clone();
                return resting(incubator, Action::Store { plate, slot });
            }
            transfer.clone()
        }
        None => goal.clone(),
    };
    reaching(Action::MovePlate { plate, from, to })
}
