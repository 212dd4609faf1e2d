//! The embedded database: what is folded from a run's journal, for queries.
//!
//! Owns a SQLite file whose rows all carry the sequence of the record they come from; it can be deleted and rebuilt at
//! any time. The journal is the truth. Knows nothing of instruments or of how a run is carried out.

mod project;
mod schema;

pub use project::{Store, StoreError};
