//! Preparing and performing actions.

use super::axes::{Axis, State};
use super::board::Board;
use super::driver::Handler;
use super::geometry::{lift, plunger as plunger_axis};
use super::leg::{Leg, astray};
use super::motion::{Expected, PLUNGER_TOLERANCE, Stroke, TOLERANCE};
use crate::devices::{Before, Done, Failure, FailureKind, Intent, Moved};
use crate::drivers::failure::{moved, not_homed, refused, unsupported};
use crate::plan::Action;
use crate::rig::{InstrumentId, Mount};

impl<B: Board> Handler<B> {
    /// The plunger before and its target, checked; nothing moves.
    pub(super) async fn prepared(&mut self, action: &Action) -> Result<Before, Failure> {
        match action {
            Action::Home | Action::HomeGantry | Action::HomePlungers => return self.homing(action).await,
            Action::Park
            | Action::PickUpTips { .. }
            | Action::DropTips { .. }
            | Action::Aspirate { .. }
            | Action::Dispense { .. }
            | Action::AirGap { .. }
            | Action::TouchTip { .. }
            | Action::BlowOut { .. }
            | Action::Dip { .. }
            | Action::MoveProbe { .. }
            | Action::GoOver { .. }
            | Action::MoveNozzle { .. }
            | Action::DipPins { .. } => {}
            other => return Err(unsupported(format!("a liquid handler cannot {}", other.name()))),
        }
        if let Action::MoveNozzle { .. } = action {
            return self.jogging(action).await;
        }
        let plunger = self.plunger_move(action)?;
        let state = self.known_state().await?;
        let knows = match action {
            Action::Park => state.gantry,
            _ => state.homed,
        };
        if !knows {
            return Err(not_homed(format!(
                "\"{}\" does not know where its axes are (switched on, reset or halted since it was homed); home it first",
                self.id
            )));
        }
        let before = Before::default().with("homed", 1);
        if let Action::MoveProbe { .. } | Action::DipPins { .. } | Action::GoOver { .. } = action {
            self.probing(action)?;
            return Ok(before);
        }
        if let Action::TouchTip { pipette, .. } | Action::Dip { pipette, .. } = action {
            let f = self.fitted(pipette)?;
            let (axis, drop) = (plunger_axis(f.pipette.mount), f.plunger.drop_um);
            let (at, homed) = (state.at(axis), f.plunger.homed_um);
            if (Expected::NoTips { drop, homed }).holds(at) {
                return Err(refused(format!(
                    "{} stands at {at} um, as without tips: there are none on",
                    self.board.called(axis)
                )));
            }
        }
        if let Action::TouchTip { .. } = action {
            let stroke = self.stroke(action, 0, 0)?;
            self.touches(action, &stroke)?;
            return Ok(before);
        }
        if let (Action::Dip { .. }, Some(axis)) = (action, self.told_by(action)?) {
            let from = state.at(axis);
            let target = self.dip_target(action, from)?;
            return Ok(before.with("lift_um", from).with("target_um", target));
        }
        let Some(plunger) = plunger else { return Ok(before) };
        let from = state.at(plunger.axis);
        if !plunger.expected.holds(from) {
            return Err(refused(wrong_plunger(
                &self.board.called(plunger.axis),
                plunger.expected,
                from,
            )));
        }
        // What cannot be planned (an unknown nest, a missing well) is refused before the intent is written.
        let stroke = self.stroke(action, from, plunger.target)?;
        self.within(&state, &stroke)?;
        let before = before.with("plunger_um", from).with("target_um", plunger.target);
        let beyond = self.beyond(from, plunger.target);
        Ok(if beyond > 0 {
            before.with("beyond_um", beyond)
        } else {
            before
        })
    }

