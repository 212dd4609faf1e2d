//! `plated`: a daemon that drives laboratory instruments through strain construction and screening.
pub mod clock;
pub mod devices;
pub mod labware;
pub mod plan;
pub mod protocol;
pub mod rig;
pub mod schedule;
pub mod source;
pub mod units;
