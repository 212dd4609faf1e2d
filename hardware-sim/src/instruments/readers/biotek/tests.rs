//! The BioTek by its dossier's exchanges, and what it does in the world.

use crate::{
    fault::Fault,
    hazard::Hazard,
    instruments::text::bench::{Bench, SEAT},
    ledger::Event,
};

const GEOMETRY: &str = "08120112407424014381133808548127761422\u{3}";
const FULL: &str = "004701010108120001200100001100100000106000080580113\u{3}";
const ARMED: &str = "0350000000000000010000000000490300000\u{3}";

fn reader(room: f64) -> Bench {
    let entry = "tray = \"seat\"\nfluorescence = true\nluminescence = true\nmodel = \"synergy-h1\"";
    Bench::of_kind("biotek", entry, room)
}

/// A letter with its parameter: what is said to the parameter.
fn tell(reader: &mut Bench, letter: &str, parameter: &str) -> String {
    assert_eq!(reader.say(letter), "\u{6}");
    reader.say(parameter)
}

fn set(reader: &mut Bench) {
    assert_eq!(tell(reader, "y", GEOMETRY), "\u{3}");
}

/// Values by row and column from 1, as a host takes a block apart.
fn values(block: &str) -> Vec<(u16, u16, f64)> {
    let body = block.get(22..block.rfind("\r\n").unwrap()).unwrap();
    let rows = body.split("\r\n,");
    rows.flat_map(|row| {
        let fields: Vec<&str> = row.split(',').collect();
        fields
            .chunks_exact(3)
            .map(|triple| {
                let value = triple[2].parse().unwrap_or(f64::NAN);
                (triple[0].parse().unwrap(), triple[1].parse().unwrap(), value)
            })
            .collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn questions_are_answered_as_in_the_dossier() {
    let mut reader = reader(23.6);
    assert_eq!(reader.say("e"), "\u{6}1650200  Version 1.04   0000\u{3}");
    assert_eq!(reader.say("C"), "\u{6}00000000        0000\u{3}");
    assert_eq!(reader.say("h"), "\u{6}2360000\u{3}");
    set(&mut reader);
    assert_eq!(tell(&mut reader, "t", "621720\u{3}"), "0000\u{3}");
    assert_eq!(tell(&mut reader, "t", "318720\u{3}"), "0000\u{3}");
    assert_ne!(tell(&mut reader, "t", "601720\u{3}"), "0000\u{3}");
    assert_eq!(tell(&mut reader, "&", "S1"), "0000\u{3}");
    assert_eq!(tell(&mut reader, "D", FULL), ARMED);
}

#[test]
fn the_tray_is_acknowledged_at_once_and_ends_when_it_is_there() {
    let mut reader = reader(25.0);
    assert_eq!(reader.say("J"), "\u{6}");
    assert_eq!(reader.say("h"), "", "it listens to nothing meanwhile");
    assert_eq!(reader.until_said(), ("\u{3}".to_owned(), 4.0));
    assert_eq!(reader.world.trays.get(SEAT), Some(&true));
    assert_eq!(reader.say("A"), "\u{6}");
    assert_eq!(reader.until_said().0, "\u{3}");
    reader.fault(Fault::Jammed { times: 1 });
    assert_eq!(reader.say("J"), "\u{6}");
    assert_eq!(reader.until_said().0, "2304\u{3}");
    assert_eq!(reader.world.trays.get(SEAT), Some(&false), "it stayed");
}

#[test]
fn absorbance_of_a_whole_plate_is_told_to_and_fro() {
    let mut reader = reader(22.8);
    reader.plate(SEAT, false, false);
    set(&mut reader);
    assert_eq!(tell(&mut reader, "D", FULL), ARMED);
    assert_eq!(reader.say("O"), "\u{6}0000\u{3}");
    let (block, seconds) = reader.until_said();
    assert_eq!(seconds, 22.0);
    assert!(block.starts_with("01,1,\r000:00:00.0,228,01,01,+0."), "{block:?}");
    let (summed, end) = block.split_once('\u{1a}').unwrap();
    assert!(summed.ends_with("\r\n228"), "{block:?}");
    let sum = summed.bytes().skip(6).fold(0x1A_u8, u8::wrapping_add);
    assert_eq!(end, format!("{sum:03}\u{1a}0000\u{3}"));
    assert!(block.contains("\r\n,02,12,+0.0"), "{block:?}");
    let values = values(&block);
    assert_eq!(values.len(), 96);
    let of = |row, column| values.iter().find(|v| (v.0, v.1) == (row, column)).unwrap().2;
    let cells = of(1, 1) - of(4, 4);
    assert!(cells > 0.2, "{cells}");
    assert!(
        (of(1, 2) - of(4, 4) - cells / 2.0).abs() < 0.02,
        "A2 has half of it"
    );
    let seen = reader
        .events()
        .into_iter()
        .filter(|event| matches!(event, Event::Read { wavelength_nm: 580, values, .. } if values.iter().all(Option::is_some)))
        .count();
    assert_eq!(seen, 1);
    assert_eq!(
        reader.say("O"),
        "\u{6}2003\u{3}",
        "each start needs a payload of its own"
    );
}

#[test]
fn rectangles_are_read_and_the_light_is_gathered_well_by_well() {
    let mut reader = reader(23.7);
    reader.plate(SEAT, false, false);
    set(&mut reader);
    let two = "008401020207030001200100001100100000123000020200200-001000-00300000000000000000001351090";
    assert_eq!(tell(&mut reader, "D", two), ARMED, "no end needed");
    assert_eq!(reader.say("\u{3}"), "", "and none taken for a letter");
    assert_eq!(reader.say("O"), "\u{6}0000\u{3}");
    let (block, seconds) = reader.until_said();
    assert!(block.starts_with("01,1,\r000:00:00.0,237,02,02,00"), "{block:?}");
    assert!(block.contains("\r\n,03,03,00"), "{block:?}");
    assert!((20.0 * (0.2 + 0.8 * 12.0 / 96.0) + 12.0 * 0.4 - seconds).abs() < 1e-3);
    assert_eq!(values(&block).len(), 12);
    let light = "0084010101081200012000011001000001350001002002000485000052800000000000000000021001119\u{3}";
    let dossier =
        "0084010101081200012001000011001000001350001002002000485000052800000000000000000021001119\u{3}";
    assert_ne!(tell(&mut reader, "D", light), ARMED, "a digit is missing");
    assert_eq!(tell(&mut reader, "D", dossier), ARMED);
    assert_eq!(reader.say("O"), "\u{6}0000\u{3}");
    let counts = values(&reader.until_said().0);
    let of = |row, column| counts.iter().find(|v| (v.0, v.1) == (row, column)).unwrap().2;
    assert!(of(1, 1) > 1.5 * of(1, 2), "A1 has twice the cells of A2");
}

#[test]
fn nothing_starts_with_the_tray_out_or_without_geometry() {
    let mut reader = reader(25.0);
    assert_ne!(tell(&mut reader, "D", FULL), ARMED);
    assert_eq!(reader.say("O"), "\u{6}2003\u{3}");
    set(&mut reader);
    reader.say("J");
    reader.wait(5.0);
    assert_ne!(
        tell(&mut reader, "D", FULL),
        ARMED,
        "forgotten as the tray went out"
    );
    set(&mut reader);
    assert_eq!(tell(&mut reader, "D", FULL), ARMED);
    assert_eq!(reader.say("O"), "\u{6}2004\u{3}");
    assert_eq!(reader.violations(), [Hazard::TrayOpen]);
    reader.say("A");
    reader.wait(5.0);
    assert_eq!(tell(&mut reader, "D", FULL), ARMED, "told while it was out");
}

#[test]
fn a_grid_beside_the_wells_and_a_broken_reading_give_no_values() {
    let mut reader = reader(25.0);
    reader.plate(SEAT, false, false);
    let beside = "08120112407424018381173808548127761422\u{3}";
    assert_eq!(tell(&mut reader, "y", beside), "\u{3}");
    tell(&mut reader, "D", FULL);
    reader.say("O");
    assert!(values(&reader.until_said().0).iter().all(|v| v.2.is_nan()));
    set(&mut reader);
    reader.fault(Fault::Jammed { times: 1 });
    tell(&mut reader, "D", FULL);
    reader.say("O");
    let block = reader.until_said().0;
    assert!(block.ends_with("\u{1a}2304\u{3}"));
    assert_eq!(values(&block).len(), 48);
    reader.fault(Fault::TransferCut { times: 1 });
    tell(&mut reader, "D", FULL);
    reader.say("O");
    assert!(!reader.until_said().0.contains('\u{3}'));
}

#[test]
fn shaking_ends_by_itself_or_by_an_abort_that_is_not_answered() {
    let mut reader = reader(25.0);
    let shake = "00330101010101000020000000130601301";
    let sum: u32 = shake.bytes().map(u32::from).sum();
    let shake = format!("{shake}{:02}\u{3}", (sum + 73) % 100);
    assert_eq!(tell(&mut reader, "D", &shake), ARMED);
    assert_eq!(reader.say("O"), "\u{6}0000\u{3}");
    assert_eq!(reader.until_said(), ("0000\u{3}".to_owned(), 60.0));
    tell(&mut reader, "D", &shake);
    reader.say("O");
    reader.wait(10.0);
    assert_eq!(reader.say("x"), "");
    assert_eq!(reader.wait(100.0), "");
    assert_eq!(reader.say("h").len(), 9);
    let on = |event: &&Event| {
        matches!(
            event,
            Event::Shaking {
                on: true,
                rpm: 493,
                ..
            }
        )
    };
    assert_eq!(reader.events().iter().filter(on).count(), 2);
}

#[test]
fn a_chamber_is_heated_and_a_parameter_is_not_waited_for_for_ever() {
    let mut reader = reader(25.0);
    assert_eq!(tell(&mut reader, "g", "37000"), "0000\u{3}");
    assert_ne!(tell(&mut reader, "g", "46000"), "0000\u{3}");
    reader.wait(3000.0);
    assert_eq!(reader.say("h"), "\u{6}3700000\u{3}");
    assert_eq!(reader.felt(), 37.0);
    assert_eq!(tell(&mut reader, "g", "00000"), "0000\u{3}");
    assert_eq!(reader.say("y"), "\u{6}");
    reader.wait(6.0);
    assert_eq!(reader.say("h").len(), 9, "a letter again");
    assert_eq!(reader.say("i"), "\u{6}");
    assert_eq!(reader.say("x"), "");
    assert_eq!(reader.until_said(), ("\u{3}".to_owned(), 3.0));
}
