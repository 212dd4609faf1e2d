//! The Omron E5CC. Written from dossier 10 D.
//!
//! Where the dossier is silent: but for "writing by communication" and the reset, operation commands need writing by
//! communication as well. It is off after every start. In the four-byte view both address and count are even.

use super::{
    map::{Kind, Map, Regulator},
    plant::{self, Mode, Oven},
};
use crate::{
    instruments::{Ctx, modbus::Exception},
    text::Table,
};

/// Set-points that are taken, and what shows while the sensor is broken, in C.
const LOW: f64 = 0.0;
const HIGH: f64 = 400.0;
const BEYOND: f64 = 420.0;
/// Bits of the status.
const INPUT_ERROR: u32 = 1 << 6;
const ALARM_1: u32 = 1 << 12;
const RAM: u32 = 1 << 20;
const UNSAVED: u32 = 1 << 21;
const STOPPED: u32 = 1 << 24;
const WRITING: u32 = 1 << 25;
const BY_HAND: u32 = 1 << 26;
/// Where operation commands go.
const OPERATION: [u16; 2] = [0x0000, 0xFFFF];

/// What lasts over a reset, once it is saved.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Kept {
    set: f64,
    alarm: f64,
    upper: f64,
    lower: f64,
}

/// The controller.
#[derive(Debug)]
pub(super) struct Omron {
    oven: Oven,
    now: Kept,
    saved: Kept,
    writing: bool,
    stopped: bool,
    by_hand: bool,
    ram: bool,
}

impl Omron {
    /// Just switched on, running.
    pub(super) fn new(room: f64) -> Self {
        let kept = Kept {
            set: room,
            alarm: HIGH,
            upper: HIGH,
            lower: LOW,
        };
        Self {
            oven: Oven::new(room, room, Mode::Auto),
            now: kept,
            saved: kept,
            writing: false,
            stopped: false,
            by_hand: false,
            ram: false,
        }
    }

    /// Its registers, in both views.
    pub(super) fn map() -> Map {
        Map::new(false)
            .holding(
                Kind::I16,
                false,
                &[0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005],
            )
            .holding(Kind::I16, true, &[0x2103, 0x2104, 0x2105, 0x2106])
            .holding(Kind::I32, false, &[0x0000, 0x0004, 0x0006, 0x0008, 0x000A])
            .holding(Kind::U32, false, &[0x0002])
            .holding(Kind::I32, true, &[0x0106, 0x0108, 0x010A, 0x010C])
            .holding(Kind::U16, true, &[0xFFFF])
    }

    fn follow(&mut self, now: u64) {
        let mode = if self.stopped { Mode::Off } else { Mode::Auto };
        self.oven.change(now, self.now.set, mode);
    }

    fn restart(&mut self, now: u64) {
        self.now = self.saved;
        self.writing = false;
        self.by_hand = false;
        self.ram = false;
        self.follow(now);
    }

    fn status(&self, ctx: &Ctx<'_>, seen: f64) -> u32 {
        let bits = [
            (plant::broken(ctx), INPUT_ERROR),
            (seen > self.now.alarm, ALARM_1),
            (self.ram, RAM),
            (self.now != self.saved, UNSAVED),
            (self.stopped, STOPPED),
            (self.writing, WRITING),
            (self.by_hand, BY_HAND),
        ];
        bits.iter()
            .filter(|(on, _)| *on)
            .fold(0, |word, (_, bit)| word | bit)
    }
}

impl Regulator for Omron {
    fn show(&self, ctx: &Ctx<'_>, map: &mut Map) {
        let broken = plant::broken(ctx);
        let seen = if broken { BEYOND } else { self.oven.at(ctx.now) };
        let status = self.status(ctx, seen);
        let power = self.oven.power(ctx.now);
        for (two, four, tenths) in [
            (0x2000, 0x0000, seen),
            (0x2002, 0x0004, self.now.set),
            (0x2003, 0x0006, 0.0),
            (0x2004, 0x0008, power),
            (0x2005, 0x000A, 0.0),
            (0x2103, 0x0106, self.now.set),
            (0x2104, 0x0108, self.now.alarm),
            (0x2105, 0x010A, self.now.upper),
            (0x2106, 0x010C, self.now.lower),
        ] {
            map.show(two, tenths * 10.0);
            map.show(four, tenths * 10.0);
        }
        map.show(0x0002, f64::from(status));
        map.show(0x2001, f64::from(status & 0x7FFF));
    }

    fn command(&mut self, ctx: &mut Ctx<'_>, address: u16, values: &[u16]) -> Option<Result<(), Exception>> {
        if !OPERATION.contains(&address) {
            return None;
        }
        let [value] = values else {
            return Some(Err(Exception::IllegalValue));
        };
        let [code, data] = value.to_be_bytes();
        if !self.writing && !matches!(code, 0x00 | 0x06) {
            return Some(Err(Exception::Failure));
        }
        match (code, data) {
            (0x00, 0 | 1) => self.writing = data == 1,
            (0x01, 0 | 1) => {
                self.stopped = data == 1;
                self.follow(ctx.now);
                plant::took(ctx, "run", f64::from(1 - data));
            }
            (0x03, 0..=2) | (0x0C, 0..=4) => {}
            (0x04, 0 | 1) => {
                self.ram = data == 1;
                if !self.ram {
                    self.saved = self.now;
                }
            }
            (0x05, 0) => self.saved = self.now,
            (0x06, 0) => {
                self.restart(ctx.now);
                return Some(Err(Exception::Silence));
            }
            (0x09, 0 | 1) => self.by_hand = data == 1,
            _ => return Some(Err(Exception::IllegalValue)),
        }
        Some(Ok(()))
    }

    fn set(&mut self, ctx: &mut Ctx<'_>, (_, at): (Table, u16), number: f64) -> Result<(), Exception> {
        if !self.writing {
            return Err(Exception::Failure);
        }
        let value = number / 10.0;
        match at {
            0x2103 | 0x0106 => {
                if !(LOW..=HIGH).contains(&value) {
                    return Err(Exception::IllegalValue);
                }
                self.now.set = value;
                self.follow(ctx.now);
                plant::took(ctx, "temperature", value);
            }
            _ => {
                if !(-199.9..=999.9).contains(&value) {
                    return Err(Exception::IllegalValue);
                }
                match at {
                    0x2104 | 0x0108 => self.now.alarm = value,
                    0x2105 | 0x010A => self.now.upper = value,
                    _ => self.now.lower = value,
                }
            }
        }
        if !self.ram {
            self.saved = self.now;
        }
        Ok(())
    }

    fn aligned(&self, _table: Table, address: u16, count: usize) -> bool {
        let operation = count == 1 && OPERATION.contains(&address);
        address >= 0x2000 || operation || address.is_multiple_of(2) && count.is_multiple_of(2)
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.restart(ctx.now);
    }
}
