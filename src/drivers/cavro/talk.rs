//! Talk with the pump: one frame at a time, questions asked again, strings sent once and watched.

use super::codes;
use super::driver::Cavro;
use super::oem;
use super::wire::{self, Answer, Looks, Status};
use crate::devices::{Failure, FailureKind, Identity, Moved};
use crate::drivers::failure::{clean, no_answer, not_homed};
use crate::link::{Exchange, Framing, LineError};
use crate::units::Duration;

/// Longest wait for one answer; the pump begins to answer within 5 ms (manual 733085-B, page 3-21).
const ANSWER: Duration = Duration::ms(500);
/// Between two looks at a moving plunger.
const POLL: Duration = Duration::ms(100);
/// How often a question is asked.
const ATTEMPTS: u32 = 3;
/// Asked after a lost answer and to make acquaintance alone; its answer, words, looks like no other.
const STEP: &str = "?23";
/// How long that answer is waited for: it can be behind all that is late. Its own stale answers look like it, so it is asked
/// anew only after a wait that outlasts them.
const STEP_WAIT: Duration = Duration::s(20);
/// How often it is waited for so long.
const STEPS: u32 = 2;
/// How often a string whose acknowledgement is lost is sent again with its repeat flag, in OEM frames.
const REPEATS: u32 = 3;

/// How a frame is recognised, in either framing, and how it is read.
type Frames = fn(&[u8], Looks) -> Framing;
type Reads = fn(&[u8], Looks) -> Option<Answer>;

/// A pump at rest: nothing moves, and two readings agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rest {
    /// The error that `Q` reported last.
    pub error: u8,
    /// The plunger's position in increments.
    pub position: i64,
}

impl Cavro {
    /// One frame, sent once.
    pub(super) async fn once(&mut self, text: &str, looks: Looks) -> Result<Answer, LineError> {
        self.fall_into_step().await?;
        self.send(text, looks, ANSWER).await
    }

    /// A string that cannot be taken back. In DT frames it is sent once. OEM frames have a number: a frame that is sent again with
    /// its repeat flag is carried out by a pump that has not had it, and acknowledged by one that has. That holds as long as
    /// no other frame goes to the pump in between, and over one connection.
    pub(super) async fn act(&mut self, text: &str) -> Result<Answer, LineError> {
        let lost = match self.once(text, Looks::Bare).await {
            Err(lost @ LineError::NoAnswer { .. }) if self.oem => lost,
            other => return other,
        };
        for _ in 0..REPEATS {
            let again = oem::request(self.pump.address, self.sequence, true, text);
            match self.frame(again, Looks::Bare, ANSWER).await {
                Ok(answer) => {
                    // The first acknowledgement may still come.
                    self.in_step = false;
                    return Ok(answer);
                }
                Err(LineError::NoAnswer { .. }) => {}
                Err(_) => break,
            }
        }
        Err(lost)
    }

    /// The next frame with this text.
    pub(super) fn request(&mut self, text: &str) -> Vec<u8> {
        if !self.oem {
            return wire::request(self.pump.address, text);
        }
        self.sequence = self.sequence.next();
        oem::request(self.pump.address, self.sequence, false, text)
    }

    async fn send(&mut self, text: &str, looks: Looks, allowance: Duration) -> Result<Answer, LineError> {
        let request = self.request(text);
        self.frame(request, looks, allowance).await
    }

    async fn frame(
        &mut self,
        request: Vec<u8>,
        looks: Looks,
        allowance: Duration,
    ) -> Result<Answer, LineError> {
        let (framing, read): (Frames, Reads) = if self.oem {
            (oem::framing, oem::read)
        } else {
            (wire::framing, wire::read)
        };
        let mut exchange = Exchange::new(request, allowance, move |r| framing(r, looks));
        if let Some(generation) = self.generation {
            exchange = exchange.only_in(generation);
        }
        let answer = self.line.exchange(exchange).await.inspect_err(|error| {
            self.in_step = !error.sent();
        })?;
        // The framing lets nothing else through.
        read(&answer, looks).ok_or_else(|| LineError::NoAnswer {
            place: self.line.place().to_owned(),
            heard: String::new(),
        })
    }

