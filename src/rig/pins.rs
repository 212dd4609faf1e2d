//! Pin tools: passive heads whose pins carry what sticks to them, and the stations that sterilise them.

use super::parse::{entries, point, whole};
use super::roles::{beside, mount};
use super::{LiquidHandler, Nest, NestId, NestKind, Pipette, PipetteId};
use crate::labware::{WHOLE_PLATE, Well};
use crate::source::{Table, Value};
use crate::units::{Duration, FlowRate, Length, Quantity, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// The pins of a passive head. What a pin carries out of a liquid is the pipette's least and largest volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pins {
    /// How far their ends are below where the head is held.
    pub length: Length,
    /// Of one pin.
    pub diameter: Length,
    /// The sterilising station's nest.
    pub station: NestId,
    /// Its baths, in the order in which the pins stand in them.
    pub baths: Vec<Bath>,
    /// How long they hang in the air over the last bath afterwards, until nothing of it is on them.
    pub dry: Duration,
    /// How often the baths sterilise before they must be changed.
    pub uses: u32,
}

/// A bath of a sterilising station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bath {
    /// Its well.
    pub well: Well,
    /// What it holds, as "bleach 10 %".
    pub liquid: String,
    /// What it is filled with.
    pub volume: Volume,
    /// Least time in it.
    pub dwell: Duration,
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

/// The pin tools of a liquid handler, beside its pipettes: steps name both alike.
pub(super) fn pin_tools(t: &mut Table<'_>, pipettes: &mut BTreeMap<PipetteId, Pipette>) {
    for (key, value) in entries(t, "pin_tools") {
        let Some(found) = tool(&value) else { continue };
        let id = PipetteId::new(key);
        beside(pipettes, id, found, (&value, "pin-tool"));
    }
}

fn tool(value: &Value<'_>) -> Option<Pipette> {
    let mut t = value.table()?;
    let mount = mount(&mut t)?;
    let pins = t.need("pins").and_then(|v| {
        let pins: u8 = whole(&v, 1, WHOLE_PLATE.into())?;
        if ![1, 8, WHOLE_PLATE].contains(&pins) {
            v.error("pin-tool", "a pin tool has 1 pin, or 8 or 96 of them 9 mm apart");
        }
        Some(pins)
    });
    let nozzle = t.need("nozzle").and_then(|v| point(&v));
    let length = positive(&mut t, "length");
    let diameter = positive(&mut t, "diameter");
    let carries: Option<Volume> = positive(&mut t, "carries");
    let random_error = t.get("random_error").and_then(|v| v.quantity());
    let station = t.need("station").and_then(|v| v.text()).map(NestId::new);
    let baths_value = t.need("baths")?;
    let baths: Vec<Bath> = baths_value.list()?.iter().filter_map(bath).collect();
    let mut wells = BTreeSet::new();
    if baths.is_empty() {
        baths_value.error("baths", "a sterilising station has at least one bath");
    } else if !baths.iter().all(|b| wells.insert(b.well)) {
        baths_value.error("baths", "two baths are in one well");
    }
    let dry = positive(&mut t, "dry");
    let uses = t.need("uses").and_then(|v| whole(&v, 1, 100_000_u32));
    t.finish();
    Some(Pipette {
        mount,
        model: String::new(),
        channels: pins?,
        min_volume: carries?,
        max_volume: carries?,
        tip_racks: Vec::new(),
        // Nothing flows.
        flow: FlowRate::default(),
        nozzle: nozzle?,
        nozzle_length: Length::um(0),
        random_error: random_error.unwrap_or_default(),
        probe: None,
        pins: Some(Pins {
            length: length?,
            diameter: diameter?,
            station: station?,
            baths,
            dry: dry?,
            uses: uses?,
        }),
    })
}

fn bath(value: &Value<'_>) -> Option<Bath> {
    let mut t = value.table()?;
    let well = t.need("well").and_then(|v| {
        let text = v.text()?;
        let well = text.parse::<Well>().ok();
        if well.is_none() {
            v.error("baths", format!("\"{text}\" is not a well; write it as \"A1\""));
        }
        well
    });
    let liquid = t.need("liquid").and_then(|v| v.text());
    let volume = positive(&mut t, "volume");
    let dwell = positive(&mut t, "dwell");
    t.finish();
    Some(Bath {
        well: well?,
        liquid: liquid?,
        volume: volume?,
        dwell: dwell?,
    })
}

/// Every pin tool of a handler has a sterilising station of its own.
pub(super) fn judge(handler: &LiquidHandler, value: &Value<'_>, nests: &BTreeMap<NestId, Nest>) {
    let mut taken = BTreeSet::new();
    for (id, pipette) in &handler.pipettes {
        let Some(pins) = &pipette.pins else { continue };
        let name = &pins.station;
        match nests.get(name) {
            Some(nest) if nest.kind == NestKind::SterilisingStation => {
                if nest.labware.is_none() || nest.position.is_none() {
                    let message =
                        format!("the sterilising station \"{name}\" needs `labware` and `position`");
                    value.error("sterilising-station", message);
                }
            }
            Some(_) => value.error(
                "sterilising-station",
                format!("the nest \"{name}\" is of another kind than \"sterilising_station\""),
            ),
            None => value.error("unknown-nest", format!("there is no nest \"{name}\"")),
        }
        if !taken.insert(name) {
            value.error(
                "pin-tool",
                format!(
                    "the station \"{name}\" of \"{id}\" is another tool's already; each needs one of its own"
                ),
            );
        }
    }
}

#[cfg(test)]
#[path = "pins_tests.rs"]
mod tests;
