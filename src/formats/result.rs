//! The result document: everything measured and concluded, without loss, as JSON.

use crate::labware::Well;
use crate::plan::{Finding, OperationId, Plan, PlateId, Reading, StepId};
use crate::run::{Abandoned, Replaced, State};
use crate::units::Timestamp;
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
    /// Plates and wells that were given up; the readings of a well that are kept do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given_up: Vec<Lost>,
    /// Plates without a sample that were replaced by fresh ones, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Lost>,
}

/// A plate or well that was given up, or a plate that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The plate.
    pub plate: PlateId,
    /// The well; none is the whole plate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub well: Option<Well>,
    /// When.
    pub at: Timestamp,
    /// In which operation.
    pub operation: OperationId,
    /// The barcode of what came in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// Why, for a person.
    pub why: String,
}

/// Everything that a run gave up: plates, then wells.
fn given_up(state: &State) -> Vec<Lost> {
    let lost = |plate: &PlateId, well: Option<Well>, gone: &Abandoned| Lost {
        plate: plate.clone(),
        well,
        at: gone.at,
        operation: gone.operation,
        barcode: None,
        why: gone.why.clone(),
    };
    let plates = state.given_up.iter().map(|(plate, gone)| lost(plate, None, gone));
    let wells = state.given_up_wells.iter();
    let wells = wells.map(|((plate, well), gone)| lost(plate, Some(*well), gone));
    plates.chain(wells).collect()
}

/// Every plate that a run replaced.
fn replaced(state: &State) -> Vec<Lost> {
    let lost = |r: &Replaced| Lost {
        plate: r.plate.clone(),
        well: None,
        at: r.at,
        operation: r.operation,
        barcode: r.barcode.clone(),
        why: r.why.clone(),
    };
    state.replaced.iter().map(lost).collect()
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
            given_up: Vec::new(),
            replaced: Vec::new(),
        }
    }
    /// Of a run, with notes for people.
    pub fn of(state: &State, notes: Vec<String>) -> Self {
        Self {
            given_up: given_up(state),
            replaced: replaced(state),
            ..Self::new(
                state.plan.clone(),
                state.readings.clone(),
                state.findings.clone(),
                notes,
            )
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
