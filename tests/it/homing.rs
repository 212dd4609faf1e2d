//! Homing with tips on: mounts come up first, a person decides on what the tips hold, and the plungers come last.

use crate::checkers::{Volumes, compare};
use crate::repair::assay_back;
use crate::support::{Bench, Desk, source};
use hardware_sim::{Entry, Event as Physical, Fault, Hand, Sim};
use plated::engine::Observer;
use plated::labware::Well;
use plated::plan::{Action, Actor};
use plated::rig::{NestId, PipetteId};
use plated::run::{Choice, Ending, Event, Lid, Mode, Question, Repair, State, StopKind};
use std::collections::BTreeSet;

fn drill() -> Bench {
    Bench::new(source("drill", &[], 1))
}

/// Cuts the handler's power so long after each of these actions was intended, one after the other.
fn cutting(sim: &Sim, cuts: &[(&'static str, u64)]) -> Observer {
    let (sim, mut left) = (sim.clone(), cuts.to_vec());
    Box::new(move |_, event, _| {
        let Event::Intended { actor, intent, .. } = event else {
            return;
        };
        let Some((action, after)) = left.first().copied() else {
            return;
        };
        if *actor != Actor::Instrument("handler".into()) || intent.action.name() != action {
            return;
        }
        left.remove(0);
        let sim = sim.clone();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(std::time::Duration::from_millis(after)).await;
            sim.inject("handler", Fault::PowerCycle).unwrap();
        });
    })
}

/// Pulls the tips off the left mount, unless they are off already.
fn tips_off(sim: &Sim) {
    let off = Hand::TipsOff {
        handler: "handler".into(),
        left: true,
    };
    let _ = sim.by_hand(&off);
}

fn decides(question: &Question) -> bool {
    question.text.contains("must find its plungers")
}

fn gone(question: &Question) -> bool {
    question.text.contains("were taken off")
}

/// A person who homes, takes tips off when asked to, and ends the run once it says what is in its way.
async fn homes_and_ends(desk: Desk, sim: Sim) {
    loop {
        let question = desk.question_of(|q| q.look.is_none() && q.prompt.is_none()).await;
        desk.wait(60).await;
        let choice = match &question {
            q if decides(q) => {
                tips_off(&sim);
                Choice::Done
            }
            q if gone(q) => Choice::Abort,
            q if q.choices.contains(&Choice::Home) => Choice::Home,
            q if q.choices.contains(&Choice::Retry) => Choice::Retry,
            _ => Choice::Abort,
        };
        // What an earlier answer settled meanwhile needs none.
        let _ = desk.answer(question.id, choice.word()).await;
    }
}

/// Moves of plungers with tips on since the first loss of positions, and axes in the order in which they were found.
fn after_the_loss(ledger: &[Entry]) -> (Vec<String>, Vec<String>) {
    let lost = |e: &Entry| matches!(&e.event, Physical::PowerCycle { .. } | Physical::Alarm { .. });
    let since: Vec<&Entry> = ledger.iter().skip_while(|e| !lost(e)).collect();
    let strokes = since
        .iter()
        .filter(|e| match &e.event {
            Physical::Stroke {
                tips, from_um, to_um, ..
            } => !tips.is_empty() && from_um != to_um,
            Physical::AirGap { .. } | Physical::BlowOut { .. } => true,
            _ => false,
        })
        .map(|e| format!("{:?}", e.event))
        .collect();
    let found = since
        .iter()
        .filter_map(|e| match &e.event {
            Physical::Homed { axes, .. } => {
                let axes: BTreeSet<char> = axes.chars().collect();
                Some(axes.into_iter().collect())
            }
            _ => None,
        })
        .collect();
    (strokes, found)
}

