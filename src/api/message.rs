//! The state of a run as it is shown, and what a watcher may ask for.

use crate::run::StopKind;
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Operations start and go on.
    Running,
    /// No new operation starts; those under way finish.
    Paused,
    /// No new action starts; operations stay open.
    Held,
    /// Motion was stopped; nothing moves until a person has reset it.
    Halted,
    /// Nothing can go on until a person answers.
    Asking,
    /// Actions under way finish, then it ends.
    Stopping,
    /// Over.
    Ended,
}

impl RunState {
    /// The word shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Held => "held",
            Self::Halted => "halted",
            Self::Asking => "asking",
            Self::Stopping => "stopping",
            Self::Ended => "ended",
        }
    }
}

/// Everything shown of a run at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Name of the run.
    pub run: String,
    /// Title of its protocol.
    pub protocol: String,
    /// In which way it tries the rig, as "dry", of a run of commissioning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commissioning: Option<String>,
    /// How it stands.
    pub state: RunState,
    /// Why, in a few words, as "waiting for the operator" or how it ended.
    pub reason: Option<String>,
    /// On simulated instruments.
    pub simulated: bool,
    /// The run's clock, wall or simulated.
    pub now: Timestamp,
    /// When it started.
    pub started: Timestamp,
    /// When it is expected to end.
    pub predicted_end: Option<Timestamp>,
    /// Operations done.
    pub operations_done: u32,
    /// Operations in all.
    pub operations_total: u32,
    /// Instruments in the order of the rig file.
    pub instruments: Vec<InstrumentView>,
    /// Contacts that stop instruments, as they are read; the emergency stop and the interlocks themselves act without this
    /// program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<InputView>,
    /// Plates by id.
    pub plates: Vec<PlateView>,
    /// Operations under way.
    pub current: Vec<OperationView>,
    /// Those that start next, soonest first.
    pub next: Vec<OperationView>,
    /// Limits that tick while the run stands, the nearest first; none while it goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticking: Vec<TickView>,
    /// Maps to look at: the latest read of each plate, then growth rates when there are any.
    pub maps: Vec<MapView>,
    /// Open prompts, oldest first.
    pub prompts: Vec<PromptView>,
    /// The latest lines of the log, oldest first.
    pub log: Vec<LogLine>,
    /// Runs of the daemon's folder that have no end, oldest first. Nothing of them moves before a person takes one up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interrupted: Vec<InterruptedView>,
}

/// A run that was interrupted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterruptedView {
    /// The name of its folder, by which it is taken up.
    pub run: String,
    /// Its protocol file.
    pub protocol: String,
    /// The time of its last record, on the run's clock.
    pub last: Timestamp,
    /// Why this daemon cannot take it up, if it cannot.
    pub obstacle: Option<String>,
}

/// An instrument as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentView {
    /// Its name in the rig file.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What it does now, as "idle" or "aspirate 20 uL from A3".
    pub state: String,
    /// It answers.
    pub link_ok: bool,
}

/// A contact as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputView {
    /// Its name in the rig file.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What it is read to be, and what that stops, as "open" or "safe".
    pub state: String,
    /// It is closed, and nothing is stopped because of it.
    pub safe: bool,
}

/// A plate as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlateView {
    /// Its name in the run.
    pub id: String,
    /// Its barcode, if it has one.
    pub barcode: Option<String>,
    /// The nest where it stands, or who carries it.
    pub place: String,
    /// With its lid on; none when it has no lid.
    pub lidded: Option<bool>,
}

/// An operation as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationView {
    /// As "read assay-2, cycle 5".
    pub title: String,
    /// Who works on it, as "mover".
    pub actor: String,
    /// When it started or is to start.
    pub start: Timestamp,
    /// When it is expected to end.
    pub end: Timestamp,
}

/// A limit that ticks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickView {
    /// When it is over.
    pub by: Timestamp,
    /// What must happen by then, and what is lost when it does not.
    pub what: String,
}

/// An operation of the plan by its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationLine {
    /// Its number, by which it is left out or done again.
    pub number: u32,
    /// As "read assay-2, cycle 5".
    pub title: String,
    /// "waiting", "running", "ended" or "left out".
    pub status: String,
    /// When it started or is to start.
    pub start: Timestamp,
}

/// What a map shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MapKind {
    /// Absorbance as read.
    Absorbance,
    /// Fluorescence as read, in counts.
    Fluorescence,
    /// Luminescence as read, in counts.
    Luminescence,
    /// Growth rates, 1/h.
    GrowthRate,
}

/// One value per well of a plate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapView {
    /// What is shown.
    pub kind: MapKind,
    /// Of which plate.
    pub plate: String,
    /// When it was read.
    pub at: Timestamp,
    /// Rows of wells.
    pub rows: u8,
    /// Columns of wells.
    pub columns: u8,
    /// Row-major values; none where there is none.
    pub values: Vec<Option<f64>>,
}

/// An open prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptView {
    /// Its number in the run.
    pub id: u64,
    /// The request or question.
    pub text: String,
    /// What to put where, a line each.
    pub items: Vec<String>,
    /// Answers to choose from.
    pub choices: Vec<String>,
}

/// How much a line of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Goes as it should.
    Info,
    /// Worth a look.
    Warning,
    /// Went wrong.
    Error,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// On the run's clock.
    pub at: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// What happened.
    pub text: String,
}

/// What a watcher asks of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Stop or go on.
    Stop {
        /// How.
        kind: StopKind,
    },
    /// Answer a prompt.
    Answer {
        /// Number of the prompt.
        prompt: u64,
        /// Index of the choice, from 0.
        choice: u16,
    },
}
