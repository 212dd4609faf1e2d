//! Function codes over a device's tables: requests in, answers or exceptions out, checked in the order
//! function, count, address, value.

use crate::text::Table;

/// An exception code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exception {
    /// No exception: nothing is answered at all.
    Silence = 0,
    IllegalFunction = 1,
    IllegalAddress = 2,
    IllegalValue = 3,
    Failure = 4,
    Busy = 6,
    NoTarget = 11,
}

/// A device as the server sees it. Implemented by the simulated devices and by the tests' plain map.
pub(crate) trait Device {
    /// Words (or bits as 0 and 1) from an address on; `None` when one does not exist.
    fn read(&self, table: Table, address: u16, count: u16) -> Option<Vec<u16>>;
    /// Whether all of a range exists.
    fn exists(&self, table: Table, address: u16, count: usize) -> bool;
    /// Writes words or bits that exist; `several` tells function 16 from the single writes.
    fn write(&mut self, table: Table, address: u16, values: &[u16], several: bool) -> Result<(), Exception>;
    /// Vendor, product code and revision.
    fn identity(&self) -> [String; 3];
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

fn words(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).filter_map(|pair| word(pair, 0)).collect()
}

fn bits(bytes: &[u8], count: u16) -> Vec<u16> {
    bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| u16::from(byte >> bit & 1)))
        .take(usize::from(count))
        .collect()
}

fn packed(bits: &[u16]) -> Vec<u8> {
    bits.chunks(8)
        .map(|chunk| {
            chunk
                .iter()
                .rev()
                .fold(0, |byte, bit| byte << 1 | u8::from(*bit != 0))
        })
        .collect()
}

