//! The driver on scripted drives.

use super::super::fake_drives::Drives as Fake;
use super::*;
use crate::devices::{Done, Evidence, FailureKind, Instrument, Moved, Settled};
use crate::drivers::testing::{
    Dice, Fault, Faults, carry_out, clock, gantry_rig, intent, library, local, plug,
};
use crate::labware::Well;
use crate::plan::{Action, Height, Site, Travel};
use crate::rig::Driver;
use crate::units::{FlowRate, Length, Volume};
use std::cell::RefCell;
use std::rc::Rc;

/// Frames that begin like this start the left plunger, the left lift.
const PLUNGER: [u8; 3] = [5, 16, 0];
const LIFT: [u8; 3] = [3, 16, 0];
const DONE: Settled = Settled::Done {
    done: Done::Plain,
    evidence: Evidence::Commanded,
};
const NOT_DONE: Settled = Settled::NotDone {
    evidence: Evidence::Commanded,
};

fn bench() -> (Gantry, Rc<RefCell<Fake>>, Faults) {
    let fake = Rc::new(RefCell::new(Fake::new()));
    let faults = Faults::default();
    let line = plug(&fake, &faults, false, clock());
    let (rig, id) = (gantry_rig(), InstrumentId::new("handler"));
    let Driver::Gantry(gantry) = &rig.instruments[&id].driver else {
        panic!()
    };
    let driver = Gantry::new((&id, gantry), &rig, &library(), line, clock()).unwrap();
    (driver, fake, faults)
}

fn site(nest: &str, labware: &str) -> Site {
    Site::new(nest.into(), labware, Well::new(0, 0))
}

fn pick_up() -> Action {
    Action::PickUpTips {
        pipette: "p300-multi".into(),
        at: site("deck-1", "tiprack-300"),
    }
}

fn drop_tips() -> Action {
    Action::DropTips {
        pipette: "p300-multi".into(),
        at: site("deck-12", "waste-bin"),
    }
}

fn aspirate(volume: i64) -> Action {
    Action::Aspirate {
        pipette: "p300-multi".into(),
        at: site("deck-7", "reservoir-1"),
        volume: Volume::nl(volume),
        holding: Volume::nl(0),
        flow: FlowRate::nl_per_s(94_000),
        height: Height::FromBottom(Length::um(1_000)),
        stay: false,
        travel: Travel::default(),
    }
}

fn dispense(volume: i64) -> Action {
    Action::Dispense {
        pipette: "p300-multi".into(),
        at: site("deck-9", "plate-96-flat"),
        volume: Volume::nl(volume),
        holding: Volume::nl(volume),
        flow: FlowRate::nl_per_s(94_000),
        height: Height::FromTop(Length::um(-1_000)),
        stay: false,
        travel: Travel::default(),
    }
}

async fn run(driver: &mut Gantry, action: Action) -> Result<Done, Failure> {
    let intent = intent(driver, action).await?;
    driver.perform(&intent).await
}

async fn homed() -> (Gantry, Rc<RefCell<Fake>>, Faults) {
    let (mut driver, fake, faults) = bench();
    driver.identify().await.unwrap();
    run(&mut driver, Action::Home).await.unwrap();
    (driver, fake, faults)
}

fn plunger(fake: &Rc<RefCell<Fake>>) -> i64 {
    20_000 - i64::from(fake.borrow().0[&5].steps)
}

