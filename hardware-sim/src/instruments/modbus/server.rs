//! The Modbus server: frames from bytes, on serial lines and sockets, and the device behind them.

use super::pdu::{self, Device, Exception};
use crate::{
    fault::{Part, Treatment},
    instruments::{Ctx, Port, Twin},
    text::Table,
};
use std::collections::{BTreeMap, BTreeSet};

/// Largest frame on any transport.
const LARGEST: usize = 260;
/// After this silence in microseconds a partial frame on a serial line is dropped.
const SILENCE_US: u64 = 20_000;
/// From the end of a request to the start of its answer, in microseconds.
const TURNAROUND_US: u64 = 2_500;

/// How frames are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Rtu,
    Tcp,
}

/// A simulated device behind the server.
pub(crate) trait Instrument {
    /// Brings the registers up to now.
    fn refresh(&mut self, ctx: &mut Ctx<'_>);
    /// Words or bits; `None` when one does not exist.
    fn read(&self, table: Table, address: u16, count: u16) -> Option<Vec<u16>>;
    /// Whether all of a range exists.
    fn exists(&self, table: Table, address: u16, count: usize) -> bool;
    /// Takes a write; `several` is function 15, 16 or 23.
    fn write(
        &mut self,
        ctx: &mut Ctx<'_>,
        table: Table,
        address: u16,
        values: &[u16],
        several: bool,
    ) -> Result<(), Exception>;
    /// Vendor, product code and revision.
    fn identity(&self) -> [String; 3];
    /// A due time was reached.
    fn advance(&mut self, ctx: &mut Ctx<'_>);
    /// When `advance` has something to do.
    fn next_due(&self) -> Option<u64>;
    /// Power was lost and came back.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>);
    /// Faults were taken away.
    fn mended(&mut self, _ctx: &mut Ctx<'_>) {}
}

/// A device together with the moment of a request.
struct Bound<'a, 'b, I> {
    instrument: &'a mut I,
    ctx: &'a mut Ctx<'b>,
    /// What is written is read in the same request.
    read_after: bool,
}

impl<I: Instrument> Device for Bound<'_, '_, I> {
    fn read(&self, table: Table, address: u16, count: u16) -> Option<Vec<u16>> {
        self.instrument.read(table, address, count)
    }

    fn exists(&self, table: Table, address: u16, count: usize) -> bool {
        self.instrument.exists(table, address, count)
    }

    fn write(&mut self, table: Table, address: u16, values: &[u16], several: bool) -> Result<(), Exception> {
        self.instrument.write(self.ctx, table, address, values, several)?;
        if self.read_after {
            self.instrument.refresh(self.ctx);
        }
        Ok(())
    }

    fn identity(&self) -> [String; 3] {
        self.instrument.identity()
    }
}

/// The twin of a Modbus device.
#[derive(Debug)]
pub(crate) struct ModbusServer<I> {
    instrument: I,
    framing: Framing,
    unit: u8,
    /// Units behind the same gateway that answer for themselves.
    others: BTreeSet<u8>,
    /// Whether it speaks for the gateway itself.
    first: bool,
    partial: BTreeMap<Port, Vec<u8>>,
    heard: BTreeMap<Port, u64>,
}

impl<I: Instrument> ModbusServer<I> {
    /// A server with its unit id.
    pub(crate) fn new(instrument: I, framing: Framing, unit: u8) -> Self {
        Self {
            instrument,
            framing,
            unit,
            others: BTreeSet::new(),
            first: true,
            partial: BTreeMap::new(),
            heard: BTreeMap::new(),
        }
    }

    fn serve(&mut self, ctx: &mut Ctx<'_>, request: &[u8]) -> Vec<u8> {
        // What is only written needs no registers that are up to now.
        let function = request.first().copied();
        if !matches!(function, Some(5 | 6 | 15 | 16)) {
            self.instrument.refresh(ctx);
        }
        pdu::answer(
            &mut Bound {
                instrument: &mut self.instrument,
                ctx,
                read_after: function == Some(23),
            },
            request,
        )
    }

    fn rtu(&mut self, ctx: &mut Ctx<'_>, port: Port, mut buffer: Vec<u8>) -> Vec<u8> {
        while let Some(frame) = take_rtu(&mut buffer) {
            let [unit, pdu @ ..] = frame.as_slice() else {
                continue;
            };
            let broadcast = *unit == 0 && matches!(pdu.first(), Some(5 | 6 | 15 | 16 | 22));
            if *unit != self.unit && !broadcast {
                continue;
            }
            let treatment = ctx.wire.faults.begin();
            if treatment == Treatment::Deaf {
                continue;
            }
            let answer = self.treated(ctx, treatment, pdu);
            if !broadcast && !answer.is_empty() {
                let other = treatment == Treatment::Misaddressed(Part::Unit);
                let mut frame = vec![self.unit.wrapping_add(u8::from(other))];
                frame.extend(answer);
                let check = crc(&frame);
                frame.extend(check.to_le_bytes());
                ctx.wire
                    .send(ctx.now + TURNAROUND_US, port, framed(treatment), frame);
            }
        }
        buffer
    }

    /// What the device answers, or a treatment makes it answer.
    fn treated(&mut self, ctx: &mut Ctx<'_>, treatment: Treatment, request: &[u8]) -> Vec<u8> {
        let function = request.first().copied().unwrap_or(0);
        if let Treatment::Refused(code) = treatment {
            return vec![function | 0x80, code];
        }
        let mut answer = self.serve(ctx, request);
        if treatment == Treatment::Misaddressed(Part::Function)
            && let Some(first) = answer.first_mut()
        {
            *first = if function == 3 { 4 } else { 3 };
        }
        answer
    }

    fn tcp(&mut self, ctx: &mut Ctx<'_>, port: Port, mut buffer: Vec<u8>) -> Vec<u8> {
        loop {
            let [t1, t2, p1, p2, l1, l2, unit, ..] = buffer.as_slice() else {
                return buffer;
            };
            let (transaction, protocol, unit) = ([*t1, *t2], [*p1, *p2], *unit);
            let length = usize::from(u16::from_be_bytes([*l1, *l2]));
            if !(2..=LARGEST - 6).contains(&length) {
                // The stream is out of step; nothing in it can be trusted any more.
                return Vec::new();
            }
            let Some(adu) = buffer.get(..6 + length).map(<[u8]>::to_vec) else {
                return buffer;
            };
            buffer.drain(..6 + length);
            // Nobody's units are answered by whoever speaks for the gateway.
            let gateway = unit == 0 || unit == 0xff;
            let mine = unit == self.unit || gateway && self.first;
            let astray = self.first && !self.others.contains(&unit);
            if protocol != [0, 0] || !(mine || astray) {
                continue;
            }
            let treatment = ctx.wire.faults.begin();
            if treatment == Treatment::Deaf {
                continue;
            }
            let request = adu.get(7..).unwrap_or_default();
            let answer = if mine {
                self.treated(ctx, treatment, request)
            } else {
                vec![
                    request.first().copied().unwrap_or(0) | 0x80,
                    Exception::NoTarget as u8,
                ]
            };
            if answer.is_empty() {
                continue;
            }
            let length = u16::try_from(answer.len() + 1).unwrap_or(u16::MAX).to_be_bytes();
            let mut frame = Vec::with_capacity(7 + answer.len());
            let strange = |part| u8::from(treatment == Treatment::Misaddressed(part));
            let [t1, t2] = transaction;
            frame.extend([t1, t2.wrapping_sub(strange(Part::Transaction))]);
            frame.extend([0, 0]);
            frame.extend(length);
            frame.push(unit.wrapping_add(strange(Part::Unit)));
            frame.extend(answer);
            ctx.wire
                .send(ctx.now + TURNAROUND_US, port, framed(treatment), frame);
        }
    }
}

/// What is left for the line to do to a frame that is wrong already.
fn framed(treatment: Treatment) -> Treatment {
    match treatment {
        Treatment::Misaddressed(_) => Treatment::Normal,
        other => other,
    }
}

/// Length of a serial request by its function, once enough of it is there. `None`: not yet known.
fn request_length(buffer: &[u8]) -> Option<usize> {
    match buffer.get(1)? {
        1..=6 | 8 => Some(8),
        15 | 16 => Some(9 + usize::from(*buffer.get(6)?)),
        22 => Some(10),
        23 => Some(13 + usize::from(*buffer.get(10)?)),
        43 => Some(7),
        // An unknown function: the whole of what came is the frame.
        _ => Some(buffer.len().max(4)),
    }
}

/// Takes the next good frame, without its check, off a buffer; a bad one empties it.
fn take_rtu(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = request_length(buffer)?;
    if buffer.len() < length {
        return None;
    }
    let frame: Vec<u8> = buffer.drain(..length).collect();
    if crc(&frame) != 0 {
        // Out of step: only silence brings the next frame's beginning.
        buffer.clear();
        return None;
    }
    frame.get(..length.saturating_sub(2)).map(<[u8]>::to_vec)
}

/// CRC-16/MODBUS; 0 over a whole good frame.
pub(super) fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc: u16, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 }
        })
    })
}

