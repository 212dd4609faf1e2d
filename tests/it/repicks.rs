//! Picks that did not grow: found by the reader, picked again from the spare colonies of the list, and known as such afterwards.

use crate::drill::dying;
use crate::pick_and_screen::{WELLS, picking, strains};
use crate::support::{Bench, moves};
use hardware_sim::Event;
use plated::plan::{Finding, PickRow};
use plated::run::{Ending, Source, State};

/// The rows of the list that are spares, from the first.
fn with_spares(list: &str, count: usize) -> String {
    let is_spare = |line: &&str| line.ends_with(",,4.6");
    let kept = list.lines().filter(|line| !is_spare(line));
    let spares = list.lines().filter(is_spare).take(count);
    kept.chain(spares).map(|line| format!("{line}\n")).collect()
}

fn rows(state: &State, step: &str) -> Vec<PickRow> {
    match &state.findings[step] {
        Finding::FailedPicks { rows } => rows.clone(),
        other => panic!("{other:?}"),
    }
}

/// Wells whose pick failed, with the number of the colony that is picked again.
fn failed(state: &State, step: &str) -> Vec<(String, u32, Option<u32>)> {
    let rows = rows(state, step).into_iter().filter(PickRow::failed);
    let of = |r: PickRow| (r.well.to_string(), r.colony.number, r.again.map(|c| c.number));
    rows.map(of).collect()
}

/// What the last reading says about a well beside its value.
fn mark(state: &State, well: &str) -> Option<String> {
    let reading = state.readings.last().unwrap();
    reading.marks.get(&well.parse().unwrap()).cloned()
}

/// The last colony of a well, and those before it.
fn lineage(state: &State, well: &str) -> (u32, Vec<u32>) {
    let picked = &state.plan.plates["clones"].colonies[&well.parse().unwrap()];
    (
        picked.colony.number,
        picked.failed.iter().map(|c| c.number).collect(),
    )
}

fn ran(source: Source) -> (Bench, State) {
    let bench = Bench::new(source);
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    (bench, state)
}

/// The strains that live where a colony of the list or a spare was picked, as the lineage has it.
fn agree(bench: &Bench, state: &State, barren: &[&str]) {
    for (well, strains) in strains(bench) {
        let expected = match barren.contains(&well) {
            true => Vec::new(),
            false => vec![format!("agar-{}", lineage(state, well).0)],
        };
        assert_eq!(strains, expected, "{well}");
    }
}

#[test]
fn a_well_that_was_picked_again_knows_both_colonies() {
    let (bench, state) = ran(picking(&[], |list| list));
    let expected = [("C1".to_owned(), 3, Some(9)), ("F1".to_owned(), 6, Some(10))];
    assert_eq!(failed(&state, "failed"), expected);
    assert_eq!(lineage(&state, "C1"), (9, vec![3]));
    assert_eq!(lineage(&state, "F1"), (10, vec![6]));
    assert_eq!(lineage(&state, "A1"), (1, vec![]));
    agree(&bench, &state, &[]);
    let said = mark(&state, "C1").unwrap();
    assert_eq!(
        said,
        "picked again: colony 9 of agar, as colony 3 of agar did not grow"
    );
    assert_eq!(mark(&state, "A1"), None);
    // What was read before is not marked.
    assert!(state.readings[0].marks.is_empty());
    // All of it grew by the second reading.
    let last = state.readings.last().unwrap();
    for well in WELLS {
        let well: plated::labware::Well = well.parse().unwrap();
        assert!(last.values[well.index(12)].unwrap().0 > 0.2, "{well}");
    }
}

#[test]
fn wells_without_a_spare_are_named_and_marked() {
    let (bench, state) = ran(picking(&[], |list| with_spares(&list, 1)));
    let expected = [("C1".to_owned(), 3, Some(9)), ("F1".to_owned(), 6, None)];
    assert_eq!(failed(&state, "failed"), expected);
    agree(&bench, &state, &["F1"]);
    assert_eq!(lineage(&state, "F1"), (6, vec![]));
    let said = "colony 6 of agar did not grow; no spare colony was left";
    assert_eq!(mark(&state, "F1").unwrap(), said);
    let notes = state.picked_again();
    assert_eq!(notes.len(), 2);
    assert_eq!(notes[1], format!("well F1 of clones: {said}"));
}

