//! A schedule as plain data: when each operation starts and in which order claims are granted.

use super::OperationId;
use crate::units::Duration;
use serde::{Deserialize, Serialize};

/// The planned place of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Which operation.
    pub operation: OperationId,
    /// Planned start, from the start of the run.
    pub start: Duration,
    /// Planned end.
    pub end: Duration,
}

/// Planned times of all operations. For any resource, the operation with the earlier planned use has it first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Schedule {
    /// One per operation, by operation index.
    pub slots: Vec<Slot>,
    /// Planned end of the last operation.
    pub makespan: Duration,
    /// No schedule can be shorter than this.
    pub bound: Duration,
}

impl Schedule {
    /// The slot of an operation.
    pub fn slot(&self, operation: OperationId) -> Option<&Slot> {
        self.slots.get(operation.index())
    }
}
