use super::*;
use crate::drivers::testing::{Device, Dice, Fault, Faults, carry_out, clock, intent, local, one_of, plug};
use crate::units::Wavelength;
use std::cell::RefCell;
use std::rc::Rc;

const ENTRY: &str = r#"
[instruments.reader]
kind = "spectramax"
model = "MODEL"
link = { serial = "/dev/ttyUSB2", baud = 9600 }
tray = "tray"
wavelengths = ["340 nm", "850 nm"]
fluorescence = true
luminescence = true

[nests.tray]
kind = "reader_tray"
station = 1
"#;

/// A scripted reader: it measures when told to, and each read differs from the one before.
#[derive(Default)]
struct Reader {
    plus: bool,
    /// Whether `!TRANSFER` takes the data away.
    consumes: bool,
    /// Whether `!CLEAR DATA` does nothing.
    keeps: bool,
    open: bool,
    wavelengths: String,
    stored: Vec<String>,
    reads: u32,
    busy_looks: u32,
    blank: bool,
    refuse: Option<(&'static str, u16)>,
    log: Vec<String>,
}

impl Reader {
    fn block(&self) -> String {
        let mut block = format!("{}.0\t25.1\t96-well\r\nL:\t{}\r\n", self.reads, self.wavelengths);
        for column in 1..=12 {
            block += &format!("{column}:");
            for row in 0..8 {
                block += &format!("\t{}.{column:02}{row}", self.reads);
            }
            block += "\r\n";
        }
        block
    }

    fn answer(&mut self, text: &str) -> String {
        if let Some((what, code)) = self.refuse
            && text.starts_with(what)
        {
            return format!("FAIL\t {code}>\r\n");
        }
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        let two = |data: &str| format!("OK\t\r\n>{data}\r\n>");
        match name {
            "!STATUS" => {
                let state = if self.busy_looks > 0 { "BUSY" } else { "IDLE" };
                self.busy_looks = self.busy_looks.saturating_sub(1);
                two(&format!("0 {state}"))
            }
            "!TEMP" => two("0.0 25.1"),
            "!OPTION" => two("ROM 2.04 384"),
            "!ERROR" => two("302 low light"),
            "!SPEED" | "!READSTAGE" => two(""),
            "!READTYPE" if !self.plus && rest.starts_with("ABS") => two(""),
            "!CLEAR" => {
                if !self.keeps {
                    self.stored.clear();
                }
                "OK>\r\n".into()
            }
            "!WAVELENGTH" | "!EXWAVELENGTH" => {
                rest.clone_into(&mut self.wavelengths);
                "OK>\r\n".into()
            }
            "!EMWAVELENGTH" => {
                self.wavelengths += &format!("\t{rest}");
                "OK>\r\n".into()
            }
            "!OPEN" | "!CLOSE" => {
                self.open = name == "!OPEN";
                self.busy_looks = 3;
                "OK>\r\n".into()
            }
            "!READ" => {
                self.reads += 1;
                self.busy_looks = 5;
                if !self.blank {
                    self.stored.push(self.block());
                }
                "OK>\r\n".into()
            }
            "!TRANSFER" => match (self.stored.first().cloned(), self.consumes) {
                (Some(_), true) => two(&self.stored.remove(0)),
                (Some(block), false) => two(&block),
                (None, _) => "OK\t\r\n>FAIL\t 107>\r\n".into(),
            },
            _ => "OK>\r\n".into(),
        }
    }
}

impl Device for Reader {
    fn request(&self, received: &[u8]) -> Option<usize> {
        received.iter().position(|b| *b == b'\r').map(|at| at + 1)
    }

