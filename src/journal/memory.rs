//! A simulated disk: what is not synced can be lost, and writes and syncs can be told to go wrong.

use super::disk::DiskError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes that a real disk writes whole or not at all.
const SECTOR: usize = 512;

/// What goes wrong with a simulated disk. Counts begin at 0: the next call of that kind is number 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// This append fails; nothing of it is written.
    WriteFails {
        /// Which append.
        append: u64,
    },
    /// This append fails after a part of it was written.
    ShortWrite {
        /// Which append.
        append: u64,
        /// Bytes that are written.
        keeps: usize,
    },
    /// This sync fails, and what it was for is never durable, although it can still be read.
    SyncFails {
        /// Which sync.
        sync: u64,
    },
    /// From this sync on they say that all is well and do nothing.
    SyncLies {
        /// The first such sync.
        sync: u64,
    },
    /// There is no room beyond this many bytes.
    Full {
        /// Bytes that the file can have.
        room: u64,
    },
}

#[derive(Debug, Default)]
struct Memory {
    durable: Vec<u8>,
    pending: Vec<u8>,
    /// Bytes at the end of `durable` that only seem to be, since a sync failed or lied.
    unreal: usize,
    faults: Vec<DiskFault>,
    appends: u64,
    syncs: u64,
    broken: bool,
    aside: Vec<Vec<u8>>,
    death: Option<(u64, Option<tokio::sync::oneshot::Sender<()>>)>,
}

/// A disk in memory. Clones share it; a crash forgets what was not synced, and it can be told what goes wrong.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<Memory>>);

fn failed(doing: &'static str, error: std::io::Error) -> DiskError {
    DiskError {
        doing,
        place: "memory".into(),
        error,
    }
}

fn told() -> std::io::Error {
    std::io::Error::other("told to fail")
}

