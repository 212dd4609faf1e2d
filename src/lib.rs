//! `plated`: a daemon that drives laboratory instruments through strain construction and screening.
//!
//! One room per module; `docs/architecture.md` is the map, `tests/architecture.rs` keeps it true.

pub mod analysis;
pub mod clock;
pub mod devices;
pub mod engine;
pub mod formats;
pub mod journal;
pub mod labware;
pub mod plan;
pub mod protocol;
pub mod rig;
pub mod run;
pub mod schedule;
pub mod source;
pub mod store;
pub mod units;
