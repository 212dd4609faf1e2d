//! What instruments' entries of the rig file describe: gantries with what they carry, and the lines of probes.

use crate::{
    rng::Stream,
    text::{Instrument, Pipette, Rig},
    world::{self, Axes, GantrySpec, Line, Mount, MountSpec, Plunger},
};
use std::{collections::BTreeMap, sync::Arc};

/// The line between a pump and the probe that names it; none where no probe does.
pub(crate) fn line(
    rig: &Rig,
    name: &str,
    instrument: &Instrument,
    full: i64,
) -> Result<Option<Line>, String> {
    let syringe = instrument.syringe.ok_or("`syringe` says what it holds")?;
    let bottle = instrument.bottle.ok_or("`bottle` says what it draws from")?;
    for (handler, other) in &rig.instruments {
        if let Some(probe) = other.probes.values().find(|p| p.pump == name) {
            let mount = Mount::of(&probe.mount).ok_or("its probe's mount is left or right")?;
            return Ok(Some(Line {
                probe: (handler.clone(), mount),
                full,
                syringe_nl: syringe.0,
                tubing_nl: probe.tubing.0,
                bottle_nl: bottle.volume.0,
                dead_nl: bottle.dead_volume.0,
                drain_nl: instrument.drain.map_or(f64::INFINITY, |drain| drain.0),
                drained_nl: 0.0,
                at: 0,
                syringe: Vec::new(),
            }));
        }
    }
    Ok(None)
}

/// The plunger of a pipette, by its model's table or by what the rig file says of it, and how the ledger calls it: the model, or
/// nanolitres per millimetre and the bottom in micrometres.
fn plunger(name: &str, pipette: &Pipette) -> Result<(String, Plunger), String> {
    if let Some(said) = &pipette.plunger {
        let plunger = Plunger::even(said.per_mm.0 / 1_000.0, said.bottom.0, said.drop.0);
        let called = format!("{} nL/mm from {} um", said.per_mm.0, said.bottom.0 * 1_000.0);
        return Ok((called, plunger));
    }
    let plunger = Plunger::of(&pipette.model)
        .ok_or_else(|| format!("pipette `{name}`: no plunger table for `{}`", pipette.model))?;
    Ok((pipette.model.clone(), plunger.clone()))
}

/// By how much each channel of a pipette is off: as one, and a third as much each for itself.
fn off(channels: usize, deviation: f64, errors: &mut Stream) -> Vec<f64> {
    if deviation <= 0.0 {
        return Vec::new();
    }
    let common = deviation * errors.normal();
    (0..channels)
        .map(|_| common + deviation / 3.0 * errors.normal())
        .collect()
}

/// The gantry that an instrument's entry describes, whose pipettes are off by a standard deviation.
pub(crate) fn gantry_spec(
    (name, instrument): (&str, &Instrument),
    volume_error: f64,
    seed: u64,
) -> Result<GantrySpec, String> {
    let [x, y] = instrument
        .park
        .ok_or("`park` says where the gantry is out of the way")?;
    let mut mounts = BTreeMap::new();
    for (pipette_name, pipette) in &instrument.pipettes {
        let mut errors = Stream::new(seed, &format!("{name}/{pipette_name}/volume error"));
        let name = pipette_name;
        let mount =
            Mount::of(&pipette.mount).ok_or_else(|| format!("pipette `{name}`: mount is left or right"))?;
        let (model, plunger) = plunger(name, pipette)?;
        let [nozzle_x, nozzle_y, nozzle_z] = pipette.nozzle;
        let spec = MountSpec {
            model,
            channels: pipette.channels,
            nozzle: Axes {
                x: nozzle_x.0,
                y: nozzle_y.0,
                z: nozzle_z.0,
                ..Axes::default()
            },
            slender_mm: pipette.nozzle_length.map_or(0.0, |length| length.0),
            tip_racks: pipette.tip_racks.clone(),
            plunger: Some(Arc::new(plunger)),
            random_error: pipette.random_error.0,
            off: off(pipette.channels, volume_error, &mut errors),
            probe: None,
            pins: Vec::new(),
        };
        if mounts.insert(mount, spec).is_some() {
            return Err(format!(
                "pipette `{name}`: two pipettes on the {} mount",
                mount.name()
            ));
        }
    }
    for (name, probe) in &instrument.probes {
        let mount =
            Mount::of(&probe.mount).ok_or_else(|| format!("probe `{name}`: mount is left or right"))?;
        let [x, y, z] = probe.nozzle;
        let spec = MountSpec {
            slender_mm: 0.0,
            model: String::new(),
            channels: 1,
            nozzle: Axes {
                x: x.0,
                y: y.0,
                z: z.0,
                ..Axes::default()
            },
            tip_racks: Vec::new(),
            plunger: None,
            random_error: 0.0,
            off: Vec::new(),
            probe: Some(world::probe(name, probe.length.0, probe.tubing.0)),
            pins: Vec::new(),
        };
        if mounts.insert(mount, spec).is_some() {
            return Err(format!("probe `{name}`: the {} mount is taken", mount.name()));
        }
    }
    for (name, tool) in &instrument.pin_tools {
        let mount =
            Mount::of(&tool.mount).ok_or_else(|| format!("pin tool `{name}`: mount is left or right"))?;
        let [x, y, z] = tool.nozzle;
        let spec = MountSpec {
            slender_mm: 0.0,
            model: String::new(),
            channels: tool.pins,
            nozzle: Axes {
                x: x.0,
                y: y.0,
                z: z.0,
                ..Axes::default()
            },
            tip_racks: Vec::new(),
            plunger: None,
            random_error: 0.0,
            off: Vec::new(),
            probe: None,
            pins: world::pins(name, tool, seed).map_err(|e| format!("pin tool `{name}`: {e}"))?,
        };
        if mounts.insert(mount, spec).is_some() {
            return Err(format!("pin tool `{name}`: the {} mount is taken", mount.name()));
        }
    }
    let park = Axes {
        x: x.0,
        y: y.0,
        ..Axes::default()
    };
    Ok(GantrySpec {
        zone: instrument.zone.clone(),
        park,
        mounts,
    })
}
