//! Twins of instruments that are asked in text: what they share, one file each, and which one a rig's entry gets. Written
//! from the dossiers alone.

mod a4s;
mod balance;
mod bioshake;
mod circulator;
mod cycler;
mod dialogue;
mod gcode;
mod hamilton_shaker;
pub(super) mod heat;
mod heater_shaker;
pub(super) mod identity;
mod inheco;
mod keyence;
mod liconic;
mod magnetic_module;
mod masterflex;
mod ml600;
mod precise_flex;
mod scanner;
pub(super) mod seat;
mod spectramax;
mod temperature_module;
mod thermocycler;
pub(super) mod work;
mod xpeel;

use super::{Durations, Twin};
use crate::{
    quantity::Celsius,
    rng::Stream,
    text::Instrument,
    world::{Film, IncubatorState, MachineState, World},
};
use cycler::Cycler;
use dialogue::TextTwin;
use identity::Identity;

/// Names of the text profiles that have a twin.
const PROFILES: [&str; 22] = [
    "bioshake",
    "a4s",
    "xpeel",
    "ot-temperature",
    "ot-heater-shaker",
    "ot-thermocycler-1",
    "ot-thermocycler-2",
    "keyence",
    "keyence-sr",
    "mettler",
    "ot-magnetic",
    "masterflex",
    "ml600",
    "huber",
    "julabo",
    "lauda",
    "mettler-balance",
    "psd4",
    "inheco",
    "hamilton-heater-shaker",
    "microscan",
    "honeywell",
];

/// Whether a text profile of this name has a twin that was written for it.
pub(crate) fn knows(profile: &str) -> bool {
    PROFILES.contains(&profile)
}

/// The twin of the instrument that a text profile of this name describes.
pub(crate) fn of_profile(
    world: &mut World,
    (name, instrument): (&str, &Instrument),
    profile: &str,
    durations: Durations,
    now: u64,
) -> Result<Box<dyn Twin>, String> {
    if profile == "psd4" {
        return Ok(Box::new(super::Cavro::psd4(instrument.address.unwrap_or(0))));
    }
    if let Some(twin) = without_nest(world, name, profile, &durations) {
        return Ok(twin);
    }
    // A balance that stands for itself weighs what is in a nest of the deck; without one, its pan stays empty.
    if profile == "mettler-balance" {
        let nest = instrument.nest.clone().unwrap_or_default();
        return Ok(boxed(balance(world, name, nest, durations)));
    }
    let nest = instrument
        .nest
        .clone()
        .ok_or("`nest` names its place for a plate")?;
    seat(world, name, &nest);
    // Lids are closed, shuttles, conveyors and latches open when the rig is switched on; some have none.
    match profile {
        "ot-thermocycler-1" | "ot-thermocycler-2" | "inheco" => {
            world.trays.insert(nest.clone(), false);
        }
        "bioshake" | "a4s" | "xpeel" | "ot-heater-shaker" | "hamilton-heater-shaker" => {
            world.trays.insert(nest.clone(), true);
        }
        _ => {}
    }
    let room = world.temperature(&nest).0;
    let identity = |usual| Identity::of(&world.rig, name, usual);
    Ok(match profile {
        "bioshake" => boxed(bioshake::BioShake::new(nest, durations, room)),
        "a4s" => {
            let film = if world.rig.foil(name) {
                Film::Foil
            } else {
                Film::Clear
            };
            boxed(a4s::A4s::new(nest, film, durations, (room, now)))
        }
        "xpeel" => boxed(xpeel::XPeel::new(nest, durations, "1.0".to_owned())),
        "ot-temperature" => {
            let identity = identity(["temp_deck_v1", "TDV0118052801", "edge-11aa22b"]);
            boxed(temperature_module::TemperatureModule::new(nest, identity, room))
        }
        "ot-heater-shaker" => {
            let identity = identity(["A", "TC2101010A2", "21.2.1"]);
            boxed(heater_shaker::HeaterShaker::new(nest, identity, durations, room))
        }
        "ot-thermocycler-1" => {
            let identity = identity(["v01", "TCV0118052801", "edge-11aa22b"]);
            boxed(thermocycler::First::new(
                Cycler::new(nest, durations, room),
                identity,
            ))
        }
        "ot-thermocycler-2" => {
            let identity = identity(["Opentrons-thermocycler-gen2", "EMPTYSN", "(dev)--b4eeff7"]);
            boxed(thermocycler::Second::new(
                Cycler::new(nest, durations, room),
                identity,
            ))
        }
        "mettler" => boxed(balance(world, name, nest, durations)),
        "inheco" => {
            let identity = identity(["", "4027", "2.31"]);
            boxed(inheco::Inheco::new(nest, identity, durations, room))
        }
        "hamilton-heater-shaker" => boxed(hamilton_shaker::HamiltonShaker::new(nest, durations, room)),
        "microscan" => boxed(scanner::Microscan::new(nest, durations)),
        "honeywell" => boxed(scanner::Honeywell::new(nest, durations)),
        "keyence-sr" => boxed(keyence::Keyence::new(nest, keyence::Series::Sr, durations)),
        _ => boxed(keyence::Keyence::new(nest, keyence::Series::Bl, durations)),
    })
}

