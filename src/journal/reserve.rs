//! Which records may use the space that is kept for the safe path when the disk is full.

use crate::run::{Event, StopKind};

/// Bytes kept for the safe path.
pub const RESERVE: u64 = 64 << 10;

/// Whether an event begins the end of a run: all that follows may use the reserve.
pub(super) const fn ends(event: &Event) -> bool {
    matches!(
        event,
        Event::Stop {
            kind: StopKind::Abort,
            ..
        }
    )
}

/// Whether an event may use the reserve: stops, ends, and what became of actions that had begun. An intent may not, nor
/// may anything that makes work.
pub(super) const fn may_use(event: &Event) -> bool {
    matches!(
        event,
        Event::Stop {
            kind: StopKind::Pause | StopKind::Hold | StopKind::Abort | StopKind::Halt | StopKind::Reset,
            ..
        } | Event::Ended { .. }
            | Event::NotDone { .. }
            | Event::Failed { .. }
            | Event::Answered { .. }
            | Event::OperationEnded { .. }
            | Event::OperationSkipped { .. }
            | Event::RunEnded { .. }
    )
}
