//! Did it happen? The plunger's position tells, as long as the axes stayed homed.

use super::driver::Ot2;
use super::motion::PLUNGER_TOLERANCE;
use super::perform::{called, from_and_target};
use crate::devices::{Done, Evidence, Failure, FailureKind, Intent, Settled};
use crate::plan::Action;

impl Ot2 {
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
            return unknown(
                "the motor controller was reset or halted since: it has forgotten where the plunger was"
                    .to_owned(),
            );
        }
        let at = state.at(axis);
        let stroke = self.stroke(&intent.action, from, target);
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
            called(axis)
        ))
    }
}
