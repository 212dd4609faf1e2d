//! Homing as a goal: all axes, or carriage and mounts first and the plungers once no tips are on.

use super::board::Board;
use super::driver::Handler;
use crate::devices::{Before, Done, Evidence, Failure, Settled};
use crate::drivers::failure::not_homed;
use crate::plan::Action;

impl<B: Board> Handler<B> {
    /// Whether the axes that shall be found are known already; plungers are found when the mounts are up.
    pub(super) async fn homing(&mut self, action: &Action) -> Result<Before, Failure> {
        let state = self.known_state().await?;
        if matches!(action, Action::HomePlungers) && !state.gantry {
            return Err(not_homed(format!(
                "\"{}\" does not know where its mounts are; they come up before its plungers move: home it first",
                self.id
            )));
        }
        let known = match action {
            Action::HomeGantry => state.gantry,
            _ => state.homed,
        };
        Ok(Before::default().with("homed", i64::from(known)))
    }

    /// Whether a homing that was cut short has come to its end, by flags that were not set before: others prove nothing. A
    /// goal, so repeating it is safe, and "not yet" is always a true and useful answer.
    pub(super) async fn homing_settled(
        &mut self,
        action: &Action,
        before: &Before,
    ) -> Result<Settled, Failure> {
        let state = self.known_state().await?;
        let known = match action {
            Action::HomeGantry => state.gantry,
            _ => state.homed,
        };
        let evidence = Evidence::Commanded;
        Ok(match known && before.get("homed") == Some(0) {
            true => Settled::Done {
                done: Done::Plain,
                evidence,
            },
            false => Settled::NotDone { evidence },
        })
    }
}
