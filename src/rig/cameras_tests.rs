use super::{Camera, MmPerPixel, Pixel, ViewError};
use crate::units::Length;

fn mm(mm: f64) -> Length {
    Length::from_mm(mm)
}

fn camera() -> Camera {
    let marks = [
        ("left-front", (-4.0, -4.0)),
        ("right-front", (132.0, -4.0)),
        ("left-back", (-4.0, 90.0)),
    ];
    Camera {
        pixel: MmPerPixel(0.05),
        tolerance: mm(0.2),
        fiducials: marks.map(|(n, (x, y))| (n.to_owned(), (mm(x), mm(y)))).into(),
    }
}

/// Where a point of the plate is seen by a camera that is turned by `turn` radians, with pixels of `size` mm.
fn seen(x: f64, y: f64, turn: f64, size: f64) -> Pixel {
    let (sin, cos) = turn.sin_cos();
    let (right, up) = (cos * x + sin * y, cos * y - sin * x);
    Pixel {
        x: 300.0 + right / size,
        y: 2_400.0 - up / size,
    }
}

fn marks(turn: f64, size: f64) -> Vec<(&'static str, Pixel)> {
    vec![
        ("left-front", seen(-4.0, -4.0, turn, size)),
        ("right-front", seen(132.0, -4.0, turn, size)),
        ("left-back", seen(-4.0, 90.0, turn, size)),
    ]
}

#[test]
fn a_turned_and_moved_image_gives_places_on_the_plate() {
    for (turn, size) in [(0.0, 0.05), (0.03, 0.0505), (-1.2, 0.0495), (3.0, 0.05)] {
        let view = camera().view(marks(turn, size)).unwrap();
        for (x, y) in [(63.88, 42.74), (10.0, 80.0), (120.3, 5.1)] {
            let (at_x, at_y) = view.place(seen(x, y, turn, size));
            assert_eq!((at_x, at_y), (mm(x), mm(y)), "turned by {turn}");
        }
    }
}

#[test]
fn a_mirrored_image_is_refused() {
    let mirrored = marks(0.0, 0.05).into_iter().map(|(name, at)| {
        (
            name,
            Pixel {
                x: 4_000.0 - at.x,
                ..at
            },
        )
    });
    let error = camera().view(mirrored).unwrap_err();
    assert!(matches!(error, ViewError::Off { .. }), "{error}");
}

#[test]
fn marks_that_are_few_strange_twice_or_of_another_lens_are_refused() {
    let two = marks(0.0, 0.05).into_iter().take(2);
    assert_eq!(camera().view(two).unwrap_err(), ViewError::TooFew(2));
    let mut twice = marks(0.0, 0.05);
    twice.push(twice[0]);
    assert_eq!(
        camera().view(twice).unwrap_err(),
        ViewError::Twice("left-front".into())
    );
    let strange = [("middle", Pixel { x: 0.0, y: 0.0 })];
    assert_eq!(
        camera().view(strange).unwrap_err(),
        ViewError::Unknown("middle".into())
    );
    let error = camera().view(marks(0.0, 0.06)).unwrap_err();
    assert!(matches!(error, ViewError::Scale { .. }), "{error}");
    let mut moved = marks(0.0, 0.05);
    moved[1].1.x += 20.0;
    let error = camera().view(moved).unwrap_err().to_string();
    assert!(error.contains("off, more than 200 um"), "{error}");
    let same = ["left-front", "right-front", "left-back"].map(|n| (n, Pixel { x: 1.0, y: 1.0 }));
    assert_eq!(camera().view(same).unwrap_err(), ViewError::TooFew(3));
}
