//! By whom each driver was judged.

use crate::rig::profile::Maturity;
use crate::rig::{Driver, Instrument, Rig};

/// How far the driver of an instrument can be trusted: what its profile says, or what is true of the code. Programs by others
/// that judge drivers are run in CI.
pub fn maturity(instrument: &Instrument, rig: &Rig) -> Maturity {
    match &instrument.driver {
        Driver::Profile(path) => rig
            .profiles
            .get(path)
            .map_or(Maturity::Documents, |p| p.head().maturity),
        // The maker's own emulator of the motor controller; labmcp-cavro's simulator, in DT frames.
        Driver::Ot2 => Maturity::Peer,
        Driver::Cavro if !instrument.link.manner().oem => Maturity::Peer,
        _ => Maturity::Documents,
    }
}
