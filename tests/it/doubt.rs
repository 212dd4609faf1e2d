//! What nobody can tell: volumes become intervals that hold the truth, and exactly what is read of such wells carries the mark.

use crate::pipetting::{MULTI, assay, bench as deck, bottom, top};
use crate::probes::{cherry_pick, pump_actions};
use crate::repair::assay_back;
use crate::support::{Bench, Desk, source};
use hardware_sim::{Fault, Hand, Sim};
use plated::engine::Observer;
use plated::labware::Well;
use plated::plan::{Action, Actor, Site, Travel};
use plated::rig::NestId;
use plated::run::{Choice, Ending, Event, Item, Lid, Question, Repair, State, StopKind};
use plated::units::Volume;
use std::collections::{BTreeMap, BTreeSet};

/// Cuts an instrument's power so long after the `n`-th of its actions, from 1, was intended.
fn cutting(sim: &Sim, instrument: &'static str, n: usize, after_ms: u64) -> Observer {
    let (sim, mut seen) = (sim.clone(), 0);
    Box::new(move |_, event, _| {
        let Event::Intended { actor, .. } = event else {
            return;
        };
        if *actor != Actor::Instrument(instrument.into()) {
            return;
        }
        seen += 1;
        if seen != n {
            return;
        }
        let sim = sim.clone();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(std::time::Duration::from_millis(after_ms)).await;
            sim.inject(instrument, Fault::PowerCycle).unwrap();
        });
    })
}

/// Nobody can tell what can be said to be unknown; what then stands in the way ends the run.
fn unknown_or_abort(question: &Question) -> Choice {
    match question.choices.contains(&Choice::Unknown) {
        true => Choice::Unknown,
        false => Choice::Abort,
    }
}

/// Holds every well's truth against what is believed of it: inside its interval, or where nothing is in doubt the same. Returns
/// how many wells are in doubt, and how many of these hold something else than is believed.
fn judged(sim: &Sim, state: &State, case: &str) -> (usize, usize) {
    let truth = sim.truth();
    let (mut doubted, mut other) = (0, 0);
    for ((item, well), believed) in &state.belief.volumes {
        let name = match item {
            Item::Plate(plate) => plate.to_string(),
            Item::Piece(name) => name.clone(),
        };
        let found = truth
            .plates
            .get(&name)
            .and_then(|p| p.wells.get(&well.to_string()));
        let Some(found) = found.map(|w| w.net_nl) else {
            continue;
        };
        // What plungers and increments round.
        let room = 700.0;
        let (least, most) = state.volume_of(item, *well).unwrap();
        assert!(
            found >= least.get() as f64 - room && found <= most.get() as f64 + room,
            "{case}: {name} {well} holds {found:.0} nL, believed {believed}, from {least} to {most}"
        );
        let in_doubt = least != most;
        doubted += usize::from(in_doubt);
        other += usize::from(in_doubt && (found - believed.get() as f64).abs() > room);
    }
    (doubted, other)
}

#[test]
fn a_blow_out_of_which_nobody_can_tell_leaves_intervals_that_hold_what_the_wells_hold() {
    let medium = Site::new("deck-7".into(), "reservoir-1", Well::new(0, 0));
    let plain = Travel::default();
    let rack = Site::new("deck-1".into(), "tiprack-300", Well::new(0, 0));
    let actions = vec![
        Action::Home,
        MULTI.pick_up(rack),
        MULTI.aspirate(medium, 100_000, 0, bottom(1_000), plain),
        MULTI.dispense(assay(0, 0), 60_000, 100_000, top(-1_000), plain),
        MULTI.blow_out(assay(0, 0)),
        MULTI.drop(),
        Action::Park,
    ];
    let (mut doubted, mut other) = (0, 0);
    for after in (100..2_500).step_by(200) {
        let bench = deck(actions.clone());
        let cut = cutting(bench.simulation.sim(), "handler", 5, after);
        let (ending, state) =
            bench.run_beside(true, vec![cut], |desk| desk.answer_the_rest(unknown_or_abort));
        bench.assert_sound();
        let case = format!("after {after} ms");
        let (all, differ) = judged(bench.simulation.sim(), &state, &case);
        assert!(
            all == 0 || (all == 8 && ending == Ending::Aborted),
            "{case}: {all}"
        );
        doubted += usize::from(all > 0);
        other += usize::from(differ > 0);
    }
    assert!(
        doubted > 2 && other > 0,
        "{doubted} in doubt, {other} of them not as believed"
    );
}

#[test]
fn a_stroke_of_a_pump_of_which_nobody_can_tell_leaves_intervals_that_hold_what_the_wells_hold() {
    let all = pump_actions();
    let place = |a: &Action| match a {
        Action::Draw {
            at: Some(at),
            air: false,
            ..
        }
        | Action::Expel { at, .. } => at.nest.to_string(),
        _ => String::new(),
    };
    let nth = |name: &str, nest: &str| {
        let found = all.iter().position(|a| a.name() == name && place(a) == nest);
        found.unwrap() + 1
    };
    for (name, n) in [("draw", nth("draw", "deck-8")), ("expel", nth("expel", "deck-9"))] {
        let (mut doubted, mut other) = (0, 0);
        for after in (5..1_200).step_by(120) {
            let bench = cherry_pick();
            let cut = cutting(bench.simulation.sim(), "pump", n, after);
            let (_, state) = bench.run_beside(true, vec![cut], |desk| desk.answer_the_rest(unknown_or_abort));
            bench.assert_sound();
            let case = format!("{name}, after {after} ms");
            let (all, differ) = judged(bench.simulation.sim(), &state, &case);
            doubted += usize::from(all > 0);
            other += usize::from(differ > 0);
        }
        assert!(
            doubted > 2 && other > 0,
            "{name}: {doubted} in doubt, {other} not as believed"
        );
    }
}

