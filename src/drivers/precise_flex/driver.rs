//! The driver.

use super::carry::{Carry, End};
use super::pose::{self, Grip, Pose};
use super::wire;
use crate::clock::Clock;
use crate::devices::{
    Before, Done, Evidence, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled,
};
use crate::drivers::failure::{moved, no_answer, not_homed, refused, unsupported};
use crate::drivers::known::Known;
use crate::link::Line;
use crate::plan::Action;
use crate::rig::{Driver, InstrumentId, NestId, PreciseFlex as Arm, Rig, Taught, ZoneId};
use crate::units::Length;
use std::collections::BTreeMap;

/// A PreciseFlex.
pub struct PreciseFlex {
    pub(super) id: InstrumentId,
    pub(super) line: Line,
    pub(super) clock: Clock,
    pub(super) arm: Arm,
    pub(super) known: Known,
    /// Whether a place was taught by x, y, z: then the arm's are asked for, too.
    pub(super) by_xyz: bool,
    stations: BTreeMap<NestId, u16>,
    grip_height: Option<Length>,
    grip_heights: BTreeMap<NestId, Length>,
    pub(super) generation: Option<u64>,
    /// False from a lost answer until the controller has answered a question that nothing else asks.
    pub(super) in_step: bool,
    /// Whether anything was set in motion since the action began.
    pub(super) stirred: bool,
    /// At which height over its nest what the gripper holds was gripped, if this program did.
    pub(super) gripped_at: Option<i64>,
}

/// The arm at the share of its usual speed that a run wants.
fn slowed(arm: &Arm, percent: Option<u8>) -> Arm {
    let mut arm = arm.clone();
    if let Some(percent) = percent {
        let speed = u16::from(arm.speed) * u16::from(percent) / 100;
        arm.speed = u8::try_from(speed).unwrap_or(arm.speed).max(1);
    }
    arm
}

/// The arm with the heights of approach that were measured.
fn approached(mut arm: Arm, id: &InstrumentId, rig: &Rig) -> Arm {
    for (nest, location) in &mut arm.locations {
        if let Some(height) = rig.calibration.approaches.get(&(id.clone(), nest.clone())) {
            location.clearance = *height;
        }
    }
    arm
}

impl PreciseFlex {
    /// The driver of a plate mover of the rig. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig calls it something else.
    pub fn new(id: &InstrumentId, rig: &Rig, line: Line, clock: Clock) -> Result<Self, Failure> {
        let instrument = rig.instruments.get(id);
        let Some(Driver::PreciseFlex(arm)) = instrument.map(|i| &i.driver) else {
            return Err(unsupported(format!("\"{id}\" is no PreciseFlex of this rig")));
        };
        let heights = rig.calibration.grip_heights.iter();
        let own = |((i, nest), height): (&(InstrumentId, NestId), &Length)| {
            (i == id).then(|| (nest.clone(), *height))
        };
        let numbered = rig.nests.iter();
        Ok(Self {
            id: id.clone(),
            line,
            clock,
            arm: approached(slowed(arm, rig.slow), id, rig),
            known: Known::new(id, rig),
            by_xyz: arm
                .locations
                .values()
                .any(|l| matches!(l.taught, Taught::Xyz(..))),
            stations: numbered
                .filter_map(|(n, nest)| Some((n.clone(), nest.station?)))
                .collect(),
            grip_height: rig.calibration.grip_height.get(id).copied(),
            grip_heights: heights.filter_map(own).collect(),
            generation: None,
            in_step: true,
            stirred: false,
            gripped_at: None,
        })
    }

    /// One end of a carry.
    pub(super) fn end(&self, nest: &NestId, height: i64) -> Result<End, Failure> {
        let (station, location) = (self.stations.get(nest), self.arm.locations.get(nest));
        let (Some(station), Some(location)) = (station, location) else {
            return Err(refused(format!(
                "\"{}\" cannot reach the nest \"{nest}\": it was not taught where that is ([instruments.{}.locations])",
                self.id, self.id
            )));
        };
        Ok(End {
            nest: nest.clone(),
            station: *station,
            location: location.clone(),
            height,
        })
    }

