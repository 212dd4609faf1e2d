//! A home-built gantry: six Oriental Motor AZ drives on one line, each a Modbus unit, in direct data operation.
//!
//! Owns the drives' registers ([`wire`]), their alarms ([`codes`]), one drive ([`drive`]) and the six as the board of a handler
//! ([`board`]). What is done with them is [`crate::drivers::handler`]'s.
//!
//! *Did it happen?* Every motion is an absolute target, so that telling it again moves nothing twice; a drive goes on to its target
//! whoever listens. Where an axis stands and whether it is homed is asked for: this holds while its HOME-END is on and it
//! has no alarm (commanded). The moves of one action are told one after the other, so the plunger moves first where it tells of
//! others, and the lift says how far they got.

mod board;
pub mod codes;
mod drive;
mod driver;
#[cfg(test)]
mod fake_drives;
pub mod wire;

pub use driver::Gantry;
