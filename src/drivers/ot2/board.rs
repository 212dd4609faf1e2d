//! The motor controller as the board of a handler: legs as lines of G-code.

use super::link::{ATTEMPTS, HOMING, Stopped};
use super::plunger::Model;
use super::wire::{self, Axis, Body, Position, go, millimetres};
use crate::devices::{Done, Failure, Identity};
use crate::drivers::failure::no_answer;
use crate::drivers::handler::axes::State;
use crate::drivers::handler::board::Board;
use crate::drivers::handler::leg::{Leg, astray};
use crate::drivers::handler::motion::TOLERANCE;
use crate::drivers::handler::perform::lost;
use crate::drivers::known::Known;
use crate::link::{Line, LineError};
use crate::plan::Action;
use crate::rig::{InstrumentId, Mount, PipetteId, Rig};
use crate::units::Duration;
use std::collections::BTreeMap;

/// A line is acknowledged when it is queued; boards that do so when it is done take this long at most.
const QUEUED: Duration = Duration::s(20);
/// Longest line of moves; the controller's buffer holds 256 bytes.
const LONGEST_LINE: usize = 160;
/// Lifts of a parked gantry, in um: just below their switches, as far out of everybody's way as they go.
const PARKED_LIFT: i64 = 216_000;
/// Upward plunger moves go this much too far and come back, against backlash.
const BACKLASH: i64 = 300;
/// Usual current of a lifting axis.
const LIFT_MA: u32 = 800;
/// Usual speed of all axes together, in mm/min; single axes are limited below it.
const USUAL: &str = "G0 F24000";

/// The OT-2's motor board over its line.
pub struct Smoothie {
    pub(super) id: InstrumentId,
    pub(super) line: Line,
    /// The pipettes that must be there.
    pub(super) models: BTreeMap<PipetteId, (Mount, &'static Model)>,
    /// Share of the usual speeds that axes may move at, in per cent, where a run limits it.
    pub(super) slow: Option<u8>,
    /// The connection that was identified.
    pub(super) generation: Option<u64>,
    pub(super) known: Known,
    /// What was read last, until anything else is said: what was read while preparing need not be asked again.
    pub(super) read: Option<State>,
    /// False from a lost answer until the controller has answered a question that nothing else asks.
    pub(super) in_step: bool,
    /// Set false only to speak to a controller that has no pipette memory.
    pub(super) check_pipettes: bool,
}

impl Smoothie {
    /// The board of an instrument of the rig, without pipettes.
    pub(super) fn new(id: &InstrumentId, rig: &Rig, line: Line) -> Self {
        Self {
            id: id.clone(),
            line,
            models: BTreeMap::new(),
            slow: rig.slow,
            generation: None,
            known: Known::new(id, rig),
            check_pipettes: true,
            in_step: true,
            read: None,
        }
    }

    /// The pipette on a mount.
    pub(super) fn on(&self, mount: Mount) -> Option<&'static Model> {
        self.models
            .values()
            .find(|(at, _)| *at == mount)
            .map(|(_, model)| *model)
    }

    /// Moves as one line.
    fn line_of(&self, legs: &[Leg]) -> String {
        let mut out: Vec<String> = Vec::new();
        for leg in legs {
            let moves: Vec<String> = leg.moves.iter().map(|targets| go(targets)).collect();
            let moves = moves.join(" ");
            let Some(feed) = leg.feed else {
                out.push(moves);
                continue;
            };
            let moves = format!("G0 F{feed} {moves}");
            let axis = leg.goal.first().map(|(axis, _)| *axis);
            match (leg.current, axis) {
                (Some(current), Some(axis)) => out.push(self.with_current(axis, current, &moves)),
                _ => out.push(moves),
            }
            out.push(USUAL.to_owned());
        }
        out.join(" ")
    }

    /// A move with another motor current, and the usual one again behind it; dwelling waits for the queue, as currents change
    /// at once. All in one line, so that no other move ever runs with a current that is not its own.
    fn with_current(&self, axis: Axis, milliamperes: u32, moves: &str) -> String {
        let usual = match axis {
            Axis::B => self.amps(Mount::Left),
            Axis::C => self.amps(Mount::Right),
            _ => millimetres(i64::from(LIFT_MA)),
        };
        let letter = axis.letter();
        let wanted = millimetres(i64::from(milliamperes));
        format!("M907 {letter}{wanted} G4 P0.005 {moves} G4 P0.005 M907 {letter}{usual}")
    }

