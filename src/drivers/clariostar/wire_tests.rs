//! The published frames byte for byte, whole and cut at every offset.

use super::super::settings;
use super::super::status::Status;
use super::*;

/// Bytes from their hexadecimal digits.
fn hex(text: &str) -> Vec<u8> {
    let digits = text.split_whitespace();
    digits.map(|d| u8::from_str_radix(d, 16).unwrap()).collect()
}

fn answered(bytes: &[u8], looks: Looks) -> Option<Vec<u8>> {
    let (mut from, mut frame) = (0, None);
    while from < bytes.len() && frame.is_none() {
        match framing(&bytes[from..], looks) {
            Framing::Frame(n) => frame = Some(n),
            Framing::Junk(n) => from += n,
            Framing::Incomplete => return None,
        }
    }
    for cut in from + 1..from + frame? {
        assert_eq!(
            framing(&bytes[from..cut], looks),
            Framing::Incomplete,
            "cut at {cut}"
        );
    }
    payload(&bytes[from..from + frame?]).map(<[u8]>::to_vec)
}

const BEGUN: &str = "02 00 18 0C 01 25 00 27 00 00 03 00 00 00 00 00 00 00 00 C0 00 01 36 0D";
const RUNNING: &str = "02 00 18 0C 01 25 04 2E 00 00 04 01 00 00 03 00 00 00 00 C0 00 01 46 0D";

#[test]
fn published_requests() {
    for (payload, published) in [
        (settings::STATUS, "02 00 09 0C 80 00 00 97 0D"),
        (settings::INITIALISE, "02 00 0D 0C 01 00 00 10 02 00 00 2E 0D"),
        (settings::TRAY_OUT, "02 00 0E 0C 03 01 00 00 00 00 00 00 20 0D"),
        (settings::TRAY_IN, "02 00 0E 0C 03 00 00 00 00 00 00 00 1F 0D"),
        (settings::MEMORY, "02 00 0F 0C 05 07 00 00 00 00 00 00 00 29 0D"),
        (settings::VALUES, "02 00 0F 0C 05 02 00 00 00 00 00 00 00 24 0D"),
        (
            &[0x05, 0x0F, 0, 0, 0, 0, 0, 0],
            "02 00 0F 0C 05 0F 00 00 00 00 00 00 00 31 0D",
        ),
        (
            &[0x05, 0x1D, 0, 0, 0, 0, 0, 0],
            "02 00 0F 0C 05 1D 00 00 00 00 00 00 00 3F 0D",
        ),
        (&[0x81, 0x00], "02 00 09 0C 81 00 00 98 0D"),
    ] {
        assert_eq!(frame(payload), hex(published));
    }
}

#[test]
fn published_statuses() {
    let begun = Status::of(&answered(&hex(BEGUN), Looks::Status).unwrap()).unwrap();
    assert!(begun.busy() && begun.initialised() && begun.tray_open() && !begun.unread());
    let running = Status::of(&answered(&hex(RUNNING), Looks::Status).unwrap()).unwrap();
    assert!(running.busy() && running.initialised() && !running.tray_open() && !running.unread());
    let mut idle = [0_u8; STATUS];
    idle[..5].copy_from_slice(&[1, 0x05, 0x01, 0x26, 0]);
    let status = Status::of(&answered(&frame(&idle), Looks::Status).unwrap()).unwrap();
    assert!(!status.busy() && status.unread() && status.initialised());
    assert_eq!(status.hindered(), None);
    for (byte, flag, words) in [(3, 0x40, "lid"), (4, 0x40, "filters")] {
        let mut bytes = idle;
        bytes[byte] |= flag;
        assert!(Status::of(&bytes).unwrap().hindered().unwrap().contains(words));
    }
    // Not valid, or no status.
    idle[1] = 0x04;
    assert_eq!(answered(&frame(&idle), Looks::Status), None);
}

#[test]
fn what_is_no_frame_is_dropped_and_the_next_one_found() {
    let frame = hex(BEGUN);
    let payload = frame[4..21].to_vec();
    // Noise, and a frame whose checksum is wrong, with the beginning of another within it.
    let mut late = vec![0xFF, 0x02];
    let mut wrong = frame.clone();
    wrong[7] = 0x02;
    late.extend_from_slice(&wrong);
    late.extend_from_slice(&frame);
    assert_eq!(answered(&late, Looks::Status), Some(payload));
    // A length that none has.
    assert_eq!(framing(&[0x02, 0xFF, 0xFF], Looks::Status), Framing::Junk(3));
    // An answer to another question.
    assert_eq!(answered(&frame, Looks::Long), None);
    // The end mark within a frame ends nothing.
    let values = super::frame(&[0x0D; 40]);
    assert_eq!(answered(&values, Looks::Long), Some(vec![0x0D; 40]));
}

proptest::proptest! {
    #[test]
    fn no_bytes_in_no_pieces_make_the_codec_panic(
        bytes in proptest::collection::vec(proptest::prelude::prop_oneof![
            proptest::prelude::any::<u8>(),
            proptest::sample::select(vec![0x02_u8, 0x00, 0x18, 0x0C, 0x0D]),
        ], 0..300),
        cuts in proptest::collection::vec(0_usize..40, 0..20),
    ) {
        for looks in [Looks::Status, Looks::Long] {
            let mut pending: Vec<u8> = Vec::new();
            let mut rest = bytes.as_slice();
            for cut in cuts.iter().copied().chain([bytes.len()]) {
                let (piece, more) = rest.split_at(cut.min(rest.len()));
                (pending, rest) = ([pending.as_slice(), piece].concat(), more);
                while !pending.is_empty() {
                    let n = match framing(&pending, looks) {
                        Framing::Incomplete => break,
                        Framing::Frame(n) => {
                            proptest::prop_assert!(payload(&pending[..n]).is_some());
                            n
                        }
                        Framing::Junk(n) => n,
                    };
                    proptest::prop_assert!(n > 0 && n <= pending.len());
                    pending.drain(..n);
                }
                proptest::prop_assert!(pending.len() < LONGEST);
            }
        }
    }
}
