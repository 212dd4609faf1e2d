//! Jogging: the bare end of a pipette straight to a point, for a person who looks on.

use super::driver::Ot2;
use super::geometry::lift;
use super::motion::{HOMED_PLUNGER, Leg, TOLERANCE};
use super::wire::Axis;
use crate::devices::{Before, Done, Failure};
use crate::drivers::failure::{not_homed, refused, unsupported};
use crate::plan::Action;

/// Speed of a jog, in mm/min.
const FEED: i64 = 3_000;
/// Below the height to travel at, a jog goes no further across than this, in um.
const ACROSS: i64 = 25_000;

impl Ot2 {
    /// The leg of a jog.
    fn jog_leg(&self, action: &Action) -> Result<(Leg, i64), Failure> {
        let Action::MoveNozzle { pipette, x, y, z } = action else {
            return Err(unsupported(format!("{} is no jog", action.name())));
        };
        let found = self.handler.pipettes.get(pipette);
        let found = found.ok_or_else(|| refused(format!("\"{}\" has no pipette \"{pipette}\"", self.id)))?;
        let end = z.plus(found.fixed().unwrap_or_default());
        let safe = self.safe(found.mount);
        let up = end.minus(found.nozzle.z).get();
        if up > safe {
            return Err(refused(format!(
                "{z} is over the height at which \"{}\" travels",
                self.id
            )));
        }
        let goal = vec![
            (Axis::X, x.minus(found.nozzle.x).get()),
            (Axis::Y, y.minus(found.nozzle.y).get()),
            (lift(found.mount), up),
        ];
        Ok((Leg::at_feed(FEED, goal), safe))
    }

    /// Whether the way is one that may be gone: short, or up where it is safe.
    pub(super) async fn jogging(&mut self, action: &Action) -> Result<Before, Failure> {
        let (leg, safe) = self.jog_leg(action)?;
        let state = self.known_state().await?;
        if !state.homed {
            return Err(not_homed(format!(
                "\"{}\" does not know where its axes are; home it first",
                self.id
            )));
        }
        let far = |(axis, to): &(Axis, i64)| {
            matches!(axis, Axis::X | Axis::Y) && (state.at(*axis) - to).abs() > ACROSS
        };
        let low = |(axis, to): &(Axis, i64)| {
            !matches!(axis, Axis::X | Axis::Y) && state.at(*axis).min(*to) < safe - TOLERANCE
        };
        if leg.goal.iter().any(far) && leg.goal.iter().any(low) {
            return Err(refused(
                "a jog that goes far across begins and ends at the height to travel at",
            ));
        }
        for (axis, drop) in self.drops() {
            let at = state.at(axis);
            if at < HOMED_PLUNGER && (at - drop).abs() > TOLERANCE {
                return Err(refused(format!(
                    "plunger {} stands at {at} um, as with tips on; take them off by hand and home",
                    axis.letter()
                )));
            }
        }
        Ok(Before::default().with("homed", 1))
    }

    /// A goal: safe to repeat.
    pub(super) async fn jog(&mut self, action: &Action) -> Result<Done, Failure> {
        let (leg, _) = self.jog_leg(action)?;
        let state = self.homed_state().await?;
        self.travel(&state, &[leg]).await?;
        Ok(Done::Plain)
    }

    /// Plungers of the pipettes, and where each drops tips.
    fn drops(&self) -> Vec<(Axis, i64)> {
        let drop = |f: &super::driver::Fitted| {
            (
                super::geometry::plunger(f.pipette.mount),
                f.model.drop_tip().get(),
            )
        };
        self.pipettes.values().map(drop).collect()
    }
}
