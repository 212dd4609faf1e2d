//! What a run left behind, made once more from its journal.

use super::assemble::{Assembled, assemble};
use super::conclude::{ConcludeError, conclude};
use super::folder::{FolderError, RunFolder};
use crate::journal::{Head, Reader, Tail};
use crate::rig::Rig;
use crate::run::{Event, RunId, State, apply};
use crate::store::{Store, StoreError};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A run that cannot be made again.
#[derive(Debug, Error)]
pub enum AgainError {
    /// There is no run in the journal.
    #[error("{0} holds no record of a run; nothing has moved")]
    Empty(PathBuf),
    /// It cannot be read by this program.
    #[error("{place}: record {sequence} {what}; nothing was changed", place = place.display())]
    Unreadable {
        /// The journal.
        place: PathBuf,
        /// The record.
        sequence: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The rig file in the journal cannot be read by this version.
    #[error("the rig file in {0} cannot be read by this version")]
    Rig(PathBuf),
    /// The new folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file.
    #[error("{}: {error}", place.display())]
    File {
        /// Which.
        place: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// The files of the run.
    #[error(transparent)]
    Conclude(#[from] ConcludeError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A journal that was folded.
struct Folded {
    rig: Rig,
    state: State,
    head: Head,
    events: Vec<(u64, crate::units::Timestamp, Event)>,
    /// What stands after the records that were folded, where it is not nothing.
    damage: Option<String>,
}

fn fold(place: &Path, bytes: &[u8]) -> Result<Folded, AgainError> {
    let mut reader = Reader::new(bytes);
    let events: Vec<_> = reader.by_ref().map(|e| (e.sequence, e.at, e.event)).collect();
    let damage = match reader.tail() {
        Tail::Clean => None,
        Tail::Foreign { sequence, error, .. } => {
            return Err(AgainError::Unreadable {
                place: place.to_owned(),
                sequence,
                what: error.to_string(),
            });
        }
        Tail::Damaged {
            sequence,
            offset,
            error,
            ..
        } => Some(format!("record {sequence} at byte {offset} is damaged: {error}")),
    };
    let source = events.iter().find_map(|(_, _, event)| match event {
        Event::Started { source } => Some(source),
        _ => None,
    });
    let source = source.ok_or_else(|| AgainError::Empty(place.to_owned()))?;
    let Assembled { rig, .. } = assemble(source);
    let rig = rig.ok_or_else(|| AgainError::Rig(place.to_owned()))?;
    let mut state = State::new(&rig);
    for (_, at, event) in &events {
        apply(&mut state, event, *at);
    }
    Ok(Folded {
        rig,
        state,
        head: reader.head(),
        events,
        damage,
    })
}

/// The rig and the state that a run's journal folds to.
pub(super) fn folded(folder: &RunFolder) -> Result<(Rig, State), AgainError> {
    let place = folder.journal();
    let bytes = fs::read(&place).map_err(|error| AgainError::File {
        place: place.clone(),
        error,
    })?;
    let folded = fold(&place, &bytes)?;
    Ok((folded.rig, folded.state))
}

/// What came of making it again.
#[derive(Debug)]
pub struct Again {
    /// Records that were folded.
    pub records: u64,
    /// The record that the folding ended at, where the journal is damaged.
    pub damage: Option<String>,
    /// Rows by table.
    pub rows: BTreeMap<String, usize>,
    /// Files that are the same bytes as the run's own.
    pub same: Vec<String>,
    /// Files or tables that differ from the run's own.
    pub different: Vec<String>,
}

/// Makes a run's database anew from its journal, in place of the one that is there.
///
/// # Errors
/// When the journal cannot be read or the database not be written; what was there is then as before.
pub fn rebuild(folder: &RunFolder) -> Result<Again, AgainError> {
    let journal = folder.journal();
    let fail = |place: &Path| {
        let place = place.to_owned();
        move |error| AgainError::File { place, error }
    };
    let bytes = fs::read(&journal).map_err(fail(&journal))?;
    let folded = fold(&journal, &bytes)?;
    let place = folder.database();
    let before = place.exists().then(|| Store::open(&place)?.tables());
    let fresh = place.with_extension("db.new");
    let _ = fs::remove_file(&fresh);
    let mut store = Store::open(&fresh)?;
    store.fold(folded.events.iter().map(|(n, at, e)| (*n, *at, e)), &folded.state)?;
    let tables = store.tables()?;
    drop(store);
    fs::rename(&fresh, &place).map_err(fail(&place))?;
    let mut again = Again {
        records: folded.head.sequence,
        damage: folded.damage,
        rows: tables
            .iter()
            .map(|(name, rows)| (name.clone(), rows.len()))
            .collect(),
        same: Vec::new(),
        different: Vec::new(),
    };
    // One that could not be read any more is no standard.
    if let Some(Ok(before)) = before {
        for (name, rows) in &tables {
            let list = if before.get(name) == Some(rows) {
                &mut again.same
            } else {
                &mut again.different
            };
            list.push(name.clone());
        }
    }
    Ok(again)
}

/// Folds a journal into a new folder: tables, report and database, and compares them with the run's own files.
///
/// # Errors
/// When the journal cannot be read, or the folder not be written.
pub fn again<'a>(
    place: &Path,
    journal: &[u8],
    own: impl Iterator<Item = (&'a str, &'a [u8])>,
    out: &Path,
) -> Result<Again, AgainError> {
    let folded = fold(place, journal)?;
    let run = folded.state.source.as_ref().map(|s| s.run.clone());
    let folder = RunFolder::create(out, Some(out), &run.unwrap_or(RunId("run".into())))?;
    let copy = folder.journal();
    fs::write(&copy, journal).map_err(|error| AgainError::File { place: copy, error })?;
    conclude(&folder, &folded.rig, &folded.state, folded.head)?;
    let mut again = Again {
        records: folded.head.sequence,
        damage: folded.damage,
        rows: BTreeMap::new(),
        same: Vec::new(),
        different: Vec::new(),
    };
    for (name, bytes) in own {
        if !name.starts_with("data/") && name != "report.html" {
            continue;
        }
        let made = fs::read(folder.root().join(name)).ok();
        let list = if made.as_deref() == Some(bytes) {
            &mut again.same
        } else {
            &mut again.different
        };
        list.push(name.to_owned());
    }
    Ok(again)
}
