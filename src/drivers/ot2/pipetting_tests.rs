//! Air gaps, touched walls, blow-outs, dips, slow ways in and out, several strokes with one tip.

use super::super::fake_board::Board;
use super::tests::{aspirate, bench, dispense, drop_tips, pick_up, run, site, with_tips};
use super::*;
use crate::devices::{Done, Instrument, Settled};
use crate::devices::{Evidence, FailureKind, Moved};
use crate::drivers::testing::{Dice, Fault, carry_out, intent, local};
use crate::plan::Action;
use crate::plan::{Height, Offset, Travel};
use crate::units::Length;
use crate::units::{FlowRate, Speed, Volume};

const NOT_DONE: Settled = Settled::NotDone {
    evidence: Evidence::Commanded,
};
const DONE: Settled = Settled::Done {
    done: Done::Plain,
    evidence: Evidence::Commanded,
};

fn air_gap(volume: i64, holding: i64) -> Action {
    Action::AirGap {
        pipette: "p300-multi".into(),
        at: site("deck-7", "reservoir-1", 0),
        volume: Volume::nl(volume),
        holding: Volume::nl(holding),
        flow: FlowRate::nl_per_s(94_000),
        height: Height::FromTop(Length::um(2_000)),
    }
}

fn touch_tip(nest: &str, labware: &str) -> Action {
    Action::TouchTip {
        pipette: "p300-multi".into(),
        at: site(nest, labware, 0),
        height: Height::FromTop(Length::um(-1_000)),
    }
}

fn blow_out() -> Action {
    Action::BlowOut {
        pipette: "p300-multi".into(),
        at: site("deck-9", "plate-96-flat", 0),
        flow: FlowRate::nl_per_s(94_000),
        height: Height::FromTop(Length::um(-1_000)),
    }
}

/// With a tip that is full of nothing: the right mount's.
fn dip(x: i64, y: i64) -> Action {
    let offset = Offset {
        x: Length::um(x),
        y: Length::um(y),
    };
    Action::Dip {
        pipette: "p20-single".into(),
        at: site("deck-9", "plate-96-flat", 0).off(offset),
        height: Height::FromBottom(Length::um(3_000)),
    }
}

fn slowly(action: Action, submerge: i64, retract: i64) -> Action {
    let slow = Travel {
        submerge: Some(Speed::um_per_s(submerge)),
        retract: Some(Speed::um_per_s(retract)),
    };
    let mut action = action;
    if let Action::Aspirate { travel, .. } | Action::Dispense { travel, .. } = &mut action {
        *travel = slow;
    }
    action
}

/// What was sent since, but for questions.
fn sent(board: &Board, since: usize) -> String {
    board.said(since).join("\n")
}

async fn single_with_tip() -> (Ot2, super::tests::Shared, crate::drivers::testing::Faults) {
    let (mut driver, board, faults) = bench(3, false);
    driver.identify().await.unwrap();
    run(&mut driver, Action::Home).await.unwrap();
    let pick = Action::PickUpTips {
        pipette: "p20-single".into(),
        at: site("deck-2", "tiprack-20", 0),
    };
    run(&mut driver, pick).await.unwrap();
    (driver, board, faults)
}