#[tokio::test(start_paused = true)]
async fn a_transfer_moves_lifts_before_the_carriage_and_presses_with_less_current() {
    local(async {
        let (mut driver, fake, _) = homed().await;
        run(&mut driver, pick_up()).await.unwrap();
        assert_eq!(plunger(&fake), -14_500);
        // Over the tips at full current, into them with 60 %, and up.
        assert_eq!(fake.borrow().0[&3].currents, [1_000, 600, 1_000]);
        run(&mut driver, aspirate(200_000)).await.unwrap();
        // 200 uL at 9.1 uL/mm are 21.978 mm.
        assert_eq!(plunger(&fake), -14_500 + 21_978);
        run(&mut driver, dispense(200_000)).await.unwrap();
        assert_eq!(plunger(&fake), -14_500);
        run(&mut driver, drop_tips()).await.unwrap();
        assert_eq!(plunger(&fake), -33_000);
        run(&mut driver, Action::Park).await.unwrap();
        assert!(driver.clear_of(&"deck".into()).await.unwrap());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_read_back_and_a_lost_request_is_said_again() {
    local(async {
        for fault in [Fault::LoseReply, Fault::LoseRequest] {
            let (mut driver, fake, faults) = homed().await;
            run(&mut driver, pick_up()).await.unwrap();
            let before = fake.borrow().0[&5].starts.len();
            faults.once(PLUNGER, fault);
            run(&mut driver, aspirate(200_000)).await.unwrap();
            assert_eq!(fake.borrow().0[&5].starts.len() - before, 1, "one start arrived");
            assert_eq!(plunger(&fake), 7_478);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn after_an_alarm_or_a_power_cut_nobody_claims_to_know() {
    local(async {
        for fault in [Fault::Alarm, Fault::PowerCut] {
            let (mut driver, _, faults) = homed().await;
            run(&mut driver, pick_up()).await.unwrap();
            let stroke = intent(&mut driver, aspirate(200_000)).await.unwrap();
            faults.once(PLUNGER, fault.clone());
            let failure = driver.perform(&stroke).await.unwrap_err();
            assert_eq!(failure.moved, Moved::Unknown, "{failure}");
            if fault == Fault::Alarm {
                assert!(failure.message.contains("alarm 30, overload"), "{failure}");
            }
            let settled = driver.settle(&stroke).await.unwrap();
            assert!(matches!(settled, Settled::Unknown { .. }), "{settled:?}");
            let failure = driver.prepare(&dispense(200_000)).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::NotHomed, "{failure}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_lift_tells_how_far_a_pick_up_got() {
    local(async {
        // Nozzles over the tips, in them, and up again; the host was gone meanwhile.
        let (mut driver, fake, _) = homed().await;
        let pick = intent(&mut driver, pick_up()).await.unwrap();
        driver.perform(&pick).await.unwrap();
        let lifts = fake.borrow().0[&3].starts.clone();
        let [over, low, up] = lifts[lifts.len() - 3..] else {
            panic!()
        };
        for (at, settled) in [(over, NOT_DONE), (low, DONE), (up, DONE)] {
            fake.borrow_mut().0.get_mut(&3).unwrap().steps = at;
            fake.borrow_mut().0.get_mut(&5).unwrap().steps = 34_500;
            assert_eq!(driver.settle(&pick).await.unwrap(), settled, "{at}");
        }
        // Never begun: the plunger is where it was.
        fake.borrow_mut().0.get_mut(&5).unwrap().steps = 0;
        assert_eq!(driver.settle(&pick).await.unwrap(), NOT_DONE);
        // On its way down when something stopped it.
        fake.borrow_mut().0.get_mut(&5).unwrap().steps = 34_500;
        fake.borrow_mut().0.get_mut(&3).unwrap().steps = (over + low) / 2;
        let stopped = driver.settle(&pick).await.unwrap();
        assert!(matches!(stopped, Settled::Unknown { .. }), "{stopped:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_way_beyond_an_axis_is_refused_before_anything_moves() {
    local(async {
        let (mut driver, fake, _) = homed().await;
        let starts = fake.borrow().0[&1].starts.len();
        let mut far = aspirate(200_000);
        if let Action::Aspirate { at, .. } = &mut far {
            at.offset.x = Length::um(600_000);
        }
        run(&mut driver, pick_up()).await.unwrap();
        let before = fake.borrow().0[&1].starts.len();
        let failure = driver.prepare(&far).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
        assert!(failure.message.contains("goes from -5 mm to 420 mm"), "{failure}");
        assert_eq!(fake.borrow().0[&1].starts.len(), before);
        assert!(before > starts);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_halt_stops_every_axis_and_the_next_motion_takes_it_off() {
    local(async {
        let (mut driver, fake, _) = homed().await;
        driver.halt().await.unwrap();
        assert!(fake.borrow().0.values().all(|one| one.input == 0x20));
        run(&mut driver, pick_up()).await.unwrap();
        assert_eq!(fake.borrow().0[&5].input, 0);
        assert_eq!(fake.borrow().0[&6].input, 0x20, "nobody needs it");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_strokes_on_a_bad_wire_take_place_once_each() {
    local(async {
        for seed in 1..=3 {
            let (mut driver, fake, faults) = homed().await;
            run(&mut driver, pick_up()).await.unwrap();
            let mut dice = Dice(seed * 7919);
            for n in 0..60 {
                let what: [&[u8]; 5] = [&PLUNGER, &LIFT, &[5, 3, 0, 0x7E], &[1, 16, 0], &[5, 3, 0, 0xCC]];
                let hit = what[usize::try_from(dice.roll(5)).unwrap()];
                if let Some(fault) = dice.fault() {
                    faults.once(hit, fault);
                }
                let action = if n % 2 == 0 {
                    aspirate(150_000)
                } else {
                    dispense(150_000)
                };
                assert_eq!(carry_out(&mut driver, &action).await, Done::Plain);
                let empty = plunger(&fake) == -14_500;
                assert_eq!(empty, n % 2 == 1, "seed {seed}, stroke {n}");
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_drive_that_is_silent_is_named() {
    local(async {
        let (mut driver, _, faults) = bench();
        for _ in 0..12 {
            faults.once([4, 3, 0], Fault::LoseRequest);
            faults.once([4, 8, 0], Fault::LoseRequest);
        }
        let failure = driver.identify().await.unwrap_err();
        assert!(failure.message.contains("z-right (unit 4)"), "{failure}");
    })
    .await;
}
