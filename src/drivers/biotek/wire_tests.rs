//! The published exchanges byte for byte, whole and cut at every offset.

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

fn says(text: &str) -> Option<Answer> {
    Some(Answer {
        text: text.to_owned(),
        status: 0,
    })
}

#[test]
fn published_answers() {
    let version = answered(b"\x061650200  Version 1.04   0000\x03", Looks::Version).unwrap();
    assert_eq!(super::version(&version.text), Some("1.04"));
    assert_eq!(
        answered(b"\x0600000000        0000\x03", Looks::Serial),
        says("00000000")
    );
    assert_eq!(answered(b"\x062360000\x03", Looks::Temperature), says("236"));
    assert_eq!(answered(b"\x06\x03", Looks::Bare), says(""));
    assert_eq!(answered(b"\x060000\x03", Looks::Bare), says(""));
    assert_eq!(answered(b"\x06", Looks::Acknowledged), says(""));
    assert_eq!(answered(b"\x03", Looks::Taken), says(""));
    assert_eq!(answered(b"0000\x03", Looks::Taken), says(""));
    for estimate in [
        "0350000000000000010000000000490300000",
        "0350000000000000010000000000030200000",
        "0350000000000000010000000000000170000",
    ] {
        let answer = answered(format!("{estimate}\x03").as_bytes(), Looks::Estimate).unwrap();
        assert_eq!((answer.status, answer.text.len()), (0, 33));
    }
}

#[test]
fn a_status_is_told_from_what_is_answered() {
    assert_eq!(
        answered(b"\x061234\x03", Looks::Bare),
        Some(Answer {
            text: String::new(),
            status: 1234
        })
    );
    let answer = answered(b"0350000000000000010000000000490304307\x03", Looks::Estimate);
    assert_eq!(answer.unwrap().status, 4307);
}

#[test]
fn an_answer_to_something_else_is_none() {
    let all = [
        (Looks::Version, &b"\x061650200  Version 1.04   0000\x03"[..]),
        (Looks::Serial, b"\x0600000000        0000\x03"),
        (Looks::Temperature, b"\x062360000\x03"),
        (Looks::Bare, b"\x060000\x03"),
        (Looks::Taken, b"0000\x03"),
        (Looks::Estimate, b"0350000000000000010000000000490300000\x03"),
    ];
    for (looks, _) in all {
        for (other, bytes) in all {
            // What a parameter is answered with looks like the end of what a letter is.
            let found = answered(bytes, looks).is_some();
            assert_eq!(found, looks == other, "{bytes:?} as {looks:?}");
        }
    }
    // Cut short, and the next one.
    assert_eq!(
        answered(b"\x06236\x062370000\x03", Looks::Temperature),
        says("237")
    );
    // More than an acknowledgement is none.
    assert_eq!(answered(b"\x0623", Looks::Acknowledged), None);
}

#[test]
fn a_block_is_taken_whole() {
    let block =
        "01,1,\r000:00:00.0,237,04,04,0000018\r\n,05,04,0000017\r\n,06,04,0000014\r\n237\x1a210\x1a0000";
    let bytes = format!("{block}\x03");
    assert_eq!(answered(bytes.as_bytes(), Looks::Block), says(block));
    // With the status before it, and a status alone.
    let begun = format!("\x060000\x03{block}\x03");
    assert_eq!(answered(begun.as_bytes(), Looks::Block), says(block));
    let refused = answered(b"\x064307\x03", Looks::Block).unwrap();
    assert_eq!((refused.status, refused.text.as_str()), (4307, ""));
    // The end of an answer before it.
    let late = format!("0000\x03{block}\x03");
    assert_eq!(answered(late.as_bytes(), Looks::Block), says(block));
}

proptest::proptest! {
    #[test]
    fn no_bytes_in_no_pieces_make_the_codec_panic(
        bytes in proptest::collection::vec(proptest::prelude::prop_oneof![
            proptest::prelude::any::<u8>(),
            proptest::sample::select(b"\x06\x03\x1a\r\n,0123456789*+.V".to_vec()),
        ], 0..300),
        cuts in proptest::collection::vec(0_usize..40, 0..20),
    ) {
        for looks in [
            Looks::Acknowledged, Looks::Bare, Looks::Taken, Looks::Estimate, Looks::Version, Looks::Serial,
            Looks::Temperature, Looks::Block,
        ] {
            let mut pending: Vec<u8> = Vec::new();
            let mut rest = bytes.as_slice();
            for cut in cuts.iter().copied().chain([bytes.len()]) {
                let (piece, more) = rest.split_at(cut.min(rest.len()));
                (pending, rest) = ([pending.as_slice(), piece].concat(), more);
                while !pending.is_empty() {
                    let n = match framing(&pending, looks) {
                        Framing::Incomplete => break,
                        Framing::Frame(n) => {
                            let _ = read(&pending[..n], looks);
                            n
                        }
                        Framing::Junk(n) => n,
                    };
                    proptest::prop_assert!(n > 0 && n <= pending.len());
                    pending.drain(..n);
                }
            }
        }
    }
}
