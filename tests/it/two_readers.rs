//! Plates that are shared out among plate readers.

use crate::pick_and_screen::picking;
use crate::support::{Bench, read};
use hardware_sim::Event;
use plated::run::Ending;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn plates_are_dealt_out_to_readers_and_each_stays_with_its_own() {
    let mut source = picking(&[], |text| text);
    source.protocol = read("tests/cases/protocols/valid/read-by-two-readers.toml");
    source.files.clear();
    let bench = Bench::new(source);
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let mut by: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut reads = 0;
    for entry in bench.simulation.sim().ledger() {
        if let Event::Read {
            instrument, plate, ..
        } = &entry.event
        {
            reads += 1;
            by.entry(instrument.clone()).or_default().insert(plate.clone());
        }
    }
    let of = |plates: [&str; 2]| plates.map(str::to_owned).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(reads, 12);
    assert_eq!(state.readings.len(), 12);
    assert_eq!(
        by,
        BTreeMap::from([
            ("reader".to_owned(), of(["assay-1", "assay-3"])),
            ("second-reader".to_owned(), of(["assay-2", "assay-4"])),
        ])
    );
}
