//! Stops: which may follow which, and what each does to a run.
//!
//! Owns the table of transitions; the engine asks it before it obeys, the fold asks it again. Knows no instrument.

use super::event::StopKind;
use super::state::{Mode, State};

/// What an order to stop or to go on does in a mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transition {
    /// The run changes to this mode.
    To(Mode),
    /// It is so already: the same order given twice is no error, and nothing changes.
    Already,
    /// It does not fit; why, for a person.
    Refused(&'static str),
}

/// What an order does in a mode. The table is printed in `docs/operations.md`.
pub fn transition(mode: &Mode, kind: StopKind) -> Transition {
    use StopKind::{Abort, Halt, Hold, Park, Pause, Reset, Resume};
    use Transition::{Already, Refused, To};
    match (mode, kind) {
        (Mode::Ended(_), _) => Refused("the run has ended"),
        (Mode::Preparing, Abort) | (Mode::Running | Mode::Paused | Mode::Held | Mode::Halted, Abort) => {
            To(Mode::Aborting)
        }
        (Mode::Preparing, _) => Refused("the run has not begun yet"),
        (Mode::Running | Mode::Held, Pause) => To(Mode::Paused),
        (Mode::Running | Mode::Paused, Hold) => To(Mode::Held),
        (Mode::Paused | Mode::Held, Resume) => To(Mode::Running),
        (Mode::Running | Mode::Paused | Mode::Held, Halt) => To(Mode::Halted),
        // Motion stops, and nothing is brought into its safe state any more.
        (Mode::Aborting, Halt) => To(Mode::Aborting),
        // While held, it gives a driver that broke down a successor.
        (Mode::Halted | Mode::Held, Reset) => To(Mode::Held),
        (Mode::Paused | Mode::Held, Park) => To(mode.clone()),
        (Mode::Running, Park) => Refused("plates can be parked while the run is paused or held"),
        (Mode::Running, Resume)
        | (Mode::Paused, Pause)
        | (Mode::Held, Hold)
        | (Mode::Halted, Halt)
        | (Mode::Aborting, Abort) => Already,
        (Mode::Halted, _) => Refused(
            "the run is halted: look at the machines, then reset it, which moves nothing; after that it is held",
        ),
        (Mode::Aborting, _) => Refused("the run is being aborted"),
        (Mode::Running | Mode::Paused, Reset) => Refused("the run is neither held nor halted"),
    }
}

/// Takes a stop into account; one that does not fit changes nothing.
pub(super) fn apply(state: &mut State, kind: StopKind) {
    let Transition::To(mode) = transition(&state.mode, kind) else {
        return;
    };
    state.mode = mode;
    match kind {
        StopKind::Halt => {
            state.distrusted = true;
            state.park_wanted = false;
            state.not_halted.clear();
            // What was asked about no open intent is asked anew where it still matters.
            state.questions.retain(|_, q| q.action.is_some());
        }
        StopKind::Park => state.park_wanted = true,
        StopKind::Resume => {
            // The bench may be another by now: what failed is tried again, and asked about anew if it fails again.
            state.questions.retain(|_, q| q.action.is_some());
            state.before_repair = None;
            state.park_wanted = false;
            state.distrusted = false;
        }
        StopKind::Pause => state.distrusted = false,
        StopKind::Hold | StopKind::Abort | StopKind::Reset => {}
    }
}

impl State {
    /// Whether a new action may begin.
    pub const fn may_act(&self) -> bool {
        matches!(self.mode, Mode::Running | Mode::Paused)
    }

    /// Whether plates are parked, or being brought back, that operations under way need: these must not go on before all are back.
    pub fn holds_parked(&self) -> bool {
        matches!(self.mode, Mode::Held | Mode::Running) && self.parking.is_some()
    }
}

#[cfg(test)]
#[path = "stops_tests.rs"]
mod tests;
