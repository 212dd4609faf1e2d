//! Talk with the controller: one command at a time, reads asked again, who it is.

use super::board::Smoothie;
use super::codes::{Trouble, explain};
use super::wire::{self, Axis, Body, Position, command, find, framing};
use crate::devices::{Failure, FailureKind, Identity, Moved};
use crate::drivers::failure::{clean, no_answer, refused};
use crate::drivers::handler::axes::State;
use crate::link::{Exchange, LineError};
use crate::rig::{Mount, PipetteId};
use crate::units::Duration;
use std::collections::BTreeMap;

/// How long the controller may take to acknowledge, on the wire.
const ACK: Duration = Duration::s(2);
/// Longest wait for one line of a homing sequence.
pub(super) const HOMING: Duration = Duration::s(60);
/// The longest motion that is waited for.
pub(super) const MOTION: Duration = Duration::s(60);
/// How often something that is safe to repeat is asked.
pub(super) const ATTEMPTS: u32 = 3;
/// Usual speeds of the axes, in mm/s.
const SPEEDS: [(char, u32); 6] = [
    ('X', 600),
    ('Y', 400),
    ('Z', 125),
    ('A', 125),
    ('B', 40),
    ('C', 40),
];
/// Asked after a lost answer alone; its answer looks like no other.
const STEP: &str = "version";
/// GEN2 plungers and the steps of the other axes, per millimetre.
const PLUNGER_STEPS: u32 = 3200;
const EMPTY_MOUNT_STEPS: u32 = 768;

/// What stopped a command.
pub(super) enum Stopped {
    /// The talk.
    Line(LineError),
    /// The controller's own words.
    Trouble(Trouble, String),
}

impl Stopped {
    /// As a failure of something that moves nothing or is safe to repeat.
    pub(super) fn harmless(self) -> Failure {
        match self {
            Self::Line(error) => no_answer(&error),
            Self::Trouble(trouble, text) => Failure::new(kind(trouble), Moved::No, explain(&clean(&text))),
        }
    }
    /// As a failure of a line that cannot be taken back.
    pub(super) fn irreversible(self) -> Failure {
        match self {
            Self::Line(error) => {
                let moved = if error.sent() { Moved::Unknown } else { Moved::No };
                Failure::new(FailureKind::NoAnswer, moved, error.to_string())
            }
            // A halted controller refuses the whole line.
            Self::Trouble(Trouble::Locked, text) => {
                Failure::new(FailureKind::Fault, Moved::No, explain(&clean(&text)))
            }
            Self::Trouble(trouble, text) => {
                Failure::new(kind(trouble), Moved::Unknown, explain(&clean(&text)))
            }
        }
    }
}

const fn kind(trouble: Trouble) -> FailureKind {
    match trouble {
        Trouble::Alarm | Trouble::Locked => FailureKind::Fault,
        Trouble::NoInstrument => FailureKind::Mismatch,
        Trouble::Error => FailureKind::Refused,
    }
}

/// Waits for queued motion, then says where the axes are; may stand behind moves in their line.
const WHERE: &str = "M400 M114.2";

impl Smoothie {
    /// One command, sent once.
    pub(super) async fn once(&mut self, text: &str, body: Body, work: Duration) -> Result<Vec<u8>, Stopped> {
        self.fall_into_step().await?;
        self.send(text, body, work).await
    }

