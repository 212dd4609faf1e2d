//! Twins of instruments that are asked in text: what they share, one file each, and which one a rig's entry gets. Written
//! from the dossiers alone.

mod a4s;
mod bioshake;
mod cycler;
mod dialogue;
mod gcode;
mod heat;
mod heater_shaker;
mod identity;
mod keyence;
mod seat;
mod temperature_module;
mod thermocycler;
mod work;
mod xpeel;

use super::{Durations, Twin};
use crate::{
    text::Instrument,
    world::{Film, MachineState, World},
};
use cycler::Cycler;
use dialogue::TextTwin;
use identity::Identity;

/// Names of the text profiles that have a twin.
const PROFILES: [&str; 9] = [
    "bioshake",
    "a4s",
    "xpeel",
    "ot-temperature",
    "ot-heater-shaker",
    "ot-thermocycler-1",
    "ot-thermocycler-2",
    "keyence",
    "keyence-sr",
];

/// The twin of the instrument that a text profile of this name describes.
pub(crate) fn of_profile(
    world: &mut World,
    (name, instrument): (&str, &Instrument),
    profile: &str,
    durations: Durations,
    now: u64,
) -> Result<Box<dyn Twin>, String> {
    if !PROFILES.contains(&profile) {
        return Err(format!(
            "no simulated instrument speaks the text profile `{profile}`; there are {}",
            PROFILES.join(", ")
        ));
    }
    let nest = instrument
        .nest
        .clone()
        .ok_or("`nest` names its place for a plate")?;
    let machine = MachineState {
        instrument: name.to_owned(),
        ..MachineState::default()
    };
    world.machines.insert(nest.clone(), machine);
    // Lids are closed, shuttles, conveyors and latches open when the rig is switched on; some have none.
    match profile {
        "ot-thermocycler-1" | "ot-thermocycler-2" => {
            world.trays.insert(nest.clone(), false);
        }
        "bioshake" | "a4s" | "xpeel" | "ot-heater-shaker" => {
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
        "keyence-sr" => boxed(keyence::Keyence::new(nest, keyence::Series::Sr, durations)),
        _ => boxed(keyence::Keyence::new(nest, keyence::Series::Bl, durations)),
    })
}

#[cfg(test)]
mod bench;
#[cfg(test)]
mod modules_tests;
#[cfg(test)]
mod stations_tests;

fn boxed<D: dialogue::Dialogue + 'static>(dialogue: D) -> Box<dyn Twin> {
    Box::new(TextTwin::new(dialogue))
}
