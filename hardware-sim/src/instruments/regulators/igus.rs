//! The igus dryve D1: CANopen objects in Modbus TCP, function 43 with 13, numbers low byte first. Written from dossier 10 H.
//!
//! Where the dossier is silent: it has one client, and a newer one takes its place; a move that begins before it is homed is
//! a fault; the axis is 0 to 50000 hundredths of a millimetre long, and a target beyond it is refused with code 03. An error
//! frame has a length of 3.

use super::plant::{self, Move};
use crate::{
    fault::{Part, Treatment, Trouble},
    instruments::{Ctx, Port, Twin},
    num,
};
use std::collections::BTreeMap;

/// Bytes of a request without its data.
const HEAD: usize = 19;
const LONGEST: usize = 64;
/// Length of the axis, in hundredths of a millimetre.
const MOST: f64 = 50_000.0;

/// Codes of error frames.
const NO_OBJECT: u8 = 0x02;
const BAD_VALUE: u8 = 0x03;
const FAILED: u8 = 0x04;

/// Bits of the status.
mod status {
    pub(super) const READY: u16 = 0x0021;
    pub(super) const SWITCHED_ON: u16 = 0x0023;
    pub(super) const ENABLED: u16 = 0x0027;
    pub(super) const DISABLED: u16 = 0x0040;
    pub(super) const FAULT: u16 = 0x0008;
    pub(super) const REMOTE: u16 = 0x0200;
    pub(super) const REACHED: u16 = 0x0400;
    pub(super) const ATTAINED: u16 = 0x1000;
}

/// The drive's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Disabled,
    Ready,
    SwitchedOn,
    Enabled,
    Fault,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    way: Move,
    home: bool,
    stuck: bool,
}

/// The drive.
#[derive(Debug)]
pub(crate) struct Igus {
    partial: BTreeMap<Port, Vec<u8>>,
    state: State,
    control: u16,
    mode: u8,
    homed: bool,
    position: f64,
    running: Option<Running>,
    /// The last move was cut short.
    cut: bool,
    /// Objects that are but kept, by index and sub-index, with their number of bytes.
    objects: BTreeMap<(u16, u8), (u32, u8)>,
}

/// Objects that are written and read, with their bytes and first values.
const KEPT: [(u16, u8, u8, u32); 16] = [
    (0x6040, 0, 2, 0),
    (0x6060, 0, 1, 1),
    (0x607A, 0, 4, 0),
    (0x6081, 0, 4, 10_000),
    (0x6083, 0, 4, 50_000),
    (0x6084, 0, 4, 50_000),
    (0x6085, 0, 4, 200_000),
    (0x6092, 1, 4, 6_000),
    (0x6092, 2, 4, 1),
    (0x6098, 0, 1, 17),
    (0x6099, 1, 4, 6_000),
    (0x6099, 2, 4, 1_000),
    (0x609A, 0, 4, 20_000),
    (0x60A8, 0, 4, 0xFB01_0000),
    (0x60FF, 0, 4, 0),
    (0x605E, 0, 2, 2),
];

impl Igus {
    /// Just switched on, its enable input on.
    pub(crate) fn new() -> Self {
        let kept = KEPT.iter();
        Self {
            partial: BTreeMap::new(),
            state: State::Disabled,
            control: 0,
            mode: 1,
            homed: false,
            position: 0.0,
            running: None,
            cut: false,
            objects: kept
                .map(|(index, sub, bytes, first)| ((*index, *sub), (*first, *bytes)))
                .collect(),
        }
    }

    fn object(&self, index: u16, sub: u8) -> f64 {
        self.objects
            .get(&(index, sub))
            .map_or(0.0, |(value, _)| f64::from(*value))
    }

    fn at(&self, now: u64) -> f64 {
        self.running
            .as_ref()
            .map_or(self.position, |running| running.way.at(now))
    }

    fn enabled_input(ctx: &Ctx<'_>) -> bool {
        !ctx.world.troubles.lasts(ctx.name, Trouble::DoorOpen)
    }

