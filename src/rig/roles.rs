//! What a rig file says of each kind of instrument.

use super::gantry::{self, GantryPlunger};
use super::parse::{entries, point, whole};
use super::profile::Profile;
use super::{
    Abilities, Incubator, LiquidHandler, Mount, NestId, Pipette, PipetteId, PlateReader, Role, Station,
};
use crate::labware::WHOLE_PLATE;
use crate::source::{Table, Value};
use crate::units::Quantity;
use std::collections::BTreeMap;

/// See [`Role`]; of a gantry, whose pipettes say what their plungers are instead of a model.
pub(super) fn liquid_handler(
    t: &mut Table<'_>,
    mut plungers: Option<&mut BTreeMap<PipetteId, GantryPlunger>>,
) -> Option<Role> {
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
        let id = PipetteId::new(key);
        let own = plungers.as_deref_mut().map(|plungers| (&id, plungers));
        if let Some(pipette) = pipette(&value, own) {
            pipettes.insert(id, pipette);
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

/// The mount that a pipette, probe or pin tool is on.
pub(super) fn mount(t: &mut Table<'_>) -> Option<Mount> {
    let value = t.need("mount")?;
    match value.text()?.as_str() {
        "left" => Some(Mount::Left),
        "right" => Some(Mount::Right),
        _ => {
            value.error("mount", "`mount` is \"left\" or \"right\"");
            None
        }
    }
}

/// Puts a probe or pin tool beside the pipettes: steps name all alike, so that no two share a name or a mount.
pub(super) fn beside(
    pipettes: &mut BTreeMap<PipetteId, Pipette>,
    id: PipetteId,
    found: Pipette,
    (value, code): (&Value<'_>, &'static str),
) {
    if pipettes.contains_key(&id) {
        value.error(
            code,
            format!("\"{id}\" is already the name of a pipette, probe or pin tool"),
        );
    }
    if let Some((other, _)) = pipettes.iter().find(|(_, p)| p.mount == found.mount) {
        let mount = found.mount.name();
        value.error(code, format!("\"{other}\" is on the {mount} mount already"));
    }
    pipettes.insert(id, found);
}

/// Nozzles in one column, or those of a head for a whole plate.
fn channels(value: &Value<'_>) -> Option<u8> {
    let channels = whole(value, 1, WHOLE_PLATE.into())?;
    if channels > 8 && channels != WHOLE_PLATE {
        value.error(
            "out-of-range",
            format!("`{}` must be from 1 to 8, or 96", value.path),
        );
        return None;
    }
    Some(channels)
}

fn pipette(
    value: &Value<'_>,
    own: Option<(&PipetteId, &mut BTreeMap<PipetteId, GantryPlunger>)>,
) -> Option<Pipette> {
    let mut t = value.table()?;
    let mount = mount(&mut t)?;
    let racks = t.need("tip_racks")?.list()?;
    let model = if let Some((id, plungers)) = own {
        let plunger = t.need("plunger").and_then(|v| gantry::plunger(&v))?;
        plungers.insert(id.clone(), plunger);
        String::new()
    } else {
        t.need("model")?.text()?
    };
    let pipette = Pipette {
        mount,
        model,
        channels: t.need("channels").and_then(|v| channels(&v))?,
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

/// See [`Role`]; of a make that scans no areas, without the key for that.
pub(super) fn plate_reader(t: &mut Table<'_>, scans_areas: bool) -> Option<Role> {
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
                area_scan: scans_areas
                    .then(|| t.get("area_scan"))
                    .flatten()
                    .and_then(|v| whole(&v, 2, 10))
                    .unwrap_or(0),
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

/// What the rig file says that an instrument can, its profile has a command for; and its block of points is long enough.
pub(super) fn claims(role: &Role, profile: &Profile, named: &Value<'_>) {
    let mut needed: Vec<(&str, &str)> = Vec::new();
    match role {
        Role::PlateReader(reader) => {
            let scans = reader.area_scan > 0;
            for (claimed, key, command) in [
                (reader.fluorescence, "fluorescence", "read_fluorescence"),
                (reader.luminescence, "luminescence", "read_luminescence"),
                (scans, "area_scan", "scan_absorbance"),
                (scans && reader.fluorescence, "area_scan", "scan_fluorescence"),
            ] {
                needed.extend(claimed.then_some((key, command)));
            }
        }
        Role::Station(station) => {
            let can = &station.abilities;
            for (claimed, key, command) in [
                (can.seal.is_some(), "seal", "seal"),
                (can.peel, "peel", "peel"),
                (can.spin.is_some(), "spin", "spin"),
                (can.thermocycle.is_some(), "thermocycle", "thermocycle"),
                (can.hold.is_some(), "hold", "set_temperature"),
                (can.shake.is_some(), "shake", "shake"),
                (can.scan, "scan", "read_barcode"),
                (station.door, "door", "open_tray"),
                (station.door, "door", "close_tray"),
            ] {
                needed.extend(claimed.then_some((key, command)));
            }
        }
        _ => {}
    }
    for (key, command) in needed {
        if !profile.has_command(command) {
            let message = format!("`{key}` needs the command {command}, which the profile has not");
            named.error("profile-command", message);
        }
    }
    let (Role::PlateReader(reader), Some(profile)) = (role, profile.modbus()) else {
        return;
    };
    let count = |command: &str| {
        let stored = profile.commands.get(command)?.reading.as_ref()?;
        Some(profile.registers.get(&stored.values)?.count)
    };
    let points = u16::from(reader.area_scan) * u16::from(reader.area_scan);
    let wells = count("read_absorbance").unwrap_or(0);
    for command in ["scan_absorbance", "scan_fluorescence"] {
        if let Some(room) = count(command)
            && room < wells.saturating_mul(points)
        {
            let side = reader.area_scan;
            let message = format!(
                "`area_scan = {side}` makes {} values of {wells} wells; {command} keeps {room}",
                u32::from(wells) * u32::from(points)
            );
            named.error("profile-command", message);
        }
    }
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
