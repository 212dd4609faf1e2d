//! The registers of one device, with their names, types and word order.

use crate::{
    num,
    text::{Profile, RegisterType, Table},
};
use std::{collections::BTreeMap, sync::Arc};

/// Words or bits of a device, by table and wire address. What is not in the map does not exist.
#[derive(Clone, Debug)]
pub(crate) struct Bank {
    profile: Arc<Profile>,
    cells: BTreeMap<(Table, u16), u16>,
}

impl Bank {
    /// All registers of a profile, zero.
    pub(crate) fn new(profile: Arc<Profile>) -> Self {
        let mut cells = BTreeMap::new();
        for register in profile.registers.values() {
            let words = register.kind.words().saturating_mul(register.count);
            for offset in 0..words {
                cells.insert((register.table, register.address.saturating_add(offset)), 0);
            }
        }
        Self { profile, cells }
    }

    /// The profile it was made from.
    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Words or bits from an address on; `None` when one does not exist.
    pub(crate) fn read(&self, table: Table, address: u16, count: u16) -> Option<Vec<u16>> {
        (0..count)
            .map(|offset| self.cells.get(&(table, address.checked_add(offset)?)).copied())
            .collect()
    }

    /// Whether all of a range exists.
    pub(crate) fn exists(&self, table: Table, address: u16, count: usize) -> bool {
        (0..count).all(|offset| {
            u16::try_from(offset)
                .ok()
                .and_then(|offset| address.checked_add(offset))
                .is_some_and(|address| self.cells.contains_key(&(table, address)))
        })
    }

    /// Writes words or bits from an address on; what does not exist stays so.
    pub(crate) fn write(&mut self, table: Table, address: u16, values: &[u16]) {
        for (offset, value) in values.iter().enumerate() {
            let cell = u16::try_from(offset)
                .ok()
                .and_then(|offset| address.checked_add(offset))
                .and_then(|address| self.cells.get_mut(&(table, address)));
            if let Some(cell) = cell {
                *cell = *value;
            }
        }
    }

    /// Address of a named register.
    pub(crate) fn address(&self, name: &str) -> Option<(Table, u16)> {
        self.profile
            .registers
            .get(name)
            .map(|register| (register.table, register.address))
    }

    /// The number behind a name of a register's values (0 when the profile has no such name).
    pub(crate) fn value_of(&self, register: &str, value: &str) -> i32 {
        self.profile
            .registers
            .get(register)
            .and_then(|register| register.values.get(value))
            .copied()
            .unwrap_or(0)
    }

    /// First word of a named register.
    pub(crate) fn word(&self, name: &str) -> u16 {
        self.address(name)
            .and_then(|key| self.cells.get(&key))
            .copied()
            .unwrap_or(0)
    }

    /// A named register as a number in its unit.
    pub(crate) fn number(&self, name: &str) -> f64 {
        let scale = self
            .profile
            .registers
            .get(name)
            .and_then(|register| register.scale)
            .unwrap_or(1.0);
        let word = self.word(name);
        let signed = self
            .profile
            .registers
            .get(name)
            .is_some_and(|register| register.kind == RegisterType::I16);
        let raw = if signed {
            f64::from(i16::from_be_bytes(word.to_be_bytes()))
        } else {
            f64::from(word)
        };
        raw * scale
    }

    /// Sets a named register to one of its named values.
    pub(crate) fn set_value(&mut self, register: &str, value: &str) {
        let number = self.value_of(register, value);
        self.set(register, f64::from(number));
    }

    /// Sets or clears a named bit of a register.
    pub(crate) fn set_bit(&mut self, register: &str, bit: &str, on: bool) {
        let Some(mask) = self
            .profile
            .registers
            .get(register)
            .and_then(|register| register.bits.get(bit))
            .and_then(|bit| 1_u16.checked_shl(*bit))
        else {
            return;
        };
        let word = self.word(register);
        self.set(register, f64::from(if on { word | mask } else { word & !mask }));
    }

    /// Sets a named register to a number in its unit.
    pub(crate) fn set(&mut self, name: &str, number: f64) {
        self.set_all(name, &[number]);
    }

    /// Sets a named register of several values.
    pub(crate) fn set_all(&mut self, name: &str, numbers: &[f64]) {
        let Some(register) = self.profile.registers.get(name) else {
            return;
        };
        let scale = register.scale.unwrap_or(1.0);
        let (table, address, kind) = (register.table, register.address, register.kind);
        let order = self.profile.word_order.clone();
        let words: Vec<u16> = numbers
            .iter()
            .take(usize::from(register.count))
            .flat_map(|number| {
                let scaled = number / scale;
                match kind {
                    RegisterType::Bool => vec![u16::from(scaled != 0.0)],
                    RegisterType::U16 => vec![num::round_u16(scaled)],
                    RegisterType::I16 => {
                        let value = i16::try_from(num::round_i64(scaled)).unwrap_or(0);
                        vec![u16::from_be_bytes(value.to_be_bytes())]
                    }
                    RegisterType::U32 => ordered(
                        u32::try_from(num::round_u64(scaled))
                            .unwrap_or(u32::MAX)
                            .to_be_bytes(),
                        &order,
                    ),
                    RegisterType::I32 => ordered(
                        i32::try_from(num::round_i64(scaled)).unwrap_or(0).to_be_bytes(),
                        &order,
                    ),
                    RegisterType::F32 => ordered(num::to_f32(scaled).to_be_bytes(), &order),
                }
            })
            .collect();
        self.write(table, address, &words);
    }
}

/// Two words of a 32-bit value in a device's order.
fn ordered(bytes: [u8; 4], order: &str) -> Vec<u16> {
    let [a, b, c, d] = bytes;
    let (first, second) = match order {
        "CDAB" => ([c, d], [a, b]),
        "BADC" => ([b, a], [d, c]),
        "DCBA" => ([d, c], [b, a]),
        _ => ([a, b], [c, d]),
    };
    vec![u16::from_be_bytes(first), u16::from_be_bytes(second)]
}
