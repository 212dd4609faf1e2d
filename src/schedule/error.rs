//! Why a plan has no schedule.

use crate::plan::OperationId;
use crate::units::Duration;
use thiserror::Error;

/// Why a plan has no schedule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScheduleError {
    /// A series cannot keep its interval.
    #[error(
        "\"{title}\" (series {series}) cannot be repeated every {every} within ±{tolerance}: it would be late by \
         {late}; use a longer interval, more tolerance or fewer plates"
    )]
    Cadence {
        /// The series.
        series: u32,
        /// The operation that does not fit.
        operation: OperationId,
        /// Its title.
        title: String,
        /// The interval.
        every: Duration,
        /// The tolerance.
        tolerance: Duration,
        /// By how much it would be missed.
        late: Duration,
    },
    /// A longest delay cannot be kept.
    #[error(
        "\"{title}\" cannot start in time after what it follows: it would be late by {late}; allow a longer delay"
    )]
    Delay {
        /// The operation that does not fit.
        operation: OperationId,
        /// Its title.
        title: String,
        /// By how much it would be missed.
        late: Duration,
    },
    /// The plan contradicts itself.
    #[error("the plan is not sound: {0}")]
    Unsound(String),
    /// The search took more steps than allowed.
    #[error("no schedule was found within {0} steps; split the protocol into smaller runs")]
    TooMuchWork(u64),
}
