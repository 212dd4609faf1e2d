use super::*;
use crate::drivers::testing::{Device, Dice, Fault, Faults, carry_out, clock, intent, local, plug};
use crate::link::Settings;
use crate::plan::{ThermalProgram, ThermalStage, ThermalStep};
use crate::rig;
use crate::source::SourceFile;
use crate::units::{RotationSpeed, Temperature};
use std::cell::RefCell;
use std::rc::Rc;

const PEELER: &str = include_str!("../../../config/profiles/xpeel.toml");
const SEALER: &str = include_str!("../../../config/profiles/a4s.toml");
const SHAKER: &str = include_str!("../../../config/profiles/ot-heater-shaker.toml");
const CYCLER: &str = include_str!("../../../config/profiles/ot-thermocycler-2.toml");
const SCANNER: &str = include_str!("../../../config/profiles/keyence.toml");

/// A rig with one station, "station".
pub(super) fn rig(profile: &str, abilities: &str, baud: &str) -> Rig {
    let file = |name: &str, text: String| SourceFile {
        name: name.into(),
        text,
    };
    let text = format!(
        "[rig]\nname = \"bench\"\ntitle = \"Bench\"\nsafe_height = \"170 mm\"\n\
         [instruments.station]\nkind = \"profile\"\ntitle = \"station\"\nprofile = \"p.toml\"\n\
         link = {{ serial = \"/dev/ttyUSB0\", {baud} }}\nnest = \"seat\"\nabilities = {{ {abilities} }}\n\
         [nests.seat]\nkind = \"station\"\nstation = 1\n"
    );
    let profiles = [("p.toml".to_owned(), file("p.toml", profile.to_owned()))].into();
    let (rig, found) = rig::parse(&file("rig.toml", text), &profiles);
    assert_eq!(found, []);
    rig.unwrap()
}

pub(super) fn driver<D: Device>(
    rig: &Rig,
    device: &Rc<RefCell<D>>,
    faults: &Faults,
    dribble: bool,
) -> TextDriver {
    let line = plug(device, faults, dribble, clock());
    TextDriver::new(&"station".into(), "p.toml", rig, line, clock()).unwrap()
}

fn line_end(received: &[u8], end: &[u8]) -> Option<usize> {
    received
        .windows(end.len())
        .position(|w| w == end)
        .map(|at| at + end.len())
}

/// An XPeel with a plate, which counts what it did.
struct Peeler {
    sealed: bool,
    peeled: u32,
    plate: bool,
}

impl Device for Peeler {
    fn request(&self, received: &[u8]) -> Option<usize> {
        line_end(received, b"\r\n")
    }
    fn serve(&mut self, request: &[u8], fault: Option<&Fault>) -> (Vec<u8>, Duration) {
        let ready = |code: &str| format!("*ready:{code},00,00\r\n");
        let (answer, works) = match request.trim_ascii() {
            b"*tapeleft" => ("*tape:40,10\r\n".to_owned(), 0),
            b"*sealcheck" if !self.plate => (format!("*ack\r\n{}", ready("06")), 1),
            b"*sealcheck" => (
                format!("*ack\r\n{}", ready(if self.sealed { "04" } else { "00" })),
                1,
            ),
            b"*restart" => (format!("*ack\r\n{}", ready("00")), 20),
            b"*xpeel:42.5" if fault == Some(&Fault::Alarm) => (format!("*ack\r\n{}", ready("02")), 3),
            b"*xpeel:42.5" if self.sealed => {
                self.sealed = false;
                self.peeled += 1;
                (format!("*ack\r\n{}", ready("00")), 15)
            }
            b"*xpeel:42.5" => (format!("*ack\r\n{}", ready("04")), 15),
            _ => (ready("05"), 0),
        };
        (answer.into_bytes(), Duration::s(works))
    }
}

fn peeler() -> Rc<RefCell<Peeler>> {
    Rc::new(RefCell::new(Peeler {
        sealed: true,
        peeled: 0,
        plate: true,
    }))
}

