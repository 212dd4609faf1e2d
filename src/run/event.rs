//! Everything that can happen in a run; each is a record of the journal.

use super::give_up::GivenUp;
use super::host::Disturbance;
use super::inputs::InputLevel;
use super::park::Parking;
use super::question::{Question, QuestionId};
use super::release::Release;
use super::repair::Repair;
use super::wells::GivenUpWell;
use crate::devices::{Done, Evidence, Failure, Identity, Intent};
use crate::plan::{Actor, Commissioning, Finding, OperationId, Plan, PlateId, Schedule};
use crate::rig::{InputId, InstrumentId};
use crate::units::HostTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Name of a run, as "20260131-growth-screen-7f3a"; safe as a folder name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Number of an intent in its run, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionId(pub u64);

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "action {}", self.0)
    }
}

/// A file that the run was started from, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileText {
    /// Name as given.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// Everything a run was started from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The run's name.
    pub run: RunId,
    /// The protocol file.
    pub protocol: FileText,
    /// The rig file.
    pub rig: FileText,
    /// Profiles by path as written in the rig file.
    pub profiles: BTreeMap<String, FileText>,
    /// Labware files of the rig's folder.
    pub labware: Vec<FileText>,
    /// Files that the protocol names, by path as written in it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, FileText>,
    /// The day on which it was started, as "2026-11-24", by which expiry is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today: Option<String>,
    /// Release state of the protocol when it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
    /// In which way it tries the rig, of a run of commissioning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commissioning: Option<Commissioning>,
    /// The calibration records in force, one an instrument, as they were then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibrations: Vec<FileText>,
    /// Parameters given by the person who started it.
    pub parameters: BTreeMap<String, String>,
    /// Seed of everything random (the simulated world).
    pub seed: u64,
    /// True when the run was started with simulated instruments in the same process.
    pub simulated: bool,
    /// Version of the program.
    pub version: String,
}

/// A way to stop, or to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopKind {
    /// No new operation starts; running ones finish.
    Pause,
    /// No new action starts; those under way finish, and their operations stay open.
    Hold,
    /// Goes on after a pause or a hold.
    Resume,
    /// No new action starts; once those under way have finished, every instrument goes to its safe state and the run
    /// ends.
    Abort,
    /// Motion stops now; positions are distrusted, and nothing else moves.
    Halt,
    /// A person has seen to the machines after a halt: they may be asked again. Nothing moves.
    Reset,
    /// While paused or held: plates are lidded and carried to where they rest, until the run goes on.
    Park,
}

impl StopKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Pause,
        Self::Hold,
        Self::Resume,
        Self::Abort,
        Self::Halt,
        Self::Reset,
        Self::Park,
    ];

    /// Its word in commands and journals.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Abort => "abort",
            Self::Halt => "halt",
            Self::Reset => "reset",
            Self::Park => "park",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every operation ended or was skipped for a stated reason.
    Completed,
    /// A person ended it.
    Aborted,
    /// It could not go on.
    Failed {
        /// Why, for a person.
        why: String,
    },
}

