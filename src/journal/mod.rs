//! The journal: the append-only file of facts that a run is folded from.
//!
//! Owns the record format, the hash chain, recovery and the disk beneath. Knows nothing of what events mean.
//! One journal belongs to one writer; a second one is refused by a lock.

mod disk;
mod record;
mod recover;
mod writer;

pub use disk::{Disk, DiskError, FileDisk, MemoryDisk};
pub use record::{Entry, Hash, RecordError, VERSION};
pub use recover::{Recovered, Tail, recover, verify};
pub use writer::{Head, Journal, JournalError, Writing};
