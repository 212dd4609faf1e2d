//! One drive: looks at it, starts motions, and waits for their end.

use super::codes::explain;
use super::wire::{self, DIRECT, DIRECT_WORDS, INPUT, Motion, NONE, POSITION, STATUS, Status};
use crate::clock::Clock;
use crate::devices::{Failure, FailureKind, Moved};
use crate::drivers::failure::{moved, not_homed, refused};
use crate::link::modbus::{Client, ClientError, Exception, Span, Writable};
use crate::link::{Line, LineError};
use crate::rig::profile::modbus::TableKind;
use crate::rig::{GantryAxis, Link};
use crate::units::Duration;

/// Longest wait for one answer, unless the link says otherwise.
const ANSWER: Duration = Duration::ms(500);
/// How often something that is safe to repeat is said.
const ATTEMPTS: u32 = 3;
/// Between two looks at a drive that moves.
const LOOK: Duration = Duration::ms(50);
/// A drive shows within this time that it moves, and takes a start after its stop was taken off.
const REACTION: Duration = Duration::ms(300);
/// An axis is where it was sent within this many um, or one step.
const TOLERANCE: i64 = 10;

/// A drive on the line.
pub(super) struct Drive {
    client: Client,
    pub(super) axis: GantryAxis,
    /// As rig file and messages call it.
    pub(super) name: &'static str,
    clock: Clock,
}

/// What a drive shows at a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) status: Status,
    steps: i32,
}

impl Drive {
    /// The drive of an axis. Nothing is sent yet.
    pub(super) fn new(
        name: &'static str,
        axis: GantryAxis,
        (line, link): (&Line, &Link),
        clock: Clock,
    ) -> Self {
        let mut link = link.clone();
        match &mut link {
            Link::Serial { unit, .. } | Link::Tcp { unit, .. } => *unit = axis.unit,
        }
        let writable = Writable::nothing()
            .and(TableKind::Holding, Span::new(DIRECT, DIRECT_WORDS))
            .and(TableKind::Holding, Span::new(INPUT, 1));
        Self {
            client: Client::new(line.clone(), &link, ANSWER).writing(writable),
            axis,
            name,
            clock,
        }
    }

    /// See [`Client::only_in`].
    pub(super) const fn only_in(&mut self, generation: Option<u64>) {
        self.client.only_in(generation);
    }

    /// The position of so many steps, in um.
    fn um(&self, steps: i32) -> i64 {
        let way = i64::from(steps).saturating_mul(self.axis.step.get());
        self.axis.home.get() + if self.axis.reversed { -way } else { way }
    }

    /// The steps that are nearest to a position.
    fn steps(&self, um: i64) -> i32 {
        let way = um.saturating_sub(self.axis.home.get());
        let way = if self.axis.reversed { -way } else { way };
        let step = self.axis.step.get().max(1);
        let steps = (way.saturating_mul(2) + step).div_euclid(step.saturating_mul(2));
        i32::try_from(steps).unwrap_or(if steps < 0 { i32::MIN } else { i32::MAX })
    }

    /// Where it stands, in um.
    pub(super) fn at(&self, look: Look) -> i64 {
        self.um(look.steps)
    }

    /// Whether it stands at a position.
    fn is_at(&self, look: Look, steps: i32) -> bool {
        let off = i64::from(look.steps).abs_diff(i64::from(steps));
        let off = off.saturating_mul(self.axis.step.get().unsigned_abs());
        off <= TOLERANCE.max(self.axis.step.get()).unsigned_abs()
    }

    /// Whether a position is within its travel.
    pub(super) fn reaches(&self, um: i64) -> bool {
        let (least, most) = self.axis.travel;
        (least.get()..=most.get()).contains(&um)
    }

    fn silent(&self, error: &ClientError) -> Failure {
        let words = format!("{} (unit {}): {error}", self.name, self.axis.unit);
        Failure::new(FailureKind::NoAnswer, Moved::No, words)
    }

    fn says_no(&self, exception: Exception) -> Failure {
        refused(format!(
            "{} (unit {}) answers {exception}",
            self.name, self.axis.unit
        ))
    }