    fn serve(&mut self, request: &[u8], _: Option<&Fault>) -> (Vec<u8>, Duration) {
        let text = String::from_utf8_lossy(request).trim().to_owned();
        self.log.push(text.clone());
        (self.answer(&text).into_bytes(), Duration::ms(20))
    }
}

fn bench(model: &str) -> (SpectraMax, Rc<RefCell<Reader>>, Faults) {
    let reader = Rc::new(RefCell::new(Reader {
        plus: model == "384_plus",
        ..Reader::default()
    }));
    let faults = Faults::default();
    let line = plug(&reader, &faults, false, clock());
    let rig = one_of(&ENTRY.replace("MODEL", model));
    let driver = SpectraMax::new(&"reader".into(), &rig, line, clock()).unwrap();
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

async fn run(driver: &mut SpectraMax, action: Action) -> Result<Done, Failure> {
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
async fn a_read_of_absorbance_is_these_lines() {
    local(async {
        let (mut driver, reader, _) = bench("m5");
        let identity = driver.identify().await.unwrap();
        assert_eq!(identity.model, "SpectraMax m5");
        assert_eq!(identity.firmware.as_deref(), Some("ROM 2.04 384"));
        run(&mut driver, Action::OpenTray).await.unwrap();
        assert!(reader.borrow().open);
        run(&mut driver, Action::CloseTray).await.unwrap();
        reader.borrow_mut().log.clear();
        let done = run(&mut driver, absorbance()).await.unwrap();
        // A1, A2, ... A12, B1: row by row.
        let first = values(&done);
        assert_eq!((first[0], first[1], first[12]), (1.01, 1.02, 1.011));
        let log: Vec<String> = reader
            .borrow()
            .log
            .iter()
            .filter(|l| *l != "!STATUS")
            .cloned()
            .collect();
        assert_eq!(
            log,
            [
                "!CLEAR DATA",
                "!TRANSFER",
                "!CLEAR DATA",
                "!TRANSFER",
                "!XPOS 14.380 9.000 12",
                "!YPOS 11.240 9.000 8",
                "!STRIP 1 12",
                "!CSPEED 8",
                "!SHAKE OFF",
                "!WAVELENGTH 600",
                "!CALIBRATE ONCE",
                "!MODE ENDPOINT",
                "!ORDER COLUMN",
                "!SPEED OFF",
                "!TAG OFF",
                "!READTYPE ABSPLA",
                "!READ",
                "!TRANSFER",
                "!TRANSFER"
            ]
        );
        // The next one is another.
        assert_ne!(values(&run(&mut driver, absorbance()).await.unwrap()), first);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_a_model_cannot_is_refused_before_anything_is_sent() {
    local(async {
        let fluorescence = |gain| Action::ReadFluorescence {
            plate: "assay-1".into(),
            excitation: Wavelength::nm(485),
            emission: Wavelength::nm(520),
            gain,
            wells: 96,
            area: None,
        };
        let (mut driver, reader, _) = bench("384_plus");
        run(&mut driver, absorbance()).await.unwrap();
        assert!(reader.borrow().log.iter().any(|l| l == "!READTYPE PLA"));
        let asked = reader.borrow().log.len();
        let failure = driver.prepare(&fluorescence(100)).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Unsupported, Moved::No)
        );
        assert!(failure.message.contains("absorbance only"), "{failure}");
        let mut odd = absorbance();
        if let Action::ReadAbsorbance { wells, .. } = &mut odd {
            *wells = 48;
        }
        assert_eq!(
            driver.prepare(&odd).await.unwrap_err().kind,
            FailureKind::Unsupported
        );
        assert_eq!(reader.borrow().log.len(), asked);

        let (mut driver, reader, _) = bench("m5");
        values(&run(&mut driver, fluorescence(100)).await.unwrap());
        let log = reader.borrow().log.clone();
        for line in [
            "!PMT 100",
            "!EXWAVELENGTH 485",
            "!EMWAVELENGTH 520",
            "!EMFILTER 7",
            "!READTYPE FLU",
        ] {
            assert!(log.iter().any(|l| l == line), "{line} in {log:?}");
        }
        reader.borrow_mut().wavelengths = "\t590".to_owned();
        let luminescence = Action::ReadLuminescence {
            plate: "assay-1".into(),
            integration: Duration::ms(500),
            wells: 96,
        };
        values(&run(&mut driver, luminescence).await.unwrap());
        assert!(reader.borrow().log.iter().any(|l| l == "!COUNTTIME 0.500"));
    })
    .await;
}

#[test]
fn cutoff_filters_follow_the_emission() {
    let cases = [
        (321, 1),
        (325, 16),
        (415, 16),
        (420, 2),
        (434, 2),
        (435, 3),
        (520, 7),
        (529, 7),
        (530, 8),
        (700, 15),
    ];
    for (emission, filter) in cases {
        assert_eq!(settings::cutoff(emission), filter, "{emission} nm");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_read_is_settled_by_what_is_stored() {
    local(async {
        for consumes in [false, true] {
            for (fault, done) in [(Fault::LoseReply, true), (Fault::LoseRequest, false)] {
                let (mut driver, reader, faults) = bench("m5");
                reader.borrow_mut().consumes = consumes;
                run(&mut driver, absorbance()).await.unwrap();
                let read = intent(&mut driver, absorbance()).await.unwrap();
                faults.once("!READ\r", fault);
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
                    assert_eq!(evidence, Evidence::Measured);
                    assert_eq!(values(&done)[0], 2.01, "not that of the first read");
                } else {
                    assert_eq!(settled, Settled::NotDone { evidence });
                    assert_eq!(values(&driver.perform(&read).await.unwrap())[0], 2.01);
                }
                assert_eq!(reader.borrow().reads, 2);
                assert!(
                    reader.borrow().log.iter().any(|l| l == "!TEMP"),
                    "the driver fell into step"
                );
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_earlier_reading_is_never_delivered_as_a_new_one() {
    local(async {
        let (mut driver, reader, _) = bench("m5");
        run(&mut driver, absorbance()).await.unwrap();
        reader.borrow_mut().keeps = true;
        let failure = driver.prepare(&absorbance()).await.unwrap_err();
        assert!(failure.message.contains("keeps an earlier reading"), "{failure}");
        reader.borrow_mut().keeps = false;
        // A read that brings nothing.
        reader.borrow_mut().blank = true;
        let failure = run(&mut driver, absorbance()).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Fault, Moved::Yes));
        assert!(failure.message.contains("302 low light"), "{failure}");
        // Data of another wavelength, as somebody at the panel would leave them, and of another plate.
        let (mut driver, reader, _) = bench("m5");
        let read = intent(&mut driver, absorbance()).await.unwrap();
        reader.borrow_mut().wavelengths = "450".to_owned();
        let other = reader.borrow().block();
        reader.borrow_mut().stored.push(other);
        let evidence = Evidence::Measured;
        assert_eq!(driver.settle(&read).await.unwrap(), Settled::NotDone { evidence });
        // Two data sets where one was measured.
        let (mut driver, reader, _) = bench("m5");
        reader.borrow_mut().consumes = true;
        let read = intent(&mut driver, absorbance()).await.unwrap();
        reader.borrow_mut().wavelengths = "600".to_owned();
        for n in 1..=2 {
            reader.borrow_mut().reads = n;
            let block = reader.borrow().block();
            reader.borrow_mut().stored.push(block);
        }
        assert_eq!(driver.settle(&read).await.unwrap(), Settled::NotDone { evidence });
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn refusals_are_told_in_words() {
    local(async {
        let cases = [
            ("!READ", 110, FailureKind::Refused, "cuvette"),
            ("!OPEN", 400, FailureKind::Fault, "carriage"),
            ("!READTYPE", 111, FailureKind::Refused, "do not fit together"),
        ];
        for (what, code, kind, words) in cases {
            let (mut driver, reader, _) = bench("m5");
            reader.borrow_mut().refuse = Some((what, code));
            let action = if what == "!OPEN" {
                Action::OpenTray
            } else {
                absorbance()
            };
            let failure = run(&mut driver, action).await.unwrap_err();
            assert_eq!((failure.kind, failure.moved), (kind, Moved::No), "{what}");
            assert!(failure.message.contains(words), "{failure}");
        }
        let (mut driver, _, _) = bench("m5");
        assert_eq!(driver.halt().await.unwrap_err().kind, FailureKind::Unsupported);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_at_any_line_of_a_read_costs_no_reading() {
    local(async {
        let lines = {
            let (mut driver, reader, _) = bench("m5");
            run(&mut driver, absorbance()).await.unwrap();
            let mut lines = reader.borrow().log.clone();
            lines.sort();
            lines.dedup();
            lines
        };
        assert!(lines.len() > 15, "{lines:?}");
        for line in lines {
            for fault in [
                Fault::LoseReply,
                Fault::LoseRequest,
                Fault::Late(Duration::s(3)),
                Fault::Garble(b"OX\t>".to_vec()),
                Fault::Unplug,
            ] {
                let (mut driver, reader, faults) = bench("m5");
                faults.once(format!("{line}\r"), fault.clone());
                let done = carry_out(&mut driver, &absorbance()).await;
                let last = reader.borrow().reads;
                assert_eq!(values(&done)[0], f64::from(last) + 0.01, "{line} {fault:?}");
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn readings_on_a_bad_wire_are_each_of_their_own_read() {
    local(async {
        for seed in 1..=4 {
            let (mut driver, reader, faults) = bench("m5");
            reader.borrow_mut().consumes = seed % 2 == 0;
            let mut dice = Dice(seed * 7919);
            for _ in 0..40 {
                let what = [
                    "!READ\r",
                    "!TRANSFER",
                    "!STATUS",
                    "!CLEAR DATA",
                    "!WAVELENGTH",
                    "!TEMP",
                ];
                let hit = what[usize::try_from(dice.roll(6)).unwrap()];
                if let Some(fault) = dice.fault() {
                    faults.once(hit, fault);
                }
                let before = reader.borrow().reads;
                let done = carry_out(&mut driver, &absorbance()).await;
                let after = reader.borrow().reads;
                let of = values(&done)[0] - 0.01;
                assert!(
                    of > f64::from(before) && of <= f64::from(after),
                    "{before} {of} {after}"
                );
            }
        }
    })
    .await;
}
