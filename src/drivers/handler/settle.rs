//! Did it happen? The plunger's position tells, as long as the axes stayed homed.

use super::axes::State;
use super::board::Board;
use super::driver::Handler;
use super::leg::Leg;
use super::motion::{PLUNGER_TOLERANCE, Stroke, TOLERANCE};
use super::perform::from_and_target;
use crate::devices::{Done, Evidence, Failure, FailureKind, Intent, Settled};
use crate::plan::Action;

impl<B: Board> Handler<B> {
    pub(super) async fn settled(&mut self, intent: &Intent) -> Result<Settled, Failure> {
        if let Action::Home | Action::HomeGantry | Action::HomePlungers = &intent.action {
            return self.homing_settled(&intent.action, &intent.before).await;
        }
        let state = self.known_state().await?;
        let evidence = Evidence::Commanded;
        let done = Settled::Done {
            done: Done::Plain,
            evidence,
        };
        match &intent.action {
            // Goals: repeating them is safe, so "not yet" is always a true and useful answer.
            Action::Park => {
                let parked = self.is_parked().await?;
                return Ok(if parked {
                    done
                } else {
                    Settled::NotDone { evidence }
                });
            }
            // A wall may be touched again, a probe brought where it is, pins let down once more: nothing comes of it.
            Action::TouchTip { .. }
            | Action::MoveProbe { .. }
            | Action::GoOver { .. }
            | Action::MoveNozzle { .. }
            | Action::DipPins { .. } => {
                return Ok(Settled::NotDone { evidence });
            }
            _ => {}
        }
        let unknown = |why: String| Ok(Settled::Unknown { why });
        let axis = self.told_by(&intent.action)?;
        let (Some(axis), Some((from, target))) = (axis, from_and_target(&intent.before)) else {
            return unknown("the intent does not say where the plunger was".to_owned());
        };
        if !state.homed {
            return unknown(self.board.forgotten());
        }
        let at = state.at(axis);
        let stroke = self.stroke(&intent.action, from, target);
        if !B::AT_ONCE
            && let Ok(stroke) = &stroke
            && let Some(settled) = self.partly(intent, stroke, &state, (from, target)).await?
        {
            return Ok(settled);
        }
        if (at - target).abs() <= PLUNGER_TOLERANCE {
            return match self.complete(&intent.action, &stroke?, Some(target)).await {
                Ok(()) => Ok(done),
                // Only a plunger that moved after all makes a doubt of it; a way that was lost is gone again.
                Err(failure) if failure.kind == FailureKind::Fault => {
                    let at = self.homed_state().await?.at(axis);
                    if (at - target).abs() <= PLUNGER_TOLERANCE {
                        Err(failure)
                    } else {
                        unknown(failure.message)
                    }
                }
                Err(failure) => Err(failure),
            };
        }
        // Where it was is told without knowing which tips are on.
        let begun = stroke.map_or((at - from).abs() > PLUNGER_TOLERANCE, |s| !s.not_begun(from, at));
        if !begun {
            return Ok(Settled::NotDone { evidence });
        }
        unknown(format!(
            "{} stands at {at} um: neither where it was ({from} um) nor where it should go ({target} um)",
            self.board.called(axis)
        ))
    }

    /// What is told by the lift of moves that are said one after the other; `None` where what tells says it alone.
    async fn partly(
        &mut self,
        intent: &Intent,
        stroke: &Stroke,
        state: &State,
        (from, target): (i64, i64),
    ) -> Result<Option<Settled>, Failure> {
        let evidence = Evidence::Commanded;
        let Some(low) = stroke.low else { return Ok(None) };
        let lift = state.at(stroke.lift);
        let stands = |at: i64| (lift - at).abs() <= TOLERANCE;
        let at = state.at(stroke.told_by);
        let near = |position: i64| (at - position).abs() <= PLUNGER_TOLERANCE;
        match &intent.action {
            // Dipped, and not up yet.
            Action::Dip { .. } if stands(low) => {
                self.travel(state, &[Leg::to(vec![(stroke.lift, target)])])
                    .await?;
            }
            // The plunger is at the bottom before the nozzles come down, and goes back if they did not.
            Action::PickUpTips { .. } if near(target) && stands(stroke.z) => {
                self.travel(state, &[Leg::to(vec![(stroke.told_by, from)])])
                    .await?;
                return Ok(Some(Settled::NotDone { evidence }));
            }
            Action::PickUpTips { pipette, .. } if near(target) => {
                let safe = self.safe(self.fitted(pipette)?.pipette.mount);
                if !stands(low) && !stands(safe) {
                    let lift = self.board.called(stroke.lift);
                    let why = format!("{lift} stopped on its way while tips were picked up");
                    return Ok(Some(Settled::Unknown { why }));
                }
                self.complete(&intent.action, stroke, Some(target)).await?;
            }
            _ => return Ok(None),
        }
        Ok(Some(Settled::Done {
            done: Done::Plain,
            evidence,
        }))
    }
}
