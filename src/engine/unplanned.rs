//! Steps that are in no plan: the way into a safe state after an abort, and plates that are parked and brought back.
//!
//! Each is an action like any other: intended, durable, performed, settled. What comes next is for `run::decide` to say.

use super::act::{BACK_OFF, Job, Outcome, RETRIES, attempt, describe};
use super::core::{EngineError, Shared};
use super::prompt::{Asking, ask};
use super::zone::{prove_own_clear, prove_zones};
use crate::devices::Failure;
use crate::plan::{Action, Actor, OperationId};
use crate::rig::{InstrumentId, ZoneId};
use crate::run::{Choice, Event, PARKING, SAFE_PATH, is_next_of_parking, parking_nests};

impl Job {
    fn unplanned(operation: OperationId, instrument: InstrumentId, action: Action) -> Self {
        Self {
            operation,
            phase: 0,
            index: 0,
            actor: Actor::Instrument(instrument),
            action,
            entering: true,
        }
    }

    /// Whether it is in no plan, and may be done while no action of the plan may begin.
    pub(super) fn is_unplanned(&self) -> bool {
        self.operation == SAFE_PATH || self.operation == PARKING
    }

    /// Whether it is a step of parking that is no longer the next one: the run has gone on, or a person has repaired what is
    /// believed.
    pub(super) fn is_past(&self, shared: &Shared) -> bool {
        match (self.operation, &self.actor) {
            (PARKING, Actor::Instrument(id)) => {
                !shared.with_state(|s| is_next_of_parking(s, id, &self.action))
            }
            _ => false,
        }
    }
}

/// Proves that nobody else is where a step goes that no claim speaks of.
pub(super) async fn prove_clear(
    shared: &Shared,
    actor: &InstrumentId,
    action: &Action,
) -> Result<Result<(), (InstrumentId, Failure)>, EngineError> {
    let nests = parking_nests(action).into_iter();
    let mut zones: Vec<ZoneId> = nests
        .filter_map(|nest| shared.rig.nests.get(nest)?.zone.clone())
        .collect();
    zones.sort();
    zones.dedup();
    match prove_own_clear(shared, actor).await? {
        Ok(()) => prove_zones(shared, &zones, actor).await,
        refused => Ok(refused),
    }
}

/// How a step went that was tried as often as makes sense.
enum Went {
    Well,
    /// It stays in doubt: the run is being aborted.
    Open,
    /// It is no longer wanted.
    Past,
    Wrong(String),
}

async fn tried(shared: &Shared, job: &Job) -> Result<Went, EngineError> {
    let mut tries = 0;
    loop {
        if job.is_past(shared) {
            return Ok(Went::Past);
        }
        match attempt(shared, job).await? {
            Outcome::Over => {
                let open = shared.with_state(|s| s.open.contains_key(&job.actor));
                return Ok(if open { Went::Open } else { Went::Well });
            }
            Outcome::Again(_, failure) | Outcome::Undone(_, failure) if tries >= RETRIES => {
                return Ok(Went::Wrong(failure.message));
            }
            Outcome::Again(..) | Outcome::Undone(..) => {
                tries += 1;
                shared.clock.sleep(BACK_OFF).await;
            }
        }
    }
}

/// A step into an instrument's safe state after an abort. Nobody is asked: what fails is left, and said.
pub(super) async fn make_safe(
    shared: &Shared,
    instrument: InstrumentId,
    action: Action,
) -> Result<(), EngineError> {
    let job = Job::unplanned(SAFE_PATH, instrument.clone(), action);
    let why = match tried(shared, &job).await? {
        Went::Well => return Ok(()),
        Went::Past => return Ok(()),
        Went::Open => "nobody knows what became of it".to_owned(),
        Went::Wrong(why) => why,
    };
    let why = format!("could not {}: {why}", describe(&job.action));
    let event = Event::LeftUnsafe { instrument, why };
    Ok(shared.record_durably(&event).await?)
}

/// A step of parking. A person is asked about what fails: until it is mended, nothing goes on.
pub(super) async fn carry(
    shared: &Shared,
    instrument: InstrumentId,
    action: Action,
) -> Result<(), EngineError> {
    let job = Job::unplanned(PARKING, instrument, action);
    loop {
        let why = match tried(shared, &job).await? {
            Went::Well | Went::Open | Went::Past => return Ok(()),
            Went::Wrong(why) => why,
        };
        let asking = Asking {
            operation: PARKING,
            action: None,
            actor: job.actor.clone(),
            text: format!(
                "While plates are parked or brought back, {} could not {}: {why}; look what is in the way, mend it, then answer retry",
                job.actor,
                describe(&job.action)
            ),
            prompt: None,
            look: None,
            choices: vec![Choice::Retry, Choice::Abort],
        };
        if ask(shared, asking).await? != Some(Choice::Retry) {
            return Ok(());
        }
    }
}
