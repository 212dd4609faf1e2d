//! A machine with system liquid: what a washed probe really moved, and that whatever happens to pump, line and host, no
//! stroke takes place twice.

use crate::drill::dying;
use crate::faults::{Point, planting, spread};
use crate::support::{Bench, moves, read, source};
use hardware_sim::{Entry, Event, Fault};
use plated::devices::Evidence;
use plated::plan::{Action, Actor};
use plated::run::{Choice, Ending, Event as Record, Item, Source, StopKind};
use std::collections::BTreeMap;

/// Nanolitres of an increment: 1 mL in 3000.
const STEP_NL: f64 = 1e6 / 3000.0;

fn probe_source(protocol: &str) -> Source {
    let mover = "profiles/plate-mover.toml";
    let mut source = source(protocol, &[], 1);
    source.rig = read("config/probe-rig.toml");
    source.profiles = [(mover.to_owned(), read(&format!("config/{mover}")))].into();
    source
}

pub fn cherry_pick() -> Bench {
    framed("dt")
}

/// The same with the pump in DT or OEM frames.
fn framed(framing: &str) -> Bench {
    let mut source = probe_source("probe-cherry-pick");
    let list = read("protocols/probe-picks.csv");
    source.files.insert("probe-picks.csv".into(), list);
    let link = "link = { serial = \"/dev/ttyUSB4\", baud = 9600, format = \"8N1\" }";
    assert!(source.rig.text.contains(link));
    let framed = link.replace(" }", &format!(", framing = \"{framing}\" }}"));
    source.rig.text = source.rig.text.replace(link, &framed);
    Bench::new(source)
}

/// Every stroke of the pump: valve, place and well, and nanolitres drawn (or with a minus sign expelled).
fn strokes(ledger: &[Entry]) -> Vec<(String, String, f64)> {
    ledger
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::PumpStroke {
                from_steps,
                to_steps,
                valve,
                place,
                well,
                ..
            } => {
                let at = format!(
                    "{} {}",
                    place.as_deref().unwrap_or("-"),
                    well.as_deref().unwrap_or("-")
                );
                Some((valve.clone(), at, (to_steps - from_steps) as f64 * STEP_NL))
            }
            _ => None,
        })
        .collect()
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1.0
}

#[test]
fn a_washed_probe_moves_what_the_protocol_says_and_nothing_else() {
    let bench = cherry_pick();
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let truth = bench.simulation.sim().truth();
    let assay = &truth.plates["assay"].wells;
    // 60 uL of buffer, the pick, and 15 uL of the mixture into the pool.
    for (well, picked) in [("A1", 40_000.0), ("A2", 30_000.0), ("A3", 20_000.0)] {
        let found = &assay[well];
        assert!(close(found.net_nl, 45_000.0 + picked), "{well}: {found:?}");
        let left = 1.0 - 15_000.0 / (60_000.0 + picked);
        assert!(close(found.parts["buffer"], 60_000.0 * left), "{well}: {found:?}");
        assert!(close(found.parts["sample"], picked * left), "{well}: {found:?}");
        assert_eq!(found.parts.len(), 2, "{well}: {found:?}");
    }
    for well in ["A4", "A5", "A6"] {
        assert!(close(assay[well].net_nl, 60_000.0), "{well}");
    }
    let samples = &truth.plates["samples"].wells;
    for (well, left) in [
        ("A1", 360_000.0),
        ("A2", 370_000.0),
        ("B1", 380_000.0),
        ("C1", 400_000.0),
    ] {
        assert!(close(samples[well].net_nl, left), "{well}");
    }
    assert!(close(truth.plates["pool"].wells["A1"].net_nl, 45_000.0));
    // The program believes what is true.
    for ((item, well), volume) in &state.belief.volumes {
        let (Item::Plate(_) | Item::Piece(_)) = item;
        let name = match item {
            Item::Plate(plate) => plate.to_string(),
            Item::Piece(name) => name.clone(),
        };
        let Some(found) = truth.plates[&name].wells.get(&well.to_string()) else {
            continue;
        };
        assert!(
            close(found.net_nl, volume.get() as f64),
            "{name} {well}: {volume}"
        );
    }
    // 1.2 mL prime; a wash of the rig's 0.9 mL for the clean start, the distribution and each pooled well; 1.4 mL for each pick.
    let strokes = strokes(&bench.simulation.sim().ledger());
    let bottle: f64 = strokes.iter().filter(|s| s.0 == "input").map(|s| s.2).sum();
    assert!(close(bottle, 1.2e6 + 5.0 * 0.9e6 + 3.0 * 1.4e6), "{bottle}");
    let cleaner = strokes.iter().filter(|s| s.1 == "wash A2" && s.2 < 0.0);
    assert_eq!(cleaner.count(), 8);
    assert!(
        !strokes.iter().any(|s| s.1 == "- -" && s.0 == "output"),
        "a stroke over nothing: {strokes:?}"
    );
}

