//! Appending: the chain is computed here, inline; bytes go to the disk inline or through a writer thread.

use super::disk::{Disk, DiskError};
use super::record::{Hash, MAGIC, RecordError, encode};
use super::recover::Recovered;
use crate::run::Event;
use crate::units::Timestamp;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::oneshot;

/// How often the head of the chain is anchored outside the journal's folder.
const ANCHOR_EVERY: Duration = Duration::from_secs(1);

/// Why a record could not be made durable. Nothing may move after this.
#[derive(Debug, Clone, Error)]
pub enum JournalError {
    /// The disk failed; the file is not trusted again.
    #[error("the journal {0}; nothing moves without a durable record")]
    Disk(String),
    /// The record could not be made.
    #[error("the journal could not take a record: {0}")]
    Record(#[from] RecordError),
}

impl From<DiskError> for JournalError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error.to_string())
    }
}

/// Last record of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Its number.
    pub sequence: u64,
    /// Its hash.
    pub hash: Hash,
}

/// How bytes reach the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writing {
    /// At once, on the caller's thread (virtual time, tests); synced only when `durable`.
    Inline {
        /// Whether a commit syncs.
        durable: bool,
    },
    /// By a thread that groups commits, and anchors the head in a file.
    Threaded {
        /// The anchor file, outside the journal's folder.
        anchor: PathBuf,
    },
}

enum Message {
    Commit {
        bytes: Vec<u8>,
        head: Head,
        done: oneshot::Sender<Result<(), JournalError>>,
    },
    Close {
        done: mpsc::Sender<Option<Disk>>,
    },
}

enum Sink {
    Inline { disk: Disk, durable: bool },
    Threaded { sender: mpsc::Sender<Message> },
}

/// The writing end of a journal.
pub struct Journal {
    sink: Sink,
    pending: Vec<u8>,
    head: Head,
    failed: Option<JournalError>,
}

impl Journal {
    /// Goes on after what was recovered from the disk.
    ///
    /// # Errors
    /// When the file's first bytes could not be written.
    pub fn new(mut disk: Disk, recovered: &Recovered, writing: Writing) -> Result<Self, JournalError> {
        if recovered.length == 0 {
            disk.append(MAGIC)?;
            disk.sync()?;
        }
        let head = Head {
            sequence: recovered.sequence,
            hash: recovered.hash,
        };
        let sink = match (writing, disk) {
            (Writing::Threaded { anchor }, Disk::File(file)) => {
                let (sender, receiver) = mpsc::channel();
                std::thread::Builder::new()
                    .name("journal".into())
                    .spawn(move || write_loop(Disk::File(file), &receiver, &anchor))
                    .map_err(|e| JournalError::Disk(format!("could not start its writer: {e}")))?;
                Sink::Threaded { sender }
            }
            (Writing::Inline { durable }, disk) => Sink::Inline { disk, durable },
            (Writing::Threaded { .. }, disk) => Sink::Inline { disk, durable: true },
        };
        Ok(Self {
            sink,
            pending: Vec::new(),
            head,
            failed: None,
        })
    }

