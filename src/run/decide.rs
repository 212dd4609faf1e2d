//! What to do next, from the state and the time alone.

use super::event::Ending;
use super::park::Parking;
use super::state::{Mode, State, Status};
use crate::plan::{Action, Actor, Compute, Finding, OperationId, PlateId, VolumeMethod};
use crate::rig::InstrumentId;
use crate::units::Timestamp;

/// Something the engine must do now.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Begin an operation.
    Start(OperationId),
    /// Leave an operation out.
    Skip(OperationId, String),
    /// Perform the next action of a running operation.
    Perform {
        /// Its operation.
        operation: OperationId,
        /// Its phase.
        phase: u16,
        /// Its index.
        index: u32,
        /// Who performs it.
        actor: Actor,
        /// What.
        action: Action,
        /// True for the first action of a phase: zones must be proven clear first.
        entering: bool,
    },
    /// Calculate.
    Compute(OperationId, Compute),
    /// Declare an operation ended.
    End(OperationId),
    /// A step on the way into an instrument's safe state, after an abort.
    MakeSafe {
        /// Who.
        instrument: InstrumentId,
        /// What.
        action: Action,
    },
    /// Plates that can be parked now begin to be.
    BeginParking(Parking),
    /// A step of parking, or of bringing plates back.
    Carry {
        /// Who.
        instrument: InstrumentId,
        /// What.
        action: Action,
    },
    /// Every plate is back.
    EndParking,
    /// Declare the run ended.
    EndRun(Ending),
}

/// Everything that can be done now, and when to look again if nothing else happens.
pub fn decide(state: &State, now: Timestamp) -> (Vec<Effect>, Option<Timestamp>) {
    let mut effects = Vec::new();
    let mut wake: Option<Timestamp> = None;
    match &state.mode {
        Mode::Preparing | Mode::Ended(_) => return (effects, None),
        // Operations stay open; what is under way comes to its end.
        Mode::Held => return (parking(state).into_iter().collect(), None),
        Mode::Halted => return (effects, None),
        Mode::Aborting => {
            // The engine carries these out once nothing it started is under way any more.
            let next = (!state.distrusted).then(|| super::safe::next(state)).flatten();
            effects.push(match next {
                Some((instrument, action)) => Effect::MakeSafe { instrument, action },
                None => Effect::EndRun(Ending::Aborted),
            });
            return (effects, None);
        }
        // First every plate is brought back to where it was.
        Mode::Running if state.parking.is_some() => {
            return (parking(state).into_iter().collect(), None);
        }
        Mode::Paused => effects.extend(parking(state)),
        Mode::Running => {}
    }
    let mut all_over = true;
    for (operation, course) in state
        .plan
        .operations
        .iter()
        .zip(&state.operations)
        .skip(state.first_open)
    {
        match course.status {
            Status::Ended | Status::Skipped => {}
            Status::Running {
                phase,
                index,
                entered,
            } => {
                all_over = false;
                if usize::from(phase) >= operation.phases.len() {
                    effects.push(Effect::End(operation.id));
                } else if let Some(effect) = next_action(state, operation.id, phase, index, entered) {
                    effects.push(effect);
                }
            }
            Status::Waiting => {
                all_over = false;
                if let Some(effect) = start(state, operation.id, now, &mut wake) {
                    effects.push(effect);
                }
            }
        }
    }
    if all_over && state.open.is_empty() {
        effects.push(Effect::EndRun(Ending::Completed));
    }
    (effects, wake)
}

/// The next step of parking, or of bringing plates back.
fn parking(state: &State) -> Option<Effect> {
    let carry = |(instrument, action)| Effect::Carry { instrument, action };
    if !super::park::is_quiet(state) {
        return None;
    }
    match (&state.parking, state.mode == Mode::Running) {
        (Some(course), true) => {
            let step = super::park::outwards(state, course);
            Some(step.map_or(Effect::EndParking, carry))
        }
        (Some(course), false) if state.park_wanted => super::park::inwards(state, course).map(carry),
        (None, false) if state.park_wanted => Some(Effect::BeginParking(super::park::survey(state))),
        _ => None,
    }
}

/// Whether this is still the next step of parking, or of bringing plates back: a person may have let the run go on, or repaired
/// what is believed, while it was being tried.
pub fn is_next_of_parking(state: &State, instrument: &InstrumentId, action: &Action) -> bool {
    let standing = matches!(state.mode, Mode::Running | Mode::Paused | Mode::Held);
    let step = parking(state).filter(|_| standing);
    matches!(step, Some(Effect::Carry { instrument: who, action: what }) if who == *instrument && what == *action)
}

fn next_action(state: &State, id: OperationId, phase: u16, index: u32, entered: bool) -> Option<Effect> {
    let operation = state.operation(id)?;
    let (action, _) = state.action(id, phase, index);
    let action = action?;
    let pump = action.pump().cloned().map(Actor::Instrument);
    let actor = match pump {
        Some(pump) => pump,
        None => operation.phases.get(usize::from(phase))?.actor.clone(),
    };
    if state.open.contains_key(&actor) || state.open.values().any(|o| o.operation == id) {
        return None;
    }
    if !entered && !may_enter(state, id, phase) {
        return None;
    }
    // An open door, or one that was open: no new action begins, whatever is under way comes to its end.
    if let Actor::Instrument(instrument) = &actor
        && state.interlocked(instrument).is_some()
    {
        return None;
    }
    Some(Effect::Perform {
        operation: id,
        phase,
        index,
        actor,
        action,
        entering: index == 0,
    })
}

