//! What a PreciseFlex is told and only keeps: profiles of motion, stored locations, gripper, and the like. Knows no motion.

use super::kinematics::{Joints, Pose, told};
use std::collections::BTreeMap;

/// Commands of a number and an index that are kept and told again, with what is usual.
const BY_INDEX: [(&str, &str); 9] = [
    ("speed", "50.0"),
    ("speed2", "0.0"),
    ("accel", "100.0"),
    ("decel", "100.0"),
    ("accramp", "0.1"),
    ("decramp", "0.1"),
    ("inrange", "10.0"),
    ("straight", "0"),
    ("loczclearance", "20.0 0"),
];
/// The same without an index.
const SINGLE: [(&str, &str); 8] = [
    ("mspeed", "100"),
    ("payload", "20"),
    ("gripopenpos", "130.0"),
    ("gripclosepos", "75.0"),
    ("graspdata", "80.0 50.0 10.0"),
    ("base", "0 0 0 0"),
    ("tool", "0 0 0 0 0 0"),
    ("selectrobot", "1"),
];
/// Commands that are only accepted.
const ACCEPTED: [&str; 6] = ["freemode", "zerotorque", "pc", "reset", "nop", "exit"];
/// Kinds of stations' access.
const STATION: &str = "1 0 100.0 0.0 10.0";

/// Where a stored location is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    Angles(Joints),
    Xyz(Pose),
}

/// As near as this two locations are at one point, in mm or degrees.
const SAME: f64 = 2.0;

impl Place {
    /// How far it is above another one at the same point, in mm; `None`: at another point.
    fn above(&self, other: &Self) -> Option<f64> {
        let near = |one: &[f64], other: &[f64]| {
            let mut pairs = one.iter().zip(other);
            pairs.all(|(one, other)| (one - other).abs() <= SAME)
        };
        match (self, other) {
            (Self::Angles([z, s, e, w, _, rail]), Self::Angles([low, s2, e2, w2, _, rail2])) => {
                near(&[*s, *e, *w, *rail], &[*s2, *e2, *w2, *rail2]).then_some(z - low)
            }
            (Self::Xyz(one), Self::Xyz(other)) => {
                let ([x, y, z, yaw, ..], [x2, y2, low, yaw2, ..]) = (one, other);
                near(&[*x, *y, *yaw], &[*x2, *y2, *yaw2]).then_some(z - low)
            }
            _ => None,
        }
    }
}

/// What is kept. Indices and numbers are kept as they were written.
#[derive(Debug, Default)]
pub(super) struct Settings {
    by_index: BTreeMap<(String, u16), String>,
    single: BTreeMap<String, String>,
    places: BTreeMap<u16, Place>,
    configs: BTreeMap<u16, u32>,
    stations: BTreeMap<u16, String>,
}

fn numbers(words: &[&str]) -> Option<Vec<f64>> {
    let all: Option<Vec<f64>> = words.iter().map(|word| word.parse().ok()).collect();
    all.filter(|all| all.iter().all(|number| number.is_finite()))
}

impl Settings {
    /// A stored location and the configuration of its elbow.
    pub(super) fn place(&self, index: u16) -> Option<(Place, u32)> {
        let place = self.places.get(&index)?;
        Some((*place, self.configs.get(&index).copied().unwrap_or(1)))
    }

    /// Locations at the same point as another, each with how far that one is above it, in mm.
    pub(super) fn below(&self, index: u16) -> Vec<(u16, f64)> {
        let Some(place) = self.places.get(&index) else {
            return Vec::new();
        };
        let others = self.places.iter();
        others
            .filter_map(|(other, below)| Some((*other, place.above(below)?)))
            .collect()
    }

    fn of(&self, word: &str, index: u16) -> Option<f64> {
        let kept = self.by_index.get(&(word.to_owned(), index));
        let usual = BY_INDEX.iter().find(|(name, _)| *name == word);
        kept.map(String::as_str)
            .or(usual.map(|(_, usual)| *usual))?
            .parse()
            .ok()
    }

    fn alone(&self, word: &str) -> Option<f64> {
        let usual = SINGLE.iter().find(|(name, _)| *name == word);
        let kept = self.single.get(word).map(String::as_str);
        let text = kept.or(usual.map(|(_, usual)| *usual))?;
        text.split(' ').next()?.parse().ok()
    }

    /// Speed of a profile as a share of the greatest.
    pub(super) fn speed(&self, profile: u16) -> f64 {
        let percent = self.of("speed", profile).unwrap_or(50.0) / 100.0;
        let all = self.alone("mspeed").unwrap_or(100.0) / 100.0;
        (percent * all).clamp(0.01, 1.0)
    }

