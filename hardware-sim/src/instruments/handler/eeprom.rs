//! The memories in the pipettes: id, model and data, as the board reads them.

use crate::world::Mount;
use std::fmt::Write as _;

/// Bytes of each field.
const SIZE: usize = 32;

/// One pipette's memory.
#[derive(Clone, Debug)]
pub(crate) struct Eeprom {
    pub(crate) id: Vec<u8>,
    pub(crate) model: Vec<u8>,
    pub(crate) data: Vec<u8>,
}

impl Eeprom {
    /// The memory of a model such as `p300_multi_v2.1`: ids in the maker's form, `P3HMV21` and digits.
    pub(crate) fn of(model: &str, mount: Mount) -> Self {
        let mut parts = model.split('_');
        let size = match parts.next().unwrap_or("") {
            "p300" => "3H",
            "p1000" => "1K",
            "p50" => "50",
            "p20" => "20",
            "p10" => "10",
            _ => "XX",
        };
        let channels = if parts.next() == Some("multi") { "M" } else { "S" };
        let version: String = parts
            .next()
            .unwrap_or("")
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let serial = match mount {
            Mount::Left => "202610010001",
            Mount::Right => "202610010002",
        };
        Self {
            id: padded(format!("P{size}{channels}V{version}{serial}").as_bytes()),
            model: padded(model.as_bytes()),
            data: padded(b"opentron"),
        }
    }
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut field: Vec<u8> = bytes.iter().copied().take(SIZE).collect();
    field.resize(SIZE, 0);
    field
}

/// Bytes as upper-case hex.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02X}");
        hex
    })
}

/// Hex as a field; `None` when it is not hex.
pub(crate) fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hex.chars().map(|c| c.to_digit(16)).collect();
    let bytes: Option<Vec<u8>> = digits?
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect();
    bytes.map(|bytes| padded(&bytes))
}
