//! Halting instruments that profiles describe: motion stops where it is, and is told to have stopped.

use crate::by_hand::{PLATE, bench, instrument, load, moved, set_up};
use crate::stops::after_a_stop;
use hardware_sim::{Entry, Event as Physical, Fault, Sim};
use plated::plan::Action;
use plated::run::{Choice, Ending, Event, Mode, State, StopKind};
use plated::units::RotationSpeed;

/// Whether an instrument was stopped.
fn was_stopped(ledger: &[Entry], who: &str) -> bool {
    let stopped = |e: &&Entry| matches!(&e.event, Physical::Alarm { instrument, text } if instrument == who && text == "stopped");
    ledger.iter().find(stopped).is_some()
}

fn place(sim: &Sim) -> String {
    sim.truth()
        .plates
        .get(PLATE)
        .map_or_else(String::new, |p| p.place.clone())
}

fn moves_to(ledger: &[Entry], nest: &str) -> usize {
    let there =
        |e: &&Entry| matches!(&e.event, Physical::PlateMoved { to, by, .. } if to == nest && by == "mover");
    ledger.iter().filter(there).count()
}

#[test]
fn a_halt_stops_the_mover_where_it_is_and_its_plate_stays_in_the_gripper() {
    let mut in_hand = 0;
    // Before it grips, with the plate in the air, and after it was set down.
    for seconds in [2, 8, 12, 14] {
        let mut phases = vec![load()];
        phases.extend(set_up());
        phases.push(moved("hotel-1", "heater-shaker"));
        let bench = bench(phases);
        let sim = bench.simulation.sim().clone();
        let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
            let carrying = |s: &State| {
                let carries = |a: &Action| matches!(a, Action::MovePlate { .. });
                s.open.values().any(|o| carries(&o.intent.action)).then_some(())
            };
            desk.until(carrying).await;
            desk.wait(seconds).await;
            let before = place(&sim);
            desk.stop(StopKind::Halt).await.unwrap();
            assert!(
                desk.state(|s| s.mode == Mode::Halted && !s.not_halted.contains_key("mover")),
                "after {seconds} s"
            );
            assert!(was_stopped(&sim.ledger(), "mover"));
            desk.wait(300).await;
            assert_eq!(place(&sim), before, "after {seconds} s the arm went on");
            desk.stop(StopKind::Reset).await.unwrap();
            desk.stop(StopKind::Resume).await.unwrap();
            desk.answer_the_rest(move |q| after_a_stop(&sim, q)).await;
        });
        assert_eq!(ending, Ending::Completed, "after {seconds} s");
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        assert_eq!(moves_to(&ledger, "heater-shaker"), 1, "after {seconds} s");
        assert_eq!(place(bench.simulation.sim()), "heater-shaker");
        let hand = |e: &Entry| matches!(&e.event, Physical::ByHand { .. });
        in_hand += usize::from(ledger.iter().any(hand));
    }
    assert!(in_hand > 0, "no plate was in the gripper");
}

#[test]
fn with_something_in_its_gripper_the_mover_does_not_home() {
    let mut phases = vec![load()];
    phases.extend(set_up());
    phases.push(moved("hotel-1", "heater-shaker"));
    let bench = bench(phases);
    let sim = bench.simulation.sim().clone();
    let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
        desk.until(|_| (place(&sim) == "mover").then_some(())).await;
        desk.stop(StopKind::Halt).await.unwrap();
        desk.stop(StopKind::Reset).await.unwrap();
        desk.stop(StopKind::Resume).await.unwrap();
        let lost = desk.question_of(|q| q.choices.contains(&Choice::Home)).await;
        let homed = |sim: &Sim| {
            let homed =
                |e: &&Entry| matches!(&e.event, Physical::Homed { instrument, .. } if instrument == "mover");
            sim.ledger().iter().filter(homed).count()
        };
        let before = homed(&sim);
        desk.answer(lost.id, "home").await.unwrap();
        let again = desk.question_of(|q| q.id != lost.id).await;
        assert!(again.text.contains("take it out by hand"), "{}", again.text);
        assert_eq!((homed(&sim), place(&sim)), (before, "mover".to_owned()));
        desk.answer_the_rest(move |q| after_a_stop(&sim, q)).await;
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
}

#[test]
fn a_halt_stops_a_station_that_shakes_and_a_lost_answer_to_the_stop_is_asked_for_again() {
    let mut phases = vec![load()];
    phases.extend(set_up());
    let speed = Some(RotationSpeed::rpm(600));
    phases.push((
        instrument("heater-shaker"),
        vec![
            Action::Shake { speed },
            Action::Dwell {
                duration: plated::units::Duration::min(30),
            },
            Action::Shake { speed: None },
        ],
    ));
    let bench = bench(phases);
    let sim = bench.simulation.sim().clone();
    let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
        let dwelling = |s: &State| {
            let mut open = s.open.values();
            open.any(|o| matches!(o.intent.action, Action::Dwell { .. }))
                .then_some(())
        };
        desk.until(dwelling).await;
        sim.inject("heater-shaker", Fault::Mute { requests: 1 }).unwrap();
        sim.inject("scanner", Fault::Deaf { requests: 100 }).unwrap();
        desk.stop(StopKind::Halt).await.unwrap();
        let shaken = |e: &Entry| match &e.event {
            Physical::Shaking { on, .. } => Some(*on),
            _ => None,
        };
        assert_eq!(sim.ledger().iter().rev().find_map(shaken), Some(false));
        // Whoever did not hear it is named at once.
        let named = desk.state(|s| s.not_halted.keys().map(ToString::to_string).collect::<Vec<_>>());
        assert!(
            named.contains(&"scanner".to_owned()) && !named.contains(&"heater-shaker".to_owned()),
            "{named:?}"
        );
        let seen = |e: &Event| matches!(e, Event::NotHalted { .. });
        assert!(desk.seen.borrow().iter().any(seen));
        desk.stop(StopKind::Abort).await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    bench.assert_sound();
}
