//! Regulators by profiles: every set-point of a protocol reaches its device, by Modbus and by text, and none else is changed.

use crate::support::{Bench, read};
use hardware_sim::Event as Physical;
use plated::run::{Ending, RunId, Source};
use std::collections::BTreeSet;

fn source() -> Source {
    let rig = read("config/process-rig.toml");
    let named = rig
        .text
        .lines()
        .filter_map(|l| l.strip_prefix("profile = \"")?.strip_suffix('"'));
    let profiles = named
        .map(|path| (path.to_owned(), read(&format!("config/{path}"))))
        .collect();
    Source {
        run: RunId("test-regulators".into()),
        protocol: read("protocols/process-optimisation.toml"),
        profiles,
        rig,
        ..crate::support::source("drill", &[], 5)
    }
}

#[test]
fn set_points_reach_their_devices_at_the_rigs_rate_and_measurements_come_back() {
    let bench = Bench::new(source());
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let ledger = bench.simulation.sim().ledger();
    let feed: Vec<f64> = ledger
        .iter()
        .filter_map(|entry| match &entry.event {
            Physical::Regulated {
                instrument,
                quantity,
                value,
            } if instrument == "vessel" && quantity == "feed_rate" => Some(*value),
            _ => None,
        })
        .collect();
    // 1 L/h a minute: no step is larger than what ten seconds allow, there and back.
    assert!(feed.contains(&12.0), "{feed:?}");
    assert_eq!(feed.last(), Some(&0.0));
    let step = |pair: &[f64]| (pair[1] - pair[0]).abs();
    assert!(feed.windows(2).all(|pair| step(pair) < 0.17), "{feed:?}");
    // Only what the rig file allows of the vessel was written.
    let written: BTreeSet<&str> = ledger
        .iter()
        .filter_map(|entry| match &entry.event {
            Physical::Regulated {
                instrument, quantity, ..
            } if instrument == "vessel" => Some(quantity.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(written, BTreeSet::from(["feed_rate", "temperature"]));
    let of = |step: &str| {
        state
            .measurements
            .iter()
            .filter(|m| m.step.as_str() == step)
            .count()
    };
    assert_eq!((of("course"), of("vessel-ph"), of("weight-after")), (12, 6, 1));
    let warm = state.measurements.iter().filter(|m| m.step.as_str() == "course");
    assert!(warm.clone().all(|m| (m.amount.value() - 37.0).abs() < 1.0));
}

#[test]
fn a_dry_run_measures_and_moves_axes_and_changes_no_other_set_point() {
    let mut source = source();
    source.commissioning = Some(plated::plan::Commissioning {
        dry: true,
        ..Default::default()
    });
    let bench = Bench::new(source);
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    let ledger = bench.simulation.sim().ledger();
    let changed: BTreeSet<(&str, &str)> = ledger
        .iter()
        .filter_map(|entry| match &entry.event {
            Physical::Regulated {
                instrument, quantity, ..
            } => Some((instrument.as_str(), quantity.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(changed, BTreeSet::from([("sampler", "position")]));
    assert!(state.measurements.iter().any(|m| m.step.as_str() == "vessel-ph"));
}
