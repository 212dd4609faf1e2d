//! In doubt: did it happen? The instrument is asked first, a person last, and nothing is repeated on a guess.

use super::act::{ask_person, describe};
use super::core::{EngineError, Shared};
use super::dwell;
use super::home;
use super::prompt::{Asking, ask};
use crate::devices::{Done, Evidence, Failure, Intent, Settled};
use crate::plan::{Action, Actor, OperationId};
use crate::rig::{InstrumentId, PipetteId, Role};
use crate::run::{ActionId, Choice, Event, Look, OpenIntent};
use crate::units::{Duration, Volume};

/// How often an instrument that does not answer is asked again before a person is.
const TRIES: u32 = 5;

/// Pause between two tries.
const PAUSE: Duration = Duration::s(2);

/// What became of an intent.
pub(super) enum Resolution {
    /// It took place; that is recorded.
    Done,
    /// It did not take place, which is known by this; that is recorded and it may be performed.
    NotDone(Evidence),
    /// It stays open: the run is being aborted.
    Left,
}

/// Takes up an intent that an earlier process left open.
pub(super) async fn take_up(shared: &Shared, open: OpenIntent) -> Result<(), EngineError> {
    if matches!(open.intent.action, Action::Dwell { .. }) {
        return dwell::until_over(shared, open.action, &open.intent, Some(Evidence::Commanded)).await;
    }
    match &open.actor {
        Actor::Operator => ask_person(shared, open.operation, open.action, &open.intent.action).await,
        Actor::Instrument(id) if matches!(open.intent.action, Action::TakeOffTips { .. }) => {
            home::ask_for_tips(shared, open.operation, id, open.action, &open.intent).await
        }
        Actor::Instrument(id) => {
            let failure = open.failure.clone();
            resolve(
                shared,
                open.operation,
                id,
                open.action,
                &open.intent,
                failure.as_ref(),
            )
            .await?;
            Ok(())
        }
    }
}

/// Finds out what became of an open intent and records it.
pub(super) async fn resolve(
    shared: &Shared,
    operation: OperationId,
    id: &InstrumentId,
    action: ActionId,
    intent: &Intent,
    failure: Option<&Failure>,
) -> Result<Resolution, EngineError> {
    let device = shared.device(id)?;
    if !shared.safeguards.settle {
        let evidence = Evidence::Commanded;
        let event = Event::NotDone { action, evidence };
        shared.record_durably(&event).await?;
        return Ok(Resolution::NotDone(evidence));
    }
    let mut tries = 0;
    loop {
        let settled = device.lock().await.settle(intent).await;
        let why = match settled {
            Ok(Settled::Done { done, evidence }) => {
                shared
                    .record_durably(&Event::Ended {
                        action,
                        done,
                        evidence: Some(evidence),
                    })
                    .await?;
                return Ok(Resolution::Done);
            }
            Ok(Settled::NotDone { evidence }) => {
                shared
                    .record_durably(&Event::NotDone { action, evidence })
                    .await?;
                return Ok(Resolution::NotDone(evidence));
            }
            Ok(Settled::Unknown { why }) => why,
            Err(failure) => {
                tries += 1;
                if tries < TRIES {
                    shared.clock.sleep(PAUSE).await;
                    continue;
                }
                failure.message
            }
        };
        let cause = failure
            .map(|f| format!(" It had failed: {}.", f.message))
            .unwrap_or_default();
        let text = format!(
            "Did {id} {}? The instrument cannot tell: {why}.{cause} Look, then answer what is true.",
            describe(&intent.action)
        );
        // A read leaves nothing behind that a person could see, and may be repeated.
        let read = intent.action.measure().is_some();
        let mut choices = vec![Choice::Retry, Choice::NotDone];
        if !read {
            choices.push(Choice::Done);
        }
        if is_stroke(&intent.action) {
            choices.push(Choice::Unknown);
        }
        choices.push(Choice::Abort);
        let asking = Asking {
            operation,
            action: Some(action),
            actor: Actor::Instrument(id.clone()),
            text,
            prompt: None,
            look: look(shared, id, &intent.action),
            choices,
        };
        match ask(shared, asking).await? {
            Some(Choice::Done) => {
                let event = Event::Ended {
                    action,
                    done: Done::Plain,
                    evidence: Some(Evidence::Person),
                };
                shared.record_durably(&event).await?;
                return Ok(Resolution::Done);
            }
            Some(Choice::Unknown) => {
                let event = Event::Ended {
                    action,
                    done: Done::Unknown,
                    evidence: Some(Evidence::Person),
                };
                shared.record_durably(&event).await?;
                return Ok(Resolution::Done);
            }
            Some(Choice::NotDone) => {
                shared
                    .record_durably(&Event::NotDone {
                        action,
                        evidence: Evidence::Person,
                    })
                    .await?;
                return Ok(Resolution::NotDone(Evidence::Person));
            }
            Some(Choice::Retry) => tries = 0,
            _ => return Ok(Resolution::Left),
        }
    }
}

/// Whether an action moves liquid, so that a part of it may have taken place.
const fn is_stroke(action: &Action) -> bool {
    matches!(
        action,
        Action::Aspirate { .. }
            | Action::Dispense { .. }
            | Action::BlowOut { .. }
            | Action::Draw {
                at: Some(_),
                air: false,
                ..
            }
            | Action::Expel { .. }
    )
}

/// What a person can see of an action.
fn look(shared: &Shared, id: &InstrumentId, action: &Action) -> Option<Look> {
    let role = &shared.rig.instruments.get(id)?.role;
    let mount = |pipette: &PipetteId| match role {
        Role::LiquidHandler(handler) => handler.pipettes.get(pipette).map(|p| p.mount.into()),
        _ => None,
    };
    let liquid = |pipette: &PipetteId, holds: Volume, moved: Volume| {
        // A person tells a tip's level from the one before it by at least half of what was moved.
        let margin = Volume::nl(moved.get() / 2);
        Some(Look::Liquid {
            mount: mount(pipette)?,
            from: holds.minus(margin),
            to: holds.plus(margin),
        })
    };
    match action {
        Action::PickUpTips { pipette, .. } => Some(Look::Tip {
            mount: mount(pipette)?,
            done_if_present: true,
        }),
        Action::DropTips { pipette, .. } => Some(Look::Tip {
            mount: mount(pipette)?,
            done_if_present: false,
        }),
        Action::Aspirate {
            pipette,
            volume,
            holding,
            ..
        } => liquid(pipette, holding.plus(*volume), *volume),
        Action::Dispense {
            pipette,
            volume,
            holding,
            ..
        } => liquid(pipette, holding.minus(*volume), *volume),
        Action::MovePlate { to, .. } | Action::SetDown { to, .. } => Some(Look::Plate {
            nest: to.clone(),
            done_if_present: true,
        }),
        Action::RemoveLid { to, .. } | Action::ReplaceLid { to, .. } => Some(Look::Lid {
            nest: to.clone(),
            done_if_present: true,
        }),
        Action::Store { .. } | Action::Retrieve { .. } => match role {
            Role::Incubator(incubator) => Some(Look::Plate {
                nest: incubator.transfer.clone(),
                done_if_present: matches!(action, Action::Retrieve { .. }),
            }),
            _ => None,
        },
        Action::Seal { .. } | Action::Peel { .. } => match role {
            Role::Station(station) => Some(Look::Seal {
                nest: station.nest.clone(),
                done_if_present: matches!(action, Action::Seal { .. }),
            }),
            _ => None,
        },
        _ => None,
    }
}
