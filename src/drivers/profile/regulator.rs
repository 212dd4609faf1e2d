//! The driver of a regulator behind Modbus: quantities that are measured, and set-points that are written within the rig
//! file's bounds and rates. It has no handshake; the device's own interlocks decide.
//!
//! Losing the daemon changes nothing in the device: nothing is refreshed, and a halt writes nothing but the profile's own
//! `[stop]`, where it has one.

use super::meet::{Meeting, writable};
use super::registers::Registers;
use crate::clock::Clock;
use crate::devices::{Before, Done, Failure, FailureKind, Fut, Identity, Instrument, Intent, Settled};
use crate::drivers::failure::{not_homed, refused, unsupported};
use crate::drivers::regulator::{Regulated, Regulating};
use crate::link::Line;
use crate::link::modbus::Client;
use crate::plan::Action;
use crate::rig::profile::modbus::{Measured, RegisterType};
use crate::rig::profile::{Profile, Quantity};
use crate::rig::{InstrumentId, QuantityId, Rig, Role, ZoneId};
use crate::units::Amount;

/// How often a connection that breaks is made anew within one call.
const ATTEMPTS: u32 = 3;

/// A regulator described by a Modbus profile.
pub struct RegulatorDriver {
    id: InstrumentId,
    regulated: Regulated,
    device: Device,
    meeting: Meeting,
    clock: Clock,
}

struct Device {
    registers: Registers,
    clock: Clock,
}

impl RegulatorDriver {
    /// The driver of a regulator with this profile. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig has no such instrument or profile.
    pub fn new(id: &InstrumentId, path: &str, rig: &Rig, line: Line, clock: Clock) -> Result<Self, Failure> {
        let instrument = rig.instruments.get(id);
        let instrument =
            instrument.ok_or_else(|| unsupported(format!("the rig has no instrument \"{id}\"")))?;
        let Role::Regulator(regulator) = &instrument.role else {
            return Err(unsupported(format!("\"{id}\" is no regulator")));
        };
        let read = rig.profiles.get(path).map(|profile| regulator.scaled(profile));
        let profile = read.as_ref().and_then(Profile::modbus);
        let profile = profile.ok_or_else(|| unsupported(format!("the profile \"{path}\" was not read")))?;
        let client = Client::new(line, &instrument.link, profile.head.timeout).writing(writable(profile));
        Ok(Self {
            id: id.clone(),
            regulated: Regulated {
                id: id.clone(),
                regulator: regulator.clone(),
                clock,
                poll: profile.head.poll,
            },
            device: Device {
                registers: Registers {
                    client,
                    profile: profile.clone(),
                    name: id.to_string(),
                },
                clock,
            },
            meeting: Meeting::new(id, rig),
            clock,
        })
    }

    /// What the profile tells of the quantity that an action is about.
    fn told(&self, action: &Action) -> Result<Quantity, Failure> {
        let id = action
            .quantity()
            .ok_or_else(|| unsupported(format!("\"{}\" cannot {}", self.id, action.name())))?;
        Ok(self.device.quantity(id)?.told)
    }

    async fn connected(&mut self) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS {
            if !self.meeting.stands(&self.device.registers) {
                self.meeting.introduce(&mut self.device.registers).await?;
            }
            // A question that finds out whether the connection still stands.
            let met = self.device.registers.profile.identity.met.clone();
            match self.device.registers.array(&met).await {
                Err(f) if f.kind == FailureKind::NoAnswer && !self.meeting.stands(&self.device.registers) => {
                }
                other => return other.map(drop),
            }
        }
        Err(self.meeting.breaks())
    }

    async fn prepared(&mut self, action: &Action) -> Result<Before, Failure> {
        self.regulated.able(action)?;
        self.connected().await?;
        match action {
            Action::Initialise | Action::Measure { .. } => {}
            Action::SetPoint { quantity, .. } => {
                self.device.quantity(quantity)?;
                if let Some(initialised) = self.device.registers.profile.initialised.clone()
                    && !self.device.registers.holds(&initialised).await?
                {
                    return Err(not_homed(format!(
                        "\"{}\" was switched off and is not initialised; initialise it first",
                        self.id
                    )));
                }
            }
            _ => {
                return Err(unsupported(format!(
                    "\"{}\" measures and holds set-points; it cannot {}",
                    self.id,
                    action.name()
                )));
            }
        }
        Ok(Before::default())
    }

    async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        self.connected().await?;
        if !matches!(intent.action, Action::Initialise) {
            let once = self.told(&intent.action)?.once;
            return self
                .regulated
                .perform(&mut self.device, &intent.action, once)
                .await;
        }
        let course = self.device.registers.profile.courses.get("initialise").cloned();
        let course =
            course.ok_or_else(|| unsupported(format!("\"{}\" has no command initialise", self.id)))?;
        self.device
            .registers
            .carry_out(&course, None, ("initialise", self.clock))
            .await?;
        Ok(Done::Plain)
    }

    async fn halted(&mut self) -> Result<(), Failure> {
        if let Some(stop) = self.device.registers.profile.stop.clone() {
            let generation = self.meeting.generation;
            return self.device.registers.stopped(&stop, generation, self.clock).await;
        }
        let course = self.device.registers.profile.courses.get("halt").cloned();
        match course {
            Some(course) => {
                self.device
                    .registers
                    .carry_out(&course, None, ("halt", self.clock))
                    .await
            }
            // Nothing of it moves at the daemon's word: its own control goes on.
            None => Ok(()),
        }
    }
}

