//! The door to other programs: versioned messages, server and client.
//!
//! Owns what is said over the daemon's socket. Knows nothing of engines: it shows snapshots and passes requests on.

mod client;
mod door;
mod message;
mod request;
mod server;

pub use client::{Client, ClientError};
pub use message::{
    Command, InputView, InstrumentView, InterruptedView, LogLevel, LogLine, MapKind, MapView, OperationLine,
    OperationView, PlateView, PromptView, RunState, Snapshot, TickView,
};
pub use request::{Answer, Refusal, RepairOrder, Repaired, Stop, Submission, Submitted, TakeUp};
pub use server::{Latest, Peer, Reply, Request, bind, serve};