#[test]
fn where_every_pick_grew_nothing_is_picked_or_grown_again() {
    let (bench, state) = ran(picking(&[("dead = [3, 6]", "dead = []")], |list| list));
    assert_eq!(failed(&state, "failed"), []);
    agree(&bench, &state, &[]);
    assert_eq!(state.readings.len(), 1);
    let why: Vec<&str> = state.skipped.iter().map(|(_, why)| why.as_str()).collect();
    assert!(why.contains(&"step \"failed\" found no failed pick"), "{why:?}");
    // Each colony of the list was taken up once and no spare was.
    let dipped = |e: &&hardware_sim::Entry| matches!(&e.event, Event::Dip { plate, .. } if plate == "agar");
    assert_eq!(bench.simulation.sim().ledger().iter().filter(dipped).count(), 8);
}

const THIRD: &str = r#"
[[steps]]
id = "failed-again"
do = "select"
after = "regrown"
method = "failed_picks"
picks = "pick"
readings = "regrown"
above = 0.2

[[steps]]
id = "pick-a-third"
do = "pick_colonies"
after = "failed-again"
from = "agar"
to = "clones"
failed = "failed-again"
pipette = "pins"
dips = 3
"#;

#[test]
fn a_spare_that_does_not_grow_either_is_found_and_no_colony_is_picked_twice() {
    let mut source = picking(&[("dead = [3, 6]", "dead = [3, 6, 9]")], |list| list);
    source.protocol.text.push_str(THIRD);
    let (bench, state) = ran(source);
    assert_eq!(failed(&state, "failed").len(), 2);
    let expected = [("C1".to_owned(), 9, Some(11))];
    assert_eq!(failed(&state, "failed-again"), expected);
    assert_eq!(lineage(&state, "C1"), (11, vec![3, 9]));
    assert_eq!(lineage(&state, "F1"), (10, vec![6]));
    agree(&bench, &state, &[]);
}

#[test]
fn tips_pick_again_with_a_fresh_one_each() {
    let single = ("mount = \"left\"\nchannels = 8", "mount = \"left\"\nchannels = 1");
    let dry = ("reservoir = \"6 uL/h\"", "reservoir = \"0 uL/h\"");
    let mut source = picking(&[single, dry], |list| list);
    let text = source.protocol.text.replace(
        "pipette = \"pins\"\ndips = 3",
        "pipette = \"p300-multi\"\nmix_after = { times = 3, volume = \"50 uL\" }",
    );
    source.protocol.text = text;
    let (bench, state) = ran(source);
    assert_eq!(failed(&state, "failed").len(), 2);
    assert_eq!(lineage(&state, "F1"), (10, vec![6]));
    agree(&bench, &state, &[]);
}

#[test]
fn a_host_that_dies_between_finding_and_picks_does_none_of_it_twice() {
    let whole = Bench::new(picking(&[], |list| list));
    let (_, undisturbed) = whole.run(Vec::new());
    let expected = moves(&whole.simulation.sim().ledger());
    let entries = plated::journal::verify(&whole.disk.bytes()).entries;
    let concluded = |e: &plated::journal::Entry| matches!(e.event, plated::run::Event::Concluded { .. });
    let first = entries.iter().position(concluded).unwrap();
    let mut tried = 0;
    for writes in (first - 2..entries.len().min(first + 60)).step_by(5) {
        let (dead, state) = dying(Bench::new(picking(&[], |list| list)), writes as u64);
        dead.assert_sound();
        let found = moves(&dead.simulation.sim().ledger());
        let different = expected.iter().zip(&found).find(|(a, b)| a != b);
        assert!(
            found == expected,
            "after a crash at write {writes}: {different:#?}"
        );
        assert_eq!(state.findings, undisturbed.findings, "crash at write {writes}");
        assert_eq!(
            state.plan.plates["clones"].colonies, undisturbed.plan.plates["clones"].colonies,
            "crash at write {writes}"
        );
        agree(&dead, &state, &[]);
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
}
