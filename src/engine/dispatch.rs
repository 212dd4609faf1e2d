//! The engine's loop: decide, start flows, wait for whatever comes first.

use super::act::{Job, carry_out};
use super::core::{Core, EngineError, Observer, Safeguards, Shared};
use super::guard::{Guarded, Maker, Makers};
use super::inputs::Inputs;
use super::operator::{self, OperatorStream};
use super::prompt::{Reply, ask_again};
use super::replan::{is_off, replan};
use super::settle::take_up;
use super::unplanned::{carry, make_safe};
use crate::analysis;
use crate::clock::Clock;
use crate::devices::Instrument;
use crate::journal::{Head, Journal, JournalError};
use crate::plan::OperationId;
use crate::rig::{InputId, InstrumentId, Rig};
use crate::run::{
    Choice, Effect, Ending, Event, InputLevel, Mode, PARKING, QuestionId, Repair, SAFE_PATH, State, Status,
    StopKind, decide,
};
use crate::units::Timestamp;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;

/// What a person or program asks of a running engine.
#[derive(Debug)]
pub enum Command {
    /// Stop or go on.
    Stop {
        /// How.
        kind: StopKind,
        /// Who.
        by: String,
        /// Told whether it was possible.
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// Make what is believed match the bench, or change the plan.
    Repair {
        /// What.
        repair: Repair,
        /// Who.
        by: String,
        /// Why.
        why: String,
        /// Told whether it fits, and what now prevents the rest of the plan.
        reply: oneshot::Sender<Result<Option<String>, String>>,
    },
    /// Whether an instrument answers; from those who ask it.
    Heartbeat {
        /// Which.
        instrument: InstrumentId,
        /// Why it does not, for a person; none when it does.
        why: Option<String>,
    },
    /// A contact says something else than before; from those who read it.
    Input {
        /// Which.
        input: InputId,
        /// What.
        level: InputLevel,
        /// Why it is silent, for a person.
        why: String,
    },
    /// An answer to a question.
    Answer {
        /// Which.
        question: QuestionId,
        /// The choice's word, or what a typed prompt wants.
        answer: String,
        /// Who.
        by: String,
        /// Told whether it was taken.
        reply: oneshot::Sender<Result<(), String>>,
    },
}

/// Everything an engine is made of.
pub struct Setup {
    /// Where time comes from.
    pub clock: Clock,
    /// The rig.
    pub rig: Rig,
    /// A driver for each of its instruments.
    pub instruments: BTreeMap<InstrumentId, Box<dyn Instrument>>,
    /// The journal, already recovered.
    pub journal: Journal,
    /// The state folded from it.
    pub state: State,
    /// A simulated operator, where there is one.
    pub operator: Option<OperatorStream>,
    /// Told of every event.
    pub observers: Vec<Observer>,
}

/// What is left after everything was done that could be done at once.
enum Step {
    /// Nothing: the run is over.
    Over(Ending),
    /// To wait for whatever comes, or until then.
    Wait(Option<Timestamp>),
}

/// An engine of one run.
pub struct Engine {
    pub(super) shared: Shared,
    commands: mpsc::UnboundedReceiver<Command>,
    pub(super) sender: mpsc::UnboundedSender<Command>,
    operator: Option<OperatorStream>,
    pub(super) inputs: Inputs,
    pub(super) watching: JoinSet<()>,
    makers: Makers,
    pub(super) flows: JoinSet<(OperationId, Result<(), EngineError>)>,
    pub(super) busy: BTreeSet<OperationId>,
}

impl Engine {
    /// From its parts. Runs only inside a `LocalSet` of a current-thread runtime.
    pub fn new(setup: Setup) -> Self {
        let (sender, commands) = mpsc::unbounded_channel();
        let makers = Makers::default();
        let devices = setup
            .instruments
            .into_iter()
            .map(|(id, driver)| {
                let guarded: Box<dyn Instrument> =
                    Box::new(Guarded::new(id.clone(), driver, Rc::clone(&makers)));
                (id, Rc::new(Mutex::new(guarded)))
            })
            .collect();
        let core = Core {
            state: setup.state,
            journal: Some(setup.journal),
            observers: setup.observers,
            waiting: BTreeMap::new(),
            ask: None,
        };
        let shared = Shared {
            safeguards: Safeguards::default(),
            core: Rc::new(RefCell::new(core)),
            clock: setup.clock,
            rig: Rc::new(setup.rig),
            devices: Rc::new(devices),
        };
        Self {
            shared,
            commands,
            sender,
            operator: setup.operator,
            inputs: Inputs::default(),
            watching: JoinSet::new(),
            makers,
            flows: JoinSet::new(),
            busy: BTreeSet::new(),
        }
    }

