//! The drill on lines that lose, delay and garble: whatever a line does, everything happens once.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, moves, source};
use hardware_sim::{Fault, Sim};
use plated::engine::Observer;
use plated::plan::Actor;
use plated::run::{Choice, Ending, Event, State};
use std::collections::BTreeMap;

/// A fault on an instrument's line, planted when one of its actions is about to be sent.
#[derive(Debug, Clone, Copy)]
struct Point {
    instrument: &'static str,
    /// Which of the instrument's actions, from 1.
    action: u32,
    /// How many of its requests pass unharmed first.
    after: u32,
    fault: Fault,
}

/// Actions of each instrument in an undisturbed drill.
fn actions() -> BTreeMap<String, u32> {
    let bench = Bench::new(source("drill", &[], 1));
    let counts = std::rc::Rc::new(std::cell::RefCell::new(BTreeMap::new()));
    let into = std::rc::Rc::clone(&counts);
    let count: Observer = Box::new(move |_, event, _| {
        if let Event::Intended {
            actor: Actor::Instrument(id),
            ..
        } = event
        {
            *into.borrow_mut().entry(id.to_string()).or_default() += 1;
        }
    });
    bench.run(vec![count]);
    counts.borrow().clone()
}

/// Plants the faults as their actions come.
fn planting(sim: Sim, points: Vec<Point>) -> Observer {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    Box::new(move |_, event, _| {
        let Event::Intended {
            actor: Actor::Instrument(id),
            ..
        } = event
        else {
            return;
        };
        let count = counts.entry(id.to_string()).or_default();
        *count += 1;
        for point in points
            .iter()
            .filter(|p| p.instrument == id.as_str() && p.action == *count)
        {
            if point.after > 0 {
                let unharmed = Fault::Late {
                    requests: point.after,
                    by_ms: 0,
                };
                sim.inject(point.instrument, unharmed).unwrap();
            }
            sim.inject(point.instrument, point.fault).unwrap();
        }
    })
}

/// Runs the drill with faults; a person answers what nobody can see: that it shall be tried again.
fn disturbed(seed: u64, points: &[Point]) -> (Bench, Ending, State, Vec<Event>) {
    let bench = Bench::new(source("drill", &[], seed));
    let observer = planting(bench.simulation.sim().clone(), points.to_vec());
    let mut seen = None;
    let (ending, state) = bench.run_beside(true, vec![observer], |desk| {
        seen = Some(std::rc::Rc::clone(&desk.seen));
        desk.answer_the_rest(|q| {
            if q.choices.contains(&Choice::Retry) {
                Choice::Retry
            } else {
                Choice::Abort
            }
        })
    });
    let seen = seen.unwrap().borrow().clone();
    (bench, ending, state, seen)
}

/// A number of a seed, evenly spread.
fn spread(seed: u64, salt: u64) -> u64 {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 30)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// One fault on each instrument's line.
fn points(seed: u64, actions: &BTreeMap<String, u32>) -> Vec<Point> {
    let instruments = ["handler", "incubator", "mover", "reader"];
    instruments
        .into_iter()
        .zip(0_u64..)
        .map(|(instrument, n)| {
            let requests = 1 + (spread(seed, n + 30) % 3) as u32;
            let fault = match (seed + n) % 4 {
                0 => Fault::Mute { requests },
                1 => Fault::Deaf { requests },
                2 => Fault::Late {
                    requests,
                    by_ms: [400, 2_600, 9_000][(spread(seed, n + 40) % 3) as usize],
                },
                _ => Fault::Garbled { requests },
            };
            Point {
                instrument,
                action: 1 + (spread(seed, n + 10) % u64::from(actions[instrument])) as u32,
                after: (spread(seed, n + 20) % 8) as u32,
                fault,
            }
        })
        .collect()
}

/// Sixty-four points in sixteen runs; a campaign sets PLATED_FAULT_SEEDS to more.
fn seeds() -> u64 {
    std::env::var("PLATED_FAULT_SEEDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(16)
}

#[test]
fn whatever_the_lines_do_everything_happens_once() {
    let whole = Bench::new(source("drill", &[], 1));
    let (_, undisturbed) = whole.run(Vec::new());
    let expected = moves(&whole.simulation.sim().ledger());
    let actions = actions();
    let mut failures = 0;
    for seed in 1..=seeds() {
        let points = points(seed, &actions);
        if seed > 16 {
            println!("seed {seed}: {points:?}");
        }
        let (bench, ending, state, _) = disturbed(seed, &points);
        assert_eq!(ending, Ending::Completed, "seed {seed}, {points:?}");
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        let found = moves(&ledger);
        let different = expected.iter().zip(&found).find(|(a, b)| a != b);
        assert!(found == expected, "seed {seed}, {points:?}: {different:#?}");
        compare(&Volumes::of(&ledger, &state.plan), &state);
        assert_eq!(state.belief.volumes, undisturbed.belief.volumes);
        assert_eq!(state.readings.len(), 2);
        failures += state.failures.len();
    }
    assert!(failures > 0, "no fault was felt");
}
