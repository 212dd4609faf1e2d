//! Regulators by the dossier's exchanges, and what they must not take.

use crate::{
    fault::Fault,
    instruments::text::bench::{Bench, NAME},
    ledger::Event,
};

mod axes;
mod fermenter;

/// The twin of a Modbus profile, on a serial line.
fn regulator(profile: &str, room: f64) -> Bench {
    Bench::set_up(room, "kind = \"profile\"", |world, instrument, _, now| {
        super::of_profile(world, (NAME, instrument), profile, now).unwrap()
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(digits.get(at..at + 2).unwrap(), 16).unwrap())
        .collect()
}

fn crc(bytes: &[u8]) -> [u8; 2] {
    let crc = bytes.iter().fold(0xffff_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 }
        })
    });
    crc.to_le_bytes()
}

/// An exchange as the dossier writes it, check and all.
fn meets(bench: &mut Bench, said: &str, heard: &str) {
    assert_eq!(bench.exchange(&bytes(said)), bytes(heard), "{said}");
}

/// The same, answered by its own echo.
fn echoes(bench: &mut Bench, said: &str) {
    meets(bench, said, said);
}

/// A request to unit 1: the answer's bytes behind the unit and before the check.
fn ask(bench: &mut Bench, pdu: &[u8]) -> Vec<u8> {
    let mut frame = vec![1];
    frame.extend(pdu);
    frame.extend(crc(&frame));
    let answer = bench.exchange(&frame);
    answer
        .get(1..answer.len().saturating_sub(2))
        .unwrap_or_default()
        .to_vec()
}

fn read(bench: &mut Bench, function: u8, address: u16, count: u16) -> Vec<u16> {
    let mut pdu = vec![function];
    pdu.extend(address.to_be_bytes());
    pdu.extend(count.to_be_bytes());
    let answer = ask(bench, &pdu);
    assert_eq!(answer.first(), Some(&function), "{address:04x}: {answer:x?}");
    let data = answer.get(2..).unwrap().chunks_exact(2);
    data.map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}

fn word(bench: &mut Bench, address: u16) -> u16 {
    read(bench, 3, address, 1)[0]
}

/// A write of one word: the exception, 0 for none.
fn write(bench: &mut Bench, address: u16, value: u16) -> u8 {
    let mut pdu = vec![6];
    pdu.extend(address.to_be_bytes());
    pdu.extend(value.to_be_bytes());
    let answer = ask(bench, &pdu);
    if answer.first() == Some(&6) { 0 } else { answer[1] }
}

/// A write of several words: the exception, 0 for none.
fn write_all(bench: &mut Bench, address: u16, values: &[u16]) -> u8 {
    let mut pdu = vec![16];
    pdu.extend(address.to_be_bytes());
    pdu.extend(u16::try_from(values.len()).unwrap().to_be_bytes());
    pdu.push(u8::try_from(values.len() * 2).unwrap());
    pdu.extend(values.iter().flat_map(|value| value.to_be_bytes()));
    let answer = ask(bench, &pdu);
    if answer.first() == Some(&16) { 0 } else { answer[1] }
}

/// A float as two words, low word first.
fn low_first(value: f32) -> [u16; 2] {
    let bits = value.to_bits();
    [(bits & 0xFFFF) as u16, (bits >> 16) as u16]
}

fn float(words: &[u16], low: bool) -> f32 {
    let (high, low) = if low {
        (words[1], words[0])
    } else {
        (words[0], words[1])
    };
    f32::from_bits(u32::from(high) << 16 | u32::from(low))
}

/// What it took up of one quantity.
fn took(bench: &Bench, what: &str) -> Vec<f64> {
    let values = bench.events().into_iter().filter_map(|event| match event {
        Event::Regulated { quantity, value, .. } if quantity == what => Some(value),
        _ => None,
    });
    values.collect()
}

