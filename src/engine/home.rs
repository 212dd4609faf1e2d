//! Homing that a person orders in the middle of a run, after an instrument has lost its positions.
//!
//! Never by itself: the way must be clear, and plungers that find their tops draw what tips hold into the pipette. So with tips on,
//! mounts and gantry come first, then a person says what becomes of the tips, and the plungers come last.
//! A mover sets down what it holds before it homes, as long as it knows where it is.

use super::act::{Job, Outcome, attempt, describe, intend};
use super::core::{EngineError, Shared};
use super::prompt::{Asking, ask};
use super::zone::{prove_own_clear, prove_zones};
use crate::devices::{Before, Done, Evidence, Failure, FailureKind, Intent, Moved};
use crate::plan::{Action, Actor, OperationId};
use crate::rig::{Driver, InstrumentId, PipetteId, Role};
use crate::run::{ActionId, Choice, Event};

/// Whether homing can bring an instrument back into the run; otherwise why not, and what to do.
pub(super) fn possible(shared: &Shared, who: &InstrumentId) -> Result<(), String> {
    let Some(instrument) = shared.rig.instruments.get(who) else {
        return Err(String::new());
    };
    if matches!(instrument.role, Role::Pump(_)) {
        return Err(format!(
            "; in this run it cannot find its zero, as what its syringe holds would come out of the probe wherever that is: \
             abort, and begin a new run, which washes and primes {who} first"
        ));
    }
    if shared.with_state(|s| s.open.contains_key(&Actor::Instrument(who.clone()))) {
        return Err(format!(
            "; first it must be known what became of the action of {who} that is still open"
        ));
    }
    Ok(())
}

/// The pipettes of a liquid handler that are believed to have tips on.
fn with_tips(shared: &Shared, who: &InstrumentId) -> Vec<PipetteId> {
    let Some(Role::LiquidHandler(handler)) = shared.rig.instruments.get(who).map(|i| &i.role) else {
        return Vec::new();
    };
    let on = |s: &crate::run::State| {
        let on = |p: &&PipetteId| s.belief.tips_on.get(*p).is_some_and(|n| *n > 0);
        handler.pipettes.keys().filter(on).cloned().collect()
    };
    shared.with_state(on)
}

/// What to look at before it.
pub(super) fn advice(shared: &Shared, who: &InstrumentId) -> String {
    let tips = match with_tips(shared, who).is_empty() {
        true => String::new(),
        false => format!(
            ": its mounts come up first, then it finds its way across; its plungers stay where they are until you have said what \
             becomes of the tips on {who}"
        ),
    };
    format!("; look that nothing is in the way of {who}, then answer home{tips}")
}

/// Why an action cannot be done that needs tips where none are on any more, and what to do.
pub(super) fn without_tips(shared: &Shared, job: &Job) -> Option<Failure> {
    let pipette = match &job.action {
        Action::Aspirate { pipette, .. }
        | Action::Dispense { pipette, .. }
        | Action::AirGap { pipette, .. }
        | Action::TouchTip { pipette, .. }
        | Action::BlowOut { pipette, .. }
        | Action::Dip { pipette, .. }
        | Action::DropTips { pipette, .. } => pipette,
        _ => return None,
    };
    if shared.with_state(|s| s.belief.tips_on.contains_key(pipette)) {
        return None;
    }
    let n = job.operation.0;
    Some(Failure::new(
        FailureKind::Unsupported,
        Moved::No,
        format!(
            "the tips of {pipette} were taken off; hold the run (plated hold), leave the rest of the operation out (plated repair skip \
             {n} --why \"…\") or make the bench as it was before and have it done again (plated repair repeat {n} --why \"…\"), and \
             resume; or abort"
        ),
    ))
}

/// How a mover that knows where it is gets rid of a plate that it holds, if it can.
fn set_down(shared: &Shared, who: &InstrumentId) -> Option<Action> {
    let can = match &shared.rig.instruments.get(who)?.driver {
        Driver::Profile(path) => shared.rig.profiles.get(path)?.has_command("set_down"),
        Driver::PreciseFlex(_) => true,
        _ => false,
    };
    can.then_some(())?;
    shared.with_state(|s| s.set_down(who))
}

/// What homing does first with the plate that an actor could not go on for; none where that is not the mover's own, or it
/// cannot be set down.
pub(super) fn sets_down(shared: &Shared, job: &Job, who: &InstrumentId) -> Option<String> {
    let action = set_down(shared, who).filter(|_| job.actor == Actor::Instrument(who.clone()))?;
    Some(format!(
        ", or answer home: then it will {}, and home",
        describe(&action)
    ))
}

/// Whether a plate that was set down stands where the action that waits was to bring it.
pub(super) fn is_there(shared: &Shared, job: &Job) -> bool {
    match &job.action {
        Action::MovePlate { plate, to, .. } => shared.with_state(|s| s.belief.places.get(plate) == Some(to)),
        _ => false,
    }
}

