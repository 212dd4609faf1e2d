//! A fresh plate in the place of one that could not be used and holds no sample: a person takes it away and brings another.

use super::act::{Job, Outcome, attempt};
use super::core::{EngineError, Shared};
use super::give_up::why;
use super::prompt::{Asking, Reply, ask, reply};
use crate::devices::Failure;
use crate::plan::{Action, Actor, Prompt, PromptKind, Value};
use crate::rig::InstrumentId;
use crate::run::{Choice, Event, Fresh, fresh};

/// Has the plate that a failed action is about replaced; nothing of the action took place. False where that cannot be: then
/// a person is asked.
pub(super) async fn plate(shared: &Shared, job: &Job, failure: &Failure) -> Result<bool, EngineError> {
    let Some(fresh) = shared.with_state(|s| fresh(s, job.operation)) else {
        return Ok(false);
    };
    if let Some(id) = &fresh.closed
        && !tray(shared, job, id, Action::OpenTray).await?
    {
        return Ok(false);
    }
    let why = why(job, failure);
    let Some(barcode) = exchange(shared, job, &fresh, &why).await? else {
        // The run is being aborted.
        return Ok(true);
    };
    let event = Event::Replaced {
        operation: job.operation,
        plate: fresh.plate.clone(),
        barcode,
        why,
    };
    shared.record_durably(&event).await?;
    match &fresh.closed {
        Some(id) => tray(shared, job, id, Action::CloseTray).await,
        None => Ok(true),
    }
}

/// Opens or closes the tray or door of an instrument besides the plan; false where it failed.
async fn tray(shared: &Shared, job: &Job, id: &InstrumentId, action: Action) -> Result<bool, EngineError> {
    let job = Job {
        operation: job.operation,
        phase: job.phase,
        index: job.index,
        actor: Actor::Instrument(id.clone()),
        action,
        entering: false,
    };
    Ok(matches!(attempt(shared, &job).await?, Outcome::Over))
}

/// A person takes the plate away, brings a fresh one, and scans its barcode where the group has barcodes. The inner none is a
/// plate without barcode; the outer one, that the run is being aborted.
async fn exchange(
    shared: &Shared,
    job: &Job,
    fresh: &Fresh,
    why: &str,
) -> Result<Option<Option<String>>, EngineError> {
    let Fresh { plate, nest, .. } = fresh;
    let asking = |text: String, prompt: Prompt, choices: Vec<Choice>| Asking {
        operation: job.operation,
        action: None,
        actor: Actor::Operator,
        text: text.clone(),
        prompt: Some(Prompt { text, ..prompt }),
        look: None,
        choices,
    };
    let text = format!(
        "Plate {plate} cannot be used: {why}. Take it away from {nest} and put a fresh one there, then confirm."
    );
    let load = Prompt {
        kind: PromptKind::Load,
        items: fresh.items.clone(),
        ..Prompt::default()
    };
    if ask(shared, asking(text, load, vec![Choice::Done, Choice::Abort])).await? != Some(Choice::Done) {
        return Ok(None);
    }
    if !fresh.coded {
        return Ok(Some(None));
    }
    let text = format!("Scan the barcode of the fresh plate {plate} at {nest}.");
    let scan = Prompt {
        kind: PromptKind::Barcode,
        plate: Some(plate.clone()),
        at: Some(nest.clone()),
        ..Prompt::default()
    };
    match reply(shared, asking(text, scan, vec![Choice::Abort])).await? {
        Some(Reply::Value(Value::Barcode(code))) => Ok(Some(Some(code))),
        _ => Ok(None),
    }
}