/// The pump's actions by number, from 1, as the run sends them.
pub fn pump_actions() -> Vec<Action> {
    let bench = cherry_pick();
    let all = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let into = std::rc::Rc::clone(&all);
    bench.run(vec![Box::new(move |_, event, _| {
        if let Record::Intended {
            actor: Actor::Instrument(id),
            intent,
            ..
        } = event
            && id.as_str() == "pump"
        {
            into.borrow_mut().push(intent.action.clone());
        }
    })]);
    all.take()
}

/// The number of the pump's first action that draws sample.
fn first_sample() -> u32 {
    let draws = |a: &Action| matches!(a, Action::Draw { at: Some(at), air: false, .. } if at.nest.as_str() == "deck-8");
    pump_actions().iter().position(draws).unwrap() as u32 + 1
}

#[test]
fn after_a_lost_answer_the_pump_is_asked_and_no_stroke_takes_place_twice() {
    let whole = cherry_pick();
    whole.run(Vec::new());
    let expected = moves(&whole.simulation.sim().ledger());
    let sample = first_sample();
    // The first requests of an action ask for status and position twice; then the stroke is sent.
    for (after, done) in [(4, true), (5, false)] {
        for fault in [Fault::Mute { requests: 1 }, Fault::Deaf { requests: 1 }] {
            let bench = cherry_pick();
            let point = Point {
                instrument: "pump",
                action: sample,
                after: after - 4,
                fault,
            };
            let (ending, state) = bench.run(vec![planting(bench.simulation.sim().clone(), vec![point])]);
            assert_eq!(ending, Ending::Completed, "{fault:?} after {after}");
            bench.assert_sound();
            let found = moves(&bench.simulation.sim().ledger());
            let different = expected.iter().zip(&found).find(|(a, b)| a != b);
            assert!(found == expected, "{fault:?} after {after}: {different:#?}");
            // A lost stroke is a failure that was settled; a lost question is only asked again.
            assert_eq!(
                !state.failures.is_empty(),
                done,
                "{fault:?} after {after}: {:?}",
                state.failures
            );
        }
    }
}

#[test]
fn in_oem_frames_the_pump_moves_the_same() {
    let (dt, oem) = (framed("dt"), framed("oem"));
    for bench in [&dt, &oem] {
        let (ending, _) = bench.run(Vec::new());
        assert_eq!(ending, Ending::Completed);
        bench.assert_sound();
    }
    let of = |bench: &Bench| moves(&bench.simulation.sim().ledger());
    assert_eq!(of(&dt), of(&oem));
}

#[test]
fn whatever_the_pumps_line_does_every_stroke_takes_place_once() {
    for framing in ["dt", "oem"] {
        disturbed(framing, 12);
    }
}

/// A run for each seed, with something wrong with the pump's line at some point.
fn disturbed(framing: &str, seeds: u64) {
    let whole = framed(framing);
    let (_, undisturbed) = whole.run(Vec::new());
    let expected = moves(&whole.simulation.sim().ledger());
    let actions = pump_actions().len() as u64;
    for seed in 1..=seeds {
        let requests = 1 + (spread(seed, 1) % 3) as u32;
        let fault = match seed % 4 {
            0 => Fault::Mute { requests },
            1 => Fault::Deaf { requests },
            2 => Fault::Late {
                requests,
                by_ms: [300, 900, 2_600][(spread(seed, 2) % 3) as usize],
            },
            _ => Fault::Garbled { requests },
        };
        let point = Point {
            instrument: "pump",
            action: 1 + (spread(seed, 3) % actions) as u32,
            after: (spread(seed, 4) % 8) as u32,
            fault,
        };
        let bench = framed(framing);
        let observer = planting(bench.simulation.sim().clone(), vec![point]);
        let (ending, state) = bench.retried(vec![observer]);
        assert_eq!(ending, Ending::Completed, "{framing}, seed {seed}, {point:?}");
        bench.assert_sound();
        let found = moves(&bench.simulation.sim().ledger());
        let different = expected.iter().zip(&found).find(|(a, b)| a != b);
        assert!(
            found == expected,
            "{framing}, seed {seed}, {point:?}: {different:#?}"
        );
        assert_eq!(state.belief.volumes, undisturbed.belief.volumes, "seed {seed}");
    }
}

