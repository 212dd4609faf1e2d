//! Which twin an instrument of the rig gets, and what of it the world must know.

use crate::{
    SimError,
    fitting::{gantry_spec, line},
    instruments::{
        self, Board, Cavro, Cytomat, Durations, Fitted, Framing, ModbusServer, Mover, ProfileDevice, Reader,
        Registers, Station, Twin, behaviour, readers, regulators, text,
    },
    quantity::Celsius,
    rng::Stream,
    text::{Head, Instrument, Profile, Texts},
    world::{Film, Gantry, IncubatorState, MachineState, World},
};
use std::sync::Arc;

/// Names of the register profiles whose twins were written by role.
const REGISTER_MAPS: [&str; 3] = ["absorbance-reader", "plate-mover", "plate-station"];

/// The twin of an instrument at a moment; the world learns of its gantry, tray, nest or slots.
pub(crate) fn twin(
    world: &mut World,
    texts: &Texts,
    (seed, now): (u64, u64),
    (name, instrument): (&str, &Instrument),
) -> Result<Box<dyn Twin>, SimError> {
    let fault = |message: String| SimError::Text {
        what: format!("[instruments.{name}] of the rig file"),
        message,
    };
    let noise = world.rig.simulation.duration_noise;
    let durations = Durations::new(
        instrument.durations.clone(),
        noise,
        Stream::new(seed, &format!("{name}/durations")),
    );
    match instrument.kind.as_str() {
        "ot2" => {
            let spec = gantry_spec(
                (name, instrument),
                world.rig.volume_error(name).map_err(fault)?,
                seed,
            )
            .map_err(fault)?;
            let models = spec
                .mounts
                .iter()
                .filter(|(_, spec)| spec.plunger.is_some())
                .map(|(mount, spec)| (*mount, spec.model.clone()))
                .collect();
            let gantry = Gantry::new(spec);
            let board = Board::new(gantry.at, &models);
            world.gantries.insert(name.to_owned(), gantry);
            Ok(Box::new(board))
        }
        "gantry" => {
            let error = world.rig.volume_error(name).map_err(fault)?;
            let spec = gantry_spec((name, instrument), error, seed).map_err(fault)?;
            let mut gantry = Gantry::new(spec);
            let (twin, at) = instruments::Gantry::new(instrument, &gantry.at).map_err(fault)?;
            gantry.at = at;
            world.gantries.insert(name.to_owned(), gantry);
            Ok(Box::new(twin))
        }
        "cytomat" => {
            let transfer = instrument
                .transfer
                .clone()
                .ok_or_else(|| fault("`transfer` names its transfer station".into()))?;
            let slots = instrument
                .slots
                .ok_or_else(|| fault("`slots` says how many it has".into()))?;
            let temperature = instrument.temperature.unwrap_or(Celsius(37.0));
            world.incubators.insert(
                name.to_owned(),
                IncubatorState {
                    temperature,
                    shaking: false,
                },
            );
            Ok(Box::new(Cytomat::new(
                transfer,
                slots,
                temperature,
                instrument.barcode_reader,
                durations,
            )))
        }
        "cavro" => {
            let pump = Cavro::new(instrument).map_err(fault)?;
            let line = line(&world.rig, name, instrument, pump.full()).map_err(fault)?;
            if let Some(line) = line {
                world.lines.insert(name.to_owned(), line);
            }
            Ok(Box::new(pump))
        }
        "profile" => {
            let path = instrument
                .profile
                .as_ref()
                .ok_or_else(|| fault("`profile` names its register profile".into()))?;
            let text = texts
                .profiles
                .get(path)
                .ok_or_else(|| fault(format!("the profile `{path}` was not given")))?;
            let head = Head::parse(path, text)?;
            let of = (name, instrument);
            // A twin that was written for a profile judges it; any other is made from what the profile says.
            if head.is_text() && text::knows(&head.name) {
                return text::of_profile(world, of, &head.name, durations, now).map_err(fault);
            }
            if !head.is_text()
                && let Some(twin) = regulators::of_profile(world, of, &head.name, now)
            {
                return Ok(twin);
            }
            if !REGISTER_MAPS.contains(&head.name.as_str())
                && let Some(twin) = behaviour::of_profile(world, of, (path, text), durations.clone(), now)?
            {
                return Ok(twin);
            }
            if head.is_text() {
                return Err(fault(format!(
                    "no simulated instrument speaks the text profile `{}`: give the profile a table `[behaviour]`",
                    head.name
                )));
            }
            let profile = Arc::new(Profile::parse(path, text)?);
            let serial = world.rig.simulation.identities.get(name).copied().unwrap_or(1);
            let framing = if instrument.link.is_rtu() {
                Framing::Rtu
            } else {
                Framing::Tcp
            };
            let unit = instrument.link.unit.unwrap_or(1);
            match profile.role.as_str() {
                "plate_reader" => {
                    world.rig.optics(name)?;
                    let tray = instrument
                        .tray
                        .clone()
                        .ok_or_else(|| fault("`tray` names its nest".into()))?;
                    world.trays.insert(tray.clone(), false);
                    let device = ProfileDevice::new(
                        profile,
                        Reader::new(
                            tray,
                            durations,
                            Fitted {
                                fluorescence: instrument.fluorescence,
                                luminescence: instrument.luminescence,
                                area: instrument.area_scan,
                            },
                        ),
                        serial,
                    );
                    Ok(Box::new(ModbusServer::new(device, framing, unit)))
                }
                "plate_mover" => {
                    let device = ProfileDevice::new(profile, Mover::new(durations), serial);
                    Ok(Box::new(ModbusServer::new(device, framing, unit)))
                }
                "station" => {
                    let nest = instrument
                        .nest
                        .clone()
                        .ok_or_else(|| fault("`nest` names its place for a plate".into()))?;
                    if instrument.door {
                        world.trays.insert(nest.clone(), false);
                    }
                    let machine = MachineState {
                        instrument: name.to_owned(),
                        ..MachineState::default()
                    };
                    world.machines.insert(nest.clone(), machine);
                    let film = if world.rig.foil(name) {
                        Film::Foil
                    } else {
                        Film::Clear
                    };
                    let station = Station::new(nest, instrument.fitted(), film, durations);
                    let device = ProfileDevice::new(profile, station, serial);
                    Ok(Box::new(ModbusServer::new(device, framing, unit)))
                }
                role => Err(fault(format!("no simulated instrument has the role `{role}`"))),
            }
        }
        // No rig for runs has it.
        "registers" => {
            let framing = if instrument.link.is_rtu() {
                Framing::Rtu
            } else {
                Framing::Tcp
            };
            let unit = instrument.link.unit.unwrap_or(1);
            Ok(Box::new(ModbusServer::new(Registers::new(unit), framing, unit)))
        }
        kind => match text::of_kind(world, (name, instrument), durations.clone())
            .or_else(|| readers::of_kind(world, (name, instrument), durations))
        {
            Some(twin) => twin.map_err(fault),
            None => Err(fault(format!("no simulated instrument is of the kind `{kind}`"))),
        },
    }
}
