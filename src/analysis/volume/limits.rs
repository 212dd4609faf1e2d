//! Maximum permissible errors of piston pipettes with air interface (ISO 8655-2:2002, table 1).

use crate::units::Volume;

/// Nominal volume with its systematic and random error, in nL.
const TABLE: [(i64, f64, f64); 13] = [
    (1_000, 50.0, 50.0),
    (2_000, 80.0, 40.0),
    (5_000, 125.0, 75.0),
    (10_000, 120.0, 80.0),
    (20_000, 200.0, 100.0),
    (50_000, 500.0, 200.0),
    (100_000, 800.0, 300.0),
    (200_000, 1_600.0, 600.0),
    (500_000, 4_000.0, 1_500.0),
    (1_000_000, 8_000.0, 3_000.0),
    (2_000_000, 16_000.0, 6_000.0),
    (5_000_000, 40_000.0, 15_000.0),
    (10_000_000, 60_000.0, 30_000.0),
];

/// Largest systematic and random error, each as a share of a volume, of a pipette with this nominal volume.
///
/// The errors are those of the nominal volume at every volume; between two of the table's, those of the larger one. With
/// several channels they are twice as large. Beyond 10 mL they grow with the nominal volume.
pub(super) fn permissible(nominal: Volume, channels: u8, volume: Volume) -> (f64, f64) {
    let nl = |v: Volume| v.as_ul() * 1000.0;
    let row = TABLE.iter().find(|row| row.0 >= nominal.get());
    let (systematic, random) = row.map_or_else(
        || (nl(nominal) * 0.006, nl(nominal) * 0.003),
        |row| (row.1, row.2),
    );
    let times = if channels > 1 { 2.0 } else { 1.0 };
    let of = nl(volume).max(1.0);
    (systematic * times / of, random * times / of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_nominal_volume_hold_at_every_volume_and_double_with_channels() {
        let ul = |n: i64| Volume::nl(n * 1000);
        let close = |found: (f64, f64), (systematic, random): (f64, f64)| {
            assert!((found.0 - systematic).abs() < 1e-9, "{found:?}");
            assert!((found.1 - random).abs() < 1e-9, "{found:?}");
        };
        close(permissible(ul(20), 1, ul(20)), (0.01, 0.005));
        close(permissible(ul(20), 1, ul(2)), (0.1, 0.05));
        // 300 uL is between 200 and 500 uL of the table.
        close(permissible(ul(300), 1, ul(300)), (4.0 / 300.0, 1.5 / 300.0));
        close(permissible(ul(300), 8, ul(100)), (0.08, 0.03));
        close(permissible(ul(20_000), 1, ul(20_000)), (0.006, 0.003));
    }
}
