//! Hold, halt and abort at any moment: what is under way comes to its end or stands still, and nothing happens twice.

use crate::by_hand::{bench, celsius, instrument, load, moved, set_up};
use crate::checkers::{Volumes, compare};
use crate::support::{Bench, Desk, moves, source};
use hardware_sim::Event as Physical;
use plated::plan::{Action, Actor};
use plated::run::{Choice, Ending, Event, Mode, Question, SAFE_PATH, State, Status, StopKind};
use plated::units::{Duration, RotationSpeed};
use std::rc::Rc;

fn drill() -> Bench {
    Bench::new(source("drill", &[], 1))
}

/// What moves in a drill that nobody disturbs.
fn undisturbed() -> Vec<String> {
    let bench = drill();
    bench.run(Vec::new());
    moves(&bench.simulation.sim().ledger())
}

/// Waits until so many actions are done and so much of the next has passed.
async fn reach(desk: &Desk, actions: u64, milliseconds: u64) {
    desk.until(|s| (s.actions_done >= actions).then_some(())).await;
    tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
}

#[test]
fn a_hold_lets_actions_end_and_starts_none_wherever_it_comes() {
    let expected = undisturbed();
    for actions in (8..95).step_by(11) {
        let bench = drill();
        let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
            reach(&desk, actions, actions * 137 % 4000).await;
            desk.stop(StopKind::Hold).await.unwrap();
            desk.stop(StopKind::Hold).await.unwrap();
            let held = desk.seen.borrow().len();
            desk.wait(600).await;
            assert!(desk.state(|s| s.mode == Mode::Held && s.questions.is_empty()));
            assert!(desk.state(|s| s.open.is_empty()), "an action is still under way");
            let seen = desk.seen.borrow()[held..].to_vec();
            let begun = |e: &Event| matches!(e, Event::Intended { .. } | Event::OperationStarted { .. });
            assert!(!seen.iter().any(begun), "after {actions} actions: {seen:?}");
            desk.stop(StopKind::Resume).await.unwrap();
        });
        assert_eq!(ending, Ending::Completed);
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        assert!(
            moves(&ledger) == expected,
            "a hold after {actions} actions changed what moved"
        );
        compare(&Volumes::of(&ledger, &state.plan), &state);
    }
}

#[test]
fn a_held_run_can_be_paused_so_that_what_was_begun_ends() {
    let bench = drill();
    let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
        reach(&desk, 30, 500).await;
        desk.stop(StopKind::Hold).await.unwrap();
        desk.wait(300).await;
        let open = |s: &State| {
            s.operations
                .iter()
                .any(|o| matches!(o.status, Status::Running { .. }))
        };
        assert!(desk.state(open), "nothing stayed open");
        desk.stop(StopKind::Pause).await.unwrap();
        desk.wait(3600).await;
        assert!(!desk.state(open), "what was begun has not ended");
        desk.stop(StopKind::Resume).await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
}

/// What a person does after a stop: finds positions again, puts back by hand what a gripper still holds, and takes no tips off.
pub fn after_a_stop(sim: &hardware_sim::Sim, question: &Question) -> Choice {
    if question.text.contains("take it out by hand") {
        return if put_back(sim) {
            Choice::Retry
        } else {
            Choice::Abort
        };
    }
    let wanted = [Choice::Home, Choice::Retry, Choice::NotDone];
    let homeless = question.text.contains("cannot be homed") || question.text.contains("with tips on");
    let possible = |c: &&Choice| question.choices.contains(c) && !homeless;
    wanted.iter().find(possible).copied().unwrap_or(Choice::Abort)
}

/// Puts the plate in the gripper back by hand to where it was taken from; false when there is none.
fn put_back(sim: &hardware_sim::Sim) -> bool {
    let truth = sim.truth();
    let Some(plate) = truth.plates.iter().find(|(_, plate)| plate.place == "mover") else {
        return false;
    };
    let plate = plate.0.clone();
    let taken = |e: &hardware_sim::Entry| match &e.event {
        Physical::PlateGripped { plate: p, from, .. } if *p == plate => Some(from.clone()),
        _ => None,
    };
    let to = sim.ledger().iter().rev().find_map(taken).unwrap();
    sim.by_hand(&hardware_sim::Hand::Carry { plate, to }).unwrap();
    true
}

/// What moved but for plungers in the air, which homing moves, and people's hands.
pub fn wet(moves: Vec<String>) -> Vec<String> {
    let dry = |m: &String| m.contains("\"stroke\"") && m.contains("\"immersed\":false");
    let by_hand = |m: &String| m.contains("\"by\":\"hand\"");
    moves.into_iter().filter(|m| !dry(m) && !by_hand(m)).collect()
}

