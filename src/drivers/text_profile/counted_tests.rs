use super::*;
use proptest::prelude::*;

#[test]
fn requests_are_those_of_the_dossier() {
    for (text, bytes) in [
        ("T00RTS", &b"\x09\x32\xC6T00RTS\x46"[..]),
        ("T00AID", b"\x09\x32\xC6T00AID\x93"),
        ("T00RAT1", b"\x0A\x32\xC7T00RAT1\x62"),
        ("T00STT370", b"\x0C\x32\xC9T00STT370\x39"),
        ("T00SHE1", b"\x0A\x32\xC7T00SHE1\x4B"),
        ("T00AOD", b"\x09\x32\xC6T00AOD\x39"),
        ("T00ACD", b"\x09\x32\xC6T00ACD\x74"),
    ] {
        assert_eq!(wrapped(2, text), bytes, "{text}");
    }
}

fn answer(length: usize, text: &[u8]) -> Found<'static> {
    Found::Answer(length, Cow::Owned(text.to_vec()))
}

#[test]
fn answers_are_those_of_the_dossier() {
    assert_eq!(first(2, b"\xB2370\xB2\x20\x60"), answer(7, b"0 370"));
    assert_eq!(first(2, b"\xB2\x20\x60"), answer(3, b"0"));
    assert_eq!(first(2, b"\xB2\x28\x60"), answer(3, b"8"));
    assert_eq!(first(2, b"\xB212\xB234\xB2\x2F\x60more"), answer(9, b"F 1234"));
    assert_eq!(first(2, b"noise\xB2\x20\x60"), Found::Junk(5));
    assert_eq!(first(2, b"\xB3\x20\x60"), Found::Junk(3), "another unit");
    for part in 1..7 {
        let whole = b"\xB2370\xB2\x20\x60";
        assert_eq!(first(2, whole.get(..part).unwrap()), Found::Nothing);
    }
}

proptest! {
    #[test]
    fn whatever_is_received_is_taken_apart_without_end_or_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut rest = bytes.as_slice();
        while let Found::Junk(n) | Found::Answer(n, _) = first(2, rest) {
            prop_assert!(n > 0 && n <= rest.len());
            rest = rest.get(n..).unwrap();
        }
        prop_assert!(rest.len() <= LONGEST);
    }
}
