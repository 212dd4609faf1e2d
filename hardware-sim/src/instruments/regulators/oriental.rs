//! The Oriental Motor AZ series. Written from dossier 10 G.
//!
//! Where the dossier is silent: it comes to its limits at -1000 and 100000 steps; a start beyond them raises alarm 67 and
//! nothing moves. Rates are in Hz per second. An overload takes the home position away, and so does a loss of power. Data of
//! an unknown type, or a speed of none, raise alarm 70. A direct start in an invalid state is refused with exception 04 and
//! raises no alarm. FW-POS and RV-POS go on while their bit is on; jogs are a hundred steps. On a gantry the limits are those of
//! the axis, and it is homed at 40 mm/s.

use super::{
    map::{Kind, Map, Regulator},
    plant::{self, Move},
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, modbus::Exception},
    ledger::Event,
    num,
    text::Table,
    world::Axis,
};

/// Limits of the axis, in steps.
const LEAST: f64 = -1_000.0;
const MOST: f64 = 100_000.0;
/// Homing, in Hz and Hz per second.
const HOMING: f64 = 2_000.0;
const RAMP: f64 = 4_000.0;
const JOG: f64 = 100.0;

/// Bits of the input command.
mod input {
    pub(super) const START: u16 = 1 << 3;
    pub(super) const HOME: u16 = 1 << 4;
    pub(super) const STOP: u16 = 1 << 5;
    pub(super) const FREE: u16 = 1 << 6;
    pub(super) const RESET: u16 = 1 << 7;
    pub(super) const JOG_FW: u16 = 1 << 12;
    pub(super) const JOG_RV: u16 = 1 << 13;
    pub(super) const FW: u16 = 1 << 14;
    pub(super) const RV: u16 = 1 << 15;
}

/// Bits of the output status.
mod output {
    pub(super) const HOME_END: u16 = 1 << 4;
    pub(super) const READY: u16 = 1 << 5;
    pub(super) const ALARM: u16 = 1 << 7;
    pub(super) const MOVE: u16 = 1 << 13;
    pub(super) const IN_POS: u16 = 1 << 14;
}

/// Alarms.
mod alarm {
    pub(super) const NONE: u16 = 0;
    pub(super) const OVERLOAD: u16 = 0x30;
    pub(super) const OVERTRAVEL: u16 = 0x67;
    pub(super) const DATA: u16 = 0x70;
}

/// Addresses of the direct data, low ends.
const DIRECT: [u16; 8] = [0x58, 0x5A, 0x5C, 0x5E, 0x60, 0x62, 0x64, 0x66];
/// Numbers of the tables of position, speed and rates.
const TABLES: [u16; 4] = [0x0400, 0x0480, 0x0600, 0x0680];
const ENTRIES: u16 = 8;

#[derive(Clone, Copy, Debug)]
struct Running {
    way: Move,
    home: bool,
    /// Without end: until its bit is off.
    held: bool,
    stuck: bool,
}

/// What hangs on the motor: an axis of a gantry, in true millimetres.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attached {
    pub(crate) axis: Axis,
    /// One step, negative where the motor counts down on the way up.
    pub(crate) step: f64,
    /// Where the home sensor is.
    pub(crate) home: f64,
    /// Where it truly is when the motor counts 0.
    pub(crate) zero: f64,
    /// How far it goes.
    pub(crate) travel: (f64, f64),
}

impl Attached {
    fn steps(&self, at: f64) -> f64 {
        ((at - self.zero) / self.step).round()
    }
    fn at(&self, steps: f64) -> f64 {
        num::round_i64((self.zero + steps * self.step) * 1000.0) as f64 / 1000.0
    }
    fn limits(&self) -> (f64, f64) {
        let (one, other) = (self.steps(self.travel.0), self.steps(self.travel.1));
        (one.min(other), one.max(other))
    }
    fn is_plunger(&self) -> bool {
        matches!(self.axis, Axis::B | Axis::C)
    }
}

