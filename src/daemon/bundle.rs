//! A run in one file: a gzipped tar archive, so that any system can open it, with the same bytes for the same run.
//!
//! `manifest.json` comes first and names every other file with its length and SHA-256. `run/` is the run's folder without
//! its database, which is made from the journal; `inputs/` are the files that the run was started from, as they were;
//! `identities.json` is who the instruments said they are, with their firmware; `anchors` are the journal's anchors.

use super::folder::RunFolder;
use crate::journal::{Head, Reader, parse_anchors};
use crate::run::{Event, FileText, Source};
use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use thiserror::Error;

/// Version of the bundle's layout that is written; all from 1 are read.
const FORMAT: u32 = 1;

/// Largest bundle accepted, unpacked, in bytes.
const LARGEST: u64 = 4 << 30;

const MANIFEST: &str = "manifest.json";
const ANCHORS: &str = "anchors";
const JOURNAL: &str = "run/journal.plj";

/// A bundle that cannot be made or read.
#[derive(Debug, Error)]
pub enum BundleError {
    /// A file of the run, or the bundle itself.
    #[error("{}: {error}", place.display())]
    File {
        /// Which.
        place: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// It is no bundle.
    #[error("{0} is no bundle of a run: {1}")]
    Foreign(PathBuf, String),
    /// It was written by a newer program.
    #[error(
        "{place} is a bundle of version {found}, and this program reads up to {FORMAT}; use the program that wrote it, \
         or a newer one",
        place = .0.display(), found = .1
    )]
    Newer(PathBuf, u32),
}

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    program: String,
    run: String,
    records: u64,
    head: String,
    files: BTreeMap<String, FileSum>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileSum {
    bytes: u64,
    sha256: String,
}

impl FileSum {
    fn of(bytes: &[u8]) -> Self {
        let sum: [u8; 32] = Sha256::digest(bytes).into();
        Self {
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            sha256: sum.iter().map(|b| format!("{b:02x}")).collect(),
        }
    }
}

/// A run's files by their names in the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
    wrong: Vec<String>,
}

impl Bundle {
    /// Of a run's folder.
    ///
    /// # Errors
    /// The file that cannot be read.
    pub fn of(folder: &RunFolder) -> Result<Self, BundleError> {
        let mut files = BTreeMap::new();
        collect(folder.root(), folder.root(), &mut files)?;
        let anchors = folder.anchor();
        if let Ok(text) = fs::read(&anchors) {
            files.insert(ANCHORS.to_owned(), text);
        }
        let journal = files.get(JOURNAL).cloned().unwrap_or_default();
        let mut reader = Reader::new(&journal);
        let mut run = String::new();
        let mut identities = BTreeMap::new();
        for entry in reader.by_ref() {
            match entry.event {
                Event::Started { source } => {
                    run.clone_from(&source.run.0);
                    inputs(&source, &mut files);
                }
                Event::Identified { instrument, identity } => {
                    identities.insert(instrument.to_string(), identity);
                }
                _ => {}
            }
        }
        files.insert("identities.json".into(), json(&identities));
        let manifest = Manifest {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").into(),
            run,
            records: reader.head().sequence,
            head: reader.head().hash.to_string(),
            files: files.iter().map(|(n, b)| (n.clone(), FileSum::of(b))).collect(),
        };
        files.insert(MANIFEST.into(), json(&manifest));
        Ok(Self {
            files,
            wrong: Vec::new(),
        })
    }

