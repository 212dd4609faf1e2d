//! What the simulator is told: rig, profiles and labware as text. Parsed here and nowhere else; shares
//! nothing with the drivers' own parser.

mod behaviour;
mod labware;
mod opentrons;
mod profile;
mod rig;
mod vessel;

pub(crate) use behaviour::{Amount, Behaviour, Condition, Course, Datum, Framing, Reaction, Step};
pub(crate) use labware::{Labware, LabwareKind, Shape};
pub(crate) use profile::{Head, Profile, RegisterType, Table};
pub(crate) use rig::{Biology, Contact, Fitted, Instrument, Link, PinTool, Pipette, Rig};
pub(crate) use vessel::Vessel;

use std::collections::BTreeMap;

/// Everything the simulator is given, as text.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// The rig file.
    pub rig: String,
    /// Profiles by the path that the rig file writes.
    pub profiles: BTreeMap<String, String>,
    /// Labware definitions by name: TOML, or JSON of Opentrons.
    pub labware: BTreeMap<String, String>,
}
