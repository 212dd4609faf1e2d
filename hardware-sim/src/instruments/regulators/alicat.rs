//! An Alicat mass flow controller. Written from dossier 10 F; addresses are those of the wire, one below the manual's numbers.
//!
//! Where the dossier is silent: a set-point beyond the full scale is clipped without a word, and gone after a loss of power.
//! Within [`RESULT_US`] of a command, its result is still that of the one before.

use super::{
    map::{Kind, Map, Regulator},
    plant::{self, Lag},
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, modbus::Exception},
    text::Table,
};

/// Full scale in standard litres a minute.
const FULL: f64 = 20.0;
/// Time in which the flow comes two thirds of its way, in s.
const SETTLES_S: f64 = 0.5;
const RESULT_US: u64 = 100_000;
const PRESSURE: f64 = 14.7;
const COMMAND: u16 = 0x03E7;
const ARGUMENT: u16 = 0x03E8;
/// Most gases of the list.
const GASES: u16 = 30;

/// Results of commands.
const OK: u16 = 0;
const BAD_ID: u16 = 0x8001;
const BAD_ARGUMENT: u16 = 0x8002;

/// The controller.
#[derive(Debug)]
pub(super) struct Alicat {
    room: f64,
    serial: f64,
    set: f64,
    flow: Lag,
    gas: u16,
    total: f64,
    total_2: f64,
    held: bool,
    command: (u16, u16),
    /// The pair that was acted on last.
    acted: (u16, u16),
    result: (u16, u16),
    before: (u16, u16),
    shows: u64,
}

impl Alicat {
    /// Just switched on, closed; its gas is nitrogen.
    pub(super) fn new(room: f64, serial: u32) -> Self {
        Self {
            room,
            serial: f64::from(serial),
            set: 0.0,
            flow: Lag::at_rest(0.0),
            gas: 8,
            total: 0.0,
            total_2: 0.0,
            held: false,
            command: (0, 0),
            acted: (0, 0),
            result: (0, 0),
            before: (0, 0),
            shows: 0,
        }
    }

    /// Its registers.
    pub(super) fn map() -> Map {
        let floats: Vec<u16> = (0..6).map(|n| 0x04B2 + 2 * n).collect();
        let standard: Vec<u16> = (0..11).map(|n| 0x0545 + 2 * n).collect();
        let mut map = Map::new(false)
            .holding(Kind::U16, true, &[COMMAND, ARGUMENT])
            .holding(Kind::F32, true, &[0x03F1])
            .holding(Kind::F32, false, &[0x043F])
            .holding(Kind::U16, false, &[0x0441, 0x0442, 0x0443, 0x0444])
            .holding(Kind::I32, false, &[0x0445, 0x04B0, 0x0543])
            .holding(Kind::U16, false, &[0x04AF, 0x0542])
            .holding(Kind::F32, false, &floats)
            .holding(Kind::F32, false, &standard);
        map.one_table = true;
        map
    }

    /// Litres that have gone through by now.
    fn gone(&self, now: u64) -> f64 {
        self.flow.since_aimed(now) / 60.0
    }

    fn aim(&mut self, now: u64) {
        let gone = self.gone(now);
        self.total += gone;
        self.total_2 += gone;
        let goal = if self.held { self.flow.at(now) } else { self.set };
        self.flow.aim(now, goal, SETTLES_S);
    }

    /// A pair of command and argument acts once, when it differs from the last one.
    fn act(&mut self, ctx: &mut Ctx<'_>) {
        let (id, argument) = self.command;
        self.acted = self.command;
        self.before = self.shown(ctx.now);
        self.shows = ctx.now.saturating_add(RESULT_US);
        let known = |most: u16| if argument <= most { OK } else { BAD_ARGUMENT };
        let result = match id {
            0 => OK,
            1 if argument < GASES => {
                self.gas = argument;
                OK
            }
            1 => BAD_ARGUMENT,
            4 => known(2),
            5 => {
                self.aim(ctx.now);
                self.total = 0.0;
                OK
            }
            6 if argument <= 3 => {
                self.held = argument != 0;
                self.aim(ctx.now);
                if argument == 1 {
                    self.flow.aim(ctx.now, 0.0, SETTLES_S);
                }
                OK
            }
            6 => BAD_ARGUMENT,
            8..=10 => OK,
            11 => known(4),
            13 => known(2),
            14 => known(2),
            _ => BAD_ID,
        };
        self.result = (id, result);
        plant::took(ctx, "command", f64::from(id));
    }

    fn shown(&self, now: u64) -> (u16, u16) {
        if now < self.shows {
            self.before
        } else {
            self.result
        }
    }

    fn status(&self, ctx: &Ctx<'_>) -> f64 {
        let held = if self.held { 1 << 8 } else { 0 };
        let broken = if plant::broken(ctx) { 1 << 9 } else { 0 };
        f64::from(held | broken)
    }
}

impl Regulator for Alicat {
    fn show(&self, ctx: &Ctx<'_>, map: &mut Map) {
        let stuck = ctx.world.troubles.lasts(ctx.name, Trouble::Stuck);
        let mass = if plant::broken(ctx) {
            f64::NAN
        } else if stuck {
            0.0
        } else {
            self.flow.at(ctx.now)
        };
        let gone = self.gone(ctx.now);
        let (id, result) = self.shown(ctx.now);
        map.show(COMMAND, f64::from(id));
        map.show(ARGUMENT, f64::from(result));
        map.show(0x03F1, self.set);
        map.show(0x043F, 1.234_567);
        for (at, number) in [(0x0441, 10.0), (0x0442, 19.0), (0x0443, 0.0), (0x0444, 0.0)] {
            map.show(at, number);
        }
        map.show(0x0445, self.serial);
        for at in [0x04AF, 0x0542] {
            map.show(at, f64::from(self.gas));
        }
        for at in [0x04B0, 0x0543] {
            map.show(at, self.status(ctx));
        }
        let total = self.total + gone;
        for (n, number) in (0..).zip([PRESSURE, self.room, mass, mass, self.set, total]) {
            map.show(0x04B2 + 2 * n, number);
        }
        let valve = self.flow.goal() / FULL * 100.0;
        let standard = [
            self.set,
            valve,
            PRESSURE,
            f64::NAN,
            PRESSURE,
            self.room,
            mass,
            mass,
            total,
            self.total_2 + gone,
            f64::NAN,
        ];
        for (n, number) in (0..).zip(standard) {
            map.show(0x0545 + 2 * n, number);
        }
    }

    fn set(&mut self, ctx: &mut Ctx<'_>, (_, at): (Table, u16), number: f64) -> Result<(), Exception> {
        let word = crate::num::round_u16(number);
        match at {
            COMMAND => self.command.0 = word,
            ARGUMENT => self.command.1 = word,
            _ if number.is_finite() => {
                self.set = number.clamp(0.0, FULL);
                self.aim(ctx.now);
                plant::took(ctx, "flow", self.set);
            }
            _ => return Err(Exception::IllegalValue),
        }
        Ok(())
    }

    fn written(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Exception> {
        if self.command != self.acted {
            self.act(ctx);
        }
        Ok(())
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.set = 0.0;
        self.held = false;
        self.aim(ctx.now);
        self.command = (0, 0);
        self.acted = (0, 0);
        self.result = (0, 0);
        self.shows = 0;
    }
}
