//! Four calls on an append-only file: append, sync, read, length. A real one and one in memory for tests.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// Space is set aside in steps of this size, so that a sync need not also make the file's length durable.
const PREALLOCATION: u64 = 1 << 20;

/// A failed disk call.
#[derive(Debug, Error)]
#[error("could not {doing} {place}: {error}")]
pub struct DiskError {
    /// What was being done.
    pub doing: &'static str,
    /// The file.
    pub place: String,
    /// The cause.
    pub error: std::io::Error,
}

/// Where a journal's bytes go.
#[derive(Debug)]
pub enum Disk {
    /// A file.
    File(FileDisk),
    /// Memory that outlives a simulated crash.
    Memory(MemoryDisk),
}

impl Disk {
    /// Adds bytes at the end.
    ///
    /// # Errors
    /// When they could not be written; what is in the file is then unknown.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        match self {
            Self::File(file) => file.append(bytes),
            Self::Memory(memory) => memory.append(bytes),
        }
    }
    /// Returns when everything appended is durable.
    ///
    /// # Errors
    /// When that cannot be said; the file is then not to be trusted again.
    pub fn sync(&mut self) -> Result<(), DiskError> {
        match self {
            Self::File(file) => file.sync(),
            Self::Memory(memory) => memory.sync(),
        }
    }
    /// Everything in the file.
    ///
    /// # Errors
    /// When it could not be read.
    pub fn read(&mut self) -> Result<Vec<u8>, DiskError> {
        match self {
            Self::File(file) => file.read(),
            Self::Memory(memory) => Ok(memory.bytes()),
        }
    }
    /// Cuts the file to a length, keeping aside what is cut when it is not zeros.
    ///
    /// # Errors
    /// When the file could not be changed.
    pub fn truncate(&mut self, length: u64) -> Result<(), DiskError> {
        match self {
            Self::File(file) => file.truncate(length),
            Self::Memory(memory) => {
                memory.truncate(length);
                Ok(())
            }
        }
    }
}

/// A journal file, locked against a second owner.
#[derive(Debug)]
pub struct FileDisk {
    file: File,
    path: PathBuf,
    length: u64,
    allocated: u64,
}

impl FileDisk {
    /// Opens or creates the file and locks it.
    ///
    /// # Errors
    /// When it cannot be opened, or another process owns it.
    pub fn open(path: &Path) -> Result<Self, DiskError> {
        let place = path.display().to_string();
        let fail = |doing| {
            move |error| DiskError {
                doing,
                place: place.clone(),
                error,
            }
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let file = file.map_err(fail("open"))?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            let busy = std::io::Error::other("another process has it open; only one may own a run");
            DiskError {
                doing: "lock",
                place: path.display().to_string(),
                error: busy,
            }
        })?;
        let length = file.metadata().map_err(|error| DiskError {
            doing: "look at",
            place: path.display().to_string(),
            error,
        })?;
        Ok(Self {
            file,
            path: path.to_owned(),
            length: length.len(),
            allocated: length.len(),
        })
    }

    fn fail(&self, doing: &'static str) -> impl FnOnce(std::io::Error) -> DiskError + use<> {
        let place = self.path.display().to_string();
        move |error| DiskError { doing, place, error }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        let end = self
            .length
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if end > self.allocated {
            let target = end.div_ceil(PREALLOCATION).saturating_mul(PREALLOCATION);
            let grow = target.saturating_sub(self.allocated);
            // Where the file system cannot set space aside, the file simply grows.
            if rustix::fs::fallocate(
                &self.file,
                rustix::fs::FallocateFlags::empty(),
                self.allocated,
                grow,
            )
            .is_ok()
            {
                self.allocated = target;
            }
        }
        let fail = self.fail("write to");
        self.file
            .seek(SeekFrom::Start(self.length))
            .and_then(|_| self.file.write_all(bytes))
            .map_err(fail)?;
        self.length = end;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        let fail = self.fail("sync");
        self.file.sync_data().map_err(fail)
    }

    fn read(&mut self) -> Result<Vec<u8>, DiskError> {
        let mut bytes = Vec::new();
        let fail = self.fail("read");
        self.file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.read_to_end(&mut bytes))
            .map_err(fail)?;
        Ok(bytes)
    }

    fn truncate(&mut self, length: u64) -> Result<(), DiskError> {
        let bytes = self.read()?;
        let tail = usize::try_from(length)
            .ok()
            .and_then(|l| bytes.get(l..))
            .unwrap_or(&[]);
        if tail.iter().any(|b| *b != 0) {
            let aside = self.path.with_extension(format!("damaged-at-{length}"));
            let place = aside.display().to_string();
            std::fs::write(&aside, tail).map_err(|error| DiskError {
                doing: "keep the damaged tail in",
                place,
                error,
            })?;
        }
        let fail = self.fail("shorten");
        self.file
            .set_len(length)
            .and_then(|()| self.file.sync_all())
            .map_err(fail)?;
        self.length = length;
        self.allocated = length;
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Memory {
    durable: Vec<u8>,
    pending: Vec<u8>,
    writes_left: Option<u64>,
    death: Option<(u64, Option<tokio::sync::oneshot::Sender<()>>)>,
}

/// A disk in memory. Clones share it; [`MemoryDisk::crash`] forgets what was not synced, and it can be told to fail.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<Memory>>);

impl MemoryDisk {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Lets this many more appends through, then fails for ever.
    pub fn fail_after(&self, appends: u64) {
        self.memory().writes_left = Some(appends);
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
    /// Power loss: what was not synced is gone; failures and deaths set before are lifted.
    pub fn crash(&self) {
        let mut memory = self.memory();
        memory.pending.clear();
        memory.writes_left = None;
        memory.death = None;
    }
    /// Everything appended, synced or not.
    pub fn bytes(&self) -> Vec<u8> {
        let memory = self.memory();
        [memory.durable.as_slice(), memory.pending.as_slice()].concat()
    }
    fn append(&self, bytes: &[u8]) -> Result<(), DiskError> {
        let mut memory = self.memory();
        if let Some(left) = &mut memory.writes_left {
            let Some(next) = left.checked_sub(1) else {
                let error = std::io::Error::other("told to fail");
                return Err(DiskError {
                    doing: "write to",
                    place: "memory".into(),
                    error,
                });
            };
            *left = next;
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
        memory.pending.extend_from_slice(bytes);
        Ok(())
    }
    fn sync(&self) -> Result<(), DiskError> {
        let mut memory = self.memory();
        if memory.writes_left == Some(0) {
            let error = std::io::Error::other("told to fail");
            return Err(DiskError {
                doing: "sync",
                place: "memory".into(),
                error,
            });
        }
        let pending = std::mem::take(&mut memory.pending);
        memory.durable.extend_from_slice(&pending);
        Ok(())
    }
    fn truncate(&self, length: u64) {
        let bytes = self.bytes();
        let mut memory = self.memory();
        memory.pending.clear();
        memory.durable = bytes;
        memory
            .durable
            .truncate(usize::try_from(length).unwrap_or(usize::MAX));
    }
}
