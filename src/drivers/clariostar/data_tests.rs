use super::*;

/// Published values of eight wells at five wavelengths: their head, and the numbers behind it.
const HEAD_BYTES: [u8; 36] = [
    0x02, 0x05, 0x06, 0x26, 0x00, 0x00, 0x29, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x1D, 0xFF, 0xE2, 0x02, 0x00,
    0x05, 0x00, 0x01, 0x00, 0x08, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00,
];
const NUMBERS: [u32; 60] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11823, 12876, 12828, 9339, 12169, 11646, 13574, 13642,
    2223679, 2388557, 2328881, 2310180, 2412374, 2375804, 2384177, 2387758, 8515025, 9164102, 9024191,
    9018857, 9207174, 9161971, 9144924, 9147830, 59397, 59511, 59488, 59288, 59456, 59332, 59352, 59318,
    4169374, 0, 16139648, 11, 13832725, 0, 3694933, 0, 10262035, 0, 59335, 0,
];

fn published() -> Vec<u8> {
    let mut payload = HEAD_BYTES.to_vec();
    payload.extend(NUMBERS.iter().flat_map(|n| n.to_be_bytes()));
    payload.push(0);
    payload
}

#[test]
fn published_values_of_absorbance() {
    let values = absorbance(&published(), 8, 5).unwrap();
    assert_eq!(values.len(), 40);
    let transmitted =
        |well: usize, wavelength: usize| 100.0 / 10_f64.powf(values[wavelength * 8 + well].unwrap());
    assert!((transmitted(0, 4) - 82.88938).abs() < 1e-3);
    assert!((transmitted(7, 4) - 89.168).abs() < 1e-3);
    // No light.
    assert_eq!(values[0], None);
}

#[test]
fn values_of_other_wells_or_of_a_run_that_was_broken_off_are_not_believed() {
    let payload = published();
    assert_eq!(absorbance(&payload, 96, 1), Err(Wrong::Other));
    assert_eq!(absorbance(&payload, 8, 4), Err(Wrong::Other));
    assert_eq!(absorbance(&payload[..payload.len() - 8], 8, 5), Err(Wrong::Other));
    assert_eq!(luminescence(&payload, 8), Err(Wrong::Other));
    let mut broken_off = payload.clone();
    broken_off[10] -= 1;
    assert_eq!(absorbance(&broken_off, 8, 5), Err(Wrong::Incomplete));
    let mut other_kind = payload;
    other_kind[6] = 0x21;
    assert_eq!(absorbance(&other_kind, 8, 5), Err(Wrong::Other));
}

#[test]
fn counts_of_luminescence_stand_behind_the_first_six_zeros() {
    let mut payload = vec![
        0x01, 0x05, 0x06, 0x26, 0, 0, 0x15, 0, 2, 0, 2, 0x11, 0, 0, 0, 0, 0, 0,
    ];
    payload.extend(1_234_567_u32.to_be_bytes());
    payload.extend((-5_i32).to_be_bytes());
    assert_eq!(luminescence(&payload, 2), Ok(vec![Some(1_234_567.0), Some(-5.0)]));
    assert_eq!(luminescence(&payload, 3), Err(Wrong::Other));
    payload[10] = 1;
    assert_eq!(luminescence(&payload, 2), Err(Wrong::Incomplete));
}

proptest::proptest! {
    #[test]
    fn no_payload_makes_it_panic(
        mut payload in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..900),
        wells in 0_u16..500,
        wavelengths in 0_u16..9,
        as_claimed: bool,
    ) {
        if as_claimed && payload.len() > 40 {
            payload[6] = 0x29;
            payload[16..18].copy_from_slice(&wavelengths.to_be_bytes());
            payload[20..22].copy_from_slice(&wells.to_be_bytes());
            payload[9] = payload[7];
            payload[10] = payload[8];
        }
        let (wells, wavelengths) = (usize::from(wells), usize::from(wavelengths));
        if let Ok(values) = absorbance(&payload, wells, wavelengths) {
            proptest::prop_assert_eq!(values.len(), wells * wavelengths);
            proptest::prop_assert!(values.iter().flatten().all(|v| v.is_finite()));
        }
        let _ = luminescence(&payload, wells);
    }
}
