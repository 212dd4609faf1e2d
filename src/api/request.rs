//! What clients ask of the daemon.

use crate::run::StopKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Run this protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// The file's name, for messages.
    pub name: String,
    /// The protocol's text.
    pub text: String,
    /// Values of parameters.
    pub parameters: BTreeMap<String, String>,
}

/// The run that a submission became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// Its name.
    pub run: String,
    /// Its folder.
    pub folder: String,
    /// Warnings of check, laid out for a terminal.
    pub warnings: String,
}

/// Stop or go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// How.
    pub kind: StopKind,
}

/// Answer a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Number of the question.
    pub question: u64,
    /// The choice's word.
    pub answer: String,
}

/// Why a request was not carried out, for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// The reason.
    pub why: String,
    /// Whether it was a protocol that check refuses.
    pub by_check: bool,
}

impl Refusal {
    /// A request that does not fit what the daemon is doing.
    pub fn now(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            by_check: false,
        }
    }
    /// A protocol that check refuses.
    pub fn by_check(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            by_check: true,
        }
    }
}
