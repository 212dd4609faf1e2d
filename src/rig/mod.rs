//! A rig: the instruments, nests, zones and links that one daemon owns, with calibration and durations.
//!
//! Owns rig files and instrument profiles as plain data: text in, value and diagnostics out. Knows nothing of
//! protocols, drivers or the simulated world (whose section of the file it skips). Start with [`Rig`].

mod calibration;
mod cameras;
mod gantry;
mod inputs;
mod lines;
mod links;
mod liquid;
mod makes;
mod model;
mod names;
mod parse;
mod pins;
pub mod profile;
pub mod reads;
mod regulators;
mod roles;
mod safe;
mod service;
mod verification;
mod wiring;

pub use calibration::{Calibration, CalibrationRecord, Provenance, Turn};
pub use cameras::{Camera, MmPerPixel, Pixel, View, ViewError};
pub use gantry::{AXES, Gantry, GantryAxis, GantryPlunger};
pub use inputs::{Contact, Input, InputKind, InputModule};
pub use liquid::{Bottle, Probe, Pump, PumpModel};
pub use makes::{BioTek, Cassette, LidGrip, Location, PreciseFlex, SpectraMax, Taught};
pub use model::{
    Abilities, ClockAnchor, Driver, Evaporation, Expected, Incubator, Instrument, LiquidHandler, Mount, Nest,
    NestKind, Pipette, PlateMover, PlateReader, Point, Rig, Role, Station,
};
pub use names::{InputId, InputModuleId, InstrumentId, NestId, PipetteId, QuantityId, ZoneId};
pub use parse::{References, parse, references};
pub use pins::{Bath, Pins};
pub use regulators::{Rate, Regulator, SetPoint};
pub use safe::{Safe, SafeTips};
pub use service::{Counter, Service};
pub use verification::{VerificationRecord, VerificationRules, Verifications, Verified, VerifiedVolume};
pub use wiring::{Format, LineProtocol, Link, Manner, Parity};
