//! Watlow EZ-ZONE PM and F4T. Written from dossier 10 B and C.
//!
//! Where the dossier is silent: an EZ-ZONE comes out of its box in degrees Fahrenheit on the wire, as said, unless
//! `[simulation.NAME]` has `units = "C"`. A set-point out of bounds is refused with exception 03. Register 1904 is written
//! by hand only. The program of an F4T goes to 60 C, stays there for ten minutes, and ends; its cascade loops are not fitted.

use super::{
    map::{Kind, Map, Regulator},
    plant::{self, Mode, Oven},
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, modbus::Exception},
    text::Table,
};

const OFF: u16 = 62;
const AUTO: u16 = 10;
const MANUAL: u16 = 54;
const NO_ERROR: f64 = 61.0;
const OPEN: f64 = 65.0;
const CELSIUS: u16 = 15;
const FAHRENHEIT: u16 = 30;
/// Set-points that are taken, in C.
const COLDEST: f64 = 10.0;
const HOTTEST: f64 = 220.0;
/// Pointers, and where what they point to shows.
const POINTERS: u16 = 40;
const POINTED: u16 = 200;
const MANY: u16 = 80;

fn mode(code: f64, power: f64) -> Result<Mode, Exception> {
    if code == f64::from(OFF) {
        Ok(Mode::Off)
    } else if code == f64::from(AUTO) {
        Ok(Mode::Auto)
    } else if code == f64::from(MANUAL) {
        Ok(Mode::Manual(power))
    } else {
        Err(Exception::IllegalValue)
    }
}

fn code(mode: Mode) -> f64 {
    f64::from(match mode {
        Mode::Off => OFF,
        Mode::Auto => AUTO,
        Mode::Manual(_) => MANUAL,
    })
}

/// An EZ-ZONE PM.
#[derive(Debug)]
pub(super) struct EzZone {
    oven: Oven,
    celsius: bool,
    kept_celsius: bool,
    pointers: Vec<f64>,
}

impl EzZone {
    /// Just switched on, controlling.
    pub(super) fn new(room: f64, celsius: bool) -> Self {
        Self {
            oven: Oven::new(room, COLDEST.max(room), Mode::Auto),
            celsius,
            kept_celsius: celsius,
            pointers: vec![0.0; usize::from(MANY)],
        }
    }

    /// Its registers.
    pub(super) fn map() -> Map {
        let pointers: Vec<u16> = (POINTERS..POINTERS + MANY).collect();
        let pointed: Vec<u16> = (POINTED..POINTED + MANY).collect();
        Map::new(true)
            .holding(Kind::F32, false, &[360])
            .holding(Kind::U16, false, &[362, 368, 398])
            .holding(Kind::U16, true, &[1880, 2490])
            .holding(Kind::F32, true, &[1904, 2160])
            .holding(Kind::U16, true, &pointers)
            .holding(Kind::U16, false, &pointed)
    }

    fn out(&self, celsius: f64) -> f64 {
        if self.celsius {
            celsius
        } else {
            celsius * 1.8 + 32.0
        }
    }
}

impl Regulator for EzZone {
    fn show(&self, ctx: &Ctx<'_>, map: &mut Map) {
        let broken = plant::broken(ctx);
        let seen = if broken {
            0.0
        } else {
            self.out(self.oven.at(ctx.now))
        };
        map.show(360, seen);
        map.show(362, if broken { OPEN } else { NO_ERROR });
        map.show(368, 95.0);
        map.show(398, 94.0);
        map.show(1880, code(self.oven.mode));
        map.show(1904, self.oven.power(ctx.now));
        map.show(2160, self.out(self.oven.set));
        map.show(2490, f64::from(if self.celsius { CELSIUS } else { FAHRENHEIT }));
        for (at, pointer) in (0..).zip(&self.pointers) {
            map.show(POINTERS + at, *pointer);
        }
        for (at, pointer) in (0..).zip(&self.pointers) {
            let word = map.word(Table::Holding, crate::num::round_u16(*pointer));
            map.show(POINTED + at, f64::from(word));
        }
    }