    async fn read(&mut self, address: u16, count: u16) -> Result<Vec<u16>, Failure> {
        let mut attempt = 1;
        loop {
            match self.client.read_holding(address, count).await {
                Ok(Ok(words)) => return Ok(words),
                Ok(Err(exception)) if exception.is_busy() && attempt < ATTEMPTS => attempt += 1,
                Ok(Err(exception)) => return Err(self.says_no(exception)),
                Err(ClientError::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(self.silent(&error)),
            }
        }
    }

    /// Asks how and where it is. Whether it moves is asked first, so that a position of rest is one.
    pub(super) async fn look(&mut self) -> Result<Look, Failure> {
        let status = self.read(STATUS, 4).await?;
        let position = self.read(POSITION, 2).await?;
        let look = Status::of(&status).zip(wire::number(&position));
        let look = look.map(|(status, steps)| Look { status, steps });
        look.ok_or_else(|| {
            refused(format!(
                "{} answers with something else than was asked for",
                self.name
            ))
        })
    }

    /// Looks until it does not move.
    pub(super) async fn at_rest(&mut self, patience: Duration) -> Result<Look, Failure> {
        let deadline = self.clock.now().plus(patience);
        loop {
            let look = self.look().await?;
            if !look.status.moving() {
                return Ok(look);
            }
            if self.clock.now() >= deadline {
                let words = format!("{} moves on and on; look at it, then halt and home", self.name);
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, words));
            }
            self.clock.sleep(LOOK).await;
        }
    }

    /// Writes an input: a goal, as only its rising edge acts.
    pub(super) async fn input(&mut self, value: u16) -> Result<(), Failure> {
        let mut attempt = 1;
        loop {
            match self.client.write_register(INPUT, value).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(exception)) if exception.is_busy() && attempt < ATTEMPTS => attempt += 1,
                Ok(Err(exception)) => return Err(self.says_no(exception)),
                Err(ClientError::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(self.silent(&error)),
            }
        }
    }

    /// Whether it can be trusted to be where it says.
    fn trusted(&self, look: Look) -> Result<(), Failure> {
        if look.status.alarmed() {
            let words = format!(
                "{} has {}; look what is in the way, then home",
                self.name,
                explain(look.status.alarm)
            );
            return Err(Failure::new(FailureKind::Fault, Moved::No, words));
        }
        if !look.status.homed() {
            let words = format!(
                "{} has lost its position (switched off); home it first",
                self.name
            );
            return Err(not_homed(words));
        }
        Ok(())
    }

    /// Its greatest speed in a run, in um/s.
    fn most(&self, slow: Option<u8>) -> i64 {
        let usual = self.axis.speed.get();
        slow.map_or(usual, |percent| (usual * i64::from(percent) / 100).max(1))
    }

    /// Starts a motion to a position, at no more than a speed in um/s; how long it takes, or `None` where it is there already.
    /// After a lost answer it is read whether the start arrived, and it is said again only if it did not: the target is
    /// absolute. The failure says whether it may move.
    pub(super) async fn start(
        &mut self,
        um: i64,
        (speed, slow): (Option<i64>, Option<u8>),
        current: u32,
    ) -> Result<Option<Duration>, Failure> {
        let target = self.steps(um);
        let most = self.most(slow);
        let speed = speed.map_or(most, |speed| speed.clamp(1, most));
        let step = self.axis.step.get().max(1);
        let ramp_us = i64::try_from(self.axis.ramp.as_us()).unwrap_or(i64::MAX).max(1);
        let rate = self.axis.speed.get().saturating_mul(1_000_000) / ramp_us;
        let motion = Motion {
            target,
            speed: i32::try_from(speed / step).unwrap_or(i32::MAX).max(1),
            rate: i32::try_from(rate / step).unwrap_or(i32::MAX).max(1),
            current: i32::try_from(current).unwrap_or(1_000),
        };
        let mut sent = false;
        for _ in 0..ATTEMPTS {
            let unknown = |failure| {
                if sent {
                    moved(failure, Moved::Unknown)
                } else {
                    failure
                }
            };
            let look = self.ready().await.map_err(unknown)?;
            self.trusted(look).map_err(unknown)?;
            if look.steps == target && !look.status.moving() {
                return Ok(None);
            }
            let takes = self.takes(self.um(look.steps).abs_diff(um), motion);
            if look.status.moving() {
                if sent {
                    return Ok(Some(takes));
                }
                return Err(refused(format!("{} is moving already", self.name)));
            }
            match self.client.write_registers(DIRECT, wire::direct(motion)).await {
                Ok(Ok(())) => return Ok(Some(takes)),
                Ok(Err(exception)) => return Err(unknown(self.says_no(exception))),
                Err(ClientError::Line(LineError::NoAnswer { .. })) => sent = true,
                Err(error) => {
                    let may = if sent || error.sent() {
                        Moved::Unknown
                    } else {
                        Moved::No
                    };
                    return Err(moved(self.silent(&error), may));
                }
            }
        }
        let words = format!("{} (unit {}) does not answer", self.name, self.axis.unit);
        Err(Failure::new(FailureKind::NoAnswer, Moved::Unknown, words))
    }

    /// A look at it once it takes a start, or moves, or never will: an input that is still on is taken off.
    async fn ready(&mut self) -> Result<Look, Failure> {
        let able = |look: &Look| {
            let status = look.status;
            status.ready() || status.moving() || status.alarmed() || !status.homed()
        };
        let look = self.look().await?;
        if able(&look) {
            return Ok(look);
        }
        self.input(NONE).await?;
        let deadline = self.clock.now().plus(REACTION);
        loop {
            let look = self.look().await?;
            if able(&look) {
                return Ok(look);
            }
            if self.clock.now() >= deadline {
                return Err(refused(format!(
                    "{} is not ready, and does not say why",
                    self.name
                )));
            }
            self.clock.sleep(LOOK).await;
        }
    }

    /// How long a way takes.
    fn takes(&self, um: u64, motion: Motion) -> Duration {
        let step = self.axis.step.get().max(1).unsigned_abs();
        let speed = u64::from(motion.speed.unsigned_abs()) * step;
        let ramp =
            u64::from(motion.speed.unsigned_abs()) * 1_000_000 / u64::from(motion.rate.unsigned_abs().max(1));
        Duration::us(um.saturating_mul(1_000_000) / speed.max(1) + ramp)
    }

    /// Waits for the end of a motion that takes so long. The failure says that it may have moved.
    pub(super) async fn arrived(&mut self, um: i64, takes: Duration) -> Result<(), Failure> {
        let unknown = |failure| moved(failure, Moved::Unknown);
        let target = self.steps(um);
        let soon = self.clock.now().plus(REACTION);
        let deadline = self.clock.now().plus(takes).plus(takes).plus(Duration::s(3));
        loop {
            let look = self.look().await.map_err(unknown)?;
            self.trusted(look).map_err(unknown)?;
            if !look.status.moving() && self.is_at(look, target) {
                return Ok(());
            }
            let now = self.clock.now();
            if !look.status.moving() && now >= soon || now >= deadline {
                let words = format!(
                    "{} stands at {} um instead of at {um} um; look what is in the way, then home",
                    self.name,
                    self.at(look)
                );
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, words));
            }
            self.clock.sleep(LOOK).await;
        }
    }

    /// Begins to search for its home position; an alarm is reset first.
    pub(super) async fn begin_homing(&mut self) -> Result<(), Failure> {
        for value in [NONE, wire::ALARM_RESET, NONE] {
            self.input(value).await?;
        }
        self.input(wire::HOME)
            .await
            .map_err(|failure| moved(failure, Moved::Yes))?;
        self.input(NONE)
            .await
            .map_err(|failure| moved(failure, Moved::Yes))
    }

    /// Waits until it has found it.
    pub(super) async fn found(&mut self, patience: Duration) -> Result<(), Failure> {
        let deadline = self.clock.now().plus(patience);
        loop {
            self.clock.sleep(LOOK).await;
            let look = self.look().await?;
            if look.status.alarmed() {
                let failure = self.trusted(look).err();
                return failure.map_or(Ok(()), |failure| Err(moved(failure, Moved::Yes)));
            }
            if look.status.homed() && !look.status.moving() && self.is_at(look, 0) {
                return Ok(());
            }
            if self.clock.now() >= deadline {
                let words = format!(
                    "{} does not find its home position; look what is in the way",
                    self.name
                );
                return Err(Failure::new(FailureKind::Fault, Moved::Yes, words));
            }
        }
    }
}
