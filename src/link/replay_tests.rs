use super::*;
use crate::clock::Clock;
use crate::link::{Exchange, Framing, Line, Settings, capture_into};
use crate::units::{Duration, Timestamp};
use tokio::task::LocalSet;

fn exchange(request: &str) -> Exchange {
    Exchange::new(request.as_bytes().to_vec(), Duration::s(1), |heard| {
        match heard.iter().position(|b| *b == b'\n') {
            Some(n) => Framing::Frame(n + 1),
            None => Framing::Incomplete,
        }
    })
}

#[test]
fn every_byte_comes_back_from_the_text_of_a_capture() {
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(unescape(&all.escape_ascii().to_string()).unwrap(), all);
}

#[test]
fn a_line_that_is_none_is_named() {
    for (text, line, why) in [
        ("5 > a\n", 0, ""),
        ("5 > a\n5 a", 2, "direction"),
        ("x < a", 1, "time"),
        ("5 < a\\", 1, "escapes nothing"),
        ("5 < \\x4", 1, "two digits"),
    ] {
        match Recording::parse(text) {
            Ok(_) => assert_eq!(line, 0, "{text}"),
            Err(error) => {
                assert_eq!(error.line, line, "{text}");
                assert!(error.why.contains(why), "{error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_line_captured_it_is_answered_with_and_other_bytes_are_complained_of_with_the_line() {
    LocalSet::new()
        .run_until(async {
            let clock = Clock::virtual_time(Timestamp::default());
            let text = "1 > one?\n2 < fir\n3 < st\\n\n4 > two?\n5 < second\\n\n";
            let (opener, playback) = Recording::parse(text).unwrap().play();
            let folder = tempfile::tempdir().unwrap();
            let again = folder.path().join("again.txt");
            let mut settings = Settings::at("recording");
            settings.capture = Some(capture_into(&again, clock));
            settings.open_attempts = 1;
            let line = Line::new(opener, settings, clock);
            assert_eq!(line.exchange(exchange("one?")).await.unwrap(), b"first\n");
            assert_eq!((playback.complaint(), playback.next_line()), (None, Some(4)));
            let error = line.exchange(exchange("too?")).await.unwrap_err();
            let complaint = playback.complaint().unwrap();
            assert_eq!(complaint, "line 4: \"two?\" was recorded, and \"too?\" was sent");
            assert!(error.to_string().contains("line 4"), "{error}");
            // What was captured of the playback is what was recorded, as far as it went.
            let captured = std::fs::read_to_string(&again).unwrap();
            let played = Recording::parse(&captured).unwrap();
            let recorded = Recording::parse(text).unwrap();
            let same = played.pieces.iter().zip(&recorded.pieces).take(3);
            assert!(same.into_iter().all(|(a, b)| a.bytes == b.bytes), "{captured}");
        })
        .await;
}
