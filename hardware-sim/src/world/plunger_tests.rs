use super::*;

/// The forward law of the table: position in um for a volume in uL.
fn position_um(plunger: &Plunger, volume: f64) -> i64 {
    let [_, a, b] = plunger.rows.iter().find(|[max, _, _]| volume <= *max).unwrap();
    crate::num::round_i64((plunger.bottom + volume / (a * volume + b)) * 1000.0)
}

#[test]
fn the_inverse_returns_every_volume_within_the_plungers_resolution() {
    for (model, least, most, resolution) in [
        ("p300_multi_v2.1", 20, 300, 10.0_f64),
        ("p20_single_v2.2", 1, 20, 1.0),
    ] {
        let plunger = Plunger::of(model).unwrap();
        for volume in least..=most {
            let held = plunger.volume_nl(position_um(plunger, f64::from(volume)));
            // Where rows overlap, two volumes share a position; the table's own steps are below 1 %.
            let off = (held - f64::from(volume) * 1000.0).abs();
            assert!(
                off <= resolution.max(f64::from(volume) * 10.0),
                "{model} {volume} uL: {held} nL"
            );
        }
        assert_eq!(plunger.volume_nl(-20_000), 0.0);
    }
    let p300 = Plunger::of("p300_multi_v2.1").unwrap();
    assert!((p300.volume_nl(position_um(p300, 180.0)) - 180_000.0).abs() < 10.0);
}

#[test]
fn volume_never_falls_as_the_plunger_rises() {
    for (model, plunger) in MODELS {
        let mut last = 0.0;
        for um in (-19_000..19_500).step_by(7) {
            let held = plunger.volume_nl(um);
            assert!(held >= last, "{model} at {um}");
            last = held;
        }
    }
}