#[test]
fn after_a_halt_nothing_moves_until_a_person_has_reset_and_resumed_and_nothing_happens_twice() {
    let expected = undisturbed();
    let (mut completed, mut aborted) = (0, 0);
    for actions in (6..95).step_by(7) {
        let bench = drill();
        let sim = bench.simulation.sim().clone();
        let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
            reach(&desk, actions, actions * 211 % 3000).await;
            desk.stop(StopKind::Halt).await.unwrap();
            // The stroke that was cut short is in the ledger with where it came to stand.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let halted = sim.ledger().len();
            for kind in [StopKind::Resume, StopKind::Pause, StopKind::Hold] {
                let refusal = desk.stop(kind).await.unwrap_err();
                assert!(refusal.contains("reset"), "{refusal}");
            }
            desk.wait(600).await;
            // Those that have no stop command end the movement that they have begun, and are named.
            let named = desk.state(|s| s.not_halted.keys().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(named, ["incubator"]);
            let after = moves(&sim.ledger().split_off(halted));
            assert!(after.len() <= 2, "after {actions} actions: {after:?}");
            assert!(
                !after.iter().any(|m| m.contains("\"handler\"")),
                "after {actions} actions: {after:?}"
            );
            let halted = sim.ledger().len();
            desk.stop(StopKind::Reset).await.unwrap();
            desk.wait(60).await;
            assert!(
                moves(&sim.ledger().split_off(halted)).is_empty(),
                "a reset moved something"
            );
            desk.stop(StopKind::Resume).await.unwrap();
            desk.answer_the_rest(move |q| after_a_stop(&sim, q)).await;
        });
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        if ending == Ending::Completed {
            completed += 1;
            assert!(
                wet(moves(&ledger)) == wet(expected.clone()),
                "a halt after {actions} actions changed what moved"
            );
            compare(&Volumes::of(&ledger, &state.plan), &state);
        } else {
            // With tips on, positions that are lost end the run; nothing of it was done twice.
            aborted += 1;
            assert_eq!(ending, Ending::Aborted, "after {actions} actions");
        }
    }
    assert!(
        completed > 5 && aborted > 0,
        "{completed} completed, {aborted} aborted"
    );
}

#[test]
fn an_abort_out_of_a_halt_moves_nothing() {
    let bench = drill();
    let sim = bench.simulation.sim().clone();
    let length = Rc::new(std::cell::Cell::new(0));
    let halted = Rc::clone(&length);
    let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
        reach(&desk, 40, 700).await;
        desk.stop(StopKind::Halt).await.unwrap();
        halted.set(sim.ledger().len());
        desk.wait(60).await;
        desk.stop(StopKind::Abort).await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    assert!(!state.belief.tips_on.is_empty(), "no tips were on");
    assert!(moves(&bench.simulation.sim().ledger().split_off(length.get())).is_empty());
    bench.assert_sound();
}

#[test]
fn an_abort_leaves_every_instrument_in_its_safe_state() {
    let (mut returned, mut dropped, mut kept) = (0, 0, 0);
    for actions in (8..66).step_by(3) {
        let bench = drill();
        let mut seen = None;
        let (ending, state) = bench.run_beside(true, Vec::new(), |desk| {
            seen = Some(Rc::clone(&desk.seen));
            async move {
                reach(&desk, actions, 300).await;
                desk.stop(StopKind::Abort).await.unwrap();
            }
        });
        assert_eq!(ending, Ending::Aborted);
        bench.assert_sound();
        assert!(
            state.safe_left.is_empty(),
            "after {actions} actions: {:?}",
            state.safe_left
        );
        assert!(state.open.is_empty(), "after {actions} actions: {:?}", state.open);
        let truth = bench.simulation.sim().truth();
        assert!(
            !truth.trays.values().any(|open| *open),
            "after {actions} actions a tray is open"
        );
        let ledger = bench.simulation.sim().ledger();
        compare(&Volumes::of(&ledger, &state.plan), &state);
        let steps: Vec<String> = seen
            .unwrap()
            .borrow()
            .iter()
            .filter_map(|e| match e {
                Event::Intended {
                    operation,
                    intent,
                    actor: Actor::Instrument(_),
                    ..
                } if *operation == SAFE_PATH => Some(intent.action.name().to_owned()),
                _ => None,
            })
            .collect();
        returned += usize::from(steps.iter().any(|s| s == "dispense"));
        dropped += usize::from(steps.iter().any(|s| s == "drop_tips"));
        kept += usize::from(!state.kept_in_tips().is_empty());
        // What is left on holds liquid.
        let liquid = state.kept_in_tips();
        assert!(
            state.belief.tips_on.keys().all(|p| liquid.contains_key(p)),
            "after {actions} actions empty tips were left on: {steps:?}"
        );
    }
    assert!(
        returned > 1 && dropped > returned,
        "{returned} returned, {dropped} dropped"
    );
    assert!(kept > 0, "no tip held what may not go back");
}

