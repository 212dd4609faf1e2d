//! Registers of a regulator: cells with a type, some writable, shown and taken as numbers. What is in no cell does not exist.

use crate::{
    instruments::{
        Ctx,
        modbus::{Exception, Instrument},
    },
    num,
    text::Table,
};
use std::collections::BTreeMap;

/// Type of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bit,
    U16,
    I16,
    U32,
    I32,
    F32,
}

impl Kind {
    fn words(self) -> u16 {
        match self {
            Self::Bit | Self::U16 | Self::I16 => 1,
            Self::U32 | Self::I32 | Self::F32 => 2,
        }
    }

    fn encoded(self, number: f64, low_first: bool) -> Vec<u16> {
        let two = |bytes: [u8; 4]| {
            let [a, b, c, d] = bytes;
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            if low_first {
                vec![low, high]
            } else {
                vec![high, low]
            }
        };
        match self {
            Self::Bit => vec![u16::from(number != 0.0)],
            Self::U16 => vec![num::round_u16(number)],
            Self::I16 => {
                let value = num::round_i64(number).clamp(i64::from(i16::MIN), i64::from(i16::MAX));
                vec![u16::from_be_bytes(
                    i16::try_from(value).unwrap_or(0).to_be_bytes(),
                )]
            }
            Self::U32 => two(u32::try_from(num::round_u64(number))
                .unwrap_or(u32::MAX)
                .to_be_bytes()),
            Self::I32 => {
                let value = num::round_i64(number).clamp(i64::from(i32::MIN), i64::from(i32::MAX));
                two(i32::try_from(value).unwrap_or(0).to_be_bytes())
            }
            // Quiet, as the makers write it.
            Self::F32 if number.is_nan() => two(0x7FC0_0000_u32.to_be_bytes()),
            Self::F32 => two(num::to_f32(number).to_be_bytes()),
        }
    }

