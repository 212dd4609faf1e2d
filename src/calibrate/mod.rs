//! Guided calibration of a liquid handler: points of the deck are touched one after the other, and a deck is fitted through
//! them.
//!
//! Owns the course of the procedure and the fit, as plain data and functions: what a person does goes in, what is to be
//! moved and said comes out. Knows no instrument, no terminal and no file. Start with [`Procedure`].

mod fit;
mod procedure;

pub use fit::{Fit, FitError, fit};
pub use procedure::{Course, Input, Procedure, Reply};
