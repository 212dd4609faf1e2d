use super::super::fake_board::Board;
use super::*;
use crate::devices::{Done, Failure, Instrument, Settled};
use crate::devices::{Evidence, FailureKind, Moved};
use crate::drivers::testing::{Dice, Fault, Faults, carry_out, clock, intent, library, local, plug, rig};
use crate::labware::Well;
use crate::link::Line;
use crate::plan::Action;
use crate::plan::{Height, Site, Travel};
use crate::units::Length;
use crate::units::{Duration, FlowRate, Volume};
use std::cell::RefCell;
use std::rc::Rc;

pub(super) type Shared = Rc<RefCell<Board>>;

/// A driver on a controller that answers with so many `ok`s for the terminator's empty lines.
pub(super) fn bench(blanks: usize, dribble: bool) -> (Ot2, Shared, Faults) {
    let board = Rc::new(RefCell::new(Board::new(blanks)));
    let faults = Faults::default();
    let line = plug(&board, &faults, dribble, clock());
    let driver = Ot2::new(&"handler".into(), &rig(), &library(), line).unwrap();
    (driver, board, faults)
}

pub(super) fn site(nest: &str, labware: &str, column: u8) -> Site {
    Site::new(nest.into(), labware, Well::new(0, column))
}

pub(super) fn pick_up() -> Action {
    Action::PickUpTips {
        pipette: "p300-multi".into(),
        at: site("deck-1", "tiprack-300", 0),
    }
}

pub(super) fn drop_tips() -> Action {
    Action::DropTips {
        pipette: "p300-multi".into(),
        at: site("deck-12", "waste-bin", 0),
    }
}

pub(super) fn aspirate(volume: i64, holding: i64, stay: bool) -> Action {
    Action::Aspirate {
        pipette: "p300-multi".into(),
        at: site("deck-7", "reservoir-1", 0),
        volume: Volume::nl(volume),
        holding: Volume::nl(holding),
        flow: FlowRate::nl_per_s(94_000),
        height: Height::FromBottom(Length::um(1_000)),
        stay,
        travel: Travel::default(),
    }
}

pub(super) fn dispense(volume: i64, holding: i64) -> Action {
    Action::Dispense {
        pipette: "p300-multi".into(),
        at: site("deck-9", "plate-96-flat", 0),
        volume: Volume::nl(volume),
        holding: Volume::nl(holding),
        flow: FlowRate::nl_per_s(94_000),
        height: Height::FromTop(Length::um(-1_000)),
        stay: false,
        travel: Travel::default(),
    }
}

pub(super) async fn run(driver: &mut Ot2, action: Action) -> Result<Done, Failure> {
    let intent = intent(driver, action).await?;
    driver.perform(&intent).await
}

/// Homed, with tips on.
pub(super) async fn with_tips(blanks: usize) -> (Ot2, Shared, Faults) {
    let (mut driver, board, faults) = bench(blanks, false);
    driver.identify().await.unwrap();
    run(&mut driver, Action::Home).await.unwrap();
    run(&mut driver, pick_up()).await.unwrap();
    (driver, board, faults)
}

