//! Talk with the reader: one line at a time. Every command is a question or states a goal; `!READ` alone is not sent again.

use super::codes;
use super::driver::SpectraMax;
use super::wire::{self, Answer, Looks};
use crate::devices::{Failure, FailureKind, Identity, Moved};
use crate::drivers::failure::{clean, moved, no_answer};
use crate::link::{Exchange, LineError};
use crate::units::Duration;

/// Longest wait for one answer, in real time: a block of 384 wells takes four seconds at 9600 bit/s.
const ANSWER: Duration = Duration::s(2);
const BLOCK: Duration = Duration::s(30);
/// Longest that it works before it answers: the tray, a change of gratings.
const WORK: Duration = Duration::s(60);
/// Between two looks whether it has ended.
const POLL: Duration = Duration::s(1);
/// How often something that is safe to repeat is asked.
const ATTEMPTS: u32 = 3;
/// Asked after a lost answer alone; its answer, two numbers, looks like no other.
const STEP: &str = "!TEMP";
/// How long that answer is waited for: it can be behind all that is late. Its own stale answers look like it, so it is asked
/// anew only after a wait that outlasts them.
const STEP_WAIT: Duration = Duration::s(20);
/// How often it is waited for so long.
const STEPS: u32 = 2;

/// What stopped a command.
#[derive(Debug)]
pub(super) enum Stopped {
    Line(LineError),
    Refused(u16),
}

impl SpectraMax {
    /// One command, sent once; what follows its `OK`.
    pub(super) async fn once(&mut self, text: &str, looks: Looks) -> Result<String, Stopped> {
        self.fall_into_step().await.map_err(Stopped::Line)?;
        let allowance = if looks == Looks::Data { BLOCK } else { ANSWER };
        self.send(text, looks, allowance).await
    }

    async fn send(&mut self, text: &str, looks: Looks, allowance: Duration) -> Result<String, Stopped> {
        let framing = move |r: &[u8]| wire::framing(r, looks);
        let mut exchange = Exchange::new(wire::command(text), allowance, framing);
        if matches!(looks, Looks::Bare(_)) {
            exchange = exchange.work(WORK);
        }
        if let Some(generation) = self.generation {
            exchange = exchange.only_in(generation);
        }
        let answer = self.line.exchange(exchange).await.map_err(|error| {
            self.in_step = !error.sent();
            Stopped::Line(error)
        })?;
        match wire::read(&answer, looks) {
            Some(Answer::Accepted(more)) => Ok(more),
            Some(Answer::Refused(code)) => Err(Stopped::Refused(code)),
            // The framing lets nothing else through.
            None => Err(Stopped::Refused(0)),
        }
    }

    /// After a lost answer, nothing is believed until the reader has answered a question that nothing else asks: answers
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
            match self.send(STEP, Looks::Temperatures, allowance).await {
                Ok(_) => self.in_step = true,
                // A refusal may be a late answer to what was asked before; so many in a row are its own.
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

    /// A command that may be repeated: a question, or one that states a goal.
    pub(super) async fn again(&mut self, text: &str, looks: Looks) -> Result<String, Failure> {
        self.tried(text, looks).await.map_err(|s| self.failure(&s, text))
    }

    async fn tried(&mut self, text: &str, looks: Looks) -> Result<String, Stopped> {
        let mut attempt = 1;
        loop {
            match self.once(text, looks).await {
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    /// A command that sets something.
    pub(super) async fn set(&mut self, text: &str) -> Result<(), Failure> {
        let fields = wire::fields(text, self.model);
        self.again(text, Looks::Bare(fields)).await.map(drop)
    }

    /// What is stored, or nothing where the reader says that nothing is.
    pub(super) async fn transferred(&mut self) -> Result<Option<String>, Failure> {
        match self.tried("!TRANSFER", Looks::Data).await {
            Ok(block) => Ok(Some(block)),
            Err(Stopped::Refused(codes::NO_DATA)) => Ok(None),
            Err(stopped) => Err(self.failure(&stopped, "!TRANSFER")),
        }
    }

    pub(super) fn failure(&self, stopped: &Stopped, text: &str) -> Failure {
        let code = match stopped {
            Stopped::Line(error) => return no_answer(error),
            Stopped::Refused(code) => *code,
        };
        let kind = if codes::is_fault(code) {
            FailureKind::Fault
        } else {
            FailureKind::Refused
        };
        let why = codes::meaning(code);
        Failure::new(
            kind,
            Moved::No,
            format!("\"{}\" refuses `{text}` (code {code}): {why}", self.id),
        )
    }

    /// Waits until nothing runs.
    pub(super) async fn idle(&mut self, limit: Duration) -> Result<(), Failure> {
        let deadline = self.clock.now().plus(limit);
        loop {
            let said = match self.tried("!STATUS", Looks::Status).await {
                // Busy may be said as a refusal, too.
                Err(Stopped::Refused(code)) if codes::BUSY.contains(&code) => String::new(),
                other => other.map_err(|s| self.failure(&s, "!STATUS"))?,
            };
            let state = wire::state(&said).unwrap_or("BUSY").to_owned();
            if state == "IDLE" {
                return Ok(());
            }
            if self.clock.now() >= deadline {
                let message = format!(
                    "\"{}\" has been {} for more than {limit}; look at its display",
                    self.id,
                    clean(&state).to_lowercase()
                );
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
            }
            self.clock.sleep(POLL).await;
        }
    }

    /// Makes sure that the same reader is at the other end, and asks what it does.
    pub(super) async fn known(&mut self) -> Result<(), Failure> {
        for _ in 0..2 {
            if self.generation != Some(self.line.generation()) {
                self.introduce().await?;
            }
            match self.again("!STATUS", Looks::Status).await {
                Err(f)
                    if f.kind == FailureKind::NoAnswer && self.generation != Some(self.line.generation()) => {
                }
                Err(f) if f.kind == FailureKind::Refused => return Ok(()),
                other => return other.map(drop),
            }
        }
        self.introduce().await.map(drop)
    }

    /// Who is there. Nothing moves.
    pub(super) async fn introduce(&mut self) -> Result<Identity, Failure> {
        self.generation = None;
        let attention = self.again("!", Looks::Bare(1)).await;
        attention.map_err(|f| self.nobody(f))?;
        let words = match self.again("!OPTION", Looks::Words).await {
            Ok(words) => Some(clean(&words)),
            // A model that says nothing of itself: the sources do not agree on its answer.
            Err(f) if f.kind == FailureKind::Refused || !self.has_told => None,
            Err(f) => return Err(self.nobody(f)),
        };
        self.has_told |= words.is_some();
        // Whoever answers asks and answers in step, whatever `!OPTION` brought.
        self.in_step = false;
        self.fall_into_step()
            .await
            .map_err(|e| self.nobody(no_answer(&e)))?;
        let identity = Identity {
            model: format!("SpectraMax {}", self.model.word()),
            serial: None,
            firmware: words,
        };
        self.known.meet(&identity, self.line.place())?;
        self.generation = Some(self.line.generation());
        Ok(identity)
    }

    fn nobody(&self, failure: Failure) -> Failure {
        let words = format!(
            "the plate reader \"{}\" does not answer: {}; is it switched on?",
            self.id, failure.message
        );
        moved(
            Failure {
                message: words,
                ..failure
            },
            Moved::No,
        )
    }

    /// What the reader's log of errors says, for a message.
    pub(super) async fn errors(&mut self) -> String {
        match self.again("!ERROR", Looks::Words).await {
            Ok(words) => format!("its log of errors says: {}", clean(&words)),
            Err(_) => "it does not say why".to_owned(),
        }
    }
}
