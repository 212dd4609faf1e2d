//! The manuals' exchanges byte for byte, whole and cut at every offset.

use super::*;

fn answered(bytes: &[u8], looks: Looks) -> Option<Answer> {
    for cut in 0..bytes.len() {
        assert_eq!(framing(&bytes[..cut], looks), Framing::Incomplete, "cut at {cut}");
    }
    match framing(bytes, looks) {
        Framing::Frame(n) => read(&bytes[..n], looks),
        _ => None,
    }
}

fn bare(status: u8) -> Option<Answer> {
    let status = Status::of(status)?;
    let data = String::new();
    Some(Answer { status, data })
}

#[test]
fn published_requests() {
    assert_eq!(request(0, "ZR"), [0x2F, 0x31, 0x5A, 0x52, 0x0D]);
    assert_eq!(request(0, "Q"), [0x2F, 0x31, 0x51, 0x0D]);
    assert_eq!(request(0, "?"), [0x2F, 0x31, 0x3F, 0x0D]);
    assert_eq!(request(0, "?6"), [0x2F, 0x31, 0x3F, 0x36, 0x0D]);
    assert_eq!(
        request(0, "A100R"),
        [0x2F, 0x31, 0x41, 0x31, 0x30, 0x30, 0x52, 0x0D]
    );
    // Switch position E is the address '?'.
    assert_eq!(request(14, "Q"), b"/?Q\r");
}

#[test]
fn published_answers() {
    let busy = [0x2F, 0x30, 0x40, 0x03, 0x0D, 0x0A];
    let ready = [0x2F, 0x30, 0x60, 0x03, 0x0D, 0x0A];
    assert_eq!(answered(&busy, Looks::Bare), bare(0x40));
    assert_eq!(answered(&ready, Looks::Bare), bare(0x60));
    let position = [0x2F, 0x30, 0x60, 0x33, 0x30, 0x30, 0x30, 0x03, 0x0D, 0x0A];
    assert_eq!(answered(&position, Looks::Number).unwrap().data, "3000");
    let valve = [0x2F, 0x30, 0x60, 0x69, 0x03, 0x0D, 0x0A];
    assert_eq!(answered(&valve, Looks::Letter).unwrap().data, "i");
    assert_eq!(
        answered(b"/0`737230 A\x03\r\n", Looks::Text).unwrap().data,
        "737230 A"
    );
    for (byte, error, is_ready) in [
        (0x67, 7, true),
        (0x63, 3, true),
        (0x4F, 15, false),
        (0x49, 9, false),
    ] {
        let status = answered(&[0x2F, 0x30, byte, 0x03, 0x0D, 0x0A], Looks::Bare)
            .unwrap()
            .status;
        assert_eq!((status.error(), status.ready()), (error, is_ready));
    }
}

#[test]
fn what_is_no_answer_is_dropped() {
    // The turnaround byte of RS-485.
    assert_eq!(framing(b"\xFF/0`\x03\r\n", Looks::Bare), Framing::Junk(1));
    // An answer to another question.
    assert_eq!(framing(b"/0`3000\x03\r\n", Looks::Bare), Framing::Junk(10));
    assert_eq!(framing(b"/0`\x03\r\n", Looks::Number), Framing::Junk(6));
    assert_eq!(framing(b"/0`i\x03\r\n", Looks::Number), Framing::Junk(7));
    // Cut short, and the next one.
    assert_eq!(framing(b"/0`30/0`\x03\r\n", Looks::Bare), Framing::Junk(5));
    // A status byte that cannot be one.
    assert_eq!(framing(b"/0\xE0\x03\r\n", Looks::Bare), Framing::Junk(6));
    assert_eq!(framing(b"/0\x20\x03\r\n", Looks::Bare), Framing::Junk(6));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_codec_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..90)) {
        for looks in [Looks::Bare, Looks::Number, Looks::Letter, Looks::Text] {
            let _ = (framing(&bytes, looks), read(&bytes, looks));
        }
    }

    #[test]
    fn every_buffer_is_worked_off(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..90)) {
        let mut rest = bytes.as_slice();
        loop {
            match framing(rest, Looks::Number) {
                Framing::Incomplete => break,
                Framing::Frame(n) | Framing::Junk(n) => {
                    assert!(n > 0 && n <= rest.len());
                    rest = &rest[n..];
                }
            }
        }
    }
}
