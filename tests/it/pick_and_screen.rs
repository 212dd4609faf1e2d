//! The picking and screening machine: colonies from a camera's list in pixels, agar of its own height, two readers; and a
//! head of 96 pins.

use crate::support::{Bench, read, source};
use hardware_sim::{Event, Hazard};
use plated::run::{Ending, Source};
use std::collections::{BTreeMap, BTreeSet};

pub fn picking(rig: &[(&str, &str)], list: impl Fn(String) -> String) -> Source {
    let mut source = source("pick-and-screen", &[], 1);
    source.rig = read("config/pick-and-screen.toml");
    for (from, to) in rig {
        assert!(source.rig.text.contains(from), "{from}");
        source.rig.text = source.rig.text.replace(from, to);
    }
    let mut file = read("protocols/picked-colonies.csv");
    file.text = list(file.text);
    source.files.insert("picked-colonies.csv".into(), file);
    source
}

pub const WELLS: [&str; 8] = ["A1", "B1", "C1", "D1", "E1", "F1", "G1", "H1"];

/// The strain of each well of the clones; none where nobody lives.
pub fn strains(bench: &Bench) -> BTreeMap<&'static str, Vec<String>> {
    let truth = bench.simulation.sim().truth();
    let of = |well: &'static str| {
        let cells = &truth.plates["clones"].wells[well].cells;
        let living = cells.iter().filter(|(_, amount)| **amount > 0.0);
        (well, living.map(|(strain, _)| strain.clone()).collect())
    };
    WELLS.map(of).into()
}

#[test]
fn pixels_are_places_on_the_plate_and_what_does_not_grow_is_picked_again() {
    let bench = Bench::new(picking(&[], |text| text));
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let strains = strains(&bench);
    for (n, well) in WELLS.iter().enumerate() {
        // Two of the list do not grow; the first two spares are picked into their wells.
        let colony = match n + 1 {
            3 => 9,
            6 => 10,
            number => number,
        };
        assert_eq!(strains[well], [format!("agar-{colony}")], "{well}");
    }
    // By the reader that the step names.
    let ledger = bench.simulation.sim().ledger();
    let by: BTreeSet<&str> = ledger
        .iter()
        .filter_map(|e| match &e.event {
            Event::Read { instrument, .. } => Some(instrument.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(by, BTreeSet::from(["second-reader"]));
    assert_eq!(state.readings.len(), 2);
}

#[test]
fn agar_that_is_higher_than_the_list_says_is_cut_and_lower_is_not_reached() {
    // The list believes the labware.
    let untold = |text: String| text.replace(",4.6\n", ",\n");
    let high = Bench::new(picking(&[("agar = \"4.6 mm\"", "agar = \"6.4 mm\"")], untold));
    high.run(Vec::new());
    let hazards: BTreeSet<Hazard> = high.simulation.sim().truth().hazards().into_keys().collect();
    assert!(hazards.contains(&Hazard::TipIntoAgar), "{hazards:?}");
    let low = Bench::new(picking(&[("agar = \"4.6 mm\"", "agar = \"3.2 mm\"")], untold));
    let (ending, _) = low.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    assert!(
        strains(&low).values().all(Vec::is_empty),
        "pins that hang over the agar take nothing"
    );
}

#[test]
fn ninety_six_pins_replicate_a_whole_plate_at_once() {
    let mut source = source("pin-pick", &[], 1);
    source.rig = read("config/pin-rig.toml");
    let baths = source.rig.text.find("baths = [").unwrap();
    let end = source.rig.text[baths..].find("\n]\n").unwrap() + baths + 3;
    source.rig.text.replace_range(
        baths..end,
        "baths = [{ well = \"A1\", liquid = \"ethanol 70 %\", volume = \"190 mL\", dwell = \"15 s\" }]\n",
    );
    for (from, to) in [
        ("pins = 1", "pins = 96"),
        ("labware = \"reservoir-4\"", "labware = \"reservoir-1\""),
        (
            "nozzle = [\"0 mm\", \"0 mm\", \"0 mm\"] # where",
            "nozzle = [\"-49.5 mm\", \"31.5 mm\", \"0 mm\"] # where",
        ),
    ] {
        assert!(source.rig.text.contains(from), "{from}");
        source.rig.text = source.rig.text.replace(from, to);
    }
    source.protocol.text = NINETY_SIX.into();
    let bench = Bench::new(source);
    let (ending, _) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let truth = bench.simulation.sim().truth();
    let spots = &truth.plates["copies"].spots;
    let places: BTreeSet<(i64, i64)> = spots
        .iter()
        .map(|s| ((s.x_um + 63_880 - 14_380) / 8_990, (42_740 - s.y_um) / 8_990))
        .collect();
    assert_eq!((spots.len(), places.len()), (96, 96), "{places:?}");
}

const NINETY_SIX: &str = r#"
[protocol]
name = "ninety-six"
title = "96 pins"
language = 1

[liquids.culture]

[plates.library]
labware = "plate-96-flat"
at = "deck-8"
liquid = "culture"
volume = "150 uL"

[plates.copies]
labware = "agar-tray"
at = "deck-9"

[[steps]]
id = "replicate"
do = "spot"
from = "library"
to = "copies"
volume = "0.2 uL"
pipette = "pins"
"#;
