//! An instrument behind Modbus that is made from its profile: its values stand in registers of their names, bits of a register
//! under `register.bit`. Commands come by the profile's handshake, where it has one.

use super::{
    device::{Device, Reply},
    values::Values,
};
use crate::{
    fault::Trouble,
    instruments::{
        Ctx,
        modbus::{Bank, Exception, Instrument},
    },
    ledger::Event,
    text::{Profile, Table},
};
use std::{collections::BTreeMap, sync::Arc};

/// Firmware of all that is made from a profile.
const FIRMWARE: u16 = 103;

/// What a call was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// A register was written.
    Write,
    /// A command with its sequence was given.
    Command(u16),
}

/// The twin behind its registers.
#[derive(Debug)]
pub(super) struct Behind {
    device: Device<Call>,
    bank: Bank,
    serial: u32,
    running: Option<u16>,
    accepted: u16,
    completed: u16,
    result: String,
    stopped: bool,
}

/// How a write is refused, by the word of the profile.
fn exception(word: &str) -> Exception {
    match word {
        "illegal_address" => Exception::IllegalAddress,
        "illegal_value" => Exception::IllegalValue,
        "busy" => Exception::Busy,
        _ => Exception::Failure,
    }
}

/// Words of registers, and of their bits, as values know them.
pub(super) fn words(profile: &Profile) -> BTreeMap<String, BTreeMap<String, f64>> {
    let named = profile.registers.iter().map(|(name, register)| {
        let scale = register.scale.unwrap_or(1.0);
        let values = register.values.iter();
        let words = values.map(|(word, raw)| (word.clone(), f64::from(*raw) * scale));
        (name.clone(), words.collect())
    });
    named.collect()
}

impl Behind {
    /// Just switched on.
    pub(super) fn new(device: Device<Call>, profile: Arc<Profile>, serial: u32) -> Self {
        Self {
            device,
            bank: Bank::new(profile),
            serial,
            running: None,
            accepted: 0,
            completed: 0,
            result: "ok".to_owned(),
            stopped: false,
        }
    }

    /// The values of all registers that are one number, as they stand.
    fn show(&mut self, ctx: &Ctx<'_>) {
        let mut bits: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
        for name in self.device.values.names() {
            let Some(value) = self.device.values.told(&name, ctx.now) else {
                continue;
            };
            match name.split_once('.') {
                Some((register, bit)) => {
                    let on = Values::bit(value.number());
                    let all = bits.entry(register.to_owned()).or_default();
                    all.push((bit.to_owned(), on));
                }
                None => match value {
                    super::values::Value::Text(text) => self.bank.set_text(&name, &text),
                    super::values::Value::Number(number) => self.bank.set(&name, number),
                },
            }
        }
        for (register, all) in bits {
            for (bit, on) in all {
                self.bank.set_bit(&register, &bit, on);
            }
        }
    }

    /// Works off what the device says of commands; what a write was refused with comes back.
    fn settle(&mut self) -> Option<String> {
        let mut refused = None;
        for (call, reply) in self.device.said() {
            match (call, reply) {
                (Some(Call::Write), Reply::Refused(why)) => refused = Some(why),
                (Some(Call::Command(sequence)), Reply::Refused(why)) => self.ends(sequence, &why),
                (Some(Call::Command(sequence)), Reply::Ended) => self.ends(sequence, "ok"),
                _ => {}
            }
        }
        refused
    }

    fn ends(&mut self, sequence: u16, result: &str) {
        if self.running == Some(sequence) {
            self.running = None;
            self.completed = sequence;
            result.clone_into(&mut self.result);
        }
    }

    fn written(&self, name: &str, (table, address): (Table, u16), values: &[u16]) -> Option<u16> {
        let (of, at) = self.bank.address(name)?;
        let offset = (of == table).then(|| at.checked_sub(address)).flatten()?;
        values.get(usize::from(offset)).copied()
    }

    /// The command that a write of code and sequence asks for.
    fn asked(&self, place: (Table, u16), values: &[u16]) -> Option<(String, u16)> {
        let profile = self.bank.profile();
        let code = self.written(&profile.handshake.code, place, values)?;
        let sequence = self.written(&profile.handshake.sequence, place, values)?;
        let name = profile.commands.iter().find(|(_, command)| command.code == code);
        Some((name.map(|(name, _)| name.clone()).unwrap_or_default(), sequence))
    }

