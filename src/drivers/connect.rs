//! Chooses the driver that the rig names.

use super::considerate::Considerate;
use super::{
    biotek, cavro, clariostar, cytomat, gantry, liconic, ot2, precise_flex, profile, spectramax, text_profile,
};
use crate::clock::Clock;
use crate::devices::{Failure, FailureKind, Instrument, Moved};
use crate::labware::Library;
use crate::link::Line;
use crate::rig::{Driver, InstrumentId, Rig, Role};

/// The driver of an instrument of the rig, over its line. Nothing is sent yet.
///
/// # Errors
/// When the rig does not describe the instrument well enough to drive it.
pub fn connect(
    id: &InstrumentId,
    rig: &Rig,
    labware: &Library,
    line: Line,
    clock: Clock,
) -> Result<Box<dyn Instrument>, Failure> {
    let instrument = rig
        .instruments
        .get(id)
        .ok_or_else(|| unsupported(format!("the rig \"{}\" has no instrument \"{id}\"", rig.name)))?;
    let line = line.of(&instrument.link);
    let own = line.clone();
    let driver: Box<dyn Instrument> = match &instrument.driver {
        Driver::Ot2 => Box::new(ot2::Ot2::new(id, rig, labware, line)?),
        Driver::Gantry(gantry) => Box::new(gantry::Gantry::new((id, gantry), rig, labware, line, clock)?),
        Driver::Cytomat => Box::new(cytomat::Cytomat::new(id, rig, line, clock)?),
        Driver::Cavro => Box::new(cavro::Cavro::new(id, rig, line, clock)?),
        Driver::Profile(path) if rig.profiles.get(path).is_some_and(|p| p.text().is_some()) => {
            Box::new(text_profile::TextDriver::new(id, path, rig, line, clock)?)
        }
        Driver::BioTek(_) => Box::new(biotek::BioTek::new(id, rig, line, clock)?),
        Driver::ClarioStar => Box::new(clariostar::ClarioStar::new(id, rig, line, clock)?),
        Driver::SpectraMax(_) => Box::new(spectramax::SpectraMax::new(id, rig, line, clock)?),
        Driver::Liconic(_) => Box::new(liconic::Liconic::new(id, rig, line, clock)?),
        Driver::PreciseFlex(_) => Box::new(precise_flex::PreciseFlex::new(id, rig, line, clock)?),
        Driver::Profile(path) if matches!(instrument.role, Role::Regulator(_)) => {
            Box::new(profile::RegulatorDriver::new(id, path, rig, line, clock)?)
        }
        Driver::Profile(path) => Box::new(profile::ProfileDriver::new(id, path, rig, line, clock)?),
    };
    Ok(Box::new(Considerate { driver, line: own }))
}

fn unsupported(message: String) -> Failure {
    Failure::new(FailureKind::Unsupported, Moved::No, message)
}

#[cfg(test)]
#[path = "connect_tests.rs"]
mod tests;
