//! The result document: everything measured and concluded, without loss, as JSON.

use crate::plan::{Finding, Plan, Reading, StepId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// What the document calls itself.
const FORMAT: &str = "plated-result";
/// Its version.
const VERSION: u32 = 1;

/// Everything measured and concluded in a run. Nothing in it differs between identical runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResultDocument {
    /// "plated-result".
    format: String,
    /// Version of the format.
    version: u32,
    /// What was to be done.
    pub plan: Plan,
    /// Every read.
    pub readings: Vec<Reading>,
    /// What was concluded, by step.
    pub findings: BTreeMap<StepId, Finding>,
    /// Notes for people, as "reads missed".
    pub notes: Vec<String>,
}

/// Why a text is no result document.
#[derive(Debug, Error)]
pub enum ResultError {
    /// Not JSON, or not of this shape.
    #[error("not a result document: {0}")]
    Json(#[from] serde_json::Error),
    /// Of another kind or version.
    #[error("this is \"{format}\" version {version}; this program reads \"{FORMAT}\" version {VERSION}")]
    Version {
        /// What it calls itself.
        format: String,
        /// Its version.
        version: u32,
    },
}

impl ResultDocument {
    /// From its parts.
    pub fn new(
        plan: Plan,
        readings: Vec<Reading>,
        findings: BTreeMap<StepId, Finding>,
        notes: Vec<String>,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            plan,
            readings,
            findings,
            notes,
        }
    }
    /// As JSON, indented, with a line end.
    ///
    /// # Errors
    /// When a value cannot be written as JSON, which data read from JSON never meets.
    pub fn to_json(&self) -> Result<Vec<u8>, ResultError> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
    /// From JSON.
    ///
    /// # Errors
    /// A [`ResultError`] when the text is something else.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ResultError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let head: Head = serde_json::from_slice(bytes)?;
        if head.format != FORMAT || head.version != VERSION {
            return Err(ResultError::Version {
                format: head.format,
                version: head.version,
            });
        }
        Ok(serde_json::from_slice(bytes)?)
    }
}

#[cfg(test)]
#[path = "result_tests.rs"]
mod tests;
