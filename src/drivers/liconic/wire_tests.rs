//! The dossier's exchanges byte for byte, whole and cut at every offset.

use super::*;

fn answered(sent: &str, bytes: &[u8]) -> Option<Answer> {
    let looks = looks(sent);
    for cut in 0..bytes.len() {
        assert_eq!(framing(&bytes[..cut], looks), Framing::Incomplete, "cut at {cut}");
    }
    match framing(bytes, looks) {
        Framing::Frame(n) => read(&bytes[..n], looks),
        _ => None,
    }
}

#[test]
fn published_exchanges() {
    assert_eq!(line("CR"), b"CR\r");
    assert_eq!(answered("CR", b"CC\r\n"), Some(Answer::Accepted));
    assert_eq!(answered("ST 1801", b"OK\r\n"), Some(Answer::Accepted));
    assert_eq!(answered("RD 1915", b"1\r\n"), Some(Answer::Value(1)));
    for written in [
        "WR DM0 2",
        "WR DM23 788",
        "WR DM25 22",
        "WR DM5 5",
        "ST 1905",
        "ST 1903",
    ] {
        assert_eq!(answered(written, b"OK\r\n"), Some(Answer::Accepted), "{written}");
    }
    assert_eq!(format!("WR DM890 {}", five(370)), "WR DM890 00370");
    assert_eq!(answered("RD DM982", b"00369\r\n"), Some(Answer::Value(369)));
    assert_eq!(answered("XX", b"E1\r\n"), Some(Answer::Refused(1)));
}

#[test]
fn only_what_is_exactly_an_answer_is_one() {
    for (sent, wrong) in [
        ("RD 1915", &b"2\r\n"[..]),
        ("RD 1915", b"OK\r\n"),
        ("RD 1915", b"00001\r\n"),
        ("RD DM200", b"1\r\n"),
        ("RD DM200", b"000015\r\n"),
        ("RD DM200", b"0001\r\n"),
        ("ST 1801", b"CC\r\n"),
        ("CR", b"OK\r\n"),
        ("ST 1801", b"OK \r\n"),
        ("ST 1801", b"OK\n"),
        ("ST 1801", b"E6\r\n"),
        ("ST 1801", b"E11\r\n"),
    ] {
        assert_eq!(answered(sent, wrong), None, "{sent} {wrong:?}");
    }
    assert_eq!(framing(b"00369\r\n1\r\n", Looks::Relay), Framing::Junk(7));
    assert_eq!(framing(&[b'x'; 40], Looks::Relay), Framing::Junk(40));
}

#[test]
fn slots_are_counted_through_the_cassettes() {
    let low = Cassette {
        levels: 22,
        step: 788,
    };
    let deep = Cassette {
        levels: 10,
        step: 1713,
    };
    let cassettes = [low, deep, low];
    let at = |slot| place(slot, &cassettes);
    assert_eq!(at(0), None);
    assert_eq!(at(1), Some((1, 1, low)));
    assert_eq!(at(22), Some((1, 22, low)));
    assert_eq!(at(23), Some((2, 1, deep)));
    assert_eq!(at(32), Some((2, 10, deep)));
    assert_eq!(at(33), Some((3, 1, low)));
    assert_eq!(at(54), Some((3, 22, low)));
    assert_eq!(at(55), None);
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_codec_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
        for looks in [Looks::Ok, Looks::Open, Looks::Relay, Looks::Register] {
            if let Framing::Frame(n) = framing(&bytes, looks) {
                proptest::prop_assert!(read(&bytes[..n], looks).is_some());
            }
        }
    }
}
