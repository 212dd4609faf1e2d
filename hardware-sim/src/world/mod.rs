//! The one model of physical truth that all instruments share: liquids and cells in wells, tips, where
//! plates and lids stand, shared zones, temperature, evaporation and growth. Knows no bytes.

mod agar;
pub(crate) mod biology;
mod contact;
mod gantry;
mod item;
mod line;
mod loading;
mod machines;
mod optics;
mod pins;
mod places;
pub(crate) mod plunger;
mod site;
mod state;
mod stroke;
mod tips;
mod well;
mod zones;

pub(crate) use biology::Cells;
pub(crate) use gantry::{Axes, Axis, Gantry, GantrySpec, Mount, MountSpec};
pub(crate) use line::{Line, Valve, probe};
pub(crate) use loading::LoadItem;
pub(crate) use machines::{Film, MachineState};
pub(crate) use pins::pins;
pub(crate) use places::{Taken, slot_place};
pub(crate) use plunger::Plunger;
pub(crate) use state::{IncubatorState, World};
pub(crate) use tips::Tip;
pub(crate) use well::Part;