/// A fact of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run exists; nothing has moved.
    Started {
        /// What it was started from.
        source: Box<Source>,
    },
    /// The compiled plan.
    Planned {
        /// The plan.
        plan: Box<Plan>,
    },
    /// A schedule is in force; its times count from the record's own time.
    Scheduled {
        /// The schedule.
        schedule: Schedule,
    },
    /// An instrument was found to be who it should be.
    Identified {
        /// Which.
        instrument: InstrumentId,
        /// Who it says it is.
        identity: Identity,
    },
    /// A process took up the run again.
    Restarted,
    /// An operation began.
    OperationStarted {
        /// Which.
        operation: OperationId,
    },
    /// An action is about to be sent.
    Intended {
        /// Its number.
        action: ActionId,
        /// Its operation.
        operation: OperationId,
        /// Its phase.
        phase: u16,
        /// Its index in the phase.
        index: u32,
        /// Who performs it.
        actor: Actor,
        /// What, from which state.
        intent: Intent,
    },
    /// The action took place.
    Ended {
        /// Its number.
        action: ActionId,
        /// What it brought.
        done: Done,
        /// How that is known, where it had to be found out.
        evidence: Option<Evidence>,
    },
    /// The action did not take place, in no part; it may be intended anew.
    NotDone {
        /// Its number.
        action: ActionId,
        /// How that is known.
        evidence: Evidence,
    },
    /// The action failed; what became of it follows.
    Failed {
        /// Its number.
        action: ActionId,
        /// How.
        failure: Failure,
    },
    /// A person is asked.
    Asked {
        /// What.
        question: Question,
    },
    /// A person answered.
    Answered {
        /// Which question.
        question: QuestionId,
        /// The choice, in the question's words.
        answer: String,
        /// Who.
        by: String,
    },
    /// A calculation came to an end.
    Concluded {
        /// Its operation.
        operation: OperationId,
        /// What it found.
        finding: Finding,
    },
    /// An operation ended.
    OperationEnded {
        /// Which.
        operation: OperationId,
    },
    /// An operation is left out.
    OperationSkipped {
        /// Which.
        operation: OperationId,
        /// Why.
        why: String,
    },
    /// Plates or wells are given up after a failure: what is left of their operations is left out.
    GivenUp {
        /// The operation in which it failed.
        operation: OperationId,
        /// The plate at hand, and those that would have got something from it.
        plates: Vec<GivenUp>,
        /// Wells at hand of plates that go on, and those that hang on them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        wells: Vec<GivenUpWell>,
    },
    /// A plate that could not be used and holds no sample was taken away, and a fresh one stands in its place.
    Replaced {
        /// The operation in which it failed.
        operation: OperationId,
        /// Which plate.
        plate: PlateId,
        /// The barcode of the fresh one, where it was scanned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        barcode: Option<String>,
        /// Why, for a person.
        why: String,
    },
    /// Someone asked to stop or to go on.
    Stop {
        /// How.
        kind: StopKind,
        /// Who.
        by: String,
    },
    /// Plates begin to be parked.
    ParkingBegan {
        /// Which, and where each is brought back to.
        parking: Parking,
    },
    /// Every plate that was parked is back where it was.
    ParkingEnded,
    /// A person made what is believed match the bench, or changed the plan.
    Repaired {
        /// What.
        repair: Repair,
        /// Who.
        by: String,
        /// Why.
        why: String,
    },
    /// An instrument could not be told to stop when the run was halted.
    NotHalted {
        /// Which.
        instrument: InstrumentId,
        /// Why, for a person.
        why: String,
    },
    /// A contact of the rig says something else than before.
    InputChanged {
        /// Which.
        input: InputId,
        /// What.
        level: InputLevel,
        /// Why it is silent, for a person.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// An instrument that nobody uses does not answer.
    Unreachable {
        /// Which.
        instrument: InstrumentId,
        /// Why, for a person.
        why: String,
    },
    /// An instrument that did not answer does so again.
    Reachable {
        /// Which.
        instrument: InstrumentId,
    },
    /// After an abort, an instrument could not be brought into its safe state.
    LeftUnsafe {
        /// Which.
        instrument: InstrumentId,
        /// Why, for a person.
        why: String,
    },
    /// The clocks of the host were read, when a process began the run or took it up, or something was found of them.
    ClocksRead {
        /// What they show.
        host: HostTime,
        /// What was found.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        found: Option<Disturbance>,
    },
    /// The run is over.
    RunEnded {
        /// How.
        ending: Ending,
    },
}

impl Event {
    /// Whether it must be durable before anything else happens: readings, answers, stops, plans, ends.
    pub const fn is_urgent(&self) -> bool {
        match self {
            Self::Ended { done, .. } => !matches!(done, Done::Plain),
            Self::OperationStarted { .. }
            | Self::OperationEnded { .. }
            | Self::OperationSkipped { .. }
            | Self::Identified { .. }
            | Self::Intended { .. } => false,
            _ => true,
        }
    }
}