    /// The archive.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn pack(&self) -> std::io::Result<Vec<u8>> {
        // Neither times nor owners: the same run gives the same bytes.
        let zip = GzBuilder::new()
            .mtime(0)
            .write(Vec::new(), Compression::default());
        let mut archive = tar::Builder::new(zip);
        let first = self.files.get_key_value(MANIFEST);
        let rest = self.files.iter().filter(|(name, _)| *name != MANIFEST);
        for (name, bytes) in first.into_iter().chain(rest) {
            let mut header = tar::Header::new_gnu();
            header.set_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            header.set_mode(0o644);
            header.set_mtime(0);
            header.set_entry_type(tar::EntryType::Regular);
            archive.append_data(&mut header, name, bytes.as_slice())?;
        }
        let mut zip = archive.into_inner()?;
        zip.flush()?;
        zip.finish()
    }

    /// Reads an archive and compares every file with the manifest.
    ///
    /// # Errors
    /// When it is no bundle, or one of a newer program. A file that differs is no error here: see [`Bundle::wrong`].
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        let foreign = |why: String| BundleError::Foreign(path.to_owned(), why);
        let archive = fs::File::open(path).map_err(|error| BundleError::File {
            place: path.to_owned(),
            error,
        })?;
        let files = unpack(archive).map_err(&foreign)?;
        let manifest = files
            .get(MANIFEST)
            .ok_or_else(|| foreign("it has no manifest".into()))?;
        let value: serde_json::Value = serde_json::from_slice(manifest)
            .map_err(|e| foreign(format!("its manifest cannot be read: {e}")))?;
        let format = value
            .get("format")
            .and_then(serde_json::Value::as_u64)
            .unwrap_or(0);
        let format = u32::try_from(format).unwrap_or(u32::MAX);
        if format > FORMAT {
            return Err(BundleError::Newer(path.to_owned(), format));
        }
        let manifest: Manifest = serde_json::from_value(value)
            .map_err(|e| foreign(format!("its manifest cannot be read: {e}")))?;
        let mut wrong = Vec::new();
        for (name, sum) in &manifest.files {
            match files.get(name) {
                None => wrong.push(format!("{name} is missing")),
                Some(bytes) if FileSum::of(bytes) != *sum => {
                    wrong.push(format!("{name} is not what was packed"));
                }
                Some(_) => {}
            }
        }
        for name in files.keys().filter(|n| *n != MANIFEST) {
            if !manifest.files.contains_key(name) {
                wrong.push(format!("{name} was not packed with the others"));
            }
        }
        Ok(Self { files, wrong })
    }

    /// What differs from the manifest, a sentence each.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
    }

    /// The journal.
    pub fn journal(&self) -> &[u8] {
        self.files.get(JOURNAL).map_or(&[], Vec::as_slice)
    }

    /// The journal's anchors.
    pub fn anchors(&self) -> Vec<Head> {
        let text = self.files.get(ANCHORS).map_or(&[][..], Vec::as_slice);
        parse_anchors(&String::from_utf8_lossy(text))
    }

    /// Files of the run's folder, by their names in it.
    pub fn run_files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let files = self.files.iter();
        files.filter_map(|(name, bytes)| Some((name.strip_prefix("run/")?, bytes.as_slice())))
    }

    /// How many files it holds.
    pub fn count(&self) -> usize {
        self.files.len()
    }
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    text
}

/// The files that a run was started from.
fn inputs(source: &Source, files: &mut BTreeMap<String, Vec<u8>>) {
    let mut put = |below: &str, name: &str, text: &FileText| {
        // Names are as a person gave them; in the bundle nothing may lie outside.
        let plain: PathBuf = Path::new(name)
            .components()
            .filter(|c| matches!(c, Component::Normal(_)))
            .collect();
        let name = format!("inputs/{below}{}", plain.display());
        files.insert(name, text.text.clone().into_bytes());
    };
    put("", &source.protocol.name, &source.protocol);
    put("", &source.rig.name, &source.rig);
    for (path, text) in &source.profiles {
        put("rig/", path, text);
    }
    for text in &source.labware {
        put("labware/", &text.name, text);
    }
    for (path, text) in &source.files {
        put("protocol/", path, text);
    }
    files.insert("inputs/source.json".into(), json(source));
}

/// Every regular file below a run's folder but the database and what is being written.
fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), BundleError> {
    let fail = |place: &Path| {
        let place = place.to_owned();
        move |error| BundleError::File { place, error }
    };
    for entry in fs::read_dir(folder).map_err(fail(folder))? {
        let path = entry.map_err(fail(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let kind = fs::symlink_metadata(&path).map_err(fail(&path))?.file_type();
        if kind.is_dir() {
            collect(root, &path, files)?;
        } else if kind.is_file()
            && !name.starts_with("run.db")
            && !name.ends_with(".new")
            && *name != *"anchored-in"
            && let Ok(inside) = path.strip_prefix(root)
        {
            let bytes = fs::read(&path).map_err(fail(&path))?;
            files.insert(format!("run/{}", inside.display()), bytes);
        }
    }
    Ok(())
}

fn unpack(archive: impl Read) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let broken = |e: std::io::Error| format!("it cannot be unpacked: {e}");
    let mut archive = tar::Archive::new(GzDecoder::new(archive).take(LARGEST));
    let mut files = BTreeMap::new();
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let inside = path.components().all(|c| matches!(c, Component::Normal(_)));
        let name = path.to_string_lossy().into_owned();
        if !inside || !entry.header().entry_type().is_file() {
            return Err(format!("\"{name}\" has no business in it"));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(broken)?;
        if files.insert(name.clone(), bytes).is_some() {
            return Err(format!("it holds \"{name}\" twice"));
        }
    }
    Ok(files)
}

#[cfg(test)]
#[path = "bundle_tests.rs"]
mod tests;
