//! Talk with the unit: one telegram at a time, questions asked again, movements sent once and watched.

use super::codes;
use super::driver::Cytomat;
use super::wire::{self, Answer, Overview, telegram};
use crate::devices::{Failure, FailureKind, Identity, Moved};
use crate::drivers::failure::{moved, no_answer, refused};
use crate::link::{Exchange, LineError};
use crate::units::Duration;

/// Longest wait for one answer.
const ANSWER: Duration = Duration::s(1);
/// Between two looks at a moving unit.
const POLL: Duration = Duration::s(1);
/// How often something that is safe to repeat is asked.
const ATTEMPTS: u32 = 3;
/// The action register: asked after a lost answer alone, so that its answer cannot be mistaken.
const STEP: &str = "ch:ba";
const STEP_KEY: &str = "ba";
/// How long that answer is waited for: it can be behind all that is late. Its own stale answers look like it, so it is asked
/// anew only after a wait that outlasts them.
const STEP_WAIT: Duration = Duration::s(20);
/// How often it is waited for so long.
const STEPS: u32 = 2;
/// How often a refusal that may be spurious is asked again, and after how long.
const SPURIOUS: u32 = 10;
const SPURIOUS_PAUSE: Duration = Duration::ms(100);
/// What stopped a telegram.
pub(super) enum Stopped {
    Line(LineError),
    Refused(u8),
}

impl Cytomat {
    /// One telegram, sent once. A refusal that may be spurious is asked again: the unit said that nothing moved.
    pub(super) async fn once(&mut self, text: &str) -> Result<String, Stopped> {
        self.fall_into_step().await.map_err(Stopped::Line)?;
        let mut refusals = 0;
        loop {
            let key = wire::key(text).to_owned();
            let framed = key.clone();
            let mut exchange = Exchange::new(telegram(text), ANSWER, move |r| wire::framing(r, &framed));
            if let Some(generation) = self.generation {
                exchange = exchange.only_in(generation);
            }
            let answer = self.line.exchange(exchange).await.map_err(|error| {
                self.in_step = !error.sent();
                Stopped::Line(error)
            })?;
            match wire::read(&answer, &key) {
                Some(Answer::Value(value)) => return Ok(value),
                Some(Answer::Accepted) => return Ok(String::new()),
                Some(Answer::Refused(code)) if codes::may_be_spurious(code) && refusals < SPURIOUS => {
                    refusals += 1;
                    self.clock.sleep(SPURIOUS_PAUSE).await;
                }
                Some(Answer::Refused(code)) => return Err(Stopped::Refused(code)),
                // The framing lets nothing else through.
                None => return Err(Stopped::Refused(0)),
            }
        }
    }

