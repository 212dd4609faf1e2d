//! Homing that a person orders in the middle of a run, after an instrument has lost its positions.
//!
//! Never by itself: the way must be clear, and what tips hold would be drawn into the pipette.

use super::act::{Job, Outcome, attempt};
use super::core::{EngineError, Shared};
use super::zone::prove_own_clear;
use crate::devices::Failure;
use crate::plan::{Action, Actor};
use crate::rig::{InstrumentId, Role};

/// Whether homing can bring an instrument back into the run; otherwise why not, and what to do.
pub(super) fn possible(shared: &Shared, who: &InstrumentId) -> Result<(), String> {
    let Some(instrument) = shared.rig.instruments.get(who) else {
        return Err(String::new());
    };
    let (open, tips) = shared.with_state(|s| {
        let open = s.open.contains_key(&Actor::Instrument(who.clone()));
        let tips = match &instrument.role {
            Role::LiquidHandler(handler) => handler
                .pipettes
                .keys()
                .any(|p| s.belief.tips_on.get(p).is_some_and(|n| *n > 0)),
            _ => false,
        };
        (open, tips)
    });
    if matches!(instrument.role, Role::Pump(_)) {
        return Err(format!(
            "; in this run it cannot find its zero, as what its syringe holds would come out of the probe wherever that is: \
             abort, and begin a new run, which washes and primes {who} first"
        ));
    }
    if open {
        return Err(format!(
            "; first it must be known what became of the action of {who} that is still open"
        ));
    }
    if tips {
        return Err(format!(
            "; with tips on it cannot be homed, as homing draws what they hold into the pipette: hold the run, take the \
             tips off {who} by hand and say so (plated repair tips-off), or abort"
        ));
    }
    Ok(())
}

/// What to look at before it.
pub(super) fn advice(who: &InstrumentId) -> String {
    format!("; look that nothing is in the way of {who}, then answer home")
}

/// Homes an instrument within an operation (a station initialises), and parks a gantry, so that others may pass. The inner error says what
/// prevented it, and with whom: another body that stands in the zone must find its own positions first.
pub(super) async fn home(
    shared: &Shared,
    job: &Job,
    who: &InstrumentId,
) -> Result<Result<(), (InstrumentId, Failure)>, EngineError> {
    let role = shared.rig.instruments.get(who).map(|i| &i.role);
    let gantry = matches!(role, Some(Role::LiquidHandler(_)));
    if gantry && let Err(in_the_way) = prove_own_clear(shared, who).await? {
        return Ok(Err(in_the_way));
    }
    let steps: &[Action] = match role {
        Some(Role::LiquidHandler(_)) => &[Action::Home, Action::Park],
        Some(Role::Station(_)) => &[Action::Initialise],
        _ => &[Action::Home],
    };
    for action in steps {
        let job = Job {
            operation: job.operation,
            phase: job.phase,
            index: job.index,
            actor: Actor::Instrument(who.clone()),
            action: action.clone(),
            entering: false,
        };
        // An outcome that had to be found out is recorded; the action that waits for this one tells what is missing.
        if let Outcome::Again(whose, failure) = attempt(shared, &job).await? {
            return Ok(Err((whose, failure)));
        }
    }
    Ok(Ok(()))
}
