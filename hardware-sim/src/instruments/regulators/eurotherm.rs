//! The Eurotherm 3216. Written from dossier 10 E.
//!
//! Where the dossier is silent: what is written beyond the range is clipped to it without a word. The remote set-point and the
//! choice of it are in RAM alone. A broken sensor shows the top of the range, with bit 5 of the status word.

use super::{
    map::{Kind, Map, Regulator},
    plant::{self, Mode, Oven},
};
use crate::{
    instruments::{Ctx, modbus::Exception},
    text::Table,
};

const LOW: f64 = 0.0;
const HIGH: f64 = 500.0;
const SENSOR_BREAK: f64 = 32.0;
/// Bits of the alarms.
const ALARM_1: f64 = 1.0;
const FIRMWARE: f64 = 0x0210 as f64;

/// The controller.
#[derive(Debug)]
pub(super) struct Eurotherm {
    oven: Oven,
    /// SP1 and SP2, and which is chosen.
    points: [f64; 2],
    chosen: usize,
    remote: f64,
    follows_remote: bool,
    trim: f64,
    manual: f64,
    alarms: [f64; 2],
    /// 0 normal, 1 standby, 2 configuration.
    mode: f64,
    unit: u8,
}

impl Eurotherm {
    /// Just switched on, holding the room's temperature.
    pub(super) fn new(room: f64, unit: u8) -> Self {
        Self {
            oven: Oven::new(room, room, Mode::Auto),
            points: [room, room],
            chosen: 0,
            remote: 0.0,
            follows_remote: false,
            trim: 0.0,
            manual: 0.0,
            alarms: [HIGH, HIGH],
            mode: 0.0,
            unit,
        }
    }

    /// Its registers.
    pub(super) fn map() -> Map {
        let mut map = Map::new(false)
            .holding(Kind::I16, true, &[2, 3, 13, 14, 15, 24, 25, 26, 27, 199, 276])
            .holding(
                Kind::I16,
                false,
                &[1, 4, 5, 6, 7, 8, 9, 11, 12, 23, 39, 75, 107, 131, 203],
            );
        map.one_table = true;
        map
    }

    fn working(&self) -> f64 {
        let point = self.points.get(self.chosen).copied().unwrap_or(LOW);
        let set = if self.follows_remote { self.remote } else { point };
        (set + self.trim).clamp(LOW, HIGH)
    }

    fn follow(&mut self, now: u64) {
        let mode = if self.mode == 0.0 { Mode::Auto } else { Mode::Off };
        self.oven.change(now, self.working(), mode);
    }
}

impl Regulator for Eurotherm {
    fn show(&self, ctx: &Ctx<'_>, map: &mut Map) {
        let broken = plant::broken(ctx);
        let seen = if broken { HIGH } else { self.oven.at(ctx.now) };
        let point = self.points.get(self.chosen).copied().unwrap_or(LOW);
        for (at, tenths) in [
            (1, seen),
            (2, point),
            (3, self.manual),
            (4, self.oven.power(ctx.now)),
            (5, self.working()),
            (11, LOW),
            (12, HIGH),
            (13, self.alarms[0]),
            (14, self.alarms[1]),
            (24, self.points[0]),
            (25, self.points[1]),
            (26, self.remote),
            (27, self.trim),
            (203, seen),
        ] {
            map.show(at, tenths * 10.0);
        }
        let alarm = if seen > self.alarms[0] { ALARM_1 } else { 0.0 };
        let broke = if broken { SENSOR_BREAK } else { 0.0 };
        for (at, number) in [
            (6, 200.0),
            (8, 360.0),
            (9, 60.0),
            (15, crate::num::count(self.chosen)),
            (75, alarm + broke),
            (107, FIRMWARE),
            (131, f64::from(self.unit)),
            (199, self.mode),
            (276, f64::from(u8::from(self.follows_remote))),
        ] {
            map.show(at, number);
        }
    }

    fn set(&mut self, ctx: &mut Ctx<'_>, (_, at): (Table, u16), number: f64) -> Result<(), Exception> {
        let value = (number / 10.0).clamp(LOW, HIGH);
        let switch = |most: f64| (0.0..=most).contains(&number).then_some(number);
        match at {
            2 => {
                if let Some(point) = self.points.get_mut(self.chosen) {
                    *point = value;
                }
            }
            3 => self.manual = value.min(100.0),
            13 => self.alarms[0] = value,
            14 => self.alarms[1] = value,
            15 => self.chosen = usize::from(switch(1.0).ok_or(Exception::IllegalValue)? != 0.0),
            24 => self.points[0] = value,
            25 => self.points[1] = value,
            26 => self.remote = value,
            27 => self.trim = (number / 10.0).clamp(-50.0, 50.0),
            199 => self.mode = switch(2.0).ok_or(Exception::IllegalValue)?,
            276 => self.follows_remote = switch(1.0).ok_or(Exception::IllegalValue)? != 0.0,
            _ => return Err(Exception::IllegalAddress),
        }
        self.follow(ctx.now);
        if self.oven.set == self.working() {
            plant::took(ctx, "temperature", self.working());
        }
        Ok(())
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.remote = 0.0;
        self.follows_remote = false;
        self.trim = 0.0;
        self.follow(ctx.now);
    }
}
