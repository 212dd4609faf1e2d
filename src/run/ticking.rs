//! Limits that go on ticking while a run stands: by when what must happen, and what is lost when it does not.
//!
//! Owns the reckoning, from what has begun and from what the plan promises. Pure. What has been missed already is told by the
//! report.

use super::state::{State, Status};
use crate::plan::{OperationId, Promised};
use crate::units::{Duration, Timestamp};

/// A limit that ticks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tick {
    /// When it is over.
    pub by: Timestamp,
    /// What must happen by then, and what is lost when it does not.
    pub what: String,
}

/// Every limit that is not over yet, the nearest first.
pub fn ticking(state: &State, now: Timestamp) -> Vec<Tick> {
    let mut ticks = Vec::new();
    let mut add = |by: Timestamp, what: String| {
        if by > now {
            ticks.push(Tick { by, what });
        }
    };
    // Of a series, only the next member.
    let mut told = std::collections::BTreeSet::new();
    for operation in state.plan.operations.iter().skip(state.first_open) {
        let status = state.status(operation.id);
        if status.is_over() || state.is_given_up(operation.id) {
            continue;
        }
        for after in &operation.after {
            let Some(max) = after.max else { continue };
            if !after.to_end && status != Status::Waiting {
                continue;
            }
            let course = state.operations.get(after.operation.index());
            let from = course.and_then(|c| if after.from_start { c.started } else { c.ended });
            if let Some(from) = from {
                let event = if after.to_end { "end" } else { "begin" };
                let earlier = state.operation(after.operation).map_or("", |o| o.title.as_str());
                add(
                    from.plus(max),
                    format!(
                        "\"{}\" must {event}, {max} after \"{earlier}\"; later, its plates were not treated as promised",
                        operation.title
                    ),
                );
            }
        }
        let cadence = operation
            .cadence
            .filter(|c| c.index > 0 && status == Status::Waiting);
        if let Some(cadence) = cadence
            && let Some(start) = state.series_start(cadence.series)
            && told.insert(cadence.series)
        {
            let target = start.plus(cadence.every.times(u64::from(cadence.index)));
            add(
                target.plus(cadence.tolerance),
                format!(
                    "\"{}\" must be read; later, the read is marked late",
                    operation.title
                ),
            );
        }
    }
    for promise in &state.plan.promises {
        match &promise.what {
            Promised::Deadline { operations, at_most } => {
                if operations.iter().any(|id| !state.status(*id).is_over()) {
                    add(
                        state.zero.plus(*at_most),
                        format!(
                            "step \"{}\" must have ended; later, its deadline is missed",
                            promise.step
                        ),
                    );
                }
            }
            Promised::Absence { plate, out, at_most } => {
                if let Some(so_far) = outside(state, out, now) {
                    let left = at_most.minus(so_far);
                    add(
                        now.plus(left),
                        format!(
                            "plate {plate} must be back in its incubator; later, it was out for more than {at_most}"
                        ),
                    );
                }
            }
            Promised::Alike { .. } => {}
        }
    }
    ticks.sort();
    ticks
}

/// How long a plate has been out of its incubator in all, if it is out now.
fn outside(state: &State, out: &[(OperationId, OperationId)], now: Timestamp) -> Option<Duration> {
    let course = |id: OperationId| state.operations.get(id.index());
    let mut sum = Duration::ZERO;
    let mut is_out = false;
    for (first, last) in out {
        let Some(left) = course(*first).and_then(|c| c.started) else {
            continue;
        };
        match course(*last).and_then(|c| c.ended) {
            Some(back) => sum = sum.plus(back.since(left)),
            None => {
                is_out = true;
                sum = sum.plus(now.since(left));
            }
        }
    }
    is_out.then_some(sum)
}
