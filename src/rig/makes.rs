//! What a rig file says of single makes of instruments beside what their role says: models, cassettes, taught places.
//!
//! Owns the keys. Knows nothing of how a make is spoken to.

use super::parse::{entries, whole};
use super::{Driver, Incubator, Nest, NestId, PlateMover, Role};
use crate::source::{Table, Value};
use crate::units::Length;
use std::collections::BTreeMap;

/// A reader of the SpectraMax family, as far as its answers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpectraMax {
    /// SpectraMax 384 Plus: absorbance only; `!READTYPE` is answered with one prompt.
    Plus384,
    /// SpectraMax M2, M3, M4, M5 and Gemini: `!READTYPE` of absorbance is answered with two prompts.
    M5,
}

impl SpectraMax {
    /// Every model with its word.
    pub const ALL: [(&'static str, Self); 2] = [("384_plus", Self::Plus384), ("m5", Self::M5)];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plus384 => "384_plus",
            Self::M5 => "m5",
        }
    }
}

/// A reader of the BioTek family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BioTek {
    /// Synergy H1.
    SynergyH1,
    /// Epoch and Epoch 2: absorbance only.
    Epoch,
    /// Cytation 1.
    Cytation1,
    /// Cytation 5.
    Cytation5,
}

impl BioTek {
    /// Every model with its word.
    pub const ALL: [(&'static str, Self); 4] = [
        ("synergy_h1", Self::SynergyH1),
        ("epoch", Self::Epoch),
        ("cytation_1", Self::Cytation1),
        ("cytation_5", Self::Cytation5),
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SynergyH1 => "synergy_h1",
            Self::Epoch => "epoch",
            Self::Cytation1 => "cytation_1",
            Self::Cytation5 => "cytation_5",
        }
    }

    /// Its name, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::SynergyH1 => "BioTek Synergy H1",
            Self::Epoch => "BioTek Epoch",
            Self::Cytation1 => "BioTek Cytation 1",
            Self::Cytation5 => "BioTek Cytation 5",
        }
    }

    /// Whether it measures fluorescence and luminescence.
    pub const fn measures_light(self) -> bool {
        !matches!(self, Self::Epoch)
    }
}

/// A cassette (stacker) of a Liconic STX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cassette {
    /// How many plates it takes, one over the other.
    pub levels: u16,
    /// Motor steps from one level to the next.
    pub step: u16,
}

/// Motor steps (DM23) of a Liconic STX by the height of a site, in mm.
const STEPS: [(u32, u16); 12] = [
    (5, 377),
    (11, 582),
    (12, 617),
    (17, 788),
    (22, 959),
    (23, 994),
    (24, 1028),
    (27, 1131),
    (44, 1713),
    (53, 2021),
    (66, 2467),
    (104, 3563),
];

/// Where a place was taught, in thousandths of what the controller shows: millimetres and degrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taught {
    /// `locAngles`: base, shoulder, elbow, wrist.
    Angles([i64; 4]),
    /// `locXyz`: x, y, z, yaw, pitch, roll; and the arm's configuration (`locConfig`), where one was taught.
    Xyz([i64; 6], Option<u16>),
}

/// A place that a PreciseFlex was taught: the gripper's fingers at the level of the nest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Where it is.
    pub taught: Taught,
    /// How far over it the arm comes from, and goes to.
    pub clearance: Length,
}

/// How lids are gripped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LidGrip {
    /// Over the lid's lower edge.
    pub height: Length,
    /// The lower edge of a lid that is on a plate, over the nest.
    pub on_plate: Length,
}

/// What a rig file says of a PreciseFlex arm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreciseFlex {
    /// Joints at rest, outside every zone, in thousandths: base (mm), shoulder, elbow, wrist (degrees).
    pub rest: [i64; 4],
    /// Taught places by nest.
    pub locations: BTreeMap<NestId, Location>,
    /// Between the open fingers.
    pub grip_open: Length,
    /// Between the fingers where closing ends when nothing is between them.
    pub grip_closed: Length,
    /// Share of the full speed, 1 to 100 %.
    pub speed: u8,
    /// How lids are gripped; it handles none where that is not said.
    pub lid: Option<LidGrip>,
}

