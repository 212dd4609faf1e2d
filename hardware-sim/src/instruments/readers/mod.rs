//! Twins of plate readers with protocols of their own that are neither lines of text nor registers: BioTek and CLARIOstar,
//! one each, and the light that they share with the SpectraMax. Written from dossiers 04 and 06 alone.

mod biotek;
mod clariostar;
pub(in crate::instruments) mod light;

use super::{
    Durations, Twin,
    text::{identity::Identity, seat},
};
use crate::{rng::Stream, text::Instrument, world::World};

/// The twin of a reader of one of these kinds; `None`: its kind is none of them.
pub(crate) fn of_kind(
    world: &mut World,
    (name, instrument): (&str, &Instrument),
    durations: Durations,
) -> Option<Result<Box<dyn Twin>, String>> {
    let kind = instrument.kind.as_str();
    if !["biotek", "clariostar"].contains(&kind) {
        return None;
    }
    Some(reader(world, (name, instrument), durations))
}

fn reader(
    world: &mut World,
    (name, instrument): (&str, &Instrument),
    durations: Durations,
) -> Result<Box<dyn Twin>, String> {
    let tray = instrument.tray.clone().ok_or("`tray` names its nest")?;
    world.rig.optics(name).map_err(|error| error.to_string())?;
    seat(world, name, &tray);
    world.trays.insert(tray.clone(), false);
    if instrument.kind == "clariostar" {
        let noise = Stream::new(world.seed, &format!("{name}/lamp"));
        let light = instrument.luminescence;
        let twin = clariostar::Clariostar::new(tray, light, durations, noise);
        return Ok(Box::new(twin));
    }
    let room = world.temperature(&tray).0;
    let identity = Identity::of(&world.rig, name, ["1650200", "00000000", "1.04"]);
    let optics = biotek::Optics {
        fluorescence: instrument.fluorescence,
        luminescence: instrument.luminescence,
    };
    Ok(Box::new(biotek::BioTek::new(
        tray, identity, optics, durations, room,
    )))
}