#[test]
fn a_host_that_dies_in_the_middle_of_a_stroke_finds_it_done_by_the_plungers_position() {
    let whole = cherry_pick();
    let (_, state) = whole.run(Vec::new());
    let expected = moves(&whole.simulation.sim().ledger());
    let records = plated::journal::verify(&whole.disk.bytes()).sequence;
    let mut commanded = 0;
    for writes in (0..records).step_by(29) {
        let (bench, resumed) = dying(cherry_pick(), writes);
        bench.assert_sound();
        let found = moves(&bench.simulation.sim().ledger());
        let different = expected.iter().zip(&found).find(|(a, b)| a != b);
        assert!(
            found == expected,
            "after a crash at write {writes}: {different:#?}"
        );
        assert_eq!(
            resumed.belief.volumes, state.belief.volumes,
            "crash at write {writes}"
        );
        let mut disk = plated::journal::Disk::Memory(bench.disk.clone());
        let recovered = plated::journal::recover(&mut disk).unwrap();
        let events: BTreeMap<_, _> = recovered
            .entries
            .iter()
            .filter_map(|e| match &e.event {
                Record::Intended { action, intent, .. } => Some((*action, intent.action.clone())),
                _ => None,
            })
            .collect();
        commanded += recovered
            .entries
            .iter()
            .filter(|e| match &e.event {
                Record::Ended {
                    action,
                    evidence: Some(Evidence::Commanded),
                    ..
                } => events.get(action).is_some_and(|a| a.pump().is_some()),
                _ => false,
            })
            .count();
    }
    assert!(commanded > 0, "no stroke of the pump was in doubt");
}

#[test]
fn a_pump_that_loses_power_in_the_middle_of_a_draw_is_never_guessed_about() {
    let whole = cherry_pick();
    whole.run(Vec::new());
    let planned = strokes(&whole.simulation.sim().ledger());
    let sample = first_sample();
    let bench = cherry_pick();
    let sim = bench.simulation.sim().clone();
    let mut count = 0;
    let cut: plated::engine::Observer = Box::new(move |_, event, _| {
        if let Record::Intended {
            actor: Actor::Instrument(id),
            ..
        } = event
            && id.as_str() == "pump"
        {
            count += 1;
            if count == sample {
                let sim = sim.clone();
                tokio::task::spawn_local(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(250)).await;
                    sim.inject("pump", Fault::PowerCycle).unwrap();
                });
            }
        }
    });
    let mut seen = None;
    let (ending, _) = bench.run_beside(true, vec![cut], |desk| {
        seen = Some(std::rc::Rc::clone(&desk.seen));
        desk.answer_the_rest(|_| Choice::Abort)
    });
    assert_eq!(ending, Ending::Aborted);
    bench.assert_sound();
    let seen = seen.unwrap();
    let asked: Vec<String> = seen
        .borrow()
        .iter()
        .filter_map(|e| match e {
            Record::Asked { question } => Some(question.text.clone()),
            _ => None,
        })
        .collect();
    let asked: Vec<_> = asked
        .iter()
        .filter(|t| t.contains("Did pump draw 40 uL"))
        .collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("switched off"), "{asked:?}");
    let found = strokes(&bench.simulation.sim().ledger());
    let (last, before) = found.split_last().unwrap();
    assert_eq!(before, &planned[..before.len()]);
    let whole_stroke = &planned[before.len()];
    assert_eq!((&last.0, &last.1), (&whole_stroke.0, &whole_stroke.1));
    assert!(
        0.0 < last.2 && last.2 < whole_stroke.2,
        "{last:?} of {whole_stroke:?}"
    );
}

