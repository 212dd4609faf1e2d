//! A device of nothing but registers, for benches and for clients by others: what is written stays, power or not.

use super::{
    Ctx,
    modbus::{Exception, Instrument},
};
use crate::text::Table;

/// How many of each table there are.
const SIZE: u16 = 512;
/// What every input register holds.
const INPUT: u16 = 7;

/// The device.
#[derive(Debug)]
pub(crate) struct Registers {
    coils: Vec<u16>,
    holding: Vec<u16>,
    unit: u8,
}

impl Registers {
    /// All bits off and all holding registers 0; the last holding register is the unit, so that it is known who answers.
    pub(crate) fn new(unit: u8) -> Self {
        let mut holding = vec![0; usize::from(SIZE)];
        if let Some(last) = holding.last_mut() {
            *last = u16::from(unit);
        }
        Self {
            coils: vec![0; usize::from(SIZE)],
            holding,
            unit,
        }
    }
}

impl Instrument for Registers {
    fn refresh(&mut self, _: &mut Ctx<'_>) {}

    fn read(&self, table: Table, address: u16, count: u16) -> Option<Vec<u16>> {
        if !self.exists(table, address, usize::from(count)) {
            return None;
        }
        let range = usize::from(address)..usize::from(address) + usize::from(count);
        match table {
            Table::Coil => self.coils.get(range).map(<[u16]>::to_vec),
            Table::Holding => self.holding.get(range).map(<[u16]>::to_vec),
            Table::Discrete => Some(vec![0; usize::from(count)]),
            Table::Input => Some(vec![INPUT; usize::from(count)]),
        }
    }

    fn exists(&self, _: Table, address: u16, count: usize) -> bool {
        usize::from(address) + count <= usize::from(SIZE)
    }

    fn write(
        &mut self,
        _: &mut Ctx<'_>,
        table: Table,
        address: u16,
        values: &[u16],
        _: bool,
    ) -> Result<(), Exception> {
        let cells = match table {
            Table::Coil => &mut self.coils,
            Table::Holding => &mut self.holding,
            Table::Discrete | Table::Input => return Err(Exception::IllegalFunction),
        };
        let range = usize::from(address)..usize::from(address) + values.len();
        cells
            .get_mut(range)
            .ok_or(Exception::IllegalAddress)?
            .copy_from_slice(values);
        Ok(())
    }

    fn identity(&self) -> [String; 3] {
        [
            "hardware-sim".to_owned(),
            "registers".to_owned(),
            self.unit.to_string(),
        ]
    }

    fn advance(&mut self, _: &mut Ctx<'_>) {}

    fn next_due(&self) -> Option<u64> {
        None
    }

    fn power_cycle(&mut self, _: &mut Ctx<'_>) {}
}
