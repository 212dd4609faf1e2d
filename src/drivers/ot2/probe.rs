//! Fixed probes: their ends are brought to heights; their liquid is another instrument's affair.

use super::driver::Ot2;
use super::geometry::{carriage, lift, lift_position, tip_end};
use super::motion::Stroke;
use crate::devices::{Done, Failure};
use crate::drivers::failure::{refused, unsupported};
use crate::plan::Action;

impl Ot2 {
    /// Where the gantry goes for a [`Action::MoveProbe`].
    pub(super) fn probing(&self, action: &Action) -> Result<Stroke, Failure> {
        let Action::MoveProbe {
            probe,
            at,
            height,
            travel,
        } = action
        else {
            return Err(unsupported(format!("{} moves no probe", action.name())));
        };
        let found = self.probes.get(probe);
        let Some((pipette, fixed)) = found.and_then(|p| Some((p, p.probe.as_ref()?))) else {
            return Err(refused(format!("\"{}\" has no probe \"{probe}\"", self.id)));
        };
        let (place, labware) = self.site(at)?;
        let (x, y) = carriage(pipette, &place, labware, at.well, self.deck);
        let end = tip_end(&place, labware, *height, self.deck);
        let up = lift(pipette.mount);
        Ok(Stroke {
            x: x.plus(at.offset.x).get(),
            y: y.plus(at.offset.y).get(),
            lift: up,
            z: lift_position(pipette, end, fixed.length).get(),
            reset: None,
            line: String::new(),
            told_by: up,
            waypoints: Vec::new(),
            finish: Vec::new(),
            rise: false,
            travel: *travel,
        })
    }

    /// Up where it is elsewhere, across, down. A goal: safe to repeat.
    pub(super) async fn move_probe(&mut self, action: &Action) -> Result<Done, Failure> {
        let state = self.homed_state().await?;
        let stroke = self.probing(action)?;
        let legs = self.approach(&state, &stroke);
        self.travel(&legs).await?;
        Ok(Done::Plain)
    }
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
