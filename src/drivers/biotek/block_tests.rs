use super::*;

/// Published blocks of luminescence: of column 1 without its last row, of a rectangle, of three wells.
const COLUMN: &str = "01,1,\r000:00:00.0,237,01,01,0000003\r\n,02,01,0000003\r\n,03,01,0000005\r\n,04,01,0000004\r\n,05,01,\
                      0000003\r\n,06,01,0000002\r\n,07,01,0000000\r\n237\x1a132\x1a0000";

/// A block of these rows, with its checksum.
pub fn block(rows: &str) -> String {
    let body = format!("000:00:00.0,228,{rows}\r\n228\x1a");
    let sum = body.bytes().fold(0_u8, u8::wrapping_add);
    format!("01,1,\r{body}{sum:03}\x1a0000")
}

#[test]
fn the_published_checksums_are_those_of_the_published_bytes() {
    let values = read(COLUMN, (7, 1), Unit::Counts).unwrap();
    assert_eq!(values, [3.0, 3.0, 5.0, 4.0, 3.0, 2.0, 0.0].map(Some).to_vec());
    let rows = "02,02,0000043,02,03,0000014\r\n,03,03,0000014,03,02,0000012\r\n,04,02,0000011,04,03,0000014\r\n,05,03,0000010,\
                05,02,0000010\r\n,06,02,0000011,06,03,0000027\r\n,07,03,0000009,07,02,0000010";
    assert!(block(rows).replace("228", "237").ends_with("\x1a0000"));
    for (rows, sum) in [
        (rows, 160),
        ("04,04,0000018\r\n,05,04,0000017\r\n,06,04,0000014", 210),
    ] {
        let body = format!("000:00:00.0,237,{rows}\r\n237\x1a");
        assert_eq!(body.bytes().fold(0_u8, u8::wrapping_add), sum);
    }
}

#[test]
fn rows_go_forth_and_back_and_stars_are_no_value() {
    let text = block("01,01,+0.1917,01,02,+0.1225\r\n,02,02,-0.0012,02,01,*******");
    assert_eq!(
        read(&text, (2, 2), Unit::Absorbance),
        Ok(vec![Some(0.1917), Some(0.1225), None, Some(-0.0012)])
    );
}

#[test]
fn what_is_not_the_block_that_was_asked_for_is_not_believed() {
    let text = block("01,01,+0.1917,01,02,+0.1225");
    assert_eq!(read(&text, (1, 2), Unit::Counts), Err(Wrong::Other));
    assert_eq!(read(&text, (2, 2), Unit::Absorbance), Err(Wrong::Other));
    assert_eq!(read(&text, (1, 1), Unit::Absorbance), Err(Wrong::Other));
    let twice = block("01,01,+0.1917,01,01,+0.1225");
    assert_eq!(read(&twice, (1, 2), Unit::Absorbance), Err(Wrong::Other));
    let ended = text.replace("\x1a0000", "\x1a2001");
    assert_eq!(read(&ended, (1, 2), Unit::Absorbance), Err(Wrong::Status(2001)));
    // Any digit that flips.
    for (at, byte) in text.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if byte == b'9' { b'0' } else { byte + 1 };
        let flipped = String::from_utf8(bytes).unwrap();
        assert!(read(&flipped, (1, 2), Unit::Absorbance).is_err(), "at {at}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(01,1,\r)?[0-9:.,*+\r\n\x1a-]{0,120}") {
        let _ = read(&text, (8, 12), Unit::Counts);
    }

    #[test]
    fn no_rows_with_a_right_checksum_make_it_panic(rows in "[0-9.,*+\r\n-]{0,80}") {
        let _ = read(&block(&rows), (8, 12), Unit::Absorbance);
    }
}