impl MemoryDisk {
    /// A disk that holds these bytes, durably.
    pub fn holding(bytes: Vec<u8>) -> Self {
        let disk = Self::default();
        disk.memory().durable = bytes;
        disk
    }
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Plans a fault, besides those planned already. Counts are from now on.
    pub fn plan(&self, fault: DiskFault) {
        let mut memory = self.memory();
        let (appends, syncs) = (memory.appends, memory.syncs);
        memory.faults.push(match fault {
            DiskFault::WriteFails { append } => DiskFault::WriteFails {
                append: appends.saturating_add(append),
            },
            DiskFault::ShortWrite { append, keeps } => DiskFault::ShortWrite {
                append: appends.saturating_add(append),
                keeps,
            },
            DiskFault::SyncFails { sync } => DiskFault::SyncFails {
                sync: syncs.saturating_add(sync),
            },
            DiskFault::SyncLies { sync } => DiskFault::SyncLies {
                sync: syncs.saturating_add(sync),
            },
            DiskFault::Full { room } => DiskFault::Full { room },
        });
    }
    /// Lets this many more appends through, then fails for ever.
    pub fn fail_after(&self, appends: u64) {
        self.plan(DiskFault::WriteFails { append: appends });
    }
    /// Lets the host die at the append after this many more: that append and all later ones are never answered. The
    /// receiver is fulfilled at that moment; whoever plays the host's power supply then drops everything it ran.
    pub fn die_after(&self, appends: u64) -> tokio::sync::oneshot::Receiver<()> {
        let (sender, died) = tokio::sync::oneshot::channel();
        self.memory().death = Some((appends, Some(sender)));
        died
    }
    /// Whether the host has died.
    pub fn is_dead(&self) -> bool {
        matches!(self.memory().death, Some((_, None)))
    }
    /// Power loss: what was not synced is gone; faults and deaths planned before are lifted.
    pub fn crash(&self) {
        self.crash_keeping(|_| false);
    }
    /// Power loss in the middle of writing: each sector of what was not synced is there or not by a random draw from the
    /// seed, and those that are not are zeros. Faults and deaths planned before are lifted.
    pub fn crash_torn(&self, seed: u64) {
        let mut state = seed;
        self.crash_keeping(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) & 1 == 1
        });
    }
    /// Power loss; of what was not synced, a sector of 512 bytes is kept where `keeps` says so of its number.
    pub fn crash_keeping(&self, mut keeps: impl FnMut(usize) -> bool) {
        let mut memory = self.memory();
        let real = memory.durable.len().saturating_sub(memory.unreal);
        let mut lost = memory.durable.split_off(real);
        lost.append(&mut memory.pending);
        // Sectors are counted from the file's beginning; the first lost byte may stand within one.
        let mut at = 0;
        let mut end = real;
        while at < lost.len() {
            let sector = real.saturating_add(at) / SECTOR;
            let upto = ((sector + 1) * SECTOR).saturating_sub(real).min(lost.len());
            if keeps(sector) {
                end = real + upto;
            } else if let Some(part) = lost.get_mut(at..upto) {
                part.fill(0);
            }
            at = upto;
        }
        memory.durable.append(&mut lost);
        memory.durable.truncate(end);
        memory.unreal = 0;
        memory.faults.clear();
        memory.broken = false;
        memory.death = None;
    }
    /// The program died and the power stayed: everything written can still be read. Faults and deaths planned before
    /// are lifted.
    pub fn mend(&self) {
        let mut memory = self.memory();
        memory.faults.clear();
        memory.broken = false;
        memory.death = None;
    }
    /// Everything appended, synced or not.
    pub fn bytes(&self) -> Vec<u8> {
        let memory = self.memory();
        [memory.durable.as_slice(), memory.pending.as_slice()].concat()
    }
    /// What a power loss now would leave.
    pub fn durable(&self) -> Vec<u8> {
        let memory = self.memory();
        let real = memory.durable.len().saturating_sub(memory.unreal);
        memory.durable.get(..real).unwrap_or(&[]).to_vec()
    }
    /// What syncs have called durable, whether it is or not.
    pub fn claimed(&self) -> Vec<u8> {
        self.memory().durable.clone()
    }
    /// Appends and syncs so far.
    pub fn calls(&self) -> (u64, u64) {
        let memory = self.memory();
        (memory.appends, memory.syncs)
    }
    /// Tails that were kept aside, oldest first.
    pub fn kept_aside(&self) -> Vec<Vec<u8>> {
        self.memory().aside.clone()
    }
    /// Changes bytes behind the journal's back.
    pub fn tamper(&self, change: impl FnOnce(&mut Vec<u8>)) {
        change(&mut self.memory().durable);
    }
    pub(super) fn room(&self) -> u64 {
        let memory = self.memory();
        let rooms = memory.faults.iter().filter_map(|f| match f {
            DiskFault::Full { room } => Some(*room),
            _ => None,
        });
        rooms.min().unwrap_or(u64::MAX)
    }
    pub(super) fn append(&self, bytes: &[u8]) -> Result<(), DiskError> {
        let room = self.room();
        let mut memory = self.memory();
        if memory.broken {
            return Err(failed("write to", told()));
        }
        if let Some((left, sender)) = &mut memory.death {
            let Some(next) = left.checked_sub(1) else {
                if let Some(sender) = sender.take() {
                    // Nobody waits for it when only the silence is wanted.
                    let _ = sender.send(());
                }
                return Ok(());
            };
            *left = next;
        }
        let number = memory.appends;
        memory.appends += 1;
        let fault = memory.faults.iter().find_map(|f| match f {
            DiskFault::WriteFails { append } if *append == number => Some(0),
            DiskFault::ShortWrite { append, keeps } if *append == number => Some(*keeps),
            _ => None,
        });
        if let Some(keeps) = fault {
            memory.pending.extend(bytes.iter().take(keeps));
            memory.broken = true;
            return Err(failed("write to", told()));
        }
        let end = memory.durable.len() + memory.pending.len() + bytes.len();
        if u64::try_from(end).is_ok_and(|end| end > room) {
            memory.broken = true;
            return Err(failed("write to", std::io::ErrorKind::StorageFull.into()));
        }
        memory.pending.extend_from_slice(bytes);
        Ok(())
    }
    pub(super) fn sync(&self) -> Result<(), DiskError> {
        let mut memory = self.memory();
        if memory.broken {
            return Err(failed("sync", told()));
        }
        let number = memory.syncs;
        memory.syncs += 1;
        let pending = std::mem::take(&mut memory.pending);
        memory.durable.extend_from_slice(&pending);
        let lies = |f: &DiskFault| matches!(f, DiskFault::SyncLies { sync } if *sync <= number);
        if memory.faults.iter().any(lies) {
            memory.unreal += pending.len();
        }
        let fails = |f: &DiskFault| matches!(f, DiskFault::SyncFails { sync } if *sync == number);
        if memory.faults.iter().any(fails) {
            memory.unreal += pending.len();
            memory.broken = true;
            return Err(failed("sync", told()));
        }
        Ok(())
    }
    pub(super) fn write_again(&self, from: u64) -> Result<(), DiskError> {
        self.sync()?;
        let mut memory = self.memory();
        let real = memory.durable.len().saturating_sub(memory.unreal);
        if usize::try_from(from).is_ok_and(|from| from <= real) {
            memory.unreal = 0;
        }
        Ok(())
    }
    /// Cuts the file; what is cut is kept aside unless it is zeros.
    pub(super) fn truncate(&self, length: u64) -> Option<String> {
        let mut memory = self.memory();
        let pending = std::mem::take(&mut memory.pending);
        memory.durable.extend_from_slice(&pending);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let tail = if length < memory.durable.len() {
            memory.durable.split_off(length)
        } else {
            Vec::new()
        };
        memory.unreal = memory.unreal.saturating_sub(tail.len());
        if tail.iter().all(|b| *b == 0) {
            return None;
        }
        memory.aside.push(tail);
        Some(format!("memory, tail {}", memory.aside.len()))
    }
}
