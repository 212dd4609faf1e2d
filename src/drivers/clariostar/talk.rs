//! Talk with the reader: one frame at a time. Every command is a question or states a goal; a run alone is not sent again.

use super::driver::ClarioStar;
use super::settings::{MEMORY, STATUS};
use super::status::Status;
use super::wire::{self, Looks};
use crate::devices::{Failure, FailureKind, Identity, Moved};
use crate::drivers::failure::{moved, no_answer};
use crate::link::{Exchange, LineError};
use crate::units::Duration;

/// Longest wait for one answer, in real time: values of 384 wells take less than a second.
const ANSWER: Duration = Duration::s(3);
/// Between two looks whether it has ended.
const POLL: Duration = Duration::ms(250);
/// How often something that is safe to repeat is asked.
const ATTEMPTS: u32 = 3;
/// After so long no answer comes any more.
const STEP_WAIT: Duration = Duration::s(20);

impl ClarioStar {
    /// One frame, sent once; the payload of its answer.
    pub(super) async fn once(&mut self, payload: &[u8], looks: Looks) -> Result<Vec<u8>, LineError> {
        self.fall_into_step().await?;
        self.send(payload, looks, ANSWER).await
    }

    async fn send(
        &mut self,
        payload: &[u8],
        looks: Looks,
        allowance: Duration,
    ) -> Result<Vec<u8>, LineError> {
        let framing = move |r: &[u8]| wire::framing(r, looks);
        let mut exchange = Exchange::new(wire::frame(payload), allowance, framing);
        if let Some(generation) = self.generation {
            exchange = exchange.only_in(generation);
        }
        let answer = self.line.exchange(exchange).await.inspect_err(|error| {
            self.in_step = self.in_step && !error.sent();
        })?;
        // The framing lets nothing else through.
        Ok(wire::payload(&answer).unwrap_or_default().to_vec())
    }

    /// After a lost answer, nothing is believed until the reader has answered a question that nothing else asks: answers come
    /// in the order of the questions. What that answer looks like is not told, but that it is no status; where a status
    /// is all that comes, so long is waited that whatever was late must have come.
    async fn fall_into_step(&mut self) -> Result<(), LineError> {
        if self.in_step || !self.line.drains() {
            return Ok(());
        }
        // Whoever was never met may be switched off: that shall be told soon.
        let wait = match self.generation {
            Some(_) => STEP_WAIT,
            None => ANSWER,
        };
        match self.send(MEMORY, Looks::Long, wait).await {
            Ok(_) | Err(LineError::NoAnswer { .. }) => {
                self.in_step = true;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// A question, or a command that states a goal: it may be repeated.
    pub(super) async fn again(&mut self, payload: &[u8], looks: Looks) -> Result<Vec<u8>, Failure> {
        let mut attempt = 1;
        loop {
            match self.once(payload, looks).await {
                Err(LineError::NoAnswer { .. }) if attempt < ATTEMPTS => attempt += 1,
                other => return other.map_err(|e| no_answer(&e)),
            }
        }
    }

    pub(super) async fn status(&mut self) -> Result<Status, Failure> {
        let payload = self.again(STATUS, Looks::Status).await?;
        Status::of(&payload).ok_or_else(|| {
            Failure::new(
                FailureKind::NoAnswer,
                Moved::No,
                format!("\"{}\" answers with a status that is none", self.id),
            )
        })
    }

    /// Waits until nothing runs and two looks in a row agree.
    pub(super) async fn idle(&mut self, limit: Duration) -> Result<Status, Failure> {
        let deadline = self.clock.now().plus(limit);
        let mut last = None;
        loop {
            let status = self.status().await?;
            if !status.busy() {
                if last == Some(status) {
                    return Ok(status);
                }
                last = Some(status);
                continue;
            }
            last = None;
            if self.clock.now() >= deadline {
                let message = format!(
                    "\"{}\" has been busy for more than {limit}; look at it: tray, plate, lid",
                    self.id
                );
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
            }
            self.clock.sleep(POLL).await;
        }
    }

    /// Makes sure that a reader is at the other end that was met before, and asks how it stands.
    pub(super) async fn known(&mut self) -> Result<Status, Failure> {
        for _ in 0..ATTEMPTS {
            if self.generation != Some(self.line.generation()) {
                self.introduce().await?;
            }
            match self.status().await {
                Err(f)
                    if f.kind == FailureKind::NoAnswer && self.generation != Some(self.line.generation()) => {
                }
                other => return other,
            }
        }
        self.introduce().await?;
        self.status().await
    }

    /// Who is there. Nothing moves.
    pub(super) async fn introduce(&mut self) -> Result<Identity, Failure> {
        self.generation = None;
        self.in_step = false;
        self.status().await.map_err(|f| {
            let words = format!(
                "the plate reader \"{}\" does not answer: {}; is it switched on, and is its link at 125000 bit/s, 8N1?",
                self.id, f.message
            );
            moved(Failure { message: words, ..f }, Moved::No)
        })?;
        let identity = Identity {
            model: "CLARIOstar".to_owned(),
            serial: None,
            firmware: None,
        };
        self.known.meet(&identity, self.line.place())?;
        self.generation = Some(self.line.generation());
        Ok(identity)
    }
}
