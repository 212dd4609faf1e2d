//! Runs that try the rig: what really moved is asked of the simulator's ledger.

use crate::support::{Bench, source};
use hardware_sim::{Entry, Event as Truth};
use plated::plan::{Action, Actor, Commissioning, Finding, Plan, StepId, Work};
use plated::run::{Choice, Ending, Event, Source, State};
use std::collections::BTreeSet;

fn asked(how: Commissioning, protocol: &str, parameters: &[(&str, &str)]) -> Source {
    Source {
        commissioning: Some(how),
        ..source(protocol, parameters, 1)
    }
}

fn dry() -> Commissioning {
    Commissioning {
        dry: true,
        ..Commissioning::default()
    }
}

fn water() -> Commissioning {
    Commissioning {
        water: true,
        ..Commissioning::default()
    }
}

/// How often something goes over a well.
fn over(plan: &Plan) -> usize {
    let phases = plan.operations.iter().flat_map(|o| &o.phases);
    let actions = phases.flat_map(|p| match &p.work {
        Work::Actions(actions) => actions.as_slice(),
        _ => &[],
    });
    actions.filter(|a| matches!(a, Action::GoOver { .. })).count()
}

/// Nests between which plates were carried, in order.
fn carried(ledger: &[Entry]) -> BTreeSet<(String, String)> {
    let moved = |e: &Entry| match &e.event {
        Truth::PlateMoved { from, to, .. } => Some((from.clone(), to.clone())),
        _ => None,
    };
    ledger.iter().filter_map(moved).collect()
}

#[test]
fn a_dry_run_carries_plates_everywhere_and_touches_no_liquid_and_no_tip() {
    let wet = Bench::new(source("growth-screen", &[("plates", "1")], 1));
    let (_, usual) = wet.run(Vec::new());
    let bench = Bench::new(asked(dry(), "growth-screen", &[("plates", "1")]));
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let ledger = bench.simulation.sim().ledger();
    for entry in &ledger {
        let wet = match &entry.event {
            // Homing moves plungers, too, in the air.
            Truth::Stroke { tips, immersed, .. } => *immersed || !tips.is_empty(),
            event => matches!(
                event,
                Truth::TipPickUp { .. } | Truth::TipDrop { .. } | Truth::LoadedWell { .. }
            ),
        };
        assert!(!wet, "{entry:?}");
    }
    // All but the ways that only a picked plate has.
    let (all, done) = (carried(&wet.simulation.sim().ledger()), carried(&ledger));
    assert!(!done.is_empty());
    assert!(done.is_subset(&all), "{done:?} {all:?}");
    for nest in ["reader-tray", "transfer"] {
        assert!(
            done.iter().any(|(_, to)| to == nest),
            "nothing came to {nest}: {done:?}"
        );
    }
    // The gantry went over every well that it would have gone into.
    assert!(over(&state.plan) > 20);
    // Waits are left out, and nothing is concluded.
    let hours = |state: &State| state.last.since(state.started).as_s() / 3600.0;
    let (short, long) = (hours(&state), hours(&usual));
    assert!(short * 8.0 < long, "{short} h of {long} h");
    assert!(!state.readings.is_empty());
    for reading in &state.readings {
        assert_eq!(reading.commissioning.as_deref(), Some("dry"));
        let most = reading.values.iter().flatten().map(|v| v.0).fold(0.0, f64::max);
        assert!(most < 0.06, "an empty plate reads {most}");
    }
    assert_eq!(state.findings.len(), 0, "{:?}", state.findings);
}

#[test]
fn a_dry_probe_and_dry_pins_go_over_their_wells() {
    let mover = "profiles/plate-mover.toml";
    let pairs = [
        ("probe-rig", "probe-cherry-pick", "probe-picks.csv"),
        ("pin-rig", "pin-pick", "pin-colonies.csv"),
    ];
    for (rig, protocol, file) in pairs {
        let mut source = asked(dry(), protocol, &[]);
        source.rig = crate::support::read(&format!("config/{rig}.toml"));
        source.profiles.retain(|path, _| source.rig.text.contains(path));
        assert!(source.profiles.contains_key(mover));
        let text = crate::support::read(&format!("protocols/{file}"));
        source.files.insert(file.to_owned(), text);
        let bench = Bench::new(source);
        let (ending, _) = bench.run(Vec::new());
        assert_eq!(ending, Ending::Completed);
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        assert!(over(&bench.plan) > 5);
        for entry in &ledger {
            let wet = match &entry.event {
                Truth::PumpStroke { immersed, .. } => *immersed,
                event => matches!(event, Truth::Pin { .. } | Truth::Bath { .. } | Truth::Spot { .. }),
            };
            assert!(!wet, "{entry:?}");
        }
    }
}

