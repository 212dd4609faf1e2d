//! People at the rig: nothing is assumed for them, and what they say is done.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, moves, source};
use hardware_sim::Fault;
use plated::plan::{Action, PromptKind, Work};
use plated::run::{Choice, Ending, Event, SAFE_PATH, Status, StopKind};
use std::rc::Rc;

fn drill() -> Bench {
    Bench::new(source("drill", &[], 1))
}

#[test]
fn nobody_there_means_the_run_waits() {
    let bench = drill();
    let sim = bench.simulation.sim().clone();
    let (ending, state) = bench.run_beside(false, Vec::new(), |desk| async move {
        let question = desk.question().await;
        let prompt = question.prompt.as_ref().unwrap();
        assert_eq!(prompt.kind, PromptKind::Load);
        assert!(!prompt.items.is_empty());
        assert_eq!(question.choices, [Choice::Done, Choice::Abort]);
        desk.wait(300).await;
        let done = desk.state(|s| s.actions_done);
        desk.wait(20 * 3600).await;
        assert_eq!(
            desk.state(|s| s.actions_done),
            done,
            "something went on by itself"
        );
        assert!(desk.state(|s| s.questions.contains_key(&question.id)));
        assert!(sim.truth().plates.is_empty());

        let refusal = desk.answer(question.id, "yes").await.unwrap_err();
        assert!(refusal.contains("done, abort"), "{refusal}");
        assert!(desk.answer(question.id, "retry").await.is_err());
        desk.answer(question.id, "done").await.unwrap();
        let refusal = desk.answer(question.id, "done").await.unwrap_err();
        assert!(refusal.contains("answered already"), "{refusal}");
        desk.until(|s| (s.actions_done > done + 2).then_some(())).await;
        desk.stop(StopKind::Abort).await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    assert!(state.restarts == 0 && state.questions.len() <= 1);
}

#[test]
fn a_pause_lets_running_operations_end_and_starts_none() {
    let undisturbed = drill();
    undisturbed.run(Vec::new());
    let expected = moves(&undisturbed.simulation.sim().ledger());
    for actions in [12, 40, 70] {
        let bench = drill();
        let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
            desk.until(|s| (s.actions_done >= actions).then_some(())).await;
            desk.stop(StopKind::Pause).await.unwrap();
            desk.stop(StopKind::Pause).await.unwrap();
            let paused = desk.seen.borrow().len();
            desk.wait(3600).await;
            let running = desk.state(|s| {
                s.operations
                    .iter()
                    .any(|o| matches!(o.status, Status::Running { .. }))
            });
            assert!(!running, "an operation is still under way after an hour");
            let seen = desk.seen.borrow()[paused..].to_vec();
            assert!(seen.iter().any(|e| matches!(e, Event::OperationEnded { .. })));
            assert!(!seen.iter().any(|e| matches!(e, Event::OperationStarted { .. })));
            desk.stop(StopKind::Resume).await.unwrap();
            desk.stop(StopKind::Resume).await.unwrap();
            let refusal = desk.stop(StopKind::Reset).await.unwrap_err();
            assert!(refusal.contains("neither held nor halted"), "{refusal}");
        });
        assert_eq!(ending, Ending::Completed);
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        assert!(
            moves(&ledger) == expected,
            "a pause after {actions} actions changed what moved"
        );
        compare(&Volumes::of(&ledger, &state.plan), &state);
    }
}

