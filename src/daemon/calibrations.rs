//! Records of calibrations and verifications: text files that are added and never changed, `FOLDER/RIG/INSTRUMENT-0001.toml`
//! and on.

use crate::rig::CalibrationRecord;
use crate::run::FileText;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Largest record that is read.
const LARGEST: u64 = 1 << 20;

/// A folder of records that cannot be read or added to.
#[derive(Debug, Error)]
#[error("the records in {}: {why}", place.display())]
pub struct CalibrationsError {
    /// Folder or file.
    pub place: PathBuf,
    /// Why, for a person.
    pub why: String,
}

/// The folder of a rig's records: what the rig file names (`calibrations`), else `calibrations`, both beside the rig file;
/// in it, a folder for each rig.
pub fn folder(rig_file: &Path, named: Option<&str>, rig: &str) -> PathBuf {
    let beside = rig_file.parent().unwrap_or(Path::new(""));
    beside.join(named.unwrap_or("calibrations")).join(rig)
}

/// The record in force of each instrument: the one with the highest version. None where there is no folder.
///
/// # Errors
/// When the folder or a record cannot be read; nothing is left out quietly.
pub fn in_force(folder: &Path) -> Result<Vec<FileText>, CalibrationsError> {
    let wrong = |place: &Path, why: String| CalibrationsError {
        place: place.to_owned(),
        why,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(wrong(folder, error.to_string())),
    };
    let mut newest: BTreeMap<String, (u32, PathBuf)> = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(|e| wrong(folder, e.to_string()))?.path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let stem = path
            .file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default();
        let Some((instrument, version)) = numbered(&stem) else {
            let why = "its name is not that of a record, as handler-0001.toml; take it out of the folder";
            return Err(wrong(&path, why.to_owned()));
        };
        let known = newest.entry(instrument).or_insert((version, path.clone()));
        if known.0 < version {
            *known = (version, path);
        }
    }
    let read = |(_, path): (u32, PathBuf)| {
        let size = fs::metadata(&path)
            .map_err(|e| wrong(&path, e.to_string()))?
            .len();
        if size > LARGEST {
            return Err(wrong(
                &path,
                "it is larger than 1 MiB; that is no record".to_owned(),
            ));
        }
        let text = fs::read_to_string(&path).map_err(|e| wrong(&path, e.to_string()))?;
        let name = path.display().to_string();
        Ok(FileText { name, text })
    };
    newest.into_values().map(read).collect()
}

/// "handler-0001" as instrument and version.
fn numbered(stem: &str) -> Option<(String, u32)> {
    let (instrument, version) = stem.rsplit_once('-')?;
    let version = version.parse().ok().filter(|n| *n > 0)?;
    (!instrument.is_empty()).then(|| (instrument.to_owned(), version))
}

/// Adds a record under the next version; nothing that is there is changed. Returns it as it was written, and where.
///
/// # Errors
/// When it cannot be written, or somebody else added one at the same time.
pub fn add(
    folder: &Path,
    mut record: CalibrationRecord,
) -> Result<(CalibrationRecord, PathBuf), CalibrationsError> {
    let about = record.instrument.to_string();
    let (version, path) = add_text(folder, &about, |version| {
        record.version = version;
        record.to_text()
    })?;
    record.version = version;
    Ok((record, path))
}

/// Adds the text of a record about something under the next version, which it is told. Returns the version, and where it
/// was written.
pub(super) fn add_text(
    folder: &Path,
    about: &str,
    text: impl FnOnce(u32) -> String,
) -> Result<(u32, PathBuf), CalibrationsError> {
    let wrong = |place: &Path, why: String| CalibrationsError {
        place: place.to_owned(),
        why,
    };
    fs::create_dir_all(folder).map_err(|e| wrong(folder, e.to_string()))?;
    let mut last = 0;
    for entry in fs::read_dir(folder)
        .map_err(|e| wrong(folder, e.to_string()))?
        .flatten()
    {
        let path = entry.path();
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned());
        if let Some((instrument, version)) = stem.as_deref().and_then(numbered)
            && instrument == about
        {
            last = last.max(version);
        }
    }
    let version = last.saturating_add(1);
    let name = format!("{about}-{version:04}.toml");
    let path = folder.join(&name);
    let fresh = folder.join(format!(".{name}.new"));
    // Whole or not at all, and never over another: a hard link fails where the name is taken.
    let written = fs::File::create(&fresh)
        .and_then(|mut file| {
            file.write_all(text(version).as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::hard_link(&fresh, &path));
    let _ = fs::remove_file(&fresh);
    written.map_err(|e| wrong(&path, e.to_string()))?;
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|e| wrong(folder, e.to_string()))?;
    Ok((version, path))
}

#[cfg(test)]
#[path = "calibrations_tests.rs"]
mod tests;
