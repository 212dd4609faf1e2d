use super::*;
use crate::rig::profile::text::TextProfile;
use crate::rig::profile::{Profile, parse};
use crate::source::SourceFile;
use proptest::prelude::*;

pub fn profile(text: &str) -> TextProfile {
    let (profile, found) = parse(&SourceFile {
        name: "profile.toml".into(),
        text: text.into(),
    });
    assert_eq!(found, []);
    match profile {
        Some(Profile::Text(profile)) => *profile,
        other => panic!("{other:?}"),
    }
}

fn line(request: &str, answer: &str, checksum: Option<&str>) -> Wrapping {
    let checksum = checksum.map_or_else(String::new, |c| format!("checksum = \"{c}\""));
    let quoted = |text: &str| {
        format!("{text:?}")
            .replace("\\u{2}", "\\u0002")
            .replace("\\u{3}", "\\u0003")
    };
    let (request, answer) = (quoted(request), quoted(answer));
    let text = format!(
        "[profile]\nname = \"x\"\ntitle = \"x\"\nkind = \"text\"\nrole = \"station\"\ntimeout = \"1 s\"\npoll = \"1 s\"\n\
         [line]\nrequest = {request}\nanswer = {answer}\nresync = \"q\"\n{checksum}\n\
         [questions.q]\nsend = \"q\"\nanswer = '.*'\n[identity]\nquestion = \"q\"\n"
    );
    profile(&text).line
}

#[test]
fn checksums_are_those_of_their_published_examples() {
    // CRC-16/MODBUS of the usual check text.
    assert_eq!(checksum(Checksum::Crc16, b"123456789"), "4B37");
    // Modbus ASCII's LRC: 01 03 00 6B 00 03 sums to 72, its complement is 8E.
    assert_eq!(
        checksum(Checksum::Lrc, &[0x01, 0x03, 0x00, 0x6B, 0x00, 0x03]),
        "8E"
    );
    assert_eq!(checksum(Checksum::Sum, b"AB"), "83");
    assert_eq!(checksum(Checksum::Xor, b"AB"), "03");
}

#[test]
fn an_answer_is_found_behind_noise_and_only_with_its_checksum() {
    let plain = line("{}\r", "*{}\r\n", None);
    assert_eq!(wrapped(&plain, "status"), b"status\r");
    assert_eq!(first(&plain, b"noise*ok\r\n"), Found::Junk(5));
    assert_eq!(first(&plain, b"*ok\r\n*more"), Found::Answer(5, b"ok".into()));
    assert_eq!(first(&plain, b"*ok\r"), Found::Nothing);
    assert_eq!(first(&plain, b"noise"), Found::Junk(5));
    let worded = line("{} \n", "{} OK\n", None);
    assert_eq!(first(&worded, b"\nM3 OK\n"), Found::Junk(1));
    assert_eq!(first(&worded, b"M3 OK\n\n"), Found::Answer(6, b"M3".into()));
    assert_eq!(first(&worded, b"M115  OK\n"), Found::Answer(9, b"M115".into()));
    assert_eq!(
        first(&line("{}\r", "{}\r\n", None), b"\r\n"),
        Found::Answer(2, b"".into())
    );
    let summed = line("\u{2}{}\u{3}{sum}", "\u{2}{}{sum}\r", Some("xor"));
    assert_eq!(wrapped(&summed, "AB"), b"\x02AB\x0302");
    // 02 ^ 41 ^ 42 = 01
    assert_eq!(first(&summed, b"\x02AB01\r"), Found::Answer(6, b"AB".into()));
    assert_eq!(first(&summed, b"\x02AB02\r"), Found::Junk(6));
    assert_eq!(first(&summed, b"\x02A\r"), Found::Junk(3));
}

#[test]
fn what_ends_an_answer_stands_before_its_checksum_or_behind_it() {
    // 02 + 41 + 42 + 03 = 88
    let behind = line("\u{2}{}\u{3}{sum}", "\u{2}{}\u{3}{sum}", Some("sum"));
    assert_eq!(wrapped(&behind, "AB"), b"\x02AB\x0388");
    assert_eq!(
        first(&behind, b"\x02AB\x0388\x02"),
        Found::Answer(6, b"AB".into())
    );
    assert_eq!(first(&behind, b"\x02AB\x038"), Found::Nothing);
    assert_eq!(first(&behind, b"\x02AB\x0389"), Found::Junk(6));
    let both = line("{}\r", "\u{2}{}\u{3}{sum}\r", Some("sum"));
    assert_eq!(first(&both, b"\x02AB\x0388\r"), Found::Answer(7, b"AB".into()));
}

#[test]
fn of_several_forms_that_one_counts_which_begins_there_and_ends_first() {
    let mut line = line("{}\r", "{}\r\n", None);
    line.answers.push(vec![
        Part::Bytes(b"<".to_vec()),
        Part::Text,
        Part::Bytes(b">".to_vec()),
    ]);
    assert_eq!(first(&line, b"<?/0>"), Found::Answer(5, b"?/0".into()));
    assert_eq!(first(&line, b"<?/0"), Found::Nothing);
    assert_eq!(first(&line, b"P7\r\n<?/0>"), Found::Answer(4, b"P7".into()));
    assert_eq!(first(&line, b"P<7>\r\n"), Found::Answer(6, b"P<7>".into()));
}

proptest! {
    #[test]
    fn whatever_is_received_is_taken_apart_without_end_or_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        for line in [line("{}\r", "{}\r\n", None), line("{}", "\r{}{sum}!\r", Some("crc16")), line("{}", "*{}#{sum}", Some("xor"))] {
            let mut rest = bytes.as_slice();
            while let Found::Junk(n) | Found::Answer(n, _) = first(&line, rest) {
                prop_assert!(n > 0 && n <= rest.len());
                rest = rest.get(n..).unwrap();
            }
        }
    }

    #[test]
    fn what_is_wrapped_alike_is_found_again(text in "[ -~&&[^!*]]{1,40}", kind in 0..4_usize) {
        let kind = ["xor", "sum", "lrc", "crc16"][kind];
        let line = line("*{}{sum}!", "*{}{sum}!", Some(kind));
        let bytes = wrapped(&line, &text);
        prop_assert_eq!(first(&line, &bytes), Found::Answer(bytes.len(), text.as_bytes().into()));
    }
}
