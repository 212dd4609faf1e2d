//! Reading and writing registers by name.

use super::value;
use crate::devices::{Failure, FailureKind, Moved};
use crate::drivers::failure::{moved, refused, unsupported};
use crate::link::LineError;
use crate::link::modbus::{Client, ClientError, Exception};
use crate::rig::profile::modbus::{ModbusProfile, Register, RegisterType, TableKind, WordOrder};
use std::collections::BTreeMap;

/// Most words that one read may ask for.
const MOST_WORDS: u16 = 125;
/// How often something that is safe to repeat is asked.
const ATTEMPTS: u32 = 3;

/// A device's registers by name, over a client.
pub(super) struct Registers {
    pub(super) client: Client,
    pub(super) profile: ModbusProfile,
    pub(super) name: String,
}

/// As a failure of something that moves nothing.
pub(super) fn talk(error: &ClientError) -> Failure {
    Failure::new(FailureKind::NoAnswer, Moved::No, error.to_string())
}

impl Registers {
    pub(super) fn register(&self, name: &str) -> Result<Register, Failure> {
        let register = self.profile.registers.get(name).cloned();
        register.ok_or_else(|| {
            unsupported(format!(
                "the profile of \"{}\" has no register \"{name}\"",
                self.name
            ))
        })
    }

    /// Objects have their own order, low byte first.
    const fn order(&self, register: &Register) -> WordOrder {
        if register.object.is_some() {
            WordOrder::Abcd
        } else {
            self.profile.word_order
        }
    }

    pub(super) fn said_no(&self, exception: Exception, what: &str) -> Failure {
        refused(format!("\"{}\" answers {exception} to {what}", self.name))
    }

    /// What a register holds, in words.
    pub(super) async fn told(&mut self, name: &str) -> Result<String, Failure> {
        let register = self.register(name)?;
        if let Some(value) = self.integers(&[name]).await?.get(name) {
            let bits = register.bits_of(*value);
            if let Some(word) = register.name_of(*value) {
                return Ok(word.to_owned());
            }
            if !register.bits.is_empty() {
                return Ok(if bits.is_empty() {
                    "none".to_owned()
                } else {
                    bits.join(" and ")
                });
            }
        }
        let value = self.array(name).await?.first().copied().flatten();
        let unit = register
            .unit
            .as_ref()
            .map_or_else(String::new, |unit| format!(" {unit}"));
        Ok(value.map_or_else(|| "no number".to_owned(), |value| format!("{value}{unit}")))
    }

    /// Reads registers in as few requests as their addresses allow; those of one request are one snapshot.
    pub(super) async fn integers(&mut self, names: &[&str]) -> Result<BTreeMap<String, i64>, Failure> {
        let mut out = BTreeMap::new();
        let mut wanted: BTreeMap<TableKind, Vec<(String, Register)>> = BTreeMap::new();
        for name in names {
            let register = self.register(name)?;
            if register.object.is_some() {
                let words = self.object(&register).await?;
                let read = value::integers(&register, WordOrder::Abcd, &words);
                let number = read.and_then(|v| v.first().copied());
                let number =
                    number.ok_or_else(|| unsupported(format!("object \"{name}\" holds no whole number")))?;
                out.insert((*name).to_owned(), number);
                continue;
            }
            wanted
                .entry(register.table)
                .or_default()
                .push(((*name).to_owned(), register));
        }
        for (table, mut registers) in wanted {
            registers.sort_by_key(|(_, r)| r.address);
            let mut rest = registers.as_slice();
            while let Some((_, first)) = rest.first() {
                let end = |r: &Register| u32::from(r.address) + r.span();
                let fits =
                    |(_, r): &&(String, Register)| end(r) - u32::from(first.address) <= u32::from(MOST_WORDS);
                let n = rest.iter().take_while(fits).count().max(1);
                let (group, later) = rest.split_at_checked(n).unwrap_or((rest, &[]));
                let last = group.iter().map(|(_, r)| end(r)).max().unwrap_or_default();
                let count = u16::try_from(last - u32::from(first.address)).unwrap_or(MOST_WORDS);
                let words = self.words(table, first.address, count).await?;
                for (name, register) in group {
                    let at = usize::from(register.address - first.address);
                    let span = usize::try_from(register.span()).unwrap_or(0);
                    let own = words.get(at..at + span).unwrap_or_default();
                    let read = value::integers(register, self.profile.word_order, own);
                    let number = read.and_then(|v| v.first().copied());
                    let number = number
                        .ok_or_else(|| unsupported(format!("register \"{name}\" holds no whole number")))?;
                    out.insert(name.clone(), number);
                }
                rest = later;
            }
        }
        Ok(out)
    }