fn flat(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn counted(function: u8, data: Vec<u8>) -> Vec<u8> {
    let mut answer = vec![function, u8::try_from(data.len()).unwrap_or(u8::MAX)];
    answer.extend(data);
    answer
}

/// Answers one request without address and checks of its frame; empty: not at all.
pub(crate) fn answer(device: &mut impl Device, pdu: &[u8]) -> Vec<u8> {
    let function = pdu.first().copied().unwrap_or(0);
    match respond(device, function, pdu) {
        Ok(answer) => answer,
        Err(Exception::Silence) => Vec::new(),
        Err(exception) => vec![function | 0x80, exception as u8],
    }
}

fn respond(device: &mut impl Device, function: u8, pdu: &[u8]) -> Result<Vec<u8>, Exception> {
    let short = Exception::IllegalValue;
    let address = word(pdu, 1);
    let second = word(pdu, 3);
    match function {
        1..=4 => {
            let (address, count) = (address.ok_or(short)?, second.ok_or(short)?);
            let (table, most) = match function {
                1 => (Table::Coil, 2000),
                2 => (Table::Discrete, 2000),
                3 => (Table::Holding, 125),
                _ => (Table::Input, 125),
            };
            if !(1..=most).contains(&count) {
                return Err(Exception::IllegalValue);
            }
            let values = device
                .read(table, address, count)
                .ok_or(Exception::IllegalAddress)?;
            Ok(counted(
                function,
                if function <= 2 {
                    packed(&values)
                } else {
                    flat(&values)
                },
            ))
        }
        5 | 6 => {
            let (address, value) = (address.ok_or(short)?, second.ok_or(short)?);
            let (table, written) = match (function, value) {
                (5, 0xff00) => (Table::Coil, 1),
                (5, 0) => (Table::Coil, 0),
                (5, _) => return Err(Exception::IllegalValue),
                (_, value) => (Table::Holding, value),
            };
            write(device, table, address, &[written], false)?;
            Ok(pdu.to_vec())
        }
        // Return query data; the other diagnostics are not there.
        8 if address == Some(0) && second.is_some() => Ok(pdu.to_vec()),
        15 | 16 => {
            let (address, count) = (address.ok_or(short)?, second.ok_or(short)?);
            let data = pdu.get(6..).ok_or(short)?;
            let bytes = usize::from(pdu.get(5).copied().ok_or(short)?);
            let (most, expected) = if function == 15 {
                (1968, usize::from(count.div_ceil(8)))
            } else {
                (123, usize::from(count) * 2)
            };
            if !(1..=most).contains(&count) || bytes != expected || data.len() != expected {
                return Err(Exception::IllegalValue);
            }
            let (table, values) = if function == 15 {
                (Table::Coil, bits(data, count))
            } else {
                (Table::Holding, words(data))
            };
            write(device, table, address, &values, true)?;
            Ok(pdu.iter().take(5).copied().collect())
        }
        22 => {
            let (address, and, or) = (
                address.ok_or(short)?,
                second.ok_or(short)?,
                word(pdu, 5).ok_or(short)?,
            );
            let old = device
                .read(Table::Holding, address, 1)
                .and_then(|words| words.first().copied());
            let old = old.ok_or(Exception::IllegalAddress)?;
            device.write(Table::Holding, address, &[old & and | or & !and], false)?;
            Ok(pdu.to_vec())
        }
        23 => {
            let (from, count) = (address.ok_or(short)?, second.ok_or(short)?);
            let (to, written) = (word(pdu, 5).ok_or(short)?, word(pdu, 7).ok_or(short)?);
            let bytes = usize::from(pdu.get(9).copied().ok_or(short)?);
            let data = pdu.get(10..).ok_or(short)?;
            let expected = usize::from(written) * 2;
            if !(1..=125).contains(&count)
                || !(1..=121).contains(&written)
                || bytes != expected
                || data.len() != expected
            {
                return Err(Exception::IllegalValue);
            }
            if !device.exists(Table::Holding, from, usize::from(count)) {
                return Err(Exception::IllegalAddress);
            }
            write(device, Table::Holding, to, &words(data), true)?;
            let values = device
                .read(Table::Holding, from, count)
                .ok_or(Exception::IllegalAddress)?;
            Ok(counted(function, flat(&values)))
        }
        43 => identify(device, pdu),
        _ => Err(Exception::IllegalFunction),
    }
}

fn write(
    device: &mut impl Device,
    table: Table,
    address: u16,
    values: &[u16],
    several: bool,
) -> Result<(), Exception> {
    if !device.exists(table, address, values.len()) {
        return Err(Exception::IllegalAddress);
    }
    device.write(table, address, values, several)
}

/// Function 43 with MEI 14: the basic objects; more is not there.
fn identify(device: &impl Device, pdu: &[u8]) -> Result<Vec<u8>, Exception> {
    let (Some(14), Some(code), Some(object)) = (pdu.get(1), pdu.get(2), pdu.get(3)) else {
        return Err(if pdu.get(1) == Some(&14) {
            Exception::IllegalValue
        } else {
            Exception::IllegalFunction
        });
    };
    let objects = device.identity();
    if objects.iter().all(String::is_empty) {
        return Err(Exception::IllegalFunction);
    }
    let listed: Vec<(u8, &String)> = (0..).zip(objects.iter()).collect();
    let chosen: Vec<(u8, &String)> = match code {
        1..=3 => {
            // An unknown object starts the stream at its beginning.
            let from = if usize::from(*object) < listed.len() {
                *object
            } else {
                0
            };
            listed.into_iter().filter(|(id, _)| *id >= from).collect()
        }
        4 => {
            let found: Vec<_> = listed.into_iter().filter(|(id, _)| id == object).collect();
            if found.is_empty() {
                return Err(Exception::IllegalAddress);
            }
            found
        }
        _ => return Err(Exception::IllegalValue),
    };
    let mut answer = vec![43, 14, *code, 1, 0, 0, u8::try_from(chosen.len()).unwrap_or(0)];
    for (id, text) in chosen {
        answer.push(id);
        answer.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        answer.extend(text.bytes().take(usize::from(u8::MAX)));
    }
    Ok(answer)
}

#[cfg(test)]
#[path = "pdu_tests.rs"]
mod tests;