    /// With other safeguards, before anything has begun; for trying what each is worth.
    #[must_use]
    pub const fn with_safeguards(mut self, safeguards: Safeguards) -> Self {
        self.shared.safeguards = safeguards;
        self
    }

    /// With the modules that read the rig's contacts, before anything has begun.
    #[must_use]
    pub fn with_inputs(mut self, inputs: Inputs) -> Self {
        self.inputs = inputs;
        self
    }

    /// With a way to make a driver anew where one breaks down.
    #[must_use]
    pub fn with_maker(self, maker: Maker) -> Self {
        *self.makers.borrow_mut() = Some(maker);
        self
    }

    /// Where commands go.
    pub fn commands(&self) -> mpsc::UnboundedSender<Command> {
        self.sender.clone()
    }

    /// A handle for reading the state.
    pub fn shared(&self) -> Shared {
        self.shared.clone()
    }

    /// Adds events that set a run up: what it was started from, its plan, its schedule.
    ///
    /// # Errors
    /// When the journal fails.
    pub async fn begin(&mut self, events: Vec<Event>) -> Result<(), EngineError> {
        for event in events {
            self.shared.record(&event)?;
        }
        Ok(self.shared.commit().await?)
    }

    /// Asks every instrument who it is; nothing moves.
    ///
    /// # Errors
    /// When one does not answer or is somebody else.
    pub async fn identify(&mut self) -> Result<(), EngineError> {
        self.read_inputs().await?;
        for (id, device) in self.shared.devices.clone().iter() {
            // One in the middle of an action answers to that; it is not waited for, so that a halt is heard at any moment.
            let Ok(mut device) = device.try_lock() else {
                continue;
            };
            let identity = device
                .identify()
                .await
                .map_err(|failure| EngineError::Instrument {
                    instrument: id.clone(),
                    message: failure.message,
                })?;
            drop(device);
            let known = self.shared.with_state(|s| s.identities.get(id).cloned());
            if known.as_ref() != Some(&identity) {
                if let Some(known) = known {
                    let message = format!(
                        "it now says it is {} {}, but this run began with {} {}; connect the right instrument",
                        identity.model,
                        identity.serial.as_deref().unwrap_or("without serial number"),
                        known.model,
                        known.serial.as_deref().unwrap_or("without serial number"),
                    );
                    return Err(EngineError::Instrument {
                        instrument: id.clone(),
                        message,
                    });
                }
                self.shared.record(&Event::Identified {
                    instrument: id.clone(),
                    identity,
                })?;
            }
        }
        Ok(self.shared.commit().await?)
    }

    /// Runs to the end, then closes the journal.
    ///
    /// # Errors
    /// When nothing may move any more: the journal failed, or the run is stuck.
    pub async fn run(mut self) -> Result<(Ending, State, Head), EngineError> {
        let mut driven = self.drive().await;
        let mut full = None;
        if let Err(EngineError::Journal(JournalError::Full(_))) = &driven {
            (driven, full) = self.run_out_of_room(driven).await;
        }
        if let Err(EngineError::Journal(error)) = &driven
            && !matches!(error, JournalError::Full(_))
        {
            self.halt().await;
        }
        let ending = driven?;
        let ending = full.map_or(ending, |why| Ending::Failed { why });
        self.shared.record(&Event::RunEnded {
            ending: ending.clone(),
        })?;
        self.shared.commit().await?;
        let mut core = self.shared.core.borrow_mut();
        core.ask = None;
        let head = match core.journal.take() {
            Some(journal) => journal.close()?,
            None => Head::default(),
        };
        Ok((ending, core.state.clone(), head))
    }

