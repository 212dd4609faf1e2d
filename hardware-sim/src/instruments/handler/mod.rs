//! The OT-2's motor board (Smoothieware-OT), from the dossier of its serial protocol.

mod answers;
mod board;
mod commands;
mod eeprom;
mod gcode;
mod motion;

pub(crate) use board::Board;