    /// After a lost answer, nothing is believed until the pump has answered a question that nothing else asks: answers
    /// come in the order of the questions, so whatever was still under way has then come, too.
    async fn fall_into_step(&mut self) -> Result<(), LineError> {
        let mut attempt = 1;
        while !self.in_step && self.line.drains() {
            // Whoever was never met may be switched off: that shall be told soon.
            let (allowance, most) = match self.generation {
                Some(_) => (STEP_WAIT, STEPS),
                None => (ANSWER, ATTEMPTS),
            };
            match self.send(STEP, Looks::Text, allowance).await {
                Ok(answer) => {
                    self.in_step = true;
                    self.keep(answer.status);
                }
                Err(LineError::NoAnswer { .. }) if attempt < most => attempt += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// A question; it may be repeated.
    pub(super) async fn ask(&mut self, text: &str, looks: Looks) -> Result<Answer, Failure> {
        let mut attempt = 1;
        loop {
            match self.once(text, looks).await {
                Err(LineError::NoAnswer { .. }) if attempt < ATTEMPTS => attempt += 1,
                other => return other.map_err(|e| no_answer(&e)),
            }
        }
    }

    /// Keeps an error that came with an answer to another question.
    const fn keep(&mut self, status: Status) {
        if status.error() != 0 {
            self.untold = status.error();
        }
    }

    async fn status(&mut self) -> Result<Status, Failure> {
        Ok(self.ask("Q", Looks::Bare).await?.status)
    }

    async fn position(&mut self) -> Result<i64, Failure> {
        let answer = self.ask("?", Looks::Number).await?;
        // At most eight digits pass for a position; longer ones agree with nothing.
        Ok(answer.data.parse().unwrap_or(i64::MAX))
    }

    /// Where the valve stands, as the pump's letter.
    pub(super) async fn valve(&mut self) -> Result<char, Failure> {
        let answer = self.ask("?6", Looks::Letter).await?;
        Ok(answer.data.chars().next().unwrap_or('-'))
    }

    /// Waits until nothing moves and two readings in a row agree.
    pub(super) async fn rest(&mut self, limit: Duration) -> Result<Rest, Failure> {
        let deadline = self.clock.now().plus(limit);
        // An error is reported once and may be cleared by that.
        let mut error = std::mem::take(&mut self.untold);
        let mut last = None;
        loop {
            let status = self.status().await?;
            if status.error() != 0 {
                error = status.error();
            }
            if status.ready() {
                let position = self.position().await?;
                if last == Some(position) {
                    return Ok(Rest { error, position });
                }
                last = Some(position);
                continue;
            }
            last = None;
            if self.clock.now() >= deadline {
                let message = format!(
                    "\"{}\" has been moving for more than {limit}; look whether it is blocked",
                    self.id
                );
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
            }
            self.clock.sleep(POLL).await;
        }
    }

    /// The pump at rest, after making sure of the connection.
    pub(super) async fn known_rest(&mut self) -> Result<Rest, Failure> {
        if self.generation != Some(self.line.generation()) {
            self.introduce().await?;
        }
        match self.rest(super::driver::LONGEST).await {
            Err(f) if f.kind == FailureKind::NoAnswer && self.generation != Some(self.line.generation()) => {
                self.introduce().await?;
                self.rest(super::driver::LONGEST).await
            }
            other => other,
        }
    }

    /// Who is there. Nothing moves.
    pub(super) async fn introduce(&mut self) -> Result<Identity, Failure> {
        self.generation = None;
        self.in_step = false;
        let answer = self.ask("?23", Looks::Text).await.map_err(|f| {
            let words = format!(
                "the pump \"{}\" does not answer: {}; is it switched on, is its address switch at {:X}, and was it spoken to in \
                 {} frames since it was switched on, as `framing` of its link says?",
                self.id,
                f.message,
                self.pump.address,
                if self.oem { "OEM" } else { "DT" }
            );
            Failure::new(f.kind, Moved::No, words)
        })?;
        self.keep(answer.status);
        let firmware = clean(&answer.data);
        let identity = Identity {
            model: format!("Cavro {}", self.pump.model.word()),
            serial: None,
            firmware: Some(firmware),
        };
        self.known.meet(&identity, self.line.place())?;
        self.generation = Some(self.line.generation());
        Ok(identity)
    }

    /// A failure in the pump's words.
    pub(super) fn reported(&self, error: u8, moved: Moved) -> Failure {
        let message = format!("\"{}\" reports error {error}: {}", self.id, codes::meaning(error));
        match error {
            codes::NOT_INITIALISED => Failure {
                moved,
                ..not_homed(message)
            },
            codes::OVERFLOW | 2..=4 | 11 => Failure::new(FailureKind::Refused, moved, message),
            _ => Failure::new(FailureKind::Fault, moved, message),
        }
    }
}