    fn grip(&self, nest: &NestId) -> Result<i64, Failure> {
        let height = self.grip_heights.get(nest).copied().or(self.grip_height);
        height.map(Length::get).ok_or_else(|| {
            refused(format!(
                "no grip height of \"{}\" is known for the nest \"{nest}\"; calibrate it ([calibration.{}] in the rig file)",
                self.id, self.id
            ))
        })
    }

    /// What an action carries; none of homing.
    fn carry(&self, action: &Action) -> Result<Option<Carry>, Failure> {
        let lid = || {
            let unknown = || unsupported(format!("\"{}\" was not told how to grip lids (`lid`)", self.id));
            self.arm.lid.ok_or_else(unknown)
        };
        let (from, to) = match action {
            Action::Home => return Ok(None),
            Action::MovePlate { from, to, .. } => {
                // What is gripped at a height over one nest is set down at the same height over the other.
                let height = self.grip(from)?;
                (Some(self.end(from, height)?), self.end(to, height)?)
            }
            Action::SetDown { to, .. } => {
                let height = self.gripped_at.map_or_else(|| self.grip(to), Ok)?;
                (None, self.end(to, height)?)
            }
            Action::RemoveLid { from, to, .. } => {
                let (height, on_plate) = (lid()?.height.get(), lid()?.on_plate.get());
                (Some(self.end(from, on_plate + height)?), self.end(to, height)?)
            }
            Action::ReplaceLid { from, to, .. } => {
                let (height, on_plate) = (lid()?.height.get(), lid()?.on_plate.get());
                (Some(self.end(from, height)?), self.end(to, on_plate + height)?)
            }
            other => return Err(unsupported(format!("a plate mover cannot {}", other.name()))),
        };
        Ok(Some(Carry { from, to }))
    }

    async fn prepared(&mut self, action: &Action) -> Result<Before, Failure> {
        // What cannot be done (a nest out of reach) is refused before the intent is written.
        let carry = self.carry(action)?;
        self.connected().await?;
        // A movement of before (of a host that was restarted) ends first.
        let now = match self.still().await {
            // It does not know where it is before it was homed.
            Err(f) if f.kind == FailureKind::NotHomed && carry.is_none() => return Ok(Before::default()),
            now => now.map_err(|f| moved(f, Moved::No))?,
        };
        if let Some(why) = self.trouble().await? {
            let message = format!("\"{}\" cannot move: {why}", self.id);
            return Err(Failure::new(FailureKind::Interlock, Moved::No, message));
        }
        let holds = now.grip(&self.arm) == Grip::Holds;
        let sets_down = matches!(action, Action::SetDown { .. });
        if holds && !sets_down {
            let message = format!(
                "the gripper of \"{}\" holds something already; take it out by hand",
                self.id
            );
            return Err(Failure::new(FailureKind::Interlock, Moved::No, message));
        }
        if sets_down && !holds {
            return Err(refused(format!("the gripper of \"{}\" holds nothing", self.id)));
        }
        let column = self.column(&now);
        let rest = now.at_rest(&self.arm);
        if carry.is_some() && rest.is_none() && column.is_none() {
            return Err(self.astray());
        }
        let mark = rest.unwrap_or(-1);
        Ok(Before::default()
            .with("rest_height", mark)
            .with("target_height", pose::another(mark.max(0)))
            .with("station", column.map_or(0, |c| i64::from(c.station)))
            .with("holds", i64::from(holds)))
    }

