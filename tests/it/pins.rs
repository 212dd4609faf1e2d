//! A rig with a pin tool: each colony is in its well and each culture in its place on agar, nothing is carried over, and what
//! the rules of the baths are worth.

use crate::faults::{Point, planting, spread};
use crate::support::{Bench, read, source};
use hardware_sim::{Entry, Event, Fault, Hazard};
use plated::daemon::assemble;
use plated::protocol::{Files, Inputs, build_without};
use plated::run::{Ending, Item, Source};
use std::collections::BTreeSet;

/// The protocol of the repository on its rig, with what is replaced in both texts.
fn changed(rig: &[(&str, &str)], protocol: &[(&str, &str)]) -> Source {
    let mut source = source("pin-pick", &[], 1);
    source.rig = read("config/pin-rig.toml");
    // Where the colonies are only the seed says: they are imaged.
    let list = colonies(&source);
    source.files.insert("pin-colonies.csv".into(), list);
    for (text, changes) in [(&mut source.rig.text, rig), (&mut source.protocol.text, protocol)] {
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            *text = text.replace(from, to);
        }
    }
    source
}

/// The protocol of the repository on its rig.
pub fn picking() -> Source {
    changed(&[], &[])
}

const WELLS: [&str; 3] = ["A1", "B1", "C1"];

/// The first three colonies of the plate, as a camera would list them, and the strain of each.
fn found(ledger: &[Entry]) -> Vec<(f64, f64, String)> {
    let colonies = ledger.iter().filter_map(|entry| match &entry.event {
        Event::Colony {
            strain, x_um, y_um, ..
        } => Some((
            63.88 + *x_um as f64 / 1000.0,
            42.74 + *y_um as f64 / 1000.0,
            strain.clone(),
        )),
        _ => None,
    });
    colonies.take(WELLS.len()).collect()
}

fn colonies(source: &Source) -> plated::run::FileText {
    let mut first = source.clone();
    first
        .files
        .insert("pin-colonies.csv".into(), read("protocols/pin-colonies.csv"));
    let bench = Bench::new(first);
    bench.run(Vec::new());
    let rows: String = found(&bench.simulation.sim().ledger())
        .iter()
        .zip(WELLS)
        .map(|((x, y, _), well)| format!("{x:.3},{y:.3},{well}\n"))
        .collect();
    plated::run::FileText {
        name: "pin-colonies.csv".into(),
        text: format!("x,y,to\n{rows}"),
    }
}

fn hazards(bench: &Bench) -> BTreeSet<Hazard> {
    bench.simulation.sim().truth().hazards().into_keys().collect()
}

#[test]
fn every_colony_is_in_its_well_and_every_culture_in_its_place() {
    let bench = Bench::new(changed(&[], &[]));
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let (truth, ledger) = (bench.simulation.sim().truth(), bench.simulation.sim().ledger());
    let clones = &truth.plates["clones"].wells;
    for ((_, _, strain), well) in found(&ledger).iter().zip(WELLS) {
        let strains: Vec<&String> = clones[well].cells.keys().collect();
        assert_eq!(strains, [strain], "{well}");
        assert_eq!(
            clones[well].parts.keys().collect::<Vec<_>>(),
            ["medium"],
            "{well}"
        );
    }
    assert!(clones["D1"].cells.is_empty());
    // One spot of what a pin carries for each culture, 9 mm apart.
    let spots = &truth.plates["copies"].spots;
    assert_eq!(spots.len(), 3);
    for (n, spot) in spots.iter().enumerate() {
        assert_eq!(spot.cells.keys().collect::<Vec<_>>(), [&format!("S0{}", n + 1)]);
        assert!((140.0..260.0).contains(&spot.volume_nl), "{spot:?}");
        assert!(
            (spot.x_um - (14_380 - 63_880) - 9_000 * n as i64).abs() < 100,
            "{spot:?}"
        );
        assert!((spot.y_um - (74_240 - 42_740)).abs() < 100, "{spot:?}");
    }
    // At the start, after each colony and after each well.
    let works = |e: &&Entry| matches!(e.event, Event::Bath { works: true, .. });
    assert_eq!(ledger.iter().filter(works).count(), 3 * 7);
    // The program believes what is true, but for the random error of a pin.
    for ((item, well), volume) in &state.belief.volumes {
        let name = match item {
            Item::Plate(plate) => plate.to_string(),
            Item::Piece(name) => name.clone(),
        };
        let Some(found) = truth.plates[&name].wells.get(&well.to_string()) else {
            continue;
        };
        let off = (found.net_nl - volume.get() as f64).abs();
        assert!(off < 300.0, "{name} {well}: {volume}, truly {}", found.net_nl);
    }
}