#[test]
fn an_abort_ends_shaking_and_heat_that_served_this_run_only() {
    let mut phases = set_up();
    phases.push((
        instrument("heater-shaker"),
        vec![
            Action::SetTemperature {
                temperature: celsius(42),
            },
            Action::Shake {
                speed: Some(RotationSpeed::rpm(600)),
            },
            Action::Dwell {
                duration: Duration::h(1),
            },
        ],
    ));
    let bench = bench(phases);
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| async move {
        let dwelling = |s: &State| {
            let mut open = s.open.values();
            open.any(|o| matches!(o.intent.action, Action::Dwell { .. }))
                .then_some(())
        };
        desk.until(dwelling).await;
        desk.stop(StopKind::Abort).await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    assert!(state.safe_left.is_empty(), "{:?}", state.safe_left);
    bench.assert_sound();
    let ledger = bench.simulation.sim().ledger();
    let held: Vec<f64> = ledger
        .iter()
        .filter_map(|e| match &e.event {
            Physical::Held { temperature_c, .. } => Some(*temperature_c),
            _ => None,
        })
        .collect();
    assert_eq!(held, [42.0, 25.0]);
    let shaken: Vec<bool> = ledger
        .iter()
        .filter_map(|e| match &e.event {
            Physical::Shaking { on, .. } => Some(*on),
            _ => None,
        })
        .collect();
    assert_eq!(shaken.last(), Some(&false), "{shaken:?}");
}

/// Where the assay plate is, truly, and whether its lid is on.
fn assay(bench: &hardware_sim::Sim) -> (String, bool) {
    let truth = bench.truth();
    let plate = &truth.plates["assay"];
    (plate.place.clone(), plate.lidded)
}

#[test]
fn plates_are_parked_while_a_run_is_held_and_brought_back_before_it_goes_on() {
    let undisturbed = drill();
    let (_, reference) = undisturbed.run(Vec::new());
    let strokes = |ledger: &[hardware_sim::Entry]| -> Vec<String> {
        let wet = |m: &String| m.contains("\"stroke\"") && m.contains("\"immersed\":true");
        moves(ledger).into_iter().filter(wet).collect()
    };
    let expected = strokes(&undisturbed.simulation.sim().ledger());
    let (mut parked, mut refused) = (0, 0);
    let incubated = Rc::new(std::cell::Cell::new(0));
    for actions in (10..95).step_by(6) {
        let bench = drill();
        let sim = bench.simulation.sim().clone();
        let seen = Rc::new(std::cell::Cell::new(None));
        let into = Rc::clone(&seen);
        let kept = Rc::clone(&incubated);
        let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
            reach(&desk, actions, actions * 97 % 2500).await;
            desk.stop(StopKind::Hold).await.unwrap();
            desk.wait(120).await;
            let before = assay(&sim);
            if desk.stop(StopKind::Park).await.is_ok() {
                desk.stop(StopKind::Park).await.unwrap();
                desk.wait(900).await;
                assert!(desk.state(|s| s.open.is_empty() && s.questions.is_empty()));
                let there = assay(&sim);
                assert!(
                    there.1,
                    "after {actions} actions: {before:?} is parked without its lid: {there:?}"
                );
                let rests = there.0.starts_with("incubator/") || there.0 == "hotel-1";
                kept.set(kept.get() + usize::from(there.0.starts_with("incubator/")));
                assert!(rests, "after {actions} actions: {before:?}, then {there:?}");
                // What was begun would end without its plates.
                let refused = desk.stop(StopKind::Pause).await.unwrap_err();
                assert!(refused.contains("plates are parked"), "{refused}");
                into.set(Some(true));
            } else {
                into.set(Some(false));
            }
            desk.stop(StopKind::Resume).await.unwrap();
        });
        assert_eq!(ending, Ending::Completed, "after {actions} actions");
        bench.assert_sound();
        match seen.get() {
            Some(true) => parked += 1,
            _ => refused += 1,
        }
        let ledger = bench.simulation.sim().ledger();
        let volumes = Volumes::of(&ledger, &state.plan);
        compare(&volumes, &state);
        assert_eq!(state.readings.len(), reference.readings.len());
        assert!(
            strokes(&ledger) == expected,
            "parking after {actions} actions changed what was pipetted"
        );
    }
    assert!(incubated.get() > 1, "{} in the incubator", incubated.get());
    assert!(parked > 5 && refused > 0, "{parked} parked, {refused} refused");
}