#[test]
fn with_water_every_volume_is_moved_and_no_hit_is_called() {
    let strokes = |bench: &Bench| -> Vec<(i64, i64, Option<String>)> {
        let stroke = |e: &Entry| match &e.event {
            Truth::Stroke {
                from_um,
                to_um,
                plate,
                ..
            } => Some((*from_um, *to_um, plate.clone())),
            _ => None,
        };
        bench
            .simulation
            .sim()
            .ledger()
            .iter()
            .filter_map(stroke)
            .collect()
    };
    let usual = Bench::new(source("growth-screen", &[("plates", "1")], 1));
    usual.run(Vec::new());
    let bench = Bench::new(asked(water(), "growth-screen", &[("plates", "1")]));
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    for entry in &bench.simulation.sim().ledger() {
        if let Truth::LoadedWell {
            liquid, strain, od, ..
        } = &entry.event
        {
            assert_eq!((liquid.as_str(), strain, *od), ("water", &None, 0.0));
        }
    }
    // Up to where hits would be picked, the plungers do what they do with samples.
    let (wet, watered) = (strokes(&usual), strokes(&bench));
    assert!(watered.len() > 50);
    assert_eq!(wet.get(..watered.len()), Some(watered.as_slice()));
    assert!(
        state
            .readings
            .iter()
            .all(|r| r.commissioning.as_deref() == Some("water"))
    );
    assert!(!state.findings.values().any(|f| matches!(f, Finding::Hits { .. })));
    assert!(state.findings.contains_key(&StepId::new("rates")));
}

#[test]
fn step_by_step_nothing_moves_before_a_person_lets_it() {
    let step = Commissioning { step: true, ..dry() };
    let bench = Bench::new(asked(step, "drill", &[]));
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| async move {
        let first = desk.question_of(|q| q.choices.contains(&Choice::Next)).await;
        desk.wait(3600).await;
        // A person thinks for an hour: no instrument has begun anything.
        let begun = desk.seen.borrow().iter().filter(|e| by_instrument(e)).count();
        assert_eq!(begun, 0);
        desk.answer(first.id, "next").await.unwrap();
        desk.answer_the_rest(|_| Choice::Next).await;
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let (mut let_go, mut begun) = (0, 0);
    let mut bytes = bench.disk.bytes();
    let entries = plated::journal::verify(&bytes).entries;
    bytes.clear();
    for entry in &entries {
        match &entry.event {
            Event::Answered { answer, .. } if answer == "next" => let_go += 1,
            event if by_instrument(event) => {
                begun += 1;
                assert!(begun <= let_go, "an action began unasked: {event:?}");
            }
            _ => {}
        }
    }
    assert!(begun > 10);
    assert_eq!(begun, let_go);
    assert_eq!(state.plan.commissioning.unwrap().words(), "dry, step");
}

fn by_instrument(event: &Event) -> bool {
    matches!(
        event,
        Event::Intended {
            actor: Actor::Instrument(_),
            ..
        }
    )
}

#[test]
fn at_a_fifth_of_their_speed_axes_take_longer() {
    let slow = Commissioning {
        slow: Some(20),
        ..Commissioning::default()
    };
    // From each pick-up of tips to the first stroke after it: gantry and plunger, no waiting.
    let spans = |bench: &Bench| -> Vec<u64> {
        let mut since = None;
        let mut out = Vec::new();
        for entry in bench.simulation.sim().ledger() {
            match &entry.event {
                Truth::TipPickUp { .. } => since = Some(entry.t_us),
                Truth::Stroke { .. } => out.extend(since.take().map(|from| entry.t_us - from)),
                _ => {}
            }
        }
        out
    };
    let usual = Bench::new(source("drill", &[], 1));
    usual.run(Vec::new());
    let bench = Bench::new(asked(slow, "drill", &[]));
    let (ending, _) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let (usual, slow) = (spans(&usual), spans(&bench));
    assert_eq!(usual.len(), slow.len());
    assert!(!usual.is_empty());
    for (usual, slow) in usual.iter().zip(&slow) {
        assert!(slow * 2 > usual * 5, "{slow} us instead of {usual} us");
    }
}
