//! Steps that are done again and again, steps that nothing comes between, and windows between plates: what the ledger
//! shows of them.

use crate::support::{Bench, read, source};
use hardware_sim::{Entry, Event};
use plated::daemon::{assemble, plan};
use plated::run::{Ending, Source, State};

/// A sound case of the corpus on the rig of Modbus stations.
fn corpus(name: &str) -> Source {
    let mut source = source("drill", &[], 1);
    source.protocol = read(&format!("tests/cases/protocols/valid/{name}.toml"));
    source.rig = read("config/stations-rig.toml");
    source.profiles = ["absorbance-reader", "plate-mover", "plate-station"]
        .map(|name| {
            let path = format!("profiles/{name}.toml");
            (path.clone(), read(&format!("config/{path}")))
        })
        .into();
    source
}

/// Run to its end, without anything impossible and without a failure.
fn ran(name: &str) -> (Bench, State, Vec<Entry>) {
    ran_of_seed(name, 1)
}

fn ran_of_seed(name: &str, seed: u64) -> (Bench, State, Vec<Entry>) {
    let mut source = corpus(name);
    source.seed = seed;
    let bench = Bench::new(source);
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert!(state.failures.is_empty(), "{:?}", state.failures);
    let ledger = bench.simulation.sim().ledger();
    (bench, state, ledger)
}

const MINUTE: u64 = 60_000_000;

/// Where a pipette pushed down its plunger, in order: plate and well of the first tip. What follows in the same well is
/// one entry.
fn pushed(ledger: &[Entry], pipette: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for entry in ledger {
        if let Event::Stroke {
            model,
            from_um,
            to_um,
            plate: Some(plate),
            well: Some(well),
            tips,
            ..
        } = &entry.event
            && model.starts_with(pipette)
            && to_um < from_um
            && !tips.is_empty()
            && plate.starts_with("assay")
        {
            out.push((plate.clone(), well.clone()));
        }
    }
    out.dedup();
    out
}

/// Carries of plates in order: when, which, from where, to where.
fn carried(ledger: &[Entry]) -> Vec<(u64, &str, &str, &str)> {
    let mut out = Vec::new();
    for entry in ledger {
        if let Event::PlateMoved { plate, from, to, .. } = &entry.event {
            out.push((entry.t_us, plate.as_str(), from.as_str(), to.as_str()));
        }
    }
    out
}

#[test]
fn each_repetition_of_a_step_strokes_in_its_own_column_or_well() {
    let (bench, _, ledger) = ran("repeated-by-column-and-well");
    let filled = pushed(&ledger, "p300");
    let mixed = pushed(&ledger, "p20");
    for plate in ["assay-1", "assay-2"] {
        let on = |all: &[(String, String)]| -> Vec<String> {
            let wells = all.iter().filter(|(p, _)| p == plate);
            wells.map(|(_, w)| w.clone()).collect()
        };
        // In the order in which the columns and wells are written.
        assert_eq!(on(&filled), ["A3", "A1", "A2"], "{plate}");
        assert_eq!(on(&mixed), ["A1", "B1", "C1"], "{plate}");
        // Each column has its own volume: "5{column} uL".
        let truth = bench.simulation.sim().truth();
        let wells = &truth.plates[plate].wells;
        for (column, volume) in [(1, 51_000.0), (2, 52_000.0), (3, 53_000.0)] {
            for row in ["A", "D", "H"] {
                let found = wells[&format!("{row}{column}")].net_nl;
                // A stroke of the large pipette is exact to 10 nL; mixing takes nothing away.
                assert!(
                    (found - volume).abs() < 25.0,
                    "{plate} {row}{column}: {found} of {volume}"
                );
            }
        }
        assert!(!wells.contains_key("A4") || wells["A4"].net_nl == 0.0);
    }
    // Unbroken repetitions go plate by plate.
    let plates: Vec<&str> = mixed.iter().map(|(plate, _)| plate.as_str()).collect();
    assert_eq!(plates[..3], [plates[0]; 3]);
    assert_eq!(plates[3..], [plates[3]; 3]);
    assert_ne!(plates[0], plates[3]);
}