/// A SpectraMax: its model, and the keys of a reader.
pub(super) fn spectramax(t: &mut Table<'_>) -> Option<Driver> {
    let value = t.need("model")?;
    let word = value.text()?;
    let found = SpectraMax::ALL.iter().find(|(name, _)| *name == word);
    if found.is_none() {
        let all = SpectraMax::ALL.map(|(name, _)| name).join(", ");
        value.error("model", format!("\"{word}\" is not a model; use one of {all}"));
    }
    found.map(|(_, model)| Driver::SpectraMax(*model))
}

/// A BioTek: its model, which says what it can, and the keys of a reader.
pub(super) fn biotek(t: &mut Table<'_>) -> Option<(Driver, Option<Role>)> {
    let value = t.need("model")?;
    let word = value.text()?;
    let Some((_, model)) = BioTek::ALL.iter().find(|(name, _)| *name == word) else {
        let all = BioTek::ALL.map(|(name, _)| name).join(", ");
        value.error("model", format!("\"{word}\" is not a model; use one of {all}"));
        return None;
    };
    let role = super::roles::plate_reader(t, false);
    within(t, role.as_ref(), (230, 999));
    if !model.measures_light() {
        let why = format!("a {} measures absorbance only", model.title());
        cannot(t, "fluorescence", &why);
        cannot(t, "luminescence", &why);
    }
    Some((Driver::BioTek(*model), role))
}

/// A CLARIOstar: the keys of a reader, as far as it is known how it is asked for what they say.
pub(super) fn clariostar(t: &mut Table<'_>) -> Option<(Driver, Option<Role>)> {
    let role = super::roles::plate_reader(t, false);
    within(t, role.as_ref(), (200, 1_000));
    let why = "how a CLARIOstar is asked for fluorescence is not known to this version: leave the key out, and read \
               fluorescence with the maker's own program";
    cannot(t, "fluorescence", why);
    Some((Driver::ClarioStar, role))
}

/// The wavelengths of a reader are among those that its make has, in nm.
fn within(t: &mut Table<'_>, role: Option<&Role>, (least, most): (u16, u16)) {
    let (Some(Role::PlateReader(reader)), Some(value)) = (role, t.get("wavelengths")) else {
        return;
    };
    let (from, to) = (reader.wavelengths.0.get(), reader.wavelengths.1.get());
    if from < least || to > most {
        value.error(
            "out-of-range",
            format!("this reader measures from {least} nm to {most} nm, not from {from} nm to {to} nm"),
        );
    }
}

/// Refuses a key that claims what a make cannot.
fn cannot(t: &mut Table<'_>, key: &str, why: &str) {
    if let Some(value) = t.get(key).filter(|v| v.boolean() == Some(true)) {
        value.error("model", why);
    }
}

/// A Liconic: its cassettes and the incubator that their levels make.
pub(super) fn liconic(t: &mut Table<'_>) -> Option<(Driver, Role)> {
    let transfer = t.need("transfer").and_then(|v| v.text()).map(NestId::new);
    let temperature = t.need("temperature").and_then(|v| v.quantity());
    let shaking = t.get("shaking").and_then(|v| v.quantity());
    let slots = t.need("slots");
    let count: Option<u16> = slots.as_ref().and_then(|v| whole(v, 1, 999));
    let list = t.need("cassettes")?.list()?;
    let cassettes: Vec<Cassette> = list.iter().filter_map(cassette).collect();
    let levels = cassettes.iter().map(|c| u32::from(c.levels)).sum::<u32>();
    if let (Some(slots), Some(count)) = (&slots, count)
        && cassettes.len() == list.len()
        && u32::from(count) != levels
    {
        slots.error(
            "out-of-range",
            format!("`slots` is {count}, but the cassettes have {levels} levels"),
        );
    }
    let incubator = Incubator {
        transfer: transfer?,
        slots: count?,
        temperature: temperature?,
        shaking,
        barcode_reader: false,
    };
    Some((Driver::Liconic(cassettes), Role::Incubator(incubator)))
}

