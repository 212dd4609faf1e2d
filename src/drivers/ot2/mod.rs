//! Opentrons OT-2: the gantry's motor controller (Smoothieware), driven over its serial port.
//!
//! Owns the controller's lines and answers ([`wire`]), its error words ([`codes`]), the plunger tables ([`plunger`]),
//! the geometry of the deck ([`geometry`]) and the driver ([`Ot2`]). Knows nothing of liquids beyond strokes.
//!
//! *Did it happen?* The board counts motor steps and says where every axis is (`M114.2`). Every stroke, pick-up and drop
//! is one line of G-code that ends with the plunger at an absolute target different from where it was, so that two
//! numbers tell. This is commanded evidence: a stall goes unnoticed by the board, and after an alarm, a reset or a power
//! cut the axes are no longer homed (`G28.6`) and nothing is claimed.

pub mod codes;
mod driver;
#[cfg(test)]
mod fake_board;
pub mod geometry;
mod home;
mod jog;
mod link;
mod motion;
mod perform;
pub mod plunger;
mod probe;
mod settle;
mod tables;
pub mod wire;

pub use driver::Ot2;
