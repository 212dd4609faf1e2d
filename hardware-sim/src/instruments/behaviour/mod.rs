//! Twins that are made from what a profile's author says of its behaviour. They judge nothing: the instrument and its driver
//! come from the same hand. Profiles with a twin written for them keep that.

mod device;
mod line;
mod registers;
mod script;
mod template;
mod values;

use super::{Durations, Framing, ModbusServer, Twin, text::identity::Identity};
use crate::{
    SimError,
    rng::Stream,
    text::{Behaviour, Course, Instrument, Profile},
    world::{Film, World},
};
use device::{Device, Place};
use std::{collections::BTreeMap, sync::Arc};
use values::Values;

/// The twin that a profile describes; `None`: it says nothing of its behaviour.
pub(crate) fn of_profile(
    world: &mut World,
    (name, instrument): (&str, &Instrument),
    (path, text): (&str, &str),
    durations: Durations,
    now: u64,
) -> Result<Option<Box<dyn Twin>>, SimError> {
    let Some((behaviour, line)) = Behaviour::parse(path, text)? else {
        return Ok(None);
    };
    let wrong = |message: String| SimError::Text {
        what: format!("profile `{path}`"),
        message,
    };
    let nest = instrument.nest.clone();
    if let Some(nest) = &nest {
        super::text::seat(world, name, nest);
        if behaviour.nest.door.is_some() {
            world.trays.insert(nest.clone(), false);
        }
    }
    let film = if world.rig.foil(name) {
        Film::Foil
    } else {
        Film::Clear
    };
    let maker = &behaviour.identity;
    let identity = Identity::of(&world.rig, name, [&maker.model, &maker.serial, &maker.firmware]);
    let place = Place {
        nest,
        film,
        identity: line.is_some().then_some(identity),
        durations,
        now,
    };
    let room = world.rig.simulation.room_temperature.0;
    let noise = Stream::new(world.seed, &format!("{name}/noise"));
    if let Some(framing) = line {
        let values = Values::new(behaviour.values.clone(), BTreeMap::new(), (room, noise));
        let (unknown, refused) = (behaviour.unknown.clone(), behaviour.refused.clone());
        let device = Device::new(behaviour, values, place).map_err(wrong)?;
        let line = line::Line::new(device, &framing, (unknown.as_deref(), refused.as_deref()));
        return Ok(Some(Box::new(line.map_err(wrong)?)));
    }
    let profile = Arc::new(Profile::parse(path, text)?);
    let courses = courses(&profile, &behaviour);
    let values = Values::new(courses, registers::words(&profile), (room, noise));
    let serial = world.rig.simulation.identities.get(name).copied().unwrap_or(1);
    let device = Device::new(behaviour, values, place).map_err(wrong)?;
    let framing = if instrument.link.is_rtu() {
        Framing::Rtu
    } else {
        Framing::Tcp
    };
    let unit = instrument.link.unit.unwrap_or(1);
    let behind = registers::Behind::new(device, profile, serial);
    Ok(Some(Box::new(ModbusServer::new(behind, framing, unit))))
}

/// All values of a device behind registers: what is written into a register that the section does not name is kept, too.
fn courses(profile: &Profile, behaviour: &Behaviour) -> BTreeMap<String, Course> {
    let single = profile
        .registers
        .iter()
        .filter(|(_, register)| register.count == 1);
    let registers = single.flat_map(|(name, register)| {
        let bits = register.bits.keys().map(move |bit| format!("{name}.{bit}"));
        std::iter::once(name.clone()).chain(bits)
    });
    let mut all: BTreeMap<String, Course> = registers.map(|name| (name, Course::default())).collect();
    all.extend(behaviour.values.clone());
    all
}

#[cfg(test)]
mod tests;
