//! Machines with system liquid: fixed probes, and the syringe pumps that move their liquid.

use super::parse::{entries, point, whole};
use super::roles::{beside, mount};
use super::{Instrument, InstrumentId, LiquidHandler, Nest, NestId, NestKind, Pipette, PipetteId, Role};
use crate::labware::Well;
use crate::source::{Table, Value};
use crate::units::{FlowRate, Length, Quantity, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// The fixed probe of a machine whose tubing is filled with system liquid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The syringe pump that moves its liquid.
    pub pump: InstrumentId,
    /// How far its end is below where it is held.
    pub length: Length,
    /// What the tubing from the pump's valve to the probe's end holds: sample never goes past it.
    pub tubing: Volume,
    /// Air that keeps system liquid and sample apart.
    pub leading_air: Volume,
    /// The wash station's nest.
    pub wash: NestId,
    /// Least system liquid through the probe that cleans it inside.
    pub inside: Volume,
    /// Least system liquid in the cleaner that cleans it outside.
    pub outside: Volume,
}

impl Probe {
    /// The well of a wash station that takes what comes out of a probe.
    pub const DRAIN: Well = Well::new(0, 0);
    /// The narrow well in which what comes out of a probe rises around it and runs over into the drain.
    pub const CLEANER: Well = Well::new(0, 1);
}

/// A Cavro syringe pump with a three-port valve: its input is the bottle, its output the probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pump {
    /// Which model.
    pub model: PumpModel,
    /// Position of its address switch, 0 to 14.
    pub address: u8,
    /// What its syringe holds.
    pub syringe: Volume,
    /// The bottle of system liquid.
    pub bottle: Bottle,
    /// What the container under the wash station's drain holds when it is empty; nobody counts, where nothing is said.
    pub drain: Option<Volume>,
}

/// A model of syringe pump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PumpModel {
    /// Cavro XCalibur, 30 mm stroke.
    XCalibur,
    /// Cavro XLP 6000, 60 mm stroke.
    Xlp6000,
}

impl PumpModel {
    const ALL: [Self; 2] = [Self::XCalibur, Self::Xlp6000];
    /// The word in rig files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::XCalibur => "xcalibur",
            Self::Xlp6000 => "xlp6000",
        }
    }
    /// Increments of a full stroke in standard resolution (Tecan manuals 733085 and 734237).
    pub const fn steps(self) -> i64 {
        match self {
            Self::XCalibur => 3_000,
            Self::Xlp6000 => 6_000,
        }
    }
}

impl Pump {
    /// The plunger's position, in increments, at which the syringe holds a volume; to the nearest.
    pub fn position(&self, held: Volume) -> i64 {
        let syringe = self.syringe.get().max(1);
        (held.get().saturating_mul(self.model.steps()) + syringe / 2) / syringe
    }
}

/// A bottle of system liquid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bottle {
    /// What is in it when a run begins.
    pub volume: Volume,
    /// What its tube does not reach.
    pub dead: Volume,
}

/// See [`Role::Pump`].
pub(super) fn pump(t: &mut Table<'_>) -> Option<Role> {
    let model_value = t.need("model")?;
    let word = model_value.text()?;
    let Some(model) = PumpModel::ALL.into_iter().find(|m| m.word() == word) else {
        let message = format!("\"{word}\" is not a model of pump; use xcalibur or xlp6000");
        model_value.error("pump-model", message);
        return None;
    };
    let address = t.get("address").map_or(Some(0), |v| whole(&v, 0, 14));
    let syringe = positive(t, "syringe");
    let bottle = t.need("bottle").and_then(|v| {
        let mut t = v.table()?;
        let bottle = Bottle {
            volume: positive(&mut t, "volume")?,
            dead: t
                .get("dead_volume")
                .map_or(Some(Volume::nl(0)), |v| v.quantity())?,
        };
        t.finish();
        Some(bottle)
    });
    let drain = t.get("drain").and_then(|v| v.quantity());
    Some(Role::Pump(Pump {
        model,
        address: address?,
        syringe: syringe?,
        bottle: bottle?,
        drain,
    }))
}

