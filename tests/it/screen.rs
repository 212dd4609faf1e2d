//! The growth screen on the simulated rig.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, source};
use plated::engine::Observer;
use plated::plan::{Finding, LoadItem, StepId};
use plated::run::{Ending, Event, Status};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

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

#[test]
fn one_plate_is_enough_to_run() {
    let bench = Bench::new(source("growth-screen", &[("plates", "1")], 1));
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert!(state.readings.len() >= 25);
    compare(
        &Volumes::of(&bench.simulation.sim().ledger(), &state.plan),
        &state,
    );
}

#[test]
fn eight_plates_ask_for_tips_on_the_way() {
    let bench = Bench::new(source("growth-screen", &[("plates", "8")], 1));
    let prompts = Rc::new(RefCell::new(Vec::new()));
    let into = Rc::clone(&prompts);
    let observer: Observer = Box::new(move |_, event, _| {
        if let Event::Asked { question } = event {
            assert!(question.prompt.is_some(), "{}", question.text);
            into.borrow_mut().push(question.clone());
        }
    });
    let (ending, state) = bench.run(vec![observer]);
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    compare(
        &Volumes::of(&bench.simulation.sim().ledger(), &state.plan),
        &state,
    );
    let prompts = prompts.borrow();
    let replaces = |item: &LoadItem| matches!(item, LoadItem::Piece { labware, replace: true, .. } if labware.starts_with("tiprack"));
    let later = prompts.iter().skip(1).filter_map(|q| q.prompt.as_ref());
    assert!(
        later.flat_map(|p| &p.items).any(replaces),
        "tips for eight plates do not fit on the deck: {prompts:#?}"
    );
    let late = state.readings.iter().filter(|r| r.late.is_some()).count();
    assert_eq!(late, 0, "of {} reads", state.readings.len());
}

#[test]
fn a_screen_without_fast_strains_picks_nothing() {
    let mut source = source("growth-screen", &[], 1);
    let rig = source
        .rig
        .text
        .replace("strong = { count = 6", "strong = { count = 0");
    source.rig.text = rig.replace("weak = { count = 4", "weak = { count = 0");
    let bench = Bench::new(source);
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let planted = bench.simulation.sim().planted();
    assert!(planted.strong.is_empty() && planted.weak.is_empty());
    let Some(Finding::Hits { hits, picklist, .. }) = state.findings.get(&StepId::new("hits")) else {
        panic!("the selection did not conclude");
    };
    assert!(hits.is_empty() && picklist.picks.is_empty(), "{hits:?}");
    for operation in &state.plan.operations {
        let over = state.status(operation.id);
        if operation.only_if_hits.is_some() {
            assert_eq!(over, Status::Skipped, "{}", operation.title);
            let (_, why) = state.skipped.iter().find(|(id, _)| *id == operation.id).unwrap();
            assert!(why.contains("no hits"), "{why}");
        }
    }
    assert!(state.skipped.len() > 3);
    let read = state.readings.iter().filter(|r| r.step.as_str() == "confirm");
    assert_eq!(read.count(), 0);
    // The hit plate stays where the operator put it.
    let touched = bench.simulation.sim().ledger().iter().any(
        |e| matches!(&e.event, hardware_sim::Event::Stroke { plate: Some(plate), .. } if plate == "picked"),
    );
    assert!(!touched);
}
