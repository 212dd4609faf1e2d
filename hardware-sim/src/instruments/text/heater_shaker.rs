//! The Opentrons heater-shaker: shaker, labware latch and heater. Written from dossier 03.

use super::{
    dialogue::{Asked, Dialogue, cut_at},
    gcode::{Command, scan},
    heat::{Heat, Rates},
    identity::Identity,
    seat::Seat,
    work::Work,
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, Durations},
    num,
    quantity::Seconds,
};

/// Speeds of the product, in rpm.
const LEAST_RPM: f64 = 200.0;
const MOST_RPM: f64 = 3000.0;
/// Acceleration after switching on, in rpm per second.
const ACCELERATION: f64 = 1000.0;
const HOTTEST: f64 = 100.0;
const RATES: Rates = Rates {
    up: 0.2,
    down: 0.1,
    drift: 0.03,
};
/// From the start of a motor that fails to its failing, in microseconds.
const FAILS_US: u64 = 1_000_000;
const WORDS: [&str; 15] = [
    "M3", "M123", "G28", "M104", "M105", "M106", "M242", "M243", "M241", "M115", "M204", "M301", "M994.D",
    "M996", "M116",
];

/// Where the latch is, as its sensors tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Latch {
    Unknown,
    Open,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    Home(Asked),
    Latch {
        open: bool,
        asked: Asked,
    },
    /// The motor is about to fail.
    Fail,
    /// It runs down to rest.
    Stop,
}

/// The twin.
#[derive(Debug)]
pub(super) struct HeaterShaker {
    pub(super) seat: Seat,
    identity: Identity,
    durations: Durations,
    pub(super) heat: Heat,
    pub(super) latch: Latch,
    homed: bool,
    acceleration: f64,
    /// Speed asked for, and the speed at a moment, in rpm.
    speed: f64,
    from: (f64, u64),
    /// An error that nobody asked for, told before the next answer.
    pub(super) unasked: Option<&'static str>,
    work: Work<Job>,
}

impl HeaterShaker {
    /// Just switched on: homed, nothing known of the latch.
    pub(super) fn new(nest: String, identity: Identity, durations: Durations, room: f64) -> Self {
        Self {
            seat: Seat::new(nest),
            identity,
            durations,
            heat: Heat::new(RATES, room),
            latch: Latch::Unknown,
            homed: true,
            acceleration: ACCELERATION,
            speed: 0.0,
            from: (0.0, 0),
            unasked: None,
            work: Work::none(),
        }
    }

    /// Speed at a moment.
    fn rpm(&self, now: u64) -> f64 {
        let (from, since) = self.from;
        let gained = self.acceleration * now.saturating_sub(since) as f64 / 1e6;
        if gained >= (self.speed - from).abs() {
            self.speed
        } else {
            from + gained.copysign(self.speed - from)
        }
    }

    /// Goes to another speed: microseconds until it has it.
    fn turn(&mut self, now: u64, speed: f64) -> u64 {
        self.from = (self.rpm(now), now);
        self.speed = speed;
        num::micros((speed - self.from.0).abs() / self.acceleration)
    }

    fn homing(&self) -> bool {
        matches!(self.work.now(), Some(Job::Home(_)))
    }

    fn latching(&self) -> Option<bool> {
        match self.work.now() {
            Some(Job::Latch { open, .. }) => Some(*open),
            _ => None,
        }
    }

    fn shake(&mut self, ctx: &mut Ctx<'_>, rpm: f64) -> Result<String, &'static str> {
        if self.homing() {
            return Err("ERR127:main motor:homing (in progress)");
        }
        if rpm == 0.0 {
            let us = self.turn(ctx.now, 0.0);
            self.work.begin(ctx, Job::Stop, us);
            return Ok("M3".to_owned());
        }
        if self.latch != Latch::Closed || self.latching().is_some() {
            self.seat.works_open(ctx, "shake");
            return Err("ERR126:main motor:plate lock not closed (required)");
        }
        if !(LEAST_RPM..=MOST_RPM).contains(&rpm) {
            return Err("ERR120:main motor:illegal speed");
        }
        self.homed = false;
        self.work.cut_short();
        self.turn(ctx.now, rpm);
        self.seat.shakes(ctx, num::round_u16(rpm));
        if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
            self.work.begin(ctx, Job::Fail, FAILS_US);
        }
        Ok("M3".to_owned())
    }

