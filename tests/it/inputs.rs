//! Stops that come from outside: the contacts of an emergency stop and of doors, read from a module.

use crate::checkers::{Volumes, compare};
use crate::stops::{after_a_stop, wet};
use crate::support::{Bench, Desk, moves, source};
use hardware_sim::Fault;
use plated::plan::Actor;
use plated::run::{Ending, Event, InputLevel, Mode, Source, State, StopKind};

/// A module with an emergency stop, a door of the deck and a door of the reader.
const INPUTS: &str = r#"
[input_modules.io]
link = { tcp = "192.168.10.30:502" }
poll = "500 ms"
timeout = "250 ms"
silence = "2 s"

[inputs.emergency_stop]
title = "emergency stop"
kind = "emergency_stop"
module = "io"
read = { table = "discrete", address = 0 }

[inputs.deck_door]
title = "door of the deck"
kind = "interlock"
module = "io"
read = { table = "input", address = 4, bit = 3 }
stops = ["deck"]
"#;

/// The same contacts, asked for in lines of text on a serial line.
const TEXT: &str = r#"
[input_modules.io]
link = { serial = "/dev/ttyUSB7", baud = 9600 }
poll = "500 ms"
timeout = "250 ms"
silence = "4 s"

[inputs.emergency_stop]
title = "emergency stop"
kind = "emergency_stop"
module = "io"
read = { query = "IN0?", safe = "IN0=1" }

[inputs.deck_door]
title = "door of the deck"
kind = "interlock"
module = "io"
read = { query = "IN1?", safe = "IN1=1" }
stops = ["deck"]
"#;

fn drill_with(inputs: &str) -> Source {
    let mut source = source("drill", &[], 1);
    source.rig.text.push_str(inputs);
    source
}

fn drill() -> Bench {
    Bench::new(drill_with(INPUTS))
}

fn undisturbed() -> Vec<String> {
    let bench = Bench::new(source("drill", &[], 1));
    bench.run(Vec::new());
    moves(&bench.simulation.sim().ledger())
}

/// Waits until so many actions are done and so much of the next has passed.
async fn reach(desk: &Desk, actions: u64, milliseconds: u64) {
    desk.until(|s| (s.actions_done >= actions).then_some(())).await;
    tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
}

fn level(state: &State, input: &str) -> Option<InputLevel> {
    state.inputs[input].level
}

#[test]
fn an_emergency_stop_halts_at_once_and_nothing_moves_until_a_person_has_reset_and_resumed() {
    let expected = undisturbed();
    let (mut completed, mut aborted) = (0, 0);
    for (actions, inputs) in (6..95).step_by(17).zip([INPUTS, TEXT].iter().cycle()) {
        let bench = Bench::new(drill_with(inputs));
        let sim = bench.simulation.sim().clone();
        let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
            reach(&desk, actions, actions * 211 % 3000).await;
            sim.inject("emergency_stop", Fault::ContactOpen).unwrap();
            // Two looks and the halt itself.
            tokio::time::sleep(std::time::Duration::from_millis(1800)).await;
            assert_eq!(
                desk.state(|s| s.mode.clone()),
                Mode::Halted,
                "after {actions} actions"
            );
            let halted = desk.seen.borrow().iter().any(
                |e| matches!(e, Event::Stop { kind: StopKind::Halt, by } if by == "input emergency_stop"),
            );
            assert!(halted, "who halted the run is not recorded");
            let still = sim.ledger().len();
            for kind in [StopKind::Reset, StopKind::Resume, StopKind::Pause, StopKind::Park] {
                let refusal = desk.stop(kind).await.unwrap_err();
                assert!(refusal.contains("emergency stop is open"), "{kind:?}: {refusal}");
            }
            sim.inject("emergency_stop", Fault::ContactClosed).unwrap();
            desk.wait(600).await;
            assert_eq!(desk.state(|s| level(s, "emergency_stop")), Some(InputLevel::Safe));
            // The contact is closed: still nobody has started anything.
            assert_eq!(desk.state(|s| s.mode.clone()), Mode::Halted);
            desk.stop(StopKind::Reset).await.unwrap();
            desk.wait(60).await;
            let moved = moves(&sim.ledger().split_off(still));
            // An instrument without a stop command has ended the one movement that it had begun.
            assert!(moved.len() <= 2, "after {actions} actions: {moved:?}");
            desk.stop(StopKind::Resume).await.unwrap();
            desk.answer_the_rest(move |q| after_a_stop(&sim, q)).await;
        });
        bench.assert_sound();
        if ending == Ending::Completed {
            completed += 1;
            let ledger = bench.simulation.sim().ledger();
            assert!(
                wet(moves(&ledger)) == wet(expected.clone()),
                "after {actions} actions"
            );
            compare(&Volumes::of(&ledger, &state.plan), &state);
        } else {
            aborted += 1;
        }
    }
    assert!(completed > 1, "{completed} completed, {aborted} aborted");
}