    fn set(&mut self, ctx: &mut Ctx<'_>, (_, at): (Table, u16), number: f64) -> Result<(), Exception> {
        let now = ctx.now;
        match at {
            1880 => {
                let mode = mode(number, self.oven.power(now))?;
                self.oven.change(now, self.oven.set, mode);
                plant::took(ctx, "control_mode", number);
            }
            1904 if matches!(self.oven.mode, Mode::Manual(_)) && (0.0..=100.0).contains(&number) => {
                self.oven.change(now, self.oven.set, Mode::Manual(number));
                plant::took(ctx, "power", number);
            }
            2160 => {
                let celsius = if self.celsius {
                    number
                } else {
                    (number - 32.0) / 1.8
                };
                if !(COLDEST - 1e-3..=HOTTEST + 1e-3).contains(&celsius) {
                    return Err(Exception::IllegalValue);
                }
                self.oven.change(now, celsius, self.oven.mode);
                plant::took(ctx, "temperature", celsius);
            }
            2490 if number == f64::from(CELSIUS) || number == f64::from(FAHRENHEIT) => {
                self.celsius = number == f64::from(CELSIUS);
                self.kept_celsius = self.celsius;
            }
            _ if (POINTERS..POINTERS + MANY).contains(&at) => {
                if let Some(pointer) = self.pointers.get_mut(usize::from(at - POINTERS)) {
                    *pointer = number;
                }
            }
            _ => return Err(Exception::IllegalValue),
        }
        Ok(())
    }

    /// Set-point, mode and units are kept; the pointers are not.
    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>) {
        self.celsius = self.kept_celsius;
        self.pointers = vec![0.0; usize::from(MANY)];
    }
}

/// Loops of an F4T, and what lies between the registers of two.
const LOOPS: u16 = 2;
const APART: u16 = 160;
const START: f64 = 1782.0;
const RESUME: f64 = 147.0;
const PAUSE: f64 = 146.0;
const TERMINATE: f64 = 148.0;
const RUNNING: u16 = 149;
/// What its program holds, in C, and for how long, in microseconds.
const HOLDS: f64 = 60.0;
const HOLDS_US: u64 = 600_000_000;

/// An F4T.
#[derive(Debug)]
pub(super) struct F4t {
    loops: Vec<Oven>,
    powers: Vec<f64>,
    number: f64,
    step: f64,
    /// 148 ended, 149 running, 146 paused.
    state: u16,
    ends: Option<u64>,
    left_us: u64,
}

impl F4t {
    /// Just switched on, controlling.
    pub(super) fn new(room: f64) -> Self {
        Self {
            loops: (0..LOOPS).map(|_| Oven::new(room, room, Mode::Auto)).collect(),
            powers: vec![0.0; usize::from(LOOPS)],
            number: 1.0,
            step: 1.0,
            state: 148,
            ends: None,
            left_us: 0,
        }
    }

    /// Its registers.
    pub(super) fn map() -> Map {
        let mut map = Map::new(true)
            .holding(Kind::U16, true, &[16558, 16560, 16562, 16564, 16566])
            .holding(Kind::U16, false, &[16568, 1356, 1456, 1556, 1656]);
        for k in 0..LOOPS {
            let at = |address: u16| address + APART * k;
            map = map
                .holding(Kind::U16, true, &[at(2730)])
                .holding(Kind::U16, false, &[at(2814)])
                .holding(Kind::F32, true, &[at(2782), at(2784)])
                .holding(
                    Kind::F32,
                    false,
                    &[at(2774), at(2776), at(2808), at(2810), at(2820)],
                );
        }
        map
    }

