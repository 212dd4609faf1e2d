//! Talk with the controller: one line at a time; every command is a question or states a goal and may be said again.

use super::codes;
use super::driver::PreciseFlex;
use super::pose::Pose;
use super::wire::{self, Answer};
use crate::devices::{Failure, FailureKind, Identity, Moved};
use crate::drivers::failure::{clean, moved, no_answer};
use crate::link::{Exchange, LineError};
use crate::units::Duration;

/// Longest wait for one answer.
const ANSWER: Duration = Duration::s(2);
/// Between two looks at a moving arm.
pub(super) const POLL: Duration = Duration::ms(100);
/// So many looks without a change mean that nothing moves.
const STILL: u32 = 5;
/// Longest that a movement of before is waited for.
const LONGEST: Duration = Duration::s(120);
/// How often something is said.
const ATTEMPTS: u32 = 3;
/// Asked after a lost answer and to make acquaintance alone; its answer, words, looks like no other.
const STEP: &str = "version";
/// How long that answer is waited for: it can be behind all that is late. Its own stale answers look like it, so it is asked
/// anew only after a wait that outlasts them.
const STEP_WAIT: Duration = Duration::s(20);
/// How often it is waited for so long.
const STEPS: u32 = 2;

/// What stopped a command.
pub(super) enum Stopped {
    Line(LineError),
    Refused(i32, String),
}

impl PreciseFlex {
    async fn once(&mut self, text: &str, work: Duration) -> Result<String, Stopped> {
        self.fall_into_step().await.map_err(Stopped::Line)?;
        self.send(text, ANSWER, work).await
    }

    async fn send(&mut self, text: &str, allowance: Duration, work: Duration) -> Result<String, Stopped> {
        let looks = wire::looks(text);
        let framed = looks.clone();
        let framing = move |r: &[u8]| wire::framing(r, &framed);
        let mut exchange = Exchange::new(wire::command(text), allowance, framing).work(work);
        if let Some(generation) = self.generation {
            exchange = exchange.only_in(generation);
        }
        let answer = self.line.exchange(exchange).await.map_err(|error| {
            self.in_step = !error.sent();
            Stopped::Line(error)
        })?;
        match wire::read(&answer, &looks) {
            Some(Answer::Accepted(data)) => Ok(data),
            Some(Answer::Refused(code, text)) => Err(Stopped::Refused(code, text)),
            // The framing lets nothing else through.
            None => Err(Stopped::Refused(0, String::new())),
        }
    }