#[test]
fn an_incubation_in_an_unbroken_group_is_alone_and_takes_its_minutes() {
    let (_, _, ledger) = ran("heat-shock-in-the-incubator");
    let carried = carried(&ledger);
    for (plate, other) in [("cells-1", "cells-2"), ("cells-2", "cells-1")] {
        let own: Vec<_> = carried.iter().filter(|(_, p, ..)| *p == plate).collect();
        // To the cooler, to the incubator, and to the cooler again.
        let cooler = own[0].3;
        let away = own.iter().filter(|(_, _, from, _)| *from == cooler).nth(1);
        let (begin, end) = (own[0].0, away.expect("it leaves the cooler twice").0);
        let stored = |e: &&Entry| matches!(&e.event, Event::Stored { plate: p, .. } if p == plate);
        let retrieved = |e: &&Entry| matches!(&e.event, Event::Retrieved { plate: p, .. } if p == plate);
        let within = |e: &&Entry| (begin..=end).contains(&e.t_us);
        let put_in = ledger
            .iter()
            .filter(within)
            .find(stored)
            .expect("it is put in")
            .t_us;
        let taken_out = ledger
            .iter()
            .filter(within)
            .find(retrieved)
            .expect("it comes out")
            .t_us;
        // Three minutes as in the protocol; with the way in and out never four.
        assert!(
            (3 * MINUTE..4 * MINUTE).contains(&(taken_out - put_in)),
            "{plate}: {} s",
            (taken_out - put_in) / 1_000_000
        );
        // Meanwhile nothing goes into or out of the incubator; what is done with the other plate elsewhere is its own.
        let during = ledger.iter().filter(|e| (put_in..=taken_out).contains(&e.t_us));
        for entry in during {
            let disturbs = match &entry.event {
                Event::Stored { plate: p, .. } | Event::Retrieved { plate: p, .. } => p != plate,
                Event::PlateMoved { plate, from, to, .. } => {
                    plate == other && (from.starts_with("incubator") || to.starts_with("incubator"))
                }
                _ => false,
            };
            assert!(!disturbs, "while {plate} is incubated: {:?}", entry.event);
        }
        // From cooler to incubator and back there is nowhere that it rests.
        let places: Vec<&str> = own
            .iter()
            .filter(|(t, ..)| (begin..=end).contains(t))
            .map(|(.., to)| *to)
            .filter(|to| to.starts_with("hotel") || to.starts_with("deck"))
            .collect();
        // Home is where it goes when the group is done.
        assert!(places.len() <= 1, "{plate}: {places:?}");
    }
}

#[test]
fn plates_wait_equally_long_in_simulated_time() {
    for seed in 1..=5 {
        let (_, _, ledger) = ran_of_seed("plates-wait-alike", seed);
        let carried = carried(&ledger);
        let mut waits = Vec::new();
        for plate in ["pcr-1", "pcr-2", "pcr-3"] {
            let at = |is: &dyn Fn(&str, &str) -> bool| {
                let own = carried.iter().filter(|(_, p, ..)| *p == plate);
                own.filter(|(_, _, from, to)| is(from, to))
                    .map(|(t, ..)| *t)
                    .next()
                    .expect("it is carried")
            };
            let warmed = at(&|from, _| from == "heater-shaker");
            let chilled = at(&|_, to| to == "thermocycler");
            assert!(chilled >= warmed, "{plate}");
            waits.push(chilled - warmed);
        }
        // The cycler takes 20 minutes for each and the heater 5: each one as soon as it can be would differ by 15 and 30.
        let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
        assert!(most - least <= MINUTE, "seed {seed}: {waits:?}");
    }
}

#[test]
fn a_trough_that_stands_open_for_hours_is_told_before_and_lasts_when_more_is_loaded() {
    let mut scant = corpus("growth-until-density");
    let more = "volume = \"3 mL\"\n";
    assert!(scant.protocol.text.contains(more));
    scant.protocol.text = scant.protocol.text.replace(more, "");
    let assembled = assemble(&scant);
    let (planned, found, _) = plan(&scant, assembled.rig.as_ref().unwrap(), &assembled.library);
    let codes: Vec<&str> = found.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["evaporation"], "{found:?}");
    assert!(found[0].message.contains("inducer") && planned.is_none());
    ran("growth-until-density");
}

#[test]
fn windows_of_many_kinds_are_kept_together_in_simulated_time() {
    let (_, _, ledger) = ran("conditions-together");
    let begin = ledger[0].t_us;
    let strokes = ledger.iter().filter(|e| {
        matches!(&e.event, Event::Stroke { plate: Some(plate), tips, .. }
            if plate.starts_with("assay") && !tips.is_empty())
    });
    let fed = strokes.map(|e| e.t_us).max().unwrap();
    assert!(
        fed - begin <= 60 * MINUTE,
        "fed after {} min",
        (fed - begin) / MINUTE
    );
    let carried = carried(&ledger);
    let mut spans = Vec::new();
    for plate in ["assay-1", "assay-2"] {
        let reads: Vec<u64> = ledger
            .iter()
            .filter(|e| matches!(&e.event, Event::Read { plate: p, .. } if p == plate))
            .map(|e| e.t_us)
            .collect();
        assert!(reads.len() > 1, "{plate}");
        for (number, at) in reads.iter().enumerate() {
            let due = reads[0] + u64::try_from(number).unwrap() * 20 * MINUTE;
            assert!(
                at.abs_diff(due) <= 2 * MINUTE,
                "{plate}: read {number} is {} s off",
                at.abs_diff(due) / 1_000_000
            );
        }
        assert!(*reads.last().unwrap() - begin <= 4 * 60 * MINUTE);
        let last = *reads.last().unwrap();
        // The first carry after the last read that is not home is to the cooler.
        let chill = carried
            .iter()
            .find(|(t, p, _, to)| {
                *p == plate && *t > last && !to.contains("incubator") && !to.contains("tray")
            })
            .expect("it is chilled");
        assert!(chill.0 - reads[0] <= 3 * 60 * MINUTE, "{plate}");
        spans.push(chill.0 - reads[0]);
    }
    // The delay counts from visit to visit, whose beginnings differ from these by what the first reads differ.
    assert!(spans[0].abs_diff(spans[1]) <= 10 * MINUTE, "{spans:?}");
}
