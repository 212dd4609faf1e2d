use super::*;
use crate::drivers::testing::{Device, Dice, Fault, Faults, carry_out, clock, intent, local, one_of, plug};
use crate::units::Wavelength;
use std::cell::RefCell;
use std::rc::Rc;

const ENTRY: &str = r#"
[instruments.reader]
kind = "clariostar"
link = { serial = "/dev/ttyUSB2", baud = 125000 }
tray = "tray"
wavelengths = ["220 nm", "1000 nm"]
luminescence = true

[nests.tray]
kind = "reader_tray"
station = 1
"#;

/// A scripted reader: it measures when told to, and each read differs from the one before.
#[derive(Default)]
struct Reader {
    initialised: bool,
    open: bool,
    lid_open: bool,
    unread: bool,
    busy_looks: u32,
    run: Vec<u8>,
    reads: u32,
    /// Whether its memory of settings is answered with a status.
    forgetful: bool,
    /// Whether the tray stays where it is.
    stuck: bool,
    /// Whether it ends reads without values, or keeps saying that it has some.
    blank: bool,
    keeps: bool,
    log: Vec<&'static str>,
}

impl Reader {
    fn status(&self) -> Vec<u8> {
        let mut bytes = vec![0_u8; 17];
        let bit = |flag: bool, bit: u8| u8::from(flag) << bit;
        bytes[0] = 1;
        bytes[1] = 0x05 | bit(self.busy_looks > 0, 5);
        bytes[2] = 0x04 | bit(self.unread, 0);
        bytes[3] = bit(self.open, 0) | bit(self.initialised, 5) | bit(self.lid_open, 6);
        bytes[15] = 0xC0;
        bytes
    }

    fn values(&self) -> Vec<u8> {
        let mut bytes = vec![0_u8; 36];
        bytes[..7].copy_from_slice(&[0x02, 0x05, 0x06, 0x26, 0, 0, 0x29]);
        bytes[7..15].copy_from_slice(&[0, 194, 0, 194, 0x7F, 0xFF, 0xFF, 0xFF]);
        bytes[17] = 1;
        bytes[21] = 96;
        // The transmission of well n of read r is (r + n) per thousand.
        bytes.extend((1..=96).flat_map(|n| (10_000 + (self.reads + n) * 1_000_u32).to_be_bytes()));
        bytes.extend((1..=96).flat_map(|_| 60_000_u32.to_be_bytes()));
        bytes.extend(
            [1_010_000_u32, 10_000, 60_000, 0]
                .iter()
                .flat_map(|n| n.to_be_bytes()),
        );
        bytes
    }

    fn counts(&self) -> Vec<u8> {
        let mut bytes = vec![
            0x02, 0x05, 0x06, 0x26, 0, 0, 0x15, 0, 96, 0, 96, 1, 0, 0, 0, 0, 0, 0,
        ];
        bytes.extend((1..=96).flat_map(|n| (self.reads * 1_000 + n).to_be_bytes()));
        bytes
    }

    fn answer(&mut self, payload: &[u8]) -> Vec<u8> {
        let named: &'static str = match payload {
            [0x80, ..] => "status",
            [0x05, 0x07, ..] => "memory",
            [0x05, 0x02, ..] => "values",
            [0x01, ..] => "initialise",
            [0x03, 0x01, ..] => "out",
            [0x03, ..] => "in",
            [0x04, ..] => "run",
            _ => "?",
        };
        self.log.push(named);
        match named {
            "status" => {
                let status = self.status();
                self.busy_looks = self.busy_looks.saturating_sub(1);
                return status;
            }
            "memory" if !self.forgetful => return vec![0x07; 60],
            "values" => {
                self.unread = self.keeps;
                let luminescence = self.run.get(64) == Some(&1);
                return if luminescence {
                    self.counts()
                } else {
                    self.values()
                };
            }
            "initialise" => self.initialised = true,
            "out" | "in" => self.open = (named == "out") ^ self.stuck,
            "run" => {
                self.run = payload.to_vec();
                self.reads += 1;
                self.unread = !self.blank;
            }
            _ => {}
        }
        self.busy_looks = 4;
        self.status()
    }
}

impl Device for Reader {
    fn request(&self, received: &[u8]) -> Option<usize> {
        let length = usize::from(u16::from_be_bytes([*received.get(1)?, *received.get(2)?]));
        (received.len() >= length).then_some(length)
    }

    fn serve(&mut self, request: &[u8], _: Option<&Fault>) -> (Vec<u8>, Duration) {
        let answer = self.answer(super::super::wire::payload(request).unwrap());
        (super::super::wire::frame(&answer), Duration::ms(5))
    }
}