impl<I: Instrument> Twin for ModbusServer<I> {
    fn receive(&mut self, ctx: &mut Ctx<'_>, port: Port, bytes: &[u8]) {
        let mut buffer = self.partial.remove(&port).unwrap_or_default();
        let quiet = ctx
            .now
            .saturating_sub(self.heard.insert(port, ctx.now).unwrap_or(0));
        if self.framing == Framing::Rtu && quiet > SILENCE_US {
            buffer.clear();
        }
        buffer.extend_from_slice(bytes);
        let rest = match self.framing {
            Framing::Rtu => self.rtu(ctx, port, buffer),
            Framing::Tcp => self.tcp(ctx, port, buffer),
        };
        if rest.len() <= LARGEST {
            self.partial.insert(port, rest);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        self.instrument.advance(ctx);
    }

    fn next_due(&self) -> Option<u64> {
        self.instrument.next_due()
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.partial.clear();
        self.instrument.power_cycle(ctx);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.instrument.mended(ctx);
    }

    fn units(&self) -> BTreeSet<u8> {
        BTreeSet::from([self.unit])
    }

    fn neighbours(&mut self, units: BTreeSet<u8>, first: bool) {
        self.others = units;
        self.first = first;
    }

    fn closed(&mut self, port: Port) {
        self.partial.remove(&port);
        self.heard.remove(&port);
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
