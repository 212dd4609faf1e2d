//! Joins the parts: files → rig → links → drivers → engine, and what a finished run leaves behind.
//!
//! Owns run folders and the daemon's life; has no logic of its own about protocols, instruments or runs. Start with
//! [`assemble`] and [`live`].

mod again;
mod assemble;
mod bundle;
pub mod calibrate;
mod calibrated;
pub mod calibrations;
mod conclude;
mod connect;
mod folder;
mod follow;
pub mod instrument;
mod interrupted;
pub mod live;
pub mod release;
pub mod serve;
mod snapshot;
#[cfg(test)]
pub(crate) mod testing;
pub mod verifications;
pub mod wear;

pub use again::{Again, AgainError, again, rebuild};
pub use assemble::{Assembled, assemble, inputs, named_files, plan};
pub use bundle::{Bundle, BundleError};
pub use conclude::{Outputs, conclude};
pub use connect::{Connected, connect};
pub use folder::{FolderError, RunFolder};
pub use interrupted::same_but_for_links;
pub use snapshot::{describe_load, idle, snapshot};
