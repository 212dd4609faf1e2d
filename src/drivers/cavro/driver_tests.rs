//! The driver against a pump of a few lines, on a wire that loses and garbles.

use super::*;
use crate::drivers::cavro::testing::{FakePump, OemPump, probe_rig};
use crate::drivers::testing::{Dice, Fault, Faults, carry_out, clock, intent, local, plug};
use crate::labware::Well;
use crate::plan::Site;
use std::cell::RefCell;
use std::rc::Rc;

fn site() -> Site {
    Site::new("deck-9".into(), "plate-96-flat", Well::new(0, 0))
}

fn draw(volume: i64, holding: i64) -> Action {
    Action::Draw {
        pump: "pump".into(),
        probe: "needle".into(),
        at: Some(site()),
        volume: Volume::nl(volume),
        holding: Volume::nl(holding),
        flow: FlowRate::nl_per_s(150_000),
        air: false,
    }
}

fn expel(volume: i64, holding: i64) -> Action {
    Action::Expel {
        pump: "pump".into(),
        probe: "needle".into(),
        at: site(),
        volume: Volume::nl(volume),
        holding: Volume::nl(holding),
        flow: FlowRate::nl_per_s(150_000),
    }
}

fn home() -> Action {
    Action::PumpHome { pump: "pump".into() }
}

fn bench() -> (Cavro, Rc<RefCell<FakePump>>, Faults) {
    let pump = Rc::new(RefCell::new(FakePump {
        initialised: true,
        ..FakePump::default()
    }));
    let faults = Faults::default();
    let line = plug(&pump, &faults, false, clock());
    let driver = Cavro::new(&InstrumentId::new("pump"), &probe_rig(), line, clock()).unwrap();
    (driver, pump, faults)
}

