use super::*;
use crate::drivers::testing::{Device, Dice, Fault, Faults, carry_out, clock, intent, local, plug, rig};
use std::cell::RefCell;
use std::rc::Rc;

/// A scripted unit: plates in slots, a transfer station, and a movement that lasts some looks.
struct Unit {
    slots: BTreeMap<u16, &'static str>,
    transfer: bool,
    handler: bool,
    door: bool,
    busy_looks: u32,
    error: u8,
    refuse: Vec<u8>,
    log: Vec<String>,
}

impl Unit {
    fn overview(&self) -> u8 {
        let bit = |on: bool, n: u8| u8::from(on) << n;
        bit(self.transfer, 7)
            | bit(self.door, 6)
            | bit(self.handler, 4)
            | bit(self.error != 0, 3)
            | if self.busy_looks > 0 { 1 } else { 2 }
    }
}

impl Device for Unit {
    fn request(&self, received: &[u8]) -> Option<usize> {
        received.windows(2).position(|w| w == b"\r\n").map(|i| i + 2)
    }

    fn serve(&mut self, request: &[u8], fault: Option<&Fault>) -> (Vec<u8>, Duration) {
        let text = String::from_utf8_lossy(request).trim().to_owned();
        self.log.push(text.clone());
        let words: Vec<&str> = text.split(' ').collect();
        let slot: u16 = words.get(1).and_then(|w| w.parse().ok()).unwrap_or(0);
        let moving = words[0].starts_with("mv:") || words[0] == "ll:in";
        if moving && let Some(code) = self.refuse.pop() {
            return (format!("er {code:02X}\r").into_bytes(), Duration::ms(5));
        }
        let answer = match words[0] {
            "ch:bs" => {
                self.busy_looks = self.busy_looks.saturating_sub(1);
                format!("bs {:02X}", self.overview())
            }
            "ch:ba" => "ba 00".to_owned(),
            "ch:be" => format!("be {:02X}", self.error),
            "rs:be" => {
                self.error = 0;
                "ok".to_owned()
            }
            "ch:it" => "it +30.0 +29.9".to_owned(),
            "ch:bc" => format!("bc {}", self.slots.get(&slot).unwrap_or(&"-")),
            "mv:ts" | "mv:st" => {
                self.busy_looks = 4;
                match fault {
                    Some(Fault::Alarm) => {
                        self.error = 0x03;
                        self.handler = true;
                    }
                    _ => self.transfer = words[0] == "mv:st",
                }
                "ok 01".to_owned()
            }
            _ => {
                self.busy_looks = 2;
                "ok 01".to_owned()
            }
        };
        (format!("{answer}\r").into_bytes(), Duration::ms(20))
    }
}

fn bench() -> (Cytomat, Rc<RefCell<Unit>>, Faults) {
    let unit = Rc::new(RefCell::new(Unit {
        slots: BTreeMap::from([(5, "PL-0042")]),
        transfer: true,
        handler: false,
        door: false,
        busy_looks: 0,
        error: 0,
        refuse: Vec::new(),
        log: Vec::new(),
    }));
    let faults = Faults::default();
    let line = plug(&unit, &faults, false, clock());
    let driver = Cytomat::new(&"incubator".into(), &rig(), line, clock()).unwrap();
    (driver, unit, faults)
}

fn store() -> Action {
    Action::Store {
        plate: "assay-1".into(),
        slot: "incubator-5".into(),
    }
}

fn retrieve() -> Action {
    Action::Retrieve {
        plate: "assay-1".into(),
        slot: "incubator-5".into(),
    }
}

async fn run(driver: &mut Cytomat, action: Action) -> Result<Done, Failure> {
    let intent = intent(driver, action).await?;
    driver.perform(&intent).await
}

fn count(unit: &Rc<RefCell<Unit>>, text: &str) -> usize {
    unit.borrow().log.iter().filter(|l| l.contains(text)).count()
}

