//! Reads a protocol file into its source tree: parameters first, then everything that uses them.
//!
//! Knows the keys of the language and their types, nothing of any rig.

mod head;
mod layouts;
mod materials;
mod parameters;
mod steps;
mod values;

pub use head::parse;
pub(super) use head::parse_with;
