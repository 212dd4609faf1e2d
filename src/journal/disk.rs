//! A few calls on an append-only file: append, sync, read, and space set aside. A real one and a simulated one.

use super::death::{Death, Moment, die};
use super::memory::MemoryDisk;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
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
            Self::File(file) => file.read_from(0),
            Self::Memory(memory) => Ok(memory.bytes()),
        }
    }
    /// Sets space aside up to this many bytes from the file's beginning, or more; returns how far there is some. Fewer
    /// than asked for: the disk is full.
    pub fn set_aside(&mut self, until: u64) -> u64 {
        match self {
            Self::File(file) => file.set_aside(until),
            Self::Memory(memory) => memory.room(),
        }
    }
    /// Cuts the file to a length; what is cut is kept aside unless it is zeros. Returns where it is kept.
    ///
    /// # Errors
    /// When the file could not be changed, or the tail not be kept.
    pub fn truncate(&mut self, length: u64) -> Result<Option<String>, DiskError> {
        match self {
            Self::File(file) => file.truncate(length),
            Self::Memory(memory) => Ok(memory.truncate(length)),
        }
    }
    /// Writes what stands from `from` on once more and syncs it: after a failed sync the system may believe of bytes in
    /// its memory that they are on the disk, and a sync that succeeds later says nothing of them.
    ///
    /// # Errors
    /// When that failed; nothing may be appended then.
    pub fn write_again(&mut self, from: u64) -> Result<(), DiskError> {
        match self {
            Self::File(file) => file.write_again(from),
            Self::Memory(memory) => memory.write_again(from),
        }
    }
    /// The file's name, for messages.
    pub fn place(&self) -> String {
        match self {
            Self::File(file) => file.path.display().to_string(),
            Self::Memory(_) => "the journal in memory".into(),
        }
    }
    /// Whether its host has died in a simulated crash.
    pub(super) fn is_dead(&self) -> bool {
        matches!(self, Self::Memory(memory) if memory.is_dead())
    }
}

/// A journal file, locked against a second owner.
#[derive(Debug)]
pub struct FileDisk {
    file: File,
    path: PathBuf,
    length: u64,
    allocated: u64,
    death: Option<Death>,
}

