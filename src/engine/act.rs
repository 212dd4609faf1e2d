//! The course of one action: zones clear, prepared, intended, durable, performed, its outcome recorded.

use super::core::{EngineError, Shared};
use super::dwell;
use super::fresh;
use super::give_up;
use super::heartbeat;
use super::home;
use super::prompt::{Asking, Reply, ask, reply};
use super::settle::{Resolution, resolve};
use super::unplanned;
use super::zone::prove_clear;
use crate::devices::{Before, Done, Evidence, Failure, FailureKind, Intent, Moved};
use crate::plan::{Action, Actor, FailureClass, OperationId, Remedy};
use crate::rig::InstrumentId;
use crate::run::{ActionId, Choice, Event, StopKind};
use crate::units::Duration;

/// How often an action of which nothing moved is tried again without asking.
pub(super) const RETRIES: u32 = 3;

/// Pause before another try.
pub(super) const BACK_OFF: Duration = Duration::s(1);

/// One action to carry out.
pub(super) struct Job {
    pub operation: OperationId,
    pub phase: u16,
    pub index: u32,
    pub actor: Actor,
    pub action: Action,
    pub entering: bool,
}

/// Carries an action out to the point where its outcome is known and recorded, or the run is being aborted.
pub(super) async fn carry_out(shared: &Shared, job: Job) -> Result<(), EngineError> {
    if !may_begin(shared, &job).await? {
        return Ok(());
    }
    let mut tries = 0;
    let mut note = String::new();
    // Who must find its positions before the one that the action waits for can.
    let mut first = None;
    loop {
        if !shared.may_act() || shared.interlocked(&job.actor).is_some() {
            // Decided anew when the run goes on.
            return Ok(());
        }
        let outcome = attempt(shared, &job).await?;
        let (who, failure, settled) = match outcome {
            Outcome::Over => return Ok(()),
            Outcome::Again(who, failure) => (who, failure, false),
            Outcome::Undone(who, failure) => (who, failure, true),
        };
        if shared.is_aborting() {
            return Ok(());
        }
        tries += 1;
        let transient = matches!(failure.kind, FailureKind::NoAnswer | FailureKind::Refused);
        let remedy = policy(shared, &job, failure.kind);
        let retries = match remedy {
            Some(Remedy::Retry(times)) => u32::from(times),
            _ if transient => RETRIES,
            // What an instrument has come back from by itself is no reason to wake anybody, unless it goes on.
            None if settled => RETRIES,
            _ => 0,
        };
        if tries <= retries {
            shared.clock.sleep(BACK_OFF).await;
            continue;
        }
        if remedy == Some(Remedy::Abort) {
            let event = Event::Stop {
                kind: StopKind::Abort,
                by: "the protocol's failure policy".into(),
            };
            return Ok(shared.record_durably(&event).await?);
        }
        let remedied = match remedy {
            Some(Remedy::SkipPlate) => give_up::plate(shared, &job, &failure).await?,
            Some(Remedy::SkipWell) => give_up::wells(shared, &job, &failure).await?,
            Some(Remedy::ReplacePlate) => fresh::plate(shared, &job, &failure).await?,
            _ => false,
        };
        if remedied {
            return Ok(());
        }
        let lost = failure.kind == FailureKind::NotHomed;
        let who = first.take().filter(|_| lost).unwrap_or(who);
        let homing = lost.then(|| home::possible(shared, &who));
        let setting_down = match failure.kind {
            FailureKind::Interlock => home::sets_down(shared, &job, &who),
            _ => None,
        };
        let advice = match (&homing, &setting_down) {
            (Some(Ok(())), _) => home::advice(shared, &who),
            (Some(Err(why)), _) => why.clone(),
            (None, Some(how)) => how.clone(),
            (None, None) => String::new(),
        };
        let text = format!(
            "{} could not {}: {}{advice}{note}",
            job.actor,
            describe(&job.action),
            failure.message
        );
        note.clear();
        let choices: &[Choice] = match failure.kind {
            FailureKind::Mismatch => &[Choice::Retry, Choice::Accept, Choice::Abort],
            FailureKind::Interlock if setting_down.is_some() => &[Choice::Home, Choice::Retry, Choice::Abort],
            FailureKind::NotHomed if homing == Some(Ok(())) => &[Choice::Home, Choice::Retry, Choice::Abort],
            _ => &[Choice::Retry, Choice::Abort],
        };
        let asking = Asking {
            operation: job.operation,
            action: None,
            actor: job.actor.clone(),
            text,
            prompt: None,
            look: None,
            choices: choices.to_vec(),
        };
        match ask(shared, asking).await? {
            Some(Choice::Retry) => tries = 0,
            Some(Choice::Accept) => {
                return accept(shared, &job, Done::Barcode(None), Evidence::Person).await;
            }
            Some(Choice::Home) => {
                tries = 0;
                if let Err((whose, failure)) = home::home(shared, &job, &who).await? {
                    note = format!("; homing {who} failed: {}", failure.message);
                    first = Some(whose);
                } else if home::is_there(shared, &job) && shared.may_act() {
                    return accept(shared, &job, Done::Plain, Evidence::Measured).await;
                }
            }
            _ => return Ok(()),
        }
    }
}

