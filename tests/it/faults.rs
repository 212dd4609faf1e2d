//! The drill on lines that lose, delay and garble: whatever a line does, everything happens once.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, moves, source};
use hardware_sim::{Fault, Sim};
use plated::devices::{Done, Evidence};
use plated::engine::Observer;
use plated::plan::Actor;
use plated::run::{Choice, Ending, Event, State};
use std::collections::BTreeMap;

/// A fault on an instrument's line, planted when one of its actions is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    pub instrument: &'static str,
    /// Which of the instrument's actions, from 1.
    pub action: u32,
    /// How many of its requests pass unharmed first.
    pub after: u32,
    pub fault: Fault,
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
    counts.take()
}

/// Plants the faults as their actions come.
pub fn planting(sim: Sim, points: Vec<Point>) -> Observer {
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
pub fn spread(seed: u64, salt: u64) -> u64 {
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
pub fn seeds() -> u64 {
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

/// Runs the drill; an instrument loses power so long after one of its actions was intended. A person has it homed where
/// that is offered, has barcodes read again, and ends the run where nothing else is left.
fn powerless(instrument: &'static str, action: u32, after_ms: u64) -> (Bench, Ending, State, Vec<Event>) {
    let bench = Bench::new(source("drill", &[], 1));
    let sim = bench.simulation.sim().clone();
    let mut count = 0;
    let cut: Observer = Box::new(move |_, event, _| {
        let Event::Intended {
            actor: Actor::Instrument(id),
            ..
        } = event
        else {
            return;
        };
        if id.as_str() != instrument {
            return;
        }
        count += 1;
        if count == action {
            let sim = sim.clone();
            tokio::task::spawn_local(async move {
                tokio::time::sleep(std::time::Duration::from_millis(after_ms)).await;
                sim.inject(instrument, Fault::PowerCycle).unwrap();
            });
        }
    });
    let mut seen = None;
    let (ending, state) = bench.run_beside(true, vec![cut], |desk| {
        seen = Some(std::rc::Rc::clone(&desk.seen));
        desk.answer_the_rest(|q| {
            let choices = &q.choices;
            if q.text.contains("take it out by hand") {
                // Whoever holds a lid in hand ends the run.
                Choice::Abort
            } else if choices.contains(&Choice::Home) {
                Choice::Home
            } else if choices.contains(&Choice::Accept) {
                Choice::Retry
            } else {
                Choice::Abort
            }
        })
    });
    let seen = seen.unwrap().borrow().clone();
    (bench, ending, state, seen)
}

/// What moved, but for plungers without tips or over a tip rack: homing moves those.
fn moves_of(bench: &Bench, by: Option<&str>) -> Vec<String> {
    let mut ledger = bench.simulation.sim().ledger();
    ledger.retain(|entry| match &entry.event {
        hardware_sim::Event::Stroke { tips, labware, .. }
            if tips.is_empty() || labware.as_ref().is_some_and(|l| l.starts_with("tiprack")) =>
        {
            false
        }
        hardware_sim::Event::Stroke { instrument, .. } => by.is_none_or(|by| by == instrument),
        _ => by.is_none(),
    });
    moves(&ledger)
}

/// Cuts power at several points; returns how many runs came to their end and how often a person was asked to look.
fn cut(instrument: &'static str, points: &[(u32, u64)]) -> (usize, usize) {
    let whole = Bench::new(source("drill", &[], 1));
    let (_, undisturbed) = whole.run(Vec::new());
    let (mut completed, mut looks) = (0, 0);
    for (action, after_ms) in points {
        let place = format!("{instrument} without power {after_ms} ms into its action {action}");
        let (bench, ending, state, seen) = powerless(instrument, *action, *after_ms);
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        let happened = |e: &hardware_sim::Entry| matches!(e.event, hardware_sim::Event::PowerCycle { .. });
        assert!(ledger.iter().any(happened), "{place}: it did not happen");
        let looked: BTreeMap<_, _> = seen
            .iter()
            .filter_map(|e| match e {
                Event::Asked { question } => Some((question.action?, question.look.is_some())),
                _ => None,
            })
            .collect();
        looks += looked.values().filter(|look| **look).count();
        // What rests on a person's word alone was looked at by one.
        for event in &seen {
            let (Event::NotDone {
                action,
                evidence: Evidence::Person,
            }
            | Event::Ended {
                action,
                done: Done::Plain,
                evidence: Some(Evidence::Person),
            }) = event
            else {
                continue;
            };
            assert_eq!(looked.get(action), Some(&true), "{place}: {action}");
        }
        if ending == Ending::Completed {
            completed += 1;
            let (planned, found) = (moves_of(&whole, None), moves_of(&bench, None));
            let different = found.iter().zip(&planned).find(|(a, b)| a != b);
            assert!(found == planned, "{place}: {different:#?}");
            compare(&Volumes::of(&ledger, &state.plan), &state);
            assert_eq!(state.belief.volumes, undisturbed.belief.volumes, "{place}");
            assert_eq!(state.readings.len(), 2, "{place}");
        } else {
            assert_eq!(ending, Ending::Aborted, "{place}");
            // No stroke twice: as planned up to the one that was cut short.
            let (planned, found) = (
                moves_of(&whole, Some("handler")),
                moves_of(&bench, Some("handler")),
            );
            let whole_strokes = found.len().saturating_sub(1);
            let different = found[..whole_strokes].iter().zip(&planned).find(|(a, b)| a != b);
            assert!(different.is_none(), "{place}: {different:#?} of {found:#?}");
        }
    }
    (completed, looks)
}

#[test]
fn a_handler_without_power_is_homed_by_order_and_never_with_tips_on() {
    let points = [
        (1, 8_000),
        (2, 500),
        (3, 900),
        (3, 3_000),
        (4, 1_500),
        (5, 3_000),
        (9, 700),
        (13, 3_000),
        (16, 900),
        (20, 1_500),
        (30, 500),
        (30, 3_000),
    ];
    let (completed, looks) = cut("handler", &points);
    assert!(completed >= 3, "only {completed} runs came to their end");
    assert!(
        completed < points.len(),
        "a run went on with tips of which nothing is known"
    );
    assert!(looks > 0, "nobody was asked to look");
}

#[test]
fn a_mover_without_power_is_homed_by_order() {
    let points = [(1, 500), (2, 3_000), (3, 500), (4, 8_000), (6, 3_000), (8, 8_000)];
    let (completed, looks) = cut("mover", &points);
    assert!(completed >= 3, "only {completed} runs came to their end");
    assert!(looks >= 4, "only {looks} looks");
}

#[test]
fn incubator_and_reader_come_back_by_themselves() {
    let incubator = [(1, 500), (3, 3_000), (4, 8_000), (5, 3_000), (7, 8_000), (9, 500)];
    assert_eq!(cut("incubator", &incubator).0, incubator.len());
    let reader = [(1, 500), (2, 3_000), (3, 8_000), (5, 3_000)];
    assert_eq!(cut("reader", &reader).0, reader.len());
}