/// A balance over a nest.
fn balance(world: &World, name: &str, nest: String, durations: Durations) -> balance::Balance {
    let identity = Identity::of(&world.rig, name, ["WXS205SDU", "B123456", "1.10"]);
    let noise = Stream::new(world.seed, &format!("{name}/weight"));
    balance::Balance::new(nest, identity, durations, noise)
}

/// The twin of an instrument that no plate stands in; `None`: a plate does.
fn without_nest(world: &World, name: &str, profile: &str, durations: &Durations) -> Option<Box<dyn Twin>> {
    let room = world.rig.simulation.room_temperature.0;
    let number = world.rig.simulation.identities.get(name).copied().unwrap_or(1);
    Some(match profile {
        "ot-magnetic" => {
            let usual = ["mag_deck_v20", "MDV0118052801", "edge-11aa22b"];
            boxed(magnetic_module::MagneticModule::new(Identity::of(
                &world.rig, name, usual,
            )))
        }
        "masterflex" => boxed(masterflex::Masterflex::new()),
        "ml600" => boxed(ml600::Ml600::new(durations.clone())),
        "huber" => boxed(circulator::Huber::new(room, number)),
        "julabo" => boxed(circulator::Julabo::new(room, "JULABO FP50-HE".to_owned())),
        "lauda" => boxed(circulator::Lauda::new(
            room,
            "RP 245 E".to_owned(),
            "1.20".to_owned(),
        )),
        _ => return None,
    })
}

/// The world learns that a nest belongs to an instrument.
pub(in crate::instruments) fn seat(world: &mut World, name: &str, nest: &str) {
    let machine = MachineState {
        instrument: name.to_owned(),
        ..MachineState::default()
    };
    world.machines.insert(nest.to_owned(), machine);
}

/// The twin of an instrument that is asked in text and has a kind of its own; `None`: its kind is none of them.
pub(crate) fn of_kind(
    world: &mut World,
    (name, instrument): (&str, &Instrument),
    durations: Durations,
) -> Option<Result<Box<dyn Twin>, String>> {
    Some(match instrument.kind.as_str() {
        "spectramax" => spectramax(world, (name, instrument), durations),
        "liconic" => liconic(world, (name, instrument), durations),
        "precise_flex" => Ok(boxed(precise_flex::PreciseFlex::new(durations))),
        _ => return None,
    })
}

fn spectramax(
    world: &mut World,
    (name, instrument): (&str, &Instrument),
    durations: Durations,
) -> Result<Box<dyn Twin>, String> {
    let tray = instrument.tray.clone().ok_or("`tray` names its nest")?;
    world.rig.optics(name).map_err(|error| error.to_string())?;
    seat(world, name, &tray);
    world.trays.insert(tray.clone(), false);
    let room = world.temperature(&tray).0;
    let light = instrument.fluorescence || instrument.luminescence;
    let model = if light { "M5" } else { "384PLUS" };
    let identity = Identity::of(&world.rig, name, [model, "MN00001", "v2.01"]);
    let reader = spectramax::SpectraMax::new(tray, light, identity, durations, room);
    Ok(boxed(reader))
}

fn liconic(
    world: &mut World,
    (name, instrument): (&str, &Instrument),
    durations: Durations,
) -> Result<Box<dyn Twin>, String> {
    let transfer = instrument.transfer.clone();
    let transfer = transfer.ok_or("`transfer` names its transfer station")?;
    let slots = instrument.slots.ok_or("`slots` says how many it has")?;
    let temperature = instrument.temperature.unwrap_or(Celsius(37.0));
    let state = IncubatorState {
        temperature,
        shaking: false,
    };
    world.incubators.insert(name.to_owned(), state);
    let incubator = liconic::Liconic::new(transfer, slots, temperature, durations);
    Ok(boxed(incubator))
}

#[cfg(test)]
pub(super) mod bench;
#[cfg(test)]
mod kinds_tests;
#[cfg(test)]
mod modules_tests;
#[cfg(test)]
mod others_tests;
#[cfg(test)]
mod stations_tests;

fn boxed<D: dialogue::Dialogue + 'static>(dialogue: D) -> Box<dyn Twin> {
    Box::new(TextTwin::new(dialogue))
}
