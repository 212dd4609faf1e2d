//! Giving a plate up: by hand where it stands in the way, else by what is left of its operation.

use super::act::{Job, describe};
use super::core::{EngineError, Shared};
use super::prompt::{Asking, ask};
use crate::devices::Failure;
use crate::plan::{Actor, LoadItem, Prompt, PromptKind};
use crate::run::{
    Choice, Event, GivenUp, GivenUpWell, WayOut, at_hand, given_up_with, way_out, wells_at_hand,
    wells_given_up_with,
};

/// Gives up the plate that a failed action is about, of which nothing took place. False where it is about none, or about
/// one that is given up already: then a person is asked.
pub(super) async fn plate(shared: &Shared, job: &Job, failure: &Failure) -> Result<bool, EngineError> {
    let found = shared.with_state(|s| {
        let plate = at_hand(s, job.operation)?;
        (!s.given_up.contains_key(&plate)).then(|| (way_out(s, job.operation, &plate), plate))
    });
    let Some((way, plate)) = found else {
        return Ok(false);
    };
    let why = why(job, failure);
    let taken = match way {
        WayOut::Rests | WayOut::Carried => false,
        WayOut::ByHand { nest, lid } => {
            let also = lid.as_ref().map(|lid| format!(", and its lid from {lid}"));
            let text = format!(
                "Plate {plate} is given up: {why}. Take it away from {nest}{}, then confirm.",
                also.unwrap_or_default()
            );
            let item = LoadItem::TakePlate {
                plate: plate.clone(),
                nest,
                lid,
            };
            let prompt = Prompt {
                kind: PromptKind::Load,
                text: text.clone(),
                items: vec![item],
                ..Prompt::default()
            };
            let asking = Asking {
                operation: job.operation,
                action: None,
                actor: Actor::Operator,
                text,
                prompt: Some(prompt),
                look: None,
                choices: vec![Choice::Done, Choice::Abort],
            };
            if ask(shared, asking).await? != Some(Choice::Done) {
                // The run is being aborted.
                return Ok(true);
            }
            true
        }
    };
    let first = GivenUp { plate, why, taken };
    let at = shared.clock.now();
    let plates = shared.with_state(|s| given_up_with(s, job.operation, first, at));
    let event = Event::GivenUp {
        operation: job.operation,
        plates,
        wells: Vec::new(),
    };
    shared.record_durably(&event).await?;
    Ok(true)
}

/// Gives up the wells that a failed movement is for, of which nothing took place. False where it is for none: then a
/// person is asked.
pub(super) async fn wells(shared: &Shared, job: &Job, failure: &Failure) -> Result<bool, EngineError> {
    let found = shared.with_state(|s| wells_at_hand(s, job.operation));
    if found.is_empty() {
        return Ok(false);
    }
    let why = why(job, failure);
    let first = found
        .into_iter()
        .map(|(plate, well)| GivenUpWell {
            plate,
            well,
            why: why.clone(),
        })
        .collect();
    let at = shared.clock.now();
    let wells = shared.with_state(|s| wells_given_up_with(s, job.operation, first, at));
    let event = Event::GivenUp {
        operation: job.operation,
        plates: Vec::new(),
        wells,
    };
    shared.record_durably(&event).await?;
    Ok(true)
}

/// Why something is given up or replaced.
pub(super) fn why(job: &Job, failure: &Failure) -> String {
    format!(
        "{} could not {}: {}",
        job.actor,
        describe(&job.action),
        failure.message
    )
}
