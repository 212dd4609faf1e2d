//! The driver.

use super::handshake::next_sequence;
use super::meet::{Meeting, writable};
use super::registers::Registers;
use crate::clock::Clock;
use crate::devices::{Before, Done, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled};
use crate::drivers::failure::{moved, not_homed, refused, unsupported};
use crate::drivers::sources::own_time;
use crate::link::Line;
use crate::link::modbus::Client;
use crate::plan::{Action, AreaScan};
use crate::rig::profile::Profile;
use crate::rig::profile::modbus::{Command, Register};
use crate::rig::{InstrumentId, NestId, Rig, Role, Station, ZoneId};
use crate::units::{Absorbance, Duration, Length};
use std::collections::BTreeMap;

/// How often a reading is fetched again when it changed underneath.
const ATTEMPTS: u32 = 3;

/// An instrument described by a Modbus profile.
pub struct ProfileDriver {
    pub(super) id: InstrumentId,
    pub(super) registers: Registers,
    pub(super) clock: Clock,
    /// What the rig file says of it, if it is a station.
    pub(super) station: Option<Station>,
    pub(super) stations: BTreeMap<NestId, u16>,
    pub(super) grip_height: Option<Length>,
    pub(super) grip_heights: BTreeMap<NestId, Length>,
    meeting: Meeting,
}

impl ProfileDriver {
    /// The driver of an instrument with this profile. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig has no such instrument or profile.
    pub fn new(id: &InstrumentId, path: &str, rig: &Rig, line: Line, clock: Clock) -> Result<Self, Failure> {
        let instrument = rig.instruments.get(id);
        let instrument =
            instrument.ok_or_else(|| unsupported(format!("the rig has no instrument \"{id}\"")))?;
        let profile = rig.profiles.get(path).and_then(Profile::modbus);
        let profile = profile.ok_or_else(|| unsupported(format!("the profile \"{path}\" was not read")))?;
        if profile.handshake.is_none() {
            return Err(unsupported(format!("the profile \"{path}\" has no handshake")));
        }
        let client = Client::new(line, &instrument.link, profile.head.timeout).writing(writable(profile));
        let calibration = &rig.calibration;
        let own = |((i, nest), height): (&(InstrumentId, NestId), &Length)| {
            (i == id).then(|| (nest.clone(), *height))
        };
        Ok(Self {
            id: id.clone(),
            registers: Registers {
                client,
                profile: profile.clone(),
                name: id.to_string(),
            },
            clock,
            station: match &instrument.role {
                Role::Station(station) => Some(station.clone()),
                _ => None,
            },
            stations: rig
                .nests
                .iter()
                .filter_map(|(n, nest)| Some((n.clone(), nest.station?)))
                .collect(),
            grip_height: calibration.grip_height.get(id).copied(),
            grip_heights: calibration.grip_heights.iter().filter_map(own).collect(),
            meeting: Meeting::new(id, rig),
        })
    }

    /// The command that an action is; it may take as long as the action itself says, and the profile's time besides.
    pub(super) fn command(&self, action: &Action) -> Result<Command, Failure> {
        let name = match (action, action.area()) {
            (Action::ReadAbsorbance { .. }, Some(_)) => "scan_absorbance",
            (Action::ReadFluorescence { .. }, Some(_)) => "scan_fluorescence",
            _ => action.name(),
        };
        let command = self.registers.profile.commands.get(name).cloned();
        let mut command =
            command.ok_or_else(|| unsupported(format!("\"{}\" has no command {name}", self.id)))?;
        let points = action.area().map_or(1, |area| u64::from(area.count()));
        command.timeout = command.timeout.times(points).plus(own_time(action));
        Ok(command)
    }

