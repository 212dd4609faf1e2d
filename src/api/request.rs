//! What clients ask of the daemon.

use crate::plan::Commissioning;
use crate::run::{Repair, StopKind, Unreleased};
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
    /// Texts of the files that it names, by path as written in it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// Text of the release record beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Who answers for running it on a real rig though it is not released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreleased: Option<Unreleased>,
    /// In which way it tries the rig, of a run of commissioning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commissioning: Option<Commissioning>,
}

impl Submission {
    /// Most bytes of one file.
    pub const LARGEST_FILE: usize = 4 << 20;
    /// Most bytes of all files together, the protocol's own among them.
    pub const LARGEST: usize = 32 << 20;
    /// Most files that a protocol may name.
    pub const MOST_FILES: usize = 256;

    /// Whether it is small enough to be sent and kept.
    ///
    /// # Errors
    /// What is too large.
    pub fn fits(&self) -> Result<(), String> {
        if self.files.len() > Self::MOST_FILES {
            return Err(format!(
                "the protocol names {} files; at most {} can be submitted",
                self.files.len(),
                Self::MOST_FILES
            ));
        }
        let own = [(&self.name, &self.text)];
        let record = self.release.iter().map(|text| (&self.name, text));
        let texts = self.files.iter().chain(own).chain(record);
        let mut sum = 0_usize;
        for (name, text) in texts {
            if text.len() > Self::LARGEST_FILE {
                return Err(format!("{name} is larger than {} MiB", Self::LARGEST_FILE >> 20));
            }
            sum = sum.saturating_add(text.len());
        }
        if sum > Self::LARGEST {
            return Err(format!(
                "the protocol and its files are larger than {} MiB together",
                Self::LARGEST >> 20
            ));
        }
        Ok(())
    }
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

/// Take up a run that was interrupted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeUp {
    /// The name of its folder.
    pub run: String,
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

/// Make what is believed match the bench, or change the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairOrder {
    /// What.
    pub repair: Repair,
    /// Why; it stays in the run's record.
    pub why: String,
}

/// A repair that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repaired {
    /// What now prevents the rest of the plan, for a person; none where it can be carried out.
    pub prevents: Option<String>,
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

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
