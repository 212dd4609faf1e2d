//! The dossier's exchanges byte for byte, whole and cut at every offset.

use super::*;

fn answered(bytes: &[u8], looks: Looks) -> Option<Answer> {
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
    read(&bytes[from..from + frame?], looks)
}

fn accepted(more: &str) -> Option<Answer> {
    Some(Answer::Accepted(more.to_owned()))
}

#[test]
fn published_exchanges() {
    assert_eq!(command("!"), b"!\r");
    assert_eq!(answered(b"OK>\r\n", Looks::Bare(1)), accepted(""));
    assert_eq!(answered(b"OK\t\r\n>", Looks::Bare(1)), accepted(""));
    assert_eq!(fields("!READTYPE ABSPLA", Model::M5), 2);
    assert_eq!(fields("!READTYPE FLU", Model::M5), 1);
    assert_eq!(fields("!READTYPE PLA", Model::Plus384), 1);
    assert_eq!(fields("!SPEED OFF", Model::Plus384), 2);
    assert_eq!(fields("!XPOS 13.380 9.000 12", Model::M5), 1);
    assert_eq!(answered(b"OK\t\r\n>\r\n>", Looks::Bare(2)), accepted(""));
    assert_eq!(
        answered(b"OK\t\r\n>0 IDLE\r\n>", Looks::Status),
        accepted("0 IDLE")
    );
    assert_eq!(answered(b"OK>\t0 IDLE\r\n>", Looks::Status), accepted("0 IDLE"));
    assert_eq!(state("0 IDLE 25.0"), Some("IDLE"));
    assert_eq!(
        answered(b"OK\r\n>37.0 36.9\r\n>", Looks::Temperatures),
        accepted("37.0 36.9")
    );
    assert_eq!(
        answered(b"FAIL\t 100>\r\n", Looks::Bare(1)),
        Some(Answer::Refused(100))
    );
    assert_eq!(
        answered(b"OK\t\r\n>FAIL\t 107>\r\n", Looks::Data),
        Some(Answer::Refused(107))
    );
    let block = "12345.6\t25.1\t96-well\r\nL:\t260\r\nL:\t260\r\n1:\t0.1\t0.2\r\n2:\t0.3\t0.4";
    let bytes = format!("OK\t\r\n>{block}\r\n>");
    assert_eq!(answered(bytes.as_bytes(), Looks::Data), accepted(block));
}

#[test]
fn what_an_earlier_answer_left_over_and_what_is_echoed_is_no_answer() {
    assert_eq!(answered(b"\r\n>OK>\r\n", Looks::Bare(1)), accepted(""));
    assert_eq!(answered(b"!OPEN\rOK>\r\n", Looks::Bare(1)), accepted(""));
    assert_eq!(
        answered(b"OK\twarning: lamp is old\r\n>", Looks::Bare(1)),
        accepted("")
    );
    // A late answer to `!STATUS` is none to `!TEMP`, and the other way round.
    let both = b"OK\t\r\n>0 IDLE\r\n>OK\t\r\n>37.0 36.9\r\n>";
    assert_eq!(answered(both, Looks::Temperatures), accepted("37.0 36.9"));
    assert_eq!(answered(b"OK\t\r\n>37.0 36.9\r\n>", Looks::Status), None);
    assert_eq!(answered(b"OX>OK>", Looks::Bare(1)), accepted(""));
    for wrong in [&b"OKAY>"[..], b"K>", b"FAIL\t 1x>", b"OK\t\r\n0 IDLE\r\n>"] {
        assert_eq!(answered(wrong, Looks::Bare(1)), None, "{wrong:?}");
    }
    // Firmware words, in either field.
    assert_eq!(
        answered(b"OK\tROM 2.04 384\r\n>", Looks::Words),
        accepted("ROM 2.04 384")
    );
    assert_eq!(
        answered(b"OK\r\n>ROM 2.04 384\r\n>", Looks::Words),
        accepted("ROM 2.04 384")
    );
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_codec_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
        for looks in [Looks::Bare(1), Looks::Bare(2), Looks::Status, Looks::Temperatures, Looks::Data, Looks::Words] {
            if let Framing::Frame(n) = framing(&bytes, looks) {
                proptest::prop_assert!(read(&bytes[..n], looks).is_some());
            }
        }
    }

    #[test]
    fn answers_in_the_alphabet_of_the_protocol_do_not_panic(text in "[OKFAIL>!\r\n\t 0-9A.:]{0,60}") {
        for looks in [Looks::Bare(1), Looks::Status, Looks::Temperatures, Looks::Data, Looks::Words] {
            let _ = framing(text.as_bytes(), looks);
        }
        let _ = super::super::block::read(&text);
    }
}