#[test]
fn an_ez_zone_meets_its_vectors_in_celsius_and_is_in_fahrenheit_out_of_its_box() {
    let mut zone = regulator("watlow-ez-zone", 23.0);
    let seen = read(&mut zone, 3, 360, 2);
    assert!((float(&seen, true) - 73.4).abs() < 0.01, "in F");
    assert_eq!(word(&mut zone, 2490), 30);
    assert_eq!(write(&mut zone, 2490, 15), 0);
    let seen = read(&mut zone, 3, 360, 2);
    assert!((float(&seen, true) - 23.0).abs() < 0.01);
    zone.fault(Fault::PowerCycle);
    assert_eq!(word(&mut zone, 2490), 15, "kept");

    let mut zone = regulator("watlow-ez-zone", 75.0);
    write(&mut zone, 2490, 15);
    meets(&mut zone, "01 03 01 68 00 02 44 2B", "01 03 04 00 00 42 96 4A FD");
    meets(
        &mut zone,
        "01 10 08 70 00 02 04 00 00 42 96 23 85",
        "01 10 08 70 00 02 42 73",
    );
    assert_eq!(took(&zone, "temperature"), [75.0]);
    assert_eq!(write_all(&mut zone, 2160, &low_first(221.0)), 3);
    assert_eq!(write_all(&mut zone, 360, &low_first(50.0)), 2, "measured");
    assert_eq!(write(&mut zone, 1880, 11), 3);
    assert_eq!(word(&mut zone, 362), 61);
    zone.fault(Fault::NotANumber { times: 1 });
    assert_eq!(word(&mut zone, 362), 65);
    zone.fault(Fault::Mended);
    write_all(&mut zone, 2160, &low_first(100.0));
    zone.wait(120.0);
    let seen = float(&read(&mut zone, 3, 360, 2), true);
    assert!(
        (seen - (100.0 - 25.0 / std::f32::consts::E)).abs() < 0.1,
        "{seen}"
    );
    write(&mut zone, 1880, 62);
    zone.wait(7200.0);
    assert!(
        (float(&read(&mut zone, 3, 360, 2), true) - 75.0).abs() < 0.1,
        "off"
    );
    // Pointers.
    assert_eq!(write_all(&mut zone, 40, &[2490, 1880]), 0);
    assert_eq!(read(&mut zone, 3, 200, 2), [15, 62]);
    assert_eq!(ask(&mut zone, &[0x2B, 0x0E, 1, 0]), [0xAB, 1]);
}

#[test]
fn an_f4t_meets_its_vectors() {
    let mut f4t = regulator("watlow-f4t", 37.0);
    meets(&mut f4t, "01 03 0B 04 00 02 87 EE", "01 03 04 00 00 42 14 CA 9C");
    meets(
        &mut f4t,
        "01 10 0A DE 00 02 04 00 00 42 14 31 70",
        "01 10 0A DE 00 02 22 2A",
    );
    for echo in [
        "01 06 0A AA 00 3E 2B E2",
        "01 06 0A AA 00 0A 2A 35",
        "01 06 40 AE 00 01 3C 2B",
        "01 06 40 B0 00 01 5C 2D",
        "01 06 40 B2 06 F6 BF CB",
    ] {
        echoes(&mut f4t, echo);
    }
    meets(&mut f4t, "01 03 40 B8 00 01 11 EF", "01 03 02 00 95 78 2B");
    echoes(&mut f4t, "01 06 40 B6 00 94 7C 43");
    assert_eq!(word(&mut f4t, 16568), 148);
    assert_eq!(took(&f4t, "program"), [1782.0, 148.0]);
    assert_eq!(write(&mut f4t, 16564, 147), 3, "nothing to go on with");
    assert_eq!(
        write_all(&mut f4t, 2782 + 160, &low_first(25.0)),
        0,
        "its second loop"
    );
    assert_eq!(
        write_all(&mut f4t, 2782 + 320, &low_first(25.0)),
        2,
        "no third one"
    );
}

#[test]
fn an_e5cc_takes_nothing_before_writing_is_on() {
    let mut omron = regulator("omron-e5cc", 25.0);
    echoes(&mut omron, "01 08 00 00 12 34 ED 7C");
    assert_eq!(read(&mut omron, 3, 0x2000, 2), [250, 0]);
    assert_eq!(read(&mut omron, 3, 0x0000, 2), [0, 250], "the same of four bytes");
    assert_eq!(write(&mut omron, 0x2103, 370), 4);
    assert_eq!(write(&mut omron, 0x0000, 0x0101), 4, "nor commands");
    echoes(&mut omron, "01 06 00 00 00 01 48 0A");
    echoes(&mut omron, "01 06 00 00 01 01 49 9A");
    assert_eq!(read(&mut omron, 3, 0x0002, 2)[0], 0x0300, "stopped, writing on");
    echoes(&mut omron, "01 06 00 00 01 00 88 5A");
    echoes(&mut omron, "01 06 21 03 01 72 F2 43");
    meets(
        &mut omron,
        "01 10 21 05 00 02 04 03 E8 FC 18 66 BB",
        "01 10 21 05 00 02 5B F5",
    );
    meets(
        &mut omron,
        "01 10 01 0A 00 04 08 00 00 03 E8 FF FF FC 18 8D E9",
        "01 10 01 0A 00 04 E0 34",
    );
    assert_eq!(read(&mut omron, 3, 0x2105, 2), [1000, 0xFC18]);
    assert_eq!(write(&mut omron, 0x2103, 4001), 3);
    assert_eq!(ask(&mut omron, &[3, 0, 1, 0, 2]), [0x83, 2], "odd");
    omron.wait(600.0);
    assert!(word(&mut omron, 0x2000) >= 369);
    // In RAM alone, and a reset that is not answered.
    assert_eq!(write(&mut omron, 0x0000, 0x0401), 0);
    assert_eq!(write(&mut omron, 0x2103, 500), 0);
    assert!(ask(&mut omron, &[6, 0, 0, 6, 0]).is_empty());
    assert_eq!(word(&mut omron, 0x2103), 370);
    assert_eq!(write(&mut omron, 0x2103, 380), 4, "off again");
}

