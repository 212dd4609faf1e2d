//! The simulated instruments on pseudo-terminals and sockets, for software in other processes.

mod control;
mod pty;
mod rig_text;
mod server;

pub use server::{Options, Served, serve};
