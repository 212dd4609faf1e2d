//! The folder of one run: its journal, its data, its report.

use crate::journal::{Head, parse_anchors};
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
        fs::create_dir_all(folder.data()).map_err(|error| folder.io(error))?;
        folder.fresh_anchor()?;
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
    /// Where the raw traffic of each link is captured, if the folder is there.
    pub fn capture(&self) -> PathBuf {
        self.root.join("capture")
    }
    /// The folder for captures, where the run's traffic is captured.
    pub fn captures(&self) -> Option<PathBuf> {
        Some(self.capture()).filter(|folder| folder.is_dir())
    }
    /// The same run, with all traffic captured from now on, after a restart too.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn captured(self) -> Result<Self, FolderError> {
        fs::create_dir_all(self.capture()).map_err(|error| self.io(error))?;
        Ok(self)
    }
    /// The report.
    pub fn report(&self) -> PathBuf {
        self.root.join("report.html")
    }
    /// The ledger of physical truth of a simulated run, written by the simulator.
    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger.jsonl")
    }
    /// The anchor file of this run: outside its own folder, and elsewhere where it was told so when the run began.
    pub fn anchor(&self) -> PathBuf {
        match fs::read_to_string(self.anchored_in()) {
            Ok(place) => PathBuf::from(place.trim_end()),
            Err(_) => root_of_anchors(&self.root).join(self.anchor_name()),
        }
    }
    /// The anchors of this run, oldest first; none where there is no anchor file.
    pub fn read_anchors(&self) -> Vec<Head> {
        parse_anchors(&fs::read_to_string(self.anchor()).unwrap_or_default())
    }
    /// The same new run, with its anchors in this folder: best on another disk, or another machine's.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn anchored_below(self, anchors: &Path) -> Result<Self, FolderError> {
        fs::create_dir_all(anchors).map_err(|error| self.io(error))?;
        let anchors = std::path::absolute(anchors).map_err(|error| self.io(error))?;
        // Runs of one name may have their anchors in one folder, each in a file of its own.
        let place = (1_u32..)
            .map(|n| match n {
                1 => anchors.join(self.anchor_name()),
                _ => anchors.join(format!("{}-{n}", self.anchor_name())),
            })
            .find(|p| !p.exists())
            .unwrap_or(anchors);
        fs::File::create_new(&place).map_err(|error| self.io(error))?;
        fs::write(self.anchored_in(), format!("{}\n", place.display())).map_err(|error| self.io(error))?;
        Ok(self)
    }

    /// A file that says where the anchors are.
    fn anchored_in(&self) -> PathBuf {
        self.root.join("anchored-in")
    }

    fn anchor_name(&self) -> String {
        let name = self.root.file_name().unwrap_or_default();
        format!("{}.anchor", name.to_string_lossy())
    }

    /// Makes the place for a new run's anchors beside its folder. Those of an earlier run of that name are kept.
    fn fresh_anchor(&self) -> Result<(), FolderError> {
        let anchors = root_of_anchors(&self.root);
        let place = anchors.join(self.anchor_name());
        let io = |error| FolderError::Io {
            place: place.clone(),
            error,
        };
        fs::create_dir_all(&anchors).map_err(io)?;
        if place.exists() {
            let earlier = (1_u32..)
                .map(|n| anchors.join(format!("{}.earlier-{n}", self.anchor_name())))
                .find(|p| !p.exists());
            fs::rename(&place, earlier.unwrap_or_else(|| place.clone())).map_err(io)?;
        }
        Ok(())
    }

    fn io(&self, error: std::io::Error) -> FolderError {
        FolderError::Io {
            place: self.root.clone(),
            error,
        }
    }
}

/// Where anchors of a run's folder lie unless it was told otherwise.
fn root_of_anchors(root: &Path) -> PathBuf {
    root.parent().unwrap_or(Path::new(".")).join(".anchors")
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

    #[test]
    fn anchors_lie_where_they_were_told_and_those_of_an_earlier_run_are_kept() {
        let base = tempfile::tempdir().unwrap();
        let run = RunId("drill".into());
        let first = RunFolder::create(base.path(), None, &run).unwrap();
        assert_eq!(first.anchor(), base.path().join(".anchors/drill.anchor"));
        let elsewhere = base.path().join("elsewhere");
        let told = first.anchored_below(&elsewhere).unwrap();
        assert_eq!(told.anchor(), elsewhere.join("drill.anchor"));
        let line = format!("3 {}\n", "ab".repeat(32));
        fs::write(told.anchor(), &line).unwrap();
        assert_eq!(told.read_anchors().len(), 1);
        let again = told.anchored_below(&elsewhere).unwrap();
        assert_eq!(again.anchor(), elsewhere.join("drill.anchor-2"));
        assert!(again.read_anchors().is_empty());
        let other = RunFolder::create(base.path(), Some(&base.path().join("other")), &run).unwrap();
        fs::write(other.anchor(), &line).unwrap();
        fs::remove_dir_all(other.root()).unwrap();
        let anew = RunFolder::create(base.path(), Some(&base.path().join("other")), &run).unwrap();
        assert!(anew.read_anchors().is_empty());
        assert_eq!(
            fs::read_to_string(base.path().join(".anchors/other.anchor.earlier-1")).unwrap(),
            line
        );
    }
}
