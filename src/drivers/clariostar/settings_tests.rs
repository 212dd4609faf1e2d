use super::super::wire;
use super::*;

#[test]
fn the_published_run_of_absorbance() {
    // 230, 260, 280 and 340 nm of A1 to A8, 22 flashes.
    let run = absorbance(WELLS_96, 8, &[230, 260, 280, 340]);
    let mut published = vec![
        0x04, 0x31, 0xE8, 0x21, 0x64, 0x05, 0x9E, 0x04, 0x64, 0x2C, 0x4A, 0x1D, 0x00, 0x0C, 0x08, 0xFF,
    ];
    published.extend([0; 47]);
    published.extend([
        0x12, 0x02, 0, 0, 0, 0, 0, 0, 0, 0x27, 0x0F, 0x27, 0x0F, 0x19, 0x04,
    ]);
    published.extend([0x08, 0xFC, 0x0A, 0x28, 0x0A, 0xF0, 0x0D, 0x48]);
    published.extend([
        0, 0, 0, 0x64, 0, 0, 0, 0, 0, 0, 0, 0x64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01,
    ]);
    published.extend([0, 0, 0, 0x01, 0, 0x16, 0, 0x01, 0, 0]);
    assert_eq!(run, published);
    let frame = wire::frame(&run);
    assert_eq!(
        (&frame[..4], &frame[123..]),
        (&[0x02, 0, 0x7E, 0x0C][..], &[0x08, 0xE2, 0x0D][..])
    );
}

#[test]
fn all_wells_are_in_the_mask_and_the_plate_is_not_shaken() {
    for (wells, bytes) in [(WELLS_96, 12), (WELLS_384, 48)] {
        let measured = usize::from(wells.columns) * usize::from(wells.rows);
        for run in [absorbance(wells, measured, &[600]), luminescence(wells, measured)] {
            let mask = &run[15..63];
            assert!(mask[..bytes].iter().all(|b| *b == 0xFF) && mask[bytes..].iter().all(|b| *b == 0));
            assert_eq!(run[65..72], [0; 7]);
            assert_eq!(run[72..76], [0x27, 0x0F, 0x27, 0x0F]);
        }
    }
    let run = luminescence(WELLS_96, 96);
    assert_eq!((run[64], run[76], run[77], run[78]), (0x01, 0x01, 0x05, 0x14));
}
