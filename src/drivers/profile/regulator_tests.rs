use super::*;
use crate::devices::Moved;
use crate::drivers::testing::{Device as Wired, Fault, Faults, carry_out, clock, intent, local, plug};
use crate::rig;
use crate::source::SourceFile;
use crate::units::{Duration, Unit};
use std::cell::RefCell;
use std::rc::Rc;

/// A drive that answers reads of objects from a list, and takes what is written; frames without their transaction.
struct Drive {
    reads: Vec<(&'static str, &'static str)>,
    refuses: &'static str,
    heard: Vec<String>,
}

fn bytes(hex: &str) -> Vec<u8> {
    let pair = |pair: &str| u8::from_str_radix(pair, 16).unwrap();
    hex.split_whitespace().map(pair).collect()
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(" ")
}

impl Wired for Drive {
    fn request(&self, received: &[u8]) -> Option<usize> {
        let length = usize::from(*received.get(5)?) + 6;
        (received.len() >= length).then_some(length)
    }
    fn serve(&mut self, request: &[u8], _: Option<&Fault>) -> (Vec<u8>, Duration) {
        let said = hex(&request[2..]);
        let read = self.reads.iter().find(|(sent, _)| *sent == said);
        let answer = match read {
            Some((_, answer)) => bytes(answer),
            None if said == self.refuses => bytes("00 00 00 03 00 AB 03"),
            None => {
                assert_eq!(request[9], 1, "nobody expected {said}");
                let mut answer = request[2..19].to_vec();
                (answer[3], answer[16]) = (0x0D, 0);
                answer
            }
        };
        self.heard.push(said);
        ([&request[..2], &answer].concat(), Duration::ZERO)
    }
}

const STATUS: (&str, &str) = (
    "00 00 00 0D 00 2B 0D 00 00 00 60 41 00 00 00 00 02",
    "00 00 00 0F 00 2B 0D 00 00 00 60 41 00 00 00 00 02 27 06",
);
const POSITION: (&str, &str) = (
    "00 00 00 0D 00 2B 0D 00 00 00 60 64 00 00 00 00 04",
    "00 00 00 11 00 2B 0D 00 00 00 60 64 00 00 00 00 04 10 27 00 00",
);
const TARGET: (&str, &str) = (
    "00 00 00 0D 00 2B 0D 00 00 00 60 7A 00 00 00 00 04",
    "00 00 00 11 00 2B 0D 00 00 00 60 7A 00 00 00 00 04 10 27 00 00",
);
const GO_THERE: &str = "00 00 00 11 00 2B 0D 01 00 00 60 7A 00 00 00 00 04 10 27 00 00";
const SHUTDOWN: &str = "00 00 00 0F 00 2B 0D 01 00 00 60 40 00 00 00 00 02 06 00";
const HOMING: &str = "00 00 00 0E 00 2B 0D 01 00 00 60 60 00 00 00 00 01 06";

fn axis(refuses: &'static str) -> (Rc<RefCell<Drive>>, RegulatorDriver) {
    let file = |name: &str, text: &str| SourceFile {
        name: name.into(),
        text: text.into(),
    };
    let text = "[rig]\nname = \"bench\"\nsafe_height = \"170 mm\"\n[instruments.axis]\nkind = \"profile\"\n\
         profile = \"p.toml\"\nlink = { tcp = \"127.0.0.1:502\", unit = 0 }\n\
         set_points = { position = { bounds = [\"0 mm\", \"400 mm\"] } }\n";
    let profile = file("p.toml", include_str!("../../../config/profiles/igus-d1.toml"));
    let (rig, found) = rig::parse(&file("rig.toml", text), &[("p.toml".to_owned(), profile)].into());
    assert_eq!(found, []);
    let drive = Rc::new(RefCell::new(Drive {
        reads: vec![STATUS, POSITION, TARGET],
        refuses,
        heard: Vec::new(),
    }));
    let line = plug(&drive, &Faults::default(), true, clock());
    let driver = RegulatorDriver::new(&"axis".into(), "p.toml", &rig.unwrap(), line, clock()).unwrap();
    (drive, driver)
}

fn to(mm: f64) -> Action {
    Action::SetPoint {
        quantity: QuantityId::new("position"),
        to: Amount::of(mm, Unit::Millimetres).unwrap(),
        reach: None,
    }
}

#[tokio::test(start_paused = true)]
async fn an_axis_behind_objects_is_told_and_asked_by_the_bytes_of_its_manual() {
    local(async {
        let (drive, mut axis) = axis("");
        carry_out(&mut axis, &to(100.0)).await;
        for wanted in [STATUS.0, GO_THERE, POSITION.0] {
            assert!(drive.borrow().heard.iter().any(|said| said == wanted), "{wanted}");
        }
        assert_eq!(axis.ask("position").await.unwrap(), "100 mm");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_a_drive_refuses_is_told_and_it_did_not_move() {
    local(async {
        let (drive, mut axis) = axis(GO_THERE);
        let there = intent(&mut axis, to(100.0)).await.unwrap();
        let failure = axis.perform(&there).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Refused, Moved::No));
        assert!(failure.message.contains("exception 3"), "{}", failure.message);
        let heard = drive.borrow().heard.clone();
        let starts = |said: &&String| said.ends_with("02 1F 00");
        assert_eq!(heard.iter().filter(starts).count(), 0, "it was not started");
        // It is homed by what the manual says of it; this one never says that it is ready.
        let homing = axis
            .perform(&Intent {
                action: Action::Initialise,
                before: Before::default(),
            })
            .await;
        assert_eq!(homing.unwrap_err().kind, FailureKind::Fault);
        assert!(drive.borrow().heard.iter().any(|said| said == SHUTDOWN));
        assert!(drive.borrow().heard.iter().any(|said| said == HOMING));
    })
    .await;
}