    fn status(&self) -> u16 {
        let state = match self.state {
            State::Disabled => status::DISABLED,
            State::Ready => status::READY,
            State::SwitchedOn => status::SWITCHED_ON,
            State::Enabled => status::ENABLED,
            State::Fault => return status::FAULT | status::REMOTE,
        };
        let shows = self.state != State::Disabled;
        let rests = self.running.is_none() && !self.cut;
        // Of a move, bit 12 says that its target was taken; of homing, that it is done.
        let attained = match self.mode {
            6 => self.homed && rests,
            _ => self.state == State::Enabled && self.control & 0x0010 != 0,
        };
        let bits = [
            (shows, status::REMOTE),
            (rests, status::REACHED),
            (attained, status::ATTAINED),
        ];
        bits.iter()
            .filter(|(on, _)| *on)
            .fold(state, |word, (_, bit)| word | bit)
    }

    fn stops(&mut self, ctx: &mut Ctx<'_>) {
        self.position = self.at(ctx.now).round();
        if self.running.take().is_some() {
            self.cut = true;
            plant::took(ctx, "position", self.position);
        }
    }

    /// The control word was written.
    fn controls(&mut self, ctx: &mut Ctx<'_>, word: u16) {
        let rises = word & !self.control;
        self.control = word;
        if rises & 0x0080 != 0 && self.state == State::Fault {
            self.state = State::Disabled;
            return;
        }
        if !Self::enabled_input(ctx) && self.state != State::Fault {
            self.stops(ctx);
            self.state = State::Disabled;
            return;
        }
        let next = match (word & 0x0F, self.state) {
            (_, State::Fault) => State::Fault,
            (0x06 | 0x0E, _) => State::Ready,
            (0x07, State::Ready | State::SwitchedOn | State::Enabled) => State::SwitchedOn,
            (0x0F, State::SwitchedOn | State::Enabled) => State::Enabled,
            (0x0F | 0x07, state) => state,
            // Quick stop, or no voltage.
            _ => State::Disabled,
        };
        if self.state == State::Enabled && next != State::Enabled {
            self.stops(ctx);
        }
        self.state = next;
        if word & 0x0100 != 0 {
            return self.stops(ctx);
        }
        if self.state == State::Enabled && rises & 0x0010 != 0 {
            self.starts(ctx);
        }
    }

    fn starts(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now;
        let stuck = ctx.world.troubles.strikes(ctx.name, Trouble::Stuck);
        let from = self.at(now);
        let (way, home) = match self.mode {
            6 => {
                let speed = self.object(0x6099, 1);
                let ramp = self.object(0x609A, 0);
                self.homed = false;
                (Move::new(now, (from, 0.0), speed, (ramp, ramp)), true)
            }
            1 if self.homed => {
                let target = self.object(0x607A, 0).min(MOST);
                let rates = (self.object(0x6083, 0), self.object(0x6084, 0));
                (
                    Move::new(now, (from, target), self.object(0x6081, 0), rates),
                    false,
                )
            }
            _ => {
                self.stops(ctx);
                self.state = State::Fault;
                return;
            }
        };
        self.cut = false;
        self.running = Some(Running { way, home, stuck });
    }

    fn read(&self, ctx: &Ctx<'_>, index: u16, sub: u8) -> Option<(u32, u8)> {
        let signed = |value: f64| {
            let value = i32::try_from(num::round_i64(value)).unwrap_or(0);
            u32::from_le_bytes(value.to_le_bytes())
        };
        Some(match (index, sub) {
            (0x6041, 0) => (u32::from(self.status()), 2),
            (0x6061, 0) => (u32::from(self.mode), 1),
            (0x6064, 0) => (signed(self.at(ctx.now)), 4),
            (0x606C, 0) => {
                let speed = self.running.map_or(0.0, |running| running.way.speed(ctx.now));
                (signed(speed), 4)
            }
            (0x6502, 0) => (0x25, 4),
            (0x1008, 0) => (0x3144, 4),
            (0x603F, 0) => (if self.state == State::Fault { 0x8611 } else { 0 }, 2),
            _ => *self.objects.get(&(index, sub))?,
        })
    }