/// A quantity above nothing.
fn positive<Q: Quantity>(t: &mut Table<'_>, key: &str) -> Option<Q> {
    let value = t.need(key)?;
    let quantity: Q = value.quantity()?;
    if quantity.base() <= 0 {
        value.error("out-of-range", format!("`{}` must be above 0", value.path));
        return None;
    }
    Some(quantity)
}

/// The probes of a liquid handler, beside its pipettes: steps name both alike.
pub(super) fn probes(t: &mut Table<'_>, pipettes: &mut BTreeMap<PipetteId, Pipette>) {
    for (key, value) in entries(t, "probes") {
        let Some(found) = probe(&value) else { continue };
        let id = PipetteId::new(key);
        beside(pipettes, id, found, (&value, "probe"));
    }
}

fn probe(value: &Value<'_>) -> Option<Pipette> {
    let mut t = value.table()?;
    let mount = mount(&mut t)?;
    let pump = t.need("pump").and_then(|v| v.text()).map(InstrumentId::new);
    let length = positive(&mut t, "length");
    let tubing = positive(&mut t, "tubing");
    let leading_air = positive(&mut t, "leading_air");
    let wash = t.need("wash").and_then(|v| v.text()).map(NestId::new);
    let inside = positive(&mut t, "wash_inside");
    let outside = positive(&mut t, "wash_outside");
    let min_volume = positive(&mut t, "min_volume");
    let max_volume = positive(&mut t, "max_volume");
    let flow: Option<FlowRate> = positive(&mut t, "flow");
    let nozzle = t.need("nozzle").and_then(|v| point(&v));
    let random_error = t.get("random_error").and_then(|v| v.quantity());
    t.finish();
    Some(Pipette {
        mount,
        model: String::new(),
        channels: 1,
        min_volume: min_volume?,
        max_volume: max_volume?,
        tip_racks: Vec::new(),
        flow: flow?,
        nozzle: nozzle?,
        nozzle_length: crate::units::Length::um(0),
        random_error: random_error.unwrap_or_default(),
        pins: None,
        probe: Some(Probe {
            pump: pump?,
            length: length?,
            tubing: tubing?,
            leading_air: leading_air?,
            wash: wash?,
            inside: inside?,
            outside: outside?,
        }),
    })
}

/// Every probe of a handler has a pump of its own and a wash station.
pub(super) fn judge(
    handler: &LiquidHandler,
    value: &Value<'_>,
    instruments: &BTreeMap<InstrumentId, (Instrument, Value<'_>)>,
    nests: &BTreeMap<NestId, Nest>,
) {
    let mut taken = BTreeSet::new();
    for (id, pipette) in &handler.pipettes {
        let Some(probe) = &pipette.probe else { continue };
        let name = &probe.pump;
        match instruments.get(name).map(|(i, _)| &i.role) {
            Some(Role::Pump(pump)) => {
                if pipette.max_volume.plus(probe.leading_air) > pump.syringe.min(probe.tubing) {
                    let message = format!(
                        "the probe \"{id}\" cannot hold {} behind {} of air: its tubing holds {}, the syringe of {name} {}",
                        pipette.max_volume, probe.leading_air, probe.tubing, pump.syringe
                    );
                    value.error("probe", message);
                }
            }
            _ => value.error(
                "probe",
                format!(
                    "the probe \"{id}\" needs a pump; there is no instrument \"{name}\" of kind \"cavro\""
                ),
            ),
        }
        if !taken.insert(name) {
            value.error(
                "probe",
                format!("two probes have the pump \"{name}\"; each needs one of its own"),
            );
        }
        match nests.get(&probe.wash) {
            Some(nest) if nest.kind == NestKind::WashStation => {
                if nest.labware.is_none() || nest.position.is_none() {
                    let message = format!(
                        "the wash station \"{}\" needs `labware` and `position`",
                        probe.wash
                    );
                    value.error("wash-station", message);
                }
            }
            Some(_) => value.error(
                "wash-station",
                format!(
                    "the nest \"{}\" is of another kind than \"wash_station\"",
                    probe.wash
                ),
            ),
            None => value.error("unknown-nest", format!("there is no nest \"{}\"", probe.wash)),
        }
    }
}

#[cfg(test)]
#[path = "liquid_tests.rs"]
mod tests;
