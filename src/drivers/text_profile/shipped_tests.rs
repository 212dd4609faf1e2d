//! Exchanges of the makers' documents, byte for byte, by the profiles that ship.

use super::super::wire::tests::profile;
use super::tests::{driver, rig};
use super::*;
use crate::drivers::testing::{Device, Fault, Faults, carry_out, clock, intent, local, plug};
use crate::plan::Reach;
use crate::rig;
use crate::source::SourceFile;
use crate::units::{Amount, RotationSpeed, Temperature, Unit};
use std::cell::RefCell;
use std::rc::Rc;

/// A device that answers from a script: bytes that are sent, and bytes that are answered, again and again.
struct Spoken {
    script: Vec<(&'static [u8], &'static [u8])>,
    heard: Vec<Vec<u8>>,
}

impl Device for Spoken {
    fn request(&self, received: &[u8]) -> Option<usize> {
        let whole = self
            .script
            .iter()
            .map(|(sent, _)| sent)
            .find(|sent| received.starts_with(sent));
        let unknown = !self.script.iter().any(|(sent, _)| sent.starts_with(received));
        assert!(
            received.is_empty() || whole.is_some() || !unknown,
            "nobody expected {received:x?}"
        );
        whole.map(|sent| sent.len())
    }
    fn serve(&mut self, request: &[u8], _: Option<&Fault>) -> (Vec<u8>, Duration) {
        self.heard.push(request.to_vec());
        let at = self.script.iter().position(|(sent, _)| *sent == request).unwrap();
        let again = self.script.iter().filter(|(sent, _)| *sent == request).count() > 1;
        let answer = if again {
            self.script.remove(at).1
        } else {
            self.script[at].1
        };
        (answer.to_vec(), Duration::ZERO)
    }
}

fn spoken(script: &[(&'static [u8], &'static [u8])]) -> Rc<RefCell<Spoken>> {
    Rc::new(RefCell::new(Spoken {
        script: script.to_vec(),
        heard: Vec::new(),
    }))
}

fn said(device: &Rc<RefCell<Spoken>>, wanted: &[u8]) -> bool {
    device.borrow().heard.iter().any(|heard| heard == wanted)
}

const INHECO: &str = include_str!("../../../config/profiles/inheco.toml");

