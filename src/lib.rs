//! `plated`: a daemon that drives laboratory instruments through strain construction and screening.
pub mod analysis;
pub mod api;
pub mod clock;
pub mod devices;
pub mod formats;
pub mod labware;
pub mod plan;
pub mod report;
pub mod rig;
pub mod source;
pub mod tui;
pub mod units;
