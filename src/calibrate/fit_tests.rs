use super::*;

fn at(x: i64, y: i64, z: i64) -> Point {
    Point {
        x: Length::um(x),
        y: Length::um(y),
        z: Length::um(z),
    }
}

const CORNERS: [(i64, i64); 4] = [(0, 0), (265_000, 0), (0, 271_500), (265_000, 181_000)];

fn moved(by: impl Fn(i64, i64) -> (i64, i64, i64)) -> Vec<(Point, Point)> {
    let pair = |(x, y)| {
        let (dx, dy, dz) = by(x, y);
        (at(x, y, 0), at(x + dx, y + dy, dz))
    };
    CORNERS.into_iter().map(pair).collect()
}

#[test]
fn a_deck_that_is_moved_is_found_where_it_is() {
    let found = fit(&moved(|_, _| (1_300, -800, 500))).unwrap();
    assert_eq!(found.deck, at(1_300, -800, 500));
    assert_eq!(found.turn, Turn::default());
    assert_eq!((found.residual, found.worst), (Length::um(0), Length::um(0)));
}

#[test]
fn a_deck_that_is_turned_and_tilted_is_found_so() {
    // 2 mm per m counter-clockwise, rising 1 mm per m to the right and falling 0.4 to the back.
    let found = fit(&moved(|x, y| {
        (
            -300 - y * 2_000 / 1_000_000,
            200 + x * 2_000 / 1_000_000,
            x * 1_000 / 1_000_000 - y * 400 / 1_000_000,
        )
    }))
    .unwrap();
    assert_eq!(found.deck, at(-300, 200, 0));
    let near = |is: i64, wanted: i64| (is - wanted).abs() <= 4;
    assert!(near(found.turn.turn, 2_000), "{found:?}");
    assert!(
        near(found.turn.tilt.0, 1_000) && near(found.turn.tilt.1, -400),
        "{found:?}"
    );
    assert!(found.residual <= Length::um(1), "{found:?}");
}

#[test]
fn a_point_that_was_missed_shows_in_the_residual() {
    let mut points = moved(|_, _| (1_300, -800, 500));
    points[2].1.x = points[2].1.x.plus(Length::um(1_000));
    let found = fit(&points).unwrap();
    assert!(found.residual > Length::um(100), "{found:?}");
    assert!(found.worst > found.residual);
}

#[test]
fn points_that_do_not_tell_are_refused() {
    let points = moved(|_, _| (0, 0, 0));
    assert_eq!(fit(&points[..2]), Err(FitError::TooFew));
    let line = (0..4).map(|n| (at(n * 100_000, n * 50_000, 0), at(n * 100_000, n * 50_000, 0)));
    let line: Vec<_> = line.collect();
    assert_eq!(fit(&line), Err(FitError::OnALine));
}
