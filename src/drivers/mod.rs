//! Drivers: one folder per instrument, and the one that profiles make.
//!
//! Each driver is a plain struct over a [`crate::link::Line`] that implements [`crate::devices::Instrument`]; its wire
//! module is pure (bytes to typed values and back) and its codes module is the catalogue of the instrument's words.
//! Drivers know the rig and the labware's geometry; they know nothing of runs or of other instruments.
//!
//! Beside instruments, [`inputs`] reads contacts of emergency stops and doors.
//!
//! How each answers "did it happen?":
//! - [`ot2`]: plunger targets are absolute and differ before and after every stroke, pick-up and drop; the controller
//!   counts steps, so this holds while the axes stay homed (commanded).
//! - [`gantry`]: every motion is an absolute target and a drive says where it stands; this holds while it is homed and has no
//!   alarm (commanded).
//! - [`cavro`]: plunger targets are absolute and differ before and after every stroke; the pump counts steps, so this
//!   holds until it is switched off, which it tells (commanded).
//! - [`cytomat`]: the transfer station's plate sensor (measured).
//! - [`liconic`]: the transfer station's plate sensor (measured).
//! - [`biotek`]: nothing is kept that could be asked for again: a read is stopped and made again.
//! - [`clariostar`]: its flag of values that nobody has fetched, and of its tray (measured).
//! - [`spectramax`]: what it stores after it was told to forget what it stored before (measured).
//! - [`precise_flex`]: encoders and gripper; it ends at another rest height than where it began (measured).
//! - [`profile`]: sequence numbers of accepted and completed commands, then the profile's sensors (measured).
//! - regulators, whichever profile: set-points are goals that are read back; they are stated again (measured).
//! - [`text_profile`]: what the profile says of each command: a condition on what the instrument answers, with its evidence.

pub mod biotek;
pub mod cavro;
pub mod clariostar;
mod condition;
mod connect;
mod considerate;
pub mod cytomat;
mod failure;
pub mod gantry;
mod handler;
mod inputs;
mod known;
pub mod liconic;
mod maturity;
pub mod ot2;
pub mod precise_flex;
pub mod profile;
mod regulator;
mod sources;
pub mod spectramax;
mod station;
#[cfg(test)]
mod testing;
pub mod text_profile;

pub use connect::connect;
pub use inputs::inputs;
pub use maturity::maturity;
