//! Appending: the chain is computed here, inline; bytes go to the disk inline or through a writer thread.

use super::anchor::Anchoring;
use super::disk::{Disk, DiskError};
use super::record::{Hash, MAGIC, RecordError, encode};
use super::recover::Recovered;
use super::reserve::{self, RESERVE};
use crate::run::Event;
use crate::units::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use thiserror::Error;
use tokio::sync::oneshot;

/// The writer thread sets this much more aside than is needed, so that nobody has to wait for it.
const AHEAD: u64 = 256 << 10;

/// Why a record could not be made durable. Nothing may move after this.
#[derive(Debug, Clone, Error)]
pub enum JournalError {
    /// The disk failed; the file is not trusted again.
    #[error("the journal {0}; nothing moves without a durable record")]
    Disk(String),
    /// The disk is full. The journal is sound, and what ends the run can still be recorded.
    #[error(
        "the journal has no room for another record: the disk of {0} is full; nothing moves without a durable record. \
         Free some space"
    )]
    Full(String),
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
        /// Whether the head is anchored at once.
        anchored: bool,
        done: oneshot::Sender<Result<(), JournalError>>,
    },
    /// There must be room up to here.
    Room {
        until: u64,
        done: mpsc::Sender<()>,
    },
    Close {
        done: mpsc::Sender<Option<Disk>>,
    },
}

enum Sink {
    Inline { disk: Disk, durable: bool },
    Threaded { sender: mpsc::Sender<Message> },
}

/// What the writer thread tells without being asked.
#[derive(Debug, Default)]
struct Told {
    /// How far space is set aside, in bytes from the file's beginning.
    room: AtomicU64,
    /// Number of the last durable record.
    durable: AtomicU64,
}

/// How far a journal is durable.
#[derive(Debug, Clone)]
pub struct Durable(Arc<Told>);

impl Durable {
    /// Number of the last durable record.
    pub fn sequence(&self) -> u64 {
        self.0.durable.load(Ordering::Acquire)
    }
}

/// The writing end of a journal.
pub struct Journal {
    sink: Sink,
    pending: Vec<u8>,
    head: Head,
    /// Bytes of the file with everything appended.
    length: u64,
    told: Arc<Told>,
    place: String,
    /// The run is being ended: all that follows may use the reserve.
    ending: bool,
    stopped: bool,
    failed: Option<JournalError>,
}

impl Journal {
    /// Goes on after what was recovered from the disk.
    ///
    /// # Errors
    /// When the file's first bytes could not be written.
    pub fn new(mut disk: Disk, recovered: &Recovered, writing: Writing) -> Result<Self, JournalError> {
        let place = disk.place();
        let mut length = recovered.length;
        if length == 0 {
            length = size(MAGIC.as_slice());
            if disk.set_aside(length + RESERVE) < length + RESERVE {
                return Err(JournalError::Full(place));
            }
            disk.append(MAGIC)?;
            disk.sync()?;
        }
        let told = Arc::new(Told::default());
        told.durable.store(recovered.sequence, Ordering::Release);
        told.room
            .store(disk.set_aside(length + RESERVE), Ordering::Release);
        let sink = match (writing, disk) {
            (Writing::Threaded { anchor }, disk @ Disk::File(_)) => {
                let (sender, receiver) = mpsc::channel();
                let could_not = |e| JournalError::Disk(format!("could not start its writer: {e}"));
                let writer = Writer {
                    disk,
                    length,
                    told: Arc::clone(&told),
                    written: recovered.head(),
                    failed: None,
                    anchoring: Anchoring::start(anchor).map_err(could_not)?,
                };
                std::thread::Builder::new()
                    .name("journal".into())
                    .spawn(move || writer.serve(&receiver))
                    .map_err(could_not)?;
                Sink::Threaded { sender }
            }
            (Writing::Inline { durable }, disk) => Sink::Inline { disk, durable },
            (Writing::Threaded { .. }, disk) => Sink::Inline { disk, durable: true },
        };
        Ok(Self {
            sink,
            pending: Vec::new(),
            head: recovered.head(),
            length,
            told,
            place,
            ending: recovered.ending,
            stopped: false,
            failed: None,
        })
    }

    /// A look at how far the journal is durable, for another thread.
    pub fn durable(&self) -> Durable {
        Durable(Arc::clone(&self.told))
    }

