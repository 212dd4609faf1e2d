//! The journal: the append-only file of facts that a run is folded from.
//!
//! Owns the record format, the hash chain, recovery, anchors and the disk beneath. Of what events mean it knows only
//! which may use the space that is reserved for the safe path. One journal belongs to one writer; a second one is
//! refused by a lock.

mod anchor;
mod death;
mod disk;
mod events;
mod memory;
mod record;
mod recover;
mod reserve;
mod writer;

pub use anchor::{AnchorError, Anchored, compare, parse_anchors};
pub use death::{Death, DeathError, Moment};
pub use disk::{Disk, DiskError, FileDisk, kept_aside};
pub use events::EVENTS;
pub use memory::{DiskFault, MemoryDisk};
pub use record::{Entry, Hash, RecordError, VERSION};
pub use recover::{Reader, RecoverError, Recovered, Tail, recover, recover_with, verify};
pub use reserve::RESERVE;
pub use writer::{Durable, Head, Journal, JournalError, Ticket, Writing};
