//! Reads a protocol file into its source tree: parameters first, then everything that uses them, then the files that
//! it names.
//!
//! Knows the keys of the language and their types, nothing of any rig.

mod classes;
mod head;
mod layouts;
mod lists;
mod materials;
mod parameters;
mod shared;
mod steps;
mod values;

pub(super) use head::parse;
