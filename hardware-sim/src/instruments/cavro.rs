//! The Tecan Cavro XCalibur and XLP 6000 syringe pumps: DT and OEM frames, command strings, plunger and valve. Written
//! from the makers' manuals (733085-B, 734237-C). Knows no liquids: the world is told of strokes.
//!
//! Where the manuals are silent: the valve takes a quarter of a second, an initialisation 1.5 s beside its travel and
//! leaves the valve at the output. EEPROM strings (`s`, `e`), TTL outputs (`J`) and configuration (`U`) are not simulated:
//! they are answered as invalid commands. Without `R`, a string is stored.

mod frame;
mod program;

use super::{Ctx, Port, Twin};
use crate::{
    fault::{Treatment, Trouble},
    num,
    text::Instrument,
    world::Valve,
};
use frame::{Frame, Framing};
use program::{Letter, Op, Program};

/// Microseconds of a turn of the valve.
const TURN_US: u64 = 250_000;
/// Microseconds that finding zero takes beside the travel.
const ZERO_US: u64 = 1_500_000;
/// Half increments a second while it finds zero.
const ZERO_SPEED: f64 = 500.0;
/// Longest string that is kept.
const BUFFER: usize = 255;

/// Errors of the status byte.
mod error {
    pub(super) const NONE: u8 = 0;
    pub(super) const COMMAND: u8 = 2;
    pub(super) const OPERAND: u8 = 3;
    pub(super) const SEQUENCE: u8 = 4;
    pub(super) const NOT_INITIALISED: u8 = 7;
    pub(super) const OVERLOAD: u8 = 9;
    pub(super) const NOT_ALLOWED: u8 = 11;
    pub(super) const OVERFLOW: u8 = 15;
}

/// What is under way.
#[derive(Clone, Copy, Debug)]
enum Busy {
    Plunger {
        from: i64,
        to: i64,
        since: u64,
        until: u64,
        /// A lower-case move reports ready throughout.
        quiet: bool,
        mishap: Option<Trouble>,
    },
    Zero {
        until: u64,
    },
    Turn {
        to: Valve,
        until: u64,
    },
    Delay {
        until: u64,
    },
    /// `H`: until `R`.
    Halt,
}

impl Busy {
    fn until(self) -> Option<u64> {
        match self {
            Self::Plunger { until, .. }
            | Self::Zero { until }
            | Self::Turn { until, .. }
            | Self::Delay { until } => Some(until),
            Self::Halt => None,
        }
    }
}

/// Speeds in half increments a second, and the slope's number.
#[derive(Clone, Copy, Debug)]
struct Speeds {
    start: i64,
    top: i64,
    cutoff: i64,
    slope: i64,
}

impl Default for Speeds {
    fn default() -> Self {
        Self {
            start: 900,
            top: 1400,
            cutoff: 900,
            slope: 14,
        }
    }
}

impl Speeds {
    /// Seconds of a move over so many increments (manual 733085-B, appendix B).
    fn seconds(self, increments: i64, aspirates: bool) -> f64 {
        let pulses = 2.0 * increments.abs() as f64;
        let top = self.top as f64;
        let start = (self.start as f64).min(top);
        let cutoff = if aspirates {
            start
        } else {
            (self.cutoff as f64).min(top)
        };
        let slope = 2500.0 * self.slope as f64;
        let rise = (top * top - start * start) / (2.0 * slope);
        let fall = (top * top - cutoff * cutoff) / (2.0 * slope);
        if rise + fall < pulses {
            (top - start) / slope + (top - cutoff) / slope + (pulses - rise - fall) / top
        } else {
            let reached = ((2.0 * slope * pulses + start * start + cutoff * cutoff) / 2.0).sqrt();
            (2.0 * reached - start - cutoff).max(0.0) / slope
        }
    }
}

/// The twin of a pump.
#[derive(Debug)]
pub(crate) struct Cavro {
    /// Position of the address switch.
    switch: u8,
    /// Increments of a full stroke.
    full: i64,
    xlp: bool,
    // What a power cycle clears.
    framing: Framing,
    initialised: bool,
    /// What the controller believes, in increments.
    position: i64,
    error: u8,
    speeds: Speeds,
    stored: Option<Program>,
    last: Option<Program>,
    program: Option<Program>,
    busy: Option<Busy>,
    backlash: i64,
    gap: i64,
    // What lasts.
    valve: Valve,
    counts: [u64; 3],
    /// It answers with another firmware.
    strange: bool,
}