#[tokio::test(start_paused = true)]
async fn an_inheco_is_spoken_to_in_its_frames() {
    local(async {
        let abilities = "shake = [\"396 rpm\", \"1800 rpm\"], hold = [\"10 C\", \"70 C\"]";
        let rig = rig(INHECO, abilities, "baud = 19200");
        let ok: &[u8] = b"\xB2\x20\x60";
        let device = spoken(&[]);
        // Whatever its first answer is after it was switched on, it is met.
        let script: [(&str, &[u8]); 9] = [
            ("RFV0", b"\xB2\x21\x60"),
            ("RFV2", b"\xB24027\xB2\x20\x60"),
            ("RFV0", b"\xB22.31\xB2\x20\x60"),
            ("AID", ok),
            ("STT370", ok),
            ("SHE1", ok),
            ("RDS", b"\xB20\xB2\x20\x60"),
            ("SSP20,20,100,100,90", b"\xB2\x28\x60"),
            ("RSE", b"\xB20\xB2\x20\x60"),
        ];
        let line = profile(INHECO).line;
        for (text, answer) in script {
            let bytes = wrapped(&line, &format!("T00{text}"));
            device.borrow_mut().script.push((bytes.leak(), answer));
        }
        let mut driver = driver(&rig, &device, &Faults::default(), true);
        let identity = driver.identify().await.unwrap();
        assert_eq!((identity.serial.as_deref(), identity.firmware.as_deref()), (Some("4027"), Some("2.31")));
        carry_out(&mut driver, &Action::Initialise).await;
        let heat = Action::SetTemperature { temperature: Temperature::milli_celsius(37_000) };
        carry_out(&mut driver, &heat).await;
        for vector in [&b"\x09\x32\xC6T00AID\x93"[..], b"\x0C\x32\xC9T00STT370\x39", b"\x0A\x32\xC7T00SHE1\x4B"] {
            assert!(said(&device, vector), "{vector:x?}");
        }
        let shake = Action::Shake { speed: Some(RotationSpeed::rpm(600)) };
        let shaking = intent(&mut driver, shake).await.unwrap();
        let failure = driver.perform(&shaking).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
        insta::assert_snapshot!(failure.message, @r#""station" refuses `T00SSP20,20,100,100,90`: it cannot do that now ("8")"#);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn barcode_readers_are_triggered_by_the_bytes_of_their_documents() {
    local(async {
        let scan = Action::ReadBarcode {
            plate: "p".into(),
            expected: None,
        };
        let keep = |code: &str| Done::Barcode(Some(code.to_owned()));
        let text = include_str!("../../../config/profiles/microscan.toml");
        let of = rig(text, "scan = true", "baud = 9600, format = \"7E1\"");
        let device = spoken(&[
            (b"<?>", b"<?/0>"),
            (b"< >", b"\rPLATE0001\r\n"),
            (b"< >", b"NOREAD\r\n"),
        ]);
        let mut reader = driver(&of, &device, &Faults::default(), true);
        assert_eq!(carry_out(&mut reader, &scan).await, keep("PLATE0001"));
        let sees_nothing = async |reader: &mut TextDriver| {
            let scan = intent(reader, scan.clone()).await.unwrap();
            let failure = reader.perform(&scan).await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.moved),
                (FailureKind::Mismatch, Moved::No),
                "{}",
                failure.message
            );
        };
        sees_nothing(&mut reader).await;
        let text = include_str!("../../../config/profiles/honeywell.toml");
        let of = rig(text, "scan = true", "baud = 115200");
        let device = spoken(&[
            (b"\x16M\r232BAD?.", b"232BAD9\x06."),
            (b"\x16\x54\x0D", b"PLATE.01\r"),
            (b"\x16\x54\x0D", b""),
            (b"\x16\x55\x0D", b""),
        ]);
        let mut reader = driver(&of, &device, &Faults::default(), true);
        assert_eq!(carry_out(&mut reader, &scan).await, keep("PLATE.01"));
        assert!(said(&device, b"\x16\x55\x0D"), "reading is ended");
        sees_nothing(&mut reader).await;
    })
    .await;
}

/// The driver of a regulator that is alone in its rig.
fn regulator(device: &Rc<RefCell<Spoken>>, (profile, link, set_points): (&str, &str, &str)) -> TextDriver {
    let file = |name: &str, text: &str| SourceFile {
        name: name.into(),
        text: text.into(),
    };
    let text = format!(
        "[rig]\nname = \"bench\"\ntitle = \"Bench\"\nsafe_height = \"170 mm\"\n\
         [instruments.it]\nkind = \"profile\"\ntitle = \"it\"\nprofile = \"p.toml\"\n\
         link = {{ serial = \"/dev/ttyUSB0\", {link} }}\nset_points = {{ {set_points} }}\n"
    );
    let profiles = [("p.toml".to_owned(), file("p.toml", profile))].into();
    let (rig, found) = rig::parse(&file("rig.toml", &text), &profiles);
    assert_eq!(found, []);
    let line = plug(device, &Faults::default(), true, clock());
    TextDriver::new(&"it".into(), "p.toml", &rig.unwrap(), line, clock()).unwrap()
}

fn pump(device: &Rc<RefCell<Spoken>>) -> TextDriver {
    let bounds =
        "speed = { bounds = [\"0 rpm\", \"600 rpm\"] }, volume = { bounds = [\"1 mL\", \"100 mL\"] }";
    let profile = include_str!("../../../config/profiles/masterflex.toml");
    regulator(device, (profile, "baud = 4800, format = \"7O1\"", bounds))
}

#[tokio::test(start_paused = true)]
async fn a_magnetic_module_is_homed_before_each_height_and_told_it_by_the_bytes_of_the_dossier() {
    local(async {
        let ok: &[u8] = b"ok\r\nok\r\n";
        let device = spoken(&[
            (
                b"M115 \r\n\r\n",
                b"serial:MDV0118052801 model:mag_deck_v20 version:edge-11aa22b\r\nok\r\nok\r\n",
            ),
            (b"G28.2 \r\n\r\n", ok),
            (b"G0 Z10.12 \r\n\r\n", ok),
            (b"M114.2 \r\n\r\n", b"Z:10.12\r\nok\r\nok\r\n"),
            (b"M836 \r\n\r\n", b"height:12.34\r\nok\r\nok\r\n"),
        ]);
        let profile = include_str!("../../../config/profiles/ot-magnetic.toml");
        let bounds = "height = { bounds = [\"0 mm\", \"20 mm\"] }";
        let mut module = regulator(&device, (profile, "baud = 115200", bounds));
        assert_eq!(
            module.identify().await.unwrap().serial.as_deref(),
            Some("MDV0118052801")
        );
        carry_out(&mut module, &set("height", 10.12, Unit::Millimetres)).await;
        assert_eq!(module.told("plate").await.unwrap(), "height 12.34 mm");
        // Of the first generation, which counts in half millimetres, nothing is moved.
        let device = spoken(&[(
            b"M115 \r\n\r\n",
            b"serial:MDV0118052801 model:mag_deck_v1.5 version:edge-11aa22b\r\nok\r\nok\r\n",
        )]);
        let mut module = regulator(&device, (profile, "baud = 115200", bounds));
        assert_eq!(module.identify().await.unwrap_err().kind, FailureKind::Mismatch);
    })
    .await;
}

fn set(quantity: &str, value: f64, unit: Unit) -> Action {
    let reach: Option<Reach> = None;
    Action::SetPoint {
        quantity: crate::rig::QuantityId::new(quantity),
        to: Amount::of(value, unit).unwrap(),
        reach,
    }
}

const ACK: &[u8] = b"\x06";

#[tokio::test(start_paused = true)]
async fn a_masterflex_gets_its_number_and_runs_and_halts_by_the_bytes_of_the_dossier() {
    local(async {
        let device = spoken(&[
            (b"\x05P02\r", ACK),
            (b"\x02P02I\r", b"\x02P02I00000\r"),
            (b"\x02\x50\x30\x32\x53\x2B\x31\x30\x30\x47\x30\x0D", ACK),
            (b"\x02\x50\x30\x32\x48\x0D", ACK),
            (b"\x02P02S+650G0\r", b"\x15"),
        ]);
        let mut pump = pump(&device);
        carry_out(&mut pump, &set("speed", 100.0, Unit::Rpm)).await;
        assert!(said(&device, b"\x02P02S+100G0\r"));
        carry_out(&mut pump, &set("speed", 0.0, Unit::Rpm)).await;
        assert_eq!(
            device
                .borrow()
                .heard
                .iter()
                .filter(|h| h.ends_with(b"H\r"))
                .count(),
            1
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_count_of_a_pump_tells_whether_a_volume_was_pumped() {
    local(async {
        // Counts before the change, and after it: nothing, all of it, half of it; of a pump that was switched off, nothing.
        for (before, after, told) in [
            ("C100.00", "C100.00", Some(false)),
            ("C100.00", "C105.25", Some(true)),
            ("C0.00", "C5.25", Some(true)),
            ("C100.00", "C102.00", None),
            ("C100.00", "C0.00", None),
            ("C0.00", "C0.00", None),
        ] {
            let counted = |text: &str| -> &'static [u8] { format!("\u{2}{text}\r").into_bytes().leak() };
            let device = spoken(&[
                (b"\x05P02\r", ACK),
                (b"\x02P02I\r", b"\x02P02I00000\r"),
                (b"\x02P02H\r", ACK),
                (b"\x02P02S+100\r", ACK),
                (b"\x02P02V5.25G\r", b""),
                (b"\x02P02C\r", counted(before)),
                (b"\x02P02C\r", counted(after)),
                (b"\x02P02C\r", counted(after)),
            ]);
            let mut pump = pump(&device);
            let pumping = intent(&mut pump, set("volume", 4.2, Unit::Millilitres))
                .await
                .unwrap();
            let failure = pump.perform(&pumping).await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.moved),
                (FailureKind::NoAnswer, Moved::Unknown)
            );
            let evidence = crate::devices::Evidence::Commanded;
            let settled = pump.settle(&pumping).await.unwrap();
            match told {
                Some(true) => assert_eq!(
                    settled,
                    Settled::Done {
                        done: Done::Plain,
                        evidence
                    }
                ),
                Some(false) => assert_eq!(settled, Settled::NotDone { evidence }),
                None => assert!(
                    matches!(settled, Settled::Unknown { .. }),
                    "{before} {after}: {settled:?}"
                ),
            }
            let goes = device
                .borrow()
                .heard
                .iter()
                .filter(|heard| heard.ends_with(b"G\r"))
                .count();
            assert_eq!(goes, 1);
        }
    })
    .await;
}
