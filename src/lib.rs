//! `plated`: a daemon that drives laboratory instruments through strain construction and screening.
pub mod clock;
pub mod devices;
pub mod drivers;
pub mod labware;
pub mod link;
pub mod plan;
pub mod rig;
pub mod source;
pub mod units;
