//! Folds a run into its database while it goes on, once a second, on a thread of its own.
//!
//! The engine's thread hands over what it records and waits for nothing. Only what is durable is folded, so that the database is
//! never ahead of the journal. What goes wrong here is logged and concerns nobody: the database is made from the journal.

use super::folder::RunFolder;
use crate::engine::Observer;
use crate::journal::{Durable, verify};
use crate::rig::Rig;
use crate::run::{Event, State, apply};
use crate::store::Store;
use crate::units::Timestamp;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::Duration;

/// How often what is new is folded.
const EVERY: Duration = Duration::from_secs(1);

/// With less room left on the disk than this, in bytes, it is the journal's alone.
const ROOM: u64 = 16 << 20;

/// Told when the run is over, so that nobody waits for the second to be.
#[derive(Default)]
struct Over {
    told: Mutex<bool>,
    changed: Condvar,
}

impl Over {
    fn tell(&self) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits for a second, or until the run is over; whether it is.
    fn wait(&self) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(told, EVERY, |over| !*over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The thread, which ends with this.
pub(super) struct Following {
    over: Arc<Over>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Following {
    /// Waits until all that is durable is folded and the database is closed.
    pub(super) fn end(mut self) {
        self.over.tell();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.over.tell();
    }
}

/// Follows a run whose journal ends at record `last`; what comes after it is told to the observer.
pub(super) fn follow(folder: &RunFolder, rig: &Rig, last: u64, durable: Durable) -> (Following, Observer) {
    let (sender, told) = mpsc::channel();
    let over = Arc::new(Over::default());
    let follower = Follower {
        journal: folder.journal(),
        database: folder.database(),
        state: State::new(rig),
        last,
        durable,
        over: Arc::clone(&over),
    };
    let thread = std::thread::Builder::new()
        .name("database".into())
        .spawn(move || follower.serve(&told));
    if let Err(error) = &thread {
        tracing::warn!(%error, "the database is written at the end of the run only");
    }
    let mut sequence = last;
    let observer: Observer = Box::new(move |_, event, at| {
        sequence += 1;
        // A thread that is gone has said why.
        let _ = sender.send((sequence, at, event.clone()));
    });
    let thread = thread.ok();
    (Following { over, thread }, observer)
}

type Told = (u64, Timestamp, Event);

struct Follower {
    journal: PathBuf,
    database: PathBuf,
    state: State,
    last: u64,
    durable: Durable,
    over: Arc<Over>,
}

impl Follower {
    fn serve(mut self, told: &mpsc::Receiver<Told>) {
        let mut store = match self.begin() {
            Ok(store) => store,
            Err(error) => {
                tracing::warn!(error, "the database is written at the end of the run only");
                return;
            }
        };
        let mut waiting: VecDeque<Told> = VecDeque::new();
        loop {
            let over = self.over.wait();
            waiting.extend(told.try_iter());
            let durable = self.durable.sequence();
            let ready = waiting.iter().take_while(|(n, _, _)| *n <= durable).count();
            let batch: Vec<Told> = waiting.drain(..ready).collect();
            for (_, at, event) in &batch {
                apply(&mut self.state, event, *at);
            }
            if batch.is_empty() {
                if over {
                    return;
                }
                continue;
            }
            let folded = self.roomy().and_then(|()| {
                let events = batch.iter().map(|(n, at, e)| (*n, *at, e));
                store.fold(events, &self.state).map_err(|e| e.to_string())
            });
            if let Err(error) = folded {
                tracing::warn!(%error, "the database is written at the end of the run only");
                return;
            }
            if over {
                return;
            }
        }
    }

    /// Whether the disk has room for more than the journal.
    fn roomy(&self) -> Result<(), String> {
        let folder = self.journal.parent().unwrap_or(&self.journal);
        let disk = rustix::fs::statvfs(folder).map_err(|e| e.to_string())?;
        let left = disk.f_bavail.saturating_mul(disk.f_frsize);
        if left >= ROOM {
            return Ok(());
        }
        Err(format!(
            "only {left} bytes are left on the disk, which the journal needs"
        ))
    }

    /// The database with all that stood in the journal before.
    fn begin(&mut self) -> Result<Store, String> {
        self.roomy()?;
        let bytes = std::fs::read(&self.journal).map_err(|e| e.to_string())?;
        let entries = verify(&bytes).entries;
        let earlier = || entries.iter().filter(|e| e.sequence <= self.last);
        let mut state = self.state.clone();
        for entry in earlier() {
            apply(&mut state, &entry.event, entry.at);
        }
        let mut store = Store::open(&self.database).map_err(|e| e.to_string())?;
        store
            .fold(earlier().map(|e| (e.sequence, e.at, &e.event)), &state)
            .map_err(|e| e.to_string())?;
        self.state = state;
        Ok(store)
    }
}
