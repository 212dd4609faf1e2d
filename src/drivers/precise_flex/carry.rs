//! Carrying: motions one after the other, each of them a goal that is watched until it is reached.

use super::driver::PreciseFlex;
use super::pose::{self, Grip, Pose};
use super::talk::POLL;
use super::wire::{number, numbers};
use crate::devices::{Done, Failure, FailureKind, Moved};
use crate::drivers::failure::{moved, not_homed, refused};
use crate::rig::{Location, NestId, Taught};
use crate::units::Duration;

/// The motion profile of the controller that is used.
const PROFILE: u32 = 1;
/// So many looks without a change, away from the goal, mean that a motion has stopped.
const STOPPED: u32 = 15;
/// Longest that power takes to come on, and the seconds that the controller is told.
const POWER: Duration = Duration::s(25);
const POWER_S: u32 = 20;
/// Longest that homing takes.
const HOMING: Duration = Duration::s(180);
/// Slowest that the joints are assumed to be at full speed: mm/s of base and fingers, degrees/s of the others; in
/// thousandths a second.
const SPEEDS: [i64; 5] = [100_000, 45_000, 45_000, 45_000, 20_000];
/// What is assumed to be travelled where the joints of a goal are not known: as far as they go.
const FARTHEST: [i64; 5] = [800_000, 360_000, 360_000, 360_000, 150_000];
/// Beside the way itself.
const MARGIN: Duration = Duration::s(10);

/// One end of a carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    /// The nest, for messages.
    pub nest: NestId,
    /// The number of its location in the controller.
    pub station: u16,
    /// Where it was taught.
    pub location: Location,
    /// Height of the grip over the nest.
    pub height: i64,
}

/// A carry: from a place, where it is not in the gripper already, to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carry {
    pub from: Option<End>,
    pub to: End,
}

/// Where a motion ends.
enum Goal<'a> {
    Joints([i64; 4]),
    Over(&'a Taught, i64),
    Open,
    Closed,
}

impl PreciseFlex {
    /// Powers the arm, claims it, and tells speed and widths; all of that are goals, and nothing moves.
    pub(super) async fn ready(&mut self) -> Result<(), Failure> {
        self.patiently(&format!("hp 1 {POWER_S}"), POWER).await?;
        self.again("attach 1").await?;
        if self.again("attach").await? != "-1" {
            return Err(refused(format!(
                "\"{}\" does not let itself be attached; end the program that has it",
                self.id
            )));
        }
        let speed = number(i64::from(self.arm.speed) * 1_000);
        let (open, closed) = (self.arm.grip_open.get(), self.arm.grip_closed.get());
        for line in [
            format!("Speed {PROFILE} {speed}"),
            format!("GripOpenPos {}", number(open)),
            format!("GripClosePos {}", number(closed)),
        ] {
            self.again(&line).await?;
        }
        Ok(())
    }

    /// Longest that the way to a goal takes, from where the arm stands.
    fn limit(&self, from: &Pose, goal: &Goal<'_>) -> Duration {
        let to: Option<[i64; 4]> = match goal {
            Goal::Joints(to) => Some(*to),
            Goal::Over(Taught::Angles([base, rest @ ..]), over) => {
                let [shoulder, elbow, wrist] = *rest;
                Some([base + over, shoulder, elbow, wrist])
            }
            Goal::Over(Taught::Xyz(..), _) | Goal::Open | Goal::Closed => None,
        };
        let ways = from.joints.iter().zip(SPEEDS).zip(FARTHEST).enumerate();
        let slowest = ways.map(|(n, ((is, speed), farthest))| {
            let way = to
                .as_ref()
                .and_then(|to| to.get(n))
                .map_or(farthest, |to| (to - is).abs());
            way.saturating_mul(1_000) / speed
        });
        let ms = u64::try_from(slowest.max().unwrap_or(0)).unwrap_or(0);
        MARGIN.plus(Duration::ms(
            ms.saturating_mul(100) / u64::from(self.arm.speed.max(1)),
        ))
    }

