//! The Thermo Cytomat incubator: native text protocol, slots, transfer station, shaker, barcode scanner.

use super::{Ctx, Port, Twin, mechanics::Durations};
use crate::hazard::Hazard;
use crate::{
    fault::{Treatment, Trouble},
    ledger::Event,
    quantity::{Celsius, Seconds},
    world::slot_place,
};
use std::collections::BTreeMap;

/// Longest line that is kept.
const LONGEST_LINE: usize = 256;

/// `er` codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Busy = 0x01,
    Unknown = 0x02,
    Structure = 0x03,
    Parameter = 0x04,
    Location = 0x05,
    WrongPosition = 0x11,
    HandlerOccupied = 0x21,
    HandlerEmpty = 0x22,
    TransferEmpty = 0x31,
    TransferOccupied = 0x32,
}

/// A spot that the handler reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    Slot(u16),
    Transfer,
    Wait,
    Exposed,
}

/// What the unit is busy with.
#[derive(Clone, Copy, Debug)]
enum Job {
    Initialise,
    Move { from: Spot, to: Spot },
    Scan { first: u16, last: u16 },
    Shaker { on: bool },
    Gate { open: bool },
    Shovel,
}

/// A job and its end.
#[derive(Clone, Copy, Debug)]
struct Busy {
    job: Job,
    since: u64,
    until: u64,
}

/// The twin of the incubator.
#[derive(Debug)]
pub(crate) struct Cytomat {
    // What the rig file says.
    transfer: String,
    slots: u16,
    temperature: Celsius,
    scanner: bool,
    durations: Durations,
    // State.
    partial: Vec<u8>,
    busy: Option<Busy>,
    error: u8,
    gate_open: bool,
    shovel_out: bool,
    rpm: BTreeMap<u16, u16>,
    scanned: BTreeMap<u16, Option<String>>,
    treatment: Treatment,
}

impl Cytomat {
    /// A unit that is switched on and initialised.
    pub(crate) fn new(
        transfer: String,
        slots: u16,
        temperature: Celsius,
        scanner: bool,
        durations: Durations,
    ) -> Self {
        Self {
            transfer,
            slots,
            temperature,
            scanner,
            durations,
            partial: Vec::new(),
            busy: None,
            error: 0,
            gate_open: false,
            shovel_out: false,
            rpm: BTreeMap::new(),
            scanned: BTreeMap::new(),
            treatment: Treatment::Normal,
        }
    }

    fn place(&self, ctx: &Ctx<'_>, spot: Spot) -> String {
        match spot {
            Spot::Slot(slot) => slot_place(ctx.name, slot),
            Spot::Transfer => self.transfer.clone(),
            Spot::Wait => format!("{}/wait", ctx.name),
            Spot::Exposed => format!("{}/exposed", ctx.name),
        }
    }

    fn occupied(&self, ctx: &Ctx<'_>, spot: Spot) -> bool {
        ctx.world.at(&self.place(ctx, spot)).is_some()
    }

    /// Busy 0, ready 1, warning 2, error 3, handler occupied 4, gate open 5, door 6, transfer occupied 7.
    fn overview(&self, ctx: &Ctx<'_>) -> u8 {
        let flags = [
            self.busy.is_some(),
            self.busy.is_none(),
            false,
            self.error != 0,
            self.occupied(ctx, Spot::Wait),
            self.gate_open,
            ctx.world.troubles.lasts(ctx.name, Trouble::DoorOpen),
            self.occupied(ctx, Spot::Transfer),
        ];
        flags
            .iter()
            .rev()
            .fold(0, |byte, flag| byte << 1 | u8::from(*flag))
    }

    /// Target in the top three bits, step in the low five; 00 while nothing moves.
    fn action(&self, now: u64) -> u8 {
        let Some(busy) = self.busy else { return 0 };
        let length = busy.until.saturating_sub(busy.since).max(1);
        let third = now.saturating_sub(busy.since).saturating_mul(3) / length;
        let step = match third {
            0 => 0x01,
            1 => 0x07,
            _ => 0x0c,
        };
        let target: u8 = match busy.job {
            Job::Initialise => 1,
            Job::Move {
                to: Spot::Transfer | Spot::Exposed,
                ..
            } => 4,
            Job::Move { to: Spot::Wait, .. } => 2,
            Job::Move {
                to: Spot::Slot(_), ..
            }
            | Job::Scan { .. } => 3,
            Job::Shaker { .. } | Job::Gate { .. } | Job::Shovel => 0,
        };
        target << 5 | step
    }