/// In a run that goes step by step, a person lets each action begin; a request to a person is none. False when the run is
/// being aborted.
async fn may_begin(shared: &Shared, job: &Job) -> Result<bool, EngineError> {
    let stepping = shared.with_state(|s| s.plan.commissioning.as_ref().is_some_and(|c| c.step));
    if !stepping || job.actor == Actor::Operator || !shared.may_act() {
        return Ok(true);
    }
    let asking = Asking {
        operation: job.operation,
        action: None,
        actor: job.actor.clone(),
        text: format!("{} would now {}", job.actor, describe(&job.action)),
        prompt: None,
        look: None,
        choices: vec![Choice::Next, Choice::Abort],
    };
    Ok(ask(shared, asking).await? == Some(Choice::Next))
}

/// What the protocol says is done about a failure of which nothing moved.
fn policy(shared: &Shared, job: &Job, kind: FailureKind) -> Option<Remedy> {
    let class = match kind {
        FailureKind::Refused => FailureClass::Refused,
        FailureKind::NoAnswer => FailureClass::NoAnswer,
        FailureKind::Fault => FailureClass::Fault,
        FailureKind::Interlock => FailureClass::Interlock,
        FailureKind::Mismatch => FailureClass::Mismatch,
        FailureKind::Unsupported | FailureKind::NotHomed => return None,
    };
    shared.with_state(|s| s.operation(job.operation)?.on_failure.0.get(&class).copied())
}

pub(super) enum Outcome {
    /// The outcome is recorded, or the run is being aborted.
    Over,
    /// Nothing moved; it may be tried again. With the instrument that it failed for.
    Again(InstrumentId, Failure),
    /// It was in doubt and was found not to have taken place; that is recorded, and it may be tried again.
    Undone(InstrumentId, Failure),
}

pub(super) async fn attempt(shared: &Shared, job: &Job) -> Result<Outcome, EngineError> {
    if let (Action::Dwell { .. }, Actor::Instrument(id), true) = (&job.action, &job.actor, job.entering)
        && let Err((who, failure)) = way_is_clear(shared, job, id).await?
    {
        return Ok(Outcome::Again(who, failure));
    }
    if let Action::Dwell { duration } = job.action {
        let intent = Intent {
            action: job.action.clone(),
            before: dwell::before(shared.clock.now(), duration),
        };
        let action = intend(shared, job, intent.clone()).await?;
        dwell::until_over(shared, action, &intent, None).await?;
        return Ok(Outcome::Over);
    }
    let Actor::Instrument(id) = &job.actor else {
        person(shared, job).await?;
        return Ok(Outcome::Over);
    };
    if let Some(failure) = home::without_tips(shared, job) {
        return Ok(Outcome::Again(id.clone(), failure));
    }
    let whole = shared.device(id)?;
    let mut device = whole.lock().await;
    if let Err(failure) = heartbeat::answers_again(shared, id, device.as_mut()).await? {
        return Ok(Outcome::Again(id.clone(), failure));
    }
    let before = match device.prepare(&job.action).await {
        Ok(before) => before,
        Err(failure) => return Ok(Outcome::Again(id.clone(), failure)),
    };
    if job.entering || carries(&job.action) {
        // Last of all, as what the others answered gets old while the instrument is asked; and nobody holds one
        // instrument while waiting for another.
        drop(device);
        if let Err((who, failure)) = way_is_clear(shared, job, id).await? {
            return Ok(Outcome::Again(who, failure));
        }
        device = whole.lock().await;
    }
    if let Some(why) = shared.interlocked(&job.actor) {
        let failure = Failure::new(FailureKind::Interlock, Moved::No, why);
        return Ok(Outcome::Again(id.clone(), failure));
    }
    // Much may have been decided while the instrument was asked.
    if (!job.is_unplanned() && !shared.may_act()) || job.is_past(shared) {
        return Ok(Outcome::Over);
    }
    let intent = Intent {
        action: job.action.clone(),
        before,
    };
    let action = intend(shared, job, intent.clone()).await?;
    let result = device.perform(&intent).await;
    drop(device);
    let failure = match result {
        Ok(done) => {
            shared
                .record_durably(&Event::Ended {
                    action,
                    done,
                    evidence: None,
                })
                .await?;
            return Ok(Outcome::Over);
        }
        Err(failure) => failure,
    };
    shared
        .record_durably(&Event::Failed {
            action,
            failure: failure.clone(),
        })
        .await?;
    if failure.moved == Moved::No {
        shared
            .record_durably(&Event::NotDone {
                action,
                evidence: Evidence::Measured,
            })
            .await?;
        return Ok(Outcome::Again(id.clone(), failure));
    }
    match resolve(shared, job.operation, id, action, &intent, Some(&failure)).await? {
        Resolution::Done | Resolution::Left => Ok(Outcome::Over),
        // A person who says that it was not done has looked, and wants it done: the run loop decides the same action anew.
        Resolution::NotDone(Evidence::Person)
            if !policy(shared, job, failure.kind).is_some_and(Remedy::is_final) =>
        {
            Ok(Outcome::Over)
        }
        Resolution::NotDone(_) => Ok(Outcome::Undone(id.clone(), failure)),
    }
}

