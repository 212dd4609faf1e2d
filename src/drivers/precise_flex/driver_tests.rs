use super::super::testing::{ENTRY, FakeArm};
use super::*;
use crate::drivers::testing::{Dice, Fault, Faults, carry_out, clock, intent, local, one_of, plug};
use crate::units::Duration;
use std::cell::RefCell;
use std::rc::Rc;

const PLATE: f64 = 85.5;

fn bench() -> (PreciseFlex, Rc<RefCell<FakeArm>>, Faults) {
    let arm = Rc::new(RefCell::new(FakeArm::at_rest()));
    arm.borrow_mut().plates.insert(1, PLATE);
    let faults = Faults::default();
    let line = plug(&arm, &faults, false, clock());
    let driver = PreciseFlex::new(&"arm".into(), &one_of(ENTRY), line, clock()).unwrap();
    (driver, arm, faults)
}

fn carry(from: &str, to: &str) -> Action {
    Action::MovePlate {
        plate: "assay-1".into(),
        from: from.into(),
        to: to.into(),
    }
}

async fn run(driver: &mut PreciseFlex, action: Action) -> Result<Done, Failure> {
    let intent = intent(driver, action).await?;
    driver.perform(&intent).await
}

fn said(arm: &Rc<RefCell<FakeArm>>) -> Vec<String> {
    let asked = |l: &&String| !["wherej", "wherec", "IsFullyClosed", "sysState"].contains(&l.as_str());
    arm.borrow().log.iter().filter(asked).cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn a_carry_is_these_lines_and_ends_at_another_rest_height() {
    local(async {
        let (mut driver, arm, _) = bench();
        let identity = driver.identify().await.unwrap();
        assert_eq!(identity.firmware.as_deref(), Some("v1.0.0"));
        run(&mut driver, carry("deck-1", "hotel-1")).await.unwrap();
        assert_eq!(arm.borrow().plates, BTreeMap::from([(2, PLATE)]));
        assert_eq!(
            said(&arm),
            [
                "mode 0",
                "version",
                "hp 1 20",
                "attach 1",
                "attach",
                "Speed 1 40.0",
                "GripOpenPos 130.0",
                "GripClosePos 80.0",
                "gripper 1",
                "locAngles 1 156.0 20.0 100.0 -40.0 130.0",
                "move 1 1",
                "locAngles 1 56.0 20.0 100.0 -40.0 130.0",
                "move 1 1",
                "gripper 2",
                "locAngles 1 156.0 20.0 100.0 -40.0 80.0",
                "move 1 1",
                "moveJ 1 300.0 0.0 180.0 -90.0 80.0",
                "locAngles 2 166.0 -60.0 90.0 10.0 80.0",
                "move 2 1",
                "locAngles 2 126.0 -60.0 90.0 10.0 80.0",
                "move 2 1",
                "gripper 1",
                "locAngles 2 166.0 -60.0 90.0 10.0 130.0",
                "move 2 1",
                "moveJ 1 298.0 0.0 180.0 -90.0 130.0",
            ]
        );
        // A place that was taught by x, y, z.
        run(&mut driver, carry("hotel-1", "reader")).await.unwrap();
        assert_eq!(arm.borrow().plates, BTreeMap::from([(3, PLATE)]));
        let log = said(&arm);
        assert!(
            log.iter()
                .any(|l| l == "locXyz 3 250.0 300.0 86.0 45.0 90.0 180.0"),
            "{log:?}"
        );
        assert!(log.iter().any(|l| l == "locConfig 3 2"));
        assert!((arm.borrow().joints[0] - 296.0).abs() < 0.1);
        assert_eq!((arm.borrow().grips, arm.borrow().releases), (2, 2));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_carried_is_refused_before_anything_moves() {
    local(async {
        let (mut driver, arm, _) = bench();
        let failure = driver.prepare(&carry("deck-1", "lid-1")).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
        assert!(failure.message.contains("instruments.arm.locations"), "{failure}");
        assert!(arm.borrow().log.is_empty());
        assert_eq!(
            driver.prepare(&Action::OpenTray).await.unwrap_err().kind,
            FailureKind::Unsupported
        );
        arm.borrow_mut().state = 15;
        let failure = driver.prepare(&carry("deck-1", "hotel-1")).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Interlock);
        assert!(failure.message.contains("emergency stop"), "{failure}");
        // Nobody left it there.
        let (mut driver, arm, _) = bench();
        arm.borrow_mut().joints[1] = 7.0;
        arm.borrow_mut().hold_still();
        let failure = driver.prepare(&carry("deck-1", "hotel-1")).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::NotHomed, Moved::No));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_nest_is_told_and_the_arm_comes_back() {
    local(async {
        let (mut driver, arm, _) = bench();
        arm.borrow_mut().plates.clear();
        let failure = run(&mut driver, carry("deck-1", "hotel-1")).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Mismatch, Moved::No));
        assert!(
            failure.message.contains("nothing to grip in the nest \"deck-1\""),
            "{failure}"
        );
        assert!(driver.clear_of(&"deck".into()).await.unwrap());
        arm.borrow_mut().plates.insert(1, PLATE);
        run(&mut driver, carry("deck-1", "hotel-1")).await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_arm_that_was_switched_off_is_homed_when_a_person_orders_it() {
    local(async {
        let (mut driver, arm, _) = bench();
        arm.borrow_mut().homed = false;
        let failure = run(&mut driver, carry("deck-1", "hotel-1")).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::NotHomed, Moved::No));
        run(&mut driver, Action::Home).await.unwrap();
        run(&mut driver, carry("deck-1", "hotel-1")).await.unwrap();
        assert_eq!(arm.borrow().plates, BTreeMap::from([(2, PLATE)]));
        // With something in the gripper it is not swung through the rig.
        arm.borrow_mut().hold(PLATE);
        let failure = driver.prepare(&Action::Home).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Interlock, Moved::No));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_became_of_a_carry_is_seen_at_the_arm() {
    local(async {
        // Where the host died: before the motion of this line (its n-th time) was answered.
        let cases = [
            ("gripper 1", 1, Some(false)),
            ("move 1", 1, Some(false)),
            ("move 1", 2, Some(false)),
            ("gripper 2", 1, None),
            ("moveJ", 1, None),
            ("move 2", 2, None),
            ("gripper 1", 2, Some(true)),
            ("move 2", 3, Some(true)),
            ("moveJ", 2, Some(true)),
        ];
        for (line, nth, expected) in cases {
            let (mut driver, arm, _) = bench();
            let action = intent(&mut driver, carry("deck-1", "hotel-1")).await.unwrap();
            let performing = async {
                let _ = driver.perform(&action).await;
            };
            let reached = async {
                loop {
                    let seen = said(&arm).iter().filter(|l| l.starts_with(line)).count();
                    if seen == nth {
                        return;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            };
            tokio::select! {
                biased;
                () = reached => {}
                () = performing => panic!("{line} was never said"),
            }
            // A new process, a new connection.
            let line_again = plug(&arm, &Faults::default(), false, clock());
            let mut driver = PreciseFlex::new(&"arm".into(), &one_of(ENTRY), line_again, clock()).unwrap();
            let evidence = Evidence::Measured;
            let settled = driver.settle(&action).await.unwrap();
            match expected {
                Some(true) => {
                    let done = Done::Plain;
                    assert_eq!(settled, Settled::Done { done, evidence }, "{line} {nth}");
                    assert_eq!(arm.borrow().plates, BTreeMap::from([(2, PLATE)]));
                    assert!(driver.clear_of(&"deck".into()).await.unwrap(), "{line} {nth}");
                }
                Some(false) => {
                    assert_eq!(settled, Settled::NotDone { evidence }, "{line} {nth}");
                    driver.perform(&action).await.unwrap();
                    assert_eq!(arm.borrow().plates, BTreeMap::from([(2, PLATE)]));
                }
                None => {
                    let Settled::Unknown { why } = settled else {
                        panic!("{line} {nth}: {settled:?}")
                    };
                    assert!(why.contains("holds something 85.5 mm wide"), "{why}");
                    // A person has it set down.
                    let down = Action::SetDown {
                        plate: "assay-1".into(),
                        to: "hotel-1".into(),
                    };
                    run(&mut driver, down).await.unwrap();
                    assert_eq!(arm.borrow().plates, BTreeMap::from([(2, PLATE)]));
                }
            }
            assert!(!arm.borrow().dropped);
            assert_eq!(
                (arm.borrow().grips, arm.borrow().releases),
                (1, 1),
                "{line} {nth}"
            );
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_motion_that_stops_short_is_a_fault_and_halting_is_the_arms_own() {
    local(async {
        let (mut driver, arm, _) = bench();
        arm.borrow_mut().blocked = true;
        let failure = run(&mut driver, carry("deck-1", "hotel-1")).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Fault, Moved::Unknown)
        );
        assert!(
            failure.message.contains("stopped short in `move 1 1`"),
            "{failure}"
        );
        driver.halt().await.unwrap();
        driver.alive().await.unwrap();
        let lost = driver.clear_of(&"deck".into()).await.unwrap_err();
        assert_eq!((lost.kind, lost.moved), (FailureKind::NotHomed, Moved::No));
        assert!(lost.message.contains("stands at none of its places"), "{lost}");
        let log = arm.borrow().log.clone();
        let halted = log.iter().position(|l| l == "halt").unwrap();
        assert_eq!(
            log[halted + 1],
            "version",
            "what answered the halt is not taken for anything else"
        );

        // What it holds and does not let go of.
        let (mut driver, arm, _) = bench();
        let action = intent(&mut driver, carry("deck-1", "hotel-1")).await.unwrap();
        arm.borrow_mut().stuck_open = true;
        let failure = driver.perform(&action).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Fault, Moved::Unknown)
        );
        assert!(failure.message.contains("`gripper 1`"), "{failure}");
        let Settled::Unknown { why } = driver.settle(&action).await.unwrap() else {
            panic!()
        };
        assert!(
            why.contains("at the nest \"hotel-1\"") && why.contains("holds something"),
            "{why}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn errors_are_told_in_words() {
    local(async {
        let cases = [
            (
                "attach",
                -1007,
                FailureKind::Refused,
                Moved::No,
                "another program",
            ),
            ("hp", -1028, FailureKind::Interlock, Moved::No, "emergency stop"),
            (
                "locAngles",
                -1012,
                FailureKind::Refused,
                Moved::Unknown,
                "leave its range",
            ),
            (
                "move",
                -3100,
                FailureKind::Fault,
                Moved::Unknown,
                "ran into something",
            ),
        ];
        for (what, code, kind, moved, words) in cases {
            let (mut driver, arm, _) = bench();
            let action = intent(&mut driver, carry("deck-1", "hotel-1")).await.unwrap();
            arm.borrow_mut().refuse = Some((what, code));
            let failure = driver.perform(&action).await.unwrap_err();
            assert_eq!((failure.kind, failure.moved), (kind, moved), "{what}: {failure}");
            assert!(failure.message.contains(words), "{failure}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn lids_are_gripped_at_their_own_heights() {
    local(async {
        let (mut driver, arm, _) = bench();
        let off = Action::RemoveLid {
            plate: "assay-1".into(),
            from: "deck-1".into(),
            to: "hotel-1".into(),
        };
        run(&mut driver, off).await.unwrap();
        let log = said(&arm);
        // 8 mm and 4 mm over the nest of the plate, 4 mm over that of the lid.
        assert!(log.iter().any(|l| l.starts_with("locAngles 1 62.0 ")), "{log:?}");
        assert!(log.iter().any(|l| l.starts_with("locAngles 2 124.0 ")));
        let on = Action::ReplaceLid {
            plate: "assay-1".into(),
            from: "hotel-1".into(),
            to: "deck-1".into(),
        };
        run(&mut driver, on).await.unwrap();
        assert_eq!(arm.borrow().plates, BTreeMap::from([(1, PLATE)]));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_at_any_line_of_a_carry_drops_no_plate() {
    local(async {
        let lines = {
            let (mut driver, arm, _) = bench();
            run(&mut driver, carry("deck-1", "hotel-1")).await.unwrap();
            let mut lines = arm.borrow().log.clone();
            lines.sort();
            lines.dedup();
            lines
        };
        for line in lines {
            for fault in [
                Fault::LoseReply,
                Fault::LoseRequest,
                Fault::Late(Duration::s(3)),
                Fault::Garble(b"0 garbled\r\n".to_vec()),
            ] {
                let (mut driver, arm, faults) = bench();
                faults.once(format!("{line}\n"), fault.clone());
                assert_eq!(
                    carry_out(&mut driver, &carry("deck-1", "hotel-1")).await,
                    Done::Plain
                );
                assert_eq!(
                    arm.borrow().plates,
                    BTreeMap::from([(2, PLATE)]),
                    "{line} {fault:?}"
                );
                assert!(!arm.borrow().dropped);
                assert_eq!(
                    (arm.borrow().grips, arm.borrow().releases),
                    (1, 1),
                    "{line} {fault:?}"
                );
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn carries_on_a_bad_line_take_place_once_each() {
    local(async {
        for seed in 1..=4 {
            let (mut driver, arm, faults) = bench();
            let mut dice = Dice(seed * 7919);
            for n in 0..20_u32 {
                let what = [
                    "move ",
                    "move 3",
                    "moveJ",
                    "gripper",
                    "wherej",
                    "locAngles",
                    "version",
                    "IsFully",
                ];
                let hit = what[usize::try_from(dice.roll(8)).unwrap()];
                match dice.fault() {
                    // A connection that breaks in the middle of a carry is for a person, or not: see above.
                    Some(Fault::Unplug) | None => {}
                    Some(fault) => faults.once(hit, fault),
                }
                let (from, to) = if n % 2 == 0 {
                    ("deck-1", "reader")
                } else {
                    ("reader", "deck-1")
                };
                assert_eq!(carry_out(&mut driver, &carry(from, to)).await, Done::Plain);
                let station = if n % 2 == 0 { 3 } else { 1 };
                assert_eq!(
                    arm.borrow().plates,
                    BTreeMap::from([(station, PLATE)]),
                    "seed {seed}"
                );
            }
            assert_eq!(
                (arm.borrow().grips, arm.borrow().releases),
                (20, 20),
                "seed {seed}"
            );
        }
    })
    .await;
}
