use super::*;
use crate::drivers::testing::{Device, Dice, Fault, Faults, carry_out, clock, intent, local, one_of, plug};
use std::cell::RefCell;
use std::rc::Rc;

const ENTRY: &str = r#"
[instruments.hotel]
kind = "liconic"
link = { serial = "/dev/ttyUSB3", baud = 9600, format = "8E1" }
transfer = "transfer"
slots = 44
temperature = "37 C"
shaking = "600 rpm"
cassettes = [{ levels = 22, site_height = "17 mm" }, { levels = 22, site_height = "17 mm" }]

[nests.transfer]
kind = "transfer_station"
station = 1
"#;

/// A scripted unit: registers, plates by cassette and level, and a movement that lasts some looks.
#[derive(Default)]
struct Unit {
    open: bool,
    active: bool,
    registers: BTreeMap<String, u32>,
    plates: Vec<(u32, u32)>,
    transfer: bool,
    shovel: bool,
    shaking: bool,
    /// Looks for which it still says that it is ready, and then is busy.
    lingers: u32,
    busy_looks: u32,
    fault: u32,
    log: Vec<String>,
}

impl Unit {
    fn register(&self, name: &str) -> u32 {
        self.registers.get(name).copied().unwrap_or(0)
    }

    fn access(&mut self, stores: bool, fault: Option<&Fault>) -> &'static str {
        self.lingers = 2;
        self.busy_looks = 4;
        if fault == Some(&Fault::Alarm) {
            self.fault = if stores { 116 } else { 201 };
            self.shovel = true;
            self.transfer = false;
            return "OK";
        }
        let place = (self.register("DM0"), self.register("DM5"));
        assert_ne!(self.transfer, !stores, "a plate was put onto another");
        if stores {
            self.plates.push(place);
        } else {
            assert!(self.plates.contains(&place), "no plate in {place:?}");
            self.plates.retain(|p| *p != place);
        }
        self.transfer = !stores;
        "OK"
    }

    fn answer(&mut self, text: &str, fault: Option<&Fault>) -> String {
        let bit = |on: bool| u8::from(on).to_string();
        if text == "CR" {
            self.open = true;
            return "CC".to_owned();
        }
        if !self.open {
            return "E1".to_owned();
        }
        let words: Vec<&str> = text.split(' ').collect();
        match words.as_slice() {
            ["ST", "1801"] => {
                self.active = true;
                "OK".into()
            }
            ["ST", "1900"] => {
                (self.fault, self.shovel, self.busy_looks) = (0, false, 6);
                "OK".into()
            }
            ["RD", "1915"] => {
                if self.lingers > 0 {
                    self.lingers -= 1;
                    return bit(true);
                }
                let busy = self.busy_looks > 0;
                self.busy_looks = self.busy_looks.saturating_sub(1);
                bit(self.active && !busy && self.fault == 0)
            }
            ["RD", "1814"] => bit(self.fault != 0),
            ["RD", "1813"] => bit(self.transfer && self.busy_looks == 0),
            ["RD", "1812"] => bit(self.shovel),
            ["RD", "DM200"] => five(self.fault),
            ["RD", name] => five(self.register(name)),
            ["WR", name, value] => {
                self.registers.insert((*name).to_owned(), value.parse().unwrap());
                "OK".into()
            }
            ["ST" | "RS", "1913"] => {
                self.shaking = words[0] == "ST";
                "OK".into()
            }
            ["ST", "1904"] => self.access(true, fault).into(),
            ["ST", "1905"] => self.access(false, fault).into(),
            ["ST", _] => "OK".into(),
            _ => "E1".into(),
        }
    }
}

impl Device for Unit {
    fn request(&self, received: &[u8]) -> Option<usize> {
        received.iter().position(|b| *b == b'\r').map(|at| at + 1)
    }

    fn serve(&mut self, request: &[u8], fault: Option<&Fault>) -> (Vec<u8>, Duration) {
        let text = String::from_utf8_lossy(request).trim().to_owned();
        self.log.push(text.clone());
        let answer = self.answer(&text, fault);
        if fault == Some(&Fault::PowerCut) {
            (self.open, self.active) = (false, false);
        }
        (format!("{answer}\r\n").into_bytes(), Duration::ms(20))
    }
}

fn bench() -> (Liconic, Rc<RefCell<Unit>>, Faults) {
    let unit = Rc::new(RefCell::new(Unit {
        transfer: true,
        ..Unit::default()
    }));
    let faults = Faults::default();
    let line = plug(&unit, &faults, false, clock());
    let driver = Liconic::new(&"hotel".into(), &one_of(ENTRY), line, clock()).unwrap();
    (driver, unit, faults)
}

fn store() -> Action {
    Action::Store {
        plate: "assay-1".into(),
        slot: "hotel-27".into(),
    }
}

fn retrieve() -> Action {
    Action::Retrieve {
        plate: "assay-1".into(),
        slot: "hotel-27".into(),
    }
}

async fn run(driver: &mut Liconic, action: Action) -> Result<Done, Failure> {
    let intent = intent(driver, action).await?;
    driver.perform(&intent).await
}

fn count(unit: &Rc<RefCell<Unit>>, text: &str) -> usize {
    unit.borrow().log.iter().filter(|l| l.contains(text)).count()
}

