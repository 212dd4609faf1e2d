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

    /// The same, to be kept while registers change.
    pub(crate) fn shared_profile(&self) -> Arc<Profile> {
        Arc::clone(&self.profile)
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
        let kind = self.profile.registers.get(name).map(|register| register.kind);
        let words = kind
            .zip(self.address(name))
            .and_then(|(kind, (table, address))| self.read(table, address, kind.words()))
            .unwrap_or_default();
        let raw = kind.map_or(0.0, |kind| decoded(kind, &words, &self.profile.word_order));
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

    /// Sets a named register of words with two characters each, the first in the high byte, ended by a zero byte.
    pub(crate) fn set_text(&mut self, name: &str, text: &str) {
        let count = self
            .profile
            .registers
            .get(name)
            .map_or(0, |register| register.count);
        let mut bytes: Vec<u8> = text.bytes().collect();
        bytes.resize(usize::from(count).saturating_mul(2), 0);
        let words: Vec<f64> = bytes
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => f64::from(u16::from_be_bytes([*high, *low])),
                _ => 0.0,
            })
            .collect();
        self.set_all(name, &words);
    }

    /// Sets a named register of several values.
    pub(crate) fn set_all(&mut self, name: &str, numbers: &[f64]) {
        let Self { profile, cells } = self;
        let Some(register) = profile.registers.get(name) else {
            return;
        };
        let scale = register.scale.unwrap_or(1.0);
        let size = register.kind.words();
        let words = numbers
            .iter()
            .take(usize::from(register.count))
            .flat_map(|number| {
                let words = encoded(register.kind, number / scale, &profile.word_order);
                words.into_iter().take(usize::from(size))
            });
        // A register's words follow one another, so that one look finds them all.
        let all = cells.range_mut((register.table, register.address)..);
        for (((table, _), cell), word) in all.zip(words) {
            if *table != register.table {
                return;
            }
            *cell = word;
        }
    }
}

/// The number that words of a type hold.
fn decoded(kind: RegisterType, words: &[u16], order: &str) -> f64 {
    let first = words.first().copied().unwrap_or(0);
    let [high, low] = ordered(
        [first, words.get(1).copied().unwrap_or(0)]
            .map(u16::to_be_bytes)
            .concat()
            .try_into()
            .unwrap_or_default(),
        order,
    );
    let long = u32::from(high) << 16 | u32::from(low);
    match kind {
        RegisterType::Bool | RegisterType::U16 => f64::from(first),
        RegisterType::I16 => f64::from(i16::from_be_bytes(first.to_be_bytes())),
        RegisterType::U32 => f64::from(long),
        RegisterType::I32 => f64::from(i32::from_be_bytes(long.to_be_bytes())),
        RegisterType::F32 => f64::from(f32::from_bits(long)),
    }
}

/// A number as the one or two words of its type; of one word, the first.
fn encoded(kind: RegisterType, number: f64, order: &str) -> [u16; 2] {
    match kind {
        RegisterType::Bool => [u16::from(number != 0.0), 0],
        RegisterType::U16 => [num::round_u16(number), 0],
        RegisterType::I16 => {
            let value = i16::try_from(num::round_i64(number)).unwrap_or(0);
            [u16::from_be_bytes(value.to_be_bytes()), 0]
        }
        RegisterType::U32 => {
            let value = u32::try_from(num::round_u64(number)).unwrap_or(u32::MAX);
            ordered(value.to_be_bytes(), order)
        }
        RegisterType::I32 => {
            let value = i32::try_from(num::round_i64(number)).unwrap_or(0);
            ordered(value.to_be_bytes(), order)
        }
        RegisterType::F32 => ordered(num::to_f32(number).to_be_bytes(), order),
    }
}

/// Two words of a 32-bit value in a device's order.
fn ordered(bytes: [u8; 4], order: &str) -> [u16; 2] {
    let [a, b, c, d] = bytes;
    let (first, second) = match order {
        "CDAB" => ([c, d], [a, b]),
        "BADC" => ([b, a], [d, c]),
        "DCBA" => ([d, c], [b, a]),
        _ => ([a, b], [c, d]),
    };
    [u16::from_be_bytes(first), u16::from_be_bytes(second)]
}
