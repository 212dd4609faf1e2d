//! Twins of regulators: devices that stand for themselves, with a state of their own, and take no plates. Each is chosen by
//! its profile's name alone; what the profile says of registers is not looked at. Written from dossier 10.

mod alicat;
mod eurotherm;
mod fermenter;
mod igus;
mod map;
mod omron;
mod oriental;
mod plant;
mod watlow;

use super::{Framing, ModbusServer, Twin};
use crate::{text::Instrument, world::World};
use map::{Map, Registers, Regulator};
pub(super) use oriental::Attached;
pub(super) use plant::took;

/// The twin of the regulator that a Modbus profile of this name describes; `None`: the name is none of them.
pub(crate) fn of_profile(
    world: &World,
    (name, instrument): (&str, &Instrument),
    profile: &str,
    now: u64,
) -> Option<Box<dyn Twin>> {
    let link = &instrument.link;
    let unit = link.unit.unwrap_or(1);
    let framing = if link.is_rtu() { Framing::Rtu } else { Framing::Tcp };
    let room = world.rig.simulation.room_temperature.0;
    let serial = world.rig.simulation.identities.get(name).copied().unwrap_or(1);
    let told = |key: &str| {
        let table = world.rig.simulation.named.get(name);
        table.and_then(|table| table.get(key))
    };
    let on = |map: Map| (map, framing, unit);
    Some(match profile {
        "watlow-ez-zone" => {
            let celsius = told("units").and_then(toml::Value::as_str) == Some("C");
            served(watlow::EzZone::new(room, celsius), on(watlow::EzZone::map()))
        }
        "watlow-f4t" => served(watlow::F4t::new(room), on(watlow::F4t::map())),
        "omron-e5cc" => served(omron::Omron::new(room), on(omron::Omron::map())),
        "eurotherm-3216" => served(
            eurotherm::Eurotherm::new(room, unit),
            on(eurotherm::Eurotherm::map()),
        ),
        "alicat" => served(alicat::Alicat::new(room, serial), on(alicat::Alicat::map())),
        "oriental-az" => served(oriental::Oriental::new(), on(oriental::Oriental::map())),
        "fermenter" => {
            let local = told("local").and_then(toml::Value::as_bool) == Some(true);
            served(
                fermenter::Fermenter::new(now, serial, !local),
                on(fermenter::Fermenter::map()),
            )
        }
        "igus-d1" => Box::new(igus::Igus::new()),
        _ => return None,
    })
}

/// A drive of an axis of a gantry.
pub(super) fn drive(attached: Attached, framing: Framing, unit: u8) -> Box<dyn Twin> {
    served(
        oriental::Oriental::on(attached),
        (oriental::Oriental::map(), framing, unit),
    )
}

fn served<R: Regulator + 'static>(device: R, (map, framing, unit): (Map, Framing, u8)) -> Box<dyn Twin> {
    Box::new(ModbusServer::new(Registers::new(device, map), framing, unit))
}

#[cfg(test)]
mod tests;