impl Device {
    fn quantity(&self, id: &QuantityId) -> Result<Measured, Failure> {
        let found = self.registers.profile.quantities.get(id).cloned();
        found.ok_or_else(|| {
            unsupported(format!(
                "the profile of \"{}\" has no quantity `{id}`",
                self.registers.name
            ))
        })
    }

    async fn number(&mut self, id: &QuantityId, register: Option<String>) -> Result<Amount, Failure> {
        let unit = self.quantity(id)?.told.unit;
        let register = register.ok_or_else(|| {
            unsupported(format!(
                "the profile of \"{}\" tells no such number of `{id}`",
                self.registers.name
            ))
        })?;
        let number = self.registers.array(&register).await?.first().copied().flatten();
        number.and_then(|n| Amount::of(n, unit)).ok_or_else(|| {
            refused(format!(
                "\"{}\" has no number for `{id}`: is its sensor connected?",
                self.registers.name
            ))
        })
    }
}

impl Regulating for Device {
    fn grain(&self, quantity: &QuantityId) -> f64 {
        let map = self.registers.profile.quantities.get(quantity);
        let name = map.and_then(|m| m.set_point.as_ref());
        let register = name.and_then(|name| self.registers.profile.registers.get(name));
        register
            .filter(|r| r.kind != RegisterType::F32)
            .map_or(0.0, |r| r.scale.0)
    }

    fn measured<'a>(&'a mut self, quantity: &'a QuantityId) -> Fut<'a, Result<Amount, Failure>> {
        Box::pin(async move {
            let map = self.quantity(quantity)?;
            let register = map.measured.or(map.set_point);
            self.number(quantity, register).await
        })
    }

    fn set_point<'a>(&'a mut self, quantity: &'a QuantityId) -> Fut<'a, Result<Option<Amount>, Failure>> {
        Box::pin(async move {
            match self.quantity(quantity)?.set_point {
                Some(register) => self.number(quantity, Some(register)).await.map(Some),
                None => Ok(None),
            }
        })
    }

    fn write<'a>(&'a mut self, quantity: &'a QuantityId, to: Amount) -> Fut<'a, Result<(), Failure>> {
        Box::pin(async move {
            let course = self.quantity(quantity)?.set;
            let course = course.ok_or_else(|| {
                unsupported(format!(
                    "the profile of \"{}\" cannot set `{quantity}`",
                    self.registers.name
                ))
            })?;
            let what = format!("setting `{quantity}` to {to}");
            self.registers
                .carry_out(&course, Some(to.value()), (&what, self.clock))
                .await
        })
    }
}

impl Instrument for RegulatorDriver {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(async move { self.meeting.introduce(&mut self.device.registers).await })
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
        Box::pin(async move {
            self.connected().await?;
            if matches!(intent.action, Action::Initialise) {
                return Ok(crate::drivers::regulator::NOT_DONE);
            }
            let told = self.told(&intent.action)?;
            self.regulated.settle(&mut self.device, intent, told).await
        })
    }

    fn clear_of<'a>(&'a mut self, zone: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        Box::pin(async move {
            let message = format!("\"{}\" cannot be proven outside zone {zone}", self.id);
            Err(refused(message))
        })
    }

    fn names(&self) -> Vec<String> {
        self.device.registers.profile.registers.keys().cloned().collect()
    }

    fn ask<'a>(&'a mut self, name: &'a str) -> Fut<'a, Result<String, Failure>> {
        Box::pin(async move {
            self.connected().await?;
            self.device.registers.told(name).await
        })
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(self.halted())
    }
}

#[cfg(test)]
#[path = "regulator_tests.rs"]
mod tests;