    /// Width of the gripper opened or closed, in mm.
    pub(super) fn width(&self, open: bool) -> f64 {
        let word = if open { "gripopenpos" } else { "gripclosepos" };
        self.alone(word).unwrap_or(100.0)
    }

    /// Answers a command that is only kept or told. `None`: that is none of them; an error is a wrong argument.
    pub(super) fn answer(&mut self, line: &str) -> Option<Result<String, ()>> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (word, arguments) = words.split_first()?;
        let word = word.to_ascii_lowercase();
        if ACCEPTED.contains(&word.as_str()) {
            return Some(Ok("OK".to_owned()));
        }
        if let Some((_, usual)) = SINGLE.iter().find(|(name, _)| *name == word) {
            if arguments.is_empty() {
                let kept = self.single.get(&word).map(String::as_str);
                return Some(Ok(kept.unwrap_or(usual).to_owned()));
            }
            if numbers(arguments).is_none() {
                return Some(Err(()));
            }
            self.single.insert(word, arguments.join(" "));
            return Some(Ok("OK".to_owned()));
        }
        if word == "pd" {
            return Some(Ok("0".to_owned()));
        }
        let known = BY_INDEX.iter().find(|(name, _)| *name == word);
        let others = ["locangles", "locxyz", "locconfig", "stationtype", "profile"];
        if known.is_none() && !others.contains(&word.as_str()) {
            return None;
        }
        let Some((index, rest)) = arguments.split_first() else {
            return Some(Err(()));
        };
        let (Ok(index), Some(values)) = (index.parse::<u16>(), numbers(rest)) else {
            return Some(Err(()));
        };
        if let Some((_, usual)) = known {
            let key = (word, index);
            if rest.is_empty() {
                let kept = self.by_index.get(&key).map(String::as_str);
                return Some(Ok(format!("{index} {}", kept.unwrap_or(usual))));
            }
            self.by_index.insert(key, rest.join(" "));
            // As the controller does: the whole command again.
            return Some(Ok(line.trim().to_owned()));
        }
        Some(self.stored(&word, index, rest, &values))
    }

    fn stored(&mut self, word: &str, index: u16, rest: &[&str], values: &[f64]) -> Result<String, ()> {
        let ok = || Ok("OK".to_owned());
        match (word, values) {
            ("locangles", []) => match self.places.get(&index) {
                Some(Place::Angles(joints)) => Ok(format!("1 {index} {}", told(joints))),
                _ => Err(()),
            },
            ("locangles", [base, shoulder, elbow, wrist, gripper, more @ ..]) => {
                let rail = more.first().copied().unwrap_or(0.0);
                let joints = [*base, *shoulder, *elbow, *wrist, *gripper, rail];
                self.places.insert(index, Place::Angles(joints));
                ok()
            }
            ("locxyz", []) => match self.places.get(&index) {
                Some(Place::Xyz(pose)) => Ok(format!("0 {index} {}", told(pose))),
                _ => Err(()),
            },
            ("locxyz", [x, y, z, yaw, pitch, roll]) => {
                let pose = [*x, *y, *z, *yaw, *pitch, *roll];
                self.places.insert(index, Place::Xyz(pose));
                ok()
            }
            ("locconfig", []) => Ok(format!(
                "{index} {}",
                self.configs.get(&index).copied().unwrap_or(0)
            )),
            ("locconfig", [_]) => {
                let config = rest.first().and_then(|text| text.parse().ok()).ok_or(())?;
                self.configs.insert(index, config);
                ok()
            }
            ("stationtype", []) => {
                let kept = self.stations.get(&index).map(String::as_str);
                Ok(format!("{index} {}", kept.unwrap_or(STATION)))
            }
            ("stationtype", [_, _, _, _, _]) => {
                self.stations.insert(index, rest.join(" "));
                ok()
            }
            ("profile", []) => {
                let all: Vec<String> = BY_INDEX
                    .iter()
                    .take(8)
                    .map(|(name, usual)| {
                        let kept = self.by_index.get(&((*name).to_owned(), index));
                        kept.cloned().unwrap_or_else(|| (*usual).to_owned())
                    })
                    .collect();
                Ok(format!("{index} {}", all.join(" ")))
            }
            ("profile", [_, _, _, _, _, _, _, _]) => {
                for ((name, _), value) in BY_INDEX.iter().take(8).zip(rest) {
                    self.by_index
                        .insert(((*name).to_owned(), index), (*value).to_owned());
                }
                ok()
            }
            _ => Err(()),
        }
    }
}