    fn write(&mut self, ctx: &mut Ctx<'_>, index: u16, sub: u8, data: &[u8]) -> Result<(), u8> {
        let mut bytes = [0; 4];
        for (place, byte) in bytes.iter_mut().zip(data) {
            *place = *byte;
        }
        let value = u32::from_le_bytes(bytes);
        let (_, size) = *self.objects.get(&(index, sub)).ok_or(NO_OBJECT)?;
        // Small numbers may come with their low bytes alone.
        if data.len() > usize::from(size) {
            return Err(BAD_VALUE);
        }
        match index {
            0x6060 if ![1, 3, 6].contains(&value) || self.running.is_some() => return Err(BAD_VALUE),
            0x6060 => self.mode = bytes[0],
            0x607A if f64::from(value) > MOST => return Err(BAD_VALUE),
            0x6081 | 0x6083 | 0x6084 | 0x609A if value == 0 => return Err(BAD_VALUE),
            0x6040 => self.controls(ctx, u16::try_from(value).unwrap_or(0)),
            _ => {}
        }
        self.objects.insert((index, sub), (value, size));
        Ok(())
    }

    /// The answer to a request without its first seven bytes, without the same.
    fn answer(&mut self, ctx: &mut Ctx<'_>, body: &[u8]) -> Vec<u8> {
        let function = body.first().copied().unwrap_or(0);
        let refused = |code: u8| vec![function | 0x80, code];
        let [0x2B, 0x0D, rw, 0, 0, high, low, sub, 0, 0, 0, count, data @ ..] = body else {
            return refused(0x01);
        };
        let index = u16::from_be_bytes([*high, *low]);
        match rw {
            0 => match self.read(ctx, index, *sub) {
                None => refused(NO_OBJECT),
                Some((value, size)) if (1..=size).contains(count) && data.is_empty() => {
                    let mut answer = body.to_vec();
                    answer.extend(value.to_le_bytes().iter().take(usize::from(*count)));
                    answer
                }
                Some(_) => refused(BAD_VALUE),
            },
            1 if data.len() == usize::from(*count) && (1..=4).contains(count) => {
                match self.write(ctx, index, *sub, data) {
                    Ok(()) => vec![0x2B, 0x0D, 1, 0, 0, *high, *low, *sub, 0, 0, 0, 0],
                    Err(code) => refused(code),
                }
            }
            1 => refused(BAD_VALUE),
            _ => refused(FAILED),
        }
    }
}

impl Twin for Igus {
    fn receive(&mut self, ctx: &mut Ctx<'_>, port: Port, bytes: &[u8]) {
        let mut buffer = self.partial.remove(&port).unwrap_or_default();
        buffer.extend(bytes);
        while let [t1, t2, 0, 0, high, low, unit, ..] = *buffer.as_slice() {
            let length = usize::from(u16::from_be_bytes([high, low]));
            if !(2..=LONGEST).contains(&length) {
                return;
            }
            let Some(frame) = buffer.get(..6 + length).map(<[u8]>::to_vec) else {
                break;
            };
            buffer.drain(..6 + length);
            let treatment = ctx.wire.faults.begin();
            if treatment == Treatment::Deaf {
                continue;
            }
            let body = frame.get(7..).unwrap_or_default();
            let answer = match treatment {
                Treatment::Refused(code) => vec![0xAB, code],
                _ => self.answer(ctx, body),
            };
            let length = u16::try_from(answer.len() + 1).unwrap_or(u16::MAX).to_be_bytes();
            let other = u8::from(treatment == Treatment::Misaddressed(Part::Transaction));
            let mut sent = vec![t1, t2.wrapping_add(other), 0, 0];
            sent.extend(length);
            sent.push(unit);
            sent.extend(answer);
            ctx.wire.send(ctx.now, port, treatment, sent);
        }
        if buffer.len() <= HEAD + LONGEST {
            self.partial.insert(port, buffer);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        let Some(running) = self.running.filter(|r| !r.stuck && r.way.until() <= ctx.now) else {
            return;
        };
        self.running = None;
        if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
            self.position = ((self.position + running.way.to) / 2.0).round();
            self.homed = false;
            self.cut = true;
            self.state = State::Fault;
        } else {
            self.position = running.way.to;
            self.homed |= running.home;
        }
        plant::took(ctx, "position", self.position);
    }

    fn next_due(&self) -> Option<u64> {
        let running = self.running.filter(|running| !running.stuck)?;
        Some(running.way.until())
    }

    /// It must be enabled and homed anew; what was set is gone.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        let position = self.at(ctx.now).round();
        *self = Self::new();
        self.position = position;
    }

    fn mended(&mut self, _ctx: &mut Ctx<'_>) {
        if let Some(running) = &mut self.running {
            running.stuck = false;
        }
    }

    fn closed(&mut self, port: Port) {
        self.partial.remove(&port);
    }
}