/// Whether every claim that covers a phase is at the head of its resource's queue: those of earlier phases are held
/// already, but for phases of which nothing was left to do.
fn may_enter(state: &State, id: OperationId, phase: u16) -> bool {
    let Some(operation) = state.operation(id) else {
        return false;
    };
    operation
        .claims
        .iter()
        .filter(|c| c.from <= phase && phase <= c.to)
        .all(|claim| {
            state
                .queues
                .get(&claim.resource)
                .and_then(|q| q.turns.get(q.next))
                .is_some_and(|turn| turn.operation == id && turn.from == claim.from)
        })
}

fn start(state: &State, id: OperationId, now: Timestamp, wake: &mut Option<Timestamp>) -> Option<Effect> {
    let operation = state.operation(id)?;
    if let Some(why) = state.left_out.get(&id) {
        return Some(Effect::Skip(id, why.clone()));
    }
    // Most operations of a plan wait for their time and for nothing else: they are looked at after every action.
    let plain = operation.only_if_hits.is_none() && operation.when.is_empty() && operation.compute.is_none();
    if plain && !operation.phases.is_empty() && state.mode == Mode::Running {
        let due = state.due(id);
        if now < due {
            *wake = Some(wake.map_or(due, |w| w.min(due)));
            return None;
        }
    }
    let mut earliest = Timestamp::default();
    for after in &operation.after {
        let course = state.operations.get(after.operation.index())?;
        if !course.status.is_over() {
            return None;
        }
        let ended = course.ended?;
        let from = if after.from_start {
            course.started.unwrap_or(ended)
        } else {
            ended
        };
        let min = if after.to_end {
            after.min.minus(operation.duration())
        } else {
            after.min
        };
        earliest = earliest.max(ended).max(from.plus(min));
    }
    if let Some(step) = &operation.only_if_hits {
        match state.findings.get(step) {
            Some(Finding::Hits { picklist, .. }) if picklist.picks.is_empty() => {
                return Some(Effect::Skip(id, format!("step \"{step}\" found no hits")));
            }
            Some(Finding::FailedPicks { rows }) => {
                if let Some(why) = super::again::nothing(operation, step, rows) {
                    return Some(Effect::Skip(id, why));
                }
            }
            Some(_) => {}
            None => return Some(Effect::Skip(id, format!("step \"{step}\" was not carried out"))),
        }
    }
    if let Some(why) = super::data::left_out(state, &operation.when) {
        return Some(Effect::Skip(id, why));
    }
    if let Some(compute) = &operation.compute {
        return Some(match without(state, compute) {
            Ok(compute) => Effect::Compute(id, compute),
            Err(why) => Effect::Skip(id, why),
        });
    }
    if state.mode == Mode::Paused {
        return None;
    }
    if operation.phases.is_empty() {
        // It is over when its time has come: nobody works in it.
        if now < earliest {
            *wake = Some(wake.map_or(earliest, |w| w.min(earliest)));
            return None;
        }
        return Some(Effect::End(id));
    }
    let due = earliest.max(state.due(id));
    if now < due {
        *wake = Some(wake.map_or(due, |w| w.min(due)));
        return None;
    }
    if let Some(why) = missed(state, id, now) {
        return Some(Effect::Skip(id, why));
    }
    may_enter(state, id, 0).then_some(Effect::Start(id))
}

/// A calculation without the plates that are given up; why it is left out, where nothing is left of it.
fn without(state: &State, compute: &Compute) -> Result<Compute, String> {
    let gone = |plate: &PlateId| state.given_up.contains_key(plate);
    let left_out = |plate: &PlateId| Err(format!("given up: {plate}"));
    match compute {
        Compute::Growth(growth) => {
            let mut growth = growth.clone();
            growth.plates.retain(|p| !gone(p));
            if growth.plates.is_empty() {
                return Err("all its plates were given up".to_owned());
            }
            Ok(Compute::Growth(growth))
        }
        Compute::Hits(hits) if gone(&hits.source) => left_out(&hits.source),
        Compute::Hits(hits) if gone(&hits.target) => left_out(&hits.target),
        Compute::Endpoint(endpoint) if gone(&endpoint.plate) => left_out(&endpoint.plate),
        Compute::FailedPicks(failed) if failed.wells.iter().all(|(plate, _)| gone(plate)) => {
            Err("all its plates were given up".to_owned())
        }
        Compute::Volumes(volumes) => match &volumes.method {
            VolumeMethod::Dye { plate, .. } if gone(plate) => left_out(plate),
            _ => Ok(compute.clone()),
        },
        other => Ok(other.clone()),
    }
}

/// A member of a series is left out once the next member's own target is nearer than its own: two reads in one
/// window say nothing that one does not, and would push the others out of theirs.
fn missed(state: &State, id: OperationId, now: Timestamp) -> Option<String> {
    let operation = state.operation(id)?;
    let cadence = operation.cadence.filter(|c| c.index > 0)?;
    let late = now.since(state.due(id));
    let next_exists = state.plan.operations.iter().any(|o| {
        o.cadence
            .is_some_and(|c| c.series == cadence.series && c.index == cadence.index + 1)
    });
    (next_exists && late > cadence.every.minus(cadence.tolerance)).then(|| {
        format!(
            "its time window passed {} ago; the next of the series is due",
            late.minus(cadence.tolerance)
        )
    })
}