/// The axis.
#[derive(Debug)]
pub(super) struct Oriental {
    attached: Option<Attached>,
    /// Direct data, as they were written.
    direct: [f64; 8],
    triggered: bool,
    table: Vec<[f64; 4]>,
    input: u16,
    position: f64,
    running: Option<Running>,
    homed: bool,
    alarm: u16,
    history: Vec<u16>,
    /// Maintenance registers that are on.
    resets: f64,
}

impl Oriental {
    /// Just switched on, not homed.
    pub(super) fn new() -> Self {
        Self {
            attached: None,
            direct: [0.0, 1.0, 0.0, 1_000.0, 1_000.0, 1_000.0, 1_000.0, 0.0],
            triggered: false,
            table: vec![[0.0, 1_000.0, 1_000.0, 1_000.0]; usize::from(ENTRIES)],
            input: 0,
            position: 0.0,
            running: None,
            homed: false,
            alarm: alarm::NONE,
            history: Vec::new(),
            resets: 0.0,
        }
    }

    /// The same with an axis of a gantry on it.
    pub(super) fn on(attached: Attached) -> Self {
        Self {
            attached: Some(attached),
            ..Self::new()
        }
    }

    /// It came to rest.
    fn rests(&mut self, ctx: &mut Ctx<'_>) {
        let Some(attached) = &self.attached else {
            return plant::took(ctx, "position", self.position);
        };
        if let Some(gantry) = ctx.world.gantries.get(ctx.name) {
            let mut to = gantry.at;
            to.set(attached.axis, attached.at(self.position));
            ctx.world.gantry_arrives(ctx.name, &to, ctx.now);
        }
    }

    /// It sets out for a count of steps.
    fn departs(&self, ctx: &mut Ctx<'_>, steps: f64) {
        let Some(attached) = &self.attached else { return };
        if let Some(gantry) = ctx.world.gantries.get(ctx.name) {
            let mut to = gantry.at;
            to.set(attached.axis, attached.at(steps));
            ctx.world.gantry_departs(ctx.name, &to, ctx.now);
        }
    }

    /// Whether a trouble befalls its motion: what jams or slips on a gantry is a plunger.
    fn befalls(&self, ctx: &mut Ctx<'_>, trouble: Trouble) -> bool {
        self.attached.is_none_or(|attached| attached.is_plunger())
            && ctx.world.troubles.strikes(ctx.name, trouble)
    }

    /// Its registers.
    pub(super) fn map() -> Map {
        let mut map = Map::new(false)
            .holding(Kind::I32, true, &DIRECT)
            .holding(Kind::I32, true, &[0x68])
            .holding(Kind::U16, true, &[0x7C, 0x7D])
            .holding(Kind::U16, false, &[0x7E, 0x7F])
            .holding(Kind::U32, false, &[0x80, 0x82, 0x84, 0x86, 0x88])
            .holding(Kind::I32, false, &[0xC6, 0xC8, 0xCA, 0xCC, 0xCE, 0xD0])
            .holding(Kind::U32, true, &[0x0180, 0x0184, 0x0192, 0x01A0]);
        for table in TABLES {
            let all: Vec<u16> = (0..ENTRIES).map(|n| table + 2 * n).collect();
            map = map.holding(Kind::I32, true, &all);
        }
        map
    }

    fn at(&self, now: u64) -> f64 {
        self.running
            .as_ref()
            .map_or(self.position, |running| running.way.at(now))
    }

    fn ready(&self) -> bool {
        let held = self.input & (input::STOP | input::FREE) != 0;
        self.running.is_none() && self.alarm == alarm::NONE && !held
    }

    fn raises(&mut self, ctx: &mut Ctx<'_>, code: u16) {
        self.alarm = code;
        self.history.insert(0, code);
        self.history.truncate(4);
        let event = Event::Alarm {
            instrument: ctx.name.to_owned(),
            text: format!("alarm {code:02X}"),
        };
        ctx.world.record(ctx.now, event);
    }