    /// Reads an array, in pieces of whole elements.
    pub(super) async fn array(&mut self, name: &str) -> Result<Vec<Option<f64>>, Failure> {
        self.beginning(name, u16::MAX).await
    }

    /// Reads the first elements of an array, in pieces of whole elements.
    pub(super) async fn beginning(&mut self, name: &str, count: u16) -> Result<Vec<Option<f64>>, Failure> {
        let mut register = self.register(name)?;
        register.count = register.count.min(count);
        if register.object.is_some() {
            let words = self.object(&register).await?;
            let numbers = value::numbers(&register, WordOrder::Abcd, &words);
            return numbers
                .ok_or_else(|| unsupported(format!("object \"{name}\" cannot be read as a number")));
        }
        let size = register.kind.size();
        let piece = MOST_WORDS / size * size;
        let mut words = Vec::new();
        let mut done = 0_u32;
        while done < register.span() {
            let count = u16::try_from(register.span() - done)
                .unwrap_or(u16::MAX)
                .min(piece);
            let address = u16::try_from(u32::from(register.address) + done);
            let address =
                address.map_err(|_| unsupported(format!("register \"{name}\" ends beyond address 65535")))?;
            words.extend(self.words(register.table, address, count).await?);
            done += u32::from(count);
        }
        let numbers = value::numbers(&register, self.profile.word_order, &words);
        numbers.ok_or_else(|| unsupported(format!("register \"{name}\" cannot be read as numbers")))
    }