    /// The last record.
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Adds a record; it is durable after the next [`Journal::commit`].
    ///
    /// # Errors
    /// When the journal has failed before, or the record cannot be made.
    pub fn append(&mut self, event: &Event, at: Timestamp) -> Result<(), JournalError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let sequence = self.head.sequence.saturating_add(1);
        let (bytes, hash) = encode(sequence, at, self.head.hash, event)?;
        self.pending.extend_from_slice(&bytes);
        self.head = Head { sequence, hash };
        Ok(())
    }

    /// Starts making everything appended durable; the ticket tells when it is.
    pub fn commit(&mut self) -> Ticket {
        if let Some(error) = &self.failed {
            return Ticket(State::Ready(Err(error.clone())));
        }
        let bytes = std::mem::take(&mut self.pending);
        match &mut self.sink {
            Sink::Inline { disk, durable } => {
                let mut result = if bytes.is_empty() {
                    Ok(())
                } else {
                    disk.append(&bytes)
                };
                if *durable && result.is_ok() {
                    result = disk.sync();
                }
                if let Disk::Memory(memory) = disk
                    && memory.is_dead()
                {
                    return Ticket(State::Never);
                }
                let result = result.map_err(JournalError::from);
                if let Err(error) = &result {
                    self.failed = Some(error.clone());
                }
                Ticket(State::Ready(result))
            }
            Sink::Threaded { sender } => {
                let (done, wait) = oneshot::channel();
                let message = Message::Commit {
                    bytes,
                    head: self.head,
                    done,
                };
                if sender.send(message).is_err() {
                    return Ticket(State::Ready(Err(gone())));
                }
                Ticket(State::Waiting(wait))
            }
        }
    }

    /// Remembers that a commit failed: nothing is appended after that.
    pub fn fail(&mut self, error: &JournalError) {
        self.failed.get_or_insert_with(|| error.clone());
    }

    /// Commits, cuts off the space set aside, and gives the lock back.
    ///
    /// # Errors
    /// When the last records could not be made durable.
    pub fn close(mut self) -> Result<Head, JournalError> {
        let bytes = std::mem::take(&mut self.pending);
        let mut disk = match self.sink {
            Sink::Inline { disk, .. } => disk,
            Sink::Threaded { sender } => {
                let (done, wait) = mpsc::channel();
                sender.send(Message::Close { done }).map_err(|_| gone())?;
                wait.recv().ok().flatten().ok_or_else(gone)?
            }
        };
        if let Some(error) = self.failed {
            return Err(error);
        }
        if !bytes.is_empty() {
            disk.append(&bytes)?;
        }
        disk.sync()?;
        let length = super::recover::verify(&disk.read()?).length;
        disk.truncate(length)?;
        Ok(self.head)
    }
}

fn gone() -> JournalError {
    JournalError::Disk("writer has stopped".into())
}

/// Tells when a commit is durable.
#[must_use = "nothing may move before the ticket says so"]
pub struct Ticket(State);

enum State {
    Ready(Result<(), JournalError>),
    Waiting(oneshot::Receiver<Result<(), JournalError>>),
    /// The host has died in a simulated crash.
    Never,
}

impl Ticket {
    /// Returns when the commit is durable.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn durable(self) -> Result<(), JournalError> {
        match self.0 {
            State::Ready(result) => result,
            State::Waiting(wait) => wait.await.unwrap_or_else(|_| Err(gone())),
            State::Never => std::future::pending().await,
        }
    }
}

fn write_loop(mut disk: Disk, receiver: &mpsc::Receiver<Message>, anchor: &std::path::Path) {
    let mut failed: Option<JournalError> = None;
    let mut anchored = Head::default();
    let mut written = Head::default();
    loop {
        let first = match receiver.recv_timeout(ANCHOR_EVERY) {
            Ok(message) => message,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                if written != anchored && write_anchor(anchor, written).is_ok() {
                    anchored = written;
                }
                continue;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        };
        let mut waiting = Vec::new();
        let mut close = None;
        let mut bytes = Vec::new();
        let mut head = written;
        // Everything that has queued up meanwhile shares one sync.
        for message in std::iter::once(first).chain(receiver.try_iter()) {
            match message {
                Message::Commit {
                    bytes: more,
                    head: newer,
                    done,
                } => {
                    bytes.extend_from_slice(&more);
                    head = newer;
                    waiting.push(done);
                }
                Message::Close { done } => close = Some(done),
            }
        }
        if failed.is_none() && !waiting.is_empty() {
            let appended = if bytes.is_empty() {
                Ok(())
            } else {
                disk.append(&bytes)
            };
            match appended.and_then(|()| disk.sync()) {
                Ok(()) => written = head,
                Err(error) => failed = Some(error.into()),
            }
        }
        for done in waiting {
            // A waiter that is gone belonged to a run that is being torn down.
            let _ = done.send(failed.clone().map_or(Ok(()), Err));
        }
        if let Some(done) = close {
            let _ = write_anchor(anchor, written);
            let _ = done.send(failed.is_none().then_some(disk));
            return;
        }
    }
}

fn write_anchor(path: &std::path::Path, head: Head) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, format!("{} {}\n", head.sequence, head.hash))?;
    std::fs::rename(&fresh, path)
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
