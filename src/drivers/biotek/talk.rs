//! Talk with the reader: one letter at a time. Every letter is a question or states a goal; `O` alone is not sent again.

use super::driver::BioTek;
use super::wire::{self, Answer, ETX, Looks};
use crate::devices::{Failure, FailureKind, Identity, Moved};
use crate::drivers::failure::{clean, moved, no_answer};
use crate::link::{Exchange, LineError};
use crate::units::Duration;

/// Longest wait for one answer, in real time.
const ANSWER: Duration = Duration::s(2);
/// Longest that a block of values takes on the wire: 1536 wells at 9600 bit/s.
const BLOCK: Duration = Duration::s(30);
/// Longest that it works before it answers: the tray, a change of gratings.
const WORK: Duration = Duration::s(60);
/// How often something that is safe to repeat is asked.
const ATTEMPTS: u32 = 3;
/// Asked after a lost answer and to make acquaintance alone; its answer, the version, looks like no other.
const STEP: &[u8] = b"e";
/// How long that answer is waited for: it can be behind all that is late. Its own stale answers look like it, so it is asked
/// anew only after a wait that outlasts them.
const STEP_WAIT: Duration = Duration::s(20);
/// How often it is waited for so long.
const STEPS: u32 = 3;
/// Longer than any parameter: so many ends complete whatever the reader waits for.
const ENDS: usize = 100;

/// What stopped a command.
#[derive(Debug)]
pub(super) enum Stopped {
    Line(LineError),
    Refused(u16),
}

impl BioTek {
    /// A letter, and its parameter if it takes one; what it is answered with.
    pub(super) async fn once(
        &mut self,
        letter: u8,
        parameter: Option<&[u8]>,
        looks: Looks,
    ) -> Result<Answer, Stopped> {
        self.fall_into_step().await.map_err(Stopped::Line)?;
        let Some(parameter) = parameter else {
            return self.send(&[letter], looks, ANSWER, WORK).await;
        };
        self.owed = true;
        self.send(&[letter], Looks::Acknowledged, ANSWER, Duration::ZERO)
            .await?;
        let answer = self.send(parameter, looks, ANSWER, WORK).await?;
        self.owed = false;
        Ok(answer)
    }

    /// Begins a read, once; its values, which come by themselves. One exchange: nothing that comes between is dropped.
    pub(super) async fn begin(&mut self, limit: Duration) -> Result<String, Stopped> {
        self.fall_into_step().await.map_err(Stopped::Line)?;
        let answer = self.send(b"O", Looks::Block, BLOCK, limit).await?;
        Ok(answer.text)
    }

    /// Listens for the values of a read that may be under way.
    pub(super) async fn listen(&mut self, limit: Duration) -> Result<(), Stopped> {
        self.send(&[], Looks::Block, BLOCK, limit).await.map(drop)
    }

    async fn send(
        &mut self,
        bytes: &[u8],
        looks: Looks,
        allowance: Duration,
        work: Duration,
    ) -> Result<Answer, Stopped> {
        let framing = move |r: &[u8]| wire::framing(r, looks);
        let mut exchange = Exchange::new(bytes, allowance, framing).work(work);
        if let Some(generation) = self.generation {
            exchange = exchange.only_in(generation);
        }
        let answer = self.line.exchange(exchange).await.map_err(|error| {
            self.in_step = self.in_step && !error.sent();
            Stopped::Line(error)
        })?;
        match wire::read(&answer, looks) {
            Some(answer) if answer.status == 0 => Ok(answer),
            Some(answer) => {
                self.owed = false;
                Err(Stopped::Refused(answer.status))
            }
            // A block whose bytes are no text; the framing lets nothing else through.
            None => Ok(Answer {
                text: String::new(),
                status: 0,
            }),
        }
    }

    /// After a lost answer, nothing is believed until the reader has answered a question that nothing else asks: answers
    /// come in the order of the questions, so whatever was still under way has then come, too. A read that is under way
    /// is stopped first, and a parameter that was begun is ended.
    async fn fall_into_step(&mut self) -> Result<(), LineError> {
        let mut attempt = 1;
        while !self.in_step && self.line.drains() {
            // Whoever was never met may be switched off: that shall be told soon.
            let (allowance, most) = match self.generation {
                Some(_) => (STEP_WAIT, STEPS),
                None => (ANSWER, ATTEMPTS),
            };
            if self.owed || attempt > 1 {
                let ends = if attempt < most { 1 } else { ENDS };
                self.line.exchange(Exchange::silent(vec![ETX; ends])).await?;
            }
            if self.under_way.is_some() || attempt > 1 {
                self.line.exchange(Exchange::silent(b"x")).await?;
            }
            match self.send(STEP, Looks::Version, allowance, Duration::ZERO).await {
                Ok(answer) => {
                    self.in_step = true;
                    self.owed = false;
                    self.version = wire::version(&answer.text).map(clean);
                }
                // A status may be a late answer's; it says that somebody is there.
                Err(Stopped::Refused(_)) if attempt < most => attempt += 1,
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < most => attempt += 1,
                Err(Stopped::Line(error)) => return Err(error),
                Err(Stopped::Refused(_)) => {
                    let place = self.line.place().to_owned();
                    let heard = "no version".to_owned();
                    return Err(LineError::NoAnswer { place, heard });
                }
            }
        }
        Ok(())
    }

    /// A command that may be repeated: a question, or one that states a goal.
    pub(super) async fn again(
        &mut self,
        letter: u8,
        parameter: Option<&[u8]>,
        looks: Looks,
    ) -> Result<Answer, Failure> {
        let mut attempt = 1;
        loop {
            match self.once(letter, parameter, looks).await {
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                other => return other.map_err(|s| self.failure(&s, letter)),
            }
        }
    }

    pub(super) fn failure(&self, stopped: &Stopped, letter: u8) -> Failure {
        match stopped {
            Stopped::Line(error) => no_answer(error),
            Stopped::Refused(status) => Failure::new(
                FailureKind::Refused,
                Moved::No,
                format!(
                    "\"{}\" answers \"{}\" with status {status:04}, whose meaning its maker does not publish; look at the \
                     reader: tray, plate, filters, lamp",
                    self.id,
                    char::from(letter)
                ),
            ),
        }
    }

    /// Makes sure that the same reader is at the other end.
    pub(super) async fn known(&mut self) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS {
            if self.generation != Some(self.line.generation()) {
                self.introduce().await?;
            }
            match self.again(b'h', None, Looks::Temperature).await {
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
        self.in_step = false;
        let stepped = self.fall_into_step().await;
        stepped.map_err(|e| self.nobody(no_answer(&e)))?;
        let serial = self.again(b'C', None, Looks::Serial).await;
        let serial = serial.map_err(|f| self.nobody(f))?;
        let identity = Identity {
            model: self.model.title().to_owned(),
            serial: Some(clean(&serial.text)),
            firmware: self.version.clone(),
        };
        self.known.meet(&identity, self.line.place())?;
        self.generation = Some(self.line.generation());
        Ok(identity)
    }

    fn nobody(&self, failure: Failure) -> Failure {
        let words = format!(
            "the plate reader \"{}\" does not answer: {}; is it switched on, and is its link 8N2 with flow_control = \
             \"rts_cts\", at 9600 or 38400 bit/s?",
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
}