    async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        self.stirred = false;
        if self.generation != Some(self.line.generation()) {
            self.introduce().await?;
        }
        let done = match self.carry(&intent.action)? {
            None => self.homed().await,
            Some(carry) => {
                let height = |name| intent.before.get(name);
                match (height("rest_height"), height("target_height")) {
                    (Some(before @ -1..pose::MARKS), Some(target @ 0..pose::MARKS)) => {
                        self.carried(&carry, (before, target)).await
                    }
                    _ => {
                        let name = intent.action.name();
                        Err(unsupported(format!("{name} was not prepared by this driver")))
                    }
                }
            }
        };
        done.map_err(|f| self.judged(f))
    }

    async fn settled(&mut self, intent: &Intent) -> Result<Settled, Failure> {
        let evidence = Evidence::Measured;
        let unknown = |why: String| Ok(Settled::Unknown { why });
        self.connected().await?;
        let now = match self.still().await {
            Err(f) if f.kind == FailureKind::NotHomed && matches!(intent.action, Action::Home) => {
                return Ok(Settled::NotDone {
                    evidence: Evidence::Commanded,
                });
            }
            Err(f) if f.kind == FailureKind::NotHomed => return unknown(f.message),
            now => now?,
        };
        let grip = now.grip(&self.arm);
        let whereabouts = self.whereabouts(&now);
        let Some(carry) = self.carry(&intent.action)? else {
            if grip == Grip::Holds {
                return unknown(format!("the arm {whereabouts}"));
            }
            // A goal of an arm that holds nothing: stated again.
            let evidence = Evidence::Commanded;
            return Ok(Settled::NotDone { evidence });
        };
        let sets_down = carry.from.is_none();
        let Some(target @ 0..pose::MARKS) = intent.before.get("target_height") else {
            return unknown("the intent does not say at which rest height the arm was to end".to_owned());
        };
        if grip == Grip::Holds {
            // What is to be set down is still in the gripper.
            if sets_down {
                return Ok(Settled::NotDone { evidence });
            }
            return unknown(format!("the arm {whereabouts}"));
        }
        let done = Done::Plain;
        match now.at_rest(&self.arm) {
            Some(mark) if mark == target => return Ok(Settled::Done { done, evidence }),
            Some(_) if !sets_down => return Ok(Settled::NotDone { evidence }),
            Some(_) => {
                return unknown(format!(
                    "the arm {whereabouts}, and did not set down what it held"
                ));
            }
            None => {}
        }
        let was_there = intent.before.get("station") == Some(i64::from(carry.to.station));
        if grip == Grip::Open && now.in_column(&carry.to.location.taught) && !was_there {
            // It comes here with something in the gripper only: that was set down. What is left over is to fold.
            self.ready().await?;
            self.leave(target).await?;
            return Ok(Settled::Done { done, evidence });
        }
        let before = carry
            .from
            .is_some_and(|from| now.in_column(&from.location.taught));
        if before {
            return Ok(Settled::NotDone { evidence });
        }
        unknown(format!("the arm {whereabouts}"))
    }

    /// Where the arm stands and what it holds, in words.
    pub(super) fn whereabouts(&self, now: &Pose) -> String {
        let [.., width] = now.joints;
        let grip = match now.grip(&self.arm) {
            Grip::Open => "its gripper is open".to_owned(),
            Grip::Closed => "its gripper is closed on nothing".to_owned(),
            Grip::Holds => format!("its gripper holds something {} mm wide", wire::number(width)),
        };
        let place = match (now.at_rest(&self.arm), self.column(now)) {
            (Some(_), _) => "is at rest".to_owned(),
            (None, Some(end)) => format!("stands at the nest \"{}\"", end.nest),
            (None, None) => "stands at none of its places".to_owned(),
        };
        let joints = wire::numbers(&now.joints);
        format!("{place} (joints {joints}); {grip}")
    }
}

impl Instrument for PreciseFlex {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(self.introduce())
    }

    fn alive(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(self.connected())
    }

    fn prepare<'a>(&'a mut self, action: &'a Action) -> Fut<'a, Result<Before, Failure>> {
        Box::pin(self.prepared(action))
    }

    fn perform<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Done, Failure>> {
        Box::pin(self.performed(intent))
    }

    fn settle<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Settled, Failure>> {
        Box::pin(self.settled(intent))
    }

    fn clear_of<'a>(&'a mut self, zone: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        Box::pin(async move {
            // Only bodies that can be in a zone are asked.
            self.connected().await?;
            let now = self.pose().await?;
            if now.at_rest(&self.arm).is_some() {
                return Ok(true);
            }
            match self.column(&now) {
                Some(_) => Ok(false),
                // It stopped with its arm somewhere and will not come back by itself.
                None => Err(not_homed(format!(
                    "\"{}\" {}: it is not outside zone {zone}, and must be homed",
                    self.id,
                    self.whereabouts(&now)
                ))),
            }
        })
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move {
            // Its answer comes when nobody asks: nothing is believed before the next question of its own kind.
            self.in_step = false;
            self.line
                .interrupt(wire::command("halt"))
                .await
                .map_err(|e| no_answer(&e))
        })
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