    fn decoded(self, words: &[u16], low_first: bool) -> f64 {
        let first = words.first().copied().unwrap_or(0);
        let second = words.get(1).copied().unwrap_or(0);
        let (high, low) = if low_first {
            (second, first)
        } else {
            (first, second)
        };
        let long = u32::from(high) << 16 | u32::from(low);
        match self {
            Self::Bit | Self::U16 => f64::from(first),
            Self::I16 => f64::from(i16::from_be_bytes(first.to_be_bytes())),
            Self::U32 => f64::from(long),
            Self::I32 => f64::from(i32::from_be_bytes(long.to_be_bytes())),
            Self::F32 => f64::from(f32::from_bits(long)),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    kind: Kind,
    writable: bool,
}

/// The registers of one device.
#[derive(Clone, Debug)]
pub(super) struct Map {
    cells: BTreeMap<(Table, u16), Cell>,
    words: BTreeMap<(Table, u16), u16>,
    low_first: bool,
    /// Input registers are the holding registers.
    pub(super) one_table: bool,
}

impl Map {
    /// None yet; whether 32-bit numbers come low word first.
    pub(super) fn new(low_first: bool) -> Self {
        Self {
            cells: BTreeMap::new(),
            words: BTreeMap::new(),
            low_first,
            one_table: false,
        }
    }

    /// Holding registers of one type.
    pub(super) fn holding(self, kind: Kind, writable: bool, addresses: &[u16]) -> Self {
        self.cells(Table::Holding, kind, writable, addresses)
    }

    /// Cells of one type.
    pub(super) fn cells(mut self, table: Table, kind: Kind, writable: bool, addresses: &[u16]) -> Self {
        for address in addresses {
            self.cells.insert((table, *address), Cell { kind, writable });
            for offset in 0..kind.words() {
                self.words.insert((table, address.saturating_add(offset)), 0);
            }
        }
        self
    }

    fn table(&self, table: Table) -> Table {
        if self.one_table && table == Table::Input {
            Table::Holding
        } else {
            table
        }
    }

    /// Shows a number in a holding register.
    pub(super) fn show(&mut self, address: u16, number: f64) {
        self.show_in(Table::Holding, address, number);
    }

    /// Shows a number in a cell.
    pub(super) fn show_in(&mut self, table: Table, address: u16, number: f64) {
        let Some(cell) = self.cells.get(&(table, address)) else {
            return;
        };
        let words = cell.kind.encoded(number, self.low_first);
        for (offset, word) in (0..).zip(words) {
            self.words.insert((table, address.saturating_add(offset)), word);
        }
    }

    fn decoded(&self, table: Table, address: u16, kind: Kind) -> f64 {
        let words: Vec<u16> = (0..kind.words())
            .map(|offset| self.word(table, address.saturating_add(offset)))
            .collect();
        kind.decoded(&words, self.low_first)
    }

    /// One word or bit.
    pub(super) fn word(&self, table: Table, address: u16) -> u16 {
        self.words.get(&(table, address)).copied().unwrap_or(0)
    }

    /// What a write sets, cell by cell; `None` when a word of it may not be written.
    fn written(&self, table: Table, address: u16, values: &[u16]) -> Option<Vec<(u16, f64)>> {
        let mut next = self.clone();
        let end = u32::from(address) + u32::try_from(values.len()).ok()?;
        for (offset, value) in (0..).zip(values) {
            next.words.insert((table, address.checked_add(offset)?), *value);
        }
        let touched = self.cells.iter().filter(|((of, at), cell)| {
            let (from, to) = (u32::from(*at), u32::from(*at) + u32::from(cell.kind.words()));
            *of == table && from < end && to > u32::from(address)
        });
        touched
            .map(|((_, at), cell)| cell.writable.then(|| (*at, next.decoded(table, *at, cell.kind))))
            .collect()
    }
}

/// A device behind registers. Implemented by every Modbus regulator of this folder, driven by [`Registers`].
pub(super) trait Regulator {
    /// Shows all that it measures and holds.
    fn show(&self, ctx: &Ctx<'_>, map: &mut Map);
    /// Takes a number that was written into a cell; a refusal leaves the cells after it untouched.
    fn set(&mut self, ctx: &mut Ctx<'_>, at: (Table, u16), number: f64) -> Result<(), Exception>;
    /// All of a write was taken; what it sets off may still be refused.
    fn written(&mut self, _ctx: &mut Ctx<'_>) -> Result<(), Exception> {
        Ok(())
    }
    /// A write that is a command and sets no cell; `None`: it is none.
    fn command(&mut self, _: &mut Ctx<'_>, _: u16, _: &[u16]) -> Option<Result<(), Exception>> {
        None
    }
    /// Whether a range may be asked for at once, if all of it exists.
    fn aligned(&self, _table: Table, _address: u16, _count: usize) -> bool {
        true
    }
    /// Vendor, product and revision; empty where function 43 is unknown to it.
    fn identity(&self) -> [String; 3] {
        Default::default()
    }
    /// A due time was reached.
    fn advance(&mut self, _ctx: &mut Ctx<'_>) {}
    /// When `advance` has something to do.
    fn next_due(&self) -> Option<u64> {
        None
    }
    /// Power was lost and came back.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>);
    /// Faults were taken away.
    fn mended(&mut self, _ctx: &mut Ctx<'_>) {}
}

/// A regulator with its registers.
#[derive(Debug)]
pub(super) struct Registers<R> {
    pub(super) device: R,
    map: Map,
}

impl<R: Regulator> Registers<R> {
    /// A device and what registers it has.
    pub(super) fn new(device: R, map: Map) -> Self {
        Self { device, map }
    }
}

impl<R: Regulator> Instrument for Registers<R> {
    fn refresh(&mut self, ctx: &mut Ctx<'_>) {
        self.device.show(ctx, &mut self.map);
    }

    fn read(&self, table: Table, address: u16, count: u16) -> Option<Vec<u16>> {
        let table = self.map.table(table);
        if !self.device.aligned(table, address, usize::from(count)) {
            return None;
        }
        let word = |offset: u16| {
            self.map
                .words
                .get(&(table, address.checked_add(offset)?))
                .copied()
        };
        (0..count).map(word).collect()
    }

    fn exists(&self, table: Table, address: u16, count: usize) -> bool {
        u16::try_from(count).is_ok_and(|count| self.read(table, address, count).is_some())
    }

    fn write(
        &mut self,
        ctx: &mut Ctx<'_>,
        table: Table,
        address: u16,
        values: &[u16],
        _several: bool,
    ) -> Result<(), Exception> {
        if table == Table::Holding
            && let Some(done) = self.device.command(ctx, address, values)
        {
            return done;
        }
        self.device.show(ctx, &mut self.map);
        let cells = self.map.written(table, address, values);
        for (at, number) in cells.ok_or(Exception::IllegalAddress)? {
            self.device.set(ctx, (table, at), number)?;
            self.map.show_in(table, at, number);
        }
        self.device.written(ctx)
    }

    fn identity(&self) -> [String; 3] {
        self.device.identity()
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        self.device.advance(ctx);
    }

    fn next_due(&self) -> Option<u64> {
        self.device.next_due()
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.device.power_cycle(ctx);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.device.mended(ctx);
    }
}
