//! What goes between the daemon and those who watch and steer it.
//!
//! Owns the messages as plain data. Knows nothing of how they are drawn or how a run decides. Start with [`Snapshot`].

mod message;

pub use message::{
    Command, InstrumentView, LogLevel, LogLine, MapKind, MapView, OperationView, PlateView, PromptView,
    RunState, Snapshot,
};