    pub(super) async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        match &intent.action {
            action @ (Action::Home | Action::HomeGantry | Action::HomePlungers) => {
                self.board.home(action).await
            }
            Action::Park => self.park().await,
            action @ Action::TouchTip { .. } => self.touch(action).await,
            action @ Action::MoveNozzle { .. } => self.jog(action).await,
            action @ (Action::MoveProbe { .. } | Action::GoOver { .. }) => self.move_probe(action).await,
            action @ Action::DipPins { times, .. } => self.dip_pins(action, *times).await,
            action => self.stroked(action, &intent.before).await,
        }
    }

    async fn park(&mut self) -> Result<Done, Failure> {
        let state = self.gantry_state().await?;
        let (x, y) = (self.handler.park.0.get(), self.handler.park.1.get());
        let up = vec![
            (lift(Mount::Left), self.board.parked_lift(Mount::Left)),
            (lift(Mount::Right), self.board.parked_lift(Mount::Right)),
        ];
        let mut moves = vec![Leg::to(up), Leg::to(vec![(Axis::X, x), (Axis::Y, y)])];
        let rise = self.rise(&state);
        if !rise.is_empty() {
            moves.insert(0, Leg::to(rise));
        }
        self.travel(&state, &moves).await?;
        Ok(Done::Plain)
    }

    /// Four sides of a well, and up. A wall may be touched again: nothing comes of it.
    async fn touch(&mut self, action: &Action) -> Result<Done, Failure> {
        let state = self.homed_state().await?;
        let stroke = self.stroke(action, 0, 0)?;
        let mut legs = self.approach(&state, &stroke);
        legs.extend(self.touches(action, &stroke)?);
        self.travel(&state, &legs).await?;
        self.complete(action, &stroke, None).await?;
        Ok(Done::Plain)
    }

    /// Approach, what cannot be taken back, check, rise.
    async fn stroked(&mut self, action: &Action, before: &Before) -> Result<Done, Failure> {
        let Some((from, target)) = from_and_target(before) else {
            return Err(unsupported(format!(
                "{} was not prepared by this driver",
                action.name()
            )));
        };
        let state = self.homed_state().await?;
        let stroke = self.stroke(action, from, target)?;
        let now = state.at(stroke.told_by);
        if !stroke.not_begun(from, now) {
            // Moved since it was prepared: only settling can tell.
            let failure = refused(wrong_position(
                action,
                &self.board.called(stroke.told_by),
                from,
                now,
            ));
            return Err(moved(failure, Moved::Unknown));
        }
        let mut approach = self.approach(&state, &stroke);
        also_there(&mut approach, stroke.told_by, now);
        self.travel(&state, &approach).await?;
        self.board.irreversible(&stroke.once).await?;
        // From here on it may have been carried out, in full or in part.
        let position = self
            .board
            .position()
            .await
            .map_err(|failure| moved(failure, Moved::Unknown))?;
        let at = position.at(stroke.told_by);
        if (at - target).abs() > PLUNGER_TOLERANCE {
            return Err(Failure::new(
                FailureKind::Fault,
                Moved::Unknown,
                format!(
                    "{} stands at {at} um after it was to {} instead of at {target} um; an alarm stopped it, or the \
                     line was lost",
                    self.board.called(stroke.told_by),
                    action.name()
                ),
            ));
        }
        let unknown = |failure| moved(failure, Moved::Unknown);
        // Whatever un-homes axes in between also changes where they are believed to be.
        if stroke.refind.is_none() {
            self.board.keep(State {
                position,
                up: true,
                gantry: true,
                homed: true,
            });
        }
        self.complete(action, &stroke, Some(target))
            .await
            .map_err(unknown)?;
        Ok(Done::Plain)
    }

    /// What a done stroke leaves over: the lifting axis found anew, up to travelling height, and the tips remembered. Safe to repeat.
    pub(super) async fn complete(
        &mut self,
        action: &Action,
        stroke: &Stroke,
        told: Option<i64>,
    ) -> Result<(), Failure> {
        if let Some(axis) = stroke.refind {
            self.board.refind(axis).await?;
        }
        if stroke.rise {
            let state = self.homed_state().await?;
            let mut legs: Vec<Leg> = Self::retract(stroke, state.at(stroke.lift)).into_iter().collect();
            let rise = self.rise(&state);
            if !rise.is_empty() {
                legs.push(Leg::to(rise));
            }
            if !legs.is_empty() {
                if let Some(target) = told {
                    also_there(&mut legs, stroke.told_by, target);
                }
                self.travel(&state, &legs).await?;
            }
        }
        match action {
            Action::PickUpTips { pipette, at } => {
                if let Some(f) = self.pipettes.get_mut(pipette) {
                    f.rack = Some(at.labware.as_str().to_owned());
                }
            }
            Action::DropTips { pipette, .. } => {
                if let Some(f) = self.pipettes.get_mut(pipette) {
                    f.rack = None;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether every way of a stroke is one that the axes can go.
    fn within(&self, state: &State, stroke: &Stroke) -> Result<(), Failure> {
        self.board.within(&self.approach(state, stroke))?;
        self.board.within(&stroke.once)
    }

    /// Positions that can be trusted.
    pub(super) async fn homed_state(&mut self) -> Result<State, Failure> {
        self.trusted(|state| state.homed).await
    }

    /// Positions of which those of gantry and mounts can be trusted.
    async fn gantry_state(&mut self) -> Result<State, Failure> {
        self.trusted(|state| state.gantry).await
    }

    async fn trusted(&mut self, knows: fn(&State) -> bool) -> Result<State, Failure> {
        let state = match self.board.recall() {
            Some(state) => state,
            None => self.board.state().await?,
        };
        if knows(&state) {
            Ok(state)
        } else {
            Err(lost(&self.id))
        }
    }

    /// Moves to absolute positions, from where the axes are, without touching liquid; checked at the end. Safe to repeat while
    /// the axes are homed: after a lost answer that is made sure of first, as a controller that was reset counts from
    /// somewhere else; and what took place already is not done again.
    pub(super) async fn travel(&mut self, from: &State, legs: &[Leg]) -> Result<(), Failure> {
        let position = self.board.travel(from.position, legs).await?;
        if let Some((axis, target)) = astray(legs.iter().flat_map(|leg| &leg.goal), position, TOLERANCE) {
            let at = position.at(axis);
            self.gantry_state().await?;
            return Err(Failure::new(
                FailureKind::Fault,
                Moved::No,
                format!(
                    "{} of \"{}\" stands at {at} um instead of at {target} um; look what is in the way, then home",
                    self.board.called(axis),
                    self.id
                ),
            ));
        }
        Ok(())
    }

    /// Parked, up and homed, by the controller's own account.
    pub(super) async fn is_parked(&mut self) -> Result<bool, Failure> {
        let state = self.known_state().await?;
        let near = |axis, target: i64| (state.at(axis) - target).abs() <= 500;
        let (x, y) = (self.handler.park.0.get(), self.handler.park.1.get());
        let up = |mount| state.at(lift(mount)) >= self.board.parked_lift(mount) - TOLERANCE;
        Ok(state.gantry && near(Axis::X, x) && near(Axis::Y, y) && up(Mount::Left) && up(Mount::Right))
    }
}

/// A plunger must be where it was when the legs are done: no check sum keeps a line from being taken for one that moves it.
fn also_there(legs: &mut [Leg], axis: Axis, at: i64) {
    let named = |leg: &Leg| leg.goal.iter().any(|(other, _)| *other == axis);
    if !matches!(axis, Axis::B | Axis::C) || legs.iter().any(named) {
        return;
    }
    if let Some(last) = legs.last_mut() {
        last.goal.push((axis, at));
    }
}

/// Where the axis that tells was before an action, and where it goes.
pub(super) fn from_and_target(before: &Before) -> Option<(i64, i64)> {
    let from = before.get("plunger_um").or_else(|| before.get("lift_um"))?;
    Some((from, before.get("target_um")?))
}

/// Positions are forgotten.
pub(in crate::drivers) fn lost(id: &InstrumentId) -> Failure {
    not_homed(format!(
        "\"{id}\" has lost its positions (switched off, reset or halted); home it first"
    ))
}

fn wrong_position(action: &Action, axis: &str, from: i64, now: i64) -> String {
    if matches!(action, Action::Dip { .. }) {
        return format!(
            "{axis} stands at {now} um, but at {from} um when the dip was prepared; somebody moved it"
        );
    }
    wrong_plunger(axis, Expected::At(from), now)
}

fn wrong_plunger(plunger: &str, expected: Expected, at: i64) -> String {
    match expected {
        Expected::At(position) | Expected::Empty { bottom: position, .. } => format!(
            "{plunger} stands at {at} um, but a tip that holds what the plan says has it at {position} um; \
             somebody moved it: drop the tips, home, and go on with fresh ones"
        ),
        Expected::NoTips { .. } => format!(
            "{plunger} stands at {at} um, as if tips were on; drop them, or take them off by hand and home"
        ),
        Expected::Tips { .. } => format!("{plunger} stands where tips are dropped: there are none on"),
    }
}