/// Proves that nobody else is where an action comes.
async fn way_is_clear(
    shared: &Shared,
    job: &Job,
    id: &InstrumentId,
) -> Result<Result<(), (InstrumentId, Failure)>, EngineError> {
    match job.is_unplanned() {
        true => unplanned::prove_clear(shared, id, &job.action).await,
        false => prove_clear(shared, job.operation, job.phase, id).await,
    }
}

/// Whether an arm sets out for it from outside, whatever it did before.
const fn carries(action: &Action) -> bool {
    matches!(
        action,
        Action::MovePlate { .. } | Action::RemoveLid { .. } | Action::ReplaceLid { .. }
    )
}

/// Records an intent and returns when it is durable: only then may the first byte leave.
pub(super) async fn intend(shared: &Shared, job: &Job, intent: Intent) -> Result<ActionId, EngineError> {
    let action = ActionId(shared.with_state(|s| s.next_action));
    let event = Event::Intended {
        action,
        operation: job.operation,
        phase: job.phase,
        index: job.index,
        actor: job.actor.clone(),
        intent,
    };
    shared.record(&event)?;
    if shared.safeguards.intent {
        shared.commit().await?;
    }
    Ok(action)
}

async fn person(shared: &Shared, job: &Job) -> Result<(), EngineError> {
    let intent = Intent {
        action: job.action.clone(),
        before: Before::default(),
    };
    let action = intend(shared, job, intent).await?;
    ask_person(shared, job.operation, action, &job.action).await
}

/// Asks a person to do what an action says and records that it was done.
pub(super) async fn ask_person(
    shared: &Shared,
    operation: OperationId,
    action: ActionId,
    what: &Action,
) -> Result<(), EngineError> {
    let prompt = match what {
        Action::Ask(prompt) => Some(shared.with_state(|s| s.present(prompt.clone()))),
        _ => None,
    };
    let text = prompt.as_ref().map_or_else(|| describe(what), |p| p.text.clone());
    let asking = Asking {
        operation,
        action: Some(action),
        actor: Actor::Operator,
        text,
        choices: match &prompt {
            Some(prompt) if prompt.is_typed() => vec![Choice::Abort],
            _ => vec![Choice::Done, Choice::Abort],
        },
        prompt,
        look: None,
    };
    let answer = match reply(shared, asking).await? {
        Some(Reply::Choice(Choice::Done)) => Some(Choice::Done.word().to_owned()),
        Some(Reply::Value(value)) => Some(value.to_string()),
        _ => None,
    };
    if let Some(answer) = answer {
        let done = Done::Answer(answer);
        shared
            .record_durably(&Event::Ended {
                action,
                done,
                evidence: Some(Evidence::Person),
            })
            .await?;
    }
    Ok(())
}

/// What was found is accepted in place of what was expected, or of what was to be done.
async fn accept(shared: &Shared, job: &Job, done: Done, evidence: Evidence) -> Result<(), EngineError> {
    let intent = Intent {
        action: job.action.clone(),
        before: Before::default(),
    };
    let action = intend(shared, job, intent).await?;
    let event = Event::Ended {
        action,
        done,
        evidence: Some(evidence),
    };
    Ok(shared.record_durably(&event).await?)
}