/// Aborts when so many actions are done, on lines that lose answers or not; nothing may be intended afterwards.
fn aborted(actions: u64, losing: bool) {
    let bench = drill();
    let sim = bench.simulation.sim().clone();
    let mut seen = None;
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| {
        seen = Some(Rc::clone(&desk.seen));
        async move {
            desk.until(|s| (s.actions_done >= actions).then_some(())).await;
            if losing {
                for instrument in ["handler", "incubator", "mover", "reader"] {
                    sim.inject(instrument, Fault::Mute { requests: 12 }).unwrap();
                }
                desk.wait(7).await;
            }
            desk.stop(StopKind::Abort).await.unwrap();
            desk.stop(StopKind::Abort).await.unwrap();
            assert!(desk.stop(StopKind::Resume).await.is_err());
        }
    });
    assert_eq!(ending, Ending::Aborted, "after {actions} actions");
    bench.assert_sound();
    let seen = seen.unwrap().borrow().clone();
    let stop = seen
        .iter()
        .position(|e| {
            matches!(
                e,
                Event::Stop {
                    kind: StopKind::Abort,
                    ..
                }
            )
        })
        .unwrap();
    let begun = |e: &&Event| match e {
        Event::Intended { operation, .. } => *operation != SAFE_PATH,
        Event::OperationStarted { .. } => true,
        _ => false,
    };
    let late = seen[stop..].iter().find(begun);
    assert!(late.is_none(), "after {actions} actions: {late:?}");
    assert!(state.last.since(state.started) < plated::units::Duration::h(2));
}

#[test]
fn after_an_abort_nothing_new_begins() {
    for actions in [1, 20, 40, 50, 60] {
        aborted(actions, false);
    }
}

#[test]
fn an_abort_gets_through_lines_that_lose_answers() {
    for actions in [5, 23, 37, 46, 57, 66] {
        aborted(actions, true);
    }
}

#[test]
fn a_question_can_be_answered_with_abort() {
    let bench = drill();
    let (ending, state) = bench.run_beside(false, Vec::new(), |desk| async move {
        let question = desk.question().await;
        desk.answer(question.id, "abort").await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    assert!(state.belief.places.is_empty(), "nothing was loaded");
}

/// A drill whose plan expects another barcode than the plate has.
fn mislabelled() -> Bench {
    let mut bench = drill();
    let mut scans = 0;
    for phase in bench.plan.operations.iter_mut().flat_map(|o| &mut o.phases) {
        let Work::Actions(actions) = &mut phase.work else {
            continue;
        };
        for action in actions {
            if let Action::ScanBarcode { expected, .. } = action {
                *expected = "ANOTHER".into();
                scans += 1;
            }
        }
    }
    assert!(scans > 0, "the drill reads no barcode");
    bench
}

#[test]
fn a_wrong_barcode_asks_and_is_accepted_by_a_person_only() {
    let bench = mislabelled();
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| async move {
        loop {
            let question = desk
                .until(|s| s.questions.values().find(|q| q.prompt.is_none()).cloned())
                .await;
            assert!(
                question.text.contains("ANOTHER") && question.text.contains("ASSAY"),
                "{}",
                question.text
            );
            // Whoever reads it at night knows which step of which protocol line it is about.
            let place = "In \"inoculate assay\" (step \"inoculate\", line ";
            assert!(question.text.starts_with(place), "{}", question.text);
            desk.wait(1800).await;
            assert!(desk.state(|s| s.questions.contains_key(&question.id)));
            // Tried again, the code is the same.
            desk.answer(question.id, "retry").await.unwrap();
            let again = desk
                .until(|s| s.questions.values().find(|q| q.prompt.is_none()).cloned())
                .await;
            assert!(again.id > question.id);
            desk.answer(again.id, "accept").await.unwrap();
        }
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert_eq!(state.readings.len(), 2);
}

#[test]
fn a_wrong_barcode_ends_the_run_where_a_person_says_so() {
    let bench = mislabelled();
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| async move {
        let question = desk
            .until(|s| s.questions.values().find(|q| q.prompt.is_none()).cloned())
            .await;
        desk.answer(question.id, "abort").await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    bench.assert_sound();
    assert!(state.readings.len() < 2, "the run went on to its end");
}

#[test]
fn a_failure_that_the_protocol_has_a_policy_for_asks_nobody() {
    use plated::plan::{FailureClass, Remedy};
    let mut bench = mislabelled();
    for operation in &mut bench.plan.operations {
        operation
            .on_failure
            .0
            .insert(FailureClass::Mismatch, Remedy::Abort);
    }
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| async move {
        let question = desk
            .until(|s| s.questions.values().find(|q| q.prompt.is_none()).cloned())
            .await;
        panic!("a person was asked: {}", question.text);
    });
    assert_eq!(ending, Ending::Aborted);
    bench.assert_sound();
    assert!(state.readings.len() < 2, "the run went on to its end");
}