    /// Motion stops, whatever runs.
    fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.stopped = true;
        self.device.cut_short(ctx);
        self.device.said();
        if let Some(sequence) = self.running {
            self.ends(sequence, "stopped");
        }
        self.device.command(ctx, Call::Write, "stop");
        self.device.said();
        let (instrument, text) = (ctx.name.to_owned(), "stopped".to_owned());
        ctx.world.record(ctx.now, Event::Alarm { instrument, text });
    }

    /// Names of the values in registers that a write touches; an error is one that may not be written.
    fn touched(&self, (table, address): (Table, u16), count: usize) -> Result<Vec<String>, Exception> {
        let profile = self.bank.profile();
        let from = u32::from(address);
        let to = from.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        let touched = profile.registers.iter().filter(|(_, register)| {
            let begins = u32::from(register.address);
            let ends = begins + u32::from(register.kind.words()) * u32::from(register.count);
            register.table == table && begins < to && ends > from
        });
        let names: Vec<String> = touched.map(|(name, _)| name.clone()).collect();
        let follows = |name: &String| self.device.values.follows(name);
        if names.iter().any(follows) {
            return Err(Exception::IllegalAddress);
        }
        Ok(names)
    }

    /// What was written becomes the values' own; false where it is beyond their bounds.
    fn take(&mut self, ctx: &mut Ctx<'_>, name: &str) -> bool {
        let profile = self.bank.shared_profile();
        let Some(register) = profile.registers.get(name).filter(|register| register.count == 1) else {
            return true;
        };
        let number = self.bank.number(name);
        if register.min.is_some_and(|min| number < min) || register.max.is_some_and(|max| number > max) {
            return false;
        }
        self.device.set(ctx, name, super::values::Value::Number(number));
        let word = self.bank.word(name);
        for (bit, at) in &register.bits {
            let on = word.checked_shr(*at).unwrap_or(0) & 1;
            let bit = format!("{name}.{bit}");
            self.device
                .set(ctx, &bit, super::values::Value::Number(f64::from(on)));
        }
        true
    }
}

impl Instrument for Behind {
    fn refresh(&mut self, ctx: &mut Ctx<'_>) {
        self.device.look(ctx);
        self.settle();
        self.show(ctx);
        let profile = self.bank.shared_profile();
        let strange = |trouble| f64::from(u8::from(ctx.world.troubles.lasts(ctx.name, trouble)));
        let identity = &profile.identity;
        if let Some(model) = &identity.model {
            let number = f64::from(model.equals) + strange(Trouble::OtherModel);
            self.bank.set(&model.register, number);
        }
        let serial = f64::from(self.serial) + 7_000.0 * strange(Trouble::OtherSerial);
        self.bank.set(&identity.serial, serial);
        let firmware = f64::from(FIRMWARE) + strange(Trouble::OtherFirmware);
        self.bank.set(&identity.firmware, firmware);
        let handshake = &profile.handshake;
        self.bank.set(&handshake.accepted, f64::from(self.accepted));
        self.bank.set(&handshake.completed, f64::from(self.completed));
        self.bank.set_value(&handshake.result, &self.result);
        if self.running.is_some() {
            self.bank.set_value("state", "busy");
        }
        if let Some(stop) = &profile.stop {
            let other = u16::from(stop.equals == 0);
            let says = if self.stopped { stop.equals } else { other };
            self.bank.set(&stop.acknowledged, f64::from(says));
        }
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
        if self.device.boots(ctx.now) {
            return Err(Exception::Busy);
        }
        let place = (table, address);
        let stop = self.bank.profile().stop.as_ref();
        if stop.is_some_and(|stop| self.written(&stop.register, place, values) == Some(stop.value)) {
            self.stop(ctx);
            return Ok(());
        }
        let asked = self.asked(place, values).filter(|_| several);
        if let Some((_, sequence)) = &asked
            && *sequence == self.accepted
            && *sequence != 0
        {
            return Ok(());
        }
        self.device.look(ctx);
        self.settle();
        if self.running.is_some() {
            return Err(Exception::Busy);
        }
        if asked
            .as_ref()
            .is_some_and(|(name, sequence)| name.is_empty() || *sequence == 0)
        {
            return Err(Exception::IllegalValue);
        }
        let names = self.touched(place, values.len())?;
        let before = (self.bank.clone(), self.device.values.clone());
        self.show(ctx);
        self.bank.write(table, address, values);
        let mut refused = None;
        for name in &names {
            if !self.take(ctx, name) {
                refused = Some("illegal_value".to_owned());
                break;
            }
            self.device.written(ctx, Call::Write, name);
            refused = self.settle();
            if refused.is_some() {
                break;
            }
        }
        if let Some(why) = refused {
            (self.bank, self.device.values) = before;
            return Err(exception(&why));
        }
        if let Some((name, sequence)) = asked {
            (self.accepted, self.stopped, self.running) = (sequence, false, Some(sequence));
            if !self.device.command(ctx, Call::Command(sequence), &name) {
                self.ends(sequence, "not_fitted");
            }
            self.settle();
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
        self.device.advance(ctx);
        self.settle();
    }

    fn next_due(&self) -> Option<u64> {
        self.device.next_due()
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.device.mended(ctx.now);
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.running = None;
        (self.accepted, self.completed) = (0, 0);
        "ok".clone_into(&mut self.result);
        self.stopped = false;
        self.bank = Bank::new(self.bank.shared_profile());
        self.device.power_cycle(ctx);
        self.device.said();
    }
}