    /// The last record.
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Adds a record; it is durable after the next [`Journal::commit`].
    ///
    /// # Errors
    /// When the journal has failed before, the disk is full, or the record cannot be made. A full disk does not fail the
    /// journal: stops, outcomes and the end are still taken.
    pub fn append(&mut self, event: &Event, at: Timestamp) -> Result<(), JournalError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let sequence = self.head.sequence.saturating_add(1);
        let durable = self.told.durable.load(Ordering::Acquire);
        let (bytes, hash) = encode(sequence, at, self.head.hash, durable, event)?;
        self.ending |= reserve::ends(event);
        self.stopped |= matches!(event, Event::Stop { .. });
        let end = self.length.saturating_add(size(&bytes));
        self.room_for(end, event)?;
        self.pending.extend_from_slice(&bytes);
        self.length = end;
        self.head = Head { sequence, hash };
        Ok(())
    }

    /// Makes sure that the file can grow to `end`, and that the reserve is left unless the record may use it.
    fn room_for(&mut self, end: u64, event: &Event) -> Result<(), JournalError> {
        let wanted = end.saturating_add(RESERVE);
        if self.told.room.load(Ordering::Acquire) >= wanted {
            return Ok(());
        }
        match &mut self.sink {
            Sink::Inline { disk, .. } => {
                let room = disk.set_aside(wanted);
                self.told.room.store(room, Ordering::Release);
            }
            Sink::Threaded { sender } => {
                let (done, wait) = mpsc::channel();
                let asked = sender.send(Message::Room { until: wanted, done });
                // A writer that is gone has set nothing aside; the next commit says so.
                let _ = asked.map(|()| wait.recv());
            }
        }
        let room = self.told.room.load(Ordering::Acquire);
        if room >= wanted || (room >= end && (self.ending || reserve::may_use(event))) {
            return Ok(());
        }
        Err(JournalError::Full(self.place.clone()))
    }

    /// Starts making everything appended durable; the ticket tells when it is.
    pub fn commit(&mut self) -> Ticket {
        if let Some(error) = &self.failed {
            return Ticket(State::Ready(Err(error.clone())));
        }
        let bytes = std::mem::take(&mut self.pending);
        let anchored = std::mem::take(&mut self.stopped);
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
                if disk.is_dead() {
                    return Ticket(State::Never);
                }
                match result {
                    Ok(()) if *durable => self.told.durable.store(self.head.sequence, Ordering::Release),
                    Ok(()) => {}
                    Err(error) => {
                        let error = JournalError::from(error);
                        self.failed = Some(error.clone());
                        return Ticket(State::Ready(Err(error)));
                    }
                }
                Ticket(State::Ready(Ok(())))
            }
            Sink::Threaded { sender } => {
                let (done, wait) = oneshot::channel();
                let message = Message::Commit {
                    bytes,
                    head: self.head,
                    anchored,
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
        let mut bytes = std::mem::take(&mut self.pending);
        let mut disk = match self.sink {
            Sink::Inline { disk, .. } => disk,
            Sink::Threaded { sender } => {
                if !bytes.is_empty() {
                    let (done, wait) = oneshot::channel();
                    let message = Message::Commit {
                        bytes: std::mem::take(&mut bytes),
                        head: self.head,
                        anchored: true,
                        done,
                    };
                    sender.send(message).map_err(|_| gone())?;
                    // Whether it went well is told by the disk that comes back.
                    drop(wait);
                }
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
        disk.truncate(self.length)?;
        Ok(self.head)
    }
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
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

/// The thread that owns the disk on the wall clock.
struct Writer {
    disk: Disk,
    length: u64,
    told: Arc<Told>,
    written: Head,
    failed: Option<JournalError>,
    anchoring: Anchoring,
}

/// What has queued up while the disk was busy.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    head: Option<Head>,
    anchored: bool,
    waiting: Vec<oneshot::Sender<Result<(), JournalError>>>,
}

impl Writer {
    fn serve(mut self, receiver: &mpsc::Receiver<Message>) {
        while let Ok(first) = receiver.recv() {
            let mut group = Group::default();
            let mut close = None;
            // Everything that has queued up meanwhile shares one sync.
            for message in std::iter::once(first).chain(receiver.try_iter()) {
                match message {
                    Message::Commit {
                        bytes,
                        head,
                        anchored,
                        done,
                    } => {
                        group.bytes.extend_from_slice(&bytes);
                        group.head = Some(head);
                        group.anchored |= anchored;
                        group.waiting.push(done);
                    }
                    Message::Room { until, done } => {
                        self.set_aside(until);
                        let _ = done.send(());
                    }
                    Message::Close { done } => close = Some(done),
                }
            }
            self.commit(group);
            if let Some(done) = close {
                self.anchoring.durable(self.written);
                self.anchoring.close();
                let _ = done.send(self.failed.is_none().then_some(self.disk));
                return;
            }
            // While nobody waits: room for what comes.
            if self.failed.is_none() {
                self.set_aside(self.length.saturating_add(RESERVE + AHEAD));
            }
        }
    }

    fn set_aside(&mut self, until: u64) {
        if self.told.room.load(Ordering::Acquire) < until {
            let room = self.disk.set_aside(until);
            self.told.room.store(room, Ordering::Release);
        }
    }

    fn commit(&mut self, group: Group) {
        if let (Some(head), None) = (group.head, &self.failed) {
            let appended = if group.bytes.is_empty() {
                Ok(())
            } else {
                self.disk.append(&group.bytes)
            };
            match appended.and_then(|()| self.disk.sync()) {
                Ok(()) => {
                    self.length = self.length.saturating_add(size(&group.bytes));
                    self.written = head;
                    self.told.durable.store(head.sequence, Ordering::Release);
                    self.anchoring.durable(head);
                    if group.anchored {
                        self.anchoring.at_once();
                    }
                }
                Err(error) => self.failed = Some(error.into()),
            }
        }
        for done in group.waiting {
            // A waiter that is gone belonged to a run that is being torn down.
            let _ = done.send(self.failed.clone().map_or(Ok(()), Err));
        }
    }
}

#[cfg(test)]
use super::anchor::AnchorError;

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
