use super::*;
use crate::drivers::testing::{Device, Dice, Fault, Faults, carry_out, clock, intent, local, one_of, plug};
use crate::units::Wavelength;
use std::cell::RefCell;
use std::rc::Rc;

const ENTRY: &str = r#"
[instruments.reader]
kind = "biotek"
model = "MODEL"
link = { serial = "/dev/ttyUSB2", baud = 9600, format = "8N2", flow_control = "rts_cts" }
tray = "tray"
wavelengths = ["230 nm", "999 nm"]
LIGHT

[nests.tray]
kind = "reader_tray"
station = 1
"#;

/// A scripted reader: it measures when told to, and each read differs from the one before.
#[derive(Default)]
struct Reader {
    /// The letter whose parameter it waits for.
    waiting: Option<u8>,
    open: bool,
    geometry: Option<String>,
    measure: Option<String>,
    reads: u32,
    /// Answers this letter, or its parameter, with this status.
    refuse: Option<(u8, u16)>,
    /// Says nothing, as if it had been switched off.
    mute: bool,
    log: Vec<String>,
}

impl Reader {
    fn block(&self) -> String {
        let counts = self.measure.as_ref().is_some_and(|m| m.starts_with("0084"));
        let mut rows = Vec::new();
        for row in 1..=8 {
            let mut columns: Vec<u32> = (1..=12).collect();
            if row % 2 == 0 {
                columns.reverse();
            }
            let value = |column: &u32| match counts {
                true => format!(
                    "{row:02},{column:02},{:07}",
                    self.reads * 10_000 + row * 100 + column
                ),
                false => format!("{row:02},{column:02},+{}.{row:02}{column:02}", self.reads),
            };
            rows.push(columns.iter().map(value).collect::<Vec<_>>().join(","));
        }
        let body = format!("000:00:00.0,228,{}\r\n228\x1a", rows.join("\r\n,"));
        let sum = body.bytes().fold(0_u8, u8::wrapping_add);
        format!("01,1,\r{body}{sum:03}\x1a0000\x03")
    }

    fn parameter(&mut self, letter: u8, parameter: &str) -> String {
        let status = self.refuse.filter(|(l, _)| *l == letter).map_or(0, |(_, s)| s);
        match letter {
            b'y' => {
                self.geometry = Some(parameter.to_owned());
                "\x03".to_owned()
            }
            b'D' => {
                self.measure = Some(parameter.to_owned());
                format!("035000000000000001000000000049030{status:04}\x03")
            }
            _ => format!("{status:04}\x03"),
        }
    }

    fn letter(&mut self, letter: u8) -> String {
        if let Some((_, status)) = self.refuse.filter(|(l, _)| *l == letter && *l != b'D') {
            return format!("\x06{status:04}\x03");
        }
        match letter {
            b'e' => "\x061650200  Version 1.04   0000\x03".to_owned(),
            b'C' => "\x0618061234        0000\x03".to_owned(),
            b'h' => "\x062360000\x03".to_owned(),
            b'J' | b'A' => {
                self.open = letter == b'J';
                self.geometry = None;
                "\x06\x03".to_owned()
            }
            b'O' => {
                self.reads += 1;
                "\x060000\x03".to_owned() + &self.block()
            }
            b'y' | b't' | b'D' => {
                self.waiting = Some(letter);
                "\x06".to_owned()
            }
            _ => String::new(),
        }
    }
}

impl Device for Reader {
    fn request(&self, received: &[u8]) -> Option<usize> {
        let Some(letter) = self.waiting else {
            return (!received.is_empty()).then_some(1);
        };
        // The parameter of luminescence has no end; it says how long it is.
        let long =
            letter == b'D' && received.starts_with(b"0084") && received.len() >= 88 && received[87] != 3;
        let end = received.iter().position(|b| *b == 3).map(|at| at + 1);
        end.or(long.then_some(88))
    }

    fn serve(&mut self, request: &[u8], _: Option<&Fault>) -> (Vec<u8>, Duration) {
        let text = String::from_utf8_lossy(request).into_owned();
        if !text.starts_with('\x03') {
            self.log.push(text.clone());
        }
        let answer = match self.waiting.take() {
            Some(letter) => self.parameter(letter, &text),
            None => self.letter(request[0]),
        };
        if self.mute {
            return (Vec::new(), Duration::ZERO);
        }
        (answer.into_bytes(), Duration::ms(20))
    }
}

fn bench(model: &str) -> (BioTek, Rc<RefCell<Reader>>, Faults) {
    let reader = Rc::new(RefCell::new(Reader::default()));
    let faults = Faults::default();
    let line = plug(&reader, &faults, false, clock());
    let light = if model == "epoch" {
        ""
    } else {
        "fluorescence = true\nluminescence = true"
    };
    let rig = one_of(&ENTRY.replace("MODEL", model).replace("LIGHT", light));
    let driver = BioTek::new(&"reader".into(), &rig, line, clock()).unwrap();
    (driver, reader, faults)
}

