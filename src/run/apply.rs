//! One event taken into account.

use super::belief::Belief;
use super::event::{ActionId, Ending, Event, StopKind};
use super::question::Choice;
use super::state::{Mode, OpenIntent, OperationState, Queue, State, Status, Turn};
use crate::devices::Done;
use crate::plan::{Action, OperationId, Reading, Resource, Schedule};
use crate::units::{Duration, Timestamp};
use std::collections::BTreeMap;

/// Takes an event that happened at `at` into account. Total: an event that does not fit the state changes nothing,
/// so that any journal can be folded.
pub fn apply(state: &mut State, event: &Event, at: Timestamp) {
    state.last = at;
    match event {
        Event::Started { source } => {
            state.source = Some((**source).clone());
            state.started = at;
        }
        Event::Planned { plan } => {
            state.plan = (**plan).clone();
            let fresh = OperationState {
                status: Status::Waiting,
                started: None,
                ended: None,
            };
            state.operations = vec![fresh; state.plan.operations.len()];
            state.belief = Belief::new(&state.plan, state.channels.clone());
        }
        Event::Scheduled { schedule } => scheduled(state, schedule, at),
        Event::Identified { instrument, identity } => {
            state.identities.insert(instrument.clone(), identity.clone());
        }
        Event::Restarted => state.restarts = state.restarts.saturating_add(1),
        Event::OperationStarted { operation } => {
            if let Some(o) = state.operations.get_mut(operation.index()) {
                o.status = Status::Running {
                    phase: 0,
                    index: 0,
                    entered: false,
                };
                o.started = Some(at);
            }
        }
        Event::Intended {
            action,
            operation,
            phase,
            index,
            actor,
            intent,
        } => {
            state.next_action = state.next_action.max(action.0.saturating_add(1));
            if let Some(o) = state.operations.get_mut(operation.index()) {
                o.status = Status::Running {
                    phase: *phase,
                    index: *index,
                    entered: true,
                };
            }
            let open = OpenIntent {
                action: *action,
                operation: *operation,
                phase: *phase,
                index: *index,
                actor: actor.clone(),
                intent: intent.clone(),
                since: at,
                failure: None,
            };
            state.open.insert(actor.clone(), open);
        }
        Event::Ended { action, done, .. } => ended(state, *action, done, at),
        Event::NotDone { action, .. } => {
            take_open(state, *action);
        }
        Event::Failed { action, failure } => {
            if let Some(open) = state.open.values_mut().find(|o| o.action == *action) {
                open.failure = Some(failure.clone());
                state.failures.push((at, open.operation, failure.clone()));
            }
        }
        Event::Asked { question } => {
            state.next_question = state.next_question.max(question.id.0.saturating_add(1));
            state.questions.insert(question.id, question.clone());
        }
        Event::Answered { question, answer, .. } => {
            let action = state.questions.remove(question).and_then(|q| q.action);
            if let (Some(action), Some(choice)) = (action, Choice::from_word(answer)) {
                state.answers.insert(action, choice);
            }
        }
        Event::Concluded { operation, finding } => {
            if let Some(step) = state.operation(*operation).map(|o| o.step.clone()) {
                state.findings.insert(step, finding.clone());
            }
            if let crate::plan::Finding::Hits {
                samples, picklist, ..
            } = finding
                && let Some(pick) = picklist.picks.first()
                && let Some(plate) = state.plan.plates.get_mut(&pick.to_plate)
            {
                plate.samples.clone_from(samples);
            }
        }
        Event::OperationEnded { operation } => over(state, *operation, Status::Ended, at),
        Event::OperationSkipped { operation, why } => {
            state.skipped.push((*operation, why.clone()));
            over(state, *operation, Status::Skipped, at);
        }
        Event::Stop { kind, .. } => match (kind, &state.mode) {
            (StopKind::Pause, Mode::Running) => state.mode = Mode::Paused,
            (StopKind::Resume, Mode::Paused) => state.mode = Mode::Running,
            (StopKind::Abort, Mode::Running | Mode::Paused | Mode::Preparing) => state.mode = Mode::Aborting,
            _ => {}
        },
        Event::RunEnded { ending } => state.mode = Mode::Ended(ending.clone()),
    }
}

fn scheduled(state: &mut State, schedule: &Schedule, at: Timestamp) {
    state.schedule = schedule.clone();
    state.anchored = state.series_start.keys().copied().collect();
    if state.mode == Mode::Preparing {
        state.zero = at;
        state.mode = Mode::Running;
    }
    let mut order: BTreeMap<Resource, Vec<(Duration, Turn)>> = BTreeMap::new();
    for operation in &state.plan.operations {
        let start = schedule.slot(operation.id).map_or(Duration::ZERO, |s| s.start);
        for claim in &operation.claims {
            let at = start.plus(operation.offset(usize::from(claim.from)));
            let turn = Turn {
                operation: operation.id,
                from: claim.from,
                to: claim.to,
            };
            order.entry(claim.resource.clone()).or_default().push((at, turn));
        }
    }
    state.queues = order
        .into_iter()
        .map(|(resource, mut turns)| {
            turns.sort_by_key(|(at, turn)| (*at, turn.operation, turn.from));
            (
                resource,
                Queue {
                    turns: turns.into_iter().map(|(_, turn)| turn).collect(),
                    next: 0,
                },
            )
        })
        .collect();
    release(state);
}

