use super::*;

#[test]
fn a_barcode_ends_at_its_zero() {
    let words = |bytes: &[u8]| -> Vec<Option<f64>> {
        bytes
            .chunks(2)
            .map(|pair| Some(f64::from(u16::from_be_bytes([pair[0], pair[1]]))))
            .collect()
    };
    assert_eq!(text(&words(b"P-17")), "P-17");
    assert_eq!(text(&words(b"P-1\0junk")), "P-1");
    assert_eq!(text(&words(b"\0\0")), "");
}