fn bench() -> (ClarioStar, Rc<RefCell<Reader>>, Faults) {
    let reader = Rc::new(RefCell::new(Reader::default()));
    let faults = Faults::default();
    let line = plug(&reader, &faults, false, clock());
    let driver = ClarioStar::new(&"reader".into(), &one_of(ENTRY), line, clock()).unwrap();
    (driver, reader, faults)
}

fn absorbance() -> Action {
    Action::ReadAbsorbance {
        plate: "assay-1".into(),
        wavelength: Wavelength::nm(600),
        wells: 96,
        area: None,
    }
}

fn luminescence(ms: u64) -> Action {
    Action::ReadLuminescence {
        plate: "assay-1".into(),
        integration: Duration::ms(ms),
        wells: 96,
    }
}

async fn run(driver: &mut ClarioStar, action: Action) -> Result<Done, Failure> {
    let intent = intent(driver, action).await?;
    driver.perform(&intent).await
}

fn values(done: &Done) -> Vec<f64> {
    let Done::Reading { values, .. } = done else {
        panic!("{done:?}")
    };
    assert_eq!(values.len(), 96);
    values.iter().map(|v| v.unwrap().0).collect()
}

/// The read that a density of the first well is of.
fn read_of(done: &Done) -> u32 {
    let transmitted = 1_000.0 / 10_f64.powf(values(done)[0]);
    (1..200)
        .find(|n| (transmitted - f64::from(n + 1)).abs() < 1e-6)
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn positions_are_found_before_the_tray_moves_and_a_read_brings_densities_row_by_row() {
    local(async {
        let (mut driver, reader, _) = bench();
        assert_eq!(driver.identify().await.unwrap().model, "CLARIOstar");
        run(&mut driver, Action::OpenTray).await.unwrap();
        assert!(reader.borrow().open);
        assert!(reader.borrow().log.contains(&"initialise"));
        assert_eq!(driver.ask("tray").await.unwrap(), "out");
        run(&mut driver, Action::CloseTray).await.unwrap();
        assert_eq!(driver.ask("tray").await.unwrap(), "in");
        reader.borrow_mut().log.clear();
        let done = run(&mut driver, absorbance()).await.unwrap();
        assert_eq!(read_of(&done), 1);
        let densities = values(&done);
        assert!((densities[12] + (14.0_f64 / 1_000.0).log10()).abs() < 1e-9, "B1");
        let told = |log: &[&'static str]| -> Vec<&'static str> {
            log.iter().copied().filter(|l| *l != "status").collect()
        };
        assert_eq!(told(&reader.borrow().log), ["run", "values"]);
        reader.borrow_mut().log.clear();
        assert_eq!(read_of(&run(&mut driver, absorbance()).await.unwrap()), 2);
        assert_eq!(told(&reader.borrow().log), ["run", "values"]);
        let counts = values(&run(&mut driver, luminescence(1_000)).await.unwrap());
        assert_eq!((counts[0], counts[95]), (3_001.0, 3_096.0));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_it_cannot_be_told_is_refused_before_anything_is_sent() {
    local(async {
        let (mut driver, reader, _) = bench();
        let fluorescence = Action::ReadFluorescence {
            plate: "assay-1".into(),
            excitation: Wavelength::nm(485),
            emission: Wavelength::nm(520),
            gain: 100,
            wells: 96,
            area: None,
        };
        for (action, words) in [
            (fluorescence, "not known"),
            (luminescence(400), "write `integration = \"1 s\"`"),
        ] {
            let failure = driver.prepare(&action).await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.moved),
                (FailureKind::Unsupported, Moved::No)
            );
            assert!(failure.message.contains(words), "{failure}");
        }
        assert!(reader.borrow().log.is_empty());
        assert_eq!(driver.halt().await.unwrap_err().kind, FailureKind::Unsupported);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_earlier_reading_is_never_delivered_as_a_new_one() {
    local(async {
        // Values of somebody at the panel are dropped first.
        let (mut driver, reader, _) = bench();
        reader.borrow_mut().unread = true;
        assert_eq!(read_of(&run(&mut driver, absorbance()).await.unwrap()), 1);
        // What cannot be dropped stops it.
        let (mut driver, reader, _) = bench();
        (reader.borrow_mut().unread, reader.borrow_mut().keeps) = (true, true);
        let failure = driver.prepare(&absorbance()).await.unwrap_err();
        assert!(failure.message.contains("keeps an earlier reading"), "{failure}");
        // A read that brings nothing.
        let (mut driver, reader, _) = bench();
        reader.borrow_mut().blank = true;
        let failure = run(&mut driver, absorbance()).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Fault, Moved::Yes));
        // Values of another kind of run, measured by hand meanwhile.
        let (mut driver, reader, _) = bench();
        let read = intent(&mut driver, absorbance()).await.unwrap();
        reader.borrow_mut().run = luminescence_run();
        reader.borrow_mut().unread = true;
        let evidence = Evidence::Measured;
        assert_eq!(driver.settle(&read).await.unwrap(), Settled::NotDone { evidence });
    })
    .await;
}

fn luminescence_run() -> Vec<u8> {
    settings::read(&luminescence(1_000)).unwrap().run
}

#[tokio::test(start_paused = true)]
async fn open_covers_and_a_tray_that_does_not_obey_are_told() {
    local(async {
        let (mut driver, reader, _) = bench();
        reader.borrow_mut().lid_open = true;
        let failure = driver.prepare(&absorbance()).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Interlock, Moved::No));
        assert!(failure.message.contains("close it"), "{failure}");
        reader.borrow_mut().lid_open = false;
        run(&mut driver, Action::OpenTray).await.unwrap();
        let failure = driver.prepare(&absorbance()).await.unwrap_err();
        assert!(failure.message.contains("its tray is out"), "{failure}");
        reader.borrow_mut().stuck = true;
        let failure = run(&mut driver, Action::CloseTray).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Fault, Moved::Unknown)
        );
        assert!(failure.message.contains("should be in and is out"), "{failure}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_run_is_settled_by_its_flag() {
    local(async {
        for forgetful in [false, true] {
            for (fault, done) in [(Fault::LoseReply, true), (Fault::LoseRequest, false)] {
                let (mut driver, reader, faults) = bench();
                reader.borrow_mut().forgetful = forgetful;
                run(&mut driver, absorbance()).await.unwrap();
                let read = intent(&mut driver, absorbance()).await.unwrap();
                faults.once([0x0C, 0x04, 0x31], fault);
                let failure = driver.perform(&read).await.unwrap_err();
                assert_eq!(
                    (failure.kind, failure.moved),
                    (FailureKind::NoAnswer, Moved::Unknown)
                );
                let settled = driver.settle(&read).await.unwrap();
                let evidence = Evidence::Measured;
                if done {
                    let Settled::Done { done, evidence } = settled else {
                        panic!("{settled:?}")
                    };
                    assert_eq!((evidence, read_of(&done)), (Evidence::Measured, 2));
                } else {
                    assert_eq!(settled, Settled::NotDone { evidence });
                    assert_eq!(read_of(&driver.perform(&read).await.unwrap()), 2);
                }
                assert_eq!(reader.borrow().reads, 2);
                assert!(
                    reader.borrow().log.contains(&"memory"),
                    "the driver fell into step"
                );
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_at_any_frame_of_a_read_or_of_the_tray_costs_nothing() {
    local(async {
        let frames: [&[u8]; 6] = [
            &[0x0C, 0x80, 0x00],
            &[0x0C, 0x05, 0x02],
            &[0x0C, 0x05, 0x07],
            &[0x0C, 0x01, 0x00, 0x00, 0x10],
            &[0x0C, 0x03],
            &[0x0C, 0x04],
        ];
        for frame in frames {
            for fault in [
                Fault::LoseReply,
                Fault::LoseRequest,
                Fault::Late(Duration::s(5)),
                Fault::Garble(vec![0x02, 0x00, 0x18, 0x0C, 0x01, 0x05, 0xFF]),
                Fault::Unplug,
            ] {
                let (mut driver, reader, faults) = bench();
                faults.once(frame, fault.clone());
                carry_out(&mut driver, &Action::OpenTray).await;
                assert!(reader.borrow().open, "{frame:?} {fault:?}");
                faults.once(frame, fault.clone());
                carry_out(&mut driver, &Action::CloseTray).await;
                let done = carry_out(&mut driver, &absorbance()).await;
                assert_eq!(read_of(&done), reader.borrow().reads, "{frame:?} {fault:?}");
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn readings_on_a_bad_wire_are_each_of_their_own_read() {
    local(async {
        for seed in 1..=6 {
            let (mut driver, reader, faults) = bench();
            reader.borrow_mut().forgetful = seed % 2 == 0;
            let mut dice = Dice(seed * 7919);
            for _ in 0..30 {
                let what: &[u8] = [
                    &[0x0C, 0x80][..],
                    &[0x0C, 0x05, 0x02],
                    &[0x0C, 0x04],
                    &[0x0C, 0x05, 0x07],
                ][usize::try_from(dice.roll(4)).unwrap()];
                if let Some(fault) = dice.fault() {
                    faults.once(what, fault);
                }
                let done = carry_out(&mut driver, &absorbance()).await;
                assert_eq!(read_of(&done), reader.borrow().reads, "seed {seed}");
            }
        }
    })
    .await;
}
