//! Belief that is made to match the bench, and what then happens on the bench.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, Desk, source};
use hardware_sim::{Fault, Hand, Sim};
use plated::engine::{Command, Observer};
use plated::labware::Well;
use plated::plan::{Action, Actor, Work};
use plated::rig::{NestId, PipetteId};
use plated::run::{Choice, Ending, Event, Item, Lid, Repair, State, StopKind};
use plated::units::Volume;
use tokio::sync::oneshot;

fn drill() -> Bench {
    Bench::new(source("drill", &[], 1))
}

impl Desk {
    /// Repairs what is believed; what then prevents the rest of the plan.
    pub async fn repair(&self, repair: Repair, why: &str) -> Result<Option<String>, String> {
        let (reply, result) = oneshot::channel();
        let command = Command::Repair {
            repair,
            by: "test".into(),
            why: why.into(),
            reply,
        };
        self.send(command);
        result.await.unwrap()
    }
}

/// A person lays the assay plate's lid on and carries it back to where it stood before it was pipetted.
pub fn assay_back(sim: &Sim) {
    sim.by_hand(&Hand::LayLid {
        from: "lid-1".into(),
        to: "deck-9".into(),
    })
    .unwrap();
    sim.by_hand(&Hand::Carry {
        plate: "assay".into(),
        to: "hotel-1".into(),
    })
    .unwrap();
}

async fn reach(desk: &Desk, actions: u64) {
    desk.until(|s| (s.actions_done >= actions).then_some(())).await;
}

/// Cuts an instrument's power so long after one of its actions was intended.
fn cutting(sim: Sim, instrument: &'static str, action: &'static str, after_ms: u64) -> Observer {
    let mut done = false;
    Box::new(move |_, event, _| {
        let Event::Intended { actor, intent, .. } = event else {
            return;
        };
        if done || *actor != Actor::Instrument(instrument.into()) || intent.action.name() != action {
            return;
        }
        done = true;
        let sim = sim.clone();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(std::time::Duration::from_millis(after_ms)).await;
            sim.inject(instrument, Fault::PowerCycle).unwrap();
        });
    })
}

#[test]
fn a_plate_that_was_moved_by_hand_is_said_to_be_there_and_put_back_before_the_run_goes_on() {
    let bench = drill();
    let sim = bench.simulation.sim().clone();
    let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
        reach(&desk, 30).await;
        let place = |nest: &str| Repair::Place {
            plate: "source".into(),
            nest: Some(NestId::new(nest)),
        };
        let refusal = desk.repair(place("hotel-3"), "moved by hand").await.unwrap_err();
        assert!(refusal.contains("plated hold"), "{refusal}");
        desk.stop(StopKind::Pause).await.unwrap();
        desk.wait(3600).await;
        let home = desk.state(|s| s.belief.places[&plated::plan::PlateId::new("source")].clone());
        let carry = |to: &str| Hand::Carry {
            plate: "source".into(),
            to: to.into(),
        };
        sim.by_hand(&carry("hotel-3")).unwrap();
        let refusal = desk.repair(place("hotel-3"), " ").await.unwrap_err();
        assert!(refusal.contains("say why"), "{refusal}");
        let refusal = desk.repair(place("hotel-99"), "moved by hand").await.unwrap_err();
        assert!(refusal.contains("no nest"), "{refusal}");
        let taken = desk.state(|s| s.belief.places[&plated::plan::PlateId::new("assay")].clone());
        let refusal = desk
            .repair(place(taken.as_str()), "moved by hand")
            .await
            .unwrap_err();
        assert!(refusal.contains("plate assay is believed to stand"), "{refusal}");
        let prevents = desk.repair(place("hotel-3"), "moved by hand").await.unwrap();
        assert!(prevents.unwrap().contains("plate source stands at hotel-3"));
        let refusal = desk.stop(StopKind::Resume).await.unwrap_err();
        assert!(
            refusal.contains("the rest of the plan cannot be carried out"),
            "{refusal}"
        );
        sim.by_hand(&carry(home.as_str())).unwrap();
        assert_eq!(desk.repair(place(home.as_str()), "put back").await.unwrap(), None);
        desk.stop(StopKind::Resume).await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    assert_eq!(state.repairs.len(), 2);
    bench.assert_sound();
}

