//! Wells given up anywhere in protocols of every kind of liquid step: nothing impossible is done, belief and truth agree, and
//! no tip stays on.

use crate::give_up::sound;
use crate::support::{Bench, read, source};
use hardware_sim::Fault;
use plated::engine::Observer;
use plated::plan::Action;
use plated::run::{Choice, Ending, Event, State};
use std::cell::Cell;
use std::rc::Rc;

const CASES: [&str; 7] = [
    "demo-two-sources",
    "dose-series",
    "dose-series-shared-tips",
    "excess-distribution",
    "heat-shock",
    "pick-colonies",
    "stamp-interleaved",
];

/// A case of the corpus on its rig, in which wells are given up wherever they can be.
fn case(name: &str) -> Bench {
    let mut source = source("drill", &[], 1);
    let text = read(&format!("tests/cases/protocols/valid/{name}.toml")).text;
    if text.starts_with("# rig: stations") {
        source.rig = read("config/stations-rig.toml");
        let path = "profiles/plate-station.toml";
        source
            .profiles
            .insert(path.into(), read(&format!("config/{path}")));
    }
    let folder = "tests/cases/protocols/valid";
    for file in ["one-tray.csv", "colonies-of-two-trays.csv"] {
        source
            .files
            .insert(file.into(), read(&format!("{folder}/{file}")));
    }
    let named = format!("name = \"{name}\"");
    assert!(text.contains(&named), "{name}");
    let policy = format!("{named}\non_failure = {{ no_answer = \"skip_well\" }}");
    source.protocol.text = text.replace(&named, &policy);
    Bench::new(source)
}

const fn is_stroke(action: &Action) -> bool {
    matches!(
        action,
        Action::PickUpTips { .. } | Action::Aspirate { .. } | Action::Dispense { .. } | Action::Dip { .. }
    )
}

/// Runs with the handler deaf from the end of stroke number `at` on; what is asked besides is tried again on a mended line.
/// The strokes that took place.
fn failing(bench: &Bench, at: u32) -> (State, u32) {
    let sim = bench.simulation.sim().clone();
    let mended = sim.clone();
    let strokes: Rc<Cell<u32>> = Rc::default();
    let count = Rc::clone(&strokes);
    let mut open = None;
    let fault: Observer = Box::new(move |_, event, _| match event {
        Event::Intended { action, intent, .. } if is_stroke(&intent.action) => open = Some(*action),
        Event::Ended { action, .. } if open == Some(*action) => {
            count.set(count.get() + 1);
            if count.get() == at {
                sim.inject("handler", Fault::Deaf { requests: 10_000 }).unwrap();
            }
        }
        Event::GivenUp { .. } => sim.inject("handler", Fault::Mended).unwrap(),
        _ => {}
    });
    let (ending, state) = bench.run_beside(true, vec![fault], |desk| {
        desk.answer_the_rest(move |_| {
            mended.inject("handler", Fault::Mended).unwrap();
            Choice::Retry
        })
    });
    assert_eq!(ending, Ending::Completed);
    (state, strokes.get())
}

#[test]
fn wells_can_be_given_up_anywhere() {
    let mut given = 0;
    for name in CASES {
        let (_, whole) = failing(&case(name), u32::MAX);
        assert!(whole > 10, "{name}: {whole} strokes");
        for part in [1, 6] {
            let at = (whole * part / 10).max(1);
            let bench = case(name);
            let (state, strokes) = failing(&bench, at);
            sound(&bench, &state);
            if !state.given_up_wells.is_empty() {
                given += 1;
                assert!(strokes < whole, "{name}: something is left out");
            }
        }
    }
    assert!(given > 8, "{given}");
}