impl Cavro {
    /// A pump that was just switched on.
    pub(crate) fn new(instrument: &Instrument) -> Result<Self, String> {
        let (full, xlp) = match instrument.model.as_deref() {
            None | Some("xcalibur") => (3_000, false),
            Some("xlp6000") => (6_000, true),
            other => return Err(format!("`model` is xcalibur or xlp6000, not {other:?}")),
        };
        Ok(Self {
            switch: instrument.address.unwrap_or(0),
            full,
            xlp,
            framing: Framing::new(xlp),
            initialised: false,
            position: 0,
            error: error::NONE,
            speeds: Speeds::default(),
            stored: None,
            last: None,
            program: None,
            busy: None,
            backlash: 12,
            gap: 50,
            valve: Valve::Input,
            counts: [0; 3],
            strange: false,
        })
    }

    /// Increments of a full stroke.
    pub(crate) fn full(&self) -> i64 {
        self.full
    }

    fn ready(&self) -> bool {
        matches!(self.busy, None | Some(Busy::Plunger { quiet: true, .. }))
    }

    fn standing_error(&self) -> u8 {
        let finds_zero = matches!(self.busy, Some(Busy::Zero { .. }));
        if self.error == error::NONE && !self.initialised && !finds_zero {
            return error::NOT_INITIALISED;
        }
        self.error
    }

    /// Carries a request out: status byte and data of its answer.
    fn request(&mut self, ctx: &mut Ctx<'_>, text: &str) -> (u8, String) {
        let strange = [Trouble::OtherFirmware, Trouble::OtherModel];
        self.strange = strange
            .iter()
            .any(|trouble| ctx.world.troubles.lasts(ctx.name, *trouble));
        let (error, data) = match text {
            "Q" => {
                let error = self.standing_error();
                self.error = error::NONE;
                (error, String::new())
            }
            _ if text.starts_with(['?', 'F', '&', '%', '#', '*']) => match self.report(text) {
                Some(data) => (self.standing_error(), data),
                None => (error::COMMAND, String::new()),
            },
            "T" => {
                self.terminate(ctx);
                (self.standing_error(), String::new())
            }
            _ => (self.command(ctx, text), String::new()),
        };
        let ready = if self.ready() { 0x20 } else { 0 };
        (0x40 | ready | error, data)
    }

    fn report(&self, text: &str) -> Option<String> {
        let number = match text {
            "?" | "?4" => self.position,
            "?1" => self.speeds.start,
            "?2" => self.speeds.top,
            "?3" => self.speeds.cutoff,
            "?6" => return Some(self.valve.letter().to_string()),
            "?10" | "F" => i64::from(self.stored.is_some()),
            "?12" => self.backlash,
            "?13" | "?14" => 1,
            "?15" => i64::try_from(self.counts[0]).ok()?,
            "?16" => i64::try_from(self.counts[1]).ok()?,
            "?17" | "?18" | "%" => i64::try_from(self.counts[2]).ok()?,
            "?20" | "#" => 0x5A17,
            "?22" | "*" => {
                if self.xlp {
                    240
                } else {
                    255
                }
            }
            "?23" | "&" if self.strange => return Some("999999 Z".to_owned()),
            "?23" | "&" => return Some(if self.xlp { "736830 A" } else { "737230 A" }.to_owned()),
            "?24" => self.gap,
            "?25" if self.xlp => self.speeds.slope,
            "?28" if self.xlp => 0,
            _ => return None,
        };
        Some(number.to_string())
    }

    /// A command string: the error of its answer.
    fn command(&mut self, ctx: &mut Ctx<'_>, text: &str) -> u8 {
        if text.len() > BUFFER {
            return error::OVERFLOW;
        }
        let busy = !self.ready() || self.busy.is_some();
        if text == "R" || text == "X" {
            if text == "R" && matches!(self.busy, Some(Busy::Halt)) {
                self.busy = None;
                return self.go_on(ctx, true);
            }
            if busy {
                return error::OVERFLOW;
            }
            // R goes on with what was terminated, else with what is stored.
            let next = if text == "X" {
                self.last.clone()
            } else {
                self.program.take().or_else(|| self.stored.take())
            };
            let Some(next) = next else { return error::NONE };
            return self.begin(ctx, next);
        }
        let (body, runs) = match text.strip_suffix('R') {
            Some(body) => (body, true),
            None => (text, false),
        };
        let Ok(program) = Program::parse(body) else {
            return error::COMMAND;
        };
        if busy {
            // On the fly, only the top speed.
            return match program.single() {
                Some(Op {
                    letter: Letter::V,
                    operands,
                }) if runs => match operands.first() {
                    Some(speed @ 5..=1024) => {
                        self.speeds.top = *speed;
                        error::NONE
                    }
                    _ => error::OPERAND,
                },
                _ => error::OVERFLOW,
            };
        }
        if !program.balanced() {
            return error::SEQUENCE;
        }
        if runs {
            self.begin(ctx, program)
        } else {
            self.stored = Some(program);
            error::NONE
        }
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>, program: Program) -> u8 {
        self.last = Some(program.clone().rewound());
        self.program = Some(program);
        self.error = error::NONE;
        self.go_on(ctx, true)
    }

