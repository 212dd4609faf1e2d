//! From a checked protocol to its plan: transport, lids, trays, tips, loading and replenishing are derived here.

mod again;
mod computes;
mod delays;
mod draft;
mod driver;
mod hand;
mod line;
mod liquid;
mod opening;
mod people;
mod picks;
mod pins;
mod plates;
mod promises;
mod reads;
mod regulators;
mod stock;
mod visits;
mod volumes;
mod wastes;

pub(super) use driver::compile;
pub(super) use opening::{KEPT, RESERVED};
pub(super) use stock::{backlash, pick_volume, piece_of, scatter};
