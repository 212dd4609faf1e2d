//! The protocol language: what a scientist writes, checked against a rig and compiled to a plan.
//!
//! Owns the TOML language of protocol files: reading it into a tree with places ([`source`]), the rules it must
//! keep (a file per rule in `check`), and the derivation of a [`crate::plan::Plan`] with all transport, tips and
//! operator's work (`compile`). Text in, plan and diagnostics out: no files, no clock, no instruments' bytes.
//! Start with [`build`].

mod build;
pub mod catalogue;
mod check;
mod compile;
mod files;
mod format;
mod moves;
mod parse;
mod scene;
pub mod source;

pub use build::{Built, build, build_without, rules, wanted};
pub use files::{Files, Inputs, MOST_FILES, Overrides, outside};
pub use format::format;
pub use source::Source;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod mutation_tests;
#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod rig_tests;
#[cfg(test)]
pub(crate) mod testing;