#[tokio::test(start_paused = true)]
async fn a_transfer_is_these_lines_on_boards_with_two_and_four_oks_and_on_a_slow_wire() {
    local(async {
        let mut logs = Vec::new();
        for (blanks, dribble) in [(1, false), (3, false), (3, true)] {
            let (mut driver, board, _) = bench(blanks, dribble);
            let who = driver.identify().await.unwrap();
            assert_eq!(who.firmware.as_deref(), Some("edge-66ec883NOMSD"));
            assert_eq!(who.serial.as_deref(), Some("P20SV222026100102+P3HMV212026100101"));
            run(&mut driver, Action::Home).await.unwrap();
            board.borrow_mut().log.clear();
            for action in [
                pick_up(),
                aspirate(200_000, 0, false),
                dispense(200_000, 200_000),
                drop_tips(),
                Action::Park,
            ] {
                run(&mut driver, action).await.unwrap();
            }
            assert!(driver.clear_of(&"deck".into()).await.unwrap());
            logs.push(board.borrow().said(0));
        }
        assert_eq!(logs[0], logs[1]);
        assert_eq!(logs[0], logs[2]);
        insta::assert_snapshot!(logs[0].join("\n"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_settled_by_the_plunger_and_the_line_is_never_sent_twice() {
    local(async {
        for blanks in [1, 3] {
            let (mut driver, board, faults) = with_tips(blanks).await;
            faults.once("B7.502", Fault::LoseReply);
            let stroke = intent(&mut driver, aspirate(200_000, 0, false)).await.unwrap();
            assert_eq!(stroke.before.get("plunger_um"), Some(-14_500));
            assert_eq!(stroke.before.get("target_um"), Some(7_202));
            let failure = driver.perform(&stroke).await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.moved),
                (FailureKind::NoAnswer, Moved::Unknown),
                "{failure}"
            );
            let settled = driver.settle(&stroke).await.unwrap();
            assert_eq!(
                settled,
                Settled::Done {
                    done: Done::Plain,
                    evidence: Evidence::Commanded
                }
            );
            assert_eq!(board.borrow().count("B7.502"), 1);
            assert_eq!(
                board.borrow().at('Z'),
                170_000,
                "settling raises the tips out of the well"
            );
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_is_settled_as_not_done() {
    local(async {
        let (mut driver, board, faults) = with_tips(3).await;
        faults.once("B7.502", Fault::LoseRequest);
        let stroke = intent(&mut driver, aspirate(200_000, 0, false)).await.unwrap();
        assert_eq!(driver.perform(&stroke).await.unwrap_err().moved, Moved::Unknown);
        let settled = driver.settle(&stroke).await.unwrap();
        assert_eq!(
            settled,
            Settled::NotDone {
                evidence: Evidence::Commanded
            }
        );
        assert_eq!(
            driver.perform(&stroke).await,
            Ok(Done::Plain),
            "it may be performed then"
        );
        assert_eq!(board.borrow().at('B'), 7_202);
        assert_eq!(board.borrow().count("B7.502"), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn after_an_alarm_or_a_power_cut_nobody_claims_to_know() {
    local(async {
        for fault in [Fault::Alarm, Fault::PowerCut] {
            let (mut driver, board, faults) = with_tips(3).await;
            faults.once("B7.502", fault.clone());
            let stroke = intent(&mut driver, aspirate(200_000, 0, false)).await.unwrap();
            let failure = driver.perform(&stroke).await.unwrap_err();
            assert_eq!(failure.moved, Moved::Unknown);
            if fault == Fault::Alarm {
                assert!(failure.message.contains("Hard limit +B"), "{failure}");
            }
            assert!(matches!(
                driver.settle(&stroke).await.unwrap(),
                Settled::Unknown { .. }
            ));
            let refused = driver.prepare(&aspirate(1_000, 0, false)).await.unwrap_err();
            assert_eq!(refused.moved, Moved::No);
            assert!(refused.message.contains("home it first"), "{refused}");
            assert_eq!(board.borrow().count("B7.502"), 1);
            run(&mut driver, Action::Home).await.unwrap();
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_target_changed_on_the_wire_is_noticed() {
    local(async {
        let (mut driver, _, faults) = with_tips(3).await;
        faults.once("B7.502", Fault::Change("B7.202".into(), "B3.202".into()));
        let stroke = intent(&mut driver, aspirate(200_000, 0, false)).await.unwrap();
        assert_eq!(driver.perform(&stroke).await.unwrap_err().moved, Moved::Unknown);
        let Settled::Unknown { why } = driver.settle(&stroke).await.unwrap() else {
            panic!()
        };
        assert!(why.contains("3202 um"), "{why}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_not_taken_for_the_next_ones() {
    local(async {
        let (mut driver, _, faults) = with_tips(1).await;
        // The position as it was comes 62.5 s after it was asked, behind the time allowed.
        faults.once("M114.2", Fault::Late(Duration::ms(62_500)));
        let stroke = intent(&mut driver, aspirate(50_000, 0, false)).await.unwrap();
        assert_eq!(driver.perform(&stroke).await, Ok(Done::Plain));
        let at = stroke.before.get("target_um").unwrap();
        let next = intent(&mut driver, dispense(50_000, 50_000)).await.unwrap();
        assert_eq!(next.before.get("plunger_um"), Some(at));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn garbled_reads_are_asked_again_and_a_replugged_cable_is_found_out() {
    local(async {
        let (mut driver, board, faults) = with_tips(3).await;
        faults.once(
            "M114.2",
            Fault::Garble(b"ok MCS: X:4\xFF8.0 garbage\r\n".to_vec()),
        );
        faults.once("G28.6", Fault::Garble(b"X:0 Y:1 Z:1\r\nok\r\nok\r\n".to_vec()));
        let stroke = intent(&mut driver, aspirate(200_000, 0, false)).await.unwrap();
        faults.once("B7.502", Fault::Unplug);
        let failure = driver.perform(&stroke).await.unwrap_err();
        assert_eq!(failure.moved, Moved::Unknown);
        let asked = board.borrow().count("M369 L");
        let settled = driver.settle(&stroke).await.unwrap();
        assert!(matches!(settled, Settled::Done { .. }));
        assert_eq!(
            board.borrow().count("M369 L"),
            asked + 1,
            "who is at the other end is asked again"
        );
        assert_eq!(board.borrow().count("B7.502"), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn another_robot_behind_the_same_port_is_refused() {
    local(async {
        let (mut driver, board, faults) = with_tips(3).await;
        board
            .borrow_mut()
            .memory
            .insert("M369 L".into(), "P3HMV219999999999".into());
        faults.once("M400", Fault::Unplug);
        let failure = driver.prepare(&aspirate(200_000, 0, false)).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Mismatch, Moved::No),
            "{failure}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_pipette_that_the_rig_does_not_name_is_refused() {
    local(async {
        let (mut driver, board, _) = bench(3, false);
        board
            .borrow_mut()
            .memory
            .insert("M371 L".into(), "p300_multi_v2.0".into());
        let failure = driver.identify().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Mismatch);
        assert!(failure.message.contains("p300_multi_v2.0") && failure.message.contains("p300_multi_v2.1"));
        board.borrow_mut().memory.remove("M371 L");
        let failure = driver.identify().await.unwrap_err();
        assert!(failure.message.contains("no L instrument found"), "{failure}");
        // Only who says so goes without the comparison.
        let mut driver = driver.without_pipette_check();
        assert_eq!(driver.identify().await.unwrap().serial, None);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_plunger_that_is_not_where_the_plan_has_it_is_refused_with_the_fix() {
    local(async {
        let (mut driver, board, _) = with_tips(3).await;
        let failure = driver.prepare(&dispense(50_000, 100_000)).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
        assert!(failure.message.contains("drop the tips"), "{failure}");
        let failure = driver.prepare(&pick_up()).await.unwrap_err();
        assert!(failure.message.contains("as if tips were on"), "{failure}");
        let failure = driver.prepare(&aspirate(301_000, 0, false)).await.unwrap_err();
        assert!(failure.message.contains("at most 300 uL"), "{failure}");
        run(&mut driver, drop_tips()).await.unwrap();
        let failure = driver.prepare(&drop_tips()).await.unwrap_err();
        assert!(failure.message.contains("there are none on"), "{failure}");
        let moves = board.borrow().count("G0");
        assert!(driver.prepare(&pick_up()).await.is_ok());
        assert_eq!(board.borrow().count("G0"), moves, "preparing moves nothing");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_mix_stroke_stays_in_its_well() {
    local(async {
        let (mut driver, board, _) = with_tips(3).await;
        run(&mut driver, aspirate(50_000, 0, true)).await.unwrap();
        let down = board.borrow().at('Z');
        assert!(down < 100_000);
        let moves = board.borrow().count("G0 X");
        run(&mut driver, aspirate(50_000, 50_000, true)).await.unwrap();
        assert_eq!(
            (board.borrow().at('Z'), board.borrow().count("G0 X")),
            (down, moves)
        );
        assert!(!driver.clear_of(&"deck".into()).await.unwrap());
        run(&mut driver, dispense(100_000, 100_000)).await.unwrap();
        assert_eq!(board.borrow().at('Z'), 170_000);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_halt_reaches_the_board_and_nothing_moves_until_it_is_homed() {
    local(async {
        let (mut driver, board, _) = with_tips(3).await;
        driver.halt().await.unwrap();
        let failure = driver.prepare(&aspirate(50_000, 0, false)).await.unwrap_err();
        assert!(failure.message.contains("home it first"), "{failure}");
        assert!(board.borrow().halted);
        run(&mut driver, Action::Home).await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_port_is_given_up_with_one_clear_sentence() {
    local(async {
        let (ours, _theirs) = tokio::io::duplex(64);
        let line = Line::over(ours, crate::link::Settings::at("/dev/ttyAMA0"), clock());
        let mut driver = Ot2::new(&"handler".into(), &rig(), &library(), line).unwrap();
        let failure = driver.identify().await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::NoAnswer, Moved::No));
        assert_eq!(
            failure.message,
            "the motor controller of \"handler\" does not answer: no answer from /dev/ttyAMA0; is the robot switched on?"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_strokes_on_a_bad_wire_take_place_once_each() {
    local(async {
        for seed in 1..=4 {
            let (mut driver, board, faults) = with_tips(if seed % 2 == 0 { 1 } else { 3 }).await;
            let mut dice = Dice(seed * 7919);
            let before = board.borrow().count("G0 F608");
            for n in 0..100_i64 {
                let what = ["G0 F608", "M114.2", "M400", "G28.6", "G0 Z", "G0 X"];
                let hit = what[usize::try_from(dice.roll(6)).unwrap()];
                if let Some(fault) = dice.fault() {
                    faults.once(hit, fault);
                }
                let (full, empty) = (150_000, 0);
                let action = if n % 2 == 0 {
                    aspirate(full, empty, false)
                } else {
                    dispense(full, full)
                };
                assert_eq!(carry_out(&mut driver, &action).await, Done::Plain);
                let at = board.borrow().at('B');
                assert!((at == -14_500) == (n % 2 == 1), "seed {seed}, stroke {n}: {at}");
            }
            assert_eq!(board.borrow().count("G0 F608") - before, 100, "seed {seed}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn flags_that_come_later_than_every_wait_are_not_those_of_now() {
    local(async {
        let (mut driver, board, faults) = with_tips(3).await;
        // Said before the power cut, heard after it.
        faults.once("G28.6", Fault::Late(Duration::ms(3_500)));
        let cut = async {
            tokio::time::sleep(std::time::Duration::from_millis(6_000)).await;
            board.borrow_mut().power_cycle();
        };
        let (state, ()) = tokio::join!(driver.known_state(), cut);
        let asked_after_the_cut = driver.known_state().await.unwrap();
        assert!(!asked_after_the_cut.homed);
        // Whatever was heard meanwhile was asked for and said in this order.
        let log = board.borrow().log.clone();
        let lost = log.iter().rposition(|l| l == "version").unwrap();
        assert!(log[lost + 1..].iter().any(|l| l == "G28.6"), "{state:?}: {log:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_board_that_was_halted_and_says_nothing_can_be_met() {
    local(async {
        let (mut driver, board, faults) = bench(3, false);
        board.borrow_mut().halted = true;
        faults.once(
            "version",
            Fault::Garble(b"error:Alarm lock\nok\r\nok\r\nok\r\n".to_vec()),
        );
        driver.identify().await.unwrap();
        assert!(!board.borrow().halted);
    })
    .await;
}