    /// Executes until something takes time. An error that comes up at once is told in the answer and then gone; a later
    /// one waits for `Q`.
    fn go_on(&mut self, ctx: &mut Ctx<'_>, at_once: bool) -> u8 {
        while self.busy.is_none() {
            let Some(op) = self.program.as_mut().and_then(Program::next) else {
                self.program = None;
                return error::NONE;
            };
            let failed = self.execute(ctx, &op);
            if failed != error::NONE {
                self.program = None;
                if !at_once {
                    self.error = failed;
                }
                return failed;
            }
        }
        error::NONE
    }

    fn execute(&mut self, ctx: &mut Ctx<'_>, op: &Op) -> u8 {
        let first = op.operands.first().copied();
        let within = |from: i64, to: i64| first.filter(|n| (from..=to).contains(n));
        let set = |slot: &mut i64, value: Option<i64>| match value {
            Some(value) => {
                *slot = value;
                error::NONE
            }
            None => error::OPERAND,
        };
        match op.letter {
            Letter::V => set(&mut self.speeds.top, within(5, 6_000)),
            Letter::Start => set(&mut self.speeds.start, within(50, 1_000)),
            Letter::Cutoff => set(&mut self.speeds.cutoff, within(50, 2_700)),
            Letter::Slope => set(&mut self.speeds.slope, within(1, 20)),
            Letter::Preset => match first.and_then(program::preset) {
                Some(speed) => {
                    self.speeds.top = speed;
                    error::NONE
                }
                None => error::OPERAND,
            },
            Letter::Backlash => set(&mut self.backlash, within(0, 31)),
            Letter::Gap => set(&mut self.gap, within(0, 80)),
            Letter::CutoffIncrements => within(0, 25).map_or(error::OPERAND, |_| error::NONE),
            // Only standard resolution is simulated.
            Letter::Resolution => within(0, 0).map_or(error::OPERAND, |_| error::NONE),
            Letter::Delay => match within(0, 30_000) {
                Some(ms) => {
                    let us = u64::try_from(ms).unwrap_or(0).saturating_mul(1_000);
                    self.busy = Some(Busy::Delay { until: ctx.now + us });
                    error::NONE
                }
                None => error::OPERAND,
            },
            Letter::Halt => {
                self.busy = Some(Busy::Halt);
                error::NONE
            }
            Letter::Valve(to) => {
                if !self.initialised {
                    return error::NOT_INITIALISED;
                }
                if self.valve != to {
                    self.busy = Some(Busy::Turn {
                        to,
                        until: ctx.now + TURN_US,
                    });
                }
                error::NONE
            }
            Letter::Zero { output } => {
                let up = 2.0 * ctx.world.plunger_of(ctx.name) as f64 / ZERO_SPEED;
                self.valve = output;
                self.counts[0] += 1;
                self.busy = Some(Busy::Zero {
                    until: ctx.now + ZERO_US + num::micros(up),
                });
                error::NONE
            }
            Letter::Here => {
                self.position = 0;
                self.initialised = true;
                error::NONE
            }
            Letter::Absolute { quiet } => self.plunge(ctx, first, quiet),
            Letter::PickUp { quiet } => self.plunge(ctx, first.map(|n| self.position + n), quiet),
            Letter::Dispense { quiet } => self.plunge(ctx, first.map(|n| self.position - n), quiet),
        }
    }

    fn plunge(&mut self, ctx: &mut Ctx<'_>, to: Option<i64>, quiet: bool) -> u8 {
        if !self.initialised {
            return error::NOT_INITIALISED;
        }
        let Some(to) = to.filter(|to| (0..=self.full).contains(to)) else {
            return error::OPERAND;
        };
        if self.valve == Valve::Bypass {
            return error::NOT_ALLOWED;
        }
        let way = to - self.position;
        if way != 0 {
            let seconds = self.speeds.seconds(way, way > 0);
            let strikes = |trouble: &Trouble| ctx.world.troubles.strikes(ctx.name, *trouble);
            let mishap = [Trouble::Stuck, Trouble::Jammed, Trouble::Slipped]
                .into_iter()
                .find(strikes);
            self.counts[1] += 1;
            self.busy = Some(Busy::Plunger {
                from: self.position,
                to,
                since: ctx.now,
                until: if mishap == Some(Trouble::Stuck) {
                    u64::MAX
                } else {
                    ctx.now + num::micros(seconds).max(1)
                },
                quiet,
                mishap,
            });
        }
        error::NONE
    }

