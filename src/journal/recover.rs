//! Reading a journal back: the whole records, what is wrong after them, and whether anything durable is missing.

use super::anchor::{Anchored, compare};
use super::disk::{Disk, DiskError};
use super::record::{Entry, Hash, MAGIC, RecordError, Sound, is_likely};
use super::writer::Head;
use thiserror::Error;

/// What stands after the last whole record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// Nothing, or zeros.
    Clean,
    /// Bytes that are no record.
    Damaged {
        /// Number that the damaged record would have.
        sequence: u64,
        /// Where it begins, in bytes.
        offset: u64,
        /// What is wrong with it.
        error: RecordError,
        /// A sound record further on that was made after the damaged one was durable: then this is no torn end, and what
        /// is missing has happened.
        later: Option<u64>,
    },
    /// A sound record that this program cannot read.
    Foreign {
        /// Its number.
        sequence: u64,
        /// Where it begins, in bytes.
        offset: u64,
        /// What it is.
        error: RecordError,
    },
}

/// Reads whole records one after another, and ends where they end.
pub struct Reader<'a> {
    bytes: &'a [u8],
    ends: Vec<usize>,
    offset: usize,
    head: Head,
    durable: u64,
    tail: Option<Tail>,
}

impl<'a> Reader<'a> {
    /// From a file's beginning.
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Self {
            bytes,
            ends: Vec::new(),
            offset: 0,
            head: Head::default(),
            durable: 0,
            tail: None,
        };
        if bytes.starts_with(MAGIC) {
            reader.offset = MAGIC.len();
        } else if bytes.iter().all(|b| *b == 0) {
            // Space was set aside and the program died: there was no record yet.
            reader.tail = Some(Tail::Clean);
        } else {
            reader.tail = Some(Tail::Damaged {
                sequence: 0,
                offset: 0,
                error: RecordError::Magic,
                later: None,
            });
        }
        reader
    }

    /// From the record after `head`, which ends at `offset`.
    #[cfg(test)]
    pub(super) fn after(bytes: &'a [u8], offset: usize, head: Head) -> Self {
        Self {
            offset,
            head,
            ..Self::new(bytes)
        }
    }

    /// What stands after the records; to be asked once they have been read.
    pub fn tail(&self) -> Tail {
        self.tail.clone().unwrap_or(Tail::Clean)
    }

    /// The last record read.
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Bytes up to the end of the last record read.
    pub fn length(&self) -> u64 {
        u64::try_from(self.offset).unwrap_or(u64::MAX)
    }

    /// Bytes up to the end of the records that are durable by the account of the last one read.
    pub fn durable_length(&self) -> u64 {
        let known = usize::try_from(self.durable).ok().and_then(|n| n.checked_sub(1));
        let end = known.and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        u64::try_from(end).unwrap_or(u64::MAX)
    }

    /// A sound record after damage at `offset` that shows that record `sequence` was durable.
    fn later(&self, sequence: u64) -> Option<u64> {
        let mut at = self.offset.saturating_add(1);
        while let Some(rest) = self.bytes.get(at..).filter(|r| !r.is_empty()) {
            if is_likely(rest, sequence)
                && let Ok(sound) = Sound::at(rest)
            {
                // Version 1 does not say; what has a successor is taken as durable.
                if sound.durable().is_none_or(|durable| durable >= sequence) {
                    return Some(sound.sequence);
                }
                at = at.saturating_add(sound.size);
            } else {
                at = at.saturating_add(1);
            }
        }
        None
    }
}

impl Iterator for Reader<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        if self.tail.is_some() {
            return None;
        }
        let rest = self.bytes.get(self.offset..).unwrap_or(&[]);
        if rest.iter().all(|b| *b == 0) {
            self.tail = Some(Tail::Clean);
            return None;
        }
        let found = Sound::at(rest).and_then(|sound| {
            let entry = sound.after(self.head.sequence, self.head.hash)?;
            Ok((sound.size, sound.durable(), entry))
        });
        match found {
            Ok((size, durable, entry)) => {
                self.offset = self.offset.saturating_add(size);
                self.ends.push(self.offset);
                self.durable = durable.unwrap_or(0);
                self.head = Head {
                    sequence: entry.sequence,
                    hash: entry.hash,
                };
                Some(entry)
            }
            Err(error) => {
                let sequence = self.head.sequence.saturating_add(1);
                let offset = self.length();
                self.tail = Some(if error.is_foreign() {
                    Tail::Foreign {
                        sequence,
                        offset,
                        error,
                    }
                } else {
                    let later = self.later(sequence);
                    Tail::Damaged {
                        sequence,
                        offset,
                        error,
                        later,
                    }
                });
                None
            }
        }
    }
}

