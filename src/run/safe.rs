//! The safe path: what each instrument still does once a run is being aborted.
//!
//! Owns the order: liquid goes back where it may, tips are dropped, gantries park, doors close, shaking and heat end, as
//! the rig file says. Pure: the same state always gives the same next step, so that a restart goes the same way. An
//! instrument of which something is in doubt, or whose step failed, does nothing more.

use super::state::{State, Status};
use crate::plan::{Action, Actor, OperationId, Site};
use crate::rig::{InstrumentId, NestId, PipetteId, Rig, Role, Safe, SafeTips};
use crate::units::Volume;
use std::collections::{BTreeMap, BTreeSet};

/// The operation that steps of the safe path are recorded under; no plan has so many.
pub const SAFE_PATH: OperationId = OperationId(u32::MAX);

/// What the rig says of an instrument, as far as the safe path needs it.
#[derive(Debug, Clone)]
struct Entry {
    safe: Safe,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Handler(BTreeSet<PipetteId>),
    Incubator,
    Reader,
    Station(NestId),
}

/// How the safe path stands.
#[derive(Debug, Clone, Default)]
pub(super) struct SafePath {
    entries: BTreeMap<InstrumentId, Entry>,
    taken: Vec<(InstrumentId, Action)>,
    /// Trays and doors that are open.
    pub(super) open: BTreeSet<InstrumentId>,
    /// Stations and incubators that were set to a temperature in this run.
    pub(super) warmed: BTreeSet<InstrumentId>,
}

impl SafePath {
    pub(super) fn new(rig: &Rig) -> Self {
        let entry = |(id, instrument): (&InstrumentId, &crate::rig::Instrument)| {
            let kind = match &instrument.role {
                Role::LiquidHandler(handler) => Kind::Handler(handler.pipettes.keys().cloned().collect()),
                Role::Incubator(_) => Kind::Incubator,
                Role::PlateReader(_) => Kind::Reader,
                Role::Station(station) => Kind::Station(station.nest.clone()),
                Role::PlateMover(_) | Role::Pump(_) | Role::Regulator(_) => return None,
            };
            let safe = instrument.safe;
            Some((id.clone(), Entry { safe, kind }))
        };
        Self {
            entries: rig.instruments.iter().filter_map(entry).collect(),
            ..Self::default()
        }
    }

    /// An action that took place.
    pub(super) fn took_place(&mut self, operation: OperationId, actor: &Actor, action: &Action) {
        let Actor::Instrument(id) = actor else { return };
        if operation == SAFE_PATH {
            self.taken.push((id.clone(), action.clone()));
        }
        match action {
            Action::OpenTray => {
                self.open.insert(id.clone());
            }
            Action::CloseTray => {
                self.open.remove(id);
            }
            Action::SetTemperature { .. } | Action::Thermocycle { .. } => {
                self.warmed.insert(id.clone());
            }
            _ => {}
        }
    }
}

/// The next step of the safe path; none when every instrument is as it shall be, or cannot be brought there.
pub fn next(state: &State) -> Option<(InstrumentId, Action)> {
    let path = &state.safe_path;
    path.entries.iter().find_map(|(id, entry)| {
        // A wait that was broken off leaves nothing in doubt, and neither do hands.
        let open = state.open.get(&Actor::Instrument(id.clone()));
        let doubtful = open
            .is_some_and(|o| !matches!(o.intent.action, Action::Dwell { .. } | Action::TakeOffTips { .. }));
        if doubtful || state.safe_left.contains_key(id) {
            return None;
        }
        let step = steps(state, id, entry)
            .into_iter()
            .find(|action| !path.taken.iter().any(|(i, a)| i == id && a == action))?;
        Some((id.clone(), step))
    })
}

fn steps(state: &State, id: &InstrumentId, entry: &Entry) -> Vec<Action> {
    let mut steps = Vec::new();
    let path = &state.safe_path;
    match &entry.kind {
        Kind::Handler(pipettes) => {
            for pipette in pipettes.iter().filter(|p| state.belief.tips_on.contains_key(*p)) {
                let held = state.belief.held_by().get(pipette).copied().unwrap_or_default();
                let carried = Carried::of(state, id, pipette);
                if state.belief.holds_liquid(pipette) {
                    let home = carried.as_ref().and_then(|c| c.back(held));
                    let back =
                        home.filter(|a| entry.safe.tips == SafeTips::Return && is_open_there(state, a));
                    // Other liquid waits for a person, in its tips; so do the tips.
                    let Some(back) = back else { continue };
                    steps.push(back);
                    continue;
                }
                if let Some(waste) = carried.and_then(|c| c.waste) {
                    steps.push(Action::DropTips {
                        pipette: pipette.clone(),
                        at: waste,
                    });
                }
            }
            // Only a gantry that was used stands elsewhere.
            if state.identities.contains_key(id) && state.has_worked(id) {
                steps.push(Action::Park);
            }
        }
        Kind::Incubator => {
            if !entry.safe.keeps_shaking && state.belief.shaking_since.is_some() {
                steps.push(Action::Shake { speed: None });
            }
        }
        Kind::Reader => {
            if path.open.contains(id) {
                steps.push(Action::CloseTray);
            }
        }
        Kind::Station(nest) => {
            if !entry.safe.keeps_shaking && state.belief.shakes(nest) {
                steps.push(Action::Shake { speed: None });
            }
            if let Some(temperature) = entry.safe.temperature.filter(|_| path.warmed.contains(id)) {
                steps.push(Action::SetTemperature { temperature });
            }
            if path.open.contains(id) {
                steps.push(Action::CloseTray);
            }
        }
    }
    steps
}

