//! From a checked protocol to its plan: visits, transport, tips, the operator's work.
//!
//! Trusts the rules of [`super::check`]; where something is missing all the same, the step is left out and an error
//! says so. Start with [`compile`].

mod draft;
mod driver;
mod liquids;
mod opening;
mod reads;
mod steps;
mod stock;
mod visits;

pub(super) use driver::{compile, pick_volume};
pub(super) use opening::RESERVED;
