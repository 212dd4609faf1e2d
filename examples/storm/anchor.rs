//! What stands in the anchor file of another disk: the last record that the journal's own disk had called durable a second before.
//! Against it the journal is held when the host is started again after a loss of power.

use plated::journal::{Anchored, Entry, Head, MemoryDisk, compare, verify};
use plated::units::Timestamp;

/// Anchors are written once a second.
const EVERY_US: u64 = 1_000_000;

/// What a disk had called durable when the power failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Anchor {
    /// The last anchor; nothing where no record was old enough.
    head: Option<Head>,
    /// The last record that had been called durable.
    called: u64,
}

/// What a journal is when its anchor is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Whole.
    Whole,
    /// Its end is missing: it must not be gone on with.
    Missing,
    /// Its end is missing, so young that no anchor tells.
    Unproven,
}

impl Anchor {
    /// Of a disk at the moment of its host's death.
    pub fn of(disk: &MemoryDisk, now: Timestamp) -> Self {
        let entries = verify(&disk.claimed()).entries;
        let old = |entry: &&Entry| entry.at.as_us().saturating_add(EVERY_US) <= now.as_us();
        let head = entries.iter().rev().find(old).map(|entry| Head {
            sequence: entry.sequence,
            hash: entry.hash,
        });
        Self {
            head,
            called: entries.last().map_or(0, |entry| entry.sequence),
        }
    }

    /// Holds what was recovered against it.
    pub fn see(self, recovered: &[Entry]) -> Found {
        let mut anchored = Anchored::new(self.head.as_slice());
        let mut last = Head::default();
        for entry in recovered {
            last = Head {
                sequence: entry.sequence,
                hash: entry.hash,
            };
            anchored.see(last);
        }
        if compare(&anchored, last).is_err() {
            Found::Missing
        } else if last.sequence < self.called {
            Found::Unproven
        } else {
            Found::Whole
        }
    }
}
