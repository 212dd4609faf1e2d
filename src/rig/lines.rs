//! Who shares a line, and whether they can: one wire has one bit rate, one protocol and, by address, one device that
//! answers.

use super::parse::entries;
use super::{Driver, InputModule, InputModuleId, Instrument, InstrumentId, LineProtocol, Link, Manner, Role};
use crate::source::{Table, Value};
use std::collections::BTreeMap;

/// How a device is told from others on its line.
#[derive(PartialEq, Eq)]
enum Told {
    /// By Modbus unit; a gantry has several.
    Units(Vec<u8>),
    /// By the address of its own protocol, which only devices of the same driver understand.
    Address(&'static str, u8),
    /// Not at all.
    Alone,
}

impl Told {
    fn of(instrument: &Instrument) -> Self {
        match (instrument.link.protocol(), &instrument.driver, &instrument.role) {
            (_, Driver::Gantry(gantry), _) => Self::Units(gantry.axes.iter().map(|axis| axis.unit).collect()),
            (LineProtocol::ModbusRtu | LineProtocol::ModbusTcp, _, _) => {
                Self::Units(vec![instrument.link.unit()])
            }
            (LineProtocol::Native, Driver::Cavro, Role::Pump(pump)) => {
                Self::Address("Cavro pumps", pump.address)
            }
            (LineProtocol::Native, _, _) => Self::Alone,
        }
    }
    fn of_module(module: &InputModule) -> Self {
        match module.link.protocol() {
            LineProtocol::ModbusRtu | LineProtocol::ModbusTcp => Self::Units(vec![module.link.unit()]),
            LineProtocol::Native => Self::Alone,
        }
    }
}

/// Someone on a line.
struct Device<'a> {
    name: &'a str,
    link: &'a Link,
    told: Told,
    place: &'a Value<'a>,
}

/// Judges each link by itself, and those with the same path or address together.
pub(super) fn judge(
    root: &mut Table<'_>,
    places: Vec<(String, Value<'_>)>,
    instruments: &BTreeMap<InstrumentId, Instrument>,
    modules: &BTreeMap<InputModuleId, InputModule>,
) {
    let places: Vec<_> = places.into_iter().map(link_of).collect();
    let module_places: Vec<_> = match modules.is_empty() {
        true => Vec::new(),
        false => entries(root, "input_modules").into_iter().map(link_of).collect(),
    };
    let mut devices: Vec<Device<'_>> = Vec::new();
    for (name, place) in &places {
        if let Some(instrument) = instruments.get(name.as_str()) {
            devices.push(Device {
                name,
                link: &instrument.link,
                told: Told::of(instrument),
                place,
            });
        }
    }
    for (name, place) in &module_places {
        if let Some(module) = modules.get(name.as_str()) {
            if module.link.manner().timeout.is_some() {
                place.error(
                    "link-manner",
                    "the timeout of an input module is its own key, not its link's",
                );
            }
            devices.push(Device {
                name,
                link: &module.link,
                told: Told::of_module(module),
                place,
            });
        }
    }
    let mut lines: BTreeMap<&str, Vec<&Device<'_>>> = BTreeMap::new();
    for device in &devices {
        alone(device);
        let line = lines.entry(device.link.place()).or_default();
        // One complaint a device is enough.
        let wrong = line.iter().find_map(|other| together(other, device));
        if let Some((code, message)) = wrong {
            device.place.error(code, message);
        }
        line.push(device);
    }
}

/// Someone's name with the place of his link.
fn link_of((name, value): (String, Value<'_>)) -> (String, Value<'_>) {
    let link = value.as_table().and_then(|mut t| t.get("link"));
    (name, link.unwrap_or(value))
}

/// What a link says of itself that nobody heeds.
fn alone(device: &Device<'_>) {
    let manner = device.link.manner();
    let wrong = match device.link.protocol() {
        LineProtocol::ModbusTcp if manner.echo => {
            Some("a socket does not send back what is sent: no `echo` here")
        }
        LineProtocol::Native | LineProtocol::ModbusRtu if manner.in_flight > 1 => {
            Some("only Modbus TCP has a number by which several requests `in_flight` are told apart")
        }
        _ if manner.rts_cts && matches!(device.link, Link::Tcp { .. }) => {
            Some("a socket has no lines RTS and CTS: no `flow_control` here")
        }
        _ if manner.oem && !matches!(device.told, Told::Address(..)) => {
            Some("`framing` is the choice of Cavro pumps; everything else has one of its own")
        }
        LineProtocol::Native if manner.timeout.is_some() => {
            Some("the driver knows how long its instrument may take: `timeout` is for Modbus")
        }
        _ => None,
    };
    if let Some(message) = wrong {
        device.place.error("link-manner", message);
    }
}

/// Why two devices cannot be on one line.
fn together(one: &Device<'_>, other: &Device<'_>) -> Option<(&'static str, String)> {
    let both = format!(
        "\"{}\" and \"{}\" are both on {}",
        one.name,
        other.name,
        other.link.place()
    );
    if let (
        Link::Serial { baud, format, .. },
        Link::Serial {
            baud: other_baud,
            format: other_format,
            ..
        },
    ) = (one.link, other.link)
        && (baud, format) != (other_baud, other_format)
    {
        let message = format!("{both}, with different bit rates or formats; a line has one of each");
        return Some(("line-settings", message));
    }
    let (own, others) = (one.link.manner(), other.link.manner());
    let of_the_line = |m: Manner| (m.echo, m.in_flight, m.rts_cts, m.oem);
    if of_the_line(own) != of_the_line(others) {
        let message = format!(
            "{both}; `echo`, `in_flight`, `flow_control` and `framing` are the line's: give both the same"
        );
        return Some(("line-settings", message));
    }
    let apart = match (&one.told, &other.told) {
        (Told::Units(a), Told::Units(b)) if one.link.protocol() == other.link.protocol() => {
            let everybody =
                one.link.protocol() == LineProtocol::ModbusRtu && (a.contains(&0) || b.contains(&0));
            if everybody {
                let message = format!("{both}; unit 0 is everybody on a line: give each its own unit");
                return Some(("line-address", message));
            }
            let same = a.iter().find(|unit| b.contains(unit));
            same.map_or(Ok(()), |unit| Err(format!("unit {unit}")))
        }
        (Told::Address(kind, a), Told::Address(other_kind, b)) if kind == other_kind => {
            (a != b).then_some(()).ok_or_else(|| format!("address {a}"))
        }
        _ => {
            let message = format!(
                "{both} and cannot share it: only Modbus devices of different units, or Cavro pumps of different \
                 addresses, know which requests are theirs; give each a line of its own"
            );
            return Some(("line-protocols", message));
        }
    };
    let address = apart.err()?;
    let message = format!("{both} as {address}: both would answer at once; give one another number");
    Some(("line-address", message))
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
