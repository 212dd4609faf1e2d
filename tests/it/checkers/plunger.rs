//! Plunger position to volume, from the maker's tables of microlitres per millimetre: row (max, a, b) means
//! k(v) = a v + b for volumes up to max; a plunger v / k(v) above its bottom holds v.

/// Bottom position in millimetres and rows (largest volume in uL, a, b).
type Table = (f64, &'static [(f64, f64, f64)]);

const P300_MULTI: Table = (
    -14.5,
    &[
        (15.1131, 0.049, 8.3069),
        (16.9572, 0.0447, 7.7203),
        (26.1311, 0.0253, 8.0502),
        (30.7644, 0.0172, 8.2622),
        (35.4169, 0.0138, 8.364),
        (39.9942, 0.0073, 8.5961),
        (44.6186, 0.0078, 8.5751),
        (53.8569, 0.0057, 8.6705),
        (63.1219, 0.0045, 8.7363),
        (72.3953, 0.0034, 8.7997),
        (81.6392, 0.0023, 8.8802),
        (90.9025, 0.0021, 8.9015),
        (100.1819, 0.0019, 8.9218),
        (109.4856, 0.0018, 8.9314),
        (118.7745, 0.0014, 8.9741),
        (128.135, 0.0017, 8.9334),
        (137.43, 0.001, 9.0215),
        (146.7356, 0.001, 9.0295),
        (156.0722, 0.001, 9.0178),
        (165.4444, 0.0011, 9.0036),
        (174.7933, 0.0009, 9.0446),
        (184.1725, 0.001, 9.0324),
        (202.8867, 0.0007, 9.0758),
        (221.595, 0.0006, 9.1028),
        (240.3436, 0.0006, 9.1048),
        (259.0833, 0.0005, 9.1287),
        (277.8381, 0.0004, 9.1384),
        (296.7631, 0.0007, 9.0766),
        (301.4592, 0.0004, 9.1587),
    ],
);

const P20_SINGLE: Table = (
    -8.5,
    &[
        (0.8679, 0.1607, 0.5953),
        (1.0259, 0.1345, 0.5032),
        (1.1863, 0.1113, 0.527),
        (1.3419, 0.0766, 0.5682),
        (1.4882, 0.0377, 0.6204),
        (1.6413, 0.0482, 0.6047),
        (1.7935, 0.039, 0.6199),
        (1.9447, 0.0313, 0.6336),
        (2.0929, 0.021, 0.6538),
        (2.4644, 0.0174, 0.6612),
        (2.8527, 0.0233, 0.6466),
        (3.2241, 0.0089, 0.6878),
        (3.6095, 0.0141, 0.671),
        (3.9964, 0.0122, 0.6779),
        (4.3696, 0.0044, 0.7088),
        (4.7483, 0.0059, 0.7026),
        (5.1447, 0.0112, 0.6772),
        (5.9135, 0.0055, 0.7066),
        (7.4416, 0.0033, 0.7199),
        (8.9724, 0.0023, 0.7269),
        (10.5091, 0.0019, 0.7305),
        (12.0515, 0.0017, 0.7331),
        (13.6004, 0.0015, 0.7349),
        (15.142, 0.001, 0.7422),
        (16.679, 0.0007, 0.7469),
        (18.221, 0.0007, 0.7466),
        (19.7746, 0.0009, 0.7434),
        (21.3288, 0.0008, 0.7455),
    ],
);

/// What a plunger at `um` holds, in nanolitres.
pub fn held_nl(model: &str, um: i64) -> f64 {
    if let Some((per_mm, bottom)) = even(model) {
        return (um as f64 - bottom).max(0.0) * per_mm / 1000.0;
    }
    let (bottom, rows) = match model {
        "p300_multi_v2.1" => P300_MULTI,
        "p20_single_v2.2" => P20_SINGLE,
        other => panic!("the checker has no table for {other}"),
    };
    let rise = um as f64 / 1000.0 - bottom;
    if rise <= 0.0 {
        return 0.0;
    }
    let mut floor = 0.0;
    for &(max, a, b) in rows {
        // v = rise * (a v + b), solved for v.
        // Where a row's slope never reaches the rise, the volume lies in a later row.
        let slope = 1.0 - rise * a;
        let v = rise * b / slope;
        if slope > 0.0 && v <= max {
            return v.max(floor) * 1000.0;
        }
        floor = max;
    }
    let &(_, a, b) = rows.last().unwrap();
    rise * b / (1.0 - rise * a) * 1000.0
}

#[test]
fn the_tables_are_those_of_the_maker() {
    // Row 3 of the P300: k(20) = 0.0253 * 20 + 8.0502.
    let rise: f64 = 20.0 / (0.0253 * 20.0 + 8.0502);
    let um = ((rise - 14.5) * 1000.0).round() as i64;
    assert!((held_nl("p300_multi_v2.1", um) - 20_000.0).abs() < 10.0);
}

/// Nanolitres per millimetre and bottom in micrometres of a plunger that the ledger calls "9100 nL/mm from -14500 um".
fn even(model: &str) -> Option<(f64, f64)> {
    let (per_mm, bottom) = model.strip_suffix(" um")?.split_once(" nL/mm from ")?;
    Some((per_mm.parse().ok()?, bottom.parse().ok()?))
}

/// Whether a micrometre of a plunger moves more than a nanolitre or two.
pub fn coarse(model: &str) -> bool {
    even(model).map_or(model.starts_with("p300"), |(per_mm, _)| per_mm > 2_000.0)
}