    /// Words (or bits as words) of a table; asked again when no answer comes or the device is busy.
    async fn words(&mut self, table: TableKind, address: u16, count: u16) -> Result<Vec<u16>, Failure> {
        let bits =
            |answer: Result<Vec<bool>, Exception>| answer.map(|b| b.into_iter().map(u16::from).collect());
        let mut attempt = 1;
        loop {
            let answer = match table {
                TableKind::Coil => self.client.read_coils(address, count).await.map(bits),
                TableKind::Discrete => self.client.read_discrete(address, count).await.map(bits),
                TableKind::Input => self.client.read_input(address, count).await,
                TableKind::Holding => self.client.read_holding(address, count).await,
            };
            match answer {
                Ok(Ok(words)) => return Ok(words),
                Ok(Err(exception)) if exception.is_busy() && attempt < ATTEMPTS => attempt += 1,
                Ok(Err(exception)) => {
                    let what = format!("reading {count} at {address}");
                    return Err(self.said_no(exception, &what));
                }
                Err(ClientError::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(talk(&error)),
            }
        }
    }

    /// The words of an object, high word first; asked again when no answer comes.
    async fn object(&mut self, register: &Register) -> Result<Vec<u16>, Failure> {
        let (index, sub) = (register.address, register.object.unwrap_or_default());
        let mut attempt = 1;
        loop {
            match self.client.read_object(index, sub, register.kind.bytes()).await {
                Ok(Ok(bytes)) => {
                    let words = value::of_object(register.kind, &bytes);
                    return words.ok_or_else(|| unsupported(format!("object {index:X} holds no number")));
                }
                Ok(Err(exception)) => {
                    return Err(self.said_no(exception, &format!("reading object {index:X}")));
                }
                Err(ClientError::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(talk(&error)),
            }
        }
    }

    /// Writes a value into a holding register; repeated when no answer comes, since it states a goal.
    pub(super) async fn write(&mut self, name: &str, value: f64) -> Result<(), Failure> {
        let register = self.register(name)?;
        let words = value::words(&register, self.profile.word_order, value);
        let Some(words) = words.filter(|_| register.table == TableKind::Holding) else {
            return Err(refused(format!(
                "{value} is out of range for \"{name}\" of \"{}\"",
                self.name
            )));
        };
        self.put(name, &register, words).await
    }

    /// Writes a value with the function for single registers (6) where it is one word, which some devices insist on. Only
    /// what states a goal is written `again` when the answer is lost.
    pub(super) async fn put_one(&mut self, name: &str, value: f64, again: bool) -> Result<(), Failure> {
        let register = self.register(name)?;
        let words = value::words(&register, self.order(&register), value);
        let Some(words) = words else {
            return Err(refused(format!(
                "{value} is out of range for \"{name}\" of \"{}\"",
                self.name
            )));
        };
        let mut left = if again { ATTEMPTS } else { 1 };
        loop {
            left -= 1;
            let written = match (register.object, words.as_slice()) {
                (Some(sub), words) => {
                    let bytes = value::to_object(register.kind, words);
                    self.client.write_object(register.address, sub, bytes).await
                }
                (None, [word]) => self.client.write_register(register.address, *word).await,
                (None, words) => {
                    self.client
                        .write_registers(register.address, words.to_vec())
                        .await
                }
            };
            match written {
                Ok(Ok(())) => return Ok(()),
                // Busy: it was not taken, so that it may be said again.
                Ok(Err(exception)) if exception.is_busy() && left > 0 => {}
                Ok(Err(exception)) => return Err(self.said_no(exception, &format!("writing \"{name}\""))),
                Err(ClientError::Line(LineError::NoAnswer { .. })) if left > 0 => {}
                Err(error) if !again && error.sent() => return Err(moved(talk(&error), Moved::Unknown)),
                Err(error) => return Err(talk(&error)),
            }
        }
    }

    /// Writes the value that a register calls `none`.
    pub(super) async fn write_absent(&mut self, name: &str) -> Result<(), Failure> {
        let register = self.register(name)?;
        let word = match (register.kind, register.values.get("none")) {
            (RegisterType::U16, Some(raw)) => u16::try_from(*raw).ok(),
            (RegisterType::I16, Some(raw)) => i16::try_from(*raw).ok().map(i16::cast_unsigned),
            _ => None,
        };
        let word = word.ok_or_else(|| {
            unsupported(format!(
                "\"{name}\" of \"{}\" must have a value: its register names none for \"none\"",
                self.name
            ))
        })?;
        self.put(name, &register, vec![word]).await
    }

    /// Writes words into an array, from its beginning.
    pub(super) async fn write_block(&mut self, name: &str, words: Vec<u16>) -> Result<(), Failure> {
        let register = self.register(name)?;
        self.put(name, &register, words).await
    }

    async fn put(&mut self, name: &str, register: &Register, words: Vec<u16>) -> Result<(), Failure> {
        let mut attempt = 1;
        loop {
            match self.client.write_registers(register.address, words.clone()).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(exception)) if exception.is_busy() && attempt < ATTEMPTS => attempt += 1,
                Ok(Err(exception)) => return Err(self.said_no(exception, &format!("writing \"{name}\""))),
                Err(ClientError::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(talk(&error)),
            }
        }
    }

    /// Whether a register is a single bit.
    pub(super) fn is_bit(&self, name: &str) -> bool {
        self.profile
            .registers
            .get(name)
            .is_some_and(|r| r.kind == RegisterType::Bool)
    }
}