#[test]
fn a_run_that_stands_says_what_ticks_and_what_is_lost_when() {
    let bench = drill();
    let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
        desk.until(|s| (s.readings.len() == 1).then_some(())).await;
        desk.stop(StopKind::Hold).await.unwrap();
        let first = desk.state(|s| s.readings[0].at);
        let now = desk.state(|s| s.last);
        let ticks = desk.state(|s| plated::run::ticking(s, now));
        let read = ticks.iter().find(|t| t.what.contains("must be read")).unwrap();
        // Ten minutes after the first read, within one minute.
        assert_eq!(read.by, first.plus(Duration::min(11)));
        let after = desk.state(|s| plated::run::ticking(s, first.plus(Duration::min(12))));
        assert!(
            !after.iter().any(|t| t.what.contains("must be read")),
            "{after:?}"
        );
        desk.wait(900).await;
        desk.stop(StopKind::Resume).await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    assert!(
        state.readings[1].late.is_some(),
        "the read that was missed is not marked"
    );
}

#[test]
fn a_plate_that_a_station_shakes_is_not_parked() {
    let mut phases = vec![load()];
    phases.extend(set_up());
    phases.push(moved("hotel-1", "heater-shaker"));
    phases.push((
        instrument("heater-shaker"),
        vec![
            Action::Shake {
                speed: Some(RotationSpeed::rpm(600)),
            },
            Action::Dwell {
                duration: Duration::min(5),
            },
            Action::Shake { speed: None },
        ],
    ));
    phases.push(moved("heater-shaker", "hotel-1"));
    let bench = bench(phases);
    let (ending, _) = bench.run_beside(true, Vec::new(), |desk| async move {
        let shaking = |s: &State| {
            s.belief
                .shakes(&plated::rig::NestId::new("heater-shaker"))
                .then_some(())
        };
        desk.until(shaking).await;
        desk.stop(StopKind::Hold).await.unwrap();
        // Whether it is refused or taken, nobody reaches for the plate.
        let _ = desk.stop(StopKind::Park).await;
        desk.wait(900).await;
        desk.stop(StopKind::Resume).await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
}

/// An abort gave the liquid of a tip back to a well whose plate had been carried away.
#[test]
fn an_abort_while_plates_are_parked_gives_nothing_back_where_they_stood() {
    let mut parked = 0;
    for actions in (12..66).step_by(3) {
        let bench = drill();
        let seen = Rc::new(std::cell::Cell::new(0));
        let into = Rc::clone(&seen);
        let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
            reach(&desk, actions, 0).await;
            desk.stop(StopKind::Hold).await.unwrap();
            desk.wait(120).await;
            let wet = desk.state(|s| !s.belief.tips_on.is_empty());
            if desk.stop(StopKind::Park).await.is_ok() {
                desk.wait(900).await;
                into.set(i32::from(wet));
            }
            desk.stop(StopKind::Abort).await.unwrap();
        });
        assert_eq!(ending, Ending::Aborted, "after {actions} actions");
        bench.assert_sound();
        parked += seen.get();
    }
    assert!(parked > 2, "tips were on at {parked} of the moments");
}

/// A step of parking that had failed was tried again, and asked about, after the run had gone on.
#[test]
fn a_step_of_parking_is_forgotten_once_the_run_goes_on() {
    let mut parked = 0;
    for actions in (10..95).step_by(6) {
        let bench = drill();
        let sim = bench.simulation.sim().clone();
        let tried = Rc::new(std::cell::Cell::new(0));
        let into = Rc::clone(&tried);
        let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
            reach(&desk, actions, 0).await;
            desk.stop(StopKind::Hold).await.unwrap();
            desk.wait(120).await;
            sim.inject("mover", hardware_sim::Fault::PowerCycle).unwrap();
            into.set(i32::from(desk.stop(StopKind::Park).await.is_ok()));
            desk.stop(StopKind::Resume).await.unwrap();
            desk.answer_the_rest(|question| {
                let parking = question.operation == plated::run::PARKING;
                assert!(!parking, "asked after the run had gone on: {}", question.text);
                match question.choices.contains(&Choice::Home) {
                    true => Choice::Home,
                    false => Choice::Retry,
                }
            })
            .await;
        });
        assert_eq!(ending, Ending::Completed, "after {actions} actions");
        bench.assert_sound();
        parked += tried.get();
    }
    assert!(parked > 2, "plates were to be parked at {parked} of the moments");
}
