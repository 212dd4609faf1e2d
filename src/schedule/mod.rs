//! Scheduling: when each operation of a plan starts.
//!
//! Owns the model of a plan as numbers, the solver, and re-planning of a run that is under way. Pure: work is
//! counted in steps, never in seconds; the same plan always gives the same schedule. Knows nothing of what an
//! operation does. Start with [`schedule`]; the solver behind it can be replaced without anyone noticing.

mod conflict;
mod error;
mod groups;
mod improve;
mod model;
mod pass;
mod place;
mod promises;
mod reserve;
mod search;
mod solve;
mod timeline;
mod what_if;
mod why;

pub use conflict::{Conflict, Window, conflict};
pub use error::ScheduleError;
pub use promises::{Broken, broken, broken_by, in_words};
pub use solve::{Fixed, Options, reschedule, schedule, schedule_with};
pub use what_if::{WhatIf, what_if};
pub use why::{Why, why};

#[cfg(test)]
pub(crate) mod checker;
#[cfg(test)]
mod execution_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod testing_random;