    /// Makes sure that the same device is at the other end.
    pub(super) async fn connected(&mut self) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS {
            if !self.meeting.stands(&self.registers) {
                self.introduce().await?;
            }
            // A question that finds out whether the connection still stands.
            match self.registers.progress().await {
                Err(f) if f.kind == FailureKind::NoAnswer && !self.meeting.stands(&self.registers) => {}
                other => return other.map(drop),
            }
        }
        Err(self.meeting.breaks())
    }

    async fn introduce(&mut self) -> Result<Identity, Failure> {
        self.meeting.introduce(&mut self.registers).await
    }

    async fn prepared(&mut self, action: &Action) -> Result<Before, Failure> {
        let command = self.command(action)?;
        // What cannot be asked for (a station out of reach) is refused before the intent is written.
        self.check_arguments(action, &command)?;
        let wells = match action {
            Action::ReadAbsorbance { wells, .. }
            | Action::ReadFluorescence { wells, .. }
            | Action::ReadLuminescence { wells, .. } => Some(wells),
            _ => None,
        };
        if let (Some(wells), Some(reading)) = (wells, &command.reading) {
            let has = self.registers.register(&reading.values)?.count;
            let most = self.registers.register(&reading.values)?.count;
            let needed = wells.saturating_mul(action.area().map_or(1, AreaScan::count));
            if let Some(area) = action.area() {
                if has < needed {
                    return Err(unsupported(format!(
                        "\"{}\" keeps {most} values of an area scan, not the {needed} of {wells} wells with {area}",
                        self.id
                    )));
                }
            } else if has != *wells {
                return Err(unsupported(format!(
                    "\"{}\" reads {has} wells, not {wells}",
                    self.id
                )));
            }
        }
        self.station_ready(action).await?;
        self.connected().await?;
        let progress = self.settled_progress(&command).await?;
        let mut before = Before::default()
            .with("accepted", progress)
            .with("sequence", next_sequence(progress));
        if let Some(state) = self.state().await? {
            before = before.with("state", state);
            let word = self.word_of(state)?;
            if word.as_deref() == Some("not_homed") && !matches!(action, Action::Home) {
                return Err(not_homed(format!("\"{}\" is not homed; home it first", self.id)));
            }
            if word.as_deref() == Some("not_initialised") && !matches!(action, Action::Initialise) {
                return Err(not_homed(format!(
                    "\"{}\" was switched off and is not initialised; initialise it first",
                    self.id
                )));
            }
        }
        if let Action::SetDown { .. } = action
            && self.registers.sensor("holds_plate").await? == Some(0)
        {
            return Err(refused(format!("the gripper of \"{}\" holds nothing", self.id)));
        }
        // Homing swings what is in the gripper through wherever the arm goes.
        let plate_moves = matches!(
            action,
            Action::MovePlate { .. } | Action::RemoveLid { .. } | Action::ReplaceLid { .. } | Action::Home
        );
        if plate_moves && self.registers.sensor("holds_plate").await? == Some(1) {
            let message = format!(
                "the gripper of \"{}\" holds something already; take it out by hand",
                self.id
            );
            return Err(Failure::new(FailureKind::Interlock, Moved::No, message));
        }
        Ok(before)
    }

    /// The accepted sequence once no command runs any more (one of a host that was restarted may).
    async fn settled_progress(&mut self, command: &Command) -> Result<i64, Failure> {
        let deadline = self.clock.now().plus(command.timeout.max(Duration::s(10)));
        loop {
            let progress = self.registers.progress().await?;
            if progress.accepted == progress.completed {
                return Ok(progress.accepted);
            }
            if self.clock.now() >= deadline {
                return Err(refused(format!(
                    "\"{}\" is still busy with another command",
                    self.id
                )));
            }
            self.clock.sleep(self.registers.profile.head.poll).await;
        }
    }

    /// The device's state register, by the name that every profile gives it, if it has one.
    pub(super) async fn state(&mut self) -> Result<Option<i64>, Failure> {
        if !self.registers.profile.registers.contains_key("state") {
            return Ok(None);
        }
        Ok(self.registers.integers(&["state"]).await?.get("state").copied())
    }

    /// The profile's word for a value of the state register.
    fn word_of(&self, state: i64) -> Result<Option<String>, Failure> {
        Ok(self
            .registers
            .register("state")?
            .name_of(state)
            .map(str::to_owned))
    }

    /// Whether the device says that it has lost its positions.
    async fn is_not_homed(&mut self) -> Result<bool, Failure> {
        match self.state().await? {
            Some(state) => Ok(self.word_of(state)?.as_deref() == Some("not_homed")),
            None => Ok(false),
        }
    }

    async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        let action = &intent.action;
        let command = self.command(action)?;
        let Some(sequence) = intent.before.get("sequence") else {
            return Err(unsupported(format!(
                "{} was not prepared by this driver",
                action.name()
            )));
        };
        self.write_arguments(action, &command).await?;
        self.registers.start(&command, sequence, self.clock).await?;
        let result = self.registers.finish(&command, sequence, self.clock).await?;
        self.registers.judge(action.name(), result).await?;
        self.brought(action, &command, sequence)
            .await
            .map_err(|f| match f.kind {
                FailureKind::Mismatch => f,
                _ => moved(f, Moved::Unknown),
            })
    }

    /// What a command that has ended well brought: its reading or barcode, if it is one that measures or scans.
    pub(super) async fn brought(
        &mut self,
        action: &Action,
        command: &Command,
        sequence: i64,
    ) -> Result<Done, Failure> {
        if let Some(stored) = &command.barcode {
            return self.scanned(action, stored, sequence).await;
        }
        let Some(reading) = &command.reading else {
            return Ok(Done::Plain);
        };
        for _ in 0..ATTEMPTS {
            let read = self
                .registers
                .integers(&[&reading.sequence, &reading.age])
                .await?;
            let now = self.clock.now();
            let get = |name: &str| read.get(name).copied().unwrap_or(-1);
            let age = u64::try_from(get(&reading.age)).unwrap_or(0);
            let values = match wanted(action) {
                Some(count) => self.registers.beginning(&reading.values, count).await?,
                None => self.registers.array(&reading.values).await?,
            };
            let after = self.registers.integers(&[&reading.sequence]).await?;
            // The same before and after, so the values are all of this reading.
            let same = get(&reading.sequence) == sequence && after.get(&reading.sequence) == Some(&sequence);
            if same {
                return Ok(Done::Reading {
                    at: now.minus(Duration::ms(age)),
                    values: values.into_iter().map(|v| v.map(Absorbance)).collect(),
                });
            }
        }
        let message = format!(
            "\"{}\" no longer holds the reading of command {sequence}",
            self.id
        );
        Err(Failure::new(FailureKind::Fault, Moved::Yes, message))
    }
}

