//! What a schedule leaves for the run: actions take a little longer or shorter than planned, so that times that just keep
//! what was promised are missed by seconds.
//!
//! Where the schedule that was found comes so near to a limit, one is looked for that keeps narrower limits. It is taken
//! if it still keeps everything that the plan asks for and comes less near; the plan's own limits always go first.

use super::promises::flaws;
use super::search::{Found, Search};
use super::solve::Options;
use crate::plan::{OperationId, Plan, Promised};
use crate::units::Duration;

/// Most that is kept back of a deadline, of a time outside or of a longest delay.
const MOST: Duration = Duration::s(60);

/// Schedules that are tried for it, at most.
const TRIES: u32 = 12;

/// The whole may take longer for it by one part of so many.
const LONGER: u64 = 20;

/// A share of a limit, as one part of so many; no more than [`MOST`].
fn part(limit: Duration, of: u64) -> Duration {
    Duration::us(limit.as_us().checked_div(of).unwrap_or(0)).min(MOST)
}

/// The plan with narrower limits: half the difference between intervals, 2 % less until a deadline and outside, a tenth less
/// of what a longest delay leaves over the shortest.
fn narrower(plan: &Plan, delays: bool) -> Plan {
    let mut plan = plan.clone();
    for promise in &mut plan.promises {
        match &mut promise.what {
            Promised::Deadline { at_most, .. } | Promised::Absence { at_most, .. } => {
                *at_most = at_most.minus(part(*at_most, 50));
            }
            Promised::Alike { within, .. } => *within = Duration::us(within.as_us() / 2),
        }
    }
    let after = plan.operations.iter_mut().flat_map(|o| &mut o.after);
    for after in after.filter(|_| delays) {
        if let Some(max) = after.max {
            let room = max.minus(after.min);
            after.max = Some(max.minus(part(room, 10)));
        }
    }
    plan
}

/// By how much times come nearer to the limits of the plan than they should, what has begun left out.
fn nearness(search: &Search<'_>, narrow: &Plan, times: &[(u64, u64)]) -> u64 {
    let of = |id: OperationId| {
        let (start, end) = times.get(id.index())?;
        Some((Duration::us(*start), Duration::us(*end)))
    };
    let begun = |id: OperationId| search.fixed.iter().any(|f| f.operation == id);
    flaws(narrow, &search.counted, true, of)
        .iter()
        .filter(|f| !f.operation.is_some_and(begun))
        .fold(0, |sum, f| sum.saturating_add(f.over.as_us()))
}

/// The schedule that was found, or one that keeps as much and leaves more for the run.
pub(super) fn roomier(search: &Search<'_>, found: Found, options: &Options) -> Found {
    let Found::Placed { times, flaws: broken } = &found else {
        return found;
    };
    if options.tries <= 1 || search.plan.promises.is_empty() && !search.plan.operations.iter().any(bound) {
        return found;
    }
    let whole = narrower(search.plan, true);
    let near = nearness(search, &whole, times);
    if near == 0 {
        return found;
    }
    let longest = end(times).saturating_add(end(times) / LONGER);
    let options = Options {
        tries: options.tries.min(TRIES),
        ..*options
    };
    for (delays, last) in [(true, false), (false, true)] {
        let plan = if last {
            narrower(search.plan, delays)
        } else {
            whole.clone()
        };
        let Ok(other) = search.again(&plan) else {
            return found;
        };
        if let (Found::Placed { times, .. }, _) = other.best(&options) {
            let kept = search.judge(&times);
            let better = nearness(search, &whole, &times) < near && end(&times) <= longest;
            let no_worse = kept
                .iter()
                .all(|f| broken.iter().any(|b| b.promise == f.promise && b.over >= f.over));
            if better && no_worse {
                return Found::Placed { times, flaws: kept };
            }
        }
    }
    found
}

fn end(times: &[(u64, u64)]) -> u64 {
    times.iter().map(|t| t.1).max().unwrap_or(0)
}

/// Whether an operation must follow another closely.
fn bound(operation: &crate::plan::Operation) -> bool {
    operation.after.iter().any(|a| a.max.is_some())
}

#[cfg(test)]
#[path = "reserve_tests.rs"]
mod tests;
