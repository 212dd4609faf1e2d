use super::*;
use std::f64::consts::PI;

fn mm(text: f64) -> Length {
    use crate::units::Quantity;
    Length::parse(&format!("{text:.3} mm")).unwrap()
}

fn near(have: f64, want: f64) {
    assert!(
        (have - want).abs() < 1e-4 * want.abs().max(1e-3),
        "{have} is not {want}"
    );
}

fn full(form: Form, height: f64) -> f64 {
    Section::new(form, mm(height)).volume_ul(height)
}

#[test]
fn volumes_are_those_of_the_textbook() {
    let radius = mm(3.43);
    near(
        full(Form::Spherical { radius }, 3.43),
        2.0 / 3.0 * PI * 3.43_f64.powi(3),
    );
    near(
        full(Form::Spherical { radius }, 6.86),
        4.0 / 3.0 * PI * 3.43_f64.powi(3),
    );
    let cone = Form::Conical {
        bottom: mm(0.0),
        top: mm(6.0),
    };
    near(full(cone, 5.0), PI * 9.0 * 5.0 / 3.0);
    let pyramid = Form::Cuboidal {
        bottom: (mm(0.0), mm(0.0)),
        top: (mm(8.2), mm(8.2)),
    };
    near(full(pyramid, 4.0), 8.2 * 8.2 * 4.0 / 3.0);
    let wedge = Form::Cuboidal {
        bottom: (mm(0.0), mm(70.0)),
        top: (mm(8.0), mm(70.0)),
    };
    near(full(wedge, 4.0), 8.0 * 70.0 * 4.0 / 2.0);
}

#[test]
fn half_way_up_a_cone_stands_an_eighth_of_it() {
    let cone = Form::Conical {
        bottom: mm(0.0),
        top: mm(6.0),
    };
    let section = Section::new(cone, mm(5.0));
    near(section.volume_ul(2.5), section.volume_ul(5.0) / 8.0);
}

#[test]
fn a_squared_cone_goes_from_its_circle_to_its_rectangle_whichever_end_is_round() {
    let size = (mm(8.0), mm(8.0));
    let of = |round| {
        let diameter = mm(6.0);
        Section::new(
            Form::SquaredCone {
                diameter,
                size,
                round,
            },
            mm(4.0),
        )
    };
    let (up, down) = (of(RoundEnd::Bottom), of(RoundEnd::Top));
    near(up.area_mm2(0.0), PI * 9.0);
    near(up.area_mm2(4.0), 64.0);
    near(down.area_mm2(0.0), 64.0);
    near(up.volume_ul(4.0), down.volume_ul(4.0));
    // By counting 4 million points of the solid's quarter with a fixed grid.
    let (mut inside, n) = (0_u32, 160);
    for i in 0..n {
        let radius = 3.0 + (32.0_f64.sqrt() - 3.0) * (f64::from(i) + 0.5) / f64::from(n);
        for j in 0..n {
            for k in 0..n {
                let at = |i: u32| (f64::from(i) + 0.5) / f64::from(n) * 4.0;
                inside += u32::from(at(j).hypot(at(k)) <= radius);
            }
        }
    }
    let counted = f64::from(inside) / f64::from(n).powi(3) * 4.0 * 64.0;
    assert!(
        (up.volume_ul(4.0) - counted).abs() < 0.1,
        "{} {counted}",
        up.volume_ul(4.0)
    );
}

#[test]
fn a_rounded_cuboid_ends_in_a_circle_and_in_a_rectangle() {
    let form = Form::RoundedCuboid {
        diameter: mm(6.0),
        size: (mm(8.0), mm(10.0)),
        round: RoundEnd::Bottom,
    };
    let section = Section::new(form, mm(4.0));
    near(section.area_mm2(0.0), PI * 9.0);
    near(section.area_mm2(4.0), 80.0);
}

#[test]
fn shapes_side_by_side_add_up() {
    let one = Section::new(Form::Spherical { radius: mm(2.0) }, mm(1.0));
    let eight = Section { count: 8, ..one };
    near(eight.volume_ul(0.7), 8.0 * one.volume_ul(0.7));
}