/// How many values of its block an area scan fills.
const fn wanted(action: &Action) -> Option<u16> {
    match action {
        Action::ReadAbsorbance {
            wells,
            area: Some(area),
            ..
        }
        | Action::ReadFluorescence {
            wells,
            area: Some(area),
            ..
        } => Some(wells.saturating_mul(area.count())),
        _ => None,
    }
}

impl Instrument for ProfileDriver {
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
            self.connected().await?;
            match self.registers.sensor("at_rest").await? {
                // It stopped with its arm somewhere and will not come back by itself.
                Some(0) if self.is_not_homed().await? => Err(not_homed(format!(
                    "\"{}\" lost its positions with its arm out and must be homed",
                    self.id
                ))),
                Some(at_rest) => Ok(at_rest == 1),
                // Only bodies that can be in a zone are asked; without the sensor nothing proves that this one is not.
                None => Err(unsupported(format!(
                    "the profile of \"{}\" has no `at_rest` sensor, so it cannot be proven outside zone {zone}",
                    self.id
                ))),
            }
        })
    }

    fn names(&self) -> Vec<String> {
        let single = |(_, register): &(&String, &Register)| register.count == 1;
        let registers = &self.registers.profile.registers;
        registers
            .iter()
            .filter(single)
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn ask<'a>(&'a mut self, name: &'a str) -> Fut<'a, Result<String, Failure>> {
        Box::pin(self.registers.told(name))
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move {
            if let Some(stop) = self.registers.profile.stop.clone() {
                return self
                    .registers
                    .stopped(&stop, self.meeting.generation, self.clock)
                    .await;
            }
            let Some(command) = self.registers.profile.commands.get("halt").cloned() else {
                return Err(unsupported(format!(
                    "the profile of \"{}\" has no stop and no halt command; use its own switch",
                    self.id
                )));
            };
            // Not the next number: that may be the one of an action that was intended and never sent, and would then
            // pass for done.
            let accepted = self.registers.progress().await?.accepted;
            let sequence = next_sequence(next_sequence(accepted));
            self.registers.start(&command, sequence, self.clock).await
        })
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
