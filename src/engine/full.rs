//! A full disk: the run is ended by the safe path, whose records go into the space that is kept for it.
//!
//! Only an intent that is durable lets anything move, here as everywhere: where even the reserve is used up, everything stays
//! where it is.

use super::core::EngineError;
use super::dispatch::Engine;
use crate::journal::JournalError;
use crate::run::{Ending, Event, Mode, State, StopKind};
use crate::units::Duration;

/// Who ends a run on a full disk, in the journal.
const BY: &str = "plated, since the disk is full";

/// How often it is looked whether somebody is asked.
const LOOK: Duration = Duration::s(1);

/// What came of driving a run.
type Driven = Result<Ending, EngineError>;

impl Engine {
    /// Ends the run after a record found no room: what is under way is finished, then every instrument goes to its safe state.
    /// What came of it, and why the run failed.
    ///
    /// While it is held or halted, where somebody may reach into the machines, nothing moves by itself: what is under way is
    /// finished, and the run can be gone on with once there is room.
    pub(super) async fn run_out_of_room(&mut self, driven: Driven) -> (Driven, Option<String>) {
        let left_alone = self
            .shared
            .with_state(|s| matches!(s.mode, Mode::Held | Mode::Halted | Mode::Aborting));
        if left_alone {
            self.wait_for_flows().await;
            return (driven, None);
        }
        let why = match &driven {
            Err(EngineError::Journal(JournalError::Full(place))) => format!("the disk of {place} is full"),
            Err(error) => error.to_string(),
            Ok(_) => String::new(),
        };
        tracing::error!(why, "the run is ended by the safe path");
        // Flows that found no room have ended by that; nothing of theirs has moved.
        while let Some(flow) = self.flows.try_join_next() {
            if let Err(error) = self.flow_ended(flow)
                && !is_full(&error)
            {
                return (Err(error), None);
            }
        }
        let stop = Event::Stop {
            kind: StopKind::Abort,
            by: BY.to_owned(),
        };
        if let Err(error) = self.shared.record_durably(&stop).await {
            self.wait_for_flows().await;
            return (Err(error.into()), None);
        }
        // Flows that wait for a person will get no answer.
        self.shared.core.borrow_mut().waiting.clear();
        let driven = self.drive().await;
        if driven.as_ref().is_err_and(is_full) {
            self.wait_for_flows().await;
        }
        let why = format!("it was ended by the safe path, since {why}; free some space before the next run");
        (driven, Some(why))
    }

    /// An order that finds no room while the run stands is refused; the run goes on standing.
    pub(super) fn or_refused<T>(
        &self,
        obeyed: Result<Result<T, String>, EngineError>,
    ) -> Result<Result<T, String>, EngineError> {
        match obeyed {
            Err(error) if is_full(&error) && self.shared.with_state(stands) => Ok(Err(error.to_string())),
            other => other,
        }
    }

    /// Nothing new can be recorded, so nothing new may begin. Each instrument comes to the end of its action, and what became
    /// of it goes into what is left of the space kept for it.
    async fn wait_for_flows(&mut self) {
        let clock = self.shared.clock;
        loop {
            // Those that wait for a person, now or after their action, would wait for ever.
            self.shared.core.borrow_mut().waiting.clear();
            tokio::select! {
                biased;
                flow = self.flows.join_next() => if flow.is_none() {
                    break;
                },
                () = clock.sleep(LOOK) => {}
            }
        }
        if let Err(error) = self.shared.commit().await {
            tracing::error!(%error, "the last outcomes are not recorded; they are found out when the run goes on");
        }
    }
}

fn is_full(error: &EngineError) -> bool {
    matches!(error, EngineError::Journal(JournalError::Full(_)))
}

fn stands(state: &State) -> bool {
    matches!(state.mode, Mode::Paused | Mode::Held | Mode::Halted)
}
