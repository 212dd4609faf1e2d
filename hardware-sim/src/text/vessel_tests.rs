use super::*;
use proptest::prelude::*;

fn near(have: f64, want: f64) {
    assert!(
        (have - want).abs() < 1e-3 * want.abs().max(1e-2),
        "{have} is not {want}"
    );
}

#[test]
fn a_drop_stands_high_in_a_cone() {
    let cone = Vessel::new(
        &[
            Piece::single(
                Solid::Cone {
                    below: 0.0,
                    above: 6.0,
                },
                3.0,
            ),
            Piece::single(
                Solid::Cone {
                    below: 6.0,
                    above: 6.0,
                },
                10.0,
            ),
        ],
        PI * 9.0,
    );
    near(cone.volume_ul(3.0), PI * 9.0);
    near(cone.height_mm(PI * 9.0 / 8.0), 1.5);
    near(cone.height_mm(PI * 9.0 * 2.0), 4.0);
    near(cone.height_mm(PI * 9.0 * 21.0), 23.0);
}

#[test]
fn forms_agree_with_the_sum_of_their_slices() {
    for solid in [
        Solid::Cap { radius: 3.0 },
        Solid::Cone {
            below: 1.0,
            above: 5.0,
        },
        Solid::Box {
            below: [2.0, 70.0],
            above: [8.2, 71.2],
        },
        Solid::Squared {
            circle: 6.0,
            sides: [8.0, 8.0],
            circle_below: true,
        },
        Solid::Rounded {
            circle: 6.0,
            sides: [8.0, 9.0],
            circle_below: false,
        },
    ] {
        let piece = Piece {
            solid,
            height: 2.5,
            count: 3.0,
        };
        let slices: f64 = (0..2000)
            .map(|i| piece.area((f64::from(i) + 0.5) / 800.0) / 800.0)
            .sum();
        near(piece.volume(2.5), slices);
    }
}

proptest! {
    #[test]
    fn height_and_volume_undo_each_other(volume in 0.0..400.0_f64, radius in 1.0..5.0_f64, deep in 0.1..6.0_f64) {
        let pieces = [
            Piece::single(Solid::Cap { radius }, radius * 0.7),
            Piece::single(Solid::Cone { below: radius, above: radius * 2.0 }, deep),
        ];
        let vessel = Vessel::new(&pieces, PI * radius * radius);
        let height = vessel.height_mm(volume);
        prop_assert!((vessel.volume_ul(height) - volume).abs() < 1e-6 * volume.max(1.0));
    }
}
