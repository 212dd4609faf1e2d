//! The ways in: a schedule of a plan, a schedule of the rest of a run.
//!
//! What the first pass finds is kept as long as it breaks nothing; else others are tried (`search`), as many as the options
//! allow, and the one that breaks least is kept.

use super::model::Model;
use super::place::Miss;
use super::reserve::roomier;
use super::search::{Found, Search};
use super::{ScheduleError, improve};
use crate::plan::{OperationId, Plan, Schedule, Slot};
use crate::units::Duration;

/// Steps that are spent on a shorter schedule before a run: some hundredths of a second.
const IMPROVE: u64 = 1_000_000;

/// While it runs.
const IMPROVE_AGAIN: u64 = 200_000;

/// How a schedule is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Most steps of searching; a step looks at one claim.
    pub work_limit: u64,
    /// Most schedules that are tried, from 1, where the first breaks a promise or does not fit.
    pub tries: u32,
    /// Most steps that are spent on making it shorter, or on one that keeps everything where those do not, for up to a thousand
    /// operations that have not begun; in proportion more for more. None where only one is tried.
    pub improve: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            work_limit: 200_000_000,
            tries: 40,
            improve: IMPROVE,
        }
    }
}

/// An operation of a run that has begun, or that is skipped (then start and end are the time of skipping).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    /// Which operation.
    pub operation: OperationId,
    /// When it began, from the start of the run.
    pub start: Duration,
    /// When it ended, if it has.
    pub end: Option<Duration>,
    /// When the event that counts for its series took place (the read of the first member), if it has; planned
    /// times are reckoned with where this is not known.
    pub event: Option<Duration>,
}

/// A schedule of a whole plan. Where several were tried, the first that breaks nothing, else the one that breaks least
/// ([`super::broken`] tells what); where the first that was tried breaks nothing, that one.
///
/// # Errors
/// When a series or a longest delay cannot be kept, or the plan is not sound.
pub fn schedule(plan: &Plan) -> Result<Schedule, ScheduleError> {
    schedule_with(plan, &Options::default())
}

/// The same with options.
///
/// # Errors
/// As [`schedule`], and when the work limit is reached.
pub fn schedule_with(plan: &Plan, options: &Options) -> Result<Schedule, ScheduleError> {
    solve(plan, options, &[], None)
}

/// A schedule of the rest of a run: what has begun keeps its times, nothing else starts before `now`. What cannot
/// be in time any more comes as soon as it can; the run records how late it was.
///
/// # Errors
/// When the plan is not sound, or the work limit is reached.
pub fn reschedule(plan: &Plan, fixed: &[Fixed], now: Duration) -> Result<Schedule, ScheduleError> {
    let options = Options {
        tries: 12,
        improve: IMPROVE_AGAIN,
        ..Options::default()
    };
    solve(plan, &options, fixed, Some(now))
}

fn solve(
    plan: &Plan,
    options: &Options,
    fixed: &[Fixed],
    now: Option<Duration>,
) -> Result<Schedule, ScheduleError> {
    let model = Model::new(plan)?;
    let search = Search {
        plan,
        model,
        counted: (0..plan.promises.len()).collect(),
        fixed,
        now,
    };
    let least = improve::bound(&search);
    let found = roomier(&search, search.best(options).0, options);
    let least = improve::nearer(&search, &found, least, options);
    match improve::improved(&search, found, least, options) {
        Found::Placed { times, .. } => {
            let slots: Vec<Slot> = plan
                .operations
                .iter()
                .zip(times)
                .map(|(operation, (start, end))| Slot {
                    operation: operation.id,
                    start: Duration::us(start),
                    end: Duration::us(end),
                })
                .collect();
            let makespan = slots.iter().map(|s| s.end).max().unwrap_or_default();
            Ok(Schedule {
                slots,
                makespan,
                bound: Duration::us(least.min(makespan.as_us())),
            })
        }
        Found::Missed(miss) => Err(missed(plan, &miss)),
        Found::Limit => Err(ScheduleError::TooMuchWork(options.work_limit)),
        Found::Unsound(why) => Err(ScheduleError::Unsound(why)),
    }
}

fn missed(plan: &Plan, miss: &Miss) -> ScheduleError {
    let late = Duration::us(miss.late);
    let Some(operation) = plan.operations.get(miss.operation) else {
        return ScheduleError::Unsound("an operation that is not there does not fit".into());
    };
    let (operation, title, cadence) = (operation.id, operation.title.clone(), operation.cadence);
    match cadence {
        Some(c) => ScheduleError::Cadence {
            series: c.series,
            operation,
            title,
            every: c.every,
            tolerance: c.tolerance,
            late,
        },
        None => ScheduleError::Delay {
            operation,
            title,
            late,
        },
    }
}

#[cfg(test)]
#[path = "solve_tests.rs"]
mod tests;
