//! Anchors: number and hash of the last durable record, written down outside the journal's folder.
//!
//! An anchor proves that a record was there, as it was, when the anchor was written: what is cut off, edited or replaced
//! in the journal afterwards is found. A line each, oldest first; a line that is not whole counts for nothing.

use super::record::Hash;
use super::writer::Head;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;

/// How often the head of the chain is anchored.
const EVERY: Duration = Duration::from_secs(1);

/// What the anchors prove to be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnchorError {
    /// A record is another one.
    #[error("record {0} is not the one that was anchored: the journal was edited or replaced")]
    Other(u64),
    /// The end is missing.
    #[error("it ends at record {last}, but record {anchored} was anchored: its end is missing")]
    Missing {
        /// The last record that is there.
        last: u64,
        /// The last one that was anchored.
        anchored: u64,
    },
}

/// The anchors in a file's text.
pub fn parse_anchors(text: &str) -> Vec<Head> {
    // What comes after the last line's end was cut off by a crash.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().filter_map(line).collect()
}

fn line(text: &str) -> Option<Head> {
    let (sequence, hash) = text.split_once(' ')?;
    let mut bytes = [0; 32];
    if hash.len() != 64 {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hash.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(Head {
        sequence: sequence.parse().ok()?,
        hash: Hash(bytes),
    })
}

/// Anchors that are compared with records as these are read.
pub struct Anchored {
    by_sequence: BTreeMap<u64, Vec<Hash>>,
    first_other: Option<u64>,
    found: u64,
}

impl Anchored {
    /// Nothing compared yet.
    pub fn new(anchors: &[Head]) -> Self {
        let mut by_sequence: BTreeMap<u64, Vec<Hash>> = BTreeMap::new();
        for anchor in anchors.iter().filter(|a| a.sequence > 0) {
            by_sequence.entry(anchor.sequence).or_default().push(anchor.hash);
        }
        Self {
            by_sequence,
            first_other: None,
            found: 0,
        }
    }

    /// Compares a record with its anchors, if it has any.
    pub fn see(&mut self, record: Head) {
        let Some(hashes) = self.by_sequence.get(&record.sequence) else {
            return;
        };
        if hashes.iter().any(|h| *h != record.hash) {
            self.first_other.get_or_insert(record.sequence);
        } else {
            self.found += 1;
        }
    }

    /// Records that are as they were anchored.
    pub const fn found(&self) -> u64 {
        self.found
    }
}

/// What the anchors say of a journal that was read to its last record.
///
/// # Errors
/// What they prove to be wrong: the first record that differs, else the end that is missing.
pub fn compare(anchored: &Anchored, last: Head) -> Result<(), AnchorError> {
    if let Some(other) = anchored.first_other {
        return Err(AnchorError::Other(other));
    }
    match anchored.by_sequence.last_key_value() {
        Some((sequence, _)) if *sequence > last.sequence => Err(AnchorError::Missing {
            last: last.sequence,
            anchored: *sequence,
        }),
        _ => Ok(()),
    }
}

/// Writes anchors on a thread of its own, so that a slow second disk holds up nobody.
pub(super) struct Anchoring {
    latest: Arc<Mutex<Head>>,
    now: mpsc::Sender<()>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Anchoring {
    /// Appends to a file, once a second and when told to.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(path: PathBuf) -> std::io::Result<Self> {
        let latest = Arc::new(Mutex::new(Head::default()));
        let (now, told) = mpsc::channel();
        let shared = Arc::clone(&latest);
        let thread = std::thread::Builder::new()
            .name("anchors".into())
            .spawn(move || write_loop(&path, &shared, &told))?;
        Ok(Self {
            latest,
            now,
            thread: Some(thread),
        })
    }

    /// The last durable record is this one.
    pub fn durable(&self, head: Head) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = head;
    }

    /// Anchors now, not only when the second is over.
    pub fn at_once(&self) {
        // A thread that is gone has said why.
        let _ = self.now.send(());
    }

    /// Anchors a last time and waits until that is done.
    pub fn close(mut self) {
        let thread = self.thread.take();
        drop(self);
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

fn write_loop(path: &Path, latest: &Mutex<Head>, told: &mpsc::Receiver<()>) {
    let mut file: Option<File> = None;
    let mut written = Head::default();
    let mut warned = false;
    loop {
        let over = matches!(
            told.recv_timeout(EVERY),
            Err(mpsc::RecvTimeoutError::Disconnected)
        );
        let head = *latest.lock().unwrap_or_else(PoisonError::into_inner);
        if head != written {
            match write(path, &mut file, head) {
                Ok(()) => written = head,
                Err(error) => {
                    file = None;
                    if !std::mem::replace(&mut warned, true) {
                        tracing::warn!(place = %path.display(), %error,
                            "the journal cannot be anchored there; its end can be proven no longer");
                    }
                }
            }
        }
        if over {
            return;
        }
    }
}

fn write(path: &Path, open: &mut Option<File>, head: Head) -> std::io::Result<()> {
    let file = match open {
        Some(file) => file,
        None => {
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            let text = std::fs::read(path)?;
            if text.last().is_some_and(|b| *b != b'\n') {
                // A crash cut off the last line.
                file.write_all(b"\n")?;
            }
            open.insert(file)
        }
    };
    file.write_all(format!("{} {}\n", head.sequence, head.hash).as_bytes())?;
    file.sync_data()
}
