//! Operations: what the scheduler places and the engine dispatches.
//!
//! An operation is a visit: it takes its plates from the nests where they rest and leaves them at nests where they
//! may rest, so that nothing else ever waits for a plate in between. Resting nests belong to one plate for the whole
//! run; everything else an operation touches it claims for a range of its phases. Since claims are granted in the
//! order of the schedule, no order of events can deadlock.

use super::{Action, Actor, Compute, Condition, FailurePolicy, PickAgain, PickFill, PickTransfer, PlateId};
use crate::rig::{InstrumentId, NestId, ZoneId};
use crate::units::{Duration, text_name};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Index of an operation in [`super::Plan::operations`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(pub u32);

impl OperationId {
    /// As an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

text_name!(
    /// Name of a step in the protocol, as "inoculate".
    StepId
);

/// Place in the protocol file that an operation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// Line, from 1.
    pub line: u32,
}

/// Something only one operation can have at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// An instrument.
    Instrument(InstrumentId),
    /// A nest that is passed through.
    Nest(NestId),
    /// A zone that bodies share.
    Zone(ZoneId),
    /// A plate: no two operations have it at once.
    Plate(PlateId),
    /// The person at the rig.
    Operator,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instrument(id) => write!(f, "{id}"),
            Self::Nest(id) => write!(f, "nest {id}"),
            Self::Zone(id) => write!(f, "zone {id}"),
            Self::Plate(id) => write!(f, "plate {id}"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

/// An operation holds a resource from the start of phase `from` to the end of phase `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What.
    pub resource: Resource,
    /// First phase (index).
    pub from: u16,
    /// Last phase (index), included.
    pub to: u16,
}

/// A delay between an event of an earlier operation and one of this: each is its start or its end. The earlier one must
/// have ended before this one starts all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// The earlier operation.
    pub operation: OperationId,
    /// At least this long.
    pub min: Duration,
    /// At most this long, if that matters.
    pub max: Option<Duration>,
    /// Both count from the start of the earlier one, instead of its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_start: bool,
    /// Both count to the end of this one, instead of its start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_end: bool,
}

impl After {
    /// After its end, whenever.
    pub const fn plain(operation: OperationId) -> Self {
        Self {
            operation,
            min: Duration::ZERO,
            max: None,
            from_start: false,
            to_end: false,
        }
    }
}

/// A member of a series that is repeated at a fixed interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cadence {
    /// Which series; one per plate.
    pub series: u32,
    /// Which member, from 0; member 0 sets the time of the others.
    pub index: u32,
    /// The interval.
    pub every: Duration,
    /// How far from `index × every` after member 0 it may be.
    pub tolerance: Duration,
    /// From the operation's start to the event that counts (the read), as planned.
    pub lead: Duration,
}

/// What a phase consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// These actions, one after the other.
    Actions(Vec<Action>),
    /// Medium into the wells that a picklist will use.
    PickFill(PickFill),
    /// The transfers of a picklist.
    PickTransfer(PickTransfer),
    /// Failed picks, picked again; once they are known, the actions are in its place.
    PickAgain(PickAgain),
}

/// A stretch of an operation on one actor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Who works.
    pub actor: Actor,
    /// What is shown, as "inoculate assay-1".
    pub title: String,
    /// The step it comes from.
    pub step: StepId,
    /// Planned duration; of a picklist, the longest possible.
    pub duration: Duration,
    /// What is done.
    pub work: Work,
}

/// One visit, placed as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Its index in the plan.
    pub id: OperationId,
    /// The step that gives it its name.
    pub step: StepId,
    /// What is shown, as "read assay-2, cycle 5".
    pub title: String,
    /// Where in the protocol it comes from.
    pub origin: Origin,
    /// The plates it is about.
    pub plates: Vec<PlateId>,
    /// What must have ended before, with delays.
    pub after: Vec<After>,
    /// Membership in a repeated series.
    pub cadence: Option<Cadence>,
    /// Stretches, one after the other.
    pub phases: Vec<Phase>,
    /// What it holds meanwhile.
    pub claims: Vec<Claim>,
    /// Skipped when this selection step found no hits, or nothing to pick again.
    pub only_if_hits: Option<StepId>,
    /// Skipped when one of these is not as it should be once everything before it has ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Condition>,
    /// What is done about failures without asking.
    #[serde(default, skip_serializing_if = "FailurePolicy::is_empty")]
    pub on_failure: FailurePolicy,
    /// A calculation instead of phases.
    pub compute: Option<Compute>,
}

impl Operation {
    /// Planned duration of all phases.
    pub fn duration(&self) -> Duration {
        self.phases
            .iter()
            .fold(Duration::ZERO, |sum, p| sum.plus(p.duration))
    }
    /// Planned time from the operation's start to the start of a phase.
    pub fn offset(&self, phase: usize) -> Duration {
        self.phases
            .iter()
            .take(phase)
            .fold(Duration::ZERO, |sum, p| sum.plus(p.duration))
    }
}
