//! A gripper that could not let its plate go: while the arm knows where it is, it sets the plate down before it homes.

use crate::by_hand::{PLATE, bench, load, moved, set_up};
use crate::support::{Bench, Desk};
use hardware_sim::{Entry, Event as Physical, Fault, Hand, Sim};
use plated::plan::{Action, Actor, PlateId};
use plated::rig::NestId;
use plated::run::{Choice, Ending, Event, Question};

fn place(sim: &Sim, plate: &str) -> String {
    sim.truth()
        .plates
        .get(plate)
        .map_or_else(String::new, |p| p.place.clone())
}

/// Where the mover set plates down, in order.
fn of_the_mover(ledger: &[Entry]) -> Vec<String> {
    let of = |e: &Entry| match &e.event {
        Physical::PlateMoved { plate, to, by, .. } if by == "mover" => Some(format!("{plate} at {to}")),
        _ => None,
    };
    ledger.iter().filter_map(of).collect()
}

/// The actions of the mover in the order in which they were intended.
fn intended(desk: &Desk) -> Vec<String> {
    let of = |e: &Event| match e {
        Event::Intended { actor, intent, .. } if *actor == Actor::Instrument("mover".into()) => {
            Some(match &intent.action {
                Action::SetDown { plate, to } => format!("set {plate} down at {to}"),
                other => other.name().to_owned(),
            })
        }
        _ => None,
    };
    desk.seen.borrow().iter().filter_map(of).collect()
}

fn gripper(question: &Question) -> bool {
    question.text.contains("holds something already")
}

fn carrying() -> Bench {
    let mut phases = vec![load()];
    phases.extend(set_up());
    phases.push(moved("hotel-1", "heater-shaker"));
    bench(phases)
}

async fn under_way(desk: &Desk) {
    let carries = |a: &Action| matches!(a, Action::MovePlate { .. });
    desk.until(|s| s.open.values().any(|o| carries(&o.intent.action)).then_some(()))
        .await;
}

#[test]
fn a_plate_that_stayed_in_the_gripper_is_set_down_where_it_came_from_and_carried_again() {
    let bench = carrying();
    let sim = bench.simulation.sim().clone();
    let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
        under_way(&desk).await;
        sim.inject("mover", Fault::GripStuck { times: 1 }).unwrap();
        let question = desk.question_of(gripper).await;
        assert_eq!(question.choices, [Choice::Home, Choice::Retry, Choice::Abort]);
        assert!(
            question.text.contains("set plate p down at hotel-1, and home"),
            "{question:?}"
        );
        assert_eq!(place(&sim, PLATE), "mover");
        desk.answer(question.id, "home").await.unwrap();
        desk.until(|s| (s.belief.places[&PlateId::new(PLATE)] == NestId::new("heater-shaker")).then_some(()))
            .await;
        let steps = [
            "home",
            "move_plate",
            "set p down at hotel-1",
            "home",
            "move_plate",
        ];
        assert_eq!(intended(&desk), steps);
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let ledger = bench.simulation.sim().ledger();
    assert_eq!(of_the_mover(&ledger).last().unwrap(), "p at heater-shaker");
    assert!(of_the_mover(&ledger).contains(&"p at hotel-1".to_owned()));
    assert_eq!(
        state.belief.places[&PlateId::new(PLATE)],
        NestId::new("heater-shaker")
    );
}

#[test]
fn what_cannot_be_set_down_where_it_came_from_is_set_down_where_it_was_to_go_and_carried_no_more() {
    let bench = carrying();
    let sim = bench.simulation.sim().clone();
    let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
        under_way(&desk).await;
        sim.inject("mover", Fault::GripStuck { times: 2 }).unwrap();
        let first = desk.question_of(gripper).await;
        desk.answer(first.id, "home").await.unwrap();
        let second = desk.question_of(|q| q.id > first.id && gripper(q)).await;
        assert!(
            second.text.contains("set plate p down at heater-shaker"),
            "{second:?}"
        );
        desk.answer(second.id, "home").await.unwrap();
        desk.until(|s| (s.belief.places[&PlateId::new(PLATE)] == NestId::new("heater-shaker")).then_some(()))
            .await;
        desk.wait(60).await;
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let ledger = bench.simulation.sim().ledger();
    assert_eq!(of_the_mover(&ledger), ["p at heater-shaker"]);
}

#[test]
fn an_arm_that_lost_its_positions_sets_nothing_down_and_has_its_plate_taken_out_by_hand() {
    let bench = carrying();
    let sim = bench.simulation.sim().clone();
    let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
        under_way(&desk).await;
        sim.inject("mover", Fault::GripStuck { times: 1 }).unwrap();
        desk.question_of(gripper).await;
        sim.inject("mover", Fault::PowerCycle).unwrap();
        let question = desk.question_of(gripper).await;
        desk.answer(question.id, "home").await.unwrap();
        let again = desk.question_of(|q| q.id != question.id).await;
        assert!(again.text.contains("home"), "{again:?}");
        desk.answer(again.id, "home").await.unwrap();
        let again = desk.question_of(|q| q.text.contains("take it out by hand")).await;
        assert_eq!(place(&sim, PLATE), "mover");
        let carry = Hand::Carry {
            plate: PLATE.into(),
            to: "hotel-1".into(),
        };
        sim.by_hand(&carry).unwrap();
        desk.answer(again.id, "home").await.unwrap();
        let set_down = |step: &String| step.starts_with("set");
        assert!(!intended(&desk).iter().any(set_down), "{:?}", intended(&desk));
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert_eq!(place(bench.simulation.sim(), PLATE), "heater-shaker");
}
