//! Contacts of the rig while a run goes on: read again and again, and what happens when one opens.
//!
//! A look is telemetry; only a change is an event. What reads a contact is not the emergency stop: that one acts by itself, and
//! this program learns of it.

use super::core::EngineError;
use super::dispatch::{Command, Engine};
use super::guard::{caught, words};
use crate::clock::Clock;
use crate::devices::{Failure, FailureKind, InputModule, Moved};
use crate::rig::{InputId, InputKind, InputModuleId, Rig};
use crate::run::{Event, InputLevel, StopKind};
use crate::units::Duration;
use std::collections::BTreeMap;
use std::pin::pin;
use std::rc::Rc;
use tokio::sync::{Mutex, mpsc};

/// Who reads the contacts, by module.
#[derive(Default)]
pub struct Inputs(pub BTreeMap<InputModuleId, Box<dyn InputModule>>);

/// A module that one at a time may ask.
type Reader = Rc<Mutex<Box<dyn InputModule>>>;

/// How a module is asked.
#[derive(Clone, Copy)]
struct Manner {
    poll: Duration,
    silence: Duration,
    clock: Clock,
}

/// What a module said, or why it said nothing.
type Told = Result<BTreeMap<InputId, bool>, String>;

/// Asks a module until it has answered. A reader that breaks down never answers.
async fn answered(reader: &Reader, manner: Manner, why: &mut String) -> BTreeMap<InputId, bool> {
    loop {
        let asked = async { reader.lock().await.read().await };
        let told = caught(asked).await.unwrap_or_else(|panic| {
            let text = format!(
                "its reader broke down ({}), a fault of plated",
                words(panic.as_ref())
            );
            Err(Failure::new(FailureKind::Fault, Moved::No, text))
        });
        match told {
            Ok(levels) => return levels,
            Err(failure) => *why = failure.message,
        }
        manner.clock.sleep_real(manner.poll.to_std()).await;
    }
}

/// Tells what a module says for as long as somebody listens: at most one silence for each time that it goes silent.
async fn watch(reader: Reader, manner: Manner, inputs: Vec<InputId>, tell: mpsc::UnboundedSender<Command>) {
    let mut last: BTreeMap<InputId, InputLevel> = BTreeMap::new();
    loop {
        let told = {
            let mut why = String::new();
            let mut asking = pin!(answered(&reader, manner, &mut why));
            let in_time = manner
                .clock
                .timeout(manner.silence, Duration::ZERO, asking.as_mut())
                .await;
            match in_time {
                Ok(levels) => Ok(levels),
                Err(_) => {
                    let silent = format!("no answer for {}", manner.silence);
                    if !report(&inputs, &Err(silent), &mut last, &tell) {
                        return;
                    }
                    Ok(asking.await)
                }
            }
        };
        if !report(&inputs, &told, &mut last, &tell) {
            return;
        }
        manner.clock.sleep_real(manner.poll.to_std()).await;
    }
}

/// Tells what has changed; false when nobody listens any more.
fn report(
    inputs: &[InputId],
    told: &Told,
    last: &mut BTreeMap<InputId, InputLevel>,
    tell: &mpsc::UnboundedSender<Command>,
) -> bool {
    for (input, level, why) in levels(inputs, told) {
        if last.insert(input.clone(), level) == Some(level) {
            continue;
        }
        if tell.send(Command::Input { input, level, why }).is_err() {
            return false;
        }
    }
    !tell.is_closed()
}

fn levels(inputs: &[InputId], told: &Told) -> Vec<(InputId, InputLevel, String)> {
    let level = |id: &InputId| match told {
        Ok(levels) => match levels.get(id) {
            Some(true) => (id.clone(), InputLevel::Safe, String::new()),
            _ => (id.clone(), InputLevel::Open, String::new()),
        },
        Err(why) => (id.clone(), InputLevel::Silent, why.clone()),
    };
    inputs.iter().map(level).collect()
}

fn of_module(rig: &Rig, module: &InputModuleId) -> Vec<InputId> {
    let own = rig.inputs.iter().filter(|(_, i)| i.module == *module);
    own.map(|(id, _)| id.clone()).collect()
}

impl Engine {
    /// Begins to read the contacts again and again.
    pub(super) fn watch_inputs(&mut self) {
        for (id, module) in std::mem::take(&mut self.inputs.0) {
            let Some(entry) = self.shared.rig.input_modules.get(&id) else {
                continue;
            };
            let manner = Manner {
                poll: entry.poll,
                silence: entry.silence,
                clock: self.shared.clock,
            };
            let inputs = of_module(&self.shared.rig, &id);
            let reader = Rc::new(Mutex::new(module));
            self.watching
                .spawn_local(watch(reader, manner, inputs, self.sender.clone()));
        }
    }

    /// Reads every contact before anything begins. Those that are watched already tell of themselves.
    ///
    /// # Errors
    /// When the contact of an emergency stop is not closed.
    pub(super) async fn read_inputs(&mut self) -> Result<(), EngineError> {
        let rig = Rc::clone(&self.shared.rig);
        for (id, module) in &mut self.inputs.0 {
            let mut told = module.read().await;
            if told.is_err() {
                // One answer may be lost.
                told = module.read().await;
            }
            let told: Told = told.map_err(|failure| failure.message);
            for (input, level, why) in levels(&of_module(&rig, id), &told) {
                if self
                    .shared
                    .with_state(|s| s.inputs.get(&input).and_then(|i| i.level))
                    != Some(level)
                {
                    self.shared.record(&Event::InputChanged { input, level, why })?;
                }
            }
        }
        self.shared.commit().await?;
        match self.shared.with_state(crate::run::State::emergency_stop) {
            Some(why) => Err(EngineError::Input(why)),
            None => Ok(()),
        }
    }

    /// A contact says something else: an emergency stop halts the run at once.
    pub(super) async fn input_changed(
        &mut self,
        input: InputId,
        level: InputLevel,
        why: String,
    ) -> Result<(), EngineError> {
        if self
            .shared
            .with_state(|s| s.inputs.get(&input).and_then(|i| i.level))
            == Some(level)
        {
            return Ok(());
        }
        let halts = level != InputLevel::Safe
            && self.shared.with_state(|s| {
                s.inputs
                    .get(&input)
                    .is_some_and(|i| i.kind == InputKind::EmergencyStop)
            });
        if halts {
            // A run that stands still or has ended is not halted twice.
            if let Err(why) = self.stop(StopKind::Halt, format!("input {input}")).await? {
                tracing::warn!(%input, why, "an emergency stop was pressed");
            }
        }
        let event = Event::InputChanged { input, level, why };
        Ok(self.shared.record_durably(&event).await?)
    }
}
