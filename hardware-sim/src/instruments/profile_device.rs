//! A device behind a register map with the command handshake of the profiles: code and sequence written
//! together start a command once; accepted, completed and result tell how it went.

use super::{
    Ctx,
    modbus::{Bank, Exception, Instrument},
};
use crate::fault::Trouble;
use crate::ledger::Event;
use crate::text::{Profile, Table};
use std::{collections::VecDeque, sync::Arc};

/// What a kind of device does behind its registers. Implemented by plate reader and plate mover.
pub(crate) trait Machine {
    /// A command starts: moments, in microseconds from now and rising, at which its stages are due.
    fn start(&mut self, ctx: &mut Ctx<'_>, bank: &mut Bank, command: &str, sequence: u16) -> Vec<u64>;
    /// A stage is due; `Some(result)` ends the command with that result.
    fn stage(&mut self, ctx: &mut Ctx<'_>, bank: &mut Bank, index: usize) -> Option<&'static str>;
    /// Brings the device's own registers up to now.
    fn refresh(&self, ctx: &Ctx<'_>, bank: &mut Bank);
    /// The state while no command runs, by the profile's name.
    fn rest_state(&self) -> &'static str;
    /// Something is in the way: how a command that was about to end ends instead.
    fn jams(&mut self, ctx: &mut Ctx<'_>) -> &'static str;
    /// All motion stops at once; what was under way stays as far as it got.
    fn stop(&mut self, ctx: &mut Ctx<'_>);
    /// Power was lost and came back.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>, bank: &mut Bank);
}

#[derive(Debug)]
struct Running {
    stages: VecDeque<u64>,
    index: usize,
    sequence: u16,
}

/// The device.
#[derive(Debug)]
pub(crate) struct ProfileDevice<M> {
    bank: Bank,
    machine: M,
    running: Option<Running>,
    accepted: u16,
    completed: u16,
    result: &'static str,
    /// Motion was stopped, and no command has begun since.
    stopped: bool,
    serial: u32,
}

/// Firmware of all our devices.
const FIRMWARE: u16 = 103;

impl<M: Machine> ProfileDevice<M> {
    /// A device that was just switched on.
    pub(crate) fn new(profile: Arc<Profile>, machine: M, serial: u32) -> Self {
        Self {
            bank: Bank::new(profile),
            machine,
            running: None,
            accepted: 0,
            completed: 0,
            result: "ok",
            stopped: false,
            serial,
        }
    }

    /// What a write puts into a named register, if that is among what it writes.
    fn written(&self, name: &str, (table, address): (Table, u16), values: &[u16]) -> Option<u16> {
        let (of, at) = self.bank.address(name)?;
        let offset = (of == table).then(|| at.checked_sub(address)).flatten()?;
        values.get(usize::from(offset)).copied()
    }

    /// Whether a write is the profile's stop.
    fn stops(&self, place: (Table, u16), values: &[u16]) -> bool {
        let stop = self.bank.profile().stop.as_ref();
        stop.is_some_and(|stop| self.written(&stop.register, place, values) == Some(stop.value))
    }

    /// Motion stops, whatever runs; a running command ends as stopped.
    fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.stopped = true;
        if let Some(running) = self.running.take() {
            self.completed = running.sequence;
            self.result = "stopped";
        }
        self.machine.stop(ctx);
        let (instrument, text) = (ctx.name.to_owned(), "stopped".to_owned());
        ctx.world.record(ctx.now, Event::Alarm { instrument, text });
    }

    /// The command that a write of code and sequence asks for.
    fn asked(&self, place: (Table, u16), values: &[u16]) -> Option<(String, u16)> {
        let handshake = &self.bank.profile().handshake;
        let code = self.written(&handshake.code, place, values)?;
        let sequence = self.written(&handshake.sequence, place, values)?;
        let name = self
            .bank
            .profile()
            .commands
            .iter()
            .find(|(_, command)| command.code == code)
            .map(|(name, _)| name.clone());
        Some((name.unwrap_or_default(), sequence))
    }
}

impl<M: Machine> Instrument for ProfileDevice<M> {
    fn refresh(&mut self, ctx: &mut Ctx<'_>) {
        let profile = self.bank.shared_profile();
        let (identity, handshake) = (&profile.identity, &profile.handshake);
        let strange = |trouble| f64::from(u8::from(ctx.world.troubles.lasts(ctx.name, trouble)));
        if let Some(model) = &identity.model {
            let number = f64::from(model.equals) + strange(Trouble::OtherModel);
            self.bank.set(&model.register, number);
        }
        let serial = f64::from(self.serial) + 7_000.0 * strange(Trouble::OtherSerial);
        self.bank.set(&identity.serial, serial);
        let firmware = f64::from(FIRMWARE) + strange(Trouble::OtherFirmware);
        self.bank.set(&identity.firmware, firmware);
        self.bank.set(&handshake.accepted, f64::from(self.accepted));
        self.bank.set(&handshake.completed, f64::from(self.completed));
        self.bank.set_value(&handshake.result, self.result);
        let state = if self.running.is_some() {
            "busy"
        } else {
            self.machine.rest_state()
        };
        self.bank.set_value("state", state);
        if let Some(stop) = &profile.stop {
            let says = if self.stopped {
                stop.equals
            } else {
                u16::from(stop.equals == 0)
            };
            self.bank.set(&stop.acknowledged, f64::from(says));
        }
        self.machine.refresh(ctx, &mut self.bank);
    }

    fn read(&self, table: Table, address: u16, count: u16) -> Option<Vec<u16>> {
        self.bank.read(table, address, count)
    }

    fn exists(&self, table: Table, address: u16, count: usize) -> bool {
        self.bank.exists(table, address, count)
    }

    fn write(
        &mut self,
        ctx: &mut Ctx<'_>,
        table: Table,
        address: u16,
        values: &[u16],
        several: bool,
    ) -> Result<(), Exception> {
        let place = (table, address);
        if self.stops(place, values) {
            self.stop(ctx);
            return Ok(());
        }
        let asked = self.asked(place, values).filter(|_| several);
        // The same command again starts nothing, whatever the device does meanwhile.
        let again = asked
            .as_ref()
            .is_some_and(|(_, sequence)| *sequence == self.accepted && *sequence != 0);
        if again {
            return Ok(());
        }
        if self.running.is_some() {
            return Err(Exception::Busy);
        }
        if asked
            .as_ref()
            .is_some_and(|(name, sequence)| name.is_empty() || *sequence == 0)
        {
            return Err(Exception::IllegalValue);
        }
        self.bank.write(table, address, values);
        if let Some((name, sequence)) = asked {
            self.accepted = sequence;
            self.stopped = false;
            let now = ctx.now;
            let stages = self.machine.start(ctx, &mut self.bank, &name, sequence);
            let stuck = ctx.world.troubles.strikes(ctx.name, Trouble::Stuck);
            let at = |us: u64| if stuck { u64::MAX } else { now.saturating_add(us) };
            let stages = stages.into_iter().map(at).collect();
            self.running = Some(Running {
                stages,
                index: 0,
                sequence,
            });
        }
        Ok(())
    }

    fn identity(&self) -> [String; 3] {
        [
            "plated simulated".into(),
            self.bank.profile().role.clone(),
            format!("{}.{:02}", FIRMWARE / 100, FIRMWARE % 100),
        ]
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        while let Some(due) = running.stages.front().copied() {
            if due > ctx.now {
                self.running = Some(running);
                return;
            }
            running.stages.pop_front();
            // It fails before its last stage: what that would have done has not been done.
            if running.stages.is_empty() && ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
                self.result = self.machine.jams(ctx);
                self.completed = running.sequence;
                return;
            }
            let result = self.machine.stage(ctx, &mut self.bank, running.index);
            running.index += 1;
            let ended = result.or(running.stages.is_empty().then_some("ok"));
            if let Some(result) = ended {
                self.result = result;
                self.completed = running.sequence;
                return;
            }
        }
        self.completed = running.sequence;
    }

    fn next_due(&self) -> Option<u64> {
        self.running
            .as_ref()
            .and_then(|running| running.stages.front().copied())
            .filter(|due| *due < u64::MAX)
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        let second = ctx.now.saturating_add(1_000_000);
        if let Some(running) = &mut self.running {
            for due in &mut running.stages {
                *due = if *due == u64::MAX { second } else { *due };
            }
        }
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.running = None;
        self.accepted = 0;
        self.completed = 0;
        self.result = "ok";
        self.stopped = false;
        let profile = Arc::new(self.bank.profile().clone());
        self.bank = Bank::new(profile);
        self.machine.power_cycle(ctx, &mut self.bank);
    }
}
