//! Simulated laboratory instruments over one model of physical truth, speaking real wire bytes.
//!
//! Given rig, profiles and labware as text, it parses them itself and shares no code with the drivers it
//! is driven by. It must never know the package that owns those.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "tests fail by panicking"
    )
)]

mod clock;
mod contacts;
mod core;
mod direct;
mod fault;
mod fitting;
mod hand;
mod hazard;
mod instruments;
mod ledger;
mod line;
mod num;
mod outfit;
mod pump;
mod quantity;
mod rng;
pub mod serve;
mod sim;
mod text;
mod truth;
mod world;

pub use clock::{SimClock, boot_us};
pub use direct::DirectLink;
pub use fault::{Fault, Part};
pub use hand::Hand;
pub use hazard::Hazard;
pub use ledger::{Entry, Event};
pub use sim::Sim;
pub use text::Texts;
pub use truth::{PlateTruth, RackTruth, SpotTruth, Truth, Violation, WellTruth};
pub use world::biology::Planted;

/// What keeps a simulator from being set up or served.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A text is wrong.
    #[error("{what}: {message}")]
    Text {
        /// Which text.
        what: String,
        /// What is wrong, and what would be right.
        message: String,
    },
    /// There is no such instrument.
    #[error("the rig has no instrument `{name}`")]
    NoInstrument {
        /// The name that was asked for.
        name: String,
    },
    /// Its cable is pulled.
    #[error("the cable of `{name}` is not plugged in")]
    Unplugged {
        /// The instrument.
        name: String,
    },
    /// The system refused a file, terminal or socket.
    #[error("{what}: {message}")]
    Io {
        /// What was to be opened.
        what: String,
        /// Why it could not be.
        message: String,
    },
}
