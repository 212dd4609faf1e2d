//! The dossier's exchanges byte for byte, whole and cut at every offset.

use super::*;

/// The answer is recognised when its last decisive byte is there and not before; returns how many bytes that took.
fn recognised(answer: &[u8], body: Body) -> usize {
    let cut = (0..=answer.len()).find(|n| matches!(framing(&answer[..*n], body), Framing::Frame(_)));
    cut.expect("the answer is recognised")
}

#[test]
fn commands_end_with_a_blank_and_two_line_ends() {
    assert_eq!(command("G28.6"), b"G28.6 \r\n\r\n");
    assert_eq!(WAKE, [0x0D, 0x0A, 0x0D, 0x0A]);
    assert_eq!(
        go(&[
            (Axis::X, 10_123),
            (Axis::C, 100_300),
            (Axis::Z, -4_500),
            (Axis::Y, 100_000)
        ]),
        "G0 X10.123 C100.3 Z-4.5 Y100"
    );
    assert_eq!(millimetres(-20), "-0.02");
}

#[test]
fn two_oks_acknowledge_and_later_ones_are_stale() {
    assert_eq!(recognised(b"ok\r\nok\r\n", Body::None), 7);
    assert_eq!(recognised(b"ok\r\nok\r\nok\r\nok\r\n", Body::None), 7);
    assert_eq!(framing(b"ok\r\nok", Body::None), Framing::Incomplete);
}

#[test]
fn homed_flags() {
    let answer = b"X:0 Y:0 Z:0 A:0 B:0 C:0 \r\nok\r\nok\r\n";
    recognised(answer, Body::Homed);
    let flags = find(answer, homed).unwrap();
    assert!(flags.values().all(|f| !f));
    assert_eq!(homed("X:0 Y:0 Z:2 A:0 B:0 C:0"), None);
    assert_eq!(homed("X:0 Y:0 Z:0 A:0 B:0"), None);
}

#[test]
fn positions_of_the_firmware_and_of_the_makers_emulator() {
    let answer = b"ok MCS: X:1.0000 Y:2.0000 Z:3.0000 A:4.5000 B:0.0000 C:-0.0004\r\nok\r\nok\r\n";
    recognised(answer, Body::Position);
    let at = find(answer, position).unwrap();
    assert_eq!(
        (at.at(Axis::X), at.at(Axis::A), at.at(Axis::C)),
        (1_000, 4_500, 0)
    );
    let emulator = b"M114.2\r\n\r\nok MCS: A:0.0 B:0.0 C:0.0 X:100.0 Y:50.0 Z:0.0\r\n\r\nok\r\nok\r\n";
    recognised(emulator, Body::Position);
    assert_eq!(find(emulator, position).unwrap().at(Axis::X), 100_000);
    // Stale acknowledgements of the command before do not end the answer.
    assert_eq!(
        framing(b"ok\r\nok\r\nok\r\n", Body::Position),
        Framing::Incomplete
    );
    // A position that is cut or flipped is none.
    assert_eq!(position("ok MCS: X:1.0 Y:2.0 Z:3.0 A:4.5 B:0.0"), None);
    assert_eq!(position("ok MCS: X:1.0 Y:2.0 Z:3.0 A:4.5 B:0.0 C:nan"), None);
}

#[test]
fn pipette_memory() {
    let answer = b"L:5032304D56323032303230303432323036000000000000000000000000000000\r\nok\r\nok\r\n";
    recognised(answer, Body::Memory('L'));
    assert_eq!(
        find(answer, |l| memory(l, 'L')).as_deref(),
        Some("P20MV202020042206")
    );
    assert_eq!(find(answer, |l| memory(l, 'R')), None);
    assert_eq!(memory("L:5032", 'L'), None);
}

#[test]
fn the_build_line() {
    let answer = b"Build version: edge-66ec883NOMSD, Build date: Jan 28 2018 15:26:57, MCU: LPC1769, System Clock: 120MHz\r\n  CNC Build   NOMSD Build\r\n6 axis\r\nok\r\nok\r\nok\r\n";
    recognised(answer, Body::Version);
    assert_eq!(find(answer, version).as_deref(), Some("edge-66ec883NOMSD"));
}

#[test]
fn troubles_end_an_answer_that_has_no_body() {
    let locked = b"error:Alarm lock\nok\r\nok\r\nok\r\n";
    recognised(locked, Body::None);
    recognised(locked, Body::Homed);
    assert_eq!(trouble(locked).unwrap().0, Trouble::Locked);
    let missing = b"error:no R instrument found\r\nok\r\nok\r\n";
    recognised(missing, Body::Memory('R'));
    assert_eq!(
        trouble(missing),
        Some((Trouble::NoInstrument, "error:no R instrument found".to_owned()))
    );
    // The alarm counts, whatever errors stand around it.
    let alarm = b"error:Alarm lock\nALARM: Hard limit +C\nok\r\nok\r\n";
    assert_eq!(
        trouble(alarm).unwrap(),
        (Trouble::Alarm, "ALARM: Hard limit +C".to_owned())
    );
    assert_eq!(trouble(b"ok\r\nok\r\n"), None);
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_codec_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        for body in [Body::None, Body::Position, Body::Homed, Body::Memory('L'), Body::Version] {
            let _ = framing(&bytes, body);
        }
        let _ = (trouble(&bytes), find(&bytes, position), find(&bytes, |l| memory(l, 'L')));
    }
}
