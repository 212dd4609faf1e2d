//! One event taken into account.

use super::belief::Belief;
use super::event::{ActionId, Ending, Event};
use super::question::{Choice, Question};
use super::state::{Mode, OpenIntent, OperationState, Queue, State, Status, Turn};
use crate::devices::Done;
use crate::labware::Library;
use crate::plan::{
    Action, Actor, Area, AreaScan, Measure, Measurement, OperationId, PlateId, Reading, Resource, Schedule,
    StepId, Value,
};
use crate::units::{Absorbance, Duration, Timestamp};
use std::collections::BTreeMap;

/// Takes an event that happened at `at` into account. Total: an event that does not fit the state changes nothing,
/// so that any journal can be folded.
pub fn apply(state: &mut State, event: &Event, at: Timestamp) {
    state.last = at;
    match event {
        Event::Started { source } => {
            let own = source.labware.iter();
            state.labware = Library::of(own.map(|file| (file.name.as_str(), file.text.as_str())));
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
        Event::Restarted => {
            state.restarts = state.restarts.saturating_add(1);
            // What an earlier process asked about no open intent is asked anew where it still matters.
            state.questions.retain(|_, q| q.action.is_some());
        }
        Event::OperationStarted { operation } => {
            if let Some(o) = state.operations.get_mut(operation.index()) {
                o.status = Status::Running {
                    phase: 0,
                    index: 0,
                    entered: false,
                };
                o.started = Some(at);
            }
            pass_empty(state, *operation);
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
        Event::NotDone { action, evidence } => {
            if let Some(open) = take_open(state, *action) {
                super::pins::not_done(state, &open, *evidence);
                super::held::in_hand(state, &open.actor, &open.intent.action, false);
            }
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
            if let Some(question) = state.questions.remove(question)
                && let Some(action) = question.action
            {
                match (typed(&question, answer), Choice::from_word(answer)) {
                    (Some(value), _) => {
                        state.typed.insert(action, value);
                    }
                    (None, Some(choice)) => {
                        state.answers.insert(action, choice);
                    }
                    (None, None) => {}
                }
            }
        }
        Event::Concluded { operation, finding } => {
            if let Some(step) = state.operation(*operation).map(|o| o.step.clone()) {
                state.findings.insert(step, finding.clone());
            }
            if let (crate::plan::Finding::Value { value }, Some(operation)) =
                (finding, state.operation(*operation))
            {
                let step = operation.step.clone();
                state.values.insert(step, value.clone());
            }
            if let (crate::plan::Finding::FailedPicks { rows }, Some(operation)) =
                (finding, state.operation(*operation))
            {
                let step = operation.step.clone();
                super::again::concluded(state, &step, rows);
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
        Event::GivenUp {
            operation,
            plates,
            wells,
        } => {
            super::wells::apply(state, *operation, wells, at);
            if !plates.is_empty() {
                super::give_up::apply(state, *operation, plates, at);
            }
        }
        Event::Replaced {
            operation,
            plate,
            barcode,
            why,
        } => super::fresh::apply(state, *operation, (plate, barcode.as_ref(), why), at),
        Event::Stop { kind, .. } => {
            super::inputs::stop(state, *kind);
            super::stops::apply(state, *kind);
        }
        Event::Unreachable { instrument, why } => {
            state.unreachable.insert(instrument.clone(), why.clone());
            state
                .reach_changes
                .push((at, instrument.clone(), Some(why.clone())));
        }
        Event::Reachable { instrument } => {
            state.unreachable.remove(instrument);
            state.reach_changes.push((at, instrument.clone(), None));
        }
        Event::InputChanged { input, level, why } => super::inputs::changed(state, input, *level, why, at),
        Event::ParkingBegan { parking } => {
            state.parking = Some(super::park::Course::new(parking.clone()));
        }
        Event::ParkingEnded => state.parking = None,
        Event::Repaired { repair, by, why } => {
            super::repair::apply(state, repair, at);
            let said = (at, by.clone(), repair.clone(), why.clone());
            state.repairs.push(said);
        }
        Event::NotHalted { instrument, why } => {
            state.not_halted.insert(instrument.clone(), why.clone());
        }
        Event::LeftUnsafe { instrument, why } => {
            state.safe_left.insert(instrument.clone(), why.clone());
        }
        Event::ClocksRead { host, found } => state.host.apply(host, found.as_ref(), at),
        Event::RunEnded { ending } => state.mode = Mode::Ended(ending.clone()),
    }
}

/// The value of an answer to a prompt that wants one; the word that ends the run is no value.
pub(super) fn typed(question: &Question, answer: &str) -> Option<Value> {
    let prompt = question.prompt.as_ref().filter(|p| p.is_typed())?;
    if answer.trim() == Choice::Abort.word() {
        return None;
    }
    prompt.accept(answer).ok().flatten()
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

/// An operation that was over has its turns again: at the head of each queue, before what has not begun.
pub(super) fn queue_again(state: &mut State, operation: OperationId) {
    let Some(planned) = state.plan.operations.get(operation.index()) else {
        return;
    };
    for claim in &planned.claims {
        let turn = Turn {
            operation,
            from: claim.from,
            to: claim.to,
        };
        let queue = state.queues.entry(claim.resource.clone()).or_default();
        let begun = |t: &Turn| {
            let course = state.operations.get(t.operation.index());
            course.is_some_and(|o| matches!(o.status, Status::Running { .. }))
        };
        queue
            .turns
            .retain(|t| t.operation != operation || t.from != claim.from);
        queue.next = queue.next.min(queue.turns.len());
        let held = queue
            .turns
            .iter()
            .skip(queue.next)
            .take_while(|t| begun(t))
            .count();
        queue.turns.insert(queue.next + held, turn);
    }
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
    state.typed.remove(&action);
    // What the instrument has told meanwhile needs nobody's answer any more.
    state
        .questions
        .retain(|_, question| question.action != Some(action));
    state.open.remove(&actor)
}

fn ended(state: &mut State, action: ActionId, done: &Done, at: Timestamp) {
    let Some(open) = take_open(state, action) else {
        return;
    };
    state.actions_done = state.actions_done.saturating_add(1);
    match done {
        Done::Reading { at: read_at, values } => {
            if let (Some(measure), Some(plate)) = (open.intent.action.measure(), open.intent.action.plate()) {
                read(state, &open, (measure, plate), *read_at, values);
            }
        }
        Done::Barcode(Some(code)) => {
            if let Some(plate) = open.intent.action.plate() {
                state.belief.barcodes.insert(plate.clone(), code.clone());
            }
            if matches!(open.intent.action, Action::ReadBarcode { .. }) {
                keep(state, &open, Value::Barcode(code.clone()));
            }
        }
        Done::Answer(answer) => {
            if let Action::Ask(prompt) = &open.intent.action
                && let Ok(Some(value)) = prompt.accept(answer)
            {
                if let (Some(plate), Value::Barcode(code)) = (&prompt.plate, &value) {
                    state.belief.barcodes.insert(plate.clone(), code.clone());
                }
                if let (Some(piece), Value::Barcode(code)) = (&prompt.piece, &value) {
                    state.belief.scanned(piece, code, prompt.leaves);
                }
                keep(state, &open, value);
            }
        }
        Done::Measured {
            at: measured_at,
            amount,
        } => {
            if let (Actor::Instrument(instrument), Some(quantity)) =
                (&open.actor, open.intent.action.quantity())
            {
                let step = state.step_of(open.operation, open.phase).cloned();
                state.measurements.push(Measurement {
                    step: step.unwrap_or_else(|| StepId::new("")),
                    instrument: instrument.clone(),
                    quantity: quantity.clone(),
                    amount: *amount,
                    at: *measured_at,
                });
            }
            keep(state, &open, Value::Number(amount.value()));
        }
        Done::Unknown => super::doubt::unknown(state, &open.intent),
        Done::Plain | Done::Barcode(None) => {
            super::pins::done(state, &open);
            super::again::took_place(state, &open);
            super::doubt::carried_on(state, &open.intent.action);
        }
    }
    let (operation, action) = (open.operation, &open.intent.action);
    super::held::in_hand(state, &open.actor, action, true);
    state.safe_path.took_place(operation, &open.actor, action);
    if let Actor::Instrument(id) = &open.actor {
        state.worked.insert(id.clone());
        if let (Some(course), super::PARKING) = (&mut state.parking, operation) {
            course.took_place(id, action);
        }
    }
    let station = match &open.actor {
        Actor::Instrument(id) => state.stations.get(id),
        Actor::Operator => None,
    };
    match (station, &open.intent.action) {
        (Some(nest), Action::Shake { speed }) => state.belief.station_shakes(nest, speed.is_some(), at),
        _ => state.belief.took_place(&state.plan, &open.intent.action, at),
    }
    if let (Action::Retrieve { plate, .. }, Actor::Instrument(id)) = (&open.intent.action, &open.actor)
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

/// Keeps a value under the step that asked for it.
fn keep(state: &mut State, open: &OpenIntent, value: Value) {
    if let Some(step) = state.step_of(open.operation, open.phase).cloned() {
        state.values.insert(step, value);
    }
}

/// Keeps a reading. What is read in one visit (several wavelengths, fluorescence beside absorbance) is one member of its
/// series: the visit's first read sets its time, its lateness and the time that the plate was shaken before.
fn read(
    state: &mut State,
    open: &OpenIntent,
    (measure, plate): (Measure, &PlateId),
    at: Timestamp,
    values: &[Option<Absorbance>],
) {
    let Some(step) = state.step_of(open.operation, open.phase).cloned() else {
        return;
    };
    let area = open.intent.action.area().map(|scan| {
        let wells = values.chunks(usize::from(scan.count().max(1)));
        let wells = wells.map(<[_]>::to_vec).collect();
        Area { scan, wells }
    });
    let values = match &area {
        Some(area) => area.wells.iter().map(|points| AreaScan::mean(points)).collect(),
        None => values.to_vec(),
    };
    let cadence = state.operation(open.operation).and_then(|o| o.cadence);
    if let Some(cadence) = cadence.filter(|c| c.index == 0) {
        state.series_start.entry(cadence.series).or_insert(at);
    }
    let of_plate = |r: &&Reading| r.plate == *plate && r.step == step;
    let before = state
        .readings
        .iter()
        .filter(of_plate)
        .filter(|r| r.measure == measure && r.area.as_ref().map(|a| a.scan) == open.intent.action.area());
    let before = u32::try_from(before.count()).unwrap_or(u32::MAX);
    let first = state
        .readings
        .iter()
        .filter(of_plate)
        .find(|r| r.operation == open.operation);
    let shaken = state.belief.shaken.get(plate).copied().unwrap_or_default();
    let (late, shaken) = match first {
        Some(first) => (first.late, first.shaken),
        None => (state.lateness(open.operation, at), shaken),
    };
    state.readings.push(Reading {
        plate: plate.clone(),
        step,
        operation: open.operation,
        index: cadence.map_or(before, |c| c.index),
        at,
        measure,
        lidded: state.belief.lids.get(plate) == Some(&super::Lid::On),
        late,
        shaken,
        values,
        marks: super::doubt::marks(state, plate),
        area,
        commissioning: state
            .plan
            .commissioning
            .as_ref()
            .map(crate::plan::Commissioning::words),
    });
}

/// Steps past a finished action; at the end of a phase, its claims are given back.
fn advance(state: &mut State, operation: OperationId, phase: u16, index: u32) {
    reach(state, operation, phase, index.saturating_add(1), true);
}

/// Steps past phases of which nothing is left.
pub(super) fn pass_empty(state: &mut State, operation: OperationId) {
    if let Status::Running {
        phase,
        index,
        entered,
    } = state.status(operation)
    {
        reach(state, operation, phase, index, entered);
    }
}

/// Makes an action the next one; past the end of a phase, the first of the next phase that has any.
fn reach(state: &mut State, operation: OperationId, phase: u16, next: u32, entered: bool) {
    let (_, count) = state.action(operation, phase, next);
    let phases = state.operation(operation).map_or(0, |o| o.phases.len());
    let mut status = Status::Running {
        phase,
        index: next,
        entered,
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

pub(super) fn over(state: &mut State, operation: OperationId, status: Status, at: Timestamp) {
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
