//! Reality differs from the plan: the rest is placed anew and the reads keep their windows.

use crate::support::{Bench, source};
use plated::run::{Ending, Event};
use std::cell::Cell;
use std::rc::Rc;

#[test]
fn a_handler_twice_as_slow_as_planned_moves_the_reads_together_with_their_plates() {
    let mut source = source("growth-screen", &[], 3);
    // The rig file believes in a handler that it has not got; the simulated gantry goes by its kinematics.
    for (believed, hoped) in [
        ("pick_up_tips = \"6 s\"", "pick_up_tips = \"2 s\""),
        ("aspirate = \"3.5 s\"", "aspirate = \"1 s\""),
        ("dispense = \"3.5 s\"", "dispense = \"1 s\""),
        ("mix_stroke = \"1.6 s\"", "mix_stroke = \"0.5 s\""),
        ("drop_tips = \"5 s\"", "drop_tips = \"1 s\""),
    ] {
        assert!(source.rig.text.contains(believed));
        source.rig.text = source.rig.text.replace(believed, hoped);
    }
    let bench = Bench::new(source);
    let plans = Rc::new(Cell::new(0));
    let counted = plans.clone();
    let (ending, state) = bench.run(vec![Box::new(move |_, event, _| {
        if matches!(event, Event::Scheduled { .. }) {
            counted.set(counted.get() + 1);
        }
    })]);
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert!(plans.get() > 1, "nothing was planned anew");
    let late: Vec<_> = state
        .readings
        .iter()
        .filter(|r| r.late.is_some())
        .map(|r| (&r.plate, r.index))
        .collect();
    assert!(late.is_empty(), "late reads: {late:?}");
}