fn cassette(value: &Value<'_>) -> Option<Cassette> {
    let mut t = value.table()?;
    let levels = t.need("levels").and_then(|v| whole(&v, 1, 999));
    let step = t.need("site_height").and_then(|v| {
        let height: Length = v.quantity()?;
        let same = |(mm, _): &&(u32, u16)| Length::um(i64::from(*mm) * 1_000) == height;
        let found = STEPS.iter().find(same).map(|(_, step)| *step);
        if found.is_none() {
            let known = STEPS.map(|(mm, _)| mm.to_string()).join(", ");
            v.error(
                "out-of-range",
                format!("no cassette has sites of {height}; the maker's are {known} mm high"),
            );
        }
        found
    });
    t.finish();
    Some(Cassette {
        levels: levels?,
        step: step?,
    })
}

/// A PreciseFlex.
pub(super) fn precise_flex(t: &mut Table<'_>) -> Option<(Driver, Role)> {
    let rest = t.need("rest").and_then(|v| thousandths::<4>(&v));
    let clearance: Option<Length> = t.need("clearance").and_then(|v| v.quantity());
    let grip_open = t.need("grip_open").and_then(|v| v.quantity());
    let grip_closed = t.need("grip_closed").and_then(|v| v.quantity());
    let speed = t.get("speed").map_or(Some(50), |v| whole(&v, 1, 100));
    let mut locations = BTreeMap::new();
    for (nest, value) in entries(t, "locations") {
        if let Some(location) = clearance.and_then(|c| location(&value, c)) {
            locations.insert(NestId::new(nest), location);
        }
    }
    let lid = t.get("lid").and_then(|v| {
        let mut t = v.table()?;
        let height = t.need("grip_height").and_then(|v| v.quantity());
        let on_plate = t.need("on_plate").and_then(|v| v.quantity());
        t.finish();
        Some(LidGrip {
            height: height?,
            on_plate: on_plate?,
        })
    });
    let arm = PreciseFlex {
        rest: rest?,
        locations,
        grip_open: grip_open?,
        grip_closed: grip_closed?,
        speed: speed?,
        lid,
    };
    Some((Driver::PreciseFlex(Box::new(arm)), Role::PlateMover(PlateMover)))
}

fn location(value: &Value<'_>, usual: Length) -> Option<Location> {
    let mut t = value.table()?;
    let clearance = t.get("clearance").map_or(Some(usual), |v| v.quantity());
    let taught = if let Some(angles) = t.get("angles") {
        Taught::Angles(thousandths(&angles)?)
    } else {
        let xyz = thousandths(&t.need("xyz")?)?;
        Taught::Xyz(xyz, t.get("config").and_then(|v| whole(&v, 0, 8191)))
    };
    t.finish();
    Some(Location {
        taught,
        clearance: clearance?,
    })
}

/// So many numbers, in thousandths.
#[expect(clippy::cast_possible_truncation, reason = "checked to be within 10000")]
fn thousandths<const N: usize>(value: &Value<'_>) -> Option<[i64; N]> {
    let list = value.list()?;
    let numbers: Vec<f64> = list.iter().filter_map(Value::number).collect();
    if let Some(far) = numbers.iter().find(|n| n.abs() > 10_000.0) {
        value.error(
            "out-of-range",
            format!("{far} is no millimetres or degrees of an arm"),
        );
        return None;
    }
    let whole: Vec<i64> = numbers.iter().map(|n| (n * 1_000.0).round() as i64).collect();
    let found = <[i64; N]>::try_from(whole).ok().filter(|_| list.len() == N);
    if found.is_none() && numbers.len() == list.len() {
        value.error("wrong-length", format!("`{}` is {N} numbers", value.path));
    }
    found
}

/// Every place that an arm was taught is a nest with a station number, which is the number of the controller's location.
pub(super) fn judge(arm: &PreciseFlex, value: &Value<'_>, nests: &BTreeMap<NestId, Nest>) {
    for name in arm.locations.keys() {
        match nests.get(name) {
            Some(nest) if nest.station.is_some() => {}
            Some(_) => value.error(
                "unknown-nest",
                format!(
                    "the nest \"{name}\" has no `station`, the number of its location in the arm's controller"
                ),
            ),
            None => value.error(
                "unknown-nest",
                format!("there is no nest \"{name}\", which `locations` names"),
            ),
        }
    }
    if arm.grip_closed >= arm.grip_open {
        value.error(
            "wrong-order",
            format!(
                "`grip_closed` ({}) must be less than `grip_open` ({})",
                arm.grip_closed, arm.grip_open
            ),
        );
    }
}

#[cfg(test)]
#[path = "makes_tests.rs"]
mod tests;
