//! What all flows share: state, journal, clock, instruments, waiting questions.

use super::prompt::Reply;
use crate::clock::Clock;
use crate::devices::Instrument;
use crate::journal::{Head, Journal, JournalError};
use crate::plan::Actor;
use crate::rig::{InstrumentId, Rig};
use crate::run::{Event, Mode, QuestionId, State, apply};
use crate::units::Timestamp;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use thiserror::Error;
use tokio::sync::{Mutex, oneshot};

/// Why the engine had to stop.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The journal failed: nothing may move any more.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An instrument cannot be used.
    #[error("{instrument}: {message}")]
    Instrument {
        /// Which.
        instrument: InstrumentId,
        /// What happened and what to do.
        message: String,
    },
    /// A contact says that it is not safe to begin.
    #[error("{0}")]
    Input(String),
    /// Nothing can go on and nothing is under way.
    #[error("nothing can go on: {0}")]
    Stuck(String),
}

/// Told of every event after it has been taken into account.
pub type Observer = Box<dyn FnMut(&State, &Event, Timestamp)>;

/// An instrument that one flow at a time may use.
pub(super) type Device = Rc<Mutex<Box<dyn Instrument>>>;

pub(super) struct Core {
    pub state: State,
    pub journal: Option<Journal>,
    pub observers: Vec<Observer>,
    pub waiting: BTreeMap<QuestionId, oneshot::Sender<Reply>>,
    pub ask: Option<tokio::sync::mpsc::UnboundedSender<serde_json::Value>>,
}

/// What keeps a run from doing anything twice or on a guess. All of it is always on; only the whole-system simulation switches
/// one off, to show that it would be missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Safeguards {
    /// An intent is durable before the first byte is sent.
    pub intent: bool,
    /// What is in doubt is found out. Without, it counts as not done.
    pub settle: bool,
    /// Whoever could be in a zone is asked before it is entered.
    pub interlock: bool,
}

impl Default for Safeguards {
    fn default() -> Self {
        Self {
            intent: true,
            settle: true,
            interlock: true,
        }
    }
}

/// A handle to everything the flows share; clones are the same.
#[derive(Clone)]
pub struct Shared {
    pub(super) safeguards: Safeguards,
    pub(super) core: Rc<RefCell<Core>>,
    pub(super) clock: Clock,
    pub(super) rig: Rc<Rig>,
    pub(super) devices: Rc<BTreeMap<InstrumentId, Device>>,
}

impl Shared {
    /// Reads the state.
    pub fn with_state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.core.borrow().state)
    }

    /// Whether the run is being aborted: nothing new may begin, and nobody is asked any more.
    pub(super) fn is_aborting(&self) -> bool {
        self.with_state(|s| s.mode == Mode::Aborting)
    }

    /// Whether a new action of the plan may begin: not while the run is held, halted or being aborted.
    pub(super) fn may_act(&self) -> bool {
        self.with_state(State::may_act)
    }

    /// Why an open door keeps an actor from beginning anything new.
    pub(super) fn interlocked(&self, actor: &Actor) -> Option<String> {
        match actor {
            Actor::Instrument(id) => self.with_state(|s| s.interlocked(id)),
            Actor::Operator => None,
        }
    }

    /// The last record of the journal.
    pub fn head(&self) -> Head {
        self.core
            .borrow()
            .journal
            .as_ref()
            .map(Journal::head)
            .unwrap_or_default()
    }

    /// The clock.
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// Adds an event to journal and state. It is durable after the next commit.
    pub(super) fn record(&self, event: &Event) -> Result<(), JournalError> {
        let at = self.clock.now();
        let mut core = self.core.borrow_mut();
        let core = &mut *core;
        if let Some(journal) = &mut core.journal {
            journal.append(event, at)?;
        }
        apply(&mut core.state, event, at);
        for observer in &mut core.observers {
            observer(&core.state, event, at);
        }
        Ok(())
    }

    /// Returns when everything recorded is durable.
    pub(super) async fn commit(&self) -> Result<(), JournalError> {
        let ticket = self.core.borrow_mut().journal.as_mut().map(Journal::commit);
        let Some(ticket) = ticket else { return Ok(()) };
        let result = ticket.durable().await;
        if let Err(error) = &result
            && let Some(journal) = &mut self.core.borrow_mut().journal
        {
            journal.fail(error);
        }
        result
    }

    /// Records an event and, where it is urgent, waits until it is durable.
    pub(super) async fn record_durably(&self, event: &Event) -> Result<(), JournalError> {
        self.record(event)?;
        if event.is_urgent() {
            self.commit().await
        } else {
            Ok(())
        }
    }

    pub(super) fn device(&self, id: &InstrumentId) -> Result<Device, EngineError> {
        self.devices
            .get(id)
            .cloned()
            .ok_or_else(|| EngineError::Instrument {
                instrument: id.clone(),
                message: "it is not part of this rig".into(),
            })
    }
}