/// What the check says of a source: the codes of its problems.
fn codes(source: &Source) -> BTreeSet<&'static str> {
    let assembled = assemble(source);
    let (_, diagnostics, _) = plated::daemon::plan(source, &assembled.rig.unwrap(), &assembled.library);
    diagnostics.into_iter().map(|d| d.code).collect()
}

/// Runs what the check refuses, with one of its rules switched off.
fn anyway(source: Source, rule: &str) -> Bench {
    let assembled = assemble(&source);
    let (rig, library) = (assembled.rig.unwrap(), assembled.library);
    let file = |t: &plated::run::FileText| plated::source::SourceFile {
        name: t.name.clone(),
        text: t.text.clone(),
    };
    let mut files = Files::default();
    for (name, text) in &source.files {
        files.add(name, text.text.clone());
    }
    let inputs = Inputs {
        files,
        ..Inputs::default()
    };
    let built = build_without(&file(&source.protocol), &inputs, &rig, &library, &[rule]);
    let plan = built.plan.unwrap_or_else(|| panic!("{:?}", built.diagnostics));
    let schedule = plated::schedule::schedule(&plan).unwrap();
    let simulation = plated::simulate::Simulation::new(&source, None).unwrap();
    Bench {
        source,
        rig,
        library,
        plan,
        schedule,
        simulation,
        disk: Default::default(),
    }
}

#[test]
fn a_bath_that_does_not_reach_up_is_refused_and_without_the_rule_contaminates() {
    let shallow = changed(
        &[(
            "liquid = \"bleach 10 %\", volume = \"40 mL\"",
            "liquid = \"bleach 10 %\", volume = \"4 mL\"",
        )],
        &[],
    );
    assert_eq!(codes(&shallow), BTreeSet::from(["bath-depth"]));
    let bench = anyway(shallow, "baths");
    bench.run(Vec::new());
    assert!(
        hazards(&bench).contains(&Hazard::Contamination),
        "{:?}",
        hazards(&bench)
    );
}

#[test]
fn spent_baths_are_refused_and_without_the_rule_contaminate() {
    let spent = changed(&[("uses = 60", "uses = 2")], &[]);
    assert_eq!(codes(&spent), BTreeSet::from(["bath-uses"]));
    let bench = anyway(spent, "baths");
    bench.run(Vec::new());
    assert!(
        hazards(&bench).contains(&Hazard::Contamination),
        "{:?}",
        hazards(&bench)
    );
}

#[test]
fn baths_are_changed_between_visits_before_they_are_spent() {
    let bench = Bench::new(changed(&[("uses = 60", "uses = 4")], &[]));
    let (ending, _) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let fills = bench
        .simulation
        .sim()
        .ledger()
        .iter()
        .filter(
            |e| matches!(&e.event, Event::LoadedWell { name, well, .. } if name == "baths" && well == "A1"),
        )
        .count();
    assert_eq!(fills, 2);
}

#[test]
fn ethanol_that_is_not_dry_comes_into_the_next_well() {
    let bench = Bench::new(changed(&[], &[]));
    // The simulated pins need longer than the rig's makers say.
    let mut source = bench.source.clone();
    source.rig.text = source.rig.text.replace("dry = \"20 s\"", "dry = \"10 min\"");
    let simulation = plated::simulate::Simulation::new(&source, None).unwrap();
    let bench = Bench { simulation, ..bench };
    bench.run(Vec::new());
    assert!(
        hazards(&bench).contains(&Hazard::BathOnPin),
        "{:?}",
        hazards(&bench)
    );
}

