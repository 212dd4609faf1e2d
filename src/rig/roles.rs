//! What a rig file says of each kind of instrument.

use super::parse::{entries, point, whole};
use super::{
    Abilities, Incubator, LiquidHandler, Mount, NestId, Pipette, PipetteId, PlateReader, Role, Station,
};
use crate::source::{Table, Value};
use crate::units::Quantity;
use std::collections::BTreeMap;

/// See [`Role`].
pub(super) fn liquid_handler(t: &mut Table<'_>) -> Option<Role> {
    let park_value = t.need("park")?;
    let park = match park_value.list()?.as_slice() {
        [x, y] => Some((x.quantity()?, y.quantity()?)),
        _ => {
            park_value.error(
                "wrong-length",
                "`park` is a pair of lengths: X and Y of the carriage",
            );
            None
        }
    };
    let waste = t.need("waste").and_then(|v| v.text()).map(NestId::new);
    let halt_line = false;
    if let Some(halt) = t.get("halt")
        && halt.as_text().as_deref() != Some("command")
    {
        let text = "only `halt = \"command\"` is possible; this version drives no halt line";
        halt.error("halt", text);
    }
    let mut pipettes = BTreeMap::new();
    for (key, value) in entries(t, "pipettes") {
        if let Some(pipette) = pipette(&value) {
            pipettes.insert(PipetteId::new(key), pipette);
        }
    }
    super::liquid::probes(t, &mut pipettes);
    super::pins::pin_tools(t, &mut pipettes);
    Some(Role::LiquidHandler(LiquidHandler {
        pipettes,
        park: park?,
        waste: waste?,
        halt_line,
    }))
}

fn pipette(value: &Value<'_>) -> Option<Pipette> {
    let mut t = value.table()?;
    let mount_value = t.need("mount")?;
    let mount = match mount_value.text()?.as_str() {
        "left" => Mount::Left,
        "right" => Mount::Right,
        _ => {
            mount_value.error("mount", "`mount` is \"left\" or \"right\"");
            return None;
        }
    };
    let racks = t.need("tip_racks")?.list()?;
    let pipette = Pipette {
        mount,
        model: t.need("model")?.text()?,
        channels: t.need("channels").and_then(|v| whole(&v, 1, 8))?,
        min_volume: t.need("min_volume")?.quantity()?,
        max_volume: t.need("max_volume")?.quantity()?,
        tip_racks: racks.iter().filter_map(Value::text).collect(),
        flow: t.need("flow")?.quantity()?,
        nozzle: t.need("nozzle").and_then(|v| point(&v))?,
        nozzle_length: t
            .get("nozzle_length")
            .and_then(|v| v.quantity())
            .unwrap_or_default(),
        random_error: t
            .get("random_error")
            .and_then(|v| v.quantity())
            .unwrap_or_default(),
        probe: None,
        pins: None,
    };
    t.finish();
    Some(pipette)
}

/// See [`Role`].
pub(super) fn plate_reader(t: &mut Table<'_>) -> Option<Role> {
    let tray = t.need("tray").and_then(|v| v.text()).map(NestId::new);
    let range_value = t.need("wavelengths")?;
    match range_value.list()?.as_slice() {
        [from, to] => {
            let wavelengths = (from.quantity()?, to.quantity()?);
            Some(Role::PlateReader(PlateReader {
                tray: tray?,
                wavelengths,
                fluorescence: t.get("fluorescence").and_then(|v| v.boolean()).unwrap_or(false),
                luminescence: t.get("luminescence").and_then(|v| v.boolean()).unwrap_or(false),
            }))
        }
        _ => {
            range_value.error("wrong-length", "`wavelengths` is a pair: shortest and longest");
            None
        }
    }
}

/// See [`Role`].
pub(super) fn incubator(t: &mut Table<'_>) -> Option<Role> {
    Some(Role::Incubator(Incubator {
        transfer: t.need("transfer")?.text().map(NestId::new)?,
        slots: t.need("slots").and_then(|v| whole(&v, 1, 999))?,
        temperature: t.need("temperature")?.quantity()?,
        shaking: t.get("shaking").and_then(|v| v.quantity()),
        barcode_reader: t.get("barcode_reader").and_then(|v| v.boolean()).unwrap_or(false),
    }))
}

/// A machine with one nest: `nest`, `door` and at least one ability.
pub(super) fn station(t: &mut Table<'_>) -> Option<Role> {
    let nest = t.need("nest").and_then(|v| v.text()).map(NestId::new);
    let door = t.get("door").and_then(|v| v.boolean()).unwrap_or(false);
    let abilities = t.need("abilities").and_then(|v| {
        let mut t = v.table()?;
        let abilities = Abilities {
            seal: t.get("seal").and_then(|v| pair(&v)),
            peel: t.get("peel").and_then(|v| v.boolean()).unwrap_or(false),
            spin: t.get("spin").and_then(|v| v.quantity()),
            thermocycle: t.get("thermocycle").and_then(|v| pair(&v)),
            hold: t.get("hold").and_then(|v| pair(&v)),
            shake: t.get("shake").and_then(|v| pair(&v)),
            scan: t.get("scan").and_then(|v| v.boolean()).unwrap_or(false),
        };
        t.finish();
        if abilities == Abilities::default() {
            v.error(
                "abilities",
                "a station can do at least one thing: seal, peel, spin, thermocycle, hold, shake or scan",
            );
        }
        Some(abilities)
    });
    Some(Role::Station(Station {
        nest: nest?,
        door,
        abilities: abilities?,
    }))
}

/// The least and the most of a quantity.
fn pair<Q: Quantity>(value: &Value<'_>) -> Option<(Q, Q)> {
    if let [from, to] = value.list()?.as_slice() {
        let (from, to): (Q, Q) = (from.quantity()?, to.quantity()?);
        if from > to {
            value.error(
                "wrong-order",
                format!("`{}` goes from {from} to {to}; the least comes first", value.path),
            );
            return None;
        }
        return Some((from, to));
    }
    value.error(
        "wrong-length",
        format!("`{}` is a pair: least and most", value.path),
    );
    None
}
