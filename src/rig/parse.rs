//! Reads a rig file.

use super::links::link;
use super::model::Expected;
use super::profile::{self, Profile};
use super::{
    ClockAnchor, Driver, Evaporation, Instrument, InstrumentId, Link, Nest, NestId, NestKind, PlateMover,
    Point, Regulator, Rig, Role, ZoneId, calibration, cameras, gantry, inputs, lines, liquid, makes, pins,
    regulators, roles,
};
use super::{Verifications, safe, service, verification};
use crate::source::{Diagnostic, Document, SourceFile, Table, Value, closest};
use crate::units::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// Actions whose durations a rig file gives.
const TIMED: &[&str] = &[
    "air_gap",
    "aspirate",
    "blow_out",
    "close_tray",
    "dip",
    "dip_pins",
    "dispense",
    "draw",
    "drop_tips",
    "expel",
    "home",
    "initialise",
    "measure",
    "mix_stroke",
    "move_plate",
    "move_probe",
    "open_tray",
    "park",
    "peel",
    "pick_up_tips",
    "pump_home",
    "read_absorbance",
    "read_barcode",
    "read_fluorescence",
    "read_luminescence",
    "remove_lid",
    "replace_lid",
    "retrieve",
    "scan_barcode",
    "seal",
    "set_down",
    "set_point",
    "set_temperature",
    "shake",
    "spin",
    "store",
    "thermocycle",
    "touch_tip",
];

/// Other files that a rig file names; paths are relative to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct References {
    /// Folder of labware definitions.
    pub labware: Option<String>,
    /// Instrument profiles.
    pub profiles: Vec<String>,
    /// The rig's name.
    pub name: Option<String>,
    /// Folder of calibration records.
    pub calibrations: Option<String>,
    /// Whether it shares a clock with simulated instruments that somebody serves.
    pub shares_a_clock: bool,
}

/// Which other files a rig file names, so that the caller can read them; problems are left to [`parse`].
pub fn references(file: &SourceFile) -> References {
    let document = Document::parse(file);
    let mut root = document.root();
    let mut out = References::default();
    if let Some(mut rig) = root.get("rig").and_then(|v| v.as_table()) {
        out.name = rig.get("name").and_then(|v| v.as_text());
        out.labware = rig.get("labware").and_then(|v| v.as_text());
        out.calibrations = rig.get("calibrations").and_then(|v| v.as_text());
    }
    out.shares_a_clock = root.get("clock").is_some();
    if let Some(mut instruments) = root.get("instruments").and_then(|v| v.as_table()) {
        for (_, value) in instruments.entries() {
            let path = value
                .as_table()
                .and_then(|mut t| t.get("profile"))
                .and_then(|v| v.as_text());
            if let Some(path) = path.filter(|p| !out.profiles.contains(p)) {
                out.profiles.push(path);
            }
        }
    }
    out
}

/// Text in; the rig and every problem of the rig file and its profiles out. The rig is there when no error is.
pub fn parse(file: &SourceFile, profiles: &BTreeMap<String, SourceFile>) -> (Option<Rig>, Vec<Diagnostic>) {
    let document = Document::parse(file);
    let mut found = Vec::new();
    let mut parsed = BTreeMap::new();
    for (path, file) in profiles {
        let (profile, mut diagnostics) = profile::parse(file);
        found.append(&mut diagnostics);
        if let Some(profile) = profile {
            parsed.insert(path.clone(), profile);
        }
    }
    let rig = read(&document, parsed);
    found.splice(0..0, document.reporter().take());
    let sound = found
        .iter()
        .all(|d| d.severity == crate::source::Severity::Warning);
    (rig.filter(|_| sound), found)
}