#[test]
fn eight_pins_replicate_a_column_at_once_and_a_quarter_of_384_wells() {
    let eight = [
        ("pins = 1", "pins = 8"),
        (
            "nozzle = [\"0 mm\", \"0 mm\", \"0 mm\"] # where",
            "nozzle = [\"0 mm\", \"31.5 mm\", \"0 mm\"] # where",
        ),
    ];
    let mut source = changed(&[], &[]);
    for (from, to) in eight {
        assert!(source.rig.text.contains(from));
        source.rig.text = source.rig.text.replace(from, to);
    }
    source.protocol.text = EIGHT.into();
    let bench = Bench::new(source);
    let (ending, _) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let truth = bench.simulation.sim().truth();
    let spots = &truth.plates["copies"].spots;
    assert_eq!(spots.len(), 8);
    let places: BTreeSet<i64> = spots
        .iter()
        .map(|s| (s.y_um as f64 / 9_000.0).round() as i64)
        .collect();
    assert_eq!(places.len(), 8);
    // Quadrant 2: every other row from A, every other column from 2.
    let ledger = bench.simulation.sim().ledger();
    let large: BTreeSet<String> = ledger
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Pin {
                plate, well, gave, ..
            } if plate == "large" && gave == &["culture"] => Some(well.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(large.len(), 96);
    assert!(large.contains("A2") && large.contains("O24") && !large.contains("A1"));
}

const EIGHT: &str = r#"
[protocol]
name = "eight"
title = "Eight pins"
language = 1

[liquids.medium]

[liquids.culture]

[plates.library]
labware = "plate-96-flat"
at = "deck-8"
liquid = "culture"
volume = "150 uL"

[plates.copies]
labware = "agar-tray"
at = "deck-9"

[plates.large]
labware = "plate-384-flat"
at = "deck-5"
liquid = "culture"
volume = "40 uL"

[[steps]]
id = "replicate"
do = "spot"
from = "library"
to = "copies"
volume = "0.2 uL"
pipette = "pins"
columns = [1]

[[steps]]
id = "condense"
do = "stamp"
from = "library"
to = "large"
quadrant = 2
volume = "0.2 uL"
pipette = "pins"
after = "replicate"
"#;

#[test]
fn whatever_the_gantrys_line_does_every_colony_is_in_its_well_alone() {
    let source = changed(&[], &[]);
    let whole = Bench::new(source.clone());
    let (_, undisturbed) = whole.run(Vec::new());
    let mut struck = 0;
    for seed in 1..=10 {
        let requests = 1 + (spread(seed, 1) % 8) as u32;
        let fault = match seed % 3 {
            0 => Fault::Mute { requests },
            1 => Fault::Deaf { requests },
            _ => Fault::Late {
                requests,
                by_ms: [300, 900, 2_600][(spread(seed, 2) % 3) as usize],
            },
        };
        let point = Point {
            instrument: "handler",
            // From the first bath on.
            action: 3 + (spread(seed, 3) % 60) as u32,
            after: (spread(seed, 4) % 3) as u32,
            fault,
        };
        let bench = Bench::new(source.clone());
        let observer = planting(bench.simulation.sim().clone(), vec![point]);
        let (ending, state) = bench.retried(vec![observer]);
        assert_eq!(ending, Ending::Completed, "seed {seed}, {point:?}");
        bench.assert_sound();
        assert_eq!(state.belief.volumes, undisturbed.belief.volumes, "seed {seed}");
        let truth = bench.simulation.sim().truth();
        for ((_, _, strain), well) in found(&bench.simulation.sim().ledger()).iter().zip(WELLS) {
            let strains: Vec<&String> = truth.plates["clones"].wells[well].cells.keys().collect();
            assert_eq!(strains, [strain], "seed {seed}, {well}");
        }
        struck += bench.simulation.sim().struck("handler");
    }
    assert!(struck > 10, "only {struck} requests met a fault");
}
