//! The manuals' exchanges byte for byte, whole and cut at every offset.

use super::*;

/// A new frame of this number.
fn new(address: u8, sequence: u8, text: &str) -> Vec<u8> {
    request(address, Sequence(sequence), false, text)
}

fn answered(bytes: &[u8], looks: Looks) -> Option<Answer> {
    for cut in 0..bytes.len() {
        assert_eq!(framing(&bytes[..cut], looks), Framing::Incomplete, "cut at {cut}");
    }
    match framing(bytes, looks) {
        Framing::Frame(n) => read(&bytes[..n], looks),
        _ => None,
    }
}

#[test]
fn published_requests() {
    assert_eq!(new(0, 1, "ZR"), [0x02, 0x31, 0x31, 0x5A, 0x52, 0x03, 0x09]);
    let again = request(0, Sequence(1), true, "ZR");
    assert_eq!(again, [0x02, 0x31, 0x39, 0x5A, 0x52, 0x03, 0x01]);
    assert_eq!(new(0, 2, "Q"), [0x02, 0x31, 0x32, 0x51, 0x03, 0x53]);
    assert_eq!(new(0, 3, "?"), [0x02, 0x31, 0x33, 0x3F, 0x03, 0x3C]);
    assert_eq!(new(0, 4, "?6"), [0x02, 0x31, 0x34, 0x3F, 0x36, 0x03, 0x0D]);
    let both = new(0, 6, "V1400IA3000OA0R");
    assert_eq!((both.len(), both.last()), (20, Some(&0x32)));
    assert_eq!(new(0, 7, "A4000R").last(), Some(&0x10));
    assert_eq!(new(0, 2, "Z0,1,9R").last(), Some(&0x32));
    assert_eq!(new(0, 3, "I3R"), [0x02, 0x31, 0x33, 0x49, 0x33, 0x52, 0x03, 0x2B]);
    assert_eq!(new(1, 1, "T"), [0x02, 0x32, 0x31, 0x54, 0x03, 0x56]);
    // Of another maker's manual, for the same protocol.
    assert_eq!(new(0, 1, "A300R").last(), Some(&0x21));
    assert_eq!(request(0, Sequence(1), true, "A300R").last(), Some(&0x29));
}

#[test]
fn published_answers() {
    for (bytes, error, ready) in [
        ([0x02, 0x30, 0x40, 0x03, 0x71], 0, false),
        ([0x02, 0x30, 0x60, 0x03, 0x51], 0, true),
        ([0x02, 0x30, 0x67, 0x03, 0x56], 7, true),
        ([0x02, 0x30, 0x69, 0x03, 0x58], 9, true),
        ([0x02, 0x30, 0x63, 0x03, 0x52], 3, true),
    ] {
        let answer = answered(&bytes, Looks::Bare).unwrap();
        assert_eq!((answer.status.error(), answer.status.ready()), (error, ready));
    }
    let position = [0x02, 0x30, 0x60, 0x33, 0x30, 0x30, 0x30, 0x03, 0x52];
    assert_eq!(answered(&position, Looks::Number).unwrap().data, "3000");
    let valve = [0x02, 0x30, 0x60, 0x69, 0x03, 0x38];
    assert_eq!(answered(&valve, Looks::Letter).unwrap().data, "i");
    let port = [0x02, 0x30, 0x60, 0x39, 0x03, 0x68];
    assert_eq!(answered(&port, Looks::Number).unwrap().data, "9");
}

#[test]
fn what_is_no_answer_is_dropped() {
    let ready = [0x02, 0x30, 0x60, 0x03, 0x51];
    // Bytes that fill the line.
    assert_eq!(framing(&[0xFF, 0xFF, 0x02], Looks::Bare), Framing::Junk(2));
    // A flipped bit.
    assert_eq!(
        framing(&[0x02, 0x30, 0x62, 0x03, 0x51], Looks::Bare),
        Framing::Junk(5)
    );
    // An answer to another question.
    assert_eq!(framing(&ready, Looks::Number), Framing::Junk(5));
    // Cut short, and the next one.
    let both = [&[0x02, 0x30, 0x60, 0x33][..], &ready].concat();
    assert_eq!(framing(&both, Looks::Bare), Framing::Junk(4));
    // A checksum that looks like the end of a frame: 0x03.
    let odd = [0x02, 0x30, 0x60, b'3', b'a', 0x03, 0x03];
    assert_eq!(framing(&odd, Looks::Text), Framing::Frame(7));
    assert_eq!(framing(&odd[..6], Looks::Text), Framing::Incomplete);
}

#[test]
fn numbers_go_from_one_to_seven_and_around() {
    let mut sequence = Sequence::FIRST;
    let mut seen = Vec::new();
    for _ in 0..8 {
        seen.push(sequence.0);
        sequence = sequence.next();
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7, 1]);
}

proptest::proptest! {
    #[test]
    fn every_buffer_is_worked_off(bytes in proptest::collection::vec(proptest::prelude::prop_oneof![
        proptest::prelude::any::<u8>(),
        proptest::sample::select(vec![0x02_u8, 0x03, 0x30, 0x60, 0x51]),
    ], 0..200)) {
        for looks in [Looks::Bare, Looks::Number, Looks::Letter, Looks::Text] {
            let mut rest = bytes.as_slice();
            loop {
                match framing(rest, looks) {
                    Framing::Incomplete => break,
                    Framing::Frame(n) | Framing::Junk(n) => {
                        proptest::prop_assert!(n > 0 && n <= rest.len());
                        let _ = read(&rest[..n], looks);
                        rest = &rest[n..];
                    }
                }
            }
            proptest::prop_assert!(rest.len() <= LONGEST);
        }
    }
}