#[test]
fn a_eurotherm_meets_its_vectors_clips_and_forgets_its_remote_set_point() {
    let mut eurotherm = regulator("eurotherm-3216", 25.0);
    echoes(&mut eurotherm, "01 06 00 02 01 72 A9 BF");
    meets(
        &mut eurotherm,
        "01 03 00 01 00 02 95 CB",
        "01 03 04 00 FA 01 72 5B B7",
    );
    for echo in [
        "01 06 00 18 01 72 88 78",
        "01 06 01 14 00 01 09 F2",
        "01 06 00 1A 01 72 29 B8",
    ] {
        echoes(&mut eurotherm, echo);
    }
    assert_eq!(read(&mut eurotherm, 4, 5, 1), [370], "function 4 as well");
    assert_eq!(write(&mut eurotherm, 26, 6000), 0);
    assert_eq!(word(&mut eurotherm, 26), 5000, "clipped");
    eurotherm.fault(Fault::PowerCycle);
    assert_eq!((word(&mut eurotherm, 276), word(&mut eurotherm, 5)), (0, 370));
}

#[test]
fn an_alicat_meets_its_vectors_and_acts_on_a_change_alone() {
    let mut alicat = regulator("alicat", 25.0);
    meets(
        &mut alicat,
        "01 10 03 F1 00 02 04 41 20 00 00 3C 21",
        "01 10 03 F1 00 02 10 7F",
    );
    alicat.wait(60.0);
    meets(
        &mut alicat,
        "01 03 04 AF 00 0D B5 1E",
        "01 03 1A 00 08 00 00 00 00 41 6B 33 33 41 C8 00 00 41 20 00 00 41 20 00 00 41 20 00 00 F7 CD",
    );
    let probe = alicat.exchange(&bytes("01 03 04 3F 00 02 F5 37"));
    assert_eq!(probe, bytes("01 03 04 3F 9E 06 4B D4 5E"));
    meets(
        &mut alicat,
        "01 10 03 E7 00 02 04 00 00 00 00 A8 F1",
        "01 10 03 E7 00 02 F1 BB",
    );
    meets(
        &mut alicat,
        "01 10 03 E7 00 02 04 00 04 00 02 68 F1",
        "01 10 03 E7 00 02 F1 BB",
    );
    assert_eq!(read(&mut alicat, 4, 0x03E7, 2), [0, 0], "not yet");
    alicat.wait(0.2);
    meets(
        &mut alicat,
        "01 04 03 E7 00 02 C1 B8",
        "01 04 04 00 04 00 00 BA 45",
    );
    // The same pair again does nothing.
    assert_eq!(write_all(&mut alicat, 0x03E7, &[4, 2]), 0);
    assert_eq!(took(&alicat, "command"), [4.0]);
    assert_eq!(write_all(&mut alicat, 0x03E7, &[4, 9]), 0);
    alicat.wait(0.2);
    meets(
        &mut alicat,
        "01 04 03 E7 00 02 C1 B8",
        "01 04 04 00 04 80 02 5A 44",
    );
    let total = |alicat: &mut Bench| float(&read(alicat, 3, 0x0545 + 16, 2), false);
    assert!((total(&mut alicat) - 9.95).abs() < 0.1, "a minute at 10");
    write_all(&mut alicat, 0x03E7, &[5, 0]);
    assert!(total(&mut alicat) < 0.01);
    assert!(float(&read(&mut alicat, 3, 0x0545 + 20, 2), false).is_nan());
    assert_eq!(write_all(&mut alicat, 0x03F1, &[0x41F0, 0]), 0);
    assert_eq!(float(&read(&mut alicat, 3, 0x03F1, 2), false), 20.0, "clipped");
    alicat.fault(Fault::PowerCycle);
    assert_eq!(float(&read(&mut alicat, 3, 0x03F1, 2), false), 0.0);
}