#[tokio::test(start_paused = true)]
async fn strokes_are_absolute_and_checked() {
    local(async {
        let (mut driver, pump, _) = bench();
        assert_eq!(
            driver.identify().await.unwrap().firmware.as_deref(),
            Some("737230 A")
        );
        pump.borrow_mut().initialised = false;
        let failure = driver.prepare(&draw(100_000, 0)).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::NotHomed, Moved::No));
        carry_out(&mut driver, &home()).await;
        carry_out(&mut driver, &draw(100_000, 0)).await;
        carry_out(&mut driver, &draw(50_000, 100_000)).await;
        carry_out(&mut driver, &expel(150_000, 150_000)).await;
        assert_eq!(
            pump.borrow().strokes,
            [('O', 0, 300), ('O', 300, 450), ('O', 450, 0)]
        );
        // Half increments a second: 150 uL/s of 1 mL in 3000.
        assert_eq!(driver.stroke(&draw(100_000, 0)).unwrap().line, "V900OA300R");
        // Not where the plan says; past the stroke; too small to tell.
        for action in [expel(10_000, 20_000), draw(1_000_000, 1_000), draw(300, 0)] {
            let failure = driver.prepare(&action).await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.moved),
                (FailureKind::Refused, Moved::No),
                "{failure}"
            );
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_the_plungers_position() {
    local(async {
        for (fault, done) in [
            (Fault::LoseReply, true),
            (Fault::LoseRequest, false),
            (Fault::Garble(b"/0\x60".to_vec()), true),
            (Fault::Late(Duration::ms(700)), true),
            // A flipped bit makes a refusal of an acceptance.
            (Fault::Garble(b"/0\x42\x03\r\n".to_vec()), true),
        ] {
            let (mut driver, pump, faults) = bench();
            let intent = intent(&mut driver, draw(100_000, 0)).await.unwrap();
            faults.once("A300R", fault.clone());
            let failure = driver.perform(&intent).await.unwrap_err();
            assert_eq!(failure.moved, Moved::Unknown, "{fault:?}");
            let settled = driver.settle(&intent).await.unwrap();
            match settled {
                Settled::Done { evidence, .. } => {
                    assert!(done && evidence == Evidence::Commanded, "{fault:?}")
                }
                Settled::NotDone { .. } => assert!(!done, "{fault:?}"),
                Settled::Unknown { why } => panic!("{fault:?}: {why}"),
            }
            assert_eq!(pump.borrow().strokes.len(), usize::from(done), "{fault:?}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn after_power_loss_and_after_a_stall_nothing_is_claimed() {
    local(async {
        // An expel to zero: the position of a pump that has just been switched on is zero, too.
        let (mut driver, pump, faults) = bench();
        carry_out(&mut driver, &draw(100_000, 0)).await;
        let expelling = intent(&mut driver, expel(100_000, 100_000)).await.unwrap();
        faults.once("A0R", Fault::PowerCut);
        assert_eq!(
            driver.perform(&expelling).await.unwrap_err().moved,
            Moved::Unknown
        );
        let settled = driver.settle(&expelling).await.unwrap();
        assert!(
            matches!(&settled, Settled::Unknown { why } if why.contains("switched off")),
            "{settled:?}"
        );

        let (mut driver, stalled, _) = bench();
        let drawing = intent(&mut driver, draw(100_000, 0)).await.unwrap();
        stalled.borrow_mut().stall_at = Some(120);
        let failure = driver.perform(&drawing).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Fault, Moved::Unknown)
        );
        assert!(failure.message.contains("overloaded"), "{failure}");
        let settled = driver.settle(&drawing).await.unwrap();
        assert!(
            matches!(&settled, Settled::Unknown { why } if why.contains("120")),
            "{settled:?}"
        );
        drop(pump);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn on_a_bad_wire_every_stroke_takes_place_once() {
    local(async {
        for seed in 1..=40 {
            let (mut driver, pump, faults) = bench();
            let mut dice = Dice(seed * 7919);
            let mut expected = Vec::new();
            let mut held = 0;
            for _ in 0..8 {
                if let Some(fault) = dice.fault() {
                    let at = ["Q", "?", "R", "?6"][usize::try_from(dice.roll(4)).unwrap()];
                    faults.once(at, fault);
                }
                let (action, to) = if held == 0 {
                    (draw(100_000, 0), 100_000)
                } else {
                    (expel(100_000, 100_000), 0)
                };
                expected.push(('O', held * 3 / 1000, to * 3 / 1000));
                carry_out(&mut driver, &action).await;
                held = to;
            }
            assert_eq!(pump.borrow().strokes, expected, "seed {seed}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_valve_that_turned_the_other_way_is_seen() {
    local(async {
        // A flipped bit on the way: the string is another, and still a string.
        let (mut driver, pump, faults) = bench();
        let intent = intent(&mut driver, draw(100_000, 0)).await.unwrap();
        faults.once("A300R", Fault::Change("O".into(), "I".into()));
        let failure = driver.perform(&intent).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Fault, Moved::Unknown),
            "{failure}"
        );
        assert!(
            failure.message.contains("the bottle instead of the probe"),
            "{failure}"
        );
        assert!(matches!(
            driver.settle(&intent).await.unwrap(),
            Settled::Unknown { .. }
        ));
        assert_eq!(pump.borrow().strokes, [('I', 0, 300)]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_error_that_the_pump_tells_once_is_not_lost_on_whoever_asks_whether_it_is_there() {
    local(async {
        let (mut driver, pump, faults) = bench();
        driver.identify().await.unwrap();
        let stroke = intent(&mut driver, draw(500_000, 0)).await.unwrap();
        // It stalls where it stood, and its answer is lost.
        pump.borrow_mut().stall_at = Some(0);
        pump.borrow_mut().tells_once = true;
        faults.once("A1500R", Fault::LoseReply);
        let failure = driver.perform(&stroke).await.unwrap_err();
        assert_eq!(failure.moved, Moved::Unknown);
        // A heartbeat, while nobody uses it.
        driver.alive().await.unwrap();
        let settled = driver.settle(&stroke).await.unwrap();
        let Settled::Unknown { why } = settled else {
            panic!("{settled:?}");
        };
        assert!(why.contains("reports"), "{why}");
    })
    .await;
}

fn oem_bench() -> (Cavro, Rc<RefCell<OemPump>>, Faults) {
    let mut pump = OemPump::default();
    pump.pump.initialised = true;
    let pump = Rc::new(RefCell::new(pump));
    let faults = Faults::default();
    let line = plug(&pump, &faults, false, clock());
    let mut rig = probe_rig();
    let entry = rig.instruments.get_mut(&InstrumentId::new("pump")).unwrap();
    if let crate::rig::Link::Serial { manner, .. } = &mut entry.link {
        manner.oem = true;
    }
    let driver = Cavro::new(&InstrumentId::new("pump"), &rig, line, clock()).unwrap();
    (driver, pump, faults)
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_in_oem_frames_is_made_good_at_once_and_the_stroke_takes_place_once() {
    local(async {
        for (fault, repeated) in [
            (Fault::LoseReply, 1),
            (Fault::LoseRequest, 0),
            (Fault::Garble(b"\x020\x42\x03\x71".to_vec()), 1),
            (Fault::Late(Duration::ms(700)), 1),
        ] {
            let (mut driver, pump, faults) = oem_bench();
            let stroke = intent(&mut driver, draw(100_000, 0)).await.unwrap();
            faults.once("A300R", fault.clone());
            assert_eq!(driver.perform(&stroke).await.unwrap(), Done::Plain, "{fault:?}");
            assert_eq!(pump.borrow().pump.strokes, [('O', 0, 300)], "{fault:?}");
            assert_eq!(pump.borrow().repeated, repeated, "{fault:?}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn oem_frames_that_are_never_acknowledged_leave_it_to_the_plungers_position() {
    local(async {
        for (fault, done) in [(Fault::LoseReply, true), (Fault::LoseRequest, false)] {
            let (mut driver, pump, faults) = oem_bench();
            let stroke = intent(&mut driver, draw(100_000, 0)).await.unwrap();
            for _ in 0..4 {
                faults.once("A300R", fault.clone());
            }
            let failure = driver.perform(&stroke).await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.moved),
                (FailureKind::NoAnswer, Moved::Unknown)
            );
            let settled = driver.settle(&stroke).await.unwrap();
            assert_eq!(matches!(settled, Settled::Done { .. }), done, "{settled:?}");
            assert_eq!(pump.borrow().pump.strokes.len(), usize::from(done));
        }
        // A connection that broke is no place for a frame of the one before.
        let (mut driver, pump, faults) = oem_bench();
        let stroke = intent(&mut driver, draw(100_000, 0)).await.unwrap();
        faults.once("A300R", Fault::LoseReply);
        faults.once("A300R", Fault::Unplug);
        let failure = driver.perform(&stroke).await.unwrap_err();
        assert_eq!(failure.moved, Moved::Unknown);
        assert!(matches!(
            driver.settle(&stroke).await.unwrap(),
            Settled::Done { .. }
        ));
        assert_eq!(pump.borrow().pump.strokes.len(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn in_oem_frames_on_a_bad_wire_every_stroke_takes_place_once() {
    local(async {
        for seed in 1..=40 {
            let (mut driver, pump, faults) = oem_bench();
            let mut dice = Dice(seed * 104_729);
            let (mut expected, mut held) = (Vec::new(), 0);
            for _ in 0..8 {
                if let Some(fault) = dice.fault() {
                    let at = ["Q", "?", "R", "?6"][usize::try_from(dice.roll(4)).unwrap()];
                    faults.once(at, fault);
                }
                let (action, to) = match held {
                    0 => (draw(100_000, 0), 100_000),
                    _ => (expel(100_000, 100_000), 0),
                };
                expected.push(('O', held * 3 / 1000, to * 3 / 1000));
                carry_out(&mut driver, &action).await;
                held = to;
            }
            assert_eq!(pump.borrow().pump.strokes, expected, "seed {seed}");
        }
    })
    .await;
}