#[test]
fn a_handler_that_lost_power_with_full_tips_homes_its_mounts_first_and_its_plungers_once_the_tips_are_off() {
    let bench = drill();
    let sim = bench.simulation.sim().clone();
    // On the way to the first dispense: the tips are full.
    let cut = cutting(&sim, &[("dispense", 200)]);
    let (ending, state) = bench.run_beside(true, vec![cut], move |desk| async move {
        let question = desk.question_of(|q| q.choices.contains(&Choice::Home)).await;
        assert!(question.text.contains("its mounts come up first"), "{question:?}");
        desk.answer(question.id, "home").await.unwrap();
        let question = desk.question_of(decides).await;
        let said = "p300-multi: 8 tips, each of which holds 180 uL from trough A1 (medium)";
        assert!(question.text.contains(said), "{question:?}");
        assert_eq!(question.choices, [Choice::Done, Choice::Abort]);
        // It waits for as long as it takes; mounts and gantry are home.
        desk.wait(3600).await;
        assert_eq!(
            after_the_loss(&sim.ledger()),
            (vec![], ["AZ", "X", "Y", "Y"].map(String::from).to_vec())
        );
        tips_off(&sim);
        desk.answer(question.id, "done").await.unwrap();
        let question = desk.question_of(gone).await;
        let (strokes, found) = after_the_loss(&sim.ledger());
        assert_eq!((strokes, found.last().map(String::as_str)), (vec![], Some("BC")));
        desk.stop(StopKind::Hold).await.unwrap();
        // The bench as it was before, so that the operation can be done again.
        assay_back(&sim);
        let rack = desk.state(|s| s.plan.pieces["p300-tips"].nest.clone());
        sim.by_hand(&Hand::FreshRack {
            place: rack.to_string(),
        })
        .unwrap();
        let plate = "assay";
        for repair in [
            Repair::Lid {
                plate: plate.into(),
                lid: Lid::On,
            },
            Repair::Place {
                plate: plate.into(),
                nest: Some(NestId::new("hotel-1")),
            },
            Repair::Tips {
                rack,
                wells: (0..8).map(|row| Well::new(row, 0)).collect(),
                used: false,
            },
            Repair::Repeat {
                operation: question.operation,
            },
        ] {
            desk.repair(repair, "made as it was before").await.unwrap();
        }
        desk.stop(StopKind::Resume).await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert_eq!(state.readings.len(), 2);
    compare(
        &Volumes::of(&bench.simulation.sim().ledger(), &state.plan),
        &state,
    );
}

#[test]
fn tips_that_are_left_on_after_all_hold_what_they_hold_and_the_gantry_parks() {
    let bench = drill();
    let cut = cutting(bench.simulation.sim(), &[("dispense", 200)]);
    let (ending, state) = bench.run_beside(true, vec![cut], |desk| async move {
        let question = desk.question_of(|q| q.choices.contains(&Choice::Home)).await;
        desk.answer(question.id, "home").await.unwrap();
        let question = desk.question_of(decides).await;
        desk.answer(question.id, "abort").await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    bench.assert_sound();
    let (strokes, found) = after_the_loss(&bench.simulation.sim().ledger());
    assert_eq!(
        (strokes, found),
        (vec![], ["AZ", "X", "Y", "Y"].map(String::from).to_vec())
    );
    let left = state.left_behind();
    assert!(left[0].contains("were left on, with 180 uL"), "{left:?}");
    compare(
        &Volumes::of(&bench.simulation.sim().ledger(), &state.plan),
        &state,
    );
}

#[test]
fn a_homing_with_tips_on_that_is_cut_short_anywhere_begins_again_with_the_mounts() {
    let moments = [100, 1_500, 3_000, 5_000, 8_000, 12_000].map(|after| ("home_gantry", after));
    let last = [100, 600, 1_500].map(|after| ("home_plungers", after));
    for second in moments.into_iter().chain(last) {
        let bench = drill();
        let sim = bench.simulation.sim().clone();
        let cuts = cutting(&sim, &[("dispense", 200), second]);
        let (ending, state) = bench.run_beside(true, vec![cuts], move |desk| homes_and_ends(desk, sim));
        assert_eq!(ending, Ending::Aborted, "{second:?}");
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        let (strokes, found) = after_the_loss(&ledger);
        assert!(strokes.is_empty(), "{second:?}: {strokes:?}");
        // Nothing goes across before the mounts are up, and no plunger moves before.
        assert!(
            found[0].contains('A') && found[0].contains('Z'),
            "{second:?}: {found:?}"
        );
        assert!(
            found
                .last()
                .is_some_and(|axes| axes.contains("BC") || axes == "Y"),
            "{second:?}: {found:?}"
        );
        let cut = |e: &&Entry| matches!(&e.event, Physical::PowerCycle { .. });
        assert_eq!(ledger.iter().filter(cut).count(), 2, "{second:?}");
        assert!(state.belief.tips_on.is_empty(), "{second:?}");
        compare(&Volumes::of(&ledger, &state.plan), &state);
    }
}

#[test]
fn a_host_that_dies_at_any_record_of_a_homing_with_tips_on_asks_once_and_moves_no_plunger_before() {
    let records = |bench: &Bench| plated::journal::verify(&bench.disk.bytes()).sequence;
    let whole = drill();
    let sim = whole.simulation.sim().clone();
    let first = std::rc::Rc::new(std::cell::RefCell::new(0));
    let (seen, disk) = (std::rc::Rc::clone(&first), whole.disk.clone());
    let cut = cutting(&sim, &[("dispense", 200)]);
    whole.run_beside(true, vec![cut], move |desk| async move {
        desk.question_of(|q| q.choices.contains(&Choice::Home)).await;
        *seen.borrow_mut() = plated::journal::verify(&disk.bytes()).sequence;
        homes_and_ends(desk, sim).await;
    });
    let first = *first.borrow();
    let last = records(&whole);
    assert!(last > first + 8, "{first} to {last}");
    for writes in first..last {
        let bench = drill();
        let sim = bench.simulation.sim().clone();
        let mut death = Some(bench.disk.die_after(writes));
        let mut cut = Some(cutting(&sim, &[("dispense", 200)]));
        let (before, after) = bench.beginning();
        let mut ended = None;
        while ended.is_none() {
            let (journal, state) = bench.journal();
            let fresh = state.source.is_none();
            let (rig, library) = (&bench.rig, &bench.library);
            let observers = cut.take().into_iter().collect();
            let engine = bench.simulation.engine(rig, library, journal, state, observers);
            let mut engine = engine.unwrap();
            let desk = Desk::at(engine.commands(), engine.shared());
            let (before, after, sim) = (before.clone(), after.clone(), sim.clone());
            let dying = death.take();
            ended = bench.simulation.block_on(async move {
                let host = async {
                    let begun = if fresh { before } else { vec![Event::Restarted] };
                    engine.begin(begun).await.unwrap();
                    engine.identify().await.unwrap();
                    if fresh {
                        engine.begin(after).await.unwrap();
                    }
                    engine.run().await.unwrap()
                };
                let dead = async {
                    match dying {
                        Some(death) => drop(death.await),
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    biased;
                    () = dead => None,
                    ended = host => Some(ended),
                    () = homes_and_ends(desk, sim) => None,
                }
            });
            if ended.is_none() {
                bench.disk.crash();
            }
        }
        let (ending, state, _) = ended.unwrap();
        assert_eq!(ending, Ending::Aborted, "died after {writes} records");
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        let (strokes, found) = after_the_loss(&ledger);
        assert!(strokes.is_empty(), "died after {writes} records: {strokes:?}");
        assert_eq!(
            found.first().map(String::as_str),
            Some("AZ"),
            "died after {writes} records"
        );
        assert!(state.belief.tips_on.is_empty(), "died after {writes} records");
        compare(&Volumes::of(&ledger, &state.plan), &state);
    }
}

#[test]
fn after_a_halt_a_hold_or_a_reset_the_question_about_tips_stands_and_is_asked_once() {
    let bench = drill();
    let sim = bench.simulation.sim().clone();
    let cut = cutting(&sim, &[("dispense", 200)]);
    let (ending, state) = bench.run_beside(true, vec![cut], move |desk| async move {
        let question = desk.question_of(|q| q.choices.contains(&Choice::Home)).await;
        desk.answer(question.id, "home").await.unwrap();
        let asked = desk.question_of(decides).await;
        desk.stop(StopKind::Hold).await.unwrap();
        let off = Repair::TipsOff {
            pipette: PipetteId::new("p300-multi"),
        };
        let refused = desk.repair(off, "pulled off").await.unwrap_err();
        assert!(
            refused.contains("answer the question about it first"),
            "{refused}"
        );
        desk.stop(StopKind::Resume).await.unwrap();
        desk.stop(StopKind::Halt).await.unwrap();
        desk.stop(StopKind::Reset).await.unwrap();
        desk.stop(StopKind::Resume).await.unwrap();
        let again = desk.question_of(decides).await;
        assert_eq!(again.id, asked.id);
        // The answer is heard while the run is held, too; nothing moves then.
        desk.stop(StopKind::Hold).await.unwrap();
        tips_off(&sim);
        desk.answer(again.id, "done").await.unwrap();
        desk.wait(600).await;
        let (_, found) = after_the_loss(&sim.ledger());
        assert!(!found.iter().any(|axes| axes.contains('B')), "{found:?}");
        assert!(desk.state(|s: &State| s.mode == Mode::Held && s.open.is_empty()));
        desk.stop(StopKind::Resume).await.unwrap();
        homes_and_ends(desk, sim).await;
    });
    assert_eq!(ending, Ending::Aborted);
    bench.assert_sound();
    let (strokes, found) = after_the_loss(&bench.simulation.sim().ledger());
    assert!(strokes.is_empty(), "{strokes:?}");
    // The halt took the positions away that were found; what is left of the operation needs none without its tips.
    assert_eq!(found, ["AZ", "X", "Y", "Y"]);
    assert!(!state.belief.tips_on.contains_key(&PipetteId::new("p300-multi")));
    let taken = |a: &Action| matches!(a, Action::TakeOffTips { .. });
    assert!(!state.plan.operations.iter().any(|o| {
        (0..u16::try_from(o.phases.len()).unwrap())
            .any(|phase| state.phase_actions(o.id, phase).iter().any(taken))
    }));
}
