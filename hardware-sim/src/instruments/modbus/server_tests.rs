use super::*;

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

#[test]
fn serial_frames_are_cut_by_length_and_bad_ones_swallowed() {
    let read = hex("11 03 00 6B 00 03 76 87");
    let write = hex("11 10 00 01 00 02 04 00 0A 01 02 C6 F0");
    let mut both = [read.clone(), write.clone()].concat();
    assert_eq!(take_rtu(&mut both), Some(read[..6].to_vec()));
    assert_eq!(take_rtu(&mut both), Some(write[..11].to_vec()));
    for cut in 0..write.len() {
        let mut part = write[..cut].to_vec();
        assert_eq!(take_rtu(&mut part), None, "{cut} bytes are no frame");
    }
    let mut bad = read.clone();
    bad[3] ^= 1;
    bad.extend(&read);
    assert_eq!(take_rtu(&mut bad), None);
    assert!(bad.is_empty(), "after a bad check only silence helps");
}
