//! What every gantry with pipettes does, whatever its motor controller: where wells are, the way there, strokes, probes,
//! jogging, and how it is found out whether they took place.
//!
//! Owns the driver ([`driver::Handler`]) over a [`board::Board`], moves as data ([`leg`]), plungers ([`plunger`]) and the
//! geometry of the deck ([`geometry`]). Must not know how any board is spoken to.

pub mod axes;
pub mod board;
pub mod driver;
pub(super) mod geometry;
mod home;
mod jog;
pub mod leg;
pub(super) mod motion;
pub(super) mod perform;
pub mod plunger;
mod probe;
mod settle;
