//! The dossier's exchanges byte for byte, whole and cut at every offset.

use super::*;

fn answered(sent: &str, bytes: &[u8]) -> Option<Answer> {
    let key = key(sent);
    for cut in 0..bytes.len() {
        assert_eq!(framing(&bytes[..cut], key), Framing::Incomplete, "cut at {cut}");
    }
    match framing(bytes, key) {
        Framing::Frame(n) => read(&bytes[..n], key),
        _ => None,
    }
}

#[test]
fn published_exchanges() {
    assert_eq!(telegram("ch:bs"), b"ch:bs\r\n");
    assert_eq!(format!("mv:st {}", location(5)), "mv:st 005");
    assert_eq!(answered("ch:bs", b"bs 02\r"), Some(Answer::Value("02".into())));
    assert_eq!(answered("mv:st 005", b"ok 01\r"), Some(Answer::Accepted));
    assert_eq!(answered("ll:va", b"ok\r"), Some(Answer::Accepted));
    assert_eq!(answered("mv:st 005", b"er 32\r"), Some(Answer::Refused(0x32)));
    assert_eq!(answered("ch:be", b"be 00\r"), Some(Answer::Value("00".into())));
    assert_eq!(
        answered("ch:it", b"it +37.0 +36.9\r"),
        Some(Answer::Value("+37.0 +36.9".into()))
    );
    assert_eq!(temperatures("+37.0 +36.9"), Some((37_000, 36_900)));
    assert_eq!(temperatures("+37.0"), None);
}

#[test]
fn the_overview_is_read_bit_by_bit() {
    let plate_on_transfer = Overview(hex("82").unwrap());
    assert!(plate_on_transfer.transfer_occupied() && plate_on_transfer.ready() && !plate_on_transfer.busy());
    assert!(Overview(0x01).busy() && Overview(0x08).error() && Overview(0x10).handler_occupied());
    assert!(Overview(0x40).door_open());
}

#[test]
fn an_answer_to_another_question_is_dropped() {
    assert_eq!(framing(b"it +37.0 +36.9\rbs 02\r", "bs"), Framing::Junk(15));
    assert_eq!(framing(b"\nbs 02\r", "bs"), Framing::Frame(7));
    // Without a checksum, only what is exactly an answer is one.
    for garbled in [
        &b"bs 0\r"[..],
        b"bs 0G\r",
        b"bs\r",
        b"cs 02\r",
        b"bs 002\r",
        b"ok 1\r",
        b"er\r",
    ] {
        assert!(matches!(framing(garbled, "bs"), Framing::Junk(_)), "{garbled:?}");
    }
    assert_eq!(barcode("-"), None);
    assert_eq!(barcode("PL-0042").as_deref(), Some("PL-0042"));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_codec_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
        for key in ["bs", "ok", "it", "bc"] {
            let _ = (framing(&bytes, key), read(&bytes, key));
        }
    }
}
