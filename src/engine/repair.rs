//! Repairs as they are carried out: recorded, and answered with what now prevents the rest of the plan.

use super::core::EngineError;
use super::dispatch::Engine;
use super::replan::replan;
use crate::run::{Event, Repair, State, repair_possible};

impl Engine {
    /// Records a repair that fits. The inner error says why it does not; else, what prevents the rest of the plan.
    pub(super) async fn repair(
        &mut self,
        repair: Repair,
        by: String,
        why: String,
    ) -> Result<Result<Option<String>, String>, EngineError> {
        if why.trim().is_empty() {
            return Ok(Err("say why: it stays in the run\'s record".to_owned()));
        }
        if let Err(refusal) = self.shared.with_state(|s| repair_possible(s, &repair)) {
            return Ok(Err(refusal));
        }
        let planned = matches!(repair, Repair::Skip { .. } | Repair::Repeat { .. });
        self.shared
            .record_durably(&Event::Repaired { repair, by, why })
            .await?;
        if planned {
            replan(&self.shared)?;
        }
        Ok(Ok(self.shared.with_state(State::may_go_on).err()))
    }
}
