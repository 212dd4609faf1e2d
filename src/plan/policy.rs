//! What is done without asking anybody: about failures, and about data that decide.

use super::PlateId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A class of failure that a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The instrument said no.
    Refused,
    /// No answer, or none that could be understood.
    NoAnswer,
    /// The instrument reports a fault or alarm.
    Fault,
    /// An interlock or a body in the way.
    Interlock,
    /// What was found is not what was expected.
    Mismatch,
}

impl FailureClass {
    /// Every class with its word in files.
    pub const ALL: [(&'static str, Self); 5] = [
        ("refused", Self::Refused),
        ("no_answer", Self::NoAnswer),
        ("fault", Self::Fault),
        ("interlock", Self::Interlock),
        ("mismatch", Self::Mismatch),
    ];
}

/// What is done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// A person is asked.
    Ask,
    /// It is tried again this often, where nothing has moved; then a person is asked.
    Retry(u8),
    /// The plate at hand is given up: it is brought to where it rests, and everything else about it is left out.
    SkipPlate,
    /// The wells at hand are given up: the tips are dropped with what they hold, and everything else about these wells is
    /// left out.
    SkipWell,
    /// The plate at hand, which holds no sample, is taken away by a person, who brings a fresh one in its place.
    ReplacePlate,
    /// The run is ended.
    Abort,
}

impl Remedy {
    /// Every remedy that is a single word in files.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("ask", Self::Ask),
        ("skip_well", Self::SkipWell),
        ("skip_plate", Self::SkipPlate),
        ("replace_plate", Self::ReplacePlate),
        ("abort", Self::Abort),
    ];
    /// Whether it leaves the action undone, or what it was about behind.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::SkipWell | Self::SkipPlate | Self::ReplacePlate | Self::Abort
        )
    }
}

/// What is done about each class of failure; a person is asked about the others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FailurePolicy(pub BTreeMap<FailureClass, Remedy>);

impl FailurePolicy {
    /// Nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// This one, with those of another where this one says nothing.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut all = other.0.clone();
        all.extend(self.0.iter().map(|(class, remedy)| (*class, *remedy)));
        Self(all)
    }
}

/// An expression on the run's data, and the value at which an operation is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The expression.
    pub expression: String,
    /// The plate that it is about, if it is about one.
    pub plate: Option<PlateId>,
    /// The reading step whose readings it sees, if it is about one's.
    pub readings: Option<super::StepId>,
    /// Carried out when the expression is this.
    pub holds: bool,
}
