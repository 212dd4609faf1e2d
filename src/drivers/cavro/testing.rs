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