impl FileDisk {
    /// Opens or creates the file and locks it.
    ///
    /// # Errors
    /// When it cannot be opened, or another process owns it.
    pub fn open(path: &Path) -> Result<Self, DiskError> {
        let place = path.display().to_string();
        let fail = |doing| {
            let place = place.clone();
            move |error| DiskError { doing, place, error }
        };
        let fresh = !path.exists();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let file = file.map_err(fail("open"))?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            let busy = std::io::Error::other("another process has it open; only one may own a run");
            fail("lock")(busy)
        })?;
        if fresh {
            // Without this a power loss may lose the file itself, with everything that was synced into it.
            sync_folders(path).map_err(fail("make durable the folder of"))?;
        }
        let length = file.metadata().map_err(fail("look at"))?.len();
        Ok(Self {
            file,
            path: path.to_owned(),
            length,
            allocated: length,
            death: None,
        })
    }

    /// The same, where the process kills itself at one of its writes (a drill).
    #[must_use]
    pub const fn dying(mut self, death: Option<Death>) -> Self {
        self.death = death;
        self
    }

    /// Dies if that is due at this moment of a write.
    fn reaches(&self, moment: Moment) {
        if self.death.is_some_and(|death| death.is_due(moment)) {
            die();
        }
    }

    fn fail(&self, doing: &'static str) -> impl FnOnce(std::io::Error) -> DiskError + use<> {
        let place = self.path.display().to_string();
        move |error| DiskError { doing, place, error }
    }

    fn set_aside(&mut self, until: u64) -> u64 {
        if until <= self.allocated {
            return self.allocated;
        }
        let step = until.div_ceil(PREALLOCATION).saturating_mul(PREALLOCATION);
        // Where there is no whole step left, what is asked for may still be there.
        for target in [step, until] {
            let grow = target.saturating_sub(self.allocated);
            let flags = rustix::fs::FallocateFlags::empty();
            match rustix::fs::fallocate(&self.file, flags, self.allocated, grow) {
                Ok(()) => {
                    self.allocated = target;
                    break;
                }
                Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {
                    if self.write_zeros(target).is_ok() {
                        self.allocated = target;
                        break;
                    }
                }
                Err(_) => {}
            }
        }
        self.allocated
    }

    /// Sets space aside on file systems that have no call for it.
    fn write_zeros(&mut self, until: u64) -> std::io::Result<()> {
        let zeros = [0; 64 << 10];
        self.file.seek(SeekFrom::Start(self.allocated))?;
        let mut left = until.saturating_sub(self.allocated);
        while left > 0 {
            let some = usize::try_from(left).unwrap_or(usize::MAX).min(zeros.len());
            self.file.write_all(zeros.get(..some).unwrap_or(&zeros))?;
            left -= u64::try_from(some).unwrap_or(left);
        }
        self.file.sync_all()
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        let end = self
            .length
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if let Some(death) = &mut self.death {
            death.begins();
        }
        self.reaches(Moment::Before);
        let (half, rest) = bytes.split_at(bytes.len() / 2);
        let torn = self.death.is_some_and(|death| death.is_due(Moment::Torn));
        let fail = self.fail("write to");
        self.file
            .seek(SeekFrom::Start(self.length))
            .and_then(|_| match torn {
                true => {
                    let written = self.file.write_all(half);
                    self.reaches(Moment::Torn);
                    written.and_then(|()| self.file.write_all(rest))
                }
                false => self.file.write_all(bytes),
            })
            .map_err(fail)?;
        self.reaches(Moment::Written);
        self.length = end;
        self.allocated = self.allocated.max(end);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        let fail = self.fail("sync");
        self.file.sync_data().map_err(fail)?;
        self.reaches(Moment::Synced);
        Ok(())
    }

    fn read_from(&mut self, from: u64) -> Result<Vec<u8>, DiskError> {
        let mut bytes = Vec::new();
        let fail = self.fail("read");
        self.file
            .seek(SeekFrom::Start(from))
            .and_then(|_| self.file.read_to_end(&mut bytes))
            .map_err(fail)?;
        Ok(bytes)
    }

    fn truncate(&mut self, length: u64) -> Result<Option<String>, DiskError> {
        let tail = self.read_from(length)?;
        let aside = if tail.iter().all(|b| *b == 0) {
            None
        } else {
            Some(self.keep_aside(length, &tail)?)
        };
        let fail = self.fail("shorten");
        self.file
            .set_len(length)
            .and_then(|()| self.file.sync_all())
            .map_err(fail)?;
        self.length = length;
        self.allocated = length;
        Ok(aside)
    }

    /// Keeps a damaged tail beside the journal, durably, and never over another one.
    fn keep_aside(&self, length: u64, tail: &[u8]) -> Result<String, DiskError> {
        let mut name = format!("damaged-at-{length}");
        let mut n = 1_u32;
        loop {
            let aside = self.path.with_extension(&name);
            let place = aside.display().to_string();
            let made = OpenOptions::new().write(true).create_new(true).open(&aside);
            let kept = made.and_then(|mut file| {
                file.write_all(tail)?;
                file.sync_all()?;
                sync_folders(&aside)
            });
            match kept {
                Ok(()) => return Ok(place),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    n += 1;
                    name = format!("damaged-at-{length}-{n}");
                }
                Err(error) => {
                    let doing = "keep the damaged tail in";
                    return Err(DiskError { doing, place, error });
                }
            }
        }
    }

    fn write_again(&mut self, from: u64) -> Result<(), DiskError> {
        let bytes = self.read_from(from)?;
        let fail = self.fail("write again what was last written to");
        self.file
            .seek(SeekFrom::Start(from))
            .and_then(|_| self.file.write_all(&bytes))
            .and_then(|()| self.file.sync_all())
            .map_err(fail)
    }
}

/// Makes the names of a file and of its folder durable.
fn sync_folders(path: &Path) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    File::open(&folder)?.sync_all()?;
    match std::fs::canonicalize(&folder)?.parent() {
        Some(above) => File::open(above)?.sync_all(),
        None => Ok(()),
    }
}

/// Tails of a journal that were kept aside, by name.
pub fn kept_aside(journal: &Path) -> Vec<PathBuf> {
    let Some((folder, stem)) = journal.parent().zip(journal.file_stem()) else {
        return Vec::new();
    };
    let begins = format!("{}.damaged-at-", stem.to_string_lossy());
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|e| e.file_name().to_string_lossy().starts_with(&begins))
        .map(|e| e.path())
        .collect();
    found.sort();
    found
}
