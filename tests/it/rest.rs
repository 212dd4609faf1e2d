//! After a repair, the rest of a plan is checked against the bench as it is believed to be: what could not be carried out is said
//! before anything moves, and nothing else is.

use crate::pins;
use crate::support::{Bench, Desk, read, source};
use plated::engine::Observer;
use plated::plan::{Action, OperationId};
use plated::run::{Ending, Event, Item, Repair, State, Status, StopKind, apply};
use plated::units::Timestamp;
use std::cell::Cell;
use std::rc::Rc;

/// A case of the corpus on the rig with stations.
fn case(name: &str) -> Bench {
    let mut source = source("drill", &[], 1);
    source.rig = read("config/stations-rig.toml");
    let path = "profiles/plate-station.toml";
    source
        .profiles
        .insert(path.into(), read(&format!("config/{path}")));
    source.protocol.text = read(&format!("tests/cases/protocols/valid/{name}.toml")).text;
    Bench::new(source)
}

fn titled(state: &State, title: &str) -> OperationId {
    let found = state.plan.operations.iter().find(|o| o.title == title);
    found.unwrap_or_else(|| panic!("no operation {title}")).id
}

async fn left_out(desk: &Desk, title: &str) -> Option<String> {
    let operation = desk.state(|s| titled(s, title));
    desk.repair(Repair::Skip { operation }, "not today")
        .await
        .unwrap()
}

#[test]
fn of_a_run_that_has_just_been_planned_nothing_is_prevented() {
    for name in [
        "dose-series",
        "seal-spin-peel",
        "operator-brings-plates",
        "stamp-quadrant",
    ] {
        let bench = case(name);
        let (before, after) = bench.beginning();
        let mut state = State::new(&bench.rig);
        for event in before.iter().chain(&after) {
            apply(&mut state, event, Timestamp::from_us(0));
        }
        assert_eq!(state.prevented(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn what_a_well_that_was_not_filled_cannot_give_is_said_before_it_is_drawn() {
    let bench = case("dose-series");
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| async move {
        desk.until(|s| (s.actions_done >= 3).then_some(())).await;
        desk.stop(StopKind::Hold).await.unwrap();
        desk.wait(600).await;
        let prevents = left_out(&desk, "top doses").await.unwrap();
        assert!(prevents.contains("series doses"), "{prevents}");
        assert!(
            prevents.contains("plate doses A1 holds 0 uL, of which"),
            "{prevents}"
        );
        let refused = desk.stop(StopKind::Resume).await.unwrap_err();
        assert!(refused.contains("plate doses A1 holds 0 uL"), "{refused}");
        // Without the series, the wells that it would have drawn from are too full for the cells; without these all is well.
        left_out(&desk, "series doses").await;
        left_out(&desk, "cells doses").await;
        desk.stop(StopKind::Resume).await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    assert_eq!(state.skipped.len(), 3, "{:?}", state.skipped);
    bench.assert_sound();
}

#[test]
fn a_plate_that_is_not_brought_is_missed_by_everything_that_counts_on_it() {
    let bench = case("operator-brings-plates");
    let (ending, _) = bench.run_beside(true, Vec::new(), |desk| async move {
        desk.until(|s| (s.actions_done >= 3).then_some(())).await;
        desk.stop(StopKind::Hold).await.unwrap();
        desk.wait(600).await;
        let prevents = left_out(&desk, "bring").await.unwrap();
        assert!(prevents.contains("nothing stands at deck-5"), "{prevents}");
        left_out(&desk, "inoculate seed").await;
        let refused = desk.stop(StopKind::Resume).await.unwrap_err();
        assert!(refused.contains("plate stock is off the rig"), "{refused}");
        left_out(&desk, "away").await;
        desk.stop(StopKind::Resume).await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
}

/// Plates that were parked were taken to have left their places for good; what then was left out made room where they came
/// back to.
#[test]
fn what_is_parked_counts_as_where_it_comes_back_to() {
    let mut parked = 0;
    for actions in (10..60).step_by(7) {
        let bench = Bench::new(source("drill", &[], 1));
        let seen = Rc::new(Cell::new(false));
        let saw = Rc::clone(&seen);
        let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
            desk.until(|s| (s.actions_done >= actions).then_some(())).await;
            desk.stop(StopKind::Hold).await.unwrap();
            desk.wait(600).await;
            let places = desk.state(|s| s.belief.places.clone());
            if desk.stop(StopKind::Park).await.is_ok() {
                desk.wait(600).await;
                saw.set(desk.state(|s| s.belief.places != places));
            }
            let plate = places.keys().next().unwrap().clone();
            let sealed = desk.state(|s| s.belief.sealed.contains(&plate));
            let looked = desk.repair(Repair::Seal { plate, sealed }, "looked").await;
            assert_eq!(looked, Ok(None), "after {actions} actions");
            desk.stop(StopKind::Resume).await.unwrap();
        });
        assert_eq!(ending, Ending::Completed, "after {actions} actions");
        bench.assert_sound();
        parked += u32::from(seen.get());
    }
    assert!(parked > 1, "plates were parked at {parked} of the moments");
}

/// Pins that were in a well when their handler fell silent had "not" been in it; so they had once the run was ended then.
#[test]
fn a_dip_that_broke_off_leaves_a_doubt_until_it_is_done() {
    for again in [true, false] {
        let bench = Bench::new(pins::picking());
        let sim = bench.simulation.sim().clone();
        let mended = sim.clone();
        let mut planted = false;
        let deaf: Observer = Box::new(move |_, event, _| {
            if let Event::Intended { intent, .. } = event
                && let Action::DipPins { at, takes, .. } = &intent.action
                && at.labware.as_str() == "plate-96-flat"
                && takes.get() > 0
                && !std::mem::replace(&mut planted, true)
            {
                let sim = sim.clone();
                tokio::task::spawn_local(async move {
                    let pinned = |sim: &hardware_sim::Sim| {
                        let ledger = sim.ledger();
                        ledger
                            .iter()
                            .any(|e| matches!(e.event, hardware_sim::Event::Pin { .. }))
                    };
                    while !pinned(&sim) {
                        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                    }
                    sim.inject("handler", hardware_sim::Fault::Deaf { requests: 10_000 })
                        .unwrap();
                });
            }
        });
        let (ending, state) = bench.run_beside(true, vec![deaf], move |desk| async move {
            let question = desk.question_of(|q| q.prompt.is_none()).await;
            mended.inject("handler", hardware_sim::Fault::Mended).unwrap();
            let answer = if again { "retry" } else { "abort" };
            desk.answer(question.id, answer).await.unwrap();
        });
        let held = bench.simulation.sim().truth().plates["clones"].wells["A1"].net_nl;
        let (least, most) = state
            .volume_of(&Item::Plate("clones".into()), "A1".parse().unwrap())
            .unwrap();
        assert!(
            held >= least.get() as f64 - 10.0 && held <= most.get() as f64 + 10.0,
            "{held} nL, believed {least} to {most}"
        );
        if again {
            assert_eq!(ending, Ending::Completed);
            assert!(state.doubts.is_empty(), "{:?}", state.doubts);
            assert_eq!(least, most);
        } else {
            assert_eq!(ending, Ending::Aborted);
            assert!(held < 149_900.0, "the pins were not in it: {held} nL");
        }
        let over = |o: &plated::plan::Operation| state.status(o.id) == Status::Ended;
        assert_eq!(state.plan.operations.iter().all(over), again);
    }
}