fn absorbance() -> Action {
    Action::ReadAbsorbance {
        plate: "assay-1".into(),
        wavelength: Wavelength::nm(580),
        wells: 96,
        area: None,
    }
}

fn fluorescence(gain: u16) -> Action {
    Action::ReadFluorescence {
        plate: "assay-1".into(),
        excitation: Wavelength::nm(485),
        emission: Wavelength::nm(528),
        gain,
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

async fn run(driver: &mut BioTek, action: Action) -> Result<Done, Failure> {
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

#[tokio::test(start_paused = true)]
async fn reads_are_these_letters() {
    local(async {
        let (mut driver, reader, _) = bench("synergy_h1");
        let identity = driver.identify().await.unwrap();
        assert_eq!(identity.model, "BioTek Synergy H1");
        assert_eq!(identity.serial.as_deref(), Some("18061234"));
        assert_eq!(identity.firmware.as_deref(), Some("1.04"));
        run(&mut driver, Action::OpenTray).await.unwrap();
        assert!(reader.borrow().open);
        run(&mut driver, Action::CloseTray).await.unwrap();
        assert!(!reader.borrow().open);
        reader.borrow_mut().log.clear();
        let first = values(&run(&mut driver, absorbance()).await.unwrap());
        // A1, A2, ... A12, B1: row by row, whichever way the carriage went.
        assert_eq!((first[0], first[1], first[12]), (1.0101, 1.0102, 1.0201));
        let counts = values(&run(&mut driver, fluorescence(100)).await.unwrap());
        assert_eq!(counts[13], 20_202.0);
        values(&run(&mut driver, luminescence(400)).await.unwrap());
        let geometry = "08120112407424014381133808548127761435\x03";
        assert_eq!(
            reader.borrow().log,
            [
                "h",
                "y",
                geometry,
                "D",
                "004701010108120001200100001100100000106000080580113\x03",
                "O",
                "h",
                "y",
                geometry,
                "t",
                "621720\x03",
                "D",
                "0084010101081200012001000011001000001350001002002000485000052800000000000000000021001119\x03",
                "O",
                "h",
                "y",
                geometry,
                "t",
                "318720\x03",
                "D",
                "008401010108120001200100001100100000123000020200200-001000-00300000000000000000001351089",
                "O"
            ]
        );
        assert_eq!(driver.names(), ["temperature"]);
        assert_eq!(driver.ask("temperature").await.unwrap(), "23.6 C");
        assert!(driver.ask("pressure").await.is_err());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_a_model_cannot_is_refused_before_anything_is_sent() {
    local(async {
        let (mut driver, reader, _) = bench("epoch");
        values(&run(&mut driver, absorbance()).await.unwrap());
        let asked = reader.borrow().log.len();
        for (action, words) in [
            (fluorescence(100), "absorbance only"),
            (luminescence(400), "absorbance only"),
        ] {
            let failure = driver.prepare(&action).await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.moved),
                (FailureKind::Unsupported, Moved::No)
            );
            assert!(failure.message.contains(words), "{failure}");
        }
        let mut odd = absorbance();
        if let Action::ReadAbsorbance { wells, .. } = &mut odd {
            *wells = 48;
        }
        let failure = driver.prepare(&odd).await.unwrap_err();
        assert!(failure.message.contains("96 and 384"), "{failure}");
        assert_eq!(reader.borrow().log.len(), asked);

        let (mut driver, reader, _) = bench("cytation_5");
        for (action, words) in [
            (fluorescence(80), "write `gain = 100`"),
            (luminescence(50), "in steps of 200 ms"),
            (luminescence(60_000), "in steps of 200 ms"),
        ] {
            let failure = driver.prepare(&action).await.unwrap_err();
            assert_eq!(failure.moved, Moved::No);
            assert!(failure.message.contains(words), "{failure}");
        }
        assert_eq!(reader.borrow().log, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_status_is_told_with_where_it_came_from() {
    local(async {
        for (letter, action) in [
            (b'J', Action::OpenTray),
            (b'D', absorbance()),
            (b'O', absorbance()),
            (b't', fluorescence(100)),
        ] {
            let (mut driver, reader, _) = bench("synergy_h1");
            driver.identify().await.unwrap();
            reader.borrow_mut().refuse = Some((letter, 4307));
            // `t` refuses its parameter, not its letter.
            let failure = run(&mut driver, action).await.unwrap_err();
            let words = format!("answers \"{}\" with status 4307", char::from(letter));
            if letter == b't' {
                assert_eq!(failure.moved, Moved::No, "{failure}");
                continue;
            }
            assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
            assert!(failure.message.contains(&words), "{failure}");
            // Nothing of it is under way: the next read needs no wait.
            reader.borrow_mut().refuse = None;
            let before = driver.clock.now();
            values(&run(&mut driver, absorbance()).await.unwrap());
            assert!(driver.clock.now().since(before) < Duration::s(5));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_instrument_that_is_not_there_is_told_soon_and_in_words() {
    local(async {
        let (mut driver, reader, _) = bench("synergy_h1");
        reader.borrow_mut().mute = true;
        let failure = driver.identify().await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::NoAnswer, Moved::No));
        assert!(failure.message.contains("rts_cts"), "{failure}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_at_any_letter_of_a_read_costs_no_reading() {
    local(async {
        for action in [absorbance(), luminescence(400)] {
            let mut lines = {
                let (mut driver, reader, _) = bench("synergy_h1");
                run(&mut driver, action.clone()).await.unwrap();
                reader.borrow().log.clone()
            };
            lines.sort();
            lines.dedup();
            assert!(lines.len() > 6, "{lines:?}");
            for line in lines {
                for fault in [
                    Fault::LoseReply,
                    Fault::LoseRequest,
                    Fault::Late(Duration::s(3)),
                    Fault::Garble(b"\x0612\xFF".to_vec()),
                    Fault::Unplug,
                ] {
                    let (mut driver, reader, faults) = bench("synergy_h1");
                    faults.once(&line, fault.clone());
                    let done = carry_out(&mut driver, &action).await;
                    let last = f64::from(reader.borrow().reads);
                    let first = values(&done)[0];
                    let own = if action == absorbance() {
                        last + 0.0101
                    } else {
                        last * 10_000.0 + 101.0
                    };
                    assert_eq!(first, own, "{line} {fault:?}");
                }
            }
        }
    })
    .await;
}

/// Values that come when the next read has begun pass for nothing.
#[tokio::test(start_paused = true)]
async fn late_values_of_a_lost_read_never_pass_for_those_of_the_next() {
    local(async {
        for late in [211, 225, 239] {
            let (mut driver, reader, faults) = bench("synergy_h1");
            driver.identify().await.unwrap();
            let read = intent(&mut driver, absorbance()).await.unwrap();
            faults.once(b"O", Fault::Late(Duration::s(late)));
            let failure = driver.perform(&read).await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.moved),
                (FailureKind::NoAnswer, Moved::Unknown)
            );
            let evidence = Evidence::Commanded;
            assert_eq!(driver.settle(&read).await.unwrap(), Settled::NotDone { evidence });
            assert!(reader.borrow().log.iter().any(|l| l == "x"), "it was stopped");
            assert_eq!(values(&driver.perform(&read).await.unwrap())[0], 2.0101);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_read_of_a_program_that_died_is_stopped_and_waited_out() {
    local(async {
        let (mut driver, reader, _) = bench("synergy_h1");
        let read = intent(&mut driver, absorbance()).await.unwrap();
        let (mut other, other_reader, _) = bench("synergy_h1");
        let evidence = Evidence::Commanded;
        assert_eq!(other.settle(&read).await.unwrap(), Settled::NotDone { evidence });
        assert!(other_reader.borrow().log.iter().any(|l| l == "x"));
        let before = other.clock.now();
        other.perform(&read).await.unwrap();
        assert!(other.clock.now().since(before) > Duration::s(180));
        assert_eq!((reader.borrow().reads, other_reader.borrow().reads), (0, 1));
        driver.halt().await.unwrap();
        assert_eq!(reader.borrow().log.last().map(String::as_str), Some("x"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn garbled_values_are_measured_again() {
    local(async {
        let (mut driver, reader, faults) = bench("synergy_h1");
        driver.identify().await.unwrap();
        reader.borrow_mut().reads = 7;
        reader.borrow_mut().measure = Some("0047".to_owned());
        let flipped = reader.borrow().block().replace("+7.0101", "+7.0107");
        reader.borrow_mut().reads = 0;
        let read = intent(&mut driver, absorbance()).await.unwrap();
        faults.once(b"O", Fault::Garble(format!("\x060000\x03{flipped}").into_bytes()));
        let failure = driver.perform(&read).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Fault, Moved::Unknown)
        );
        assert!(failure.message.contains("garbled"), "{failure}");
        let evidence = Evidence::Commanded;
        assert_eq!(driver.settle(&read).await.unwrap(), Settled::NotDone { evidence });
        assert_eq!(values(&driver.perform(&read).await.unwrap())[0], 2.0101);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn readings_on_a_bad_wire_are_each_of_their_own_read() {
    local(async {
        for seed in 1..=6 {
            let (mut driver, reader, faults) = bench("cytation_1");
            let mut dice = Dice(seed * 7919);
            for _ in 0..30 {
                let what = [&b"O"[..], b"D", b"y", b"h", b"e", b"C", b"0047", b"0812"]
                    [usize::try_from(dice.roll(8)).unwrap()];
                if let Some(fault) = dice.fault() {
                    faults.once(what, fault);
                }
                let done = carry_out(&mut driver, &absorbance()).await;
                assert_eq!(
                    values(&done)[0],
                    f64::from(reader.borrow().reads) + 0.0101,
                    "seed {seed}"
                );
            }
        }
    })
    .await;
}
