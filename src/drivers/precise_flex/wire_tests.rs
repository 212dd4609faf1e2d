//! The dossier's exchanges byte for byte, whole and cut at every offset.

use super::*;

fn answered(sent: &str, bytes: &[u8]) -> Option<Answer> {
    let looks = looks(sent);
    for cut in 0..bytes.len() {
        assert_eq!(
            framing(&bytes[..cut], &looks),
            Framing::Incomplete,
            "cut at {cut}"
        );
    }
    match framing(bytes, &looks) {
        Framing::Frame(n) => read(&bytes[..n], &looks),
        _ => None,
    }
}

fn accepted(data: &str) -> Option<Answer> {
    Some(Answer::Accepted(data.to_owned()))
}

#[test]
fn published_exchanges() {
    assert_eq!(command("mode 0"), b"mode 0\n");
    assert_eq!(answered("mode 0", b"0 OK\r\n"), accepted("OK"));
    assert_eq!(answered("hp 1 20", b"0 OK\r\n"), accepted("OK"));
    assert_eq!(answered("attach", b"0 -1\r\n"), accepted("-1"));
    let speed = format!("Speed 1 {}", number(50_000));
    assert_eq!(speed, "Speed 1 50.0");
    assert_eq!(answered(&speed, b"0 Speed 1 50.0\r\n"), accepted("Speed 1 50.0"));
    assert_eq!(answered("IsFullyClosed", b"0 -1\r\n"), accepted("-1"));
    let place = numbers(&[1_000, 2_000, 3_000, 6_000, 5_000, 4_000]);
    assert_eq!(format!("locXyz 1 {place}"), "locXyz 1 1.0 2.0 3.0 6.0 5.0 4.0");
    assert_eq!(answered("version", b"0 v1.0.0\r\n"), accepted("v1.0.0"));
    assert_eq!(
        answered("moveJ 1 0.0 0.0 0.0 0.0 0.0", b"-1009 No robot attached\r\n"),
        Some(Answer::Refused(-1009, "No robot attached".into()))
    );
    assert_eq!(answered("gripper 1", b"0\r\n"), accepted(""));
    assert_eq!(
        answered("home", b"-1046\r\n"),
        Some(Answer::Refused(-1046, String::new()))
    );
    assert!(answered("wherej", b"0 178.1 -0.15 184.78 -912.41 126.58\r\n").is_some());
    assert_eq!(thousandths("178.1 -0.15 5"), Some(vec![178_100, -150, 5_000]));
}

#[test]
fn only_what_looks_like_an_answer_is_one() {
    for (sent, wrong) in [
        ("wherej", &b"0 1.0 2.0 3.0 4.0\r\n"[..]),
        ("wherej", b"0 v1.0.0\r\n"),
        ("wherej", b"0 1.0 2.0 inf 4.0 5.0\r\n"),
        ("wherec", b"0 1 2 3 4 5\r\n"),
        ("version", b"0 OK\r\n"),
        ("version", b"0\r\n"),
        ("version", b"0 21\r\n"),
        ("version", b"0 Speed 1 50.0\r\n"),
        ("IsFullyClosed", b"0 1\r\n"),
        ("sysState", b"0 -1\r\n"),
        ("gripper 1", b"0 -1\r\n"),
        ("gripper 1", b"0 v1.0.0\r\n"),
        ("gripper 1", b"1 OK\r\n"),
        ("gripper 1", b"OK\r\n"),
        ("gripper 1", b"0 OK\n"),
    ] {
        assert_eq!(answered(sent, wrong), None, "{sent} {wrong:?}");
    }
    assert_eq!(framing(b"0 21\r\n0 v1.0.0\r\n", &Looks::Words), Framing::Junk(6));
    assert_eq!(framing(&[b'0'; 600], &Looks::Words), Framing::Junk(600));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_codec_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
        for text in ["wherej", "wherec", "attach", "sysState", "version", "gripper 1"] {
            let looks = looks(text);
            if let Framing::Frame(n) = framing(&bytes, &looks) {
                proptest::prop_assert!(read(&bytes[..n], &looks).is_some());
            }
        }
    }
}