    /// After a lost answer, nothing is believed until the unit has answered a question that nothing else asks: answers
    /// come in the order of the questions, so whatever was still under way has then come, too.
    async fn fall_into_step(&mut self) -> Result<(), LineError> {
        let mut attempt = 1;
        let mut refusals = 0;
        while !self.in_step && self.line.drains() {
            // Whoever was never met may be switched off: that shall be told soon.
            let (allowance, most) = match self.generation {
                Some(_) => (STEP_WAIT, STEPS),
                None => (ANSWER, ATTEMPTS),
            };
            let framing = |r: &[u8]| wire::framing(r, STEP_KEY);
            let mut exchange = Exchange::new(telegram(STEP), allowance, framing);
            if let Some(generation) = self.generation {
                exchange = exchange.only_in(generation);
            }
            match self.line.exchange(exchange).await {
                Ok(answer) => {
                    self.in_step = matches!(wire::read(&answer, STEP_KEY), Some(Answer::Value(_)));
                    refusals += 1;
                    if refusals > SPURIOUS {
                        break;
                    }
                }
                Err(LineError::NoAnswer { .. }) if attempt < most => attempt += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// A telegram that may be repeated: a question, or one that states a goal.
    pub(super) async fn again(&mut self, text: &str) -> Result<String, Failure> {
        let mut attempt = 1;
        loop {
            match self.once(text).await {
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Ok(value) => return Ok(value),
                Err(stopped) => return Err(self.failure(stopped, text)),
            }
        }
    }

    fn failure(&self, stopped: Stopped, text: &str) -> Failure {
        match stopped {
            Stopped::Line(error) => no_answer(&error),
            Stopped::Refused(code) => {
                let why = codes::refusal(code);
                refused(format!(
                    "\"{}\" refuses `{text}` (code {code:02X}): {why}",
                    self.id
                ))
            }
        }
    }

    pub(super) async fn overview(&mut self) -> Result<Overview, Failure> {
        let value = self.again("ch:bs").await?;
        wire::hex(&value)
            .map(Overview)
            .ok_or_else(|| refused("the overview is not two hexadecimal digits"))
    }

    /// The overview, after making sure of the connection.
    pub(super) async fn known_overview(&mut self) -> Result<Overview, Failure> {
        if self.generation != Some(self.line.generation()) {
            self.introduce().await?;
        }
        match self.overview().await {
            Err(f) if f.kind == FailureKind::NoAnswer && self.generation != Some(self.line.generation()) => {
                self.introduce().await?;
                self.overview().await
            }
            other => other,
        }
    }

    pub(super) async fn introduce(&mut self) -> Result<Identity, Failure> {
        self.generation = None;
        self.shaking = None;
        self.overview().await.map_err(|f| {
            let words = format!(
                "the incubator \"{}\" does not answer: {}; is it switched on?",
                self.id, f.message
            );
            Failure::new(f.kind, Moved::No, words)
        })?;
        self.generation = Some(self.line.generation());
        Ok(Identity {
            model: "Cytomat".to_owned(),
            serial: None,
            firmware: None,
        })
    }

    /// Waits until nothing moves.
    pub(super) async fn idle(&mut self, limit: Duration) -> Result<Overview, Failure> {
        let deadline = self.clock.now().plus(limit);
        loop {
            let overview = self.overview().await?;
            if !overview.busy() {
                return Ok(overview);
            }
            if self.clock.now() >= deadline {
                let message = format!(
                    "\"{}\" has been moving for more than {limit}; look what is in the way",
                    self.id
                );
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
            }
            self.clock.sleep(POLL).await;
        }
    }

    /// Sends a motion once and waits for its end.
    pub(super) async fn motion(&mut self, text: &str, limit: Duration) -> Result<Overview, Failure> {
        self.fall_into_step()
            .await
            .map_err(|e| moved(no_answer(&e), Moved::No))?;
        match self.once(text).await {
            Ok(_) => {}
            Err(Stopped::Line(error)) => {
                let unknown = if error.sent() { Moved::Unknown } else { Moved::No };
                return Err(moved(no_answer(&error), unknown));
            }
            Err(stopped) => return Err(self.failure(stopped, text)),
        }
        // The unit may begin to move a moment after it has accepted.
        self.clock.sleep(POLL).await;
        let overview = self.idle(limit).await.map_err(|f| moved(f, Moved::Unknown))?;
        if !overview.error() {
            return Ok(overview);
        }
        let fault = self.fault_text().await.map_err(|f| moved(f, Moved::Unknown))?;
        self.again("rs:be").await.map_err(|f| moved(f, Moved::Unknown))?;
        let message = format!(
            "\"{}\" stopped in `{text}`: {fault}; look where the plate is",
            self.id
        );
        Err(Failure::new(FailureKind::Fault, Moved::Unknown, message))
    }

    pub(super) async fn fault_text(&mut self) -> Result<String, Failure> {
        let value = self.again("ch:be").await?;
        let code = wire::hex(&value).unwrap_or(0xFF);
        Ok(format!("{} (code {code:02X})", codes::fault(code)))
    }
}
