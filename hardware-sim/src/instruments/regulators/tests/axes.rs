//! The two axes.

use super::*;

const MOVE: &str = "01 10 00 58 00 10 20 00 00 00 00 00 00 00 01 00 00 21 34 00 00 07 D0 00 00 05 DC 00 00 05 DC \
                    00 00 03 E8 00 00 00 01 E3 43";

fn homed() -> Bench {
    let mut axis = regulator("oriental-az", 25.0);
    echoes(&mut axis, "01 06 00 7D 00 10 18 1E");
    axis.wait(1.0);
    echoes(&mut axis, "01 06 00 7D 00 00 19 D2");
    axis
}

#[test]
fn an_az_homes_moves_and_says_so_as_in_its_vectors() {
    let mut axis = regulator("oriental-az", 25.0);
    assert_eq!(word(&mut axis, 0x7F), 0x4020, "not homed");
    let mut axis = homed();
    meets(&mut axis, "01 03 00 7E 00 02 A4 13", "01 03 04 00 00 40 30 CB E7");
    meets(&mut axis, MOVE, "01 10 00 58 00 10 40 16");
    meets(&mut axis, "01 03 00 7E 00 02 A4 13", "01 03 04 00 00 20 10 E2 3F");
    assert_eq!(
        axis.exchange(&bytes(MOVE)).get(1..3),
        Some(&[0x90, 4][..]),
        "it moves"
    );
    axis.wait(5.5);
    assert_eq!(word(&mut axis, 0x7F), 0x2010);
    axis.wait(0.1);
    meets(&mut axis, "01 03 00 CC 00 02 04 34", "01 03 04 00 00 21 34 E3 B4");
    assert_eq!(took(&axis, "position"), [0.0, 8500.0]);
    axis.fault(Fault::Jammed { times: 1 });
    let mut relative = bytes(MOVE);
    relative[14] = 2;
    relative.truncate(relative.len() - 2);
    let check = crc(&relative);
    relative.extend(check);
    axis.exchange(&relative);
    axis.wait(6.0);
    meets(&mut axis, "01 03 00 7E 00 02 A4 13", "01 03 04 00 00 40 80 CA 53");
    meets(&mut axis, "01 03 00 80 00 02 C5 E3", "01 03 04 00 00 00 30 FA 27");
    assert_eq!(took(&axis, "position").last(), Some(&12_750.0), "half-way");
    assert_eq!(write_all(&mut axis, 0x66, &[0, 1]), 4, "in alarm");
    echoes(&mut axis, "01 06 00 7D 00 80 18 72");
    assert_eq!(word(&mut axis, 0x7F), 0x4020, "and its home is gone");
}

#[test]
fn an_az_acts_on_edges_stops_at_once_and_does_a_relative_move_twice_if_told_twice() {
    let mut axis = homed();
    for _ in 0..2 {
        let direct = [0, 0, 0, 2, 0, 100, 0, 2000, 0, 9000, 0, 9000, 0, 1000, 0, 1];
        assert_eq!(write_all(&mut axis, 0x58, &direct), 0);
        axis.wait(2.0);
    }
    assert_eq!(read(&mut axis, 3, 0xCC, 2), [0, 200]);
    // A bit that stays on does not act again.
    write(&mut axis, 0x7D, 0x10);
    axis.wait(2.0);
    assert_eq!(read(&mut axis, 3, 0xCC, 2), [0, 0]);
    write_all(&mut axis, 0x58, &[0, 0, 0, 1, 0, 5000, 0, 1000]);
    assert_eq!(took(&axis, "position").len(), 4, "no trigger, no motion");
    write_all(&mut axis, 0x66, &[0, 1]);
    axis.wait(1.0);
    echoes(&mut axis, "01 06 00 7D 00 20 18 0A");
    let there = read(&mut axis, 3, 0xCC, 2)[1];
    assert!((500..1000).contains(&there), "{there}");
    assert_eq!(word(&mut axis, 0x7F) & 0x2020, 0, "neither moving nor ready");
    assert_eq!(write_all(&mut axis, 0x66, &[0, 1]), 4);
    write(&mut axis, 0x7D, 0);
    assert_eq!(write_all(&mut axis, 0x58, &[0, 0, 0, 9]), 0);
    write_all(&mut axis, 0x66, &[0, 1]);
    assert_eq!(read(&mut axis, 3, 0x80, 2), [0, 0x70]);
}

fn drive() -> Bench {
    regulator("igus-d1", 25.0)
}

const STATUS: &str = "00 00 00 00 00 0D 00 2B 0D 00 00 00 60 41 00 00 00 00 02";

fn status(drive: &mut Bench) -> u16 {
    let answer = drive.exchange(&bytes(STATUS));
    u16::from_le_bytes([answer[19], answer[20]])
}

