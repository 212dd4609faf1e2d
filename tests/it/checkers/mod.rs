//! Checkers that belong neither to the drivers nor to the simulator: they read the ledger of physical truth and the
//! plan, convert both to nanolitres by tables of their own, and compare.

mod plunger;
mod volumes;

pub use volumes::{Volumes, compare};
