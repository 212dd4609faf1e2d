use super::*;

fn shows(boot: &str, boot_s: u64, wall_s: u64) -> HostTime {
    HostTime {
        boot: boot.to_owned(),
        boot_us: boot_s * 1_000_000,
        wall: at(wall_s),
    }
}

fn at(s: u64) -> Timestamp {
    Timestamp::from_us(s * 1_000_000)
}

/// The time of a run whose clocks were read at 1000 s of its time, and whose last record is of 1500 s.
fn taken_up(now: &HostTime) -> (Timestamp, Option<Disturbance>) {
    let mut host = Host::default();
    host.apply(&shows("a", 100, 1000), None, at(1000));
    time_in_run(&host, at(1500), now).unwrap()
}

#[test]
fn the_time_of_a_run_goes_on_in_boot_time_whatever_the_wall_clock_was_set_to() {
    let (time, found) = taken_up(&shows("a", 800, 1700));
    assert_eq!((time, found), (at(1700), None));
    for (wall, by_ms) in [(1700 + 3600, 3_600_000), (1700 - 1300, -1_300_000)] {
        let (time, found) = taken_up(&shows("a", 800, wall));
        assert_eq!(time, at(1700));
        assert_eq!(found, Some(Disturbance::WallSet { by_ms }));
    }
}

#[test]
fn across_a_start_of_the_host_the_wall_clock_counts_and_its_doubt_is_stated() {
    // A day later.
    let (time, found) = taken_up(&shows("b", 20, 1500 + 86_400));
    assert_eq!(time, at(1500 + 86_400));
    let found = found.unwrap();
    let expected = Disturbance::Rebooted {
        away_ms: Some(86_400_000),
        give_or_take_ms: 2_000 + 8_640,
    };
    assert_eq!(found, expected);
    assert!(found.in_words().contains("give or take"), "{}", found.in_words());
    // The wall clock was set back: nobody knows, and time does not run backwards.
    for wall in [0, 999, 1499] {
        let (time, found) = taken_up(&shows("b", 20, wall));
        assert_eq!(time, at(1500));
        assert!(matches!(found, Some(Disturbance::Rebooted { away_ms: None, .. })));
    }
}

#[test]
fn a_journal_without_a_reading_leaves_the_wall_clock_as_it_is() {
    assert_eq!(
        time_in_run(&Host::default(), at(1500), &shows("a", 800, 1700)),
        None
    );
}

#[test]
fn jumps_and_gaps_are_told_apart() {
    let then = shows("a", 100, 9000);
    let second = Duration::s(1);
    assert_eq!(compare(&then, &shows("a", 101, 9001), second, second), []);
    let set = compare(&then, &shows("a", 101, 9001 + 3600), second, second);
    assert_eq!(set, [Disturbance::WallSet { by_ms: 3_600_000 }]);
    let stopped = compare(&then, &shows("a", 161, 9061), second, Duration::s(61));
    let gap = |suspended| Disturbance::Gap {
        for_ms: 60_000,
        suspended,
    };
    assert_eq!(stopped, [gap(false)]);
    let suspended = compare(&then, &shows("a", 161, 9061), second, second);
    assert_eq!(suspended, [gap(true)]);
    let both = compare(&then, &shows("a", 161, 9061 - 3600), second, second);
    assert_eq!(both, [gap(true), Disturbance::WallSet { by_ms: -3_600_000 }]);
}
