//! Scripted drives for tests: six units that answer on one line.

use crate::drivers::testing::{Device, Fault};
use crate::link::modbus::crc;
use crate::units::Duration;
use std::collections::BTreeMap;

/// One drive.
#[derive(Debug, Clone, Default)]
pub struct One {
    pub steps: i32,
    pub homed: bool,
    pub alarm: u8,
    pub input: u16,
    /// Targets of all starts.
    pub starts: Vec<i32>,
    /// Thousandths of the current of each.
    pub currents: Vec<i32>,
}

/// The drives by their units.
pub struct Drives(pub BTreeMap<u8, One>);

impl Drives {
    pub fn new() -> Self {
        Self((1..=6).map(|unit| (unit, One::default())).collect())
    }

    pub fn power_cycle(&mut self) {
        self.0.values_mut().for_each(|one| one.homed = false);
    }
}

fn long(bytes: &[u8]) -> i32 {
    i32::from_be_bytes(bytes.try_into().unwrap())
}

impl One {
    fn answer(&mut self, request: &[u8], alarm: bool) -> Vec<u8> {
        let address = u16::from_be_bytes([request[1], request[2]]);
        let mut out = Vec::new();
        match (request[0], address) {
            (3, 0x7E) => {
                let ready = self.alarm == 0 && self.input & 0x20 == 0;
                let bits = [(self.homed, 4), (ready, 5), (self.alarm != 0, 7), (true, 14)];
                let word: u32 = bits.iter().filter(|(on, _)| *on).map(|(_, bit)| 1 << bit).sum();
                out.extend([3, 8]);
                out.extend(word.to_be_bytes());
                out.extend(u32::from(self.alarm).to_be_bytes());
            }
            (3, 0xCC) => {
                out.extend([3, 4]);
                out.extend(self.steps.to_be_bytes());
            }
            (6, 0x7D) => {
                let next = u16::from_be_bytes([request[3], request[4]]);
                let rises = next & !self.input;
                self.input = next;
                if rises & 0x80 != 0 {
                    self.alarm = 0;
                }
                if rises & 0x10 != 0 && self.alarm == 0 {
                    (self.homed, self.steps) = (true, 0);
                }
                out.extend(&request[..5]);
            }
            (16, 0x58) => {
                let data = &request[6..];
                let target = long(&data[8..12]);
                self.starts.push(target);
                self.currents.push(long(&data[24..28]));
                if alarm {
                    self.steps = (self.steps + target) / 2;
                    self.alarm = 0x30;
                } else {
                    self.steps = target;
                }
                out.extend(&request[..5]);
            }
            (8, _) => out.extend(&request[..5]),
            (function, _) => out.extend([function | 0x80, 1]),
        }
        out
    }
}

impl Device for Drives {
    fn request(&self, received: &[u8]) -> Option<usize> {
        let length = match received.get(1)? {
            16 => 9 + usize::from(*received.get(6)?),
            _ => 8,
        };
        (received.len() >= length).then_some(length)
    }

    fn serve(&mut self, request: &[u8], fault: Option<&Fault>) -> (Vec<u8>, Duration) {
        let (unit, pdu) = (request[0], &request[1..request.len() - 2]);
        let mut answer = vec![unit];
        let one = self.0.get_mut(&unit).unwrap();
        answer.extend(one.answer(pdu, fault == Some(&Fault::Alarm)));
        answer.extend(crc(&answer).to_le_bytes());
        if fault == Some(&Fault::PowerCut) {
            self.power_cycle();
        }
        (answer, Duration::ms(3))
    }
}