fn set(drive: &mut Bench, index: u16, sub: u8, data: &[u8]) -> Vec<u8> {
    let count = u8::try_from(data.len()).unwrap();
    let [high, low] = index.to_be_bytes();
    let mut frame = vec![
        0,
        0,
        0,
        0,
        0,
        13 + count,
        0,
        0x2B,
        0x0D,
        1,
        0,
        0,
        high,
        low,
        sub,
        0,
        0,
        0,
        count,
    ];
    frame.extend(data);
    drive.exchange(&frame)
}

#[test]
fn a_dryve_meets_its_vectors() {
    let mut drive = drive();
    meets(
        &mut drive,
        "0F 0F 00 00 00 0D 00 2B 0D 00 00 00 60 41 00 00 00 00 02",
        "0F 0F 00 00 00 0F 00 2B 0D 00 00 00 60 41 00 00 00 00 02 40 04",
    );
    meets(
        &mut drive,
        "00 00 00 00 00 0F 00 2B 0D 01 00 00 60 40 00 00 00 00 02 06 00",
        "00 00 00 00 00 0D 00 2B 0D 01 00 00 60 40 00 00 00 00 00",
    );
    assert_eq!(status(&mut drive), 0x0621);
    set(&mut drive, 0x6040, 0, &[7, 0]);
    assert_eq!(status(&mut drive), 0x0623);
    meets(
        &mut drive,
        "00 00 00 00 00 0E 00 2B 0D 01 00 00 60 40 00 00 00 00 01 0F",
        "00 00 00 00 00 0D 00 2B 0D 01 00 00 60 40 00 00 00 00 00",
    );
    meets(
        &mut drive,
        STATUS,
        "00 00 00 00 00 0F 00 2B 0D 00 00 00 60 41 00 00 00 00 02 27 06",
    );
    meets(
        &mut drive,
        "00 00 00 00 00 0F 00 2B 0D 01 00 00 60 99 01 00 00 00 02 70 17",
        "00 00 00 00 00 0D 00 2B 0D 01 00 00 60 99 01 00 00 00 00",
    );
    drive.exchange(&bytes(
        "00 00 00 00 00 0E 00 2B 0D 01 00 00 60 60 00 00 00 00 01 06",
    ));
    set(&mut drive, 0x6040, 0, &[0x1F, 0]);
    drive.wait(2.0);
    assert_eq!(status(&mut drive), 0x1627);
    set(&mut drive, 0x6040, 0, &[0x0F, 0]);
    set(&mut drive, 0x6060, 0, &[1]);
    meets(
        &mut drive,
        "00 00 00 00 00 11 00 2B 0D 01 00 00 60 7A 00 00 00 00 04 10 27 00 00",
        "00 00 00 00 00 0D 00 2B 0D 01 00 00 60 7A 00 00 00 00 00",
    );
    set(&mut drive, 0x6040, 0, &[0x1F, 0]);
    set(&mut drive, 0x6040, 0, &[0x0F, 0]);
    assert_eq!(status(&mut drive) & 0x0400, 0, "it moves");
    drive.wait(5.0);
    assert_eq!(status(&mut drive), 0x0627);
    meets(
        &mut drive,
        "00 00 00 00 00 0D 00 2B 0D 00 00 00 60 64 00 00 00 00 04",
        "00 00 00 00 00 11 00 2B 0D 00 00 00 60 64 00 00 00 00 04 10 27 00 00",
    );
    assert_eq!(took(&drive, "position"), [0.0, 10_000.0]);
    assert_eq!(
        set(&mut drive, 0x607A, 0, &[0, 0, 0, 0, 0]),
        bytes("00 00 00 00 00 03 00 AB 03")
    );
    assert_eq!(set(&mut drive, 0x7000, 0, &[0]).get(7..), Some(&[0xAB, 2][..]));
}

#[test]
fn a_dryve_that_is_not_homed_or_not_enabled_does_not_move() {
    let mut drive = drive();
    set(&mut drive, 0x6040, 0, &[0x0F, 0]);
    assert_eq!(status(&mut drive), 0x0440, "one step after the other");
    for word in [6, 7, 0x0F, 0x1F] {
        set(&mut drive, 0x6040, 0, &[word, 0]);
    }
    assert_eq!(status(&mut drive) & 0x0F, 8, "a fault");
    set(&mut drive, 0x6040, 0, &[0x80, 0]);
    drive.fault(Fault::DoorOpen);
    for word in [6, 7, 0x0F] {
        set(&mut drive, 0x6040, 0, &[word, 0]);
    }
    assert_eq!(status(&mut drive), 0x0440, "its enable input is off");
    assert!(took(&drive, "position").is_empty());
}