/// Moves every resource's queue past the turns that are over.
fn release(state: &mut State) {
    let operations = &state.operations;
    for queue in state.queues.values_mut() {
        while let Some(turn) = queue.turns.get(queue.next) {
            let over = match operations.get(turn.operation.index()).map(|o| o.status) {
                Some(Status::Ended | Status::Skipped) => true,
                Some(Status::Running { phase, .. }) => phase > turn.to,
                _ => false,
            };
            if !over {
                break;
            }
            queue.next += 1;
        }
    }
}

fn take_open(state: &mut State, action: ActionId) -> Option<OpenIntent> {
    let actor = state
        .open
        .iter()
        .find(|(_, o)| o.action == action)
        .map(|(actor, _)| actor.clone())?;
    state.answers.remove(&action);
    state.open.remove(&actor)
}

fn ended(state: &mut State, action: ActionId, done: &Done, at: Timestamp) {
    let Some(open) = take_open(state, action) else {
        return;
    };
    state.actions_done = state.actions_done.saturating_add(1);
    if let (
        Action::ReadAbsorbance {
            plate, wavelength, ..
        },
        Done::Reading { at: read_at, values },
    ) = (&open.intent.action, done)
    {
        let cadence = state.operation(open.operation).and_then(|o| o.cadence);
        if let Some(cadence) = cadence.filter(|c| c.index == 0) {
            state.series_start.insert(cadence.series, *read_at);
        }
        let step = state
            .operation(open.operation)
            .and_then(|o| o.phases.get(usize::from(open.phase)))
            .map(|p| p.step.clone());
        let earlier = state
            .readings
            .iter()
            .filter(|r| r.plate == *plate && Some(&r.step) == step.as_ref())
            .count();
        let index = cadence.map_or_else(|| u32::try_from(earlier).unwrap_or(u32::MAX), |c| c.index);
        if let Some(step) = step {
            state.readings.push(Reading {
                plate: plate.clone(),
                step,
                operation: open.operation,
                index,
                at: *read_at,
                wavelength: *wavelength,
                lidded: state.belief.lids.get(plate) == Some(&super::Lid::On),
                late: state.lateness(open.operation, *read_at),
                shaken: state.belief.shaken.get(plate).copied().unwrap_or_default(),
                values: values.clone(),
            });
        }
    }
    state.belief.took_place(&state.plan, &open.intent.action, at);
    if let (Action::Retrieve { plate, .. }, crate::plan::Actor::Instrument(id)) =
        (&open.intent.action, &open.actor)
        && let Some(transfer) = state.transfer_nests.get(id)
    {
        state.belief.retrieved(plate, transfer);
    }
    // What a person ordered in between (homing after a power cut) is no step of the plan.
    let (planned, _) = state.action(open.operation, open.phase, open.index);
    if planned.as_ref() == Some(&open.intent.action) {
        advance(state, open.operation, open.phase, open.index);
    }
}

/// Steps past a finished action; at the end of a phase, its claims are given back.
fn advance(state: &mut State, operation: OperationId, phase: u16, index: u32) {
    let (_, count) = state.action(operation, phase, index);
    let next = index.saturating_add(1);
    let phases = state.operation(operation).map_or(0, |o| o.phases.len());
    let mut status = Status::Running {
        phase,
        index: next,
        entered: true,
    };
    let mut phase = phase;
    let mut left = usize::try_from(next).is_ok_and(|n| n < count);
    while !left && usize::from(phase) < phases {
        phase = phase.saturating_add(1);
        status = Status::Running {
            phase,
            index: 0,
            entered: false,
        };
        // A phase without actions (an empty picklist) is passed over.
        left = usize::from(phase) >= phases || state.action(operation, phase, 0).1 > 0;
    }
    if let Some(o) = state.operations.get_mut(operation.index()) {
        o.status = status;
    }
    release(state);
}

fn over(state: &mut State, operation: OperationId, status: Status, at: Timestamp) {
    if let Some(o) = state.operations.get_mut(operation.index()) {
        o.status = status;
        o.ended = Some(at);
    }
    while state
        .operations
        .get(state.first_open)
        .is_some_and(|o| o.status.is_over())
    {
        state.first_open += 1;
    }
    release(state);
}

impl State {
    /// How the run ended, if it did.
    pub fn ending(&self) -> Option<&Ending> {
        match &self.mode {
            Mode::Ended(ending) => Some(ending),
            _ => None,
        }
    }
}
