//! Stops as they are carried out: what a person orders, and what the engine does when it can no longer record.
//!
//! Which order fits is for [`transition`] to say. A software halt depends on host, cable and firmware: it is no emergency
//! stop.

use super::core::EngineError;
use super::dispatch::Engine;
use super::replan::replan;
use crate::devices::Failure;
use crate::rig::InstrumentId;
use crate::run::{Event, Mode, State, StopKind, Transition, probe_stands, survey_for_parking, transition};

impl Engine {
    /// Obeys an order to stop or to go on. The inner error says why it does not fit.
    pub(super) async fn stop(
        &mut self,
        kind: StopKind,
        by: String,
    ) -> Result<Result<(), String>, EngineError> {
        let before = self.shared.with_state(|s| s.mode.clone());
        if let Some(why) = self.shared.with_state(|s| s.inputs_prevent(kind)) {
            return Ok(Err(why));
        }
        match transition(&before, kind) {
            Transition::Refused(why) => return Ok(Err(why.to_owned())),
            // What a closed door had stopped goes on when a person says so.
            Transition::Already if kind == StopKind::Resume && self.shared.with_state(State::is_latched) => {
                self.shared.record_durably(&Event::Stop { kind, by }).await?;
                return Ok(Ok(()));
            }
            Transition::Already => return Ok(Ok(())),
            Transition::To(_) => {}
        }
        if matches!(kind, StopKind::Resume | StopKind::Pause)
            && before != Mode::Running
            && let Err(why) = self.shared.with_state(State::may_go_on)
        {
            return Ok(Err(why));
        }
        let mut unheard = Vec::new();
        match kind {
            // Motion first, the record afterwards: nothing that stops needs one.
            StopKind::Halt => unheard = self.halt().await,
            StopKind::Reset => {
                if let Err(error) = self.identify().await {
                    return match error {
                        EngineError::Journal(_) => Err(error),
                        other => Ok(Err(format!("not reset: {other}; nothing has moved"))),
                    };
                }
            }
            StopKind::Pause if self.shared.with_state(State::holds_parked) => {
                let why = "plates are parked, or being brought back, in the middle of their operations, which would go on without \
                           them: let the run go on (plated resume) and pause it once they are back, or hold it";
                return Ok(Err(why.to_owned()));
            }
            StopKind::Park => {
                if self
                    .shared
                    .with_state(|s| s.mode == Mode::Held && probe_stands(s))
                {
                    let why = "a probe or pins stand in the middle of their work: pause, so that it ends, then park";
                    return Ok(Err(why.to_owned()));
                }
                let nothing = |s: &State| s.open.is_empty() && survey_for_parking(s).plates.is_empty();
                if self.shared.with_state(nothing) {
                    let why =
                        "nothing to park: no plate that the mover can carry is away from where it rests";
                    return Ok(Err(why.to_owned()));
                }
            }
            _ => {}
        }
        self.shared.record_durably(&Event::Stop { kind, by }).await?;
        for (instrument, failure) in unheard {
            let why = failure.message;
            self.shared
                .record_durably(&Event::NotHalted { instrument, why })
                .await?;
        }
        match kind {
            StopKind::Abort => {
                // Flows that wait for a person will get no answer.
                self.shared.core.borrow_mut().waiting.clear();
            }
            StopKind::Resume => {
                {
                    let mut core = self.shared.core.borrow_mut();
                    let core = &mut *core;
                    core.waiting.retain(|id, _| core.state.questions.contains_key(id));
                }
                replan(&self.shared)?;
                self.take_up_open();
            }
            StopKind::Pause if before == Mode::Held => self.take_up_open(),
            _ => {}
        }
        Ok(Ok(()))
    }

    /// Stops motion: every instrument that can be stopped is, all at once. Returns those that could not.
    pub(super) async fn halt(&mut self) -> Vec<(InstrumentId, Failure)> {
        // Flows hold their instruments until their answers come; they are given up first. What they had begun stays open
        // in the journal, as after a crash.
        self.flows.shutdown().await;
        self.busy.clear();
        self.shared.core.borrow_mut().waiting.clear();
        let mut halting = tokio::task::JoinSet::new();
        for (id, device) in self.shared.devices.iter() {
            let (id, device) = (id.clone(), device.clone());
            halting.spawn_local(async move {
                let halted = device.lock().await.halt().await;
                halted.err().map(|failure| (id, failure))
            });
        }
        let mut unheard = Vec::new();
        while let Some(halted) = halting.join_next().await {
            if let Ok(Some((id, failure))) = halted {
                tracing::error!(instrument = %id, %failure, "could not be halted");
                unheard.push((id, failure));
            }
        }
        unheard.sort_by(|a, b| a.0.cmp(&b.0));
        unheard
    }
}