#[tokio::test(start_paused = true)]
async fn plates_go_in_and_out_and_shaking_stops_for_them() {
    local(async {
        let (mut driver, unit, _) = bench();
        assert_eq!(driver.identify().await.unwrap().model, "Cytomat");
        run(&mut driver, Action::Initialise).await.unwrap();
        run(
            &mut driver,
            Action::Shake {
                speed: Some(RotationSpeed::rpm(1000)),
            },
        )
        .await
        .unwrap();
        run(&mut driver, store()).await.unwrap();
        run(&mut driver, retrieve()).await.unwrap();
        let log: Vec<String> = unit
            .borrow()
            .log
            .iter()
            .filter(|l| !l.starts_with("ch:"))
            .cloned()
            .collect();
        assert_eq!(
            log,
            [
                "rs:be",
                "ll:in",
                "ll:vi",
                "se:pb 20 1000",
                "se:pb 21 1000",
                "ll:va",
                "ll:vd",
                "mv:ts 005",
                "mv:st 005"
            ]
        );
        let failure = driver.prepare(&retrieve()).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
        assert!(failure.message.contains("already stands"), "{failure}");
        unit.borrow_mut().door = true;
        let failure = driver.prepare(&store()).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Interlock, Moved::No));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_settled_by_the_transfer_station_and_never_sent_twice() {
    local(async {
        for (fault, done) in [(Fault::LoseReply, true), (Fault::LoseRequest, false)] {
            let (mut driver, unit, faults) = bench();
            faults.once("mv:ts", fault);
            let access = intent(&mut driver, store()).await.unwrap();
            let failure = driver.perform(&access).await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.moved),
                (FailureKind::NoAnswer, Moved::Unknown)
            );
            let evidence = Evidence::Measured;
            let expected = if done {
                Settled::Done {
                    done: Done::Plain,
                    evidence,
                }
            } else {
                Settled::NotDone { evidence }
            };
            assert_eq!(driver.settle(&access).await.unwrap(), expected);
            assert_eq!(count(&unit, "mv:ts"), usize::from(done));
            assert_eq!(
                count(&unit, "ch:ba"),
                1,
                "nothing was asked that no late answer could be mistaken for"
            );
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_plate_left_on_the_handler_is_for_a_person() {
    local(async {
        let (mut driver, _, faults) = bench();
        faults.once("mv:ts", Fault::Alarm);
        let access = intent(&mut driver, store()).await.unwrap();
        let failure = driver.perform(&access).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Fault, Moved::Unknown)
        );
        assert!(
            failure.message.contains("the plate was not unloaded (code 03)"),
            "{failure}"
        );
        let Settled::Unknown { why } = driver.settle(&access).await.unwrap() else {
            panic!()
        };
        assert!(why.contains("on the handler"), "{why}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn spurious_refusals_are_asked_again_and_true_ones_are_told() {
    local(async {
        let (mut driver, unit, _) = bench();
        unit.borrow_mut().refuse = vec![0x01, 0x02, 0x01];
        run(&mut driver, store()).await.unwrap();
        unit.borrow_mut().refuse = vec![0x05];
        let failure = run(&mut driver, retrieve()).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
        assert!(
            failure.message.contains("code 05") && failure.message.contains("location"),
            "{failure}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_barcode_that_is_not_the_expected_one_names_both() {
    local(async {
        let (mut driver, _, faults) = bench();
        let scan = |expected: &str, slot: &str| Action::ScanBarcode {
            plate: "assay-1".into(),
            slot: slot.into(),
            expected: expected.to_owned(),
        };
        let done = run(&mut driver, scan("PL-0042", "incubator-5")).await.unwrap();
        assert_eq!(done, Done::Barcode(Some("PL-0042".into())));
        // A late answer to one question is not the answer to the next.
        faults.once("ch:bc", Fault::Late(Duration::ms(1_500)));
        let failure = run(&mut driver, scan("PL-0043", "incubator-5"))
            .await
            .unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Mismatch, Moved::No));
        assert!(
            failure.message.contains("PL-0042") && failure.message.contains("PL-0043"),
            "{failure}"
        );
        let failure = run(&mut driver, scan("PL-0042", "incubator-6"))
            .await
            .unwrap_err();
        assert!(failure.message.contains("no barcode"), "{failure}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_temperature_is_compared_because_it_cannot_be_set() {
    local(async {
        let (mut driver, _, _) = bench();
        let set = |milli| Action::SetTemperature {
            temperature: Temperature::milli_celsius(milli),
        };
        run(&mut driver, set(30_000)).await.unwrap();
        let failure = run(&mut driver, set(37_000)).await.unwrap_err();
        assert!(
            failure.message.contains("set to 30 C") && failure.message.contains("set 37 C at the unit"),
            "{failure}"
        );
        let failure = driver.halt().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unsupported);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_accesses_on_a_bad_wire_take_place_once_each() {
    local(async {
        for seed in 1..=4 {
            let (mut driver, unit, faults) = bench();
            let mut dice = Dice(seed * 7919);
            for n in 0..100 {
                let what = ["mv:", "ch:bs", "ll:vd"];
                let hit = what[usize::try_from(dice.roll(3)).unwrap()];
                if let Some(fault) = dice.fault() {
                    faults.once(hit, fault);
                }
                let action = if n % 2 == 0 { store() } else { retrieve() };
                assert_eq!(carry_out(&mut driver, &action).await, Done::Plain);
            }
            assert_eq!(count(&unit, "mv:"), 100, "seed {seed}");
        }
    })
    .await;
}