#[test]
fn a_plate_in_the_gripper_of_a_mover_without_power_is_taken_out_by_hand_and_carried_again() {
    let bench = drill();
    let sim = bench.simulation.sim().clone();
    let cut = cutting(sim.clone(), "mover", "move_plate", 9_000);
    let (ending, state) = bench.run_beside(true, vec![cut], move |desk| async move {
        let question = desk.question_of(|q| q.choices.contains(&Choice::Home)).await;
        let (plate, from) = desk.state(|s| {
            let operation = s.operation(question.operation).unwrap();
            let plate = operation.plates[0].clone();
            let from = s.belief.places[&plate].clone();
            (plate, from)
        });
        assert_eq!(sim.truth().plates[plate.as_str()].place, "mover");
        desk.stop(StopKind::Hold).await.unwrap();
        let carry = Hand::Carry {
            plate: plate.to_string(),
            to: from.to_string(),
        };
        sim.by_hand(&carry).unwrap();
        let place = Repair::Place {
            plate,
            nest: Some(from),
        };
        assert_eq!(
            desk.repair(place, "taken out of the gripper").await.unwrap(),
            None
        );
        desk.stop(StopKind::Resume).await.unwrap();
        let question = desk.question_of(|q| q.choices.contains(&Choice::Home)).await;
        desk.answer(question.id, "home").await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let ledger = bench.simulation.sim().ledger();
    compare(&Volumes::of(&ledger, &state.plan), &state);
}

#[test]
fn a_handler_that_lost_power_with_tips_on_goes_on_after_they_were_taken_off() {
    let bench = drill();
    let sim = bench.simulation.sim().clone();
    // In the first stroke of the run: nothing was dispensed yet.
    let cut = cutting(sim.clone(), "handler", "aspirate", 200);
    let (ending, state) = bench.run_beside(true, vec![cut], move |desk| async move {
        let question = desk.question_of(|q| q.look.is_none() && q.prompt.is_none()).await;
        assert!(question.choices.contains(&Choice::Home), "{question:?}");
        desk.stop(StopKind::Hold).await.unwrap();
        let off = Hand::TipsOff {
            handler: "handler".into(),
            left: true,
        };
        sim.by_hand(&off).unwrap();
        let off = Repair::TipsOff {
            pipette: PipetteId::new("p300-multi"),
        };
        let prevents = desk.repair(off, "pulled off after the power cut").await.unwrap();
        assert!(prevents.unwrap().contains("has no tips on"));
        let repeat = Repair::Repeat {
            operation: question.operation,
        };
        let prevents = desk.repair(repeat, "nothing was dispensed yet").await.unwrap();
        let prevents = prevents.unwrap();
        assert!(
            prevents.contains("plate assay stands at deck-9, not at hotel-1"),
            "{prevents}"
        );
        assay_back(&sim);
        let lid = Repair::Lid {
            plate: "assay".into(),
            lid: Lid::On,
        };
        desk.repair(lid, "laid on by hand").await.unwrap();
        let place = Repair::Place {
            plate: "assay".into(),
            nest: Some(NestId::new("hotel-1")),
        };
        let prevents = desk.repair(place, "put back").await.unwrap().unwrap();
        assert!(prevents.contains("is gone"), "{prevents}");
        let rack = desk.state(|s| s.plan.pieces["p300-tips"].nest.clone());
        sim.by_hand(&Hand::FreshRack {
            place: rack.to_string(),
        })
        .unwrap();
        let wells = (0..8).map(|row| Well::new(row, 0)).collect();
        let there = Repair::Tips {
            rack,
            wells,
            used: false,
        };
        assert_eq!(desk.repair(there, "a full rack").await.unwrap(), None);
        desk.stop(StopKind::Resume).await.unwrap();
        let question = desk.question_of(|q| q.choices.contains(&Choice::Home)).await;
        desk.answer(question.id, "home").await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert_eq!(state.readings.len(), 2);
}

#[test]
fn nobody_can_tell_so_volumes_are_intervals_until_somebody_says_them() {
    let bench = drill();
    let cut = cutting(bench.simulation.sim().clone(), "handler", "dispense", 2_600);
    let (ending, state) = bench.run_beside(true, vec![cut], move |desk| async move {
        // Answered before anybody has looked into the tips.
        let question = desk.question_of(|q| q.choices.contains(&Choice::Unknown)).await;
        desk.answer(question.id, "unknown").await.unwrap();
        let question = desk.question_of(|q| q.look.is_none() && q.prompt.is_none()).await;
        desk.stop(StopKind::Hold).await.unwrap();
        let doubts = desk.state(|s| s.doubts.keys().cloned().collect::<Vec<_>>());
        assert_eq!(doubts.len(), 8, "{doubts:?}");
        for (item, well) in &doubts {
            let (least, most) = desk.state(|s| s.volume_of(item, *well)).unwrap();
            assert_eq!(
                (least, most),
                (Volume::nl(0), Volume::nl(180_000)),
                "{item:?} {well}"
            );
        }
        let (item, well) = doubts[3].clone();
        let volume = Volume::nl(90_000);
        desk.repair(Repair::Volume { item, well, volume }, "weighed")
            .await
            .unwrap();
        desk.answer(question.id, "abort").await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    assert_eq!(state.doubts.len(), 7);
    let said = (Item::Plate("assay".into()), Well::new(3, 0));
    assert_eq!(
        state.volume_of(&said.0, said.1),
        Some((Volume::nl(90_000), Volume::nl(90_000)))
    );
}

#[test]
fn a_draw_that_nobody_can_tell_of_may_have_gone_beyond_its_volume_against_backlash() {
    let bench = drill();
    let cut = cutting(bench.simulation.sim().clone(), "handler", "aspirate", 2_600);
    let (ending, state) = bench.run_beside(true, vec![cut], move |desk| async move {
        let question = desk.question_of(|q| q.choices.contains(&Choice::Unknown)).await;
        desk.answer(question.id, "unknown").await.unwrap();
        let question = desk.question_of(|q| q.look.is_none() && q.prompt.is_none()).await;
        desk.answer(question.id, "abort").await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    assert!(!state.doubts.is_empty());
    for doubt in state.doubts.values() {
        // 0.3 mm of a P300 are some 3 uL a channel, beside a draw of many.
        assert!(
            doubt.below > Volume::nl(0) && doubt.below < doubt.above,
            "{doubt:?}"
        );
    }
}

#[test]
fn what_was_spilled_is_marked_with_its_neighbours_and_nothing_moves_before_it_is_cleaned() {
    let bench = drill();
    let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
        let filled = |s: &State| s.operations.iter().filter(|o| o.status.is_over()).count() >= 4;
        desk.until(|s| filled(s).then_some(())).await;
        desk.stop(StopKind::Hold).await.unwrap();
        desk.wait(300).await;
        let spill = Repair::Contaminated {
            plate: "assay".into(),
            wells: vec![Well::new(2, 1)],
            what: "a drop of S07".into(),
        };
        desk.repair(spill, "seen from the front").await.unwrap();
        for kind in [StopKind::Resume, StopKind::Pause] {
            let refusal = desk.stop(kind).await.unwrap_err();
            assert!(refusal.contains("not said to be cleaned"), "{refusal}");
        }
        desk.repair(Repair::Cleaned, "wiped with ethanol").await.unwrap();
        desk.stop(StopKind::Resume).await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    let last = state.readings.last().unwrap();
    let marked: Vec<String> = last.marks.keys().map(ToString::to_string).collect();
    assert_eq!(marked, ["B1", "B2", "B3", "C1", "C2", "C3", "D1", "D2", "D3"]);
    assert!(last.marks[&Well::new(2, 1)].starts_with("contaminated: a drop"));
    assert!(last.marks[&Well::new(1, 0)].starts_with("beside"));
    bench.assert_sound();
}

#[test]
fn an_operation_is_left_out_by_order_and_lids_are_believed_as_they_are_said_to_be() {
    let bench = drill();
    let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
        let reads = |s: &State| s.readings.len();
        desk.until(|s| (reads(s) == 1).then_some(())).await;
        desk.stop(StopKind::Pause).await.unwrap();
        desk.wait(1200).await;
        let lid = |lid| Repair::Lid {
            plate: "assay".into(),
            lid,
        };
        desk.repair(lid(Lid::None), "no lid to be seen").await.unwrap();
        let off = Repair::Place {
            plate: "assay".into(),
            nest: None,
        };
        let prevents = desk.repair(off, "not to be found").await.unwrap();
        assert!(prevents.unwrap().contains("plate assay is off the rig"));
        let there = Repair::Place {
            plate: "assay".into(),
            nest: Some(NestId::new("incubator-1")),
        };
        assert_eq!(desk.repair(there, "it was in the incubator").await.unwrap(), None);
        desk.repair(lid(Lid::On), "it was transparent").await.unwrap();
        let last = desk.state(|s| {
            let waiting = |o: &&plated::plan::Operation| {
                s.status(o.id) == plated::run::Status::Waiting && o.title.starts_with("read")
            };
            s.plan.operations.iter().find(waiting).map(|o| o.id).unwrap()
        });
        desk.repair(Repair::Skip { operation: last }, "one read is enough")
            .await
            .unwrap();
        desk.stop(StopKind::Resume).await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    let titles: Vec<_> = state
        .plan
        .operations
        .iter()
        .map(|o| (o.title.clone(), state.status(o.id)))
        .collect();
    assert_eq!(state.readings.len(), 1, "{titles:#?} {:?}", state.skipped);
    assert!(state.skipped.iter().any(|(_, why)| why.contains("by a person")));
    bench.assert_sound();
}

/// A person who had the loading done again brought labware onto what stood there.
#[test]
fn what_a_person_brought_is_not_brought_again() {
    let bench = drill();
    let (ending, _) = bench.run_beside(true, Vec::new(), |desk| async move {
        reach(&desk, 20).await;
        desk.stop(StopKind::Hold).await.unwrap();
        desk.wait(120).await;
        let loading = desk.state(|s| {
            let asks = |o: &&plated::plan::Operation| {
                let work = o.phases.iter().map(|phase| &phase.work);
                work.into_iter().any(|work| match work {
                    Work::Actions(all) => all
                        .iter()
                        .any(|a| matches!(a, Action::Ask(p) if !p.items.is_empty())),
                    _ => false,
                })
            };
            s.plan.operations.iter().find(asks).map(|o| o.id).unwrap()
        });
        let again = Repair::Repeat { operation: loading };
        let refused = desk.repair(again, "once more").await.unwrap_err();
        assert!(refused.contains("a person brings"), "{refused}");
        desk.stop(StopKind::Resume).await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
}
