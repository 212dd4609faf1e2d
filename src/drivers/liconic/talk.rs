//! Talk with the unit: one line at a time, questions and goals said again, accesses begun once and watched.

use super::codes;
use super::driver::Liconic;
use super::wire::{self, Answer};
use crate::devices::{Failure, FailureKind, Identity, Moved};
use crate::drivers::failure::{moved, no_answer, refused};
use crate::link::{Exchange, LineError};
use crate::units::Duration;

/// Longest wait for one answer.
const ANSWER: Duration = Duration::s(1);
/// Between two looks at a moving unit.
const POLL: Duration = Duration::ms(500);
/// How often something that is safe to repeat is said.
const ATTEMPTS: u32 = 3;
/// Opens the line, and is said after a lost answer; its answer, `CC`, looks like no other.
const STEP: &str = "CR";
/// Activates the handling.
const ACTIVATE: &str = "ST 1801";
/// How long that answer is waited for: it can be behind all that is late. Its own stale answers look like it, so it is said
/// anew only after a wait that outlasts them.
const STEP_WAIT: Duration = Duration::s(20);
/// How often it is waited for so long.
const STEPS: u32 = 2;
/// How long after the beginning of an access a unit that says it is ready may not have begun yet.
const BEGIN: Duration = Duration::s(5);

/// Relays.
pub(super) const READY: &str = "1915";
pub(super) const FAULT: &str = "1814";
pub(super) const TRANSFER: &str = "1813";
pub(super) const SHOVEL: &str = "1812";

/// What stopped a line.
pub(super) enum Stopped {
    Line(LineError),
    Refused(u8),
}

/// The unit at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rest {
    /// A plate stands on the transfer station.
    pub transfer: bool,
    /// The handling code, where it reports an error.
    pub fault: Option<u32>,
}

impl Liconic {
    /// One line, sent once; what a question is answered.
    pub(super) async fn once(&mut self, text: &str) -> Result<u32, Stopped> {
        self.fall_into_step().await.map_err(Stopped::Line)?;
        self.send(text, ANSWER).await
    }

    async fn send(&mut self, text: &str, allowance: Duration) -> Result<u32, Stopped> {
        let looks = wire::looks(text);
        let mut exchange = Exchange::new(wire::line(text), allowance, move |r| wire::framing(r, looks));
        if let Some(generation) = self.generation {
            exchange = exchange.only_in(generation);
        }
        let answer = self.line.exchange(exchange).await.map_err(|error| {
            self.in_step = !error.sent();
            Stopped::Line(error)
        })?;
        match wire::read(&answer, looks) {
            Some(Answer::Accepted) => Ok(0),
            Some(Answer::Value(value)) => Ok(value),
            Some(Answer::Refused(code)) => Err(Stopped::Refused(code)),
            // The framing lets nothing else through.
            None => Err(Stopped::Refused(u8::MAX)),
        }
    }

