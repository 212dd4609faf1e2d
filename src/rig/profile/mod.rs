//! Instrument profiles: a Modbus register map with its identity, handshake, commands and sensors, as plain data.
//!
//! Owns the profile format: text in, [`Profile`] and diagnostics out. Knows nothing of wires: which bytes a register
//! becomes is the driver's business. Addresses are kept as wire addresses whatever `base` the file uses.

mod model;
mod parse;
mod vocabulary;

pub use model::{
    ArgumentSource, Bound, Command, Handshake, IdentityMap, Profile, Register, RegisterType, Stop,
    StoredBarcode, StoredReading, TableKind, WordOrder,
};
pub use parse::parse;
