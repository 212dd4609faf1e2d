//! A pump of a few lines for the driver's tests, and the rig with a probe.

use crate::drivers::testing::{Device, Fault};
use crate::rig::{self, Rig};
use crate::source::SourceFile;
use crate::units::Duration;

pub fn probe_rig() -> Rig {
    let file = |name: &str, text: &str| SourceFile {
        name: name.into(),
        text: text.into(),
    };
    let mover = include_str!("../../../config/profiles/plate-mover.toml");
    let profiles = [("profiles/plate-mover.toml".to_owned(), file("mover", mover))].into();
    let rig = include_str!("../../../config/probe-rig.toml");
    let (rig, found) = rig::parse(&file("rig", rig), &profiles);
    assert_eq!(found, []);
    rig.unwrap()
}

/// A pump: position, strokes that it made, and how many polls it stays busy after one.
#[derive(Default)]
pub struct FakePump {
    pub position: i64,
    pub initialised: bool,
    pub busy_for: u32,
    pub strokes: Vec<(char, i64, i64)>,
    /// An error that the next `Q` reports.
    pub error: u8,
    /// Whether every answer reports that error, and the first one only.
    pub tells_once: bool,
    /// A stroke stops here instead.
    pub stall_at: Option<i64>,
}

impl FakePump {
    fn answer(&self, error: u8, data: &str) -> Vec<u8> {
        let ready = if self.busy_for == 0 { 0x20 } else { 0 };
        let mut bytes = vec![b'/', b'0', 0x40 | ready | error];
        bytes.extend_from_slice(data.as_bytes());
        bytes.extend_from_slice(b"\x03\r\n");
        bytes
    }
}

/// The same pump, spoken to in OEM frames.
#[derive(Default)]
pub struct OemPump {
    pub pump: FakePump,
    /// The number of the last block, by which a repeated one is known.
    last: Option<u8>,
    /// Blocks that it has had already.
    pub repeated: u32,
}

impl Device for OemPump {
    fn request(&self, received: &[u8]) -> Option<usize> {
        let end = received.iter().position(|b| *b == 0x03)?;
        (received.len() >= end + 2).then_some(end + 2)
    }

    fn serve(&mut self, request: &[u8], fault: Option<&Fault>) -> (Vec<u8>, Duration) {
        assert_eq!(request.iter().fold(0, |sum, b| sum ^ b), 0, "{request:?}");
        let (number, again) = (request[2] & 0x07, request[2] & 0x08 != 0);
        let text = [b"/1", &request[3..request.len() - 2], b"\r"].concat();
        let answer = if again && self.last == Some(number) {
            self.repeated += 1;
            self.pump.answer(0, "")
        } else {
            self.pump.serve(&text, fault).0
        };
        self.last = Some(number);
        if fault == Some(&Fault::PowerCut) {
            self.last = None;
        }
        let mut bytes = vec![0x02];
        bytes.extend_from_slice(&answer[1..answer.len() - 2]);
        bytes.push(bytes.iter().fold(0, |sum, b| sum ^ b));
        (bytes, Duration::ms(5))
    }
}

impl Device for FakePump {
    fn request(&self, received: &[u8]) -> Option<usize> {
        received.iter().position(|b| *b == b'\r').map(|at| at + 1)
    }

    fn serve(&mut self, request: &[u8], fault: Option<&Fault>) -> (Vec<u8>, Duration) {
        let text = std::str::from_utf8(&request[2..request.len() - 1])
            .unwrap()
            .to_owned();
        let uninitialised = if self.initialised { 0 } else { 7 };
        let answer = match text.as_str() {
            "Q" => {
                let error = std::mem::take(&mut self.error).max(uninitialised);
                let answer = self.answer(error, "");
                self.busy_for = self.busy_for.saturating_sub(1);
                answer
            }
            "?" => self.answer(uninitialised, &self.position.to_string()),
            "?6" => {
                let open = self
                    .strokes
                    .last()
                    .map_or('o', |(port, _, _)| port.to_ascii_lowercase());
                self.answer(uninitialised, &open.to_string())
            }
            "?23" => {
                let error = if self.tells_once {
                    std::mem::take(&mut self.error)
                } else {
                    0
                };
                self.answer(error.max(uninitialised), "737230 A")
            }
            "N0R" => self.answer(uninitialised, ""),
            "Z0R" => {
                self.position = 0;
                self.initialised = true;
                self.busy_for = 4;
                self.answer(0, "")
            }
            _ if !self.initialised => self.answer(7, ""),
            stroke => {
                let (_, target) = stroke.trim_end_matches('R').split_once('A').unwrap();
                let port = if stroke.contains('I') { 'I' } else { 'O' };
                let target: i64 = target.parse().unwrap();
                let target = self.stall_at.take().inspect(|_| self.error = 9).unwrap_or(target);
                self.strokes.push((port, self.position, target));
                self.position = target;
                self.busy_for = 3;
                self.answer(0, "")
            }
        };
        if fault == Some(&Fault::PowerCut) {
            self.initialised = false;
            self.position = 0;
            self.busy_for = 0;
        }
        (answer, Duration::ms(5))
    }
}