    /// Legs as lines, several to a line where they fit: the controller carries them out one after the other.
    fn joined(&self, legs: &[Leg]) -> Vec<(String, Vec<(Axis, i64)>)> {
        let mut out: Vec<(String, Vec<(Axis, i64)>)> = Vec::new();
        for leg in legs {
            let text = self.line_of(std::slice::from_ref(leg));
            match out.last_mut() {
                Some((line, goal)) if line.len() + text.len() < LONGEST_LINE => {
                    line.push(' ');
                    line.push_str(&text);
                    goal.extend_from_slice(&leg.goal);
                }
                _ => out.push((text, leg.goal.clone())),
            }
        }
        out
    }

    /// One line of moves that state goals, and where they ended.
    async fn one(&mut self, line: &str, goal: &[(Axis, i64)], before: Position) -> Result<Position, Failure> {
        let mut attempt = 1;
        loop {
            match self.moved(line).await {
                Ok(position) => return Ok(position),
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => {
                    attempt += 1;
                    // A controller that was reset counts from somewhere else.
                    let now = self.read_state().await.map_err(Stopped::harmless)?;
                    if !now.gantry {
                        return Err(lost(&self.id));
                    }
                    let off = |position| astray(goal, position, TOLERANCE);
                    if off(now.position).is_none() && off(before).is_some() {
                        return Ok(now.position);
                    }
                }
                Err(Stopped::Line(error)) => return Err(no_answer(&error)),
                Err(other) => return Err(other.harmless()),
            }
        }
    }
}

impl Board for Smoothie {
    const AT_ONCE: bool = true;

    async fn introduce(&mut self) -> Result<Identity, Failure> {
        self.meet().await
    }
    async fn known_state(&mut self) -> Result<State, Failure> {
        self.met_state().await
    }
    async fn state(&mut self) -> Result<State, Failure> {
        self.read_state().await.map_err(Stopped::harmless)
    }
    async fn position(&mut self) -> Result<Position, Failure> {
        self.read_position().await.map_err(Stopped::harmless)
    }
    fn recall(&mut self) -> Option<State> {
        self.read.take()
    }
    fn keep(&mut self, state: State) {
        self.read = Some(state);
    }
    async fn travel(&mut self, from: Position, legs: &[Leg]) -> Result<Position, Failure> {
        let mut position = from;
        for (line, goal) in self.joined(legs) {
            position = self.one(&line, &goal, position).await?;
        }
        Ok(position)
    }
    async fn irreversible(&mut self, legs: &[Leg]) -> Result<(), Failure> {
        let line = self.line_of(legs);
        let sent = self.once(&line, Body::None, self.patience(QUEUED)).await;
        sent.map(drop).map_err(Stopped::irreversible)
    }
    async fn refind(&mut self, axis: Axis) -> Result<(), Failure> {
        let line = format!("G28.2 {}", axis.letter());
        let found = self.again(&line, Body::None, self.patience(HOMING)).await;
        found.map(drop).map_err(Stopped::harmless)
    }
    async fn home(&mut self, action: &Action) -> Result<Done, Failure> {
        self.find(action).await
    }
    async fn halt(&mut self) -> Result<(), Failure> {
        self.read = None;
        self.line.interrupt(wire::HALT).await.map_err(|e| no_answer(&e))
    }
    fn within(&self, _: &[Leg]) -> Result<(), Failure> {
        Ok(())
    }
    fn backlash(&self) -> i64 {
        BACKLASH
    }
    fn parked_lift(&self, _: Mount) -> i64 {
        PARKED_LIFT
    }
    fn called(&self, axis: Axis) -> String {
        match axis {
            Axis::B | Axis::C => format!("plunger {}", axis.letter()),
            _ => format!("axis {}", axis.letter()),
        }
    }
    fn forgotten(&self) -> String {
        "the motor controller was reset or halted since: it has forgotten where the plunger was".to_owned()
    }
}