    /// It begins to move, or raises an alarm.
    fn go(&mut self, ctx: &mut Ctx<'_>, to: f64, speed: f64, rates: (f64, f64), (home, held): (bool, bool)) {
        let (least, most) = self.attached.map_or((LEAST, MOST), |attached| attached.limits());
        if !home && !(least..=most).contains(&to) {
            return self.raises(ctx, alarm::OVERTRAVEL);
        }
        if speed <= 0.0 {
            return self.raises(ctx, alarm::DATA);
        }
        let way = Move::new(ctx.now, (self.position, to), speed, rates);
        self.departs(ctx, to);
        let stuck = ctx.world.troubles.strikes(ctx.name, Trouble::Stuck);
        self.running = Some(Running {
            way,
            home,
            held,
            stuck,
        });
    }

    fn stops(&mut self, ctx: &mut Ctx<'_>) {
        self.position = self.at(ctx.now).round();
        if self.running.take().is_some() {
            self.rests(ctx);
        }
    }

    /// At the home sensor it counts 0.
    fn found(&mut self, ctx: &mut Ctx<'_>) {
        self.homed = true;
        if let Some(attached) = &mut self.attached {
            attached.zero = attached.at(self.position);
            self.position = 0.0;
            let event = Event::Homed {
                instrument: ctx.name.to_owned(),
                axes: attached.axis.letter().to_string(),
            };
            ctx.world.record(ctx.now, event);
        }
    }

    /// All direct data act.
    fn direct(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Exception> {
        let [_, kind, position, speed, start, stop, current, _] = self.direct;
        if !self.ready() || !(0.0..=1_000.0).contains(&current) {
            return Err(Exception::Failure);
        }
        let to = match num::round_i64(kind) {
            1 => position,
            2 | 3 => self.position + position,
            7 => {
                let to = if speed < 0.0 { LEAST } else { MOST };
                self.go(ctx, to, speed.abs(), (start, stop), (false, true));
                return Ok(());
            }
            _ => {
                self.raises(ctx, alarm::DATA);
                return Ok(());
            }
        };
        self.go(ctx, to, speed, (start, stop), (false, false));
        Ok(())
    }

    /// Bits of the input command have changed.
    fn inputs(&mut self, ctx: &mut Ctx<'_>, next: u16) {
        let rises = next & !self.input;
        let falls = self.input & !next;
        let on = |bit: u16| rises & bit != 0;
        let could = self.ready();
        self.input = next;
        if on(input::RESET) {
            self.alarm = alarm::NONE;
        }
        if next & (input::STOP | input::FREE) != 0 {
            return self.stops(ctx);
        }
        let held = self.running.is_some_and(|running| running.held);
        if held && falls & (input::FW | input::RV) != 0 {
            return self.stops(ctx);
        }
        // What starts while it is not ready is ignored.
        if !could {
            return;
        }
        let even = (RAMP, RAMP);
        if on(input::HOME) {
            self.homed = false;
            // On a gantry the sensor is somewhere; and it is searched for at 40 mm/s.
            let (to, speed) = self.attached.map_or((0.0, HOMING), |attached| {
                (attached.steps(attached.home), 40.0 / attached.step.abs())
            });
            let even = self.attached.map_or(even, |_| (4.0 * speed, 4.0 * speed));
            self.go(ctx, to, speed, even, (true, false));
        } else if on(input::START) {
            let entry = self.table.get(usize::from(next & 7)).copied();
            let [to, speed, rise, fall] = entry.unwrap_or_default();
            self.go(ctx, to, speed, (rise, fall), (false, false));
        } else if on(input::FW) {
            self.go(ctx, MOST, HOMING, even, (false, true));
        } else if on(input::RV) {
            self.go(ctx, LEAST, HOMING, even, (false, true));
        } else if on(input::JOG_FW) {
            self.go(ctx, self.position + JOG, HOMING, even, (false, false));
        } else if on(input::JOG_RV) {
            self.go(ctx, self.position - JOG, HOMING, even, (false, false));
        }
    }
}

impl Regulator for Oriental {
    fn show(&self, ctx: &Ctx<'_>, map: &mut Map) {
        for (at, number) in DIRECT.iter().zip(self.direct) {
            map.show(*at, number);
        }
        for (n, entry) in (0..).zip(&self.table) {
            for (table, number) in TABLES.iter().zip(entry) {
                map.show(table + 2 * n, *number);
            }
        }
        let bits = [
            (self.homed, output::HOME_END),
            (self.ready(), output::READY),
            (self.alarm != alarm::NONE, output::ALARM),
            (self.running.is_some(), output::MOVE),
            (self.running.is_none(), output::IN_POS),
        ];
        let status = bits
            .iter()
            .filter(|(on, _)| *on)
            .fold(self.input & 7, |word, (_, bit)| word | bit);
        map.show(0x7C, 0.0);
        map.show(0x7D, f64::from(self.input));
        map.show(0x7E, 0.0);
        map.show(0x7F, f64::from(status));
        map.show(0x80, f64::from(self.alarm));
        for n in 0..4_u16 {
            let code = self.history.get(usize::from(n)).copied().unwrap_or(0);
            map.show(0x82 + 2 * n, f64::from(code));
        }
        let position = self.at(ctx.now);
        let speed = self.running.map_or(0.0, |running| running.way.speed(ctx.now));
        for (at, number) in [
            (0xC6, position),
            (0xC8, speed),
            (0xCA, speed),
            (0xCC, position),
            (0xCE, speed),
            (0xD0, speed),
        ] {
            map.show(at, number);
        }
        map.show(0x0180, self.resets);
    }