    fn slot(&self, text: &str) -> Result<u16, Refusal> {
        if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::Parameter);
        }
        let slot: u16 = text.parse().map_err(|_| Refusal::Parameter)?;
        if (1..=self.slots).contains(&slot) {
            Ok(slot)
        } else {
            Err(Refusal::Location)
        }
    }

    /// Carries out one request: its answer without the end of line.
    fn request(&mut self, ctx: &mut Ctx<'_>, line: &str) -> Result<String, Refusal> {
        let (head, tail) = line.split_once(' ').unwrap_or((line, ""));
        let (class, command) = head.split_once(':').ok_or(Refusal::Structure)?;
        let params: Vec<&str> = tail.split_ascii_whitespace().collect();
        match class {
            "ch" => self.check(ctx, command, &params),
            "rs" if command == "be" && params.is_empty() => {
                self.error = 0;
                Ok(self.accepted(ctx))
            }
            "mv" | "ll" | "se" => {
                if self.busy.is_some() {
                    return Err(Refusal::Busy);
                }
                match class {
                    "mv" => self.movement(ctx, command, &params),
                    "ll" => self.low_level(ctx, command, &params),
                    _ => self.set(ctx, command, &params),
                }
            }
            "rs" => Err(Refusal::Unknown),
            _ => Err(Refusal::Structure),
        }
    }

    fn accepted(&self, ctx: &Ctx<'_>) -> String {
        format!("ok {:02X}", self.overview(ctx))
    }

    fn check(&self, ctx: &Ctx<'_>, command: &str, params: &[&str]) -> Result<String, Refusal> {
        match (command, params) {
            ("bs", []) => Ok(format!("bs {:02X}", self.overview(ctx))),
            ("be", []) => Ok(format!("be {:02X}", self.error)),
            ("bw", []) => Ok("bw 00".into()),
            ("ba", []) => Ok(format!("ba {:02X}", self.action(ctx.now))),
            ("sw", []) => Ok("sw 00".into()),
            ("ts", []) => Ok(format!("ts {:02X}", u8::from(self.occupied(ctx, Spot::Transfer)))),
            ("it", []) => {
                let actual = ctx
                    .world
                    .incubators
                    .get(ctx.name)
                    .map_or(self.temperature, |state| state.temperature);
                Ok(format!("it {:+05.1} {:+05.1}", self.temperature.0, actual.0))
            }
            ("ic" | "io", []) => Ok(format!("{command} +00.0 +00.0")),
            ("ih", []) => Ok("ih +80.0 +80.0".into()),
            ("bc", [slot]) if self.scanner => {
                let slot = self.slot(slot)?;
                let code = self.scanned.get(&slot).cloned().flatten();
                Ok(format!("bc {}", code.as_deref().unwrap_or("-")))
            }
            ("bs" | "be" | "bw" | "ba" | "sw" | "ts" | "it" | "ic" | "io" | "ih" | "bc", _) => {
                Err(Refusal::Parameter)
            }
            _ => Err(Refusal::Unknown),
        }
    }

    fn movement(&mut self, ctx: &mut Ctx<'_>, command: &str, params: &[&str]) -> Result<String, Refusal> {
        if command == "sn" {
            if !self.scanner {
                return Err(Refusal::Unknown);
            }
            let [first, last] = params else {
                return Err(Refusal::Parameter);
            };
            let (first, last) = (self.slot(first)?, self.slot(last)?);
            if last < first {
                return Err(Refusal::Parameter);
            }
            return Ok(self.begin(ctx, Job::Scan { first, last }));
        }
        // With the door open nothing is carried.
        if ctx.world.troubles.lasts(ctx.name, Trouble::DoorOpen) {
            return Err(Refusal::WrongPosition);
        }
        let (from, to) = match (command, params) {
            ("st", [slot]) => (Spot::Slot(self.slot(slot)?), Spot::Transfer),
            ("ts", [slot]) => (Spot::Transfer, Spot::Slot(self.slot(slot)?)),
            ("sw", [slot]) => (Spot::Slot(self.slot(slot)?), Spot::Wait),
            ("ws", [slot]) => (Spot::Wait, Spot::Slot(self.slot(slot)?)),
            ("wt", []) => (Spot::Wait, Spot::Transfer),
            ("tw", []) => (Spot::Transfer, Spot::Wait),
            ("wh", []) => (Spot::Wait, Spot::Exposed),
            ("hw", []) => (Spot::Exposed, Spot::Wait),
            ("sh", [slot]) => (Spot::Slot(self.slot(slot)?), Spot::Exposed),
            ("hs", [slot]) => (Spot::Exposed, Spot::Slot(self.slot(slot)?)),
            ("st" | "ts" | "sw" | "ws" | "wt" | "tw" | "wh" | "hw" | "sh" | "hs", _) => {
                return Err(Refusal::Parameter);
            }
            _ => return Err(Refusal::Unknown),
        };
        // The sensors of transfer station and handler refuse at once; a slot is only found when reached.
        match (from, self.occupied(ctx, from)) {
            (Spot::Transfer, false) => return Err(Refusal::TransferEmpty),
            (Spot::Wait | Spot::Exposed, false) => return Err(Refusal::HandlerEmpty),
            _ => {}
        }
        match (to, self.occupied(ctx, to)) {
            (Spot::Transfer, true) => return Err(Refusal::TransferOccupied),
            (Spot::Wait | Spot::Exposed, true) => return Err(Refusal::HandlerOccupied),
            _ => {}
        }
        // An access stops the shaker by itself, and it stays off.
        ctx.world
            .shake(ctx.name, false, self.rpm.get(&1).copied().unwrap_or(0), ctx.now);
        Ok(self.begin(ctx, Job::Move { from, to }))
    }

    fn low_level(&mut self, ctx: &mut Ctx<'_>, command: &str, params: &[&str]) -> Result<String, Refusal> {
        let job = match (command, params) {
            ("in", []) => {
                ctx.world.shake(ctx.name, false, 0, ctx.now);
                Job::Initialise
            }
            ("gp", ["002"]) => Job::Gate { open: true },
            ("gp", ["001"]) => Job::Gate { open: false },
            ("sp", ["001" | "002"]) => Job::Shovel,
            ("vi" | "vd", []) => Job::Shaker { on: false },
            ("va", []) => Job::Shaker { on: true },
            ("in" | "gp" | "sp" | "vi" | "vd" | "va", _) => return Err(Refusal::Parameter),
            _ => return Err(Refusal::Unknown),
        };
        Ok(self.begin(ctx, job))
    }

    fn set(&mut self, ctx: &Ctx<'_>, command: &str, params: &[&str]) -> Result<String, Refusal> {
        let ("pb", [shaker, rpm]) = (command, params) else {
            return Err(if command == "pb" {
                Refusal::Parameter
            } else {
                Refusal::Unknown
            });
        };
        let number = match *shaker {
            "20" => 1,
            "21" => 2,
            _ => return Err(Refusal::Parameter),
        };
        if rpm.len() != 4 {
            return Err(Refusal::Parameter);
        }
        let rpm: u16 = rpm.parse().map_err(|_| Refusal::Parameter)?;
        self.rpm.insert(number, rpm);
        Ok(self.accepted(ctx))
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>, job: Job) -> String {
        let (action, usual) = match job {
            Job::Initialise => ("initialise", Seconds(60.0)),
            Job::Move {
                to: Spot::Slot(_), ..
            } => ("store", Seconds(32.0)),
            Job::Move { .. } => ("retrieve", Seconds(32.0)),
            Job::Scan { .. } => ("scan_barcode", Seconds(6.0)),
            Job::Shaker { .. } => ("shake", Seconds(1.0)),
            Job::Gate { .. } | Job::Shovel => ("gate", Seconds(3.0)),
        };
        let mut us = self.durations.draw(action, usual);
        if let Job::Scan { first, last } = job {
            us = us.saturating_mul(u64::from(last - first) + 1);
        }
        self.busy = Some(Busy {
            job,
            since: ctx.now,
            until: if ctx.world.troubles.strikes(ctx.name, Trouble::Stuck) {
                u64::MAX
            } else {
                ctx.now.saturating_add(us)
            },
        });
        self.accepted(ctx)
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        match job {
            Job::Initialise => {
                self.error = 0;
                self.gate_open = false;
                self.shovel_out = false;
            }
            Job::Move { from, to } => self.carry(ctx, from, to),
            Job::Scan { first, last } => {
                for slot in first..=last {
                    let code = ctx
                        .world
                        .at(&slot_place(ctx.name, slot))
                        .and_then(|item| item.barcode.clone());
                    let code = misread(ctx, code);
                    let event = Event::BarcodeScanned {
                        instrument: ctx.name.to_owned(),
                        slot,
                        code: code.clone(),
                    };
                    ctx.world.record(ctx.now, event);
                    self.scanned.insert(slot, code);
                }
            }
            Job::Shaker { on } => {
                ctx.world
                    .shake(ctx.name, on, self.rpm.get(&1).copied().unwrap_or(0), ctx.now)
            }
            Job::Gate { open } => self.gate_open = open,
            Job::Shovel => self.shovel_out = !self.shovel_out,
        }
    }

    fn carry(&mut self, ctx: &mut Ctx<'_>, from: Spot, to: Spot) {
        let (here, there) = (self.place(ctx, from), self.place(ctx, to));
        if ctx.world.at(&here).is_none() {
            // 02: plate not loaded onto the shovel.
            self.error = 0x02;
            let text = format!("the handler finds no plate at {here}");
            ctx.world
                .violate(ctx.now, ctx.name, &here, Hazard::GripsNothing, text);
            return;
        }
        if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
            // 05: a movement timed out. What was gripped stays on the handler.
            self.error = 0x05;
            let wait = self.place(ctx, Spot::Wait);
            if ctx.world.at(&wait).is_none() {
                ctx.world.carry(ctx.name, &here, &wait, ctx.now);
            }
            return;
        }
        let Some(plate) = ctx.world.carry(ctx.name, &here, &there, ctx.now) else {
            // 03: plate not unloaded; it went back to where it came from.
            self.error = 0x03;
            return;
        };
        let instrument = ctx.name.to_owned();
        match (from, to) {
            (Spot::Slot(slot), Spot::Transfer) => ctx.world.record(
                ctx.now,
                Event::Retrieved {
                    plate,
                    instrument,
                    slot,
                },
            ),
            (Spot::Transfer, Spot::Slot(slot)) => ctx.world.record(
                ctx.now,
                Event::Stored {
                    plate,
                    instrument,
                    slot,
                },
            ),
            _ => {}
        }
    }
}