#[tokio::test(start_paused = true)]
async fn the_new_actions_are_these_lines() {
    local(async {
        let (mut driver, board, _) = with_tips(3).await;
        let since = board.borrow().log.len();
        for action in [
            slowly(aspirate(200_000, 0, false), 5_000, 10_000),
            air_gap(20_000, 200_000),
            dispense(120_000, 220_000),
            slowly(dispense(100_000, 100_000), 50_000, 10_000),
            blow_out(),
            touch_tip("deck-9", "plate-96-flat"),
            aspirate(50_000, 0, false),
        ] {
            run(&mut driver, action).await.unwrap();
        }
        insta::assert_snapshot!(sent(&board.borrow(), since));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn several_strokes_with_one_tip_have_absolute_targets() {
    local(async {
        let (mut driver, board, _) = with_tips(3).await;
        let at = |nl| {
            Model::named("p300_multi_v2.1")
                .unwrap()
                .position(Volume::nl(nl))
                .unwrap()
                .get()
        };
        for (action, holds) in [
            (aspirate(100_000, 0, false), 100_000),
            (aspirate(60_000, 100_000, false), 160_000),
            (air_gap(10_000, 160_000), 170_000),
            (dispense(70_000, 170_000), 100_000),
            (dispense(30_000, 100_000), 70_000),
            (dispense(70_000, 70_000), 0),
        ] {
            run(&mut driver, action.clone()).await.unwrap();
            assert_eq!(board.borrow().at('B'), at(holds), "{action:?}");
        }
        let failure = driver
            .prepare(&aspirate(50_000, 50_000, false))
            .await
            .unwrap_err();
        assert!(failure.message.contains("drop the tips"), "{failure}");
        let failure = driver.prepare(&air_gap(301_000, 0)).await.unwrap_err();
        assert!(failure.message.contains("at most 300 uL"), "{failure}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn air_is_drawn_over_the_rim_only() {
    local(async {
        let (mut driver, board, _) = with_tips(3).await;
        let mut low = air_gap(20_000, 0);
        if let Action::AirGap { height, .. } = &mut low {
            *height = Height::FromTop(Length::um(-1));
        }
        let moves = board.borrow().count("G0");
        let failure = driver.prepare(&low).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
        assert!(failure.message.contains("over the rim of deck-7 A1"), "{failure}");
        assert_eq!(board.borrow().count("G0"), moves);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_air_gap_is_settled_like_an_aspirate() {
    local(async {
        for (fault, expected) in [(Fault::LoseReply, DONE), (Fault::LoseRequest, NOT_DONE)] {
            let (mut driver, board, faults) = with_tips(3).await;
            run(&mut driver, aspirate(200_000, 0, false)).await.unwrap();
            let gap = intent(&mut driver, air_gap(20_000, 200_000)).await.unwrap();
            faults.once("G0 F608", fault);
            assert_eq!(driver.perform(&gap).await.unwrap_err().moved, Moved::Unknown);
            assert_eq!(driver.settle(&gap).await.unwrap(), expected);
            let done = expected == DONE;
            assert_eq!(
                board.borrow().at('B') == gap.before.get("target_um").unwrap(),
                done
            );
            if !done {
                driver.perform(&gap).await.unwrap();
            }
            assert_eq!(driver.settle(&gap).await.unwrap(), DONE);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_blow_out_is_told_by_the_plunger_also_on_its_way_back_to_the_bottom() {
    local(async {
        let (mut driver, board, faults) = with_tips(3).await;
        run(&mut driver, aspirate(50_000, 0, false)).await.unwrap();
        run(&mut driver, dispense(50_000, 50_000)).await.unwrap();
        let blow = intent(&mut driver, blow_out()).await.unwrap();
        assert_eq!(driver.settle(&blow).await.unwrap(), NOT_DONE);
        faults.once("B-19", Fault::LoseReply);
        assert_eq!(driver.perform(&blow).await.unwrap_err().moved, Moved::Unknown);
        assert_eq!(driver.settle(&blow).await.unwrap(), DONE);
        assert_eq!(
            (board.borrow().at('B'), board.borrow().at('Z')),
            (-19_000, 170_000)
        );
        // The next aspirate brings it back to the bottom before it goes down; it has not begun there.
        let next = intent(&mut driver, aspirate(50_000, 0, false)).await.unwrap();
        assert_eq!(next.before.get("plunger_um"), Some(-19_000));
        faults.once("G0 X99", Fault::Unplug);
        assert_eq!(driver.perform(&next).await.unwrap_err().moved, Moved::No);
        assert_eq!(
            (board.borrow().at('B'), board.borrow().at('Z')),
            (-14_500, 57_880)
        );
        assert_eq!(driver.settle(&next).await.unwrap(), NOT_DONE);
        driver.perform(&next).await.unwrap();
        assert_eq!(driver.settle(&next).await.unwrap(), DONE);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_second_blow_out_in_a_row_harms_nothing() {
    local(async {
        let (mut driver, board, _) = with_tips(3).await;
        run(&mut driver, blow_out()).await.unwrap();
        run(&mut driver, blow_out()).await.unwrap();
        assert_eq!(board.borrow().at('B'), -19_000);
        run(&mut driver, drop_tips()).await.unwrap();
        let failure = driver.prepare(&blow_out()).await.unwrap_err();
        assert!(failure.message.contains("there are none on"), "{failure}");
        run(&mut driver, pick_up()).await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn walls_are_touched_half_a_millimetre_from_them_and_again_after_a_doubt() {
    local(async {
        let (mut driver, board, faults) = with_tips(3).await;
        let since = board.borrow().log.len();
        let touch = intent(&mut driver, touch_tip("deck-9", "plate-96-flat"))
            .await
            .unwrap();
        driver.perform(&touch).await.unwrap();
        // The well's diameter is 6.86 mm: 2.93 mm to each side of X 314.68, Y 222.94.
        let log = sent(&board.borrow(), since);
        for side in [
            "X317.61 Y222.94",
            "X311.75 Y222.94",
            "X314.68 Y225.87",
            "X314.68 Y220.01",
        ] {
            assert!(log.contains(side), "{side} in {log}");
        }
        assert_eq!(board.borrow().at('Z'), 170_000);
        assert_eq!(driver.settle(&touch).await.unwrap(), NOT_DONE);
        // Cut off at a wall: up first, then all of it again.
        faults.once("X311.75", Fault::Unplug);
        let failure = driver.perform(&touch).await.unwrap_err();
        assert_eq!(failure.moved, Moved::No, "{failure}");
        assert_eq!(driver.settle(&touch).await.unwrap(), NOT_DONE);
        let since = board.borrow().log.len();
        driver.perform(&touch).await.unwrap();
        assert!(
            sent(&board.borrow(), since).starts_with("G0 Z170 G0 X"),
            "{}",
            sent(&board.borrow(), since)
        );
        // Eight channels in a trough: 71.2 mm wide, the outer ones 31.5 mm from the middle.
        let since = board.borrow().log.len();
        run(&mut driver, touch_tip("deck-7", "reservoir-1"))
            .await
            .unwrap();
        let log = sent(&board.borrow(), since);
        assert!(
            log.contains("X152.08 Y222.94") && log.contains("X99.18 Y226.54"),
            "{log}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_dip_is_told_by_the_lift_and_never_done_twice_on_a_guess() {
    local(async {
        for (fault, expected) in [(Fault::LoseReply, DONE), (Fault::LoseRequest, NOT_DONE)] {
            let (mut driver, board, faults) = single_with_tip().await;
            let first = intent(&mut driver, dip(10_500, -4_000)).await.unwrap();
            assert_eq!(driver.settle(&first).await.unwrap(), NOT_DONE, "before it began");
            faults.once("G0 F1200", fault);
            assert_eq!(driver.perform(&first).await.unwrap_err().moved, Moved::Unknown);
            assert_eq!(driver.settle(&first).await.unwrap(), expected);
            if expected == NOT_DONE {
                driver.perform(&first).await.unwrap();
            }
            assert_eq!(
                driver.settle(&first).await.unwrap(),
                DONE,
                "and it is told for good"
            );
            assert_eq!(board.borrow().at('X'), 291_180);
            assert_eq!(board.borrow().at('Y'), 250_440);
            // A second one ends at another height, so that the first is not taken for it.
            let second = intent(&mut driver, dip(0, 0)).await.unwrap();
            assert_ne!(second.before.get("target_um"), first.before.get("target_um"));
            assert_eq!(driver.settle(&second).await.unwrap(), NOT_DONE);
            driver.perform(&second).await.unwrap();
            assert_eq!(driver.settle(&second).await.unwrap(), DONE);
            assert_eq!(board.borrow().count("G0 F1200"), 2);
            run(&mut driver, Action::Park).await.unwrap();
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_dip_that_was_cut_short_is_asked_of_a_person() {
    local(async {
        let (mut driver, _, faults) = single_with_tip().await;
        let first = intent(&mut driver, dip(0, 0)).await.unwrap();
        faults.once("G0 F1200", Fault::PowerCut);
        assert_eq!(driver.perform(&first).await.unwrap_err().moved, Moved::Unknown);
        assert!(matches!(
            driver.settle(&first).await.unwrap(),
            Settled::Unknown { .. }
        ));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_touched_or_dipped_with_bare_nozzles() {
    local(async {
        let (mut driver, board, _) = with_tips(3).await;
        run(&mut driver, drop_tips()).await.unwrap();
        let moves = board.borrow().count("G0");
        for action in [touch_tip("deck-9", "plate-96-flat"), dip(0, 0)] {
            let failure = driver.prepare(&action).await.unwrap_err();
            assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
            assert!(failure.message.contains("there are none on"), "{failure}");
        }
        assert_eq!(board.borrow().count("G0"), moves);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn slow_ways_out_are_made_up_for_after_a_lost_answer() {
    local(async {
        let (mut driver, board, faults) = with_tips(3).await;
        let stroke = slowly(aspirate(200_000, 0, false), 5_000, 10_000);
        let stroke = intent(&mut driver, stroke).await.unwrap();
        faults.once("B7.502", Fault::LoseReply);
        driver.perform(&stroke).await.unwrap_err();
        let since = board.borrow().log.len();
        assert_eq!(driver.settle(&stroke).await.unwrap(), DONE);
        assert_eq!(
            sent(&board.borrow(), since),
            "version\nG0 F600 G0 Z60.88 G0 F24000 G0 Z170"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_dwell_is_not_the_handlers() {
    local(async {
        let (mut driver, _, _) = with_tips(3).await;
        let dwell = Action::Dwell {
            duration: crate::units::Duration::s(1),
        };
        let failure = driver.prepare(&dwell).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Unsupported, Moved::No)
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn on_a_bad_wire_each_takes_place_once() {
    local(async {
        for seed in 1..=3 {
            let (mut driver, board, faults) = with_tips(3).await;
            let mut dice = Dice(seed * 104_729);
            for round in 0..25 {
                let round_of = [
                    aspirate(100_000, 0, false),
                    air_gap(20_000, 100_000),
                    touch_tip("deck-9", "plate-96-flat"),
                    dispense(70_000, 120_000),
                    dispense(50_000, 50_000),
                    blow_out(),
                ];
                for action in round_of {
                    let what = ["G0 F608", "M114.2", "M400", "G28.6", "G0 Z", "G0 X", "G0 B"];
                    let hit = what[usize::try_from(dice.roll(7)).unwrap()];
                    if let Some(fault) = dice.fault() {
                        faults.once(hit, fault);
                    }
                    assert_eq!(carry_out(&mut driver, &action).await, Done::Plain, "{action:?}");
                }
                let strokes = board.borrow().count("G0 F608");
                assert_eq!(strokes, 5 * (round + 1), "seed {seed}");
                assert_eq!(board.borrow().at('B'), -19_000, "seed {seed}");
            }
        }
    })
    .await;
}
