//! Preparing and performing actions.

use super::driver::Ot2;
use super::geometry::{lift, plunger as plunger_axis};
use super::link::{ATTEMPTS, State, Stopped};
use super::motion::{Expected, Leg, PLUNGER_TOLERANCE, Stroke, TOLERANCE, beyond};
use super::wire::{Axis, Body, Position};
use crate::devices::{Before, Done, Failure, FailureKind, Intent, Moved};
use crate::drivers::failure::{moved, no_answer, not_homed, refused, unsupported};
use crate::link::LineError;
use crate::plan::Action;
use crate::rig::Mount;
use crate::units::Duration;

/// Longest wait for one line of a homing sequence.
pub(super) const HOMING: Duration = Duration::s(60);
/// A line is acknowledged when it is queued; boards that do so when it is done take this long at most.
const QUEUED: Duration = Duration::s(20);
/// Longest line of moves; the controller's buffer holds 256 bytes.
const LONGEST_LINE: usize = 160;
/// Lifts of a parked gantry, in um: just below their switches, as far out of everybody's way as they go.
const PARKED_LIFT: i64 = 216_000;
impl Ot2 {
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
            let (axis, drop) = (plunger_axis(f.pipette.mount), f.model.drop_tip().get());
            let at = state.at(axis);
            if (Expected::NoTips { drop }).holds(at) {
                return Err(refused(format!(
                    "plunger {} stands at {at} um, as without tips: there are none on",
                    axis.letter()
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
            return Err(refused(wrong_plunger(plunger.axis, plunger.expected, from)));
        }
        // What cannot be planned (an unknown nest, a missing well) is refused before the intent is written.
        self.stroke(action, from, plunger.target)?;
        let before = before.with("plunger_um", from).with("target_um", plunger.target);
        let beyond = beyond(from, plunger.target);
        Ok(if beyond > 0 {
            before.with("beyond_um", beyond)
        } else {
            before
        })
    }

    pub(super) async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        match &intent.action {
            action @ (Action::Home | Action::HomeGantry | Action::HomePlungers) => self.home(action).await,
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
            (lift(Mount::Left), PARKED_LIFT),
            (lift(Mount::Right), PARKED_LIFT),
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

    /// Approach, the one line, check, rise.
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
            let failure = refused(wrong_position(action, stroke.told_by, from, now));
            return Err(moved(failure, Moved::Unknown));
        }
        let mut approach = self.approach(&state, &stroke);
        also_there(&mut approach, stroke.told_by, now);
        self.travel(&state, &approach).await?;
        self.once(&stroke.line, Body::None, self.patience(QUEUED))
            .await
            .map_err(Stopped::irreversible)?;
        // From here on the line may have been carried out, in full or in part.
        let position = self
            .position()
            .await
            .map_err(|s| moved(s.harmless(), Moved::Unknown))?;
        let at = position.at(stroke.told_by);
        if (at - target).abs() > PLUNGER_TOLERANCE {
            return Err(Failure::new(
                FailureKind::Fault,
                Moved::Unknown,
                format!(
                    "{} stands at {at} um after it was to {} instead of at {target} um; an alarm stopped it, or the \
                     line was lost",
                    called(stroke.told_by),
                    action.name()
                ),
            ));
        }
        let unknown = |failure| moved(failure, Moved::Unknown);
        // Whatever un-homes axes in between also changes where they are believed to be.
        self.read = stroke.finish.is_empty().then_some(State {
            position,
            up: true,
            gantry: true,
            homed: true,
        });
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
        for line in &stroke.finish {
            self.again(line, Body::None, self.patience(HOMING))
                .await
                .map_err(Stopped::harmless)?;
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

    /// Positions that can be trusted.
    pub(super) async fn homed_state(&mut self) -> Result<State, Failure> {
        self.trusted(|state| state.homed).await
    }

    /// Positions of which those of gantry and mounts can be trusted.
    async fn gantry_state(&mut self) -> Result<State, Failure> {
        self.trusted(|state| state.gantry).await
    }

    async fn trusted(&mut self, knows: fn(&State) -> bool) -> Result<State, Failure> {
        let state = match self.read.take() {
            Some(state) => state,
            None => self.state().await.map_err(Stopped::harmless)?,
        };
        if knows(&state) {
            return Ok(state);
        }
        Err(not_homed(format!(
            "\"{}\" has lost its positions (switched off, reset or halted); home it first",
            self.id
        )))
    }

    /// Moves to absolute positions, from where the axes are, without touching liquid; checked at the end. Safe to repeat while
    /// the axes are homed: after a lost answer that is made sure of first, as a controller that was reset counts from
    /// somewhere else; and what took place already is not done again.
    pub(super) async fn travel(&mut self, from: &State, legs: &[Leg]) -> Result<(), Failure> {
        let mut position = from.position;
        for line in joined(legs) {
            position = self.leg(&line, position).await?;
        }
        if let Some((axis, target)) = astray(legs.iter().flat_map(|leg| &leg.goal), position) {
            let at = position.at(axis);
            self.gantry_state().await?;
            return Err(Failure::new(
                FailureKind::Fault,
                Moved::No,
                format!(
                    "axis {} of \"{}\" stands at {at} um instead of at {target} um; look what is in the way, then home",
                    axis.letter(),
                    self.id
                ),
            ));
        }
        Ok(())
    }

    /// One line of moves that state goals, and where they ended.
    async fn leg(&mut self, leg: &Leg, before: Position) -> Result<Position, Failure> {
        let mut attempt = 1;
        loop {
            match self.moved(&leg.line).await {
                Ok(position) => return Ok(position),
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => {
                    attempt += 1;
                    let now = self.gantry_state().await?.position;
                    if astray(&leg.goal, now).is_none() && astray(&leg.goal, before).is_some() {
                        return Ok(now);
                    }
                }
                Err(Stopped::Line(error)) => return Err(no_answer(&error)),
                Err(other) => return Err(other.harmless()),
            }
        }
    }

    /// Parked, up and homed, by the controller's own account.
    pub(super) async fn is_parked(&mut self) -> Result<bool, Failure> {
        let state = self.known_state().await?;
        let near = |axis, target: i64| (state.at(axis) - target).abs() <= 500;
        let (x, y) = (self.handler.park.0.get(), self.handler.park.1.get());
        let up = |mount| state.at(lift(mount)) >= PARKED_LIFT - TOLERANCE;
        Ok(state.gantry && near(Axis::X, x) && near(Axis::Y, y) && up(Mount::Left) && up(Mount::Right))
    }
}

/// Legs as lines, several to a line where they fit: the controller carries them out one after the other.
fn joined(legs: &[Leg]) -> Vec<Leg> {
    let mut out: Vec<Leg> = Vec::new();
    for leg in legs {
        match out.last_mut() {
            Some(line) if line.line.len() + leg.line.len() < LONGEST_LINE => {
                line.line.push(' ');
                line.line.push_str(&leg.line);
                line.goal.extend_from_slice(&leg.goal);
            }
            _ => out.push(leg.clone()),
        }
    }
    out
}

/// The first axis that is not where it was to go, and where that is; the last word on each axis counts.
fn astray<'a>(goals: impl IntoIterator<Item = &'a (Axis, i64)>, position: Position) -> Option<(Axis, i64)> {
    let last: std::collections::BTreeMap<Axis, i64> = goals.into_iter().copied().collect();
    last.into_iter()
        .find(|(axis, target)| (position.at(*axis) - target).abs() > TOLERANCE)
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

/// An axis in words.
pub(super) fn called(axis: Axis) -> String {
    match axis {
        Axis::B | Axis::C => format!("plunger {}", axis.letter()),
        _ => format!("axis {}", axis.letter()),
    }
}

fn wrong_position(action: &Action, axis: Axis, from: i64, now: i64) -> String {
    if matches!(action, Action::Dip { .. }) {
        return format!(
            "{} stands at {now} um, but at {from} um when the dip was prepared; somebody moved it",
            called(axis)
        );
    }
    wrong_plunger(axis, Expected::At(from), now)
}

fn wrong_plunger(axis: Axis, expected: Expected, at: i64) -> String {
    let letter = axis.letter();
    match expected {
        Expected::At(position) | Expected::Empty { bottom: position, .. } => format!(
            "plunger {letter} stands at {at} um, but a tip that holds what the plan says has it at {position} um; \
             somebody moved it: drop the tips, home, and go on with fresh ones"
        ),
        Expected::NoTips { .. } => format!(
            "plunger {letter} stands at {at} um, as if tips were on; drop them, or take them off by hand and home"
        ),
        Expected::Tips { .. } => format!("plunger {letter} stands where tips are dropped: there are none on"),
    }
}