    /// After a lost answer, nothing is believed until the controller has answered a question that nothing else asks: answers
    /// come in the order of the questions, so whatever was still under way has then come, too.
    async fn fall_into_step(&mut self) -> Result<(), LineError> {
        let (mut attempt, mut refusals) = (1, 0);
        while !self.in_step && self.line.drains() {
            // Whoever was never met may be switched off: that shall be told soon.
            let (allowance, most) = match self.generation {
                Some(_) => (STEP_WAIT, STEPS),
                None => (ANSWER, ATTEMPTS),
            };
            match self.send(STEP, allowance, Duration::ZERO).await {
                Ok(_) => self.in_step = true,
                // An error may be a late answer to what was said before; so many in a row are its own.
                Err(Stopped::Refused(..)) => {
                    refusals += 1;
                    self.in_step = refusals >= ATTEMPTS;
                }
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < most => attempt += 1,
                Err(Stopped::Line(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// A question or goal; the data of its answer.
    pub(super) async fn again(&mut self, text: &str) -> Result<String, Failure> {
        self.patiently(text, Duration::ZERO).await
    }

    /// A question or goal that may work for so long before it is answered.
    pub(super) async fn patiently(&mut self, text: &str, work: Duration) -> Result<String, Failure> {
        let mut attempt = 1;
        loop {
            match self.once(text, work).await {
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Ok(data) => return Ok(data),
                Err(Stopped::Line(error)) => return Err(no_answer(&error)),
                Err(Stopped::Refused(code, said)) => return Err(self.refusal(text, code, &said)),
            }
        }
    }

    fn refusal(&self, text: &str, code: i32, said: &str) -> Failure {
        let own = if said.is_empty() {
            String::new()
        } else {
            format!(" (it says \"{}\")", clean(said))
        };
        let why = codes::meaning(code);
        let message = format!("\"{}\" answers `{text}` with error {code}: {why}{own}", self.id);
        let unmoved = if codes::before_motion(code) {
            Moved::No
        } else {
            Moved::Unknown
        };
        Failure::new(codes::kind(code), unmoved, message)
    }

    /// Where the arm stands, by its encoders and the gripper's sensor.
    pub(super) async fn pose(&mut self) -> Result<Pose, Failure> {
        let joints = self.again("wherej").await?;
        let joints = wire::thousandths(&joints).unwrap_or_default();
        let xyz = if self.by_xyz {
            wire::thousandths(&self.again("wherec").await?).unwrap_or_default()
        } else {
            vec![0; 6]
        };
        let closed = self.again("IsFullyClosed").await? == "-1";
        let first = joints.first_chunk().copied();
        let place = xyz.first_chunk().copied();
        // The framing lets nothing through that has fewer numbers.
        let (joints, xyz) = (first.unwrap_or_default(), place.unwrap_or_default());
        Ok(Pose { joints, xyz, closed })
    }

    /// Waits until nothing moves.
    pub(super) async fn still(&mut self) -> Result<Pose, Failure> {
        let deadline = self.clock.now().plus(LONGEST);
        let mut last = self.pose().await?;
        let mut looks = 0;
        while looks < STILL {
            if self.clock.now() >= deadline {
                let message = format!("\"{}\" has been moving for more than {LONGEST}", self.id);
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
            }
            self.clock.sleep(POLL).await;
            let now = self.pose().await?;
            looks = if now.is_still(&last) { looks + 1 } else { 0 };
            last = now;
        }
        Ok(last)
    }

    /// The controller's state, in words where they say why nothing moves.
    pub(super) async fn trouble(&mut self) -> Result<Option<&'static str>, Failure> {
        let state = self.again("sysState").await?;
        Ok(match state.parse() {
            Ok(codes::EMERGENCY_STOP) => Some("its emergency stop is pressed"),
            Ok(codes::HOMING) => Some("it is homing"),
            _ => None,
        })
    }

    /// Makes sure that the same arm is at the other end.
    pub(super) async fn connected(&mut self) -> Result<(), Failure> {
        for _ in 0..2 {
            if self.generation != Some(self.line.generation()) {
                self.introduce().await?;
            }
            match self.again("sysState").await {
                Err(f)
                    if f.kind == FailureKind::NoAnswer && self.generation != Some(self.line.generation()) => {
                }
                other => {
                    if other? == codes::READY_FOR_ATTACH {
                        // Nothing moves by that; where there is no power yet, it is claimed with it.
                        let _ = self.again("attach 1").await;
                    }
                    return Ok(());
                }
            }
        }
        self.introduce().await.map(drop)
    }

    /// Who is there. Nothing moves.
    pub(super) async fn introduce(&mut self) -> Result<Identity, Failure> {
        self.generation = None;
        // Before that, a controller may answer in sentences, and so to this command, too.
        let _ = self.again("mode 0").await;
        self.in_step = true;
        let version = self.again(STEP).await.map_err(|f| {
            let words = format!(
                "the plate mover \"{}\" does not answer: {}; is it switched on, and does its command server run?",
                self.id, f.message
            );
            Failure { message: words, ..moved(f, Moved::No) }
        })?;
        let identity = Identity {
            model: "PreciseFlex".to_owned(),
            serial: None,
            firmware: Some(clean(&version)),
        };
        self.known.meet(&identity, self.line.place())?;
        self.generation = Some(self.line.generation());
        Ok(identity)
    }
}