    /// The plunger comes to rest, or is stopped on its way.
    fn stroke(&mut self, ctx: &mut Ctx<'_>, to: i64) {
        let way = to - self.position;
        self.position = to;
        ctx.world.pump_moves(ctx.name, way, self.valve, ctx.now);
    }

    /// A move whose time has come ends as it must: whole, half-way with an error, or counted whole and half gone.
    fn arrive(&mut self, ctx: &mut Ctx<'_>, to: i64, mishap: Option<Trouble>) {
        let half = (to - self.position) / 2;
        match mishap {
            Some(Trouble::Jammed) => {
                self.stroke(ctx, self.position + half);
                self.error = error::OVERLOAD;
                self.initialised = false;
                self.program = None;
            }
            Some(Trouble::Slipped) => {
                ctx.world.pump_moves(ctx.name, half, self.valve, ctx.now);
                self.position = to;
            }
            _ => self.stroke(ctx, to),
        }
    }

    /// Stops plunger moves, delays and loops; not the valve. What is left of the string goes on with `R`.
    fn terminate(&mut self, ctx: &mut Ctx<'_>) {
        match self.busy {
            Some(Busy::Plunger { .. }) => {
                self.busy = self.cut(ctx);
            }
            Some(Busy::Turn { .. }) => {}
            Some(Busy::Zero { .. }) => {
                self.busy = None;
                self.initialised = false;
                self.program = None;
            }
            Some(Busy::Delay { .. } | Busy::Halt) | None => self.busy = None,
        }
    }

    /// A move that ends where it has got to.
    fn cut(&mut self, ctx: &mut Ctx<'_>) -> Option<Busy> {
        if let Some(Busy::Plunger {
            from,
            to,
            since,
            until,
            ..
        }) = self.busy
        {
            let part = ctx.now.saturating_sub(since) as f64 / until.saturating_sub(since).max(1) as f64;
            let way = num::round_i64((to - from) as f64 * part.clamp(0.0, 1.0));
            self.stroke(ctx, from + way);
        }
        None
    }
}

impl Twin for Cavro {
    fn receive(&mut self, ctx: &mut Ctx<'_>, _port: Port, bytes: &[u8]) {
        for byte in bytes {
            let Some(frame) = self.framing.take(*byte) else {
                continue;
            };
            let Frame {
                address,
                text,
                repeated,
            } = frame;
            if !frame::addressed(address, self.switch) {
                continue;
            }
            let treatment = ctx.wire.faults.begin();
            if treatment == Treatment::Deaf {
                continue;
            }
            let (status, data) = if let Treatment::Refused(code) = treatment {
                (0x60 | code & 0x0F, String::new())
            } else if repeated {
                (self.framing.last(), String::new())
            } else {
                self.request(ctx, &text)
            };
            // A group is obeyed and not answered.
            if frame::single(address) {
                let answer = self.framing.answer(status, &data);
                ctx.wire.send(ctx.now, 0, treatment, answer);
            }
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        let Some(busy) = self
            .busy
            .filter(|b| b.until().is_some_and(|until| until <= ctx.now))
        else {
            return;
        };
        self.busy = None;
        match busy {
            Busy::Plunger { to, mishap, .. } => self.arrive(ctx, to, mishap),
            Busy::Zero { .. } => {
                let up = ctx.world.plunger_of(ctx.name);
                ctx.world.pump_moves(ctx.name, -up, self.valve, ctx.now);
                self.position = 0;
                self.initialised = true;
            }
            Busy::Turn { to, .. } => {
                self.valve = to;
                self.counts[2] += 1;
            }
            Busy::Delay { .. } | Busy::Halt => {}
        }
        self.go_on(ctx, false);
    }

    fn next_due(&self) -> Option<u64> {
        self.busy.and_then(Busy::until).filter(|until| *until < u64::MAX)
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(Busy::Plunger { until, .. }) = &mut self.busy {
            *until = ctx.now.saturating_add(ZERO_US).min(*until);
        }
    }

    /// The plunger stays where it has got to; the controller forgets where that is.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.cut(ctx);
        self.busy = None;
        self.program = None;
        self.stored = None;
        self.last = None;
        self.framing = Framing::new(self.xlp);
        self.initialised = false;
        self.position = 0;
        self.error = error::NONE;
        self.speeds = Speeds::default();
    }
}
