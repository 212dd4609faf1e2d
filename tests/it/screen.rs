//! The growth screen on the simulated rig.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, source};
use plated::plan::{Finding, StepId};
use plated::run::{Ending, Status};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn the_screen_ends_with_what_the_plan_says_and_nothing_impossible() {
    let bench = Bench::new(source("growth-screen", &[], 1));
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert!(state.operations.iter().all(|o| o.status == Status::Ended));

    // Every well's contents, by strokes, by the simulator's truth and by the plan.
    let ledger = bench.simulation.sim().ledger();
    let volumes = Volumes::of(&ledger, &state.plan);
    let compared = compare(&volumes, &state);
    assert!(compared >= 96 * 5, "only {compared} wells were compared");
    let truth = bench.simulation.sim().truth();
    for (plate, contents) in &truth.plates {
        for (well, is) in &contents.wells {
            let by_strokes = volumes
                .wells
                .get(&(plate.clone(), well.clone()))
                .map_or(0.0, |w| w.net_nl);
            assert!(
                (is.net_nl - by_strokes).abs() < 1.0,
                "{plate} {well}: {} and {by_strokes}",
                is.net_nl
            );
        }
    }

    // Reads: four plates at t0 and 24 cycles, each in its window, and the picked plate twice.
    let mut reads: BTreeMap<&str, usize> = BTreeMap::new();
    for reading in &state.readings {
        *reads.entry(reading.step.as_str()).or_default() += 1;
        assert_eq!(reading.late, None, "{} cycle {}", reading.plate, reading.index);
        assert!(reading.lidded);
    }
    assert_eq!(reads, BTreeMap::from([("grow", 100), ("confirm", 2)]));

    // The planted strains.
    let planted = bench.simulation.sim().planted();
    let Some(Finding::Hits { hits, picklist, .. }) = state.findings.get(&StepId::new("hits")) else {
        panic!("no hits were called");
    };
    let strong: BTreeSet<&str> = planted.strong.iter().map(String::as_str).collect();
    let found = hits
        .iter()
        .filter(|h| strong.contains(h.rate.strain.as_str()))
        .count();
    assert!(found >= 4, "only {found} of 6 strong strains were found");
    assert_eq!(picklist.picks.len(), hits.len() * 3 + 3);
}

#[test]
fn without_its_calibration_the_rig_misses() {
    let mut source = source("growth-screen", &[("plates", "1")], 1);
    let calibrated = "deck = [\"1.3 mm\", \"-0.8 mm\", \"0.5 mm\"]\ntip_lengths";
    assert!(source.rig.text.contains(calibrated));
    source.rig.text = source
        .rig
        .text
        .replace(calibrated, "deck = [\"0 mm\", \"0 mm\", \"0 mm\"]\ntip_lengths");
    let bench = Bench::new(source);
    let _ = bench.run(Vec::new());
    let violations = bench.simulation.sim().truth().violations;
    assert!(
        !violations.is_empty(),
        "the deck is off by 1.5 mm and nobody noticed"
    );
}

#[test]
fn same_seed_same_journal_and_ledger() {
    let run = |seed| {
        let bench = Bench::new(source("drill", &[], seed));
        bench.run(Vec::new());
        let ledger: Vec<String> = bench
            .simulation
            .sim()
            .ledger()
            .iter()
            .map(|e| serde_json::to_string(e).unwrap())
            .collect();
        (bench.disk.bytes(), ledger)
    };
    assert!(run(5) == run(5), "the same seed left different bytes");
    assert!(run(5) != run(6), "another seed left the same bytes");
}
