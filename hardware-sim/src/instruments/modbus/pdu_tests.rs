use super::*;
use crate::instruments::modbus::server::crc;
use std::collections::BTreeMap;

/// A plain map of registers, as the published examples have it.
#[derive(Default)]
struct Map {
    cells: BTreeMap<(Table, u16), u16>,
}

impl Map {
    fn with(mut self, table: Table, address: u16, values: &[u16]) -> Self {
        for (offset, value) in values.iter().enumerate() {
            self.cells.insert((table, address + offset as u16), *value);
        }
        self
    }
}

impl Device for Map {
    fn read(&self, table: Table, address: u16, count: u16) -> Option<Vec<u16>> {
        (0..count)
            .map(|offset| self.cells.get(&(table, address + offset)).copied())
            .collect()
    }
    fn exists(&self, table: Table, address: u16, count: usize) -> bool {
        (0..count).all(|offset| self.cells.contains_key(&(table, address + offset as u16)))
    }
    fn write(&mut self, table: Table, address: u16, values: &[u16], _several: bool) -> Result<(), Exception> {
        for (offset, value) in values.iter().enumerate() {
            self.cells.insert((table, address + offset as u16), *value);
        }
        Ok(())
    }
    fn identity(&self) -> [String; 3] {
        ["Acme".into(), "X1".into(), "1.0".into()]
    }
}

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

/// Exchanges a whole serial frame, checks included.
fn exchange(map: &mut Map, request: &str) -> Vec<u8> {
    let frame = hex(request);
    assert_eq!(crc(&frame), 0, "the example's own check");
    let mut out = vec![frame[0]];
    out.extend(answer(map, &frame[1..frame.len() - 2]));
    let check = crc(&out);
    out.extend(check.to_le_bytes());
    out
}

fn bits_of(bytes: &[u8]) -> Vec<u16> {
    bits(bytes, u16::try_from(bytes.len() * 8).unwrap())
}

#[test]
fn published_examples_byte_for_byte() {
    assert_eq!(crc(b"123456789"), 0x4b37);
    let mut map = Map::default()
        .with(Table::Coil, 0x13, &bits_of(&hex("CD 6B B2 0E 1B"))[..0x25])
        .with(Table::Discrete, 0xc4, &bits_of(&hex("AC DB 35"))[..0x16])
        .with(Table::Holding, 0x6b, &[0xae41, 0x5652, 0x4340])
        .with(Table::Input, 8, &[10])
        .with(Table::Coil, 0xac, &[0])
        .with(Table::Holding, 1, &[0, 0])
        .with(Table::Holding, 3, &[0xfe, 0x12, 1, 3, 0xd, 0xff])
        .with(Table::Holding, 14, &[0, 0, 0]);
    for (request, expected) in [
        ("11 01 00 13 00 25 0E 84", "11 01 05 CD 6B B2 0E 1B 45 E6"),
        ("11 02 00 C4 00 16 BA A9", "11 02 03 AC DB 35 20 18"),
        ("11 03 00 6B 00 03 76 87", "11 03 06 AE 41 56 52 43 40 49 AD"),
        ("11 04 00 08 00 01 B2 98", "11 04 02 00 0A F8 F4"),
        ("11 05 00 AC FF 00 4E 8B", "11 05 00 AC FF 00 4E 8B"),
        ("11 06 00 01 00 03 9A 9B", "11 06 00 01 00 03 9A 9B"),
        ("11 0F 00 13 00 0A 02 CD 01 BF 0B", "11 0F 00 13 00 0A 26 99"),
        (
            "11 10 00 01 00 02 04 00 0A 01 02 C6 F0",
            "11 10 00 01 00 02 12 98",
        ),
        ("11 16 00 04 00 F2 00 25 66 E2", "11 16 00 04 00 F2 00 25 66 E2"),
        ("01 08 00 00 12 34 ED 7C", "01 08 00 00 12 34 ED 7C"),
        (
            "11 2B 0E 01 00 B1 B4",
            "11 2B 0E 01 01 00 00 03 00 04 41 63 6D 65 01 02 58 31 02 03 31 2E 30 F2 60",
        ),
    ] {
        assert_eq!(exchange(&mut map, request), hex(expected), "{request}");
    }
    assert_eq!(map.cells.get(&(Table::Holding, 4)), Some(&0x17));
    // The example of function 23 reads other values at 3 to 8.
    let mut map = map.with(Table::Holding, 3, &[0xfe, 0x0acd, 1, 3, 0xd, 0xff]);
    assert_eq!(
        exchange(
            &mut map,
            "11 17 00 03 00 06 00 0E 00 03 06 00 FF 00 FF 00 FF 4B 54"
        ),
        hex("11 17 0C 00 FE 0A CD 00 01 00 03 00 0D 00 FF 0D 75")
    );
    assert_eq!(map.read(Table::Holding, 14, 3), Some(vec![0xff; 3]));
}

#[test]
fn exceptions_come_in_the_books_order() {
    let mut map = Map::default()
        .with(Table::Holding, 0, &[0; 4])
        .with(Table::Coil, 0, &[0]);
    let cases: [(&str, &str); 7] = [
        ("07", "87 01"),                            // unknown function
        ("03 00 00 00 00", "83 03"),                // count before address
        ("03 FF FF 00 7E", "83 03"),                // both wrong: count is looked at first
        ("03 00 02 00 04", "83 02"),                // past the map
        ("05 00 00 12 34", "85 03"),                // neither on nor off
        ("10 00 00 00 01 04 00 00 00 00", "90 03"), // byte count does not fit
        ("06 00 09 00 01", "86 02"),
    ];
    for (request, expected) in cases {
        assert_eq!(answer(&mut map, &hex(request)), hex(expected), "{request}");
    }
}

#[test]
fn published_exceptions_byte_for_byte() {
    let mut map = Map::default().with(Table::Holding, 0, &[0]);
    for (unit, request, expected) in [
        (0x0a, "01 04 A1 00 01", "0A 81 02 B0 53"),
        (0x01, "03 00 64 00 01", "01 83 02 C0 F1"),
        (0x01, "06 00 64 00 01", "01 86 02 C3 A1"),
        (0x01, "10 00 00 00 00 00", "01 90 03 0C 01"),
    ] {
        let mut out = vec![unit];
        out.extend(answer(&mut map, &hex(request)));
        let check = crc(&out);
        out.extend(check.to_le_bytes());
        assert_eq!(out, hex(expected), "{request}");
    }
}
