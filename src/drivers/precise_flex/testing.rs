//! An arm of a few lines for the driver's tests: joints that take some looks to arrive, a gripper, and plates in nests.

use crate::drivers::testing::{Device, Fault};
use crate::units::Duration;
use std::collections::BTreeMap;

pub const ENTRY: &str = r#"
[instruments.arm]
kind = "precise_flex"
link = { tcp = "192.168.0.1:10100" }
zone = "deck"
rest = [300.0, 0.0, 180.0, -90.0]
clearance = "100 mm"
grip_open = "130 mm"
grip_closed = "80 mm"
speed = 40
lid = { grip_height = "4 mm", on_plate = "8 mm" }

[instruments.arm.locations]
deck-1 = { angles = [50.0, 20.0, 100.0, -40.0] }
hotel-1 = { angles = [120.0, -60.0, 90.0, 10.0], clearance = "40 mm" }
reader = { xyz = [250.0, 300.0, 80.0, 45.0, 90.0, 180.0], config = 2 }

[calibration.arm]
grip_height = "6 mm"

[zones.deck]

[nests]
deck-1 = { kind = "deck", station = 1, zone = "deck" }
hotel-1 = { kind = "hotel", station = 2 }
reader = { kind = "reader_tray", station = 3 }
lid-1 = { kind = "lid", station = 4 }
"#;

const OPEN: f64 = 130.0;
const CLOSED: f64 = 80.0;

#[derive(Default)]
pub struct FakeArm {
    pub joints: [f64; 5],
    target: [f64; 5],
    pub homed: bool,
    pub attached: bool,
    pub powered: bool,
    pub state: u32,
    locations: BTreeMap<u16, [f64; 4]>,
    /// Widths of what stands in nests, by station.
    pub plates: BTreeMap<u16, f64>,
    pub held: Option<f64>,
    pub grips: u32,
    pub releases: u32,
    pub dropped: bool,
    /// Motions end half-way.
    pub blocked: bool,
    pub stuck_open: bool,
    pub refuse: Option<(&'static str, i32)>,
    pub log: Vec<String>,
}

/// Where the nests truly are: base, shoulder, elbow, wrist at their level.
const NESTS: [(u16, [f64; 4]); 3] = [
    (1, [50.0, 20.0, 100.0, -40.0]),
    (2, [120.0, -60.0, 90.0, 10.0]),
    (3, [80.0, 250.0, 300.0, 45.0]),
];

impl FakeArm {
    pub fn at_rest() -> Self {
        let joints = [300.0, 0.0, 180.0, -90.0, OPEN];
        Self {
            joints,
            target: joints,
            homed: true,
            state: 21,
            ..Self::default()
        }
    }

    /// With something between its fingers.
    pub fn hold(&mut self, width: f64) {
        self.held = Some(width);
        self.target[4] = width;
        self.joints[4] = width;
    }

    /// Stops where it is.
    pub fn hold_still(&mut self) {
        self.target = self.joints;
    }

    /// The nest that the fingers are in, low enough to grip.
    fn nest(&self) -> Option<u16> {
        let inside = |(_, at): &&(u16, [f64; 4])| {
            let column = (1..4).all(|n| (self.joints[n] - at[n]).abs() < 0.1);
            column && (0.0..14.0).contains(&(self.joints[0] - at[0]))
        };
        NESTS.iter().find(inside).map(|(station, _)| *station)
    }

    fn advance(&mut self) {
        for n in 0..5 {
            let way = self.target[n] - self.joints[n];
            self.joints[n] += if way.abs() < 1.0 { way } else { way / 2.0 };
        }
    }

    fn go(&mut self, to: [f64; 4], width: Option<f64>) -> String {
        if !self.attached {
            return "-1009 No robot attached".into();
        }
        if !self.homed {
            return "-1021".into();
        }
        // A new motion begins where the last one has ended.
        self.joints = self.target;
        let factor = if self.blocked { 0.5 } else { 1.0 };
        for (n, to) in to.into_iter().enumerate() {
            self.target[n] = self.joints[n] + factor * (to - self.joints[n]);
        }
        if let (Some(width), None) = (width, self.held) {
            self.target[4] = width;
        }
        "0".into()
    }