    /// After a lost answer, nothing is believed until the unit has answered a line that nothing else says: answers come in
    /// the order of the lines, so whatever was still under way has then come, too.
    async fn fall_into_step(&mut self) -> Result<(), LineError> {
        let (mut attempt, mut refusals) = (1, 0);
        while !self.in_step && self.line.drains() {
            // Whoever was never met may be switched off: that shall be told soon.
            let (allowance, most) = match self.generation {
                Some(_) => (STEP_WAIT, STEPS),
                None => (ANSWER, ATTEMPTS),
            };
            let mut opened = self.send(STEP, allowance).await;
            if opened.is_ok() && self.generation.is_some() {
                // It may have been switched off and on: its handling is inactive then.
                opened = self.send(ACTIVATE, ANSWER).await;
            }
            match opened {
                Ok(_) => self.in_step = true,
                // A refusal may be a late answer to what was said before; so many in a row are its own.
                Err(Stopped::Refused(_)) => {
                    refusals += 1;
                    self.in_step = refusals >= ATTEMPTS;
                }
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < most => attempt += 1,
                Err(Stopped::Line(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// A line that may be repeated: a question, or one that states a goal.
    pub(super) async fn again(&mut self, text: &str) -> Result<u32, Failure> {
        let mut attempt = 1;
        loop {
            match self.once(text).await {
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                // A unit that was switched off and on again on the same line takes nothing before it is opened anew.
                Err(Stopped::Refused(codes::NOT_OPENED)) if attempt < ATTEMPTS && text != STEP => {
                    attempt += 1;
                    self.in_step = false;
                }
                Ok(value) => return Ok(value),
                Err(stopped) => return Err(self.failure(&stopped, text)),
            }
        }
    }

    pub(super) fn failure(&self, stopped: &Stopped, text: &str) -> Failure {
        match stopped {
            Stopped::Line(error) => no_answer(error),
            Stopped::Refused(code) => {
                let why = codes::refusal(*code);
                refused(format!("\"{}\" refuses `{text}` (E{code}): {why}", self.id))
            }
        }
    }

    /// What a relay says. Without a checksum a flipped bit looks like the other answer, so it counts when it says so twice
    /// in a row.
    pub(super) async fn relay(&mut self, number: &str) -> Result<bool, Failure> {
        let question = format!("RD {number}");
        let mut last = None;
        loop {
            let now = self.again(&question).await?;
            if last == Some(now) {
                return Ok(now == 1);
            }
            last = Some(now);
        }
    }

    /// Writes a register, reads it back, and writes it again where it holds something else.
    pub(super) async fn write(&mut self, register: &str, value: &str) -> Result<(), Failure> {
        let wanted = value.parse().ok();
        for _ in 0..ATTEMPTS {
            self.again(&format!("WR {register} {value}")).await?;
            if Some(self.again(&format!("RD {register}")).await?) == wanted {
                return Ok(());
            }
        }
        Err(refused(format!(
            "{register} of \"{}\" does not keep the {value} that is written to it; is it write-protected?",
            self.id
        )))
    }

    async fn rest(&mut self) -> Result<Rest, Failure> {
        let fault = if self.relay(FAULT).await? {
            Some(self.again("RD DM200").await?)
        } else {
            None
        };
        Ok(Rest {
            transfer: self.relay(TRANSFER).await?,
            fault,
        })
    }

    /// Waits until nothing moves: until the unit is ready, or reports an error, after which it may never be.
    pub(super) async fn idle(&mut self, limit: Duration) -> Result<Rest, Failure> {
        self.waited(limit, true).await
    }

    /// Waits until the unit is ready, whatever it reports meanwhile.
    pub(super) async fn ready(&mut self, limit: Duration) -> Result<Rest, Failure> {
        self.waited(limit, false).await
    }

    async fn waited(&mut self, limit: Duration, heeds_fault: bool) -> Result<Rest, Failure> {
        let deadline = self.clock.now().plus(limit);
        loop {
            if self.relay(READY).await? || (heeds_fault && self.relay(FAULT).await?) {
                return self.rest().await;
            }
            if self.clock.now() >= deadline {
                let why = match self.rest().await?.fault {
                    Some(code) => codes::handling(code),
                    None => "look what is in the way".to_owned(),
                };
                let message = format!("\"{}\" is not ready after {limit}: {why}", self.id);
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
            }
            self.clock.sleep(POLL).await;
        }
    }

    /// Waits until an access that was begun has ended, as far as can be told: by the transfer station's sensor, by an error,
    /// or because nothing has begun.
    pub(super) async fn ended(&mut self, occupied: bool, limit: Duration) -> Result<Rest, Failure> {
        let begun = self.clock.now();
        loop {
            self.clock.sleep(POLL).await;
            let rest = self.idle(limit).await?;
            let over = self.clock.now() >= begun.plus(BEGIN);
            if rest.transfer == occupied || rest.fault.is_some() || over {
                return Ok(rest);
            }
        }
    }

    /// The unit at rest, after making sure of the connection.
    pub(super) async fn known(&mut self, limit: Duration) -> Result<Rest, Failure> {
        self.connected().await?;
        self.idle(limit).await
    }

    /// Makes sure that the line is open to a unit that answers.
    pub(super) async fn connected(&mut self) -> Result<(), Failure> {
        for _ in 0..2 {
            if self.generation != Some(self.line.generation()) {
                self.introduce().await?;
            }
            match self.again("RD 1915").await {
                Err(f)
                    if f.kind == FailureKind::NoAnswer && self.generation != Some(self.line.generation()) => {
                }
                other => return other.map(drop),
            }
        }
        self.introduce().await.map(drop)
    }

    /// Opens the line and activates the handling. Nothing moves.
    pub(super) async fn introduce(&mut self) -> Result<Identity, Failure> {
        self.generation = None;
        self.shaking = None;
        self.in_step = true;
        for line in [STEP, ACTIVATE, "RD 1915"] {
            self.again(line).await.map_err(|f| {
                let words = format!(
                    "the incubator \"{}\" does not answer: {}; is it switched on, and is its line 8E1?",
                    self.id, f.message
                );
                Failure {
                    message: words,
                    ..moved(f, Moved::No)
                }
            })?;
        }
        self.generation = Some(self.line.generation());
        Ok(Identity {
            model: "Liconic STX".to_owned(),
            serial: None,
            firmware: None,
        })
    }
}
