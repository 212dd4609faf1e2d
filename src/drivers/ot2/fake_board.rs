//! A scripted controller for tests: positions, homed flags, halting, pipette memory, and as many `ok`s as wanted.

use crate::drivers::testing::{Device, Fault};
use crate::units::Duration;
use std::collections::{BTreeMap, BTreeSet};

pub struct Board {
    pub position: BTreeMap<char, f64>,
    pub homed: BTreeSet<char>,
    pub halted: bool,
    /// `ok`s for the empty lines of the terminator: 1 in all two, 3 in all four.
    pub blanks: usize,
    pub memory: BTreeMap<String, String>,
    /// Every command that arrived.
    pub log: Vec<String>,
}

impl Board {
    pub fn new(blanks: usize) -> Self {
        let memory = [
            ("M371 L", "p300_multi_v2.1"),
            ("M369 L", "P3HMV212026100101"),
            ("M371 R", "p20_single_v2.2"),
            ("M369 R", "P20SV222026100102"),
        ];
        Self {
            position: "XYZABC".chars().map(|c| (c, 0.0)).collect(),
            homed: BTreeSet::new(),
            halted: false,
            blanks,
            memory: memory
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect(),
            log: Vec::new(),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "axes are shorter than a metre")]
    pub fn at(&self, axis: char) -> i64 {
        (self.position[&axis] * 1000.0).round() as i64
    }

    /// What arrived beyond questions, after so many commands.
    pub fn said(&self, since: usize) -> Vec<String> {
        self.log[since..]
            .iter()
            .map(|l| l.trim_end_matches("M400 M114.2").trim().to_owned())
            .filter(|l| !["", "M400", "M114.2", "G28.6"].contains(&l.as_str()))
            .collect()
    }

    /// How many commands with this text arrived.
    pub fn count(&self, text: &str) -> usize {
        self.log.iter().filter(|l| l.contains(text)).count()
    }

    pub fn power_cycle(&mut self) {
        self.homed.clear();
        self.position.values_mut().for_each(|p| *p = 0.0);
    }

    fn run(&mut self, words: &[&str], alarm: bool) {
        let mut relative = false;
        let mut moves = words.iter().filter(|w| w.starts_with("G0")).count();
        let mut code = "";
        for word in words {
            if word.starts_with(['G', 'M']) {
                code = word;
                match *word {
                    "G91" => relative = true,
                    "G90" => relative = false,
                    "G0" => moves -= 1,
                    _ => {}
                }
                continue;
            }
            let (axis, value) = word.split_at(1);
            let axis = axis.chars().next().unwrap();
            if code == "G28.2" {
                for axis in word.chars() {
                    let home = match axis {
                        'X' | 'Z' | 'A' | 'Y' => 218.0,
                        _ => 19.0,
                    };
                    self.position.insert(axis, home);
                    self.homed.insert(axis);
                }
            } else if code == "G0" && self.position.contains_key(&axis) {
                let value: f64 = value.parse().unwrap();
                let old = self.position[&axis];
                let target = if relative { old + value } else { value };
                // An alarm stops the last move half way.
                let end = if alarm && moves == 0 {
                    (old + target) / 2.0
                } else {
                    target
                };
                self.position.insert(axis, end);
            }
        }
        if alarm {
            self.homed.clear();
            self.halted = true;
        }
    }

    fn body(&mut self, command: &str, fault: Option<&Fault>) -> String {
        let words: Vec<&str> = command.split_whitespace().collect();
        let first = match words.as_slice() {
            // Where the moves of the line ended.
            [.., "M400", "M114.2"] if !self.halted => "M114.2",
            words => words.first().copied().unwrap_or_default(),
        };
        let allowed = ["M999", "M114.2", "version", ""];
        if self.halted && !allowed.contains(&first) {
            return "error:Alarm lock\n".to_owned();
        }
        match first {
            "" => String::new(),
            "version" => "Build version: edge-66ec883NOMSD, Build date: Jan 28 2018 15:26:57\r\n".to_owned(),
            "M999" if self.halted => {
                self.halted = false;
                "WARNING: After HALT you should HOME as position is currently unknown\nok\n".to_owned()
            }
            "M114.2" => {
                let alarm = fault == Some(&Fault::Alarm);
                self.run(&words, alarm);
                if alarm {
                    return "ALARM: Hard limit +B\n".to_owned();
                }
                let text: Vec<String> = self.position.iter().map(|(a, p)| format!("{a}:{p:.4}")).collect();
                format!("ok MCS: {}\r\n", text.join(" "))
            }
            "G28.6" => {
                let flag = |axis: char| format!("{axis}:{} ", i32::from(self.homed.contains(&axis)));
                format!("{}\r\nok\r\n", "XYZABC".chars().map(flag).collect::<String>())
            }
            "M369" | "M371" => match self.memory.get(command) {
                Some(text) => {
                    let hex: String = text.bytes().map(|b| format!("{b:02X}")).collect();
                    format!("{}:{hex:0<64}\r\nok\r\n", words[1])
                }
                None => format!("error:no {} instrument found\r\n", words[1]),
            },
            "M112" => {
                self.halted = true;
                self.homed.clear();
                "ok Emergency Stop Requested - reset or M999 required to exit HALT state\r\n".to_owned()
            }
            _ => {
                let alarm = fault == Some(&Fault::Alarm);
                self.run(&words, alarm);
                if alarm {
                    "ALARM: Hard limit +B\n".to_owned()
                } else {
                    "ok\r\n".to_owned()
                }
            }
        }
    }
}

impl Device for Board {
    fn request(&self, received: &[u8]) -> Option<usize> {
        received.windows(4).position(|w| w == b"\r\n\r\n").map(|i| i + 4)
    }

    fn serve(&mut self, request: &[u8], fault: Option<&Fault>) -> (Vec<u8>, Duration) {
        let text = String::from_utf8_lossy(request).replace('\x18', "");
        let command = text.trim().to_owned();
        self.log.push(command.clone());
        let mut answer = self.body(&command, fault);
        if fault == Some(&Fault::PowerCut) {
            self.power_cycle();
        }
        answer.push_str(&"ok\r\n".repeat(self.blanks));
        if command.is_empty() {
            answer.push_str("ok\r\n");
        }
        let work = if command.starts_with("M400") {
            Duration::s(3)
        } else {
            Duration::ms(2)
        };
        (answer.into_bytes(), work)
    }
}