    fn gripper(&mut self, opens: bool) -> String {
        if !self.homed {
            return "-1021".into();
        }
        self.joints = self.target;
        if opens {
            if self.stuck_open && self.held.is_some() {
                return "0".into();
            }
            if let Some(width) = self.held.take() {
                self.releases += 1;
                match self.nest() {
                    Some(nest) => assert_eq!(self.plates.insert(nest, width), None, "onto another"),
                    None => self.dropped = true,
                }
            }
            self.target[4] = OPEN;
        } else if self.held.is_none() {
            self.held = self.nest().and_then(|nest| self.plates.remove(&nest));
            self.grips += u32::from(self.held.is_some());
            self.target[4] = self.held.unwrap_or(CLOSED);
        }
        "0".into()
    }

    fn answer(&mut self, text: &str) -> String {
        let words: Vec<&str> = text.split(' ').collect();
        let n = |at: usize| words[at].parse::<f64>().unwrap();
        if let Some((what, code)) = self.refuse
            && words[0] == what
        {
            return format!("{code} as planned");
        }
        let station = || words[1].parse::<u16>().unwrap();
        match words.as_slice() {
            ["mode", _] => "0 OK".into(),
            ["version"] => "0 v1.0.0".into(),
            ["hp", ..] => {
                self.powered = true;
                "0 OK".into()
            }
            ["attach", "1"] => {
                self.attached = self.powered;
                if self.attached { "0".into() } else { "-1046".into() }
            }
            ["attach"] => format!("0 {}", -i32::from(self.attached)),
            ["sysState"] => format!("0 {}", self.state),
            ["Speed", ..] => format!("0 {text}"),
            ["home"] => {
                (self.homed, self.joints) = (true, [310.0, 0.0, 170.0, 0.0, OPEN]);
                self.target = self.joints;
                "0".into()
            }
            ["wherej"] => {
                let [b, s, e, w, g] = self.joints;
                self.advance();
                format!("0 {b:.3} {s:.3} {e:.3} {w:.3} {g:.3}")
            }
            ["wherec"] => {
                let [b, s, e, w, _] = self.joints;
                format!("0 {s:.3} {e:.3} {b:.3} {w:.3} 90 180 2")
            }
            ["IsFullyClosed"] => format!("0 {}", -i32::from((self.joints[4] - CLOSED).abs() < 1.0)),
            ["locAngles", ..] => {
                self.locations.insert(station(), [n(2), n(3), n(4), n(5)]);
                "0".into()
            }
            ["locXyz", ..] => {
                self.locations.insert(station(), [n(4), n(2), n(3), n(5)]);
                "0".into()
            }
            ["move", ..] => self.go(self.locations[&station()], None),
            ["moveJ", _, ..] => self.go([n(2), n(3), n(4), n(5)], Some(n(6))),
            ["gripper", which] => self.gripper(*which == "1"),
            ["halt"] => {
                self.target = self.joints;
                "0".into()
            }
            _ => "0".into(),
        }
    }
}

impl Device for FakeArm {
    fn request(&self, received: &[u8]) -> Option<usize> {
        received.iter().position(|b| *b == b'\n').map(|at| at + 1)
    }

    fn serve(&mut self, request: &[u8], fault: Option<&Fault>) -> (Vec<u8>, Duration) {
        let text = String::from_utf8_lossy(request).trim().to_owned();
        self.log.push(text.clone());
        let answer = self.answer(&text);
        if fault == Some(&Fault::PowerCut) {
            (self.homed, self.attached, self.powered) = (false, false, false);
        }
        (format!("{answer}\r\n").into_bytes(), Duration::ms(2))
    }
}