#[test]
fn an_open_door_begins_nothing_where_it_is_and_what_runs_comes_to_its_end() {
    let expected = undisturbed();
    let mut stood = 0;
    for actions in (8..95).step_by(17) {
        let bench = drill();
        let sim = bench.simulation.sim().clone();
        let inside = |e: &Event| match e {
            Event::Intended {
                actor: Actor::Instrument(id),
                ..
            } => ["handler", "mover"].contains(&id.as_str()),
            _ => false,
        };
        let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
            reach(&desk, actions, actions * 137 % 4000).await;
            sim.inject("deck_door", Fault::ContactOpen).unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(900)).await;
            let opened = desk.seen.borrow().len();
            let refusal = desk.stop(StopKind::Resume).await.unwrap_err();
            assert!(refusal.contains("door of the deck is open"), "{refusal}");
            desk.wait(600).await;
            let begun = |from: usize| desk.seen.borrow()[from..].iter().filter(|e| inside(e)).count();
            assert_eq!(
                begun(opened),
                0,
                "after {actions} actions something began behind the open door"
            );
            assert_eq!(desk.state(|s| s.mode.clone()), Mode::Running, "others go on");
            sim.inject("deck_door", Fault::ContactClosed).unwrap();
            desk.wait(600).await;
            assert_eq!(begun(opened), 0, "a door that closes starts nothing");
            let told = desk.state(State::interlocks);
            assert!(told.is_empty() || told[0].contains("resume"), "{told:?}");
            desk.stop(StopKind::Resume).await.unwrap();
            desk.answer_the_rest(move |q| after_a_stop(&sim, q)).await;
        });
        assert_eq!(ending, Ending::Completed, "after {actions} actions");
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        stood += usize::from(!state.input_changes.is_empty());
        assert!(
            moves(&ledger) == expected,
            "a door that was open after {actions} actions changed what moved"
        );
        compare(&Volumes::of(&ledger, &state.plan), &state);
    }
    assert!(stood > 4);
}

#[test]
fn a_module_that_falls_silent_counts_as_open_and_one_lost_answer_does_not() {
    for inputs in [INPUTS, TEXT] {
        let bench = Bench::new(drill_with(inputs));
        let sim = bench.simulation.sim().clone();
        let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
            reach(&desk, 20, 0).await;
            sim.inject("io", Fault::Mute { requests: 1 }).unwrap();
            desk.wait(30).await;
            assert_eq!(desk.state(|s| s.mode.clone()), Mode::Running, "one lost answer");
            sim.inject("io", Fault::Unplugged { for_ms: 20_000 }).unwrap();
            desk.wait(8).await;
            assert_eq!(desk.state(|s| s.mode.clone()), Mode::Halted);
            assert_eq!(
                desk.state(|s| level(s, "emergency_stop")),
                Some(InputLevel::Silent)
            );
            assert_eq!(desk.state(|s| level(s, "deck_door")), Some(InputLevel::Silent));
            let refusal = desk.stop(StopKind::Reset).await.unwrap_err();
            assert!(
                refusal.contains("silent") && refusal.contains("input module"),
                "{refusal}"
            );
            desk.wait(60).await;
            desk.stop(StopKind::Reset).await.unwrap();
            desk.stop(StopKind::Abort).await.unwrap();
        });
        assert_eq!(ending, Ending::Aborted);
        bench.assert_sound();
        let changes: Vec<&str> = state
            .input_changes
            .iter()
            .map(|(_, _, says)| says.as_str())
            .collect();
        // A look is telemetry; only a change is recorded.
        assert_eq!(changes.len(), 6, "{changes:?}");
    }
}

#[test]
fn a_run_does_not_begin_while_the_emergency_stop_is_open() {
    let bench = drill();
    bench
        .simulation
        .sim()
        .inject("emergency_stop", Fault::ContactOpen)
        .unwrap();
    let (journal, state) = bench.journal();
    let engine = bench
        .simulation
        .engine(&bench.rig, &bench.library, journal, state, Vec::new())
        .unwrap();
    let (before, after) = bench.beginning();
    let error = bench
        .simulation
        .run(engine, before, after)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("emergency stop is open") && error.contains("reset its relay"),
        "{error}"
    );
    assert!(moves(&bench.simulation.sim().ledger()).is_empty());
}

#[test]
fn contacts_open_as_the_rig_file_plans_and_an_abort_behind_an_open_door_moves_nothing_there() {
    let mut source = drill_with(INPUTS);
    let planned = "duration_noise = 0.02\nfaults = [{ instrument = \"deck_door\", fault = \"contact_open\", after = \"9 min\" }]\n";
    source.rig.text = source.rig.text.replacen("duration_noise = 0.02", planned, 1);
    let bench = Bench::new(source);
    let sim = bench.simulation.sim().clone();
    let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
        desk.until(|s| (level(s, "deck_door") == Some(InputLevel::Open)).then_some(()))
            .await;
        // What was under way is over.
        desk.wait(120).await;
        let still = moves(&sim.ledger()).len();
        desk.stop(StopKind::Abort).await.unwrap();
        desk.wait(30).await;
        assert_eq!(moves(&sim.ledger()).len(), still);
    });
    assert_eq!(ending, Ending::Aborted);
    let why = &state.safe_left["handler"];
    assert!(why.contains("door of the deck is open"), "{why}");
    bench.assert_sound();
}