    fn set(&mut self, ctx: &mut Ctx<'_>, (_, at): (Table, u16), number: f64) -> Result<(), Exception> {
        if let Some(place) = DIRECT.iter().position(|direct| *direct == at) {
            if at == 0x66 {
                self.triggered = number == 1.0;
            } else if let Some(held) = self.direct.get_mut(place) {
                *held = number;
            }
            return Ok(());
        }
        match at {
            0x7D => self.inputs(ctx, num::round_u16(number)),
            0x0180 => {
                if number == 1.0 && self.resets == 0.0 {
                    self.alarm = alarm::NONE;
                }
                self.resets = number;
            }
            0x0184 if number == 1.0 => self.history.clear(),
            0x0400.. => {
                let base = TABLES.iter().rposition(|table| at >= *table).unwrap_or(0);
                let first = TABLES.get(base).copied().unwrap_or(at);
                let entry = self.table.get_mut(usize::from((at - first) / 2));
                if let Some(held) = entry.and_then(|entry| entry.get_mut(base)) {
                    *held = number;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The write of the trigger starts the motion, with all that came with it.
    fn written(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Exception> {
        if std::mem::take(&mut self.triggered) {
            return self.direct(ctx);
        }
        Ok(())
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        let Some(running) = self.running.filter(|r| !r.stuck && r.way.until() <= ctx.now) else {
            return;
        };
        self.running = None;
        if self.befalls(ctx, Trouble::Jammed) {
            self.position = ((self.position + running.way.to) / 2.0).round();
            self.homed = false;
            self.rests(ctx);
            return self.raises(ctx, alarm::OVERLOAD);
        }
        if self.attached.is_some() && self.position != running.way.to && self.befalls(ctx, Trouble::Slipped) {
            // The motor turns, and what hangs on it gets half of the way.
            let short = (running.way.to - self.position) / 2.0;
            if let Some(attached) = &mut self.attached {
                attached.zero -= short * attached.step;
            }
        }
        self.position = running.way.to;
        self.rests(ctx);
        if running.home {
            self.found(ctx);
        }
        if running.held {
            self.raises(ctx, alarm::OVERTRAVEL);
        }
    }

    fn next_due(&self) -> Option<u64> {
        let running = self.running.filter(|running| !running.stuck)?;
        Some(running.way.until())
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.position = self.at(ctx.now).round();
        if self.running.take().is_some() && self.attached.is_some() {
            self.rests(ctx);
        }
        self.homed = false;
        self.alarm = alarm::NONE;
        self.input = 0;
        self.resets = 0.0;
        self.triggered = false;
    }

    fn mended(&mut self, _ctx: &mut Ctx<'_>) {
        if let Some(running) = &mut self.running {
            running.stuck = false;
        }
    }
}
