//! Whole-system simulation: engine, drivers, links and journal as they are, on a disk that fails, instruments that fail and
//! people who do what they like but never lie; the host dies and is started again. One seed decides all of it. What then is
//! believed is held against the simulator's own ledger and truth.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a campaign that cannot begin ends by panicking; a panic within a seed is an outcome"
)]
#![allow(
    dead_code,
    unused_imports,
    reason = "the campaign and the test use different parts"
)]

#[path = "../soundness/aimed.rs"]
mod aimed;
mod anchor;
#[path = "../soundness/cases.rs"]
mod cases;
#[path = "../soundness/draw.rs"]
mod draw;
mod hands;
mod judge;
#[path = "../soundness/lines.rs"]
mod lines;
mod look;
#[path = "../soundness/manner.rs"]
mod manner;
#[path = "../soundness/mutate.rs"]
mod mutate;
mod person;
#[path = "../soundness/pinned.rs"]
mod pinned;
#[path = "../soundness/plate_steps.rs"]
mod plate_steps;
#[path = "../soundness/promised.rs"]
mod promised;
#[path = "../soundness/rigs.rs"]
mod rigs;
#[path = "../soundness/scratch.rs"]
mod scratch;
#[path = "../soundness/slips.rs"]
mod slips;
#[path = "../soundness/steps.rs"]
mod steps;
pub mod subject;
#[path = "../soundness/tables.rs"]
mod tables;
#[path = "../soundness/trial.rs"]
mod trial;
pub mod voyage;
pub mod weather;

pub use rigs::Repository;
pub use rigs::RigKind;
pub use subject::Subject;
pub use voyage::{Outcome, sail};
pub use weather::{Kinds, Without};