    pub(super) async fn drive(&mut self) -> Result<Ending, EngineError> {
        if let Some(stream) = self.operator.take() {
            let ask = operator::serve(stream, self.sender.clone());
            self.shared.core.borrow_mut().ask = Some(ask);
        }
        if self
            .shared
            .with_state(|s| s.restarts > 0 && s.mode == Mode::Running)
        {
            replan(&self.shared)?;
        }
        self.watch_inputs();
        self.watch_instruments();
        self.take_up_open();
        let mut hosts = super::host::watch(self.shared.clock);
        loop {
            let wake = match self.step()? {
                Step::Over(ending) => return Ok(ending),
                Step::Wait(wake) => wake,
            };
            let clock = self.shared.clock;
            let sleep = async {
                match wake {
                    Some(at) => clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some(flow) = self.flows.join_next() => self.flow_ended(flow)?,
                Some(command) = self.commands.recv() => self.command(command).await?,
                Some(found) = hosts.recv() => self.shared.record_durably(&found).await?,
                () = sleep => {}
            }
        }
    }

    /// Open intents that nobody works on, of an earlier process or from before a halt, are settled before their
    /// instruments do anything else. After a halt they wait until a person lets the run go on.
    pub(super) fn take_up_open(&mut self) {
        let open: Vec<_> = self.shared.with_state(|s| match s.distrusted {
            true => Vec::new(),
            false => s.open.values().cloned().collect(),
        });
        for open in open {
            let shared = self.shared.clone();
            // Of one operation, one action is open; whose flow lives on settles it itself.
            if !self.busy.insert(open.operation) {
                continue;
            }
            self.flows
                .spawn_local(async move { (open.operation, take_up(&shared, open).await) });
        }
    }

    /// Does everything that can be done at once.
    fn step(&mut self) -> Result<Step, EngineError> {
        let mut left_out = false;
        loop {
            let (effects, wake) = self.shared.with_state(|s| decide(s, self.shared.clock.now()));
            let mut changed = false;
            for effect in effects {
                match effect {
                    Effect::Start(operation) => {
                        self.shared.record(&Event::OperationStarted { operation })?;
                        changed = true;
                    }
                    Effect::End(operation) => {
                        self.shared.record(&Event::OperationEnded { operation })?;
                        if self.shared.with_state(|s| is_off(s, operation)) {
                            replan(&self.shared)?;
                        }
                        changed = true;
                    }
                    Effect::Skip(operation, why) => {
                        left_out |= self.shared.with_state(|s| s.is_given_up(operation));
                        self.shared.record(&Event::OperationSkipped { operation, why })?;
                        changed = true;
                    }
                    Effect::Compute(operation, compute) => {
                        let finding = self.shared.with_state(|s| {
                            let data = crate::run::data(s, None, None);
                            let weighed = analysis::Weighed {
                                measurements: &s.measurements,
                                times: s.times(),
                            };
                            analysis::compute_with(
                                &compute,
                                &s.plan,
                                &s.readings,
                                &s.findings,
                                &data,
                                &weighed,
                            )
                        });
                        match finding {
                            Ok(finding) => {
                                self.shared.record(&Event::Concluded { operation, finding })?;
                                self.shared.record(&Event::OperationEnded { operation })?;
                            }
                            Err(error) => {
                                let why = error.to_string();
                                self.shared.record(&Event::OperationSkipped { operation, why })?;
                            }
                        }
                        changed = true;
                    }
                    Effect::Perform {
                        operation,
                        phase,
                        index,
                        actor,
                        action,
                        entering,
                    } => {
                        if self.busy.insert(operation) {
                            let shared = self.shared.clone();
                            let job = Job {
                                operation,
                                phase,
                                index,
                                actor,
                                action,
                                entering,
                            };
                            self.flows
                                .spawn_local(async move { (operation, carry_out(&shared, job).await) });
                        }
                    }
                    Effect::MakeSafe { instrument, action } => {
                        if self.flows.is_empty() && self.busy.insert(SAFE_PATH) {
                            let shared = self.shared.clone();
                            self.flows.spawn_local(async move {
                                (SAFE_PATH, make_safe(&shared, instrument, action).await)
                            });
                        }
                    }
                    Effect::BeginParking(parking) => {
                        self.shared.record(&Event::ParkingBegan { parking })?;
                        changed = true;
                    }
                    Effect::Carry { instrument, action } => {
                        if self.busy.insert(PARKING) {
                            let shared = self.shared.clone();
                            self.flows.spawn_local(async move {
                                (PARKING, carry(&shared, instrument, action).await)
                            });
                        }
                    }
                    Effect::EndParking => {
                        self.shared.record(&Event::ParkingEnded)?;
                        replan(&self.shared)?;
                        changed = true;
                    }
                    Effect::EndRun(ending) => {
                        if self.flows.is_empty() {
                            return Ok(Step::Over(ending));
                        }
                    }
                }
                // What was decided from the earlier state may not hold any more.
                if changed {
                    break;
                }
            }
            if !changed && std::mem::take(&mut left_out) {
                // What comes after need not wait for what is left out.
                replan(&self.shared)?;
                continue;
            }
            if !changed {
                if self.flows.is_empty() && wake.is_none() {
                    self.stuck()?;
                }
                return Ok(Step::Wait(wake));
            }
        }
    }

    /// With nothing under way and nothing due, only a person can change anything; if none was asked, it is a fault.
    fn stuck(&self) -> Result<(), EngineError> {
        self.shared.with_state(|s| {
            if s.mode != Mode::Running || !s.questions.is_empty() || !s.interlocks().is_empty() {
                return Ok(());
            }
            let waits: Vec<String> = s
                .plan
                .operations
                .iter()
                .filter(|o| !s.status(o.id).is_over())
                .take(3)
                .map(|o| match s.status(o.id) {
                    Status::Running { phase, .. } => format!("{} waits to enter phase {phase}", o.title),
                    _ => format!("{} waits", o.title),
                })
                .collect();
            Err(EngineError::Stuck(waits.join("; ")))
        })
    }

    pub(super) fn flow_ended(
        &mut self,
        flow: Result<(OperationId, Result<(), EngineError>), tokio::task::JoinError>,
    ) -> Result<(), EngineError> {
        match flow {
            Ok((operation, result)) => {
                self.busy.remove(&operation);
                result
            }
            Err(error) => Err(EngineError::Stuck(format!("a driver broke down: {error}"))),
        }
    }

    async fn command(&mut self, command: Command) -> Result<(), EngineError> {
        match command {
            Command::Stop { kind, by, reply } => {
                let result = self.stop(kind, by).await;
                let result = self.or_refused(result)?;
                let _ = reply.send(result);
            }
            Command::Heartbeat { instrument, why } => self.heartbeat(instrument, why).await?,
            Command::Input { input, level, why } => self.input_changed(input, level, why).await?,
            Command::Repair {
                repair,
                by,
                why,
                reply,
            } => {
                let result = self.repair(repair, by, why).await;
                let result = self.or_refused(result)?;
                let _ = reply.send(result);
            }
            Command::Answer {
                question,
                answer,
                by,
                reply,
            } => {
                let result = self.answer(question, &answer, by).await?;
                let _ = reply.send(result);
            }
        }
        Ok(())
    }

    async fn answer(
        &mut self,
        id: QuestionId,
        answer: &str,
        by: String,
    ) -> Result<Result<(), String>, EngineError> {
        let question = self.shared.with_state(|s| s.questions.get(&id).cloned());
        let Some(question) = question else {
            return Ok(Err(format!(
                "{id} is not open; it may have been answered already"
            )));
        };
        let choice = Choice::from_word(answer.trim()).filter(|c| question.choices.contains(c));
        if choice.is_none()
            && let Some(prompt) = question.prompt.as_ref().filter(|p| p.is_typed())
        {
            return match prompt.accept(answer) {
                Ok(Some(value)) => {
                    let answered = Event::Answered {
                        question: id,
                        answer: value.to_string(),
                        by,
                    };
                    self.shared.record_durably(&answered).await?;
                    self.pass_on(id, Reply::Value(value));
                    Ok(Ok(()))
                }
                Ok(None) => Ok(Err(format!("\"{answer}\" is no answer to {id}"))),
                Err(wrong) => {
                    ask_again(&self.shared, question, &wrong).await?;
                    Ok(Err(wrong))
                }
            };
        }
        let Some(choice) = choice else {
            let words: Vec<_> = question.choices.iter().map(|c| c.word()).collect();
            return Ok(Err(format!(
                "\"{answer}\" is no answer to {id}; answer {}",
                words.join(", ")
            )));
        };
        self.shared
            .record_durably(&Event::Answered {
                question: id,
                answer: choice.word().into(),
                by: by.clone(),
            })
            .await?;
        if choice == Choice::Abort {
            self.shared
                .record_durably(&Event::Stop {
                    kind: StopKind::Abort,
                    by,
                })
                .await?;
        }
        self.pass_on(id, Reply::Choice(choice));
        if choice == Choice::Abort {
            self.shared.core.borrow_mut().waiting.clear();
        }
        Ok(Ok(()))
    }

    /// Gives an answer to the flow that waits for it.
    fn pass_on(&self, id: QuestionId, reply: Reply) {
        let waiting = self.shared.core.borrow_mut().waiting.remove(&id);
        if let Some(waiting) = waiting {
            // A flow that is gone belongs to a run that is being torn down.
            let _ = waiting.send(reply);
        }
    }
}
