use super::*;

fn bounds() -> Bounds {
    Bounds {
        feed: 400.0,
        speed: Axes {
            x: 600.0,
            y: 400.0,
            z: 125.0,
            a: 125.0,
            b: 40.0,
            c: 40.0,
        },
        acceleration: Axes {
            x: 3000.0,
            y: 2000.0,
            z: 1500.0,
            a: 1500.0,
            b: 200.0,
            c: 200.0,
        },
    }
}

#[test]
fn a_long_move_takes_its_way_over_speed_and_one_ramp() {
    let block = Block::new(
        Axes::default(),
        Axes {
            x: 400.0,
            ..Axes::default()
        },
        &bounds(),
    );
    assert_eq!(block.duration_us, 1_133_333); // 400/400 + 400/3000
    let half = block.position(block.duration_us / 2);
    assert!((half.x - 200.0).abs() < 0.01);
    assert_eq!(block.position(block.duration_us), block.to);
}

#[test]
fn a_short_move_never_reaches_top_speed_and_is_symmetric() {
    let block = Block::new(
        Axes::default(),
        Axes {
            b: 2.0,
            ..Axes::default()
        },
        &bounds(),
    );
    assert_eq!(block.duration_us, 200_000); // 2·sqrt(2/200)
    assert!((block.position(100_000).b - 1.0).abs() < 1e-9);
}

#[test]
fn a_switch_ends_the_move() {
    let block = Block::new(
        Axes {
            c: 19.0,
            ..Axes::default()
        },
        Axes {
            c: 100.0,
            ..Axes::default()
        },
        &bounds(),
    );
    assert_eq!((block.limit, block.to.c), (Some(Axis::C), 20.0));
}