#[tokio::test(start_paused = true)]
async fn the_dossiers_export_of_cassette_2_level_5() {
    local(async {
        let (mut driver, unit, _) = bench();
        assert_eq!(driver.identify().await.unwrap().model, "Liconic STX");
        assert_eq!(unit.borrow().log, ["CR", "ST 1801", "RD 1915"]);
        run(&mut driver, store()).await.unwrap();
        assert_eq!(unit.borrow().plates, [(2, 5)]);
        unit.borrow_mut().log.clear();
        run(&mut driver, retrieve()).await.unwrap();
        assert!(unit.borrow().transfer && unit.borrow().plates.is_empty());
        let told = |l: &&String| !l.starts_with("RD");
        let log: Vec<String> = unit.borrow().log.iter().filter(told).cloned().collect();
        assert_eq!(
            log,
            [
                "ST 1911",
                "WR DM0 2",
                "WR DM23 788",
                "WR DM25 22",
                "WR DM5 5",
                "ST 1905",
                "ST 1903"
            ]
        );
        let failure = driver.prepare(&retrieve()).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
        assert!(failure.message.contains("already stands"), "{failure}");
        unit.borrow_mut().transfer = false;
        let failure = driver.prepare(&store()).await.unwrap_err();
        assert!(failure.message.contains("no plate stands"), "{failure}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn climate_and_shaker_are_written_and_read_back() {
    local(async {
        let (mut driver, unit, faults) = bench();
        let set = |milli| Action::SetTemperature {
            temperature: Temperature::milli_celsius(milli),
        };
        faults.once("WR DM890", Fault::Change("00370".into(), "00770".into()));
        let warm = intent(&mut driver, set(37_000)).await.unwrap();
        driver.perform(&warm).await.unwrap();
        assert_eq!(unit.borrow().register("DM890"), 370);
        assert_eq!(
            count(&unit, "WR DM890 00370"),
            1,
            "the first arrived changed and was told again"
        );
        let Settled::Done { evidence, .. } = driver.settle(&warm).await.unwrap() else {
            panic!()
        };
        assert_eq!(evidence, Evidence::Measured);
        let shake = |speed| Action::Shake { speed };
        run(&mut driver, shake(Some(RotationSpeed::rpm(600))))
            .await
            .unwrap();
        assert!(unit.borrow().shaking);
        assert_eq!(unit.borrow().register("DM39"), 100);
        run(&mut driver, store()).await.unwrap();
        assert!(
            !unit.borrow().shaking,
            "it does not shake while a plate is gripped"
        );
        let frost = driver.prepare(&set(-20_000)).await.unwrap_err();
        assert_eq!((frost.kind, frost.moved), (FailureKind::Refused, Moved::No));
        assert_eq!(driver.halt().await.unwrap_err().kind, FailureKind::Unsupported);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_the_transfer_station_and_never_sent_twice() {
    local(async {
        for (fault, done) in [
            (Fault::LoseReply, true),
            (Fault::LoseRequest, false),
            (Fault::Unplug, true),
        ] {
            let (mut driver, unit, faults) = bench();
            let access = intent(&mut driver, store()).await.unwrap();
            faults.once("ST 1904", fault);
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
            assert_eq!(count(&unit, "ST 1904"), usize::from(done));
            assert_eq!(
                count(&unit, "ST 1903"),
                usize::from(done),
                "what is left over is completed"
            );
            assert_eq!(
                count(&unit, "CR"),
                2,
                "the driver fell into step, or opened the line again"
            );
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_reported_error_is_for_a_person_and_ends_with_initialising() {
    local(async {
        let (mut driver, unit, faults) = bench();
        let access = intent(&mut driver, store()).await.unwrap();
        faults.once("ST 1904", Fault::Alarm);
        let failure = driver.perform(&access).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Fault, Moved::Unknown)
        );
        assert!(
            failure
                .message
                .contains("no plate on the shovel while a plate was taken in (code 00116)"),
            "{failure}"
        );
        let Settled::Unknown { why } = driver.settle(&access).await.unwrap() else {
            panic!()
        };
        assert!(why.contains("code 00116"), "{why}");
        let failure = driver.prepare(&store()).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Interlock, Moved::No));
        run(&mut driver, Action::Initialise).await.unwrap();
        unit.borrow_mut().transfer = true;
        run(&mut driver, store()).await.unwrap();
        // A plate on the shovel that nothing reports.
        unit.borrow_mut().shovel = true;
        let failure = driver.prepare(&retrieve()).await.unwrap_err();
        assert!(failure.message.contains("on the shovel"), "{failure}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_unit_that_was_switched_off_and_on_is_opened_again() {
    local(async {
        let (mut driver, unit, faults) = bench();
        driver.identify().await.unwrap();
        faults.once("RD 1813", Fault::PowerCut);
        run(&mut driver, store()).await.unwrap();
        assert!(unit.borrow().open && unit.borrow().active);
        assert_eq!(unit.borrow().plates, [(2, 5)]);
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
                let what = [
                    "ST 1904", "ST 1905", "RD 1915", "RD 1813", "WR DM5", "RD DM0", "ST 1903", "CR",
                ];
                let hit = what[usize::try_from(dice.roll(8)).unwrap()];
                if let Some(fault) = dice.fault() {
                    faults.once(hit, fault);
                }
                let action = if n % 2 == 0 { store() } else { retrieve() };
                assert_eq!(carry_out(&mut driver, &action).await, Done::Plain);
                assert_eq!(unit.borrow().transfer, n % 2 == 1);
            }
            assert_eq!(
                count(&unit, "ST 1904") + count(&unit, "ST 1905"),
                100,
                "seed {seed}"
            );
        }
    })
    .await;
}

#[test]
fn codes_are_told_in_lab_words() {
    assert_eq!(
        codes::handling(10),
        "somebody has access: the user door is open (code 00010)"
    );
    assert_eq!(
        codes::handling(213),
        "a plate already stands on the transfer station while a plate was put out (code 00213)"
    );
    assert!(codes::refusal(1).contains("was not opened"));
}