/// Wells of the plate `assay` that a stroke of eight channels was about which ended with nobody knowing.
fn touched_in_doubt(events: &[Event]) -> BTreeSet<Well> {
    let unknown: BTreeSet<_> = events
        .iter()
        .filter_map(|e| match e {
            Event::Ended {
                action,
                done: plated::devices::Done::Unknown,
                ..
            } => Some(*action),
            _ => None,
        })
        .collect();
    let of = |e: &Event| match e {
        Event::Intended { action, intent, .. } if unknown.contains(action) => match &intent.action {
            Action::Dispense { at, .. } if at.nest == NestId::new("deck-9") => Some(at.well),
            _ => None,
        },
        _ => None,
    };
    let columns = events.iter().filter_map(of);
    columns
        .flat_map(|well| (0..8).map(move |row| Well::new(row, well.column)))
        .collect()
}

/// Takes tips off, leaves the operation out, and puts the plate back with its lid on.
async fn left_out(desk: &Desk, sim: &Sim) {
    let lost = desk.question_of(|q| q.choices.contains(&Choice::Home)).await;
    desk.answer(lost.id, "home").await.unwrap();
    let tips = desk
        .question_of(|q| q.text.contains("must find its plungers"))
        .await;
    assert!(tips.text.contains("holds nobody knows how much"), "{tips:?}");
    sim.by_hand(&Hand::TipsOff {
        handler: "handler".into(),
        left: true,
    })
    .unwrap();
    desk.answer(tips.id, "done").await.unwrap();
    let gone = desk.question_of(|q| q.text.contains("were taken off")).await;
    // As a person would type it.
    let skip = format!("plated repair skip {} --why", gone.operation.0);
    assert!(gone.text.contains(&skip), "{}", gone.text);
    desk.stop(StopKind::Hold).await.unwrap();
    assay_back(sim);
    for repair in [
        Repair::Lid {
            plate: "assay".into(),
            lid: Lid::On,
        },
        Repair::Place {
            plate: "assay".into(),
            nest: Some(NestId::new("hotel-1")),
        },
        Repair::Skip {
            operation: gone.operation,
        },
    ] {
        desk.repair(repair, "after the power cut").await.unwrap();
    }
    desk.stop(StopKind::Resume).await.unwrap();
}

#[test]
fn exactly_what_is_read_of_wells_in_doubt_is_marked_until_somebody_says_what_they_hold() {
    let bench = Bench::new(source("drill", &[], 1));
    let sim = bench.simulation.sim().clone();
    let nth = std::rc::Rc::new(std::cell::RefCell::new((0, 0)));
    let into = std::rc::Rc::clone(&nth);
    // The first dispense of the run, by its number among the handler's actions.
    Bench::new(source("drill", &[], 1)).run(vec![Box::new(move |_, event, _| {
        if let Event::Intended { actor, intent, .. } = event
            && *actor == Actor::Instrument("handler".into())
        {
            let (count, first) = &mut *into.borrow_mut();
            *count += 1;
            if *first == 0 && intent.action.name() == "dispense" {
                *first = *count;
            }
        }
    })]);
    let first = nth.borrow().1;
    let cut = cutting(&sim, "handler", first, 2_600);
    let touched = std::rc::Rc::new(std::cell::RefCell::new(BTreeSet::new()));
    let found = std::rc::Rc::clone(&touched);
    let (ending, state) = bench.run_beside(true, vec![cut], move |desk| async move {
        let asked = desk.question_of(|q| q.choices.contains(&Choice::Unknown)).await;
        desk.answer(asked.id, "unknown").await.unwrap();
        left_out(&desk, &sim).await;
        desk.until(|s| (s.readings.len() == 1).then_some(())).await;
        *found.borrow_mut() = touched_in_doubt(&desk.seen.borrow());
        desk.stop(StopKind::Pause).await.unwrap();
        desk.wait(1_200).await;
        for row in 0..2 {
            let weighed = Repair::Volume {
                item: Item::Plate("assay".into()),
                well: Well::new(row, 0),
                volume: Volume::nl(110_000),
            };
            desk.repair(weighed, "weighed").await.unwrap();
        }
        desk.stop(StopKind::Resume).await.unwrap();
        desk.answer_the_rest(unknown_or_abort).await;
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let touched = touched.borrow().clone();
    assert_eq!(touched.len(), 8, "{touched:?}");
    let settled: BTreeSet<Well> = (0..2).map(|row| Well::new(row, 0)).collect();
    let expected: BTreeMap<usize, BTreeSet<Well>> = [(0, touched.clone()), (1, &touched - &settled)].into();
    assert_eq!(state.readings.len(), expected.len());
    for (n, reading) in state.readings.iter().enumerate() {
        let marked: BTreeSet<Well> = reading.marks.keys().copied().collect();
        assert_eq!(marked, expected[&n], "reading {n} of plate {}", reading.plate);
    }
}