#[test]
fn a_drain_is_emptied_before_it_runs_over() {
    let mut source = probe_source("probe-cherry-pick");
    source
        .files
        .insert("probe-picks.csv".into(), read("protocols/probe-picks.csv"));
    source.rig.text = source.rig.text.replace("drain = \"2 L\"", "drain = \"5 mL\"");
    let bench = Bench::new(source);
    let wastes = plated::report::wastes(&bench.plan, &bench.schedule);
    let drain = wastes.iter().find(|w| w.name == "drain of pump").unwrap();
    assert!(
        drain.most <= drain.capacity && !drain.emptied.is_empty(),
        "{drain:?}"
    );
    for emptying in &drain.emptied {
        assert!(
            emptying.latest.is_some_and(|latest| emptying.at < latest),
            "{emptying:?}"
        );
    }
    let (ending, _) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    // No violation, `drain-overflows` neither.
    bench.assert_sound();
    let emptied = bench.simulation.sim().ledger().into_iter();
    let emptied = emptied
        .filter(|e| matches!(e.event, Event::DrainEmptied { .. }))
        .count();
    assert_eq!(emptied, drain.emptied.len());
    // Were it not emptied, it would run over there.
    let mut smaller = bench.source.clone();
    smaller.rig.text = smaller.rig.text.replace("drain = \"5 mL\"", "drain = \"4 mL\"");
    let simulation = plated::simulate::Simulation::new(&smaller, None).unwrap();
    let bench = Bench {
        simulation,
        disk: Default::default(),
        ..bench
    };
    bench.run(Vec::new());
    let hazards = bench.simulation.sim().truth().hazards();
    assert!(
        hazards.contains_key(&hardware_sim::Hazard::DrainOverflows),
        "{hazards:?}"
    );
}

#[test]
fn what_a_flush_has_over_a_full_syringe_is_never_too_small_a_stroke() {
    let mut source = probe_source("probe-cherry-pick");
    // Two full strokes, and a hundred nanolitres: less than an increment of the pump.
    source.protocol.text = "[protocol]\nname = \"odd\"\n\n[[steps]]\nid = \"prime\"\ndo = \"prime\"\npipette = \"needle\"\n\n\
                            [[steps]]\nid = \"flush\"\ndo = \"flush\"\nvolume = \"2000.1 uL\"\npipette = \"needle\"\n"
        .to_owned();
    let bench = Bench::new(source);
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    assert!(state.failures.is_empty(), "{:?}", state.failures);
    bench.assert_sound();
    let strokes = strokes(&bench.simulation.sim().ledger());
    let bottle: f64 = strokes.iter().filter(|s| s.0 == "input").map(|s| s.2).sum();
    // 1.2 mL prime and the flush, to an increment per stroke.
    assert!((bottle - 1.2e6 - 2_000_100.0).abs() <= 5.0 * STEP_NL, "{bottle}");
}

/// Plates were parked while the pump held what was to wash the probe: the gantry went away to let the mover in, and the pump
/// then gave it where the gantry was parked.
#[test]
fn nothing_is_parked_while_a_probe_is_in_the_middle_of_its_work() {
    let whole = cherry_pick();
    whole.run(Vec::new());
    let expected = strokes(&whole.simulation.sim().ledger());
    let refused = std::rc::Rc::new(std::cell::Cell::new(0));
    for actions in (20..140).step_by(8) {
        let bench = cherry_pick();
        let count = std::rc::Rc::clone(&refused);
        let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
            desk.until(|s| (s.actions_done >= actions).then_some(())).await;
            desk.stop(StopKind::Hold).await.unwrap();
            desk.wait(300).await;
            if let Err(why) = desk.stop(StopKind::Park).await {
                count.set(count.get() + u32::from(why.contains("middle of their work")));
            }
            desk.wait(600).await;
            desk.stop(StopKind::Resume).await.unwrap();
        });
        assert_eq!(ending, Ending::Completed, "held after {actions} actions");
        bench.assert_sound();
        let found = strokes(&bench.simulation.sim().ledger());
        assert!(
            found == expected,
            "held after {actions} actions, the pump did something else"
        );
    }
    assert!(refused.get() > 2, "{} refused", refused.get());
}
