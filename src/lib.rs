//! `plated`: a daemon that drives laboratory instruments through strain construction and screening.
//!
//! One room per module; `docs/architecture.md` is the map, `tests/architecture.rs` keeps it true.
#![cfg_attr(
    test,
    allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "tests count small things"
    )
)]

pub mod analysis;
pub mod api;
pub mod calibrate;
pub mod cli;
pub mod clock;
pub mod daemon;
pub mod devices;
pub mod drivers;
pub mod engine;
pub mod expr;
pub mod formats;
pub mod journal;
pub mod labware;
pub mod link;
pub mod plan;
pub mod protocol;
pub mod report;
pub mod rig;
pub mod run;
pub mod schedule;
pub mod schema;
pub mod simulate;
pub mod source;
pub mod store;
pub mod tui;
pub mod units;