    /// After a lost answer, nothing is believed until the controller has said its version: answers come in the order of
    /// the commands, so whatever was still under way has then come, too. A controller that moves answers after that.
    async fn fall_into_step(&mut self) -> Result<(), Stopped> {
        let mut attempt = 1;
        while !self.in_step && self.line.drains() {
            match self.send(STEP, Body::Version, self.patience(MOTION)).await {
                // A halted controller refuses even to say its version, and says nothing of positions that is believed.
                Ok(_) | Err(Stopped::Trouble(Trouble::Locked, _)) => self.in_step = true,
                // The alarm of the command whose answer was lost.
                Err(Stopped::Trouble(..)) if attempt < ATTEMPTS => attempt += 1,
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn send(&mut self, text: &str, body: Body, work: Duration) -> Result<Vec<u8>, Stopped> {
        self.read = None;
        let mut exchange = Exchange::new(command(text), ACK, move |r| framing(r, body)).work(work);
        if let Some(generation) = self.generation {
            exchange = exchange.only_in(generation);
        }
        let answer = self.line.exchange(exchange).await.map_err(|error| {
            if error.sent() {
                self.in_step = false;
            }
            Stopped::Line(error)
        })?;
        match wire::trouble(&answer) {
            Some((trouble, text)) => Err(Stopped::Trouble(trouble, text)),
            None => Ok(answer),
        }
    }

    /// A command that may be repeated: a read, or one that states a goal.
    pub(super) async fn again(&mut self, text: &str, body: Body, work: Duration) -> Result<Vec<u8>, Stopped> {
        let mut attempt = 1;
        loop {
            match self.once(text, body, work).await {
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    /// Waits for queued motion, then reads positions. The position's answer comes in order behind everything sent
    /// before, however many `ok`s are still under way.
    pub(super) async fn read_position(&mut self) -> Result<Position, Stopped> {
        let answer = match self.again(WHERE, Body::Position, self.patience(MOTION)).await {
            // A halted controller refuses to wait: nothing moves there.
            Err(Stopped::Trouble(Trouble::Locked, _)) => {
                self.again("M114.2", Body::Position, self.patience(MOTION))
                    .await?
            }
            other => other?,
        };
        found(&answer)
    }

    /// Sends moves, once, and says where they ended.
    pub(super) async fn moved(&mut self, moves: &str) -> Result<Position, Stopped> {
        let answer = self
            .once(&format!("{moves} {WHERE}"), Body::Position, self.patience(MOTION))
            .await?;
        found(&answer)
    }

    /// Waits for queued motion. A halted controller refuses even that: nothing moves there.
    async fn idle(&mut self) -> Result<(), Stopped> {
        match self.again("M400", Body::None, self.patience(MOTION)).await {
            Ok(_) | Err(Stopped::Trouble(Trouble::Locked, _)) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// Positions and homed flags. A halted controller refuses to say which axes are homed: none is.
    pub(super) async fn read_state(&mut self) -> Result<State, Stopped> {
        let position = match self.read_position().await {
            // The alarm of an earlier command came late; the flags will tell what it did.
            Err(Stopped::Trouble(Trouble::Alarm, _)) => self.read_position().await?,
            other => other?,
        };
        let flags = match self.again("G28.6", Body::Homed, Duration::ZERO).await {
            Ok(answer) => find(&answer, wire::homed).unwrap_or_default(),
            Err(Stopped::Trouble(Trouble::Locked | Trouble::Alarm, _)) => BTreeMap::default(),
            Err(other) => return Err(other),
        };
        let known = |axis: &Axis| flags.get(axis).copied().unwrap_or(false);
        let up = [Axis::Z, Axis::A].iter().all(known);
        let gantry = up && [Axis::X, Axis::Y].iter().all(known);
        Ok(State {
            position,
            up,
            gantry,
            homed: gantry && [Axis::B, Axis::C].iter().all(known),
        })
    }

    /// The state, after making sure that the same instrument is still at the other end.
    pub(super) async fn met_state(&mut self) -> Result<State, Failure> {
        let mut attempt = 1;
        loop {
            if self.generation != Some(self.line.generation()) {
                self.meet().await?;
            }
            match self.read_state().await {
                Err(Stopped::Line(LineError::Reopened { .. } | LineError::Broken { .. }))
                    if attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                Ok(state) => {
                    self.read = Some(state);
                    return Ok(state);
                }
                Err(error) => return Err(error.harmless()),
            }
        }
    }

    /// Wakes the controller, sets it up and reads the pipettes. Nothing moves.
    pub(super) async fn meet(&mut self) -> Result<Identity, Failure> {
        self.generation = None;
        self.wake().await?;
        self.generation = Some(self.line.generation());
        let identity = match self.read_identity().await {
            Ok(identity) => self.known.meet(&identity, self.line.place()).map(|()| identity),
            Err(failure) => Err(failure),
        };
        if identity.is_err() {
            self.generation = None;
        }
        identity
    }

    /// Sends the empty command until it is acknowledged; a controller that still moves answers late.
    async fn wake(&mut self) -> Result<(), Failure> {
        let mut last = None;
        for patience in [3, 10, 30] {
            let exchange =
                Exchange::new(wire::WAKE, ACK, |r| framing(r, Body::None)).work(Duration::s(patience));
            match self.line.exchange(exchange).await {
                Ok(_) => return Ok(()),
                Err(error @ LineError::Open(_)) => return Err(no_answer(&error)),
                Err(error) => last = Some(error),
            }
        }
        let why = last.map_or_else(String::new, |e| e.to_string());
        Err(Failure::new(
            FailureKind::NoAnswer,
            Moved::No,
            format!(
                "the motor controller of \"{}\" does not answer: {why}; is the robot switched on?",
                self.id
            ),
        ))
    }

    async fn read_identity(&mut self) -> Result<Identity, Failure> {
        let harmless = Stopped::harmless;
        self.idle().await.map_err(harmless)?;
        let mut attempt = 1;
        let answer = loop {
            match self.again("version", Body::Version, Duration::ZERO).await {
                // Some boards do not even say that while they are halted; and what was refused before this connection may
                // still be told on it.
                Err(Stopped::Trouble(..)) if attempt < ATTEMPTS => attempt += 1,
                other => break other.map_err(harmless)?,
            }
            match self.again("M999", Body::None, Duration::ZERO).await {
                Ok(_) | Err(Stopped::Trouble(..)) => {}
                Err(error) => return Err(error.harmless()),
            }
        };
        let firmware = find(&answer, wire::version).map(|v| clean(&v));
        // Leaves the halted state, if it is in it; the axes stay un-homed then, so nothing moves by mistake.
        match self.again("M999", Body::None, Duration::ZERO).await {
            Ok(_) | Err(Stopped::Trouble(..)) => {}
            Err(error) => return Err(error.harmless()),
        }
        // A mount that is up without its plunger known stays up, too.
        let gantry = self.read_state().await.map_err(harmless)?.gantry;
        let serial = self.read_pipettes(gantry).await?;
        for line in self.setup() {
            self.again(&line, Body::None, Duration::ZERO)
                .await
                .map_err(harmless)?;
        }
        Ok(Identity {
            model: "OT-2 motor controller".to_owned(),
            serial,
            firmware,
        })
    }

    /// The pipettes' serial numbers, after comparing their models with the rig's.
    async fn read_pipettes(&mut self, holds: bool) -> Result<Option<String>, Failure> {
        if !self.check_pipettes {
            return Ok(None);
        }
        if !holds {
            // Motors disturb the pipettes' memory bus. With mounts homed (a run may be under way) they stay on, so that
            // no mount sinks and no plunger slips; a disturbed read is then repeated.
            for line in ["M18 ZABC", "G4 P0.1"] {
                self.again(line, Body::None, Duration::ZERO)
                    .await
                    .map_err(Stopped::harmless)?;
            }
        }
        let fitted: Vec<(PipetteId, Mount, &'static str)> = self
            .models
            .iter()
            .map(|(id, (mount, model))| (id.clone(), *mount, model.name))
            .collect();
        let mut serials = Vec::new();
        for (id, mount, expected) in fitted {
            let found = self.read_memory("M371", mount, &id).await?;
            if found != expected {
                return Err(Failure::new(
                    FailureKind::Mismatch,
                    Moved::No,
                    format!(
                        "the {} mount carries a \"{}\", but the rig file says that \"{id}\" is a \"{expected}\"; \
                         correct the rig file or change the pipette",
                        mount.name(),
                        clean(&found)
                    ),
                ));
            }
            serials.push(clean(&self.read_memory("M369", mount, &id).await?));
        }
        Ok(Some(serials.join("+")))
    }

    async fn read_memory(&mut self, code: &str, mount: Mount, id: &PipetteId) -> Result<String, Failure> {
        let letter = match mount {
            Mount::Left => 'L',
            Mount::Right => 'R',
        };
        let command = format!("{code} {letter}");
        let mut attempt = 1;
        loop {
            match self.again(&command, Body::Memory(letter), Duration::ZERO).await {
                Ok(answer) => {
                    let text = find(&answer, |l| wire::memory(l, letter));
                    return text
                        .ok_or_else(|| refused(format!("the memory of pipette \"{id}\" is not readable")));
                }
                Err(Stopped::Trouble(..)) if attempt < ATTEMPTS => attempt += 1,
                Err(Stopped::Trouble(trouble, text)) => {
                    return Err(Failure::new(
                        kind(trouble),
                        Moved::No,
                        format!(
                            "pipette \"{id}\", {} mount: {}",
                            mount.name(),
                            explain(&clean(&text))
                        ),
                    ));
                }
                Err(error) => return Err(error.harmless()),
            }
        }
    }

    /// Lines that state how the axes are driven; safe to repeat. Mounts home at 220 (the board's own value, 218 after
    /// its retract): heights of nozzles in the rig file are measured in this frame, whatever the pipette.
    pub(super) fn setup(&self) -> Vec<String> {
        let steps = |mount| {
            if self.on(mount).is_some() {
                PLUNGER_STEPS
            } else {
                EMPTY_MOUNT_STEPS
            }
        };
        vec![
            format!(
                "M92 X80 Y80 Z400 A400 B{} C{}",
                steps(Mount::Left),
                steps(Mount::Right)
            ),
            "M365.0 Z220 A220".to_owned(),
            "M365.1 B60 C60".to_owned(),
            "G90".to_owned(),
            self.speeds(),
            "M204 S10000 X3000 Y2000 Z1500 A1500 B200 C200".to_owned(),
            format!(
                "M907 X1.25 Y1.25 Z0.8 A0.8 B{} C{}",
                self.amps(Mount::Left),
                self.amps(Mount::Right)
            ),
            "G0 F24000".to_owned(),
        ]
    }

    /// The speeds that moves are made at, in mm/s: the maker's, or the share of them that a run wants.
    pub(super) fn speeds(&self) -> String {
        let speed = |(axis, usual)| format!(" {axis}{}", self.capped(axis, usual));
        let all: String = SPEEDS.into_iter().map(speed).collect();
        format!("M203.1{all}")
    }

    /// A speed in mm/s, or the highest that a run wants of an axis, where that is lower.
    pub(super) fn capped(&self, axis: char, wanted: u32) -> u32 {
        let usual = SPEEDS
            .into_iter()
            .find(|(a, _)| *a == axis)
            .map(|(_, usual)| usual);
        match (self.slow, usual) {
            (Some(percent), Some(usual)) => wanted.min((usual * u32::from(percent) / 100).max(1)),
            _ => wanted,
        }
    }

    /// The longest motion that is waited for, at the speed that a run wants.
    pub(super) fn patience(&self, usual: Duration) -> Duration {
        let us = usual.as_us().saturating_mul(100);
        Duration::us(us / u64::from(self.slow.unwrap_or(100).max(1)))
    }

    /// Running current of a mount's plunger.
    pub(super) fn amps(&self, mount: Mount) -> String {
        let milliamperes = self.on(mount).map_or(50, |model| model.plunger_ma);
        wire::millimetres(i64::from(milliamperes))
    }
}

fn found(answer: &[u8]) -> Result<Position, Stopped> {
    find(answer, wire::position).ok_or_else(|| Stopped::Trouble(Trouble::Error, "no position".to_owned()))
}
