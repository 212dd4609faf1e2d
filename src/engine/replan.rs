//! Re-planning: when reality differs from the schedule, the rest is placed anew, and the new schedule is an event.

use super::core::{EngineError, Shared};
use crate::plan::OperationId;
use crate::run::{Event, State};
use crate::schedule::{Fixed, reschedule};
use crate::units::Duration;

/// An operation that ends this much before or after its planned end moves what comes after it.
const TOLERANCE: Duration = Duration::s(20);

/// Whether an operation that has just ended did so far enough from its planned end for a new schedule.
pub(super) fn is_off(state: &State, operation: OperationId) -> bool {
    let planned = state.schedule.slot(operation).map(|s| state.zero.plus(s.end));
    let ended = state.operations.get(operation.index()).and_then(|o| o.ended);
    planned.zip(ended).is_some_and(|(planned, ended)| {
        let off = if ended > planned {
            ended.since(planned)
        } else {
            planned.since(ended)
        };
        off > TOLERANCE
    })
}

/// Places what has not begun anew, from what is known now. Where that is not possible the old order stays in force:
/// it is never wrong, only worse.
pub(super) fn replan(shared: &Shared) -> Result<(), EngineError> {
    let now = shared.clock.now();
    let result = shared.with_state(|s| {
        let fixed = fixed(s);
        reschedule(&s.plan, &fixed, now.since(s.zero))
    });
    match result {
        Ok(schedule) => shared.record(&Event::Scheduled { schedule })?,
        Err(error) => {
            tracing::warn!(%error, "the rest could not be planned anew; the earlier order stays in force")
        }
    }
    Ok(())
}

/// What has begun or is over, with its true times.
fn fixed(state: &State) -> Vec<Fixed> {
    state
        .plan
        .operations
        .iter()
        .zip(&state.operations)
        .filter_map(|(operation, course)| {
            let begun = course.started.or(course.ended)?;
            let first = operation.cadence.filter(|c| c.index == 0);
            Some(Fixed {
                operation: operation.id,
                start: begun.since(state.zero),
                end: course.ended.map(|e| e.since(state.zero)),
                event: first
                    .and_then(|c| state.series_start(c.series))
                    .map(|e| e.since(state.zero)),
            })
        })
        .collect()
}
