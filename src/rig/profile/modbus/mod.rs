//! Modbus devices: a register map with its identity, handshake, commands and sensors. Addresses are kept as wire addresses
//! whatever `base` the file uses.

mod model;
mod parse;

pub use model::{
    Command, Handshake, IdentityMap, ModbusProfile, Register, RegisterType, Stop, StoredBarcode,
    StoredReading, TableKind, WordOrder,
};
pub(super) use parse::read;