    /// The program acts.
    fn program(&mut self, ctx: &mut Ctx<'_>, at: u16, number: f64) -> Result<(), Exception> {
        let now = ctx.now;
        match (at, number) {
            (16562, START) if self.number == 1.0 && self.step == 1.0 => {
                self.state = RUNNING;
                self.ends = Some(now.saturating_add(HOLDS_US));
                if let Some(first) = self.loops.first_mut() {
                    first.change(now, HOLDS, Mode::Auto);
                }
            }
            (16564, RESUME) if self.state == 146 => {
                self.state = RUNNING;
                self.ends = Some(now.saturating_add(self.left_us));
            }
            (16566, PAUSE) if self.state == RUNNING => {
                self.left_us = self.ends.map_or(0, |ends| ends.saturating_sub(now));
                self.state = 146;
                self.ends = None;
            }
            (16566, TERMINATE) => {
                self.state = 148;
                self.ends = None;
            }
            _ => return Err(Exception::IllegalValue),
        }
        plant::took(ctx, "program", number);
        Ok(())
    }
}

impl Regulator for F4t {
    fn show(&self, ctx: &Ctx<'_>, map: &mut Map) {
        for (k, oven) in (0..).zip(&self.loops) {
            let at = |address: u16| address + APART * k;
            let broken = k == 0 && plant::broken(ctx);
            let seen = if broken { f64::NAN } else { oven.at(ctx.now) };
            map.show(at(2820), seen);
            map.show(at(2782), oven.set);
            map.show(at(2810), oven.set);
            map.show(at(2774), COLDEST);
            map.show(at(2776), HOTTEST);
            map.show(at(2730), code(oven.mode));
            map.show(at(2814), code(oven.mode));
            let power = self.powers.get(usize::from(k)).copied().unwrap_or(0.0);
            map.show(at(2784), power);
            map.show(at(2808), oven.power(ctx.now));
        }
        for alarm in 0..4 {
            let on = alarm == 0 && ctx.world.troubles.lasts(ctx.name, Trouble::DoorOpen);
            map.show(1356 + 100 * alarm, if on { 28.0 } else { NO_ERROR });
        }
        map.show(16558, self.number);
        map.show(16560, self.step);
        map.show(16568, f64::from(self.state));
    }

    fn set(&mut self, ctx: &mut Ctx<'_>, (_, at): (Table, u16), number: f64) -> Result<(), Exception> {
        match at {
            16558 if (1.0..=40.0).contains(&number) => self.number = number,
            16560 if (1.0..=50.0).contains(&number) => self.step = number,
            16562 | 16564 | 16566 => return self.program(ctx, at, number),
            2730.. => {
                let k = usize::from((at - 2730) / APART);
                let power = self.powers.get(k).copied().unwrap_or(0.0);
                let oven = self.loops.get_mut(k).ok_or(Exception::IllegalAddress)?;
                match (at - 2730) % APART {
                    0 => {
                        oven.change(ctx.now, oven.set, mode(number, power)?);
                        plant::took(ctx, "control_mode", number);
                    }
                    52 if (COLDEST..=HOTTEST).contains(&number) => {
                        oven.change(ctx.now, number, oven.mode);
                        plant::took(ctx, "temperature", number);
                    }
                    54 if (0.0..=100.0).contains(&number) => {
                        if let Mode::Manual(_) = oven.mode {
                            oven.change(ctx.now, oven.set, Mode::Manual(number));
                        }
                        if let Some(power) = self.powers.get_mut(k) {
                            *power = number;
                        }
                    }
                    _ => return Err(Exception::IllegalValue),
                }
            }
            _ => return Err(Exception::IllegalValue),
        }
        Ok(())
    }

    fn identity(&self) -> [String; 3] {
        ["Watlow", "F4T", "4.07"].map(str::to_owned)
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if self.ends.is_some_and(|ends| ends <= ctx.now) {
            self.ends = None;
            self.state = 148;
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.ends
    }

    /// Its loops go on as they were set; a program that ran has ended.
    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>) {
        self.state = 148;
        self.ends = None;
    }
}
