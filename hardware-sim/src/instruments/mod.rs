//! The twins: one byte-speaking state machine per instrument over the shared world, free of IO and tasks.

pub(crate) mod behaviour;
mod cavro;
mod cytomat;
mod gantry;
mod handler;
mod input_module;
mod mechanics;
mod modbus;
mod mover;
mod operator;
mod profile_device;
mod reader;
pub(crate) mod readers;
mod registers;
pub(crate) mod regulators;
mod station;
pub(crate) mod text;
mod twin;

pub(crate) use cavro::Cavro;
pub(crate) use cytomat::Cytomat;
pub(crate) use gantry::Gantry;
pub(crate) use handler::Board;
pub(crate) use input_module::{InputModule, TextInputModule};
pub(crate) use mechanics::Durations;
pub(crate) use modbus::{Framing, ModbusServer};
pub(crate) use mover::Mover;
pub(crate) use operator::Operator;
pub(crate) use profile_device::ProfileDevice;
pub(crate) use reader::{Fitted, Grid, Reader};
pub(crate) use registers::Registers;
pub(crate) use station::Station;
pub(crate) use twin::{Ctx, Port, Twin, Wire};
