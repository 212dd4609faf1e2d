//! The contract of an instrument: what every driver promises to the engine.
//!
//! Owns the contract, its outcomes and its failures. Knows nothing of any wire. A driver is a plain struct over a
//! link that implements [`Instrument`]; the engine owns it and calls one method at a time.

mod contract;
mod inputs;

pub use contract::{
    Before, Done, Evidence, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled,
};
pub use inputs::InputModule;
