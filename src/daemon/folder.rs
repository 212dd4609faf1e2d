//! The folder of one run: its journal, its data, its report.

use crate::run::RunId;
use std::fs;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A folder that cannot be used.
#[derive(Debug, Error)]
pub enum FolderError {
    /// It holds a run already.
    #[error("{0} holds a run already; give another folder with --out, or go on with it by --resume")]
    Taken(PathBuf),
    /// There is no run in it.
    #[error("{0} holds no run: there is no journal in it")]
    NoRun(PathBuf),
    /// It cannot be made or read.
    #[error("could not use the folder {place}: {error}")]
    Io {
        /// Which.
        place: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
}

/// Paths of a run's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    root: PathBuf,
}

impl RunFolder {
    /// Makes the folder for a new run: `out`, or the first free name after the run's id below `base`.
    ///
    /// # Errors
    /// When it holds a run already or cannot be made.
    pub fn create(base: &Path, out: Option<&Path>, run: &RunId) -> Result<Self, FolderError> {
        let root = match out {
            Some(out) => out.to_owned(),
            None => (1..)
                .map(|n| {
                    base.join(if n == 1 {
                        run.0.clone()
                    } else {
                        format!("{}-{n}", run.0)
                    })
                })
                .find(|p| !p.exists())
                .unwrap_or_else(|| base.join(&run.0)),
        };
        let folder = Self { root };
        if folder.journal().exists() {
            return Err(FolderError::Taken(folder.root));
        }
        let io = |error| FolderError::Io {
            place: folder.root.clone(),
            error,
        };
        fs::create_dir_all(folder.data()).map_err(io)?;
        fs::create_dir_all(folder.anchors()).map_err(|error| FolderError::Io {
            place: folder.anchors(),
            error,
        })?;
        Ok(folder)
    }

    /// The folder of a run that exists: a path, or a run's name below `base`.
    ///
    /// # Errors
    /// When there is no run.
    pub fn open(base: &Path, run: &str) -> Result<Self, FolderError> {
        let given = PathBuf::from(run);
        let plain = given.components().count() == 1 && !given.is_dir();
        let folder = Self {
            root: if plain { base.join(run) } else { given },
        };
        if folder.journal().is_file() {
            Ok(folder)
        } else {
            Err(FolderError::NoRun(folder.root))
        }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }
    /// The journal.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal.plj")
    }
    /// The database folded from it.
    pub fn database(&self) -> PathBuf {
        self.root.join("run.db")
    }
    /// Where the scientist's files lie.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }
    /// The report.
    pub fn report(&self) -> PathBuf {
        self.root.join("report.html")
    }
    /// The ledger of physical truth of a simulated run, written by the simulator.
    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger.jsonl")
    }
    /// Where anchors lie: outside the run's own folder.
    pub fn anchors(&self) -> PathBuf {
        self.root.parent().unwrap_or(Path::new(".")).join(".anchors")
    }
    /// The anchor file of this run.
    pub fn anchor(&self) -> PathBuf {
        let name = self
            .root
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        self.anchors().join(format!("{name}.anchor"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_takes_one_run_and_names_do_not_collide() {
        let base = tempfile::tempdir().unwrap();
        let run = RunId("drill-seed1".into());
        let first = RunFolder::create(base.path(), None, &run).unwrap();
        let second = RunFolder::create(base.path(), None, &run).unwrap();
        assert_ne!(first, second);
        assert!(matches!(
            RunFolder::open(base.path(), "drill-seed1"),
            Err(FolderError::NoRun(_))
        ));
        fs::write(first.journal(), b"x").unwrap();
        assert_eq!(RunFolder::open(base.path(), "drill-seed1").unwrap(), first);
        let out = Some(first.root());
        assert!(matches!(
            RunFolder::create(base.path(), out, &run),
            Err(FolderError::Taken(_))
        ));
    }
}
