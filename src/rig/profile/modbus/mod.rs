//! Modbus devices: a register map with its identity, handshake, commands and sensors. Addresses are kept as wire addresses
//! whatever `base` the file uses.

mod model;
mod parse;
mod quantity;

pub use model::{
    Command, Condition, Course, Handshake, IdentityMap, Measured, ModbusProfile, Register, RegisterType,
    Step, Stop, StoredBarcode, StoredReading, TableKind, WordOrder,
};
pub(super) use parse::read;