/// An action in words, for questions and messages.
pub fn describe(action: &Action) -> String {
    match action {
        Action::Home => "find its axes".into(),
        Action::HomeGantry => "find its axes but for its plungers".into(),
        Action::TakeOffTips { .. } => "have its tips taken off".into(),
        Action::HomePlungers => "find its plungers".into(),
        Action::Initialise => "initialise".into(),
        Action::Park => "park".into(),
        Action::PickUpTips { at, .. } => format!("pick up tips at {} {}", at.nest, at.well),
        Action::Aspirate { at, volume, .. } => format!("aspirate {volume} from {} {}", at.nest, at.well),
        Action::Dispense { at, volume, .. } => format!("dispense {volume} into {} {}", at.nest, at.well),
        Action::DropTips { at, .. } => format!("drop tips into {}", at.nest),
        Action::MovePlate { plate, from, to } => format!("move plate {plate} from {from} to {to}"),
        Action::SetDown { plate, to } => format!("set plate {plate} down at {to}"),
        Action::RemoveLid { plate, from, to } => format!("move the lid of plate {plate} from {from} to {to}"),
        Action::ReplaceLid { plate, from, to } => {
            format!("lay the lid from {from} onto plate {plate} at {to}")
        }
        Action::Store { plate, slot } => format!("store plate {plate} in {slot}"),
        Action::Retrieve { plate, slot } => format!("bring plate {plate} out of {slot}"),
        Action::ScanBarcode { plate, slot, .. } => format!("read the barcode of plate {plate} in {slot}"),
        Action::Shake { speed: Some(speed) } => format!("shake at {speed}"),
        Action::Shake { speed: None } => "stop shaking".into(),
        Action::SetTemperature { temperature } => format!("hold {temperature}"),
        Action::SetPoint { quantity, to, .. } => format!("set {quantity} to {to}"),
        Action::Measure { quantity, .. } => format!("measure {quantity}"),
        Action::OpenTray => "open the tray".into(),
        Action::CloseTray => "close the tray".into(),
        Action::ReadAbsorbance {
            plate, wavelength, ..
        } => format!("read plate {plate} at {wavelength}"),
        Action::AirGap { at, volume, .. } => format!("draw {volume} of air over {} {}", at.nest, at.well),
        Action::TouchTip { at, .. } => format!("touch the wall of {} {}", at.nest, at.well),
        Action::BlowOut { at, .. } => format!("blow out at {} {}", at.nest, at.well),
        Action::Dip { at, .. } => format!("dip into {} {}", at.nest, at.well),
        Action::Dwell { duration } => format!("wait {duration}"),
        Action::ReadFluorescence {
            plate,
            excitation,
            emission,
            ..
        } => format!("read plate {plate}, {excitation} to {emission}"),
        Action::ReadLuminescence { plate, .. } => format!("read the luminescence of plate {plate}"),
        Action::Seal { plate, .. } => format!("seal plate {plate}"),
        Action::Peel { plate } => format!("peel plate {plate}"),
        Action::Spin {
            plate,
            force,
            duration,
        } => format!("spin plate {plate} at {force} for {duration}"),
        Action::Thermocycle { plate, .. } => format!("thermocycle plate {plate}"),
        Action::ReadBarcode { plate, .. } => format!("read the barcode of plate {plate}"),
        Action::MoveProbe { at, .. } => format!("bring its probe to {} {}", at.nest, at.well),
        Action::MoveNozzle { x, y, z, .. } => format!("bring its nozzle to {x}, {y}, {z}"),
        Action::GoOver { at, .. } => format!("go over {} {}", at.nest, at.well),
        Action::DipPins { at, .. } => format!("bring its pins down at {} {}", at.nest, at.well),
        Action::PumpHome { .. } => "find its plunger's zero".into(),
        Action::Draw { at: None, volume, .. } => format!("draw {volume} from its bottle"),
        Action::Draw {
            at: Some(at),
            volume,
            air,
            ..
        } => {
            let what = if *air { " of air over" } else { " from" };
            format!("draw {volume}{what} {} {}", at.nest, at.well)
        }
        Action::Expel { at, volume, .. } => format!("expel {volume} into {} {}", at.nest, at.well),
        Action::Ask(prompt) => prompt.text.clone(),
    }
}
