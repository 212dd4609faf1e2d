//! `prepare`, `perform`, `settle`, `identify`, `clear`, `safe`.

use crate::plan::Action;
use crate::rig::ZoneId;
use crate::units::{Absorbance, Amount, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use thiserror::Error;

/// A future that stays on the engine's thread.
pub type Fut<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Who an instrument says it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Model, as it names itself.
    pub model: String,
    /// Serial number, if it has one.
    pub serial: Option<String>,
    /// Firmware, if it says.
    pub firmware: Option<String>,
}

/// The instrument's state before an action and the target chosen, as named integers that settling compares
/// (plunger micrometres, sequence numbers, sensor bits). Journaled with the intent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Before(pub BTreeMap<String, i64>);

impl Before {
    /// With one more number.
    #[must_use]
    pub fn with(mut self, name: &str, value: i64) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }
    /// A number by name.
    pub fn get(&self, name: &str) -> Option<i64> {
        self.0.get(name).copied()
    }
}

/// An action with the state it was prepared from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// What is to be done.
    pub action: Action,
    /// The state before and the target.
    pub before: Before,
}

/// What a finished action brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// It is done.
    Plain,
    /// It is done and these are the readings, row-major; none where the instrument said "out of range". Of an area scan,
    /// all points of the first well, then all of the next.
    Reading {
        /// When the read began, by the instrument's own account.
        at: Timestamp,
        /// The values.
        values: Vec<Option<Absorbance>>,
    },
    /// A barcode, or none on the plate.
    Barcode(Option<String>),
    /// What a regulator measures, and when.
    Measured {
        /// When it was read.
        at: Timestamp,
        /// What it was.
        amount: Amount,
    },
    /// A person's answer.
    Answer(String),
    /// It may have taken place, in part or in full: nobody can tell.
    Unknown,
}

/// Whether something moved before an action failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// Nothing: the action may be tried again without asking.
    No,
    /// The action took place in full or in part.
    Yes,
    /// Not known: it must be settled first.
    Unknown,
}

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The instrument said no.
    Refused,
    /// No answer, or none that could be understood.
    NoAnswer,
    /// The instrument reports a fault or alarm.
    Fault,
    /// An interlock or a body in the way.
    Interlock,
    /// This instrument cannot do that.
    Unsupported,
    /// What was found is not what was expected (a barcode, an identity).
    Mismatch,
    /// It has lost its positions (switched off, reset or halted): nothing moves until it was homed, which a person orders.
    NotHomed,
}

/// A failed action: what happened, and what moved.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// What moved.
    pub moved: Moved,
    /// One sentence for a person, with the instrument's own words.
    pub message: String,
}

impl Failure {
    /// A failure.
    pub fn new(kind: FailureKind, moved: Moved, message: impl Into<String>) -> Self {
        Self {
            kind,
            moved,
            message: message.into(),
        }
    }
}

/// How it is known whether an action took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A sensor, an encoder or a stored result saw it.
    Measured,
    /// The controller counted steps or commands: good only if no alarm, reset or power loss came since.
    Commanded,
    /// Nothing says so but a person.
    Person,
}

/// The answer to "did it happen?".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// It took place, in full; what is left over (retracting, for example) has been completed.
    Done {
        /// What it brought.
        done: Done,
        /// How that is known.
        evidence: Evidence,
    },
    /// It did not take place, in no part; it may be performed.
    NotDone {
        /// How that is known.
        evidence: Evidence,
    },
    /// The instrument cannot tell: a person must.
    Unknown {
        /// What the instrument does tell, for the question to the person.
        why: String,
    },
}

/// A driver. One method runs at a time; each may be called again after a failure.
pub trait Instrument {
    /// Who is at the other end; also brings the link to a known state. Nothing moves.
    ///
    /// # Errors
    /// When nobody answers, or somebody else.
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>>;

    /// Whether somebody is still there: a question without side effects, while nobody uses the instrument. Nothing moves, and
    /// nothing that a later answer tells is taken away by it.
    ///
    /// # Errors
    /// When nobody answers, or somebody else.
    fn alive(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move { self.identify().await.map(drop) })
    }

    /// Reads the state before an action and chooses its target. Nothing moves; safe to repeat.
    ///
    /// # Errors
    /// When the state cannot be read or the action is not possible in it. `moved` is always [`Moved::No`].
    fn prepare<'a>(&'a mut self, action: &'a Action) -> Fut<'a, Result<Before, Failure>>;

    /// Performs an action whose intent is durable. Returns when it has physically ended.
    ///
    /// # Errors
    /// With what moved. A lost answer is [`Moved::Unknown`]; nothing is ever sent twice on a guess.
    fn perform<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Done, Failure>>;

    /// Finds out whether an intent took place: after a restart, a lost answer or a replug. Waits for motion that is
    /// still under way, and completes what a done action leaves over. Never repeats anything irreversible.
    ///
    /// # Errors
    /// When the instrument cannot be asked; the intent stays open.
    fn settle<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Settled, Failure>>;

    /// Whether the instrument's moving parts are proven outside a zone, by asking it.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn clear_of<'a>(&'a mut self, zone: &'a ZoneId) -> Fut<'a, Result<bool, Failure>>;

    /// What can be asked by name, beside who it is, without moving anything: for a self-test and for a person at a console.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Asks something by its name; the answer in words, with its unit. Nothing moves.
    ///
    /// # Errors
    /// When there is no such name, no answer, or none that can be understood.
    fn ask<'a>(&'a mut self, name: &'a str) -> Fut<'a, Result<String, Failure>> {
        Box::pin(async move {
            let message = format!("there is nothing that can be asked by the name \"{name}\"");
            Err(Failure::new(FailureKind::Unsupported, Moved::No, message))
        })
    }

    /// Says something as it stands, once, and returns what comes: for an engineer at a console, who answers for what moves.
    ///
    /// # Errors
    /// When the instrument is not spoken to in text, or nothing comes.
    fn say<'a>(&'a mut self, _text: &'a str) -> Fut<'a, Result<String, Failure>> {
        Box::pin(async move {
            let message = "this instrument is not spoken to in lines of text";
            Err(Failure::new(FailureKind::Unsupported, Moved::No, message))
        })
    }

    /// Stops motion now; positions are distrusted afterwards.
    ///
    /// # Errors
    /// When the command could not be given.
    fn halt(&mut self) -> Fut<'_, Result<(), Failure>>;
}