    /// A motion: said, and watched until it is where it should be.
    async fn motion(&mut self, text: &str, goal: Goal<'_>) -> Result<Pose, Failure> {
        let from = self.pose().await?;
        let limit = self.limit(&from, &goal);
        self.again(text).await.map_err(|f| match f.kind {
            FailureKind::NoAnswer => moved(f, Moved::Unknown),
            _ => f,
        })?;
        self.stirred = true;
        let unknown = |f| moved(f, Moved::Unknown);
        let deadline = self.clock.now().plus(limit);
        let (mut last, mut unchanged) = (from, 0);
        loop {
            self.clock.sleep(POLL).await;
            let now = self.pose().await.map_err(unknown)?;
            unchanged = if now.is_still(&last) { unchanged + 1 } else { 0 };
            last = now;
            let there = match goal {
                Goal::Joints(to) => now.is_at(&to),
                Goal::Over(taught, over) => now.is_over(taught, over),
                Goal::Open => now.grip(&self.arm) == Grip::Open,
                Goal::Closed => now.grip(&self.arm) != Grip::Open,
            };
            if there && unchanged > 0 {
                return Ok(now);
            }
            if unchanged >= STOPPED || self.clock.now() >= deadline {
                let why = self.trouble().await.map_err(unknown)?;
                let why = why.unwrap_or("look what is in its way");
                let kind = if why == "its emergency stop is pressed" {
                    FailureKind::Interlock
                } else {
                    FailureKind::Fault
                };
                let message = format!(
                    "\"{}\" stopped short in `{text}`: {why}; it {}",
                    self.id,
                    self.whereabouts(&now)
                );
                return Err(Failure::new(kind, Moved::Unknown, message));
            }
        }
    }

    /// What the gripper is to be commanded while the arm moves: as it was, so that what is held stays held.
    fn commanded_width(&self, now: &Pose) -> i64 {
        match now.grip(&self.arm) {
            Grip::Open => self.arm.grip_open.get(),
            Grip::Closed | Grip::Holds => self.arm.grip_closed.get(),
        }
    }

    /// To a place, so far over its taught height: the controller is told where that is, then the arm goes there. Its own
    /// approach (`moveAppro`) is not used: by the sources it heeds the clearance of some locations only.
    async fn go(&mut self, end: &End, over: i64) -> Result<Pose, Failure> {
        let station = end.station;
        match &end.location.taught {
            Taught::Angles([base, rest @ ..]) => {
                let now = self.pose().await?;
                let [shoulder, elbow, wrist] = *rest;
                let joints = [base + over, shoulder, elbow, wrist, self.commanded_width(&now)];
                self.again(&format!("locAngles {station} {}", numbers(&joints)))
                    .await?;
            }
            Taught::Xyz([x, y, z, turns @ ..], config) => {
                let [yaw, pitch, roll] = *turns;
                let place = [*x, *y, z + over, yaw, pitch, roll];
                self.again(&format!("locXyz {station} {}", numbers(&place)))
                    .await?;
                if let Some(config) = config {
                    self.again(&format!("locConfig {station} {config}")).await?;
                }
            }
        }
        let goal = Goal::Over(&end.location.taught, over);
        self.motion(&format!("move {station} {PROFILE}"), goal).await
    }

    async fn over(&mut self, end: &End) -> Result<Pose, Failure> {
        self.go(end, pose::approach(&end.location, end.height)).await
    }

    async fn down(&mut self, end: &End) -> Result<Pose, Failure> {
        self.go(end, end.height).await
    }

    async fn open(&mut self) -> Result<Pose, Failure> {
        self.motion("gripper 1", Goal::Open).await
    }