fn read(document: &Document<'_>, profiles: BTreeMap<String, Profile>) -> Option<Rig> {
    let mut root = document.root();
    let mut head = root.need("rig")?.table()?;
    let name = head.need("name").and_then(|v| v.text());
    let title = head.get("title").and_then(|v| v.text()).unwrap_or_default();
    let safe_height = head.need("safe_height").and_then(|v| v.quantity());
    let _ = (head.get("labware"), head.get("calibrations"));
    head.finish();
    let mut zones = BTreeMap::new();
    for (key, value) in entries(&mut root, "zones") {
        if let Some(mut t) = value.table() {
            let title = t.get("title").and_then(|v| v.text()).unwrap_or_default();
            t.finish();
            zones.insert(ZoneId::new(key), title);
        }
    }
    let mut nests = BTreeMap::new();
    for (key, value) in entries(&mut root, "nests") {
        if let Some(nest) = nest(&value, &zones) {
            nests.insert(NestId::new(key), nest);
        }
    }
    let mut instruments = BTreeMap::new();
    for (key, value) in entries(&mut root, "instruments") {
        let id = InstrumentId::new(key);
        if let Some(instrument) = instrument(&value, &profiles, &zones) {
            if let Role::Incubator(incubator) = &instrument.role {
                for slot in 1..=incubator.slots {
                    let kind = NestKind::IncubatorSlot {
                        instrument: id.clone(),
                        slot,
                    };
                    let temperature = Some(incubator.temperature);
                    let nest = Nest {
                        kind,
                        zone: None,
                        position: None,
                        station: None,
                        labware: None,
                        temperature,
                    };
                    nests.insert(NestId::new(format!("{id}-{slot}")), nest);
                }
            }
            instruments.insert(id, (instrument, value));
        }
    }
    let mut taken = BTreeSet::new();
    for (instrument, value) in instruments.values() {
        if let Driver::PreciseFlex(arm) = &instrument.driver {
            makes::judge(arm, value, &nests);
        }
        let named = match &instrument.role {
            Role::LiquidHandler(h) => &h.waste,
            Role::PlateReader(r) => &r.tray,
            Role::Incubator(i) => &i.transfer,
            Role::Station(s) => &s.nest,
            Role::Regulator(Regulator { nest: Some(nest), .. }) => nest,
            Role::PlateMover(_) | Role::Pump(_) | Role::Regulator(_) => continue,
        };
        if let Role::LiquidHandler(handler) = &instrument.role {
            liquid::judge(handler, value, &instruments, &nests);
            pins::judge(handler, value, &nests);
        }
        if !nests.contains_key(named) {
            let near = closest(named.as_str(), nests.keys().map(NestId::as_str));
            let hint = near
                .map(|n| format!("; did you mean \"{n}\"?"))
                .unwrap_or_default();
            value.error("unknown-nest", format!("there is no nest \"{named}\"{hint}"));
        }
        if matches!(instrument.role, Role::Station(_)) {
            if nests.get(named).is_some_and(|n| n.kind != NestKind::Station) {
                let message = format!("the nest \"{named}\" of a station is of kind \"station\"");
                value.error("nest-kind", message);
            }
            if !taken.insert(named) {
                let message = format!("two stations have the nest \"{named}\"; each needs one of its own");
                value.error("nest-twice", message);
            }
        }
    }
    let calibration = calibration::calibrations(&mut root);
    let verifications = Verifications {
        rules: verification::rules(&mut root),
        ..Verifications::default()
    };
    let (instruments, places): (BTreeMap<InstrumentId, Instrument>, Vec<(String, Value<'_>)>) = instruments
        .into_iter()
        .map(|(id, (instrument, value))| {
            let place = (id.to_string(), value);
            ((id, instrument), place)
        })
        .unzip();
    let (input_modules, inputs) = inputs::inputs(&mut root, &instruments, &nests, &zones);
    lines::judge(&mut root, places, &instruments, &input_modules);
    let cameras = cameras::cameras(&mut root);
    let evaporation = root.get("evaporation").and_then(|v| {
        let mut t = v.table()?;
        let open = t.need("open").and_then(|v| v.quantity());
        let lidded = t.need("lidded").and_then(|v| v.quantity());
        let reservoir = t.get("reservoir").and_then(|v| v.quantity());
        let tube = t.get("tube").and_then(|v| v.quantity());
        t.finish();
        Some(Evaporation {
            open: open?,
            lidded: lidded?,
            reservoir,
            tube,
        })
    });
    let clock = root.get("clock").and_then(|v| v.table()).and_then(|mut t| {
        let sim_us = t.need("sim_us")?.integer().and_then(|n| u64::try_from(n).ok())?;
        let boot_us = t.need("boot_us")?.integer().and_then(|n| u64::try_from(n).ok())?;
        let factor_value = t.need("factor")?;
        let factor = factor_value.number()?;
        if !(0.01..=100_000.0).contains(&factor) {
            factor_value.error("clock-factor", "`clock.factor` must be from 0.01 to 100000");
        }
        t.finish();
        Some(ClockAnchor {
            sim_us,
            boot_us,
            factor,
        })
    });
    let mut operator = None;
    let mut operator_time = Duration::min(5);
    if let Some(mut t) = root.get("operator").and_then(|v| v.table()) {
        operator = t.get("link").and_then(|v| link(&v));
        if let Some(time) = t.get("answers_after").and_then(|v| v.quantity()) {
            operator_time = time;
        }
        t.finish();
    }
    let _ = root.get("simulation");
    root.finish();
    Some(Rig {
        name: name?,
        title,
        safe_height: safe_height?,
        instruments,
        input_modules,
        inputs,
        cameras,
        nests,
        zones,
        calibration,
        verifications,
        evaporation,
        profiles,
        operator,
        clock,
        operator_time,
        slow: None,
    })
}

pub(super) fn entries<'a>(root: &mut Table<'a>, key: &str) -> Vec<(String, Value<'a>)> {
    let table = root.get(key).and_then(|v| v.table());
    table
        .map(|mut t| t.entries().into_iter().map(|(k, v)| (k.value, v)).collect())
        .unwrap_or_default()
}

fn zone(table: &mut Table<'_>, zones: &BTreeMap<ZoneId, String>) -> Option<ZoneId> {
    let value = table.get("zone")?;
    let name = value.text()?;
    if !zones.contains_key(name.as_str()) {
        value.error(
            "unknown-zone",
            format!("there is no zone \"{name}\"; zones are listed under [zones]"),
        );
    }
    Some(ZoneId::new(name))
}

fn nest(value: &Value<'_>, zones: &BTreeMap<ZoneId, String>) -> Option<Nest> {
    let mut t = value.table()?;
    let kind_value = t.need("kind")?;
    let kind = match kind_value.text()?.as_str() {
        "deck" => NestKind::Deck,
        "waste" => NestKind::Waste,
        "wash_station" => NestKind::WashStation,
        "sterilising_station" => NestKind::SterilisingStation,
        "transfer_station" => NestKind::TransferStation,
        "reader_tray" => NestKind::ReaderTray,
        "station" => NestKind::Station,
        "lid" => NestKind::Lid,
        "hotel" => NestKind::Hotel,
        "cold" => NestKind::Cold,
        other => {
            let known = "deck, waste, wash_station, sterilising_station, transfer_station, reader_tray, station, lid, hotel, \
                         cold";
            kind_value.error(
                "nest-kind",
                format!("\"{other}\" is not a kind of nest; use one of {known}"),
            );
            return None;
        }
    };
    let nest = Nest {
        kind,
        zone: zone(&mut t, zones),
        position: t.get("position").and_then(|v| point(&v)),
        station: t.get("station").and_then(|v| whole(&v, 1, 9999)),
        labware: t.get("labware").and_then(|v| v.text()),
        temperature: t.get("temperature").and_then(|v| v.quantity()),
    };
    t.finish();
    Some(nest)
}

fn instrument(
    value: &Value<'_>,
    profiles: &BTreeMap<String, Profile>,
    zones: &BTreeMap<ZoneId, String>,
) -> Option<Instrument> {
    let mut t = value.table()?;
    let kind = t.need("kind")?;
    let title = t.get("title").and_then(|v| v.text()).unwrap_or_default();
    let link_value = t.need("link");
    let link = link_value.as_ref().and_then(link);
    let identity = t.get("identity").map(|v| expected(&v)).unwrap_or_default();
    let zone = zone(&mut t, zones);
    let durations_table = t.get("durations").and_then(|v| v.table());
    let durations = durations_table.map_or_else(BTreeMap::new, |mut t| {
        let mut durations = BTreeMap::new();
        for (key, value) in t.entries() {
            if !TIMED.contains(&key.value.as_str()) {
                let near = closest(&key.value, TIMED.iter().copied());
                let all = || format!("use one of {}", TIMED.join(", "));
                let hint = near.map_or_else(all, |n| format!("did you mean `{n}`?"));
                t.reporter().error(
                    "unknown-key",
                    key.span,
                    format!("`{}` is no action; {hint}", key.value),
                );
            }
            if let Some(duration) = value.quantity() {
                durations.insert(key.value, duration);
            }
        }
        durations
    });
    // Whether a profile says what is spoken, instead of registers.
    let mut spoken = false;
    let (driver, role) = match kind.text()?.as_str() {
        "ot2" => (Driver::Ot2, roles::liquid_handler(&mut t, None)),
        "gantry" => gantry::gantry(&mut t).map(|(driver, role)| (driver, Some(role)))?,
        "cytomat" => (Driver::Cytomat, roles::incubator(&mut t)),
        "cavro" => (Driver::Cavro, liquid::pump(&mut t)),
        "biotek" => makes::biotek(&mut t)?,
        "clariostar" => makes::clariostar(&mut t)?,
        "spectramax" => (makes::spectramax(&mut t)?, roles::plate_reader(&mut t, false)),
        "liconic" => makes::liconic(&mut t).map(|(driver, role)| (driver, Some(role)))?,
        "precise_flex" => makes::precise_flex(&mut t).map(|(driver, role)| (driver, Some(role)))?,
        "profile" => {
            let path_value = t.need("profile")?;
            let path = path_value.text()?;
            let Some(profile) = profiles.get(&path) else {
                path_value.error("profile", format!("the profile \"{path}\" could not be read"));
                return None;
            };
            if let Some(text) = profile.text() {
                spoken = true;
                if let (Some(link), Some(value)) = (&link, &link_value) {
                    text.line.check(link, value);
                }
            }
            let role = match profile.head().role.as_str() {
                "plate_reader" => roles::plate_reader(&mut t, true),
                "plate_mover" => Some(Role::PlateMover(PlateMover)),
                "station" => roles::station(&mut t),
                "regulator" => regulators::regulator(&mut t),
                other => {
                    path_value.error(
                        "profile-role",
                        format!("the profile's role \"{other}\" is not known"),
                    );
                    None
                }
            };
            match &role {
                Some(Role::Regulator(regulator)) => regulators::claims(regulator, profile, &path_value),
                Some(role) => roles::claims(role, profile, &path_value),
                None => {}
            }
            (Driver::Profile(path), role)
        }
        other => {
            let known = [
                "ot2",
                "gantry",
                "cytomat",
                "cavro",
                "biotek",
                "clariostar",
                "spectramax",
                "liconic",
                "precise_flex",
                "profile",
            ];
            let near = closest(other, known).unwrap_or("profile");
            kind.error(
                "instrument-kind",
                format!("\"{other}\" is not a kind of instrument; did you mean \"{near}\"?"),
            );
            return None;
        }
    };
    let link = match driver {
        Driver::Gantry(_) => link.map(Link::with_modbus),
        Driver::Profile(_) if !spoken => link.map(Link::with_modbus),
        _ => link,
    };
    let safe = safe::safe(&mut t, role.as_ref());
    let service = service::service(&mut t);
    let heartbeat = t.get("heartbeat").and_then(|v| {
        let every = v.quantity::<Duration>()?;
        if every < Duration::s(1) {
            v.error("out-of-range", format!("`{}` must be at least 1 s", v.path));
        }
        Some(every)
    });
    t.finish();
    Some(Instrument {
        title,
        driver,
        link: link?,
        identity,
        zone,
        durations,
        role: role?,
        safe,
        heartbeat,
        service,
    })
}

fn expected(value: &Value<'_>) -> Expected {
    let Some(mut t) = value.table() else {
        return Expected::default();
    };
    let mut text = |key| t.get(key).and_then(|v| v.text());
    let (serial, firmware) = (text("serial"), text("firmware"));
    t.finish();
    Expected { serial, firmware }
}

pub(super) fn point(value: &Value<'_>) -> Option<Point> {
    if let [x, y, z] = value.list()?.as_slice() {
        return Some(Point {
            x: x.quantity()?,
            y: y.quantity()?,
            z: z.quantity()?,
        });
    }
    value.error(
        "wrong-length",
        format!("`{}` is three lengths: x, y, z", value.path),
    );
    None
}

pub(super) fn whole<T: TryFrom<i64>>(value: &Value<'_>, from: u32, to: u32) -> Option<T> {
    let n = value.integer()?;
    if n < i64::from(from) || n > i64::from(to) {
        value.error(
            "out-of-range",
            format!("`{}` must be from {from} to {to}", value.path),
        );
        return None;
    }
    T::try_from(n).ok()
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
