//! A home-built gantry on six Modbus axes in place of the demonstration rig's handler: the drill goes as on any other handler,
//! whatever its line does, and nothing is done twice.

use crate::checkers::{Volumes, compare};
use crate::faults::{Point, planting, spread};
use crate::support::{Bench, source};
use hardware_sim::{Entry, Event, Fault};
use plated::run::{Choice, Ending, Source, State};

fn drill(seed: u64) -> Source {
    let mut source = source("drill", &[], seed);
    let text = source.rig.text.clone();
    let (head, rest) = text.split_once("[instruments.handler]").unwrap();
    let (_, rest) = rest.split_once("[instruments.handler.durations]").unwrap();
    let handler = include_str!("gantry-handler.toml");
    source.rig.text = format!("{head}{handler}\n[instruments.handler.durations]{rest}");
    source
}

/// What truly moved in tips, and what tips did, in order.
fn strokes(ledger: &[Entry]) -> Vec<String> {
    let told = |entry: &Entry| match &entry.event {
        Event::Stroke {
            mount,
            from_um,
            to_um,
            plate,
            well,
            tips,
            ..
        } if !tips.is_empty() => Some(format!("{mount} {from_um} to {to_um} in {plate:?} {well:?}")),
        _ => None,
    };
    ledger.iter().filter_map(told).collect()
}

/// Runs the drill with faults; a person homes where that is offered and has everything else tried again.
fn disturbed(seed: u64, points: &[Point]) -> (Bench, Ending, State, usize) {
    let bench = Bench::new(drill(seed));
    let observer = planting(bench.simulation.sim().clone(), points.to_vec());
    let mut seen = None;
    let (ending, state) = bench.run_beside(true, vec![observer], |desk| {
        seen = Some(std::rc::Rc::clone(&desk.seen));
        desk.answer_the_rest(|question| {
            let choices = &question.choices;
            [Choice::Home, Choice::Retry]
                .into_iter()
                .find(|choice| choices.contains(choice))
                .unwrap_or(Choice::Abort)
        })
    });
    let asked = |event: &&plated::run::Event| matches!(event, plated::run::Event::Asked { .. });
    let looks = seen.unwrap().borrow().iter().filter(asked).count();
    (bench, ending, state, looks)
}

#[test]
fn the_drill_goes_on_six_axes_as_it_is_planned() {
    let bench = Bench::new(drill(1));
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let ledger = bench.simulation.sim().ledger();
    assert!(compare(&Volumes::of(&ledger, &state.plan), &state) > 0);
    assert!(strokes(&ledger).len() > 20, "{:#?}", strokes(&ledger));
}

#[test]
fn whatever_its_line_does_every_stroke_happens_once() {
    let whole = Bench::new(drill(1));
    let (_, undisturbed) = whole.run(Vec::new());
    let expected = strokes(&whole.simulation.sim().ledger());
    for seed in 1..=12_u64 {
        let requests = 1 + (spread(seed, 3) % 3) as u32;
        let fault = match seed % 4 {
            0 => Fault::Mute { requests },
            1 => Fault::Deaf { requests },
            2 => Fault::Late {
                requests,
                by_ms: [400, 2_600, 9_000][(spread(seed, 4) % 3) as usize],
            },
            _ => Fault::Garbled { requests },
        };
        let points = [2, 5, 9].map(|n| Point {
            instrument: "handler",
            action: 1 + n + (spread(seed, u64::from(n)) % 20) as u32,
            after: (spread(seed, u64::from(n) + 20) % 60) as u32,
            fault,
        });
        let (bench, ending, state, _) = disturbed(1, &points);
        assert_eq!(ending, Ending::Completed, "seed {seed}, {points:?}");
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        assert_eq!(strokes(&ledger), expected, "seed {seed}, {points:?}");
        assert_eq!(state.belief.volumes, undisturbed.belief.volumes);
    }
}

#[test]
fn drives_that_lose_power_in_the_middle_of_a_stroke_claim_nothing() {
    for action in [4, 5, 9] {
        let cut = Point {
            instrument: "handler",
            action,
            after: 0,
            fault: Fault::PowerCycle,
        };
        let (bench, _, state, looks) = disturbed(1, &[cut]);
        bench.assert_sound();
        assert!(looks > 0, "a person is asked");
        assert!(!state.failures.is_empty());
    }
}