/// Whether what a stroke goes into stands there uncovered; plates may be parked.
fn is_open_there(state: &State, stroke: &Action) -> bool {
    match stroke {
        Action::Aspirate { at, .. } | Action::Dispense { at, .. } => {
            state.belief.item_at(&at.nest).is_some()
                && super::rest::covered(&state.belief, &at.nest).is_none()
        }
        _ => true,
    }
}

/// What tips have been through since they were put on, in the phase under way.
struct Carried {
    /// The only place that they were in, and the last stroke there.
    only: Option<Action>,
    /// Where the plan would have dropped them.
    waste: Option<Site>,
}

impl Carried {
    fn of(state: &State, id: &InstrumentId, pipette: &PipetteId) -> Option<Self> {
        let actor = Actor::Instrument(id.clone());
        let (operation, phase, index) = state.plan.operations.iter().find_map(|o| {
            let Status::Running { phase, index, .. } = state.status(o.id) else {
                return None;
            };
            let planned = o.phases.get(usize::from(phase))?;
            (planned.actor == actor).then_some((o.id, phase, index))
        })?;
        let actions = state.phase_actions(operation, phase);
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let past = actions.get(..index.min(actions.len())).unwrap_or_default();
        let future = actions.get(index.min(actions.len())..).unwrap_or_default();
        let up = past
            .iter()
            .rposition(|a| matches!(a, Action::PickUpTips { pipette: p, .. } if p == pipette))?;
        let since = past.get(up..).unwrap_or_default();
        let mut places: BTreeSet<(&NestId, crate::labware::Well)> = BTreeSet::new();
        let mut last = None;
        for action in since {
            match action {
                Action::Aspirate { pipette: p, at, .. } if p == pipette => {
                    places.insert((&at.nest, at.well));
                    last = Some(action.clone());
                }
                Action::Dispense { pipette: p, at, .. }
                | Action::TouchTip { pipette: p, at, .. }
                | Action::BlowOut { pipette: p, at, .. }
                | Action::Dip { pipette: p, at, .. }
                    if p == pipette =>
                {
                    places.insert((&at.nest, at.well));
                }
                _ => {}
            }
        }
        let waste = future.iter().find_map(|a| match a {
            Action::DropTips { pipette: p, at } if p == pipette => Some(at.clone()),
            _ => None,
        });
        Some(Self {
            only: last.filter(|_| places.len() == 1),
            waste,
        })
    }

    /// The stroke that gives everything back.
    fn back(&self, held: Volume) -> Option<Action> {
        let Some(Action::Aspirate {
            pipette,
            at,
            flow,
            height,
            travel,
            ..
        }) = &self.only
        else {
            return None;
        };
        Some(Action::Dispense {
            pipette: pipette.clone(),
            at: at.clone(),
            volume: held,
            holding: held,
            flow: *flow,
            height: *height,
            stay: false,
            travel: *travel,
        })
    }
}

impl State {
    /// Whether an instrument has done anything in this run.
    fn has_worked(&self, id: &InstrumentId) -> bool {
        self.worked.contains(id)
    }

    /// What an abort left for a person to see to, a sentence each.
    pub fn left_behind(&self) -> Vec<String> {
        let aborted =
            |ending: &super::Ending| matches!(ending, super::Ending::Aborted | super::Ending::Failed { .. });
        if !matches!(&self.mode, super::Mode::Ended(ending) if aborted(ending)) {
            return Vec::new();
        }
        let mut left = Vec::new();
        if self.distrusted {
            left.push(
                "the run was aborted out of a halt: nothing was brought into its safe state".to_owned(),
            );
        }
        let doubtful = |o: &&super::OpenIntent| {
            !matches!(
                o.intent.action,
                Action::Dwell { .. } | Action::Ask(_) | Action::TakeOffTips { .. }
            )
        };
        for open in self.open.values().filter(doubtful) {
            left.push(format!(
                "nobody knows what became of the last action of {}: {}",
                open.actor,
                open.intent.action.name()
            ));
        }
        for (pipette, volume) in self.kept_in_tips() {
            left.push(format!(
                "the tips of {pipette} were left on, with {volume} of liquid in each: take them off by hand"
            ));
        }
        for (instrument, why) in &self.safe_left {
            left.push(format!(
                "{instrument} is not in its safe state: it {why}; see to it by hand"
            ));
        }
        left
    }

    /// Tips that are left on with liquid in them, by pipette, with what each tip holds.
    pub fn kept_in_tips(&self) -> BTreeMap<PipetteId, Volume> {
        let held = self.belief.held_by();
        held.into_iter()
            .filter(|(pipette, _)| self.belief.holds_liquid(pipette))
            .collect()
    }
}
