//! A rig in this process: real drivers on in-memory lines to simulated instruments, under virtual time.
//!
//! Owns the only calls that pause time. Joins engine, drivers and `hardware-sim`; of files it knows the simulator's ledger and
//! captures.

mod rig;
mod woken;

pub use rig::{
    START, SimulateError, Simulation, Wires, inputs, instruments, instruments_on, maker, on_the_wall_clock,
    operator, texts,
};