    /// Begins what is answered at its end, or tells why not.
    fn begin(&mut self, ctx: &mut Ctx<'_>, asked: Asked, word: &str) -> Result<(), &'static str> {
        let turns = self.rpm(ctx.now) > 0.0;
        if self.homing() {
            return Err("ERR127:main motor:homing (in progress)");
        }
        if self.latching().is_some() {
            return Err("ERR002:command queue full");
        }
        match word {
            "G28" => {
                let slows = self.turn(ctx.now, 0.0);
                let us = self.durations.draw("home", Seconds(3.0)).saturating_add(slows);
                self.work.begin(ctx, Job::Home(asked), us);
            }
            "M242" if !self.homed || turns => return Err("ERR123:main motor:not home (required)"),
            "M243" if turns => return Err("ERR124:main motor:not stopped (required)"),
            _ => {
                let open = word == "M242";
                let there = self.latch == if open { Latch::Open } else { Latch::Closed };
                let us = if there {
                    100_000
                } else {
                    self.durations.draw("latch", Seconds(3.0))
                };
                self.work.begin(ctx, Job::Latch { open, asked }, us);
            }
        }
        Ok(())
    }

    /// Carries a command out; an empty answer comes later.
    fn carry_out(
        &mut self,
        ctx: &mut Ctx<'_>,
        asked: Asked,
        command: &Command,
    ) -> Result<String, &'static str> {
        let word = command.word;
        match word {
            "M3" => return self.shake(ctx, command.number('S').unwrap_or(0.0)),
            "G28" | "M242" | "M243" => {
                self.begin(ctx, asked, word)?;
                return Ok(String::new());
            }
            "M123" => return Ok(format!("M123 C:{:.0} T:{:.0}", self.rpm(ctx.now), self.speed)),
            "M104" => {
                let target = command
                    .number('S')
                    .filter(|target| (0.0..=HOTTEST).contains(target));
                let Some(target) = target else {
                    return Err("ERR213:heater:target temperature out of range");
                };
                if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
                    return Err("ERR211:heater:pad power error");
                }
                self.heat.set(ctx.now, Some(target));
            }
            "M105" => {
                let target = self
                    .heat
                    .target()
                    .map_or("None".to_owned(), |t| format!("{t:.2}"));
                return Ok(format!("M105 C:{:.2} T:{target}", self.heat.at(ctx.now)));
            }
            "M106" => self.heat.set(ctx.now, None),
            "M241" => {
                let status = match (self.latching(), self.latch) {
                    (Some(true), _) => "OPENING",
                    (Some(false), _) => "CLOSING",
                    (None, Latch::Open) => "IDLE_OPEN",
                    (None, Latch::Closed) => "IDLE_CLOSED",
                    (None, Latch::Unknown) => "IDLE_UNKNOWN",
                };
                return Ok(format!("M241 STATUS:{status}"));
            }
            "M115" => {
                return Ok(format!(
                    "M115 FW:{} HW:{} SerialNo:{}",
                    self.identity.firmware(ctx),
                    self.identity.model(ctx),
                    self.identity.serial(ctx)
                ));
            }
            "M204" => {
                let now = ctx.now;
                self.from = (self.rpm(now), now);
                self.acceleration = command.number('S').unwrap_or(ACCELERATION).max(1.0);
            }
            _ => {}
        }
        Ok(word.to_owned())
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        match job {
            Job::Home(asked) => {
                self.seat.shakes(ctx, 0);
                self.homed = !ctx.world.troubles.strikes(ctx.name, Trouble::Jammed);
                let answer = if self.homed {
                    "G28 OK\n"
                } else {
                    "ERR122:main motor:home failed OK\n"
                };
                asked.answer(ctx, answer);
            }
            Job::Latch { open, asked } => {
                if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
                    self.latch = Latch::Unknown;
                    return asked.answer(ctx, "ERR125:main motor:plate lock timeout OK\n");
                }
                self.latch = if open { Latch::Open } else { Latch::Closed };
                self.seat.swing(ctx, open);
                asked.answer(ctx, if open { "M242 OK\n" } else { "M243 OK\n" });
            }
            Job::Fail => {
                self.turn(ctx.now, 0.0);
                self.from = (0.0, ctx.now);
                self.seat.shakes(ctx, 0);
                self.unasked = Some("ERR106:main motor:speedsensor failed");
            }
            Job::Stop => self.seat.shakes(ctx, 0),
        }
    }
}

impl Dialogue for HeaterShaker {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\n')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        if request.trim().is_empty() {
            return;
        }
        if let Some(error) = self.unasked.take() {
            asked.answer(ctx, format!("async {error} OK\n"));
        }
        if let Some(code) = asked.refused() {
            return asked.answer(ctx, format!("ERR{code:03}:refused OK\n"));
        }
        let commands = scan(request, &WORDS);
        if commands.is_empty() {
            return asked.answer(ctx, "ERR003:unhandled gcode OK\n");
        }
        for command in &commands {
            match self.carry_out(ctx, asked, command) {
                Ok(later) if later.is_empty() => {}
                Ok(answer) => asked.answer(ctx, format!("{answer} OK\n")),
                Err(error) => asked.answer(ctx, format!("{error} OK\n")),
            }
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(ended) = self.work.ended(ctx.now) {
            self.finish(ctx, ended.job);
        }
        if self.heat.tell(ctx, &self.seat)
            && let Some(target) = self.heat.target()
        {
            self.seat.held(ctx, target);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.work.next_due().into_iter().chain(self.heat.next_due()).min()
    }

    /// It comes to rest and homes by itself; the latch stays where it is, and nothing is known of it.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.speed = 0.0;
        self.from = (0.0, ctx.now);
        self.acceleration = ACCELERATION;
        self.seat.shakes(ctx, 0);
        self.heat.set(ctx.now, None);
        self.latch = Latch::Unknown;
        self.homed = true;
        self.unasked = None;
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}