/// What a scanner makes of a code.
pub(super) fn misread(ctx: &mut Ctx<'_>, code: Option<String>) -> Option<String> {
    if ctx.world.troubles.strikes(ctx.name, Trouble::NoBarcode) {
        return None;
    }
    if ctx.world.troubles.strikes(ctx.name, Trouble::WrongBarcode) {
        return Some("X-000000".to_owned());
    }
    code
}

impl Twin for Cytomat {
    fn receive(&mut self, ctx: &mut Ctx<'_>, _port: Port, bytes: &[u8]) {
        for byte in bytes {
            if !matches!(*byte, b'\r' | b'\n') {
                if self.partial.len() < LONGEST_LINE {
                    self.partial.push(*byte);
                }
                continue;
            }
            let text = std::mem::take(&mut self.partial);
            let line = String::from_utf8_lossy(&text).trim().to_owned();
            if line.is_empty() {
                continue;
            }
            self.treatment = ctx.wire.faults.begin();
            if self.treatment == Treatment::Deaf {
                continue;
            }
            let refused = match self.treatment {
                Treatment::Refused(code) => Some(code),
                _ => None,
            };
            let answer = match refused.map_or_else(|| self.request(ctx, &line).map_err(|r| r as u8), Err) {
                Ok(answer) => format!("{answer}\r"),
                Err(refusal) => format!("er {refusal:02X}\r"),
            };
            ctx.wire.send(ctx.now, 0, self.treatment, answer.into_bytes());
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(busy) = self.busy
            && busy.until <= ctx.now
        {
            self.busy = None;
            self.finish(ctx, busy.job);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.busy.map(|busy| busy.until).filter(|until| *until < u64::MAX)
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(busy) = &mut self.busy {
            busy.until = busy.until.min(ctx.now.saturating_add(1_000_000));
        }
    }

    /// A transfer that was cut short leaves its plate where it came from; the unit initialises by itself.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.partial.clear();
        self.scanned.clear();
        self.rpm.clear();
        self.error = 0;
        self.busy = None;
        ctx.world.shake(ctx.name, false, 0, ctx.now);
        self.begin(ctx, Job::Initialise);
    }
}