    /// To a rest height.
    pub(super) async fn rest(&mut self, mark: i64) -> Result<Pose, Failure> {
        let now = self.pose().await?;
        let joints = pose::rest(&self.arm, mark);
        let width = self.commanded_width(&now);
        let line = format!("moveJ {PROFILE} {} {}", numbers(&joints), number(width));
        self.motion(&line, Goal::Joints(joints)).await
    }

    /// Up from wherever the arm stands, to a rest height.
    pub(super) async fn leave(&mut self, mark: i64) -> Result<(), Failure> {
        let now = self.pose().await?;
        if now.at_rest(&self.arm) == Some(mark) {
            return Ok(());
        }
        if now.at_rest(&self.arm).is_none() {
            let Some(end) = self.column(&now) else {
                return Err(self.astray());
            };
            self.over(&end).await?;
        }
        self.rest(mark).await.map(drop)
    }

    /// The taught place that the arm stands over or in.
    pub(super) fn column(&self, now: &Pose) -> Option<End> {
        let within = |(_, l): &(&NestId, &Location)| now.in_column(&l.taught);
        let (nest, _) = self.arm.locations.iter().find(within)?;
        self.end(nest, 0).ok()
    }

    pub(super) fn astray(&self) -> Failure {
        not_homed(format!(
            "\"{}\" stands where it was not taught to; see that its way is free and home it",
            self.id
        ))
    }

    /// Homes an arm that holds nothing, and folds it.
    pub(super) async fn homed(&mut self) -> Result<Done, Failure> {
        self.ready().await?;
        self.patiently("home", HOMING).await.map_err(|f| match f.kind {
            FailureKind::NoAnswer => moved(f, Moved::Unknown),
            _ => f,
        })?;
        self.stirred = true;
        self.still().await.map_err(|f| moved(f, Moved::Unknown))?;
        self.rest(0).await?;
        Ok(Done::Plain)
    }

    /// Fetches and sets down, from a rest height to another.
    pub(super) async fn carried(
        &mut self,
        carry: &Carry,
        (before, target): (i64, i64),
    ) -> Result<Done, Failure> {
        self.ready().await?;
        // At the height where it began, or another that does not say that the carry is over.
        let other = if before < 0 { pose::another(target) } else { before };
        self.leave(other).await?;
        if let Some(from) = &carry.from {
            self.picked(from, other).await?;
        }
        let now = self.pose().await.map_err(|f| moved(f, Moved::Unknown))?;
        if now.grip(&self.arm) != Grip::Holds {
            let message = format!("\"{}\" lost what it held on its way; look for it", self.id);
            return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
        }
        self.over(&carry.to).await?;
        self.down(&carry.to).await?;
        self.open().await?;
        self.gripped_at = None;
        self.over(&carry.to).await?;
        self.rest(target).await?;
        Ok(Done::Plain)
    }

    async fn picked(&mut self, from: &End, other: i64) -> Result<(), Failure> {
        self.open().await?;
        self.over(from).await?;
        self.down(from).await?;
        self.motion("gripper 2", Goal::Closed).await?;
        let now = self.still().await.map_err(|f| moved(f, Moved::Unknown))?;
        if now.grip(&self.arm) == Grip::Holds {
            self.gripped_at = Some(from.height);
            self.over(from).await?;
            self.rest(other).await?;
            return Ok(());
        }
        // Nothing is there: back, empty.
        self.open().await?;
        self.over(from).await?;
        self.rest(other).await?;
        self.stirred = false;
        let message = format!(
            "\"{}\" found nothing to grip in the nest \"{}\"",
            self.id, from.nest
        );
        Err(Failure::new(FailureKind::Mismatch, Moved::No, message))
    }

    /// Whether a failure is one by which nothing can have moved.
    pub(super) fn judged(&self, failure: Failure) -> Failure {
        if self.stirred && failure.moved == Moved::No {
            return moved(failure, Moved::Unknown);
        }
        failure
    }
}
