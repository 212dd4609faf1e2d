//! The strain construction machine: a plate of assemblies by a head of 96 channels on Modbus axes, from the mix to the spots.

use crate::support::{Bench, read, source};
use hardware_sim::Event;
use plated::daemon::assemble;
use plated::run::{Ending, Source};
use std::collections::BTreeSet;

fn construction() -> Source {
    let mut source = source("strain-construction", &[], 1);
    source.rig = read("config/build.toml");
    for name in source
        .rig
        .text
        .lines()
        .filter_map(|l| l.strip_prefix("profile = \"")?.strip_suffix('"'))
    {
        source
            .profiles
            .insert(name.to_owned(), read(&format!("config/{name}")));
    }
    source
}

#[test]
fn a_plate_of_assemblies_goes_from_the_mix_to_its_spots() {
    let bench = Bench::new(construction());
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let truth = bench.simulation.sim().truth();
    let spots = &truth.plates["tray"].spots;
    // In the place of its well, 9 mm apart.
    let places: BTreeSet<(i64, i64)> = spots
        .iter()
        .map(|s| {
            (
                (s.x_um + 63_880 - 14_380 + 500) / 9_000,
                (31_500 - s.y_um + 500) / 9_000,
            )
        })
        .collect();
    assert_eq!((spots.len(), places.len()), (96, 96), "{places:?}");
    for spot in spots {
        assert!((1_900.0..2_100.0).contains(&spot.volume_nl), "{spot:?}");
    }
    // 40 uL of cells, 5 uL of the reaction, 80 uL of SOC, without the spot; what evaporates is beside that.
    let cells = &truth.plates["cells"].wells;
    assert_eq!(cells.len(), 96);
    for (well, found) in cells {
        let parts: BTreeSet<&str> = found.parts.keys().map(String::as_str).collect();
        let all = ["competent", "master-mix", "part", "recovery"];
        assert_eq!(parts, BTreeSet::from(all), "{well}");
        assert!(
            (found.net_nl - 123_000.0).abs() < 500.0,
            "{well}: {}",
            found.net_nl
        );
    }
    // Whole racks of tips, and nothing on the head at the end.
    let ledger = bench.simulation.sim().ledger();
    let whole =
        |e: &&hardware_sim::Entry| matches!(&e.event, Event::TipPickUp { tips, .. } if tips.len() == 96);
    assert_eq!(ledger.iter().filter(whole).count(), 4);
    assert!(state.belief.tips_on.is_empty());
}

#[test]
fn without_its_calibration_it_does_not_run() {
    for instrument in ["handler", "mover"] {
        let mut source = construction();
        let text = &mut source.rig.text;
        let from = text.find(&format!("[calibration.{instrument}]")).unwrap();
        let to = text[from + 1..].find("\n[").unwrap() + from + 1;
        text.replace_range(from..to, "");
        let assembled = assemble(&source);
        let rig = assembled.rig.unwrap();
        let (_, found, _) = plated::daemon::plan(&source, &rig, &assembled.library);
        let codes: BTreeSet<&str> = found.iter().map(|d| d.code).collect();
        assert!(codes.contains("calibration"), "{instrument}: {found:?}");
    }
}
