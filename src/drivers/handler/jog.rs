//! Jogging: the bare end of a pipette straight to a point, for a person who looks on.

use super::axes::Axis;
use super::board::Board;
use super::driver::Handler;
use super::geometry::lift;
use super::leg::Leg;
use super::motion::TOLERANCE;
use crate::devices::{Before, Done, Failure};
use crate::drivers::failure::{not_homed, refused, unsupported};
use crate::plan::Action;

/// Speed of a jog, in mm/min.
const FEED: i64 = 3_000;
/// Below the height to travel at, a jog goes no further across than this, in um.
const ACROSS: i64 = 25_000;

impl<B: Board> Handler<B> {
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
        for (axis, drop, homed) in self.drops() {
            let at = state.at(axis);
            if at < homed && (at - drop).abs() > TOLERANCE {
                return Err(refused(format!(
                    "{} stands at {at} um, as with tips on; take them off by hand and home",
                    self.board.called(axis)
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

    /// Plungers of the pipettes, where each drops tips, and how high it is homed.
    fn drops(&self) -> Vec<(Axis, i64, i64)> {
        let drop = |f: &super::driver::Fitted| {
            let axis = super::geometry::plunger(f.pipette.mount);
            (axis, f.plunger.drop_um, f.plunger.homed_um)
        };
        self.pipettes.values().map(drop).collect()
    }
}
