//! Finding the axes: all of them, or gantry and mounts first and the plungers once no tips are on.

use super::board::Smoothie;
use super::link::{HOMING, Stopped};
use super::wire::Body;
use crate::devices::{Done, Failure, FailureKind, Moved};
use crate::plan::Action;
use crate::units::Duration;

/// As the maker's host does it: mounts and plungers first, then [`ACROSS`].
const ALL: &str = "G28.2 ABCZ";
/// Mounts alone: what hangs on them is out of everybody's way before anything goes across.
const MOUNTS: &str = "G28.2 AZ";
/// Both plungers go to their tops, and draw whatever is below them.
const PLUNGERS: &str = "G28.2 BC";
/// X (with Y brought clear of its switch), then Y twice.
const ACROSS: &[&str] = &[
    "M203.1 Y50",
    "G91 G0 Y-28 G0 Y10 G90",
    "M203.1 X80",
    "G28.2 X",
    "M203.1 Y80",
    "G28.2 Y",
    "M203.1 Y8",
    "G91 G0 Y-3 G90",
    "G28.2 Y",
    "G91 G0 Y-3 G90",
];

impl Smoothie {
    /// Finds the axes that an action is about.
    pub(super) async fn find(&mut self, action: &Action) -> Result<Done, Failure> {
        if self.generation != Some(self.line.generation()) {
            self.meet().await?;
        }
        // Homing is what a halted controller waits for; said to one that is not halted, this does nothing.
        match self.again("M999", Body::None, Duration::ZERO).await {
            Ok(_) | Err(Stopped::Trouble(..)) => {}
            Err(error) => return Err(error.harmless()),
        }
        // A controller that was switched off has forgotten how its axes are driven.
        for line in self.setup() {
            self.again(&line, Body::None, Duration::ZERO)
                .await
                .map_err(Stopped::harmless)?;
        }
        let (first, across) = match action {
            Action::HomeGantry => (MOUNTS, ACROSS),
            Action::HomePlungers => (PLUNGERS, [].as_slice()),
            _ => (ALL, ACROSS),
        };
        self.found_by(first).await?;
        // A controller that was switched off and on in between has not lifted its mounts, and knows nothing of that.
        if !self.read_state().await.map_err(Stopped::irreversible)?.up {
            return Err(Failure::new(
                FailureKind::Fault,
                Moved::Yes,
                format!(
                    "\"{}\" does not call its mounts homed after they were to come up, so nothing goes across; look what is in the way",
                    self.id
                ),
            ));
        }
        for line in across {
            let line = self.not_faster(line);
            self.found_by(&line).await?;
        }
        self.found_by(&self.speeds()).await?;
        let state = self.read_state().await.map_err(Stopped::irreversible)?;
        let (found, which) = match action {
            Action::HomeGantry => (state.gantry, "every axis of gantry and mounts"),
            _ => (state.homed, "every axis"),
        };
        if found {
            return Ok(Done::Plain);
        }
        Err(Failure::new(
            FailureKind::Fault,
            Moved::Yes,
            format!(
                "\"{}\" ended homing but does not call {which} homed; look what is in the way",
                self.id
            ),
        ))
    }

    /// A line of the sequence that sets a speed, with the highest that a run wants in its place.
    fn not_faster(&self, line: &str) -> String {
        let set = line.strip_prefix("M203.1 ").and_then(|rest| {
            let mut letters = rest.chars();
            let axis = letters.next()?;
            Some((axis, letters.as_str().parse().ok()?))
        });
        match set {
            Some((axis, speed)) => format!("M203.1 {axis}{}", self.capped(axis, speed)),
            None => line.to_owned(),
        }
    }

    /// One line of the sequence, and the wait for its end.
    async fn found_by(&mut self, line: &str) -> Result<(), Failure> {
        let sent = self.once(line, Body::None, self.patience(HOMING)).await;
        sent.map_err(Stopped::irreversible)?;
        self.read_position().await.map_err(Stopped::irreversible)?;
        Ok(())
    }
}