/// A journal read back.
#[derive(Debug)]
pub struct Recovered {
    /// The whole records; none where they were handed on one by one.
    pub entries: Vec<Entry>,
    /// Number of the last one; 0 when there is none.
    pub sequence: u64,
    /// Hash of the last one.
    pub hash: Hash,
    /// Bytes up to the end of the last whole record.
    pub length: u64,
    /// What stands after it.
    pub tail: Tail,
    /// Where a damaged tail was kept, if there was one.
    pub aside: Option<String>,
    /// Whether the run was being ended: its safe path may use the space that is reserved for it.
    pub ending: bool,
}

impl Recovered {
    /// The last record.
    pub const fn head(&self) -> Head {
        Head {
            sequence: self.sequence,
            hash: self.hash,
        }
    }
}

/// Why a journal cannot be gone on with.
#[derive(Debug, Error)]
pub enum RecoverError {
    /// The disk.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// It is none.
    #[error("{0} does not begin like a journal; nothing was changed")]
    NoJournal(String),
    /// It is of a newer program.
    #[error("record {sequence} of {place}, at byte {offset}, cannot be read: {error}. Nothing was changed")]
    Foreign {
        /// The file.
        place: String,
        /// Number of the record.
        sequence: u64,
        /// Where it begins, in bytes.
        offset: u64,
        /// What it is.
        error: RecordError,
    },
    /// Records that were durable, and by which things have moved, are missing or damaged.
    #[error(
        "{place} cannot be gone on with: {what}. What the missing records told has happened, and going on would do it \
         again. Put back a whole copy of the file, or end this run here and start another. Nothing was changed"
    )]
    Lost {
        /// The file.
        place: String,
        /// What is missing, and how that is known.
        what: String,
    },
}

/// Reads every whole record of a journal's bytes. Never fails: damage ends the reading and is named.
pub fn verify(bytes: &[u8]) -> Recovered {
    let mut reader = Reader::new(bytes);
    let entries: Vec<Entry> = reader.by_ref().collect();
    let ending = entries.iter().any(|e| super::reserve::ends(&e.event));
    recovered(&reader, entries, ending)
}

fn recovered(reader: &Reader<'_>, entries: Vec<Entry>, ending: bool) -> Recovered {
    Recovered {
        entries,
        sequence: reader.head().sequence,
        hash: reader.head().hash,
        length: reader.length(),
        tail: reader.tail(),
        aside: None,
        ending,
    }
}

/// Reads a journal and makes its disk ready for more: a damaged tail is kept aside and cut off.
///
/// # Errors
/// As [`recover_with`].
pub fn recover(disk: &mut Disk) -> Result<Recovered, RecoverError> {
    let mut entries = Vec::new();
    let mut recovered = recover_with(disk, &[], |entry| entries.push(entry))?;
    recovered.entries = entries;
    Ok(recovered)
}

/// Like [`recover`], with the records handed on one by one, and compared with the anchors.
///
/// # Errors
/// When the disk fails; when the file is no journal, or one of a newer program; when records are missing or damaged that
/// were durable. The file is unchanged then.
pub fn recover_with(
    disk: &mut Disk,
    anchors: &[Head],
    mut each: impl FnMut(Entry),
) -> Result<Recovered, RecoverError> {
    let bytes = disk.read()?;
    let place = disk.place();
    let mut reader = Reader::new(&bytes);
    let mut ending = false;
    let mut anchored = Anchored::new(anchors);
    for entry in reader.by_ref() {
        ending |= super::reserve::ends(&entry.event);
        anchored.see(Head {
            sequence: entry.sequence,
            hash: entry.hash,
        });
        each(entry);
    }
    match reader.tail() {
        Tail::Damaged { sequence: 0, .. } => return Err(RecoverError::NoJournal(place)),
        Tail::Foreign {
            sequence,
            offset,
            error,
        } => {
            return Err(RecoverError::Foreign {
                place,
                sequence,
                offset,
                error,
            });
        }
        Tail::Damaged {
            sequence,
            offset,
            error,
            later: Some(later),
        } => {
            let what = format!(
                "record {sequence} at byte {offset} is damaged ({error}), and record {later} shows that it was durable"
            );
            return Err(RecoverError::Lost { place, what });
        }
        Tail::Damaged { later: None, .. } | Tail::Clean => {}
    }
    if let Err(wrong) = compare(&anchored, reader.head()) {
        return Err(RecoverError::Lost {
            place,
            what: wrong.to_string(),
        });
    }
    let mut recovered = recovered(&reader, Vec::new(), ending);
    if !bytes.is_empty() {
        recovered.aside = disk.truncate(recovered.length)?;
        // A sync may have failed before the program died: what was written since the last good one is written again.
        disk.write_again(reader.durable_length())?;
    }
    Ok(recovered)
}
