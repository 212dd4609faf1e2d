//! An instrument that nobody uses falls silent: a person hears of it at once.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, moves, source};
use hardware_sim::Fault;
use plated::run::{Choice, Ending, Event};

fn with_heartbeat() -> Bench {
    let mut source = source("drill", &[], 1);
    for kind in ["ot2", "cytomat", "profile"] {
        let key = format!("kind = \"{kind}\"\n");
        source.rig.text = source
            .rig
            .text
            .replace(&key, &format!("{key}heartbeat = \"30 s\"\n"));
    }
    Bench::new(source)
}

#[test]
fn a_heartbeat_changes_nothing_of_what_moves() {
    let quiet = Bench::new(source("drill", &[], 1));
    quiet.run(Vec::new());
    let bench = with_heartbeat();
    assert!(bench.rig.instruments.values().all(|i| i.heartbeat.is_some()));
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let ledger = bench.simulation.sim().ledger();
    assert!(moves(&ledger) == moves(&quiet.simulation.sim().ledger()));
    compare(&Volumes::of(&ledger, &state.plan), &state);
    assert!(state.reach_changes.is_empty(), "{:?}", state.reach_changes);
}

#[test]
fn a_plug_that_is_pulled_is_told_long_before_the_instrument_is_needed_and_asked_for_again_before_it_moves() {
    for instrument in ["handler", "incubator", "reader", "mover"] {
        let bench = with_heartbeat();
        let sim = bench.simulation.sim().clone();
        let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
            // The operator loads the rig: nobody needs an instrument for minutes.
            desk.question().await;
            sim.inject(instrument, Fault::Unplugged { for_ms: 130_000 })
                .unwrap();
            desk.wait(70).await;
            let told = desk.state(|s| s.unreachable.get(instrument).cloned());
            assert!(told.is_some(), "nobody was told of {instrument}");
            assert!(desk.state(|s| s.failures.is_empty() && s.questions.len() == 1));
            desk.wait(120).await;
            assert!(
                desk.state(|s| s.unreachable.is_empty()),
                "{instrument} answers again"
            );
            desk.answer_the_rest(|_| Choice::Retry).await;
        });
        assert_eq!(ending, Ending::Completed, "{instrument}");
        bench.assert_sound();
        assert_eq!(
            state.reach_changes.len(),
            2,
            "{instrument}: {:?}",
            state.reach_changes
        );
    }
}

#[test]
fn what_is_not_reachable_is_asked_again_before_its_next_action() {
    let bench = with_heartbeat();
    let sim = bench.simulation.sim().clone();
    let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
        desk.question().await;
        sim.inject("mover", Fault::Unplugged { for_ms: 900_000 }).unwrap();
        desk.until(|s| s.unreachable.contains_key("mover").then_some(()))
            .await;
        // The rig is loaded, and the mover is wanted: nothing is intended for one that does not answer.
        let question = desk.question_of(|q| q.prompt.is_none()).await;
        assert!(question.text.contains("mover"), "{}", question.text);
        let intended = |e: &Event| match e {
            Event::Intended { actor, .. } => actor.to_string() == "mover",
            _ => false,
        };
        assert!(!desk.seen.borrow().iter().any(intended));
        desk.wait(900).await;
        desk.answer_the_rest(|_| Choice::Retry).await;
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
}