fn peel() -> Action {
    Action::Peel { plate: "p".into() }
}

#[tokio::test(start_paused = true)]
async fn a_seal_is_taken_off_once_and_a_lost_answer_is_settled_by_the_seal_sensor() {
    local(async {
        let rig = rig(PEELER, "peel = true", "baud = 9600");
        let (device, faults) = (peeler(), Faults::default());
        let mut driver = driver(&rig, &device, &faults, true);
        assert_eq!(driver.identify().await.unwrap().model, "xpeel");
        assert_eq!(carry_out(&mut driver, &Action::Initialise).await, Done::Plain);
        let intent = intent(&mut driver, peel()).await.unwrap();
        assert_eq!(intent.before.get("done"), Some(0));
        faults.once("*xpeel", Fault::LoseReply);
        let failure = driver.perform(&intent).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::NoAnswer, Moved::Unknown)
        );
        let settled = driver.settle(&intent).await.unwrap();
        let evidence = crate::devices::Evidence::Measured;
        assert_eq!(
            settled,
            Settled::Done {
                done: Done::Plain,
                evidence
            }
        );
        assert_eq!(device.borrow().peeled, 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_peeler_refuses_what_cannot_be_peeled_before_anything_moves() {
    local(async {
        let rig = rig(PEELER, "peel = true", "baud = 9600");
        let (device, faults) = (peeler(), Faults::default());
        let mut driver = driver(&rig, &device, &faults, false);
        device.borrow_mut().sealed = false;
        let failure = driver.prepare(&peel()).await.unwrap_err();
        insta::assert_snapshot!(failure.message, @r#""station" cannot peel: its seal.seal is none and must be present; look at the machine"#);
        device.borrow_mut().plate = false;
        let failure = driver.prepare(&peel()).await.unwrap_err();
        insta::assert_snapshot!(failure.message, @r#"no plate stands in "station"; put it there"#);
        let shake = Action::Shake { speed: None };
        assert_eq!(driver.prepare(&shake).await.unwrap_err().kind, FailureKind::Unsupported);
        // It stops half-way: whether the seal came off, the sensor says.
        *device.borrow_mut() = Peeler { sealed: true, peeled: 0, plate: true };
        let intent = intent(&mut driver, peel()).await.unwrap();
        faults.once("*xpeel", Fault::Alarm);
        let failure = driver.perform(&intent).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Fault, Moved::Unknown));
        insta::assert_snapshot!(failure.message, @r#""station" refuses `*xpeel:42.5`: the elevator is stuck ("*ready:02,00,00")"#);
        let evidence = crate::devices::Evidence::Measured;
        assert_eq!(driver.settle(&intent).await.unwrap(), Settled::NotDone { evidence });
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn whatever_befalls_the_line_each_plate_is_peeled_once() {
    local(async {
        let rig = rig(PEELER, "peel = true", "baud = 9600");
        for seed in 1..60 {
            let (device, faults) = (peeler(), Faults::default());
            let mut dice = Dice(seed * 7_919);
            let mut driver = driver(&rig, &device, &faults, seed % 2 == 0);
            for request in ["*xpeel", "*sealcheck", "*tapeleft", "*sealcheck", "*tapeleft"] {
                if let Some(fault) = dice.fault() {
                    faults.once(request, fault);
                }
            }
            for plate in 1..=3 {
                device.borrow_mut().sealed = true;
                carry_out(&mut driver, &peel()).await;
                assert_eq!(device.borrow().peeled, plate, "seed {seed}");
            }
        }
    })
    .await;
}

#[test]
fn a_rig_file_with_a_line_that_the_instrument_cannot_be_set_to_is_refused() {
    let result = std::panic::catch_unwind(|| rig(PEELER, "peel = true", "baud = 115200"));
    let text = *result.unwrap_err().downcast::<String>().unwrap();
    assert!(
        text.contains("profile-line") && text.contains("its profile names 9600 8N1"),
        "{text}"
    );
}

/// A module that answers from a script: the bytes of each request, and those of its answer.
struct Script(Vec<(&'static str, &'static str)>, &'static [u8], Vec<String>);

impl Device for Script {
    fn request(&self, received: &[u8]) -> Option<usize> {
        line_end(received, self.1)
    }
    fn serve(&mut self, request: &[u8], _: Option<&Fault>) -> (Vec<u8>, Duration) {
        let request = String::from_utf8(request.to_vec()).unwrap();
        let at = self.0.iter().position(|(r, _)| *r == request);
        let at = at.unwrap_or_else(|| panic!("nobody expected {request:?}"));
        self.2.push(request);
        // Questions are answered alike until their answer is written anew; what comes twice is answered in order.
        let again = self.0.iter().filter(|(r, _)| *r == self.0[at].0).count() > 1;
        let answer = if again { self.0.remove(at).1 } else { self.0[at].1 };
        (answer.as_bytes().to_vec(), Duration::ZERO)
    }
}

const HELLO: (&str, &str) = ("M115 \n", "M115 FW:21.2.1 HW:A SerialNo:TC2101010A2 OK\n");

#[tokio::test(start_paused = true)]
async fn a_heater_shaker_is_spoken_to_byte_for_byte_and_its_errors_are_told_in_words() {
    local(async {
        let rig = rig(SHAKER, "shake = [\"200 rpm\", \"3000 rpm\"], hold = [\"37 C\", \"95 C\"]", "baud = 115200");
        let script = Script(
            vec![
                HELLO,
                ("M243 \n", "M243 OK\n"),
                ("M3 S500 \n", "ERR126:main motor:plate lock not closed (required) OK\n"),
                ("M3 S500 \n", "M3 OK\n"),
                ("M123 \n", "M123 C:120 T:500 OK\n"),
                ("M123 \n", "M123 C:497 T:500 OK\n"),
                ("M104 S70.00 \n", "M104 OK\n"),
                ("M105 \n", "async ERR106:main motor:speedsensor failed OK\nM105 C:25.00 T:70.00 OK\n"),
                ("M105 \n", "M105 C:25.00 T:70.00 OK\n"),
            ],
            b" \n",
            Vec::new(),
        );
        let device = Rc::new(RefCell::new(script));
        let mut driver = driver(&rig, &device, &Faults::default(), true);
        let identity = driver.identify().await.unwrap();
        assert_eq!(
            (identity.serial.as_deref(), identity.firmware.as_deref()),
            (Some("TC2101010A2"), Some("21.2.1"))
        );
        let shake = Action::Shake { speed: Some(RotationSpeed::rpm(500)) };
        let shaking = intent(&mut driver, shake).await.unwrap();
        let failure = driver.perform(&shaking).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
        insta::assert_snapshot!(failure.message, @r#""station" refuses `M3 S500`: the latch is not closed ("ERR126:main motor:plate lock not closed (required)")"#);
        assert_eq!(driver.perform(&shaking).await.unwrap(), Done::Plain);
        let heat = Action::SetTemperature { temperature: Temperature::milli_celsius(70_000) };
        let heating = intent(&mut driver, heat).await.unwrap();
        let failure = driver.perform(&heating).await.unwrap_err();
        insta::assert_snapshot!(failure.message, @r#""station" refuses `temperature`: main motor:speedsensor failed ("async ERR106:main motor:speedsensor failed")"#);
        assert_eq!(driver.perform(&heating).await.unwrap(), Done::Plain);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_thermocycler_is_led_through_its_program_step_by_step() {
    local(async {
        let rig = rig(CYCLER, "thermocycle = [\"4 C\", \"99 C\"]", "baud = 115200");
        let block = |t: &'static str| t;
        let script = Script(
            vec![
                (
                    "M115 \r\n",
                    "M115 FW:(dev)--b4eeff7 HW:Opentrons-thermocycler-gen2 SerialNo:EMPTYSN OK\n",
                ),
                ("M119 \r\n", "M119 Lid:closed Seal:engaged OK\n"),
                ("M140 S105 \r\n", "M140 OK\n"),
                ("M141 \r\n", "M141 T:105.00 C:22.04 OK\n"),
                ("M141 \r\n", "M141 T:105.00 C:104.10 OK\n"),
                ("M104 S95.00 H2.0 \r\n", "M104 OK\n"),
                (
                    "M105 \r\n",
                    block("M105 T:95.00 C:23.32 H:2.00 Total_H:2.00 At_target?:0 OK\n"),
                ),
                (
                    "M105 \r\n",
                    block("M105 T:95.00 C:94.90 H:2.00 Total_H:2.00 At_target?:1 OK\n"),
                ),
                (
                    "M105 \r\n",
                    block("M105 T:95.00 C:95.00 H:1.00 Total_H:2.00 At_target?:1 OK\n"),
                ),
                (
                    "M105 \r\n",
                    block("M105 T:95.00 C:95.00 H:0.00 Total_H:2.00 At_target?:1 OK\n"),
                ),
                ("M104 S60.00 H1.5 \r\n", "M104 OK\n"),
                (
                    "M105 \r\n",
                    block("M105 T:60.00 C:60.50 H:1.50 Total_H:1.50 At_target?:1 OK\n"),
                ),
                (
                    "M105 \r\n",
                    block("M105 T:60.00 C:60.00 H:0.00 Total_H:1.50 At_target?:1 OK\n"),
                ),
                (
                    "M105 \r\n",
                    block("M105 T:95.00 C:94.90 H:2.00 Total_H:2.00 At_target?:1 OK\n"),
                ),
                (
                    "M105 \r\n",
                    block("M105 T:95.00 C:95.00 H:0.00 Total_H:2.00 At_target?:1 OK\n"),
                ),
                (
                    "M105 \r\n",
                    block("M105 T:60.00 C:60.50 H:1.50 Total_H:1.50 At_target?:1 OK\n"),
                ),
                (
                    "M105 \r\n",
                    block("M105 T:60.00 C:60.00 H:0.00 Total_H:1.50 At_target?:1 OK\n"),
                ),
                ("M108 \r\n", "M108 OK\n"),
                ("M14 \r\n", "M14 OK\n"),
            ],
            b" \r\n",
            Vec::new(),
        );
        let device = Rc::new(RefCell::new(script));
        let mut driver = driver(&rig, &device, &Faults::default(), false);
        let step = |c: i32, ms: u64| ThermalStep {
            temperature: Temperature::milli_celsius(c * 1000),
            duration: Duration::ms(ms),
        };
        let program = ThermalProgram {
            lid: Some(Temperature::milli_celsius(105_000)),
            stages: vec![ThermalStage {
                cycles: 2,
                steps: vec![step(95, 2_000), step(60, 1_500)],
            }],
            hold: None,
        };
        let action = Action::Thermocycle {
            plate: "p".into(),
            program,
        };
        let cycling = intent(&mut driver, action).await.unwrap();
        assert_eq!(driver.perform(&cycling).await.unwrap(), Done::Plain);
        let sent = device.borrow().2.clone();
        let told: Vec<&str> = sent
            .iter()
            .map(|s| s.trim())
            .filter(|s| s.starts_with("M104") || *s == "M14")
            .collect();
        assert_eq!(
            told,
            [
                "M104 S95.00 H2.0",
                "M104 S60.00 H1.5",
                "M104 S95.00 H2.0",
                "M104 S60.00 H1.5",
                "M14"
            ]
        );
        // No sensor can tell what became of it.
        assert!(matches!(
            driver.settle(&cycling).await.unwrap(),
            Settled::Unknown { .. }
        ));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn silence_of_a_barcode_reader_is_no_barcode_and_its_light_goes_off_all_the_same() {
    local(async {
        let rig = rig(SCANNER, "scan = true", "baud = 9600, format = \"7E1\"");
        let script = Script(
            vec![
                ("RMOTOR\r", "MOTORON\r"),
                ("LON\r", "PLATE0001\r"),
                ("LON\r", ""),
                ("LON\r", "NG\r"),
                ("LOFF\r", ""),
            ],
            b"\r",
            Vec::new(),
        );
        let device = Rc::new(RefCell::new(script));
        let mut driver = driver(&rig, &device, &Faults::default(), true);
        let read = |expected: Option<&str>| Action::ReadBarcode {
            plate: "p".into(),
            expected: expected.map(str::to_owned),
        };
        assert_eq!(
            carry_out(&mut driver, &read(None)).await,
            Done::Barcode(Some("PLATE0001".into()))
        );
        for _ in 0..2 {
            let scan = intent(&mut driver, read(Some("PLATE0001"))).await.unwrap();
            let failure = driver.perform(&scan).await.unwrap_err();
            assert_eq!((failure.kind, failure.moved), (FailureKind::Mismatch, Moved::No));
            assert!(failure.message.contains("shows no barcode"), "{failure}");
        }
        // A late answer to what was asked before is no barcode.
        device.borrow_mut().0.retain(|(request, _)| *request != "LON\r");
        device.borrow_mut().0.push(("LON\r", "MOTORON\rPLATE0002\r"));
        assert_eq!(
            carry_out(&mut driver, &read(None)).await,
            Done::Barcode(Some("PLATE0002".into()))
        );
        let off = device.borrow().2.iter().filter(|r| *r == "LOFF\r").count();
        assert_eq!(off, 4);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_sealer_that_only_tells_its_status_is_led_through_a_cycle_and_asked_about_by_nobody() {
    local(async {
        let rig = rig(SEALER, "seal = [\"100 C\", \"180 C\"]", "baud = 19200");
        let (ours, theirs) = tokio::io::duplex(4096);
        let heard = Rc::new(RefCell::new(String::new()));
        tokio::task::spawn_local(stream_status(theirs, heard.clone()));
        let line = crate::link::Line::over(ours, Settings::at("test"), clock());
        let mut driver = TextDriver::new(&"station".into(), "p.toml", &rig, line, clock()).unwrap();
        let action = Action::Seal {
            plate: "p".into(),
            temperature: Temperature::milli_celsius(165_000),
            duration: Duration::s(3),
        };
        let sealing = intent(&mut driver, action).await.unwrap();
        assert_eq!(driver.perform(&sealing).await.unwrap(), Done::Plain);
        assert_eq!(*heard.borrow(), "*00H1ZZ*00DH=0165zz!*00DT=0030zz!*00GS=zz!");
        let settled = driver.settle(&sealing).await.unwrap();
        let Settled::Unknown { why } = settled else { panic!("{settled:?}") };
        insta::assert_snapshot!(why, @r#""station" cannot say whether seal took place: it has no way to tell; at rest: yes; door closed: yes; door open: no"#);
    })
    .await;
}

/// A sealer that tells its status every 300 ms: heats up at 20 C a second, presses for three seconds.
async fn stream_status(mut stream: tokio::io::DuplexStream, heard: Rc<RefCell<String>>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (mut now, mut target, mut cycle) = (25_u32, 25_u32, 0_u32);
    let mut buffer = [0_u8; 64];
    loop {
        tokio::select! {
            biased;
            read = stream.read(&mut buffer) => {
                let Ok(n @ 1..) = read else { return };
                let text = String::from_utf8_lossy(&buffer[..n]).into_owned();
                if text.contains("DH=0165") { target = 165; }
                if text.contains("GS=") { cycle = 10; }
                heard.borrow_mut().push_str(&text);
            }
            () = tokio::time::sleep(std::time::Duration::from_millis(300)) => {
                now = target.min(now + 6);
                cycle = cycle.saturating_sub(1);
                let line = format!("\r*T01={:04},{},1,0,0,004,0000zz!\r", now * 10, u8::from(cycle > 0));
                if stream.write_all(line.as_bytes()).await.is_err() { return; }
            }
        }
    }
}
