//! Opentrons OT-2: the gantry's motor controller (Smoothieware), driven over its serial port.
//!
//! Owns the controller's lines and answers ([`wire`]), its error words ([`codes`]), the pipettes' tables ([`plunger`]) and the
//! board ([`Ot2`] is a handler on it). What it does with them is [`crate::drivers::handler`]'s.
//!
//! *Did it happen?* The board counts motor steps and says where every axis is (`M114.2`). Every stroke, pick-up and drop
//! is one line of G-code that ends with the plunger at an absolute target different from where it was, so that two
//! numbers tell. This is commanded evidence: a stall goes unnoticed by the board, and after an alarm, a reset or a power
//! cut the axes are no longer homed (`G28.6`) and nothing is claimed.

mod board;
pub mod codes;
mod driver;
#[cfg(test)]
mod fake_board;
mod home;
mod link;
pub mod plunger;
#[cfg(test)]
mod probe_tests;
mod tables;
pub mod wire;

pub use driver::Ot2;