/// Sets down what is in a gripper; one that does not know where it is, or holds nothing, goes on to home, which refuses where
/// something is held.
async fn empty_hands(
    shared: &Shared,
    job: &Job,
    who: &InstrumentId,
) -> Result<Result<(), (InstrumentId, Failure)>, EngineError> {
    let Some(action) = set_down(shared, who) else {
        return Ok(Ok(()));
    };
    // Whoever cannot set anything down homes at once: others may be waiting for that before they prove where they are.
    let ready = shared.device(who)?.lock().await.prepare(&action).await;
    if let Err(failure) = ready {
        return Ok(match failure.kind {
            FailureKind::NotHomed | FailureKind::Refused => Ok(()),
            _ => Err((who.clone(), failure)),
        });
    }
    if let Action::SetDown { to, .. } = &action {
        let zone = shared.rig.nests.get(to).and_then(|nest| nest.zone.clone());
        if let Err(in_the_way) = prove_zones(shared, zone.as_slice(), who).await? {
            return Ok(Err(in_the_way));
        }
    }
    step(shared, job, who, &action).await
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
    if matches!(role, Some(Role::PlateMover(_)))
        && let Err(failed) = empty_hands(shared, job, who).await?
    {
        return Ok(Err(failed));
    }
    let tips = with_tips(shared, who);
    let steps: &[Action] = match role {
        Some(Role::LiquidHandler(_)) if tips.is_empty() => &[Action::Home, Action::Park],
        Some(Role::LiquidHandler(_)) => &[Action::HomeGantry, Action::Park],
        Some(Role::Station(_) | Role::Regulator(_)) => &[Action::Initialise],
        _ => &[Action::Home],
    };
    for action in steps {
        if let Err(failed) = step(shared, job, who, action).await? {
            return Ok(Err(failed));
        }
    }
    // A step that was not begun (the run was held, or is being aborted) is over, too.
    if tips.is_empty() || !shared.may_act() {
        return Ok(Ok(()));
    }
    take_off(shared, job, who, tips).await?;
    if !with_tips(shared, who).is_empty() {
        return Ok(Ok(()));
    }
    step(shared, job, who, &Action::HomePlungers).await
}

async fn step(
    shared: &Shared,
    job: &Job,
    who: &InstrumentId,
    action: &Action,
) -> Result<Result<(), (InstrumentId, Failure)>, EngineError> {
    // An outcome that had to be found out is recorded; the action that waits for this one tells what is missing.
    match attempt(shared, &beside(job, who, action.clone())).await? {
        Outcome::Again(whose, failure) => Ok(Err((whose, failure))),
        Outcome::Over | Outcome::Undone(..) => Ok(Ok(())),
    }
}

/// An action in the middle of another, which waits for it.
fn beside(job: &Job, who: &InstrumentId, action: Action) -> Job {
    Job {
        operation: job.operation,
        phase: job.phase,
        index: job.index,
        actor: Actor::Instrument(who.clone()),
        action,
        entering: false,
    }
}

/// Has a person decide on what tips hold: an intent of the handler's, which stands still meanwhile.
async fn take_off(
    shared: &Shared,
    job: &Job,
    who: &InstrumentId,
    pipettes: Vec<PipetteId>,
) -> Result<(), EngineError> {
    let job = beside(job, who, Action::TakeOffTips { pipettes });
    let intent = Intent {
        action: job.action.clone(),
        before: Before::default(),
    };
    let action = intend(shared, &job, intent.clone()).await?;
    ask_for_tips(shared, job.operation, who, action, &intent).await
}

/// Asks a person to take tips off, and records that it was done; an earlier process may have asked already.
pub(super) async fn ask_for_tips(
    shared: &Shared,
    operation: OperationId,
    who: &InstrumentId,
    action: ActionId,
    intent: &Intent,
) -> Result<(), EngineError> {
    let Action::TakeOffTips { pipettes } = &intent.action else {
        return Ok(());
    };
    let held: Vec<String> = shared.with_state(|s| {
        let words = pipettes.iter().map(|p| s.tips_in_words(operation, p));
        words.collect()
    });
    let text = format!(
        "{who} must find its plungers again, which would draw what its tips hold into the pipette. {}. Take these tips off by hand, \
         with what they hold (what you put back into a well, say afterwards: plated repair volume), then answer done; or abort: they \
         then stay on, and hold what they hold",
        held.join("; ")
    );
    let asking = Asking {
        operation,
        action: Some(action),
        actor: Actor::Instrument(who.clone()),
        text,
        prompt: None,
        look: None,
        choices: vec![Choice::Done, Choice::Abort],
    };
    if ask(shared, asking).await? == Some(Choice::Done) {
        let done = Event::Ended {
            action,
            done: Done::Plain,
            evidence: Some(Evidence::Person),
        };
        shared.record_durably(&done).await?;
    }
    Ok(())
}
