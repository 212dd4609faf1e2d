//! What every twin is: bytes in at a time, bytes out with due times, and time passing. Also the line it
//! speaks on: byte times and planted faults.

use crate::{
    fault::{Faults, Treatment},
    num,
    world::World,
};
use std::collections::{BTreeSet, VecDeque};

/// A connection of an instrument; a serial line has but one, 0.
pub(crate) type Port = u64;

/// Bytes on their way to the host.
#[derive(Debug)]
struct Said {
    due: u64,
    port: Port,
    bytes: Vec<u8>,
    /// Number of the instrument on its line; `None` is the host itself.
    who: Option<usize>,
}

/// One line: what travels on it, and how long that takes.
#[derive(Debug)]
pub(crate) struct Wire {
    /// Microseconds of one byte; 0 on a socket.
    byte_us: f64,
    /// What the host sends comes back to it.
    echo: bool,
    /// Number on the line of the instrument that acts now.
    pub(crate) speaker: usize,
    received: VecDeque<(u64, Port, Vec<u8>)>,
    sent: VecDeque<Said>,
    receiving_until: u64,
    sending_until: u64,
    /// The bytes that arrived last.
    heard: Vec<u8>,
    pub(crate) faults: Faults,
}

impl Wire {
    /// A quiet line.
    pub(crate) fn new(byte_us: f64, echo: bool, faults: Faults) -> Self {
        Self {
            byte_us,
            echo,
            speaker: 0,
            received: VecDeque::new(),
            sent: VecDeque::new(),
            receiving_until: 0,
            sending_until: 0,
            heard: Vec::new(),
            faults,
        }
    }

    fn travel(&self, bytes: usize) -> u64 {
        num::round_u64(self.byte_us * num::count(bytes))
    }

    /// Bytes begin to arrive now; they are there when the last one is.
    pub(crate) fn arrive(&mut self, now: u64, port: Port, mut bytes: Vec<u8>) {
        let own = self.echo.then(|| bytes.clone());
        self.faults.hear(&mut bytes);
        self.receiving_until = self
            .receiving_until
            .max(now)
            .saturating_add(self.travel(bytes.len()));
        if let Some(bytes) = own {
            self.sent.push_back(Said {
                due: self.receiving_until,
                port,
                bytes,
                who: None,
            });
        }
        self.received.push_back((self.receiving_until, port, bytes));
    }

    /// When the next bytes are there.
    pub(crate) fn next_arrival(&self) -> Option<u64> {
        self.received.front().map(|(due, _, _)| *due)
    }

    /// The bytes that are there by now.
    pub(crate) fn arrived(&mut self, now: u64) -> Option<(Port, Vec<u8>)> {
        let due = self.received.front().is_some_and(|(due, _, _)| *due <= now);
        let (_, port, bytes) = due.then(|| self.received.pop_front()).flatten()?;
        self.heard.clone_from(&bytes);
        Some((port, bytes))
    }

    /// Sends an answer now, as the request's treatment lets it.
    pub(crate) fn send(&mut self, now: u64, port: Port, treatment: Treatment, bytes: Vec<u8>) {
        let mut begin = if self.byte_us > 0.0 {
            self.sending_until.max(now)
        } else {
            now
        };
        for (late, piece) in self.faults.pieces(treatment, &self.heard, bytes) {
            let due = begin
                .saturating_add(late)
                .saturating_add(self.travel(piece.len()));
            self.sending_until = due;
            self.sent.push_back(Said {
                due,
                port,
                bytes: piece,
                who: Some(self.speaker),
            });
            begin = due;
        }
    }

    /// When the next answer of a port is complete.
    pub(crate) fn next_answer(&self, port: Port) -> Option<u64> {
        self.sent
            .iter()
            .filter(|said| said.port == port)
            .map(|said| said.due)
            .min()
    }

    /// Answers of a port that are complete by now.
    pub(crate) fn answers(&mut self, now: u64, port: Port) -> Vec<u8> {
        let mut out = Vec::new();
        self.sent.retain_mut(|said| {
            let ripe = said.port == port && said.due <= now;
            if ripe && out.is_empty() {
                out = std::mem::take(&mut said.bytes);
            } else if ripe {
                out.extend_from_slice(&said.bytes);
            }
            !ripe
        });
        out
    }

    /// Forgets what a port has not heard yet.
    pub(crate) fn forget(&mut self, port: Port) {
        self.sent.retain(|said| said.port != port);
    }

    /// One instrument falls silent: what it was saying is cut off.
    pub(crate) fn hush(&mut self, who: usize) {
        self.sent.retain(|said| said.who != Some(who));
    }

    /// Power is gone: nothing that was on its way arrives.
    pub(crate) fn silence(&mut self) {
        self.received.clear();
        self.sent.clear();
    }
}

/// What a twin may touch while it acts.
pub(crate) struct Ctx<'a> {
    pub(crate) now: u64,
    pub(crate) name: &'a str,
    pub(crate) world: &'a mut World,
    pub(crate) wire: &'a mut Wire,
}

/// A simulated instrument. Implemented by the motor board, the incubator, the Modbus devices and the
/// operator; driven by the one core, which calls it at its due times in global order.
pub(crate) trait Twin {
    /// Bytes arrived.
    fn receive(&mut self, ctx: &mut Ctx<'_>, port: Port, bytes: &[u8]);
    /// A due time was reached.
    fn advance(&mut self, ctx: &mut Ctx<'_>);
    /// When `advance` has something to do.
    fn next_due(&self) -> Option<u64>;
    /// Power was lost and came back.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>);
    /// Faults were taken away: what was stuck goes on.
    fn mended(&mut self, _ctx: &mut Ctx<'_>) {}
    /// Somebody pushes its carriage to a place, in mm. False: it has none, holds it, or is down somewhere.
    fn pushed(&mut self, _ctx: &mut Ctx<'_>, _x: f64, _y: f64) -> bool {
        false
    }
    /// Its Modbus units.
    fn units(&self) -> BTreeSet<u8> {
        BTreeSet::new()
    }
    /// Who else is on its line, by Modbus unit, and whether it is the first there.
    fn neighbours(&mut self, _units: BTreeSet<u8>, _first: bool) {}
    /// A connection ended.
    fn closed(&mut self, _port: Port) {}
}
