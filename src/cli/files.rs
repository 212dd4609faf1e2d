//! Reading the files that a run is started from.

use super::exit::{CliError, Exit};
use crate::daemon::{Assembled, assemble, plan};
use crate::labware::Library;
use crate::plan::{Plan, Schedule};
use crate::rig::{self, Rig};
use crate::run::{FileText, RunId, Source};
use crate::source::{Diagnostic, Severity, SourceFile, render};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;

/// Largest file read.
const LARGEST: u64 = 4 << 20;

/// A sound protocol on a sound rig.
pub struct Ready {
    /// What it was read from.
    pub source: Source,
    /// The rig.
    pub rig: Rig,
    /// Labware.
    pub library: Library,
    /// The compiled protocol.
    pub plan: Plan,
    /// When its operations run.
    pub schedule: Schedule,
    /// Warnings, laid out for the terminal.
    pub warnings: String,
}

/// Reads one file as text.
///
/// # Errors
/// When it is missing, too large, or no text.
pub fn read(path: &Path) -> Result<FileText, CliError> {
    let name = path.display().to_string();
    let wrong = |what: String| CliError::new(Exit::Usage, what);
    let metadata = std::fs::metadata(path).map_err(|e| wrong(format!("could not read {name}: {e}")))?;
    if !metadata.is_file() {
        return Err(wrong(format!("{name} is not a file")));
    }
    if metadata.len() > LARGEST {
        return Err(wrong(format!(
            "{name} is larger than 4 MiB; that is no protocol or rig file"
        )));
    }
    let bytes = std::fs::read(path).map_err(|e| wrong(format!("could not read {name}: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong(format!("{name} is not UTF-8 text")))?;
    Ok(FileText { name, text })
}

/// Reads a rig file with the profiles and labware that it names. The protocol is left empty.
///
/// # Errors
/// When a file is missing.
pub fn read_rig(path: &Path, seed: u64, simulated: bool) -> Result<Source, CliError> {
    let rig = read(path)?;
    let base = path.parent().unwrap_or(Path::new(""));
    let named = rig::references(&SourceFile {
        name: rig.name.clone(),
        text: rig.text.clone(),
    });
    let mut profiles = BTreeMap::new();
    for profile in named.profiles {
        let text = read(&base.join(&profile))?;
        profiles.insert(profile, text);
    }
    let mut labware = Vec::new();
    if let Some(folder) = named.labware {
        let folder = base.join(folder);
        let entries = std::fs::read_dir(&folder).map_err(|e| {
            CliError::new(
                Exit::Usage,
                format!("could not read the labware folder {}: {e}", folder.display()),
            )
        })?;
        let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|e| e.path()).collect();
        paths.retain(|p| {
            p.extension()
                .is_some_and(|e| e == "toml" || e.eq_ignore_ascii_case("json"))
        });
        paths.sort();
        for path in paths {
            labware.push(read(&path)?);
        }
    }
    Ok(Source {
        run: RunId(String::new()),
        protocol: FileText {
            name: String::new(),
            text: String::new(),
        },
        rig,
        profiles,
        labware,
        parameters: BTreeMap::new(),
        seed,
        simulated,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// Splits `name=value` arguments.
///
/// # Errors
/// When one has no equals sign.
pub fn parameters(given: &[String]) -> Result<BTreeMap<String, String>, CliError> {
    given
        .iter()
        .map(|text| {
            text.split_once('=')
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .ok_or_else(|| {
                    CliError::new(
                        Exit::Usage,
                        format!("--param {text}: write a name and a value, as plates=8"),
                    )
                })
        })
        .collect()
}

/// The rig of a source; its problems are printed.
///
/// # Errors
/// When the rig is refused.
pub fn assembled(source: &Source) -> Result<(Rig, Library, String), CliError> {
    let Assembled {
        rig,
        library,
        diagnostics,
        files,
    } = assemble(source);
    let text = render(&diagnostics, &files, std::io::stderr().is_terminal());
    let refused = diagnostics.iter().any(|d| d.severity == Severity::Error);
    match rig.filter(|_| !refused) {
        Some(rig) => Ok((rig, library, text)),
        None => Err(refusal(&text, &diagnostics, &source.rig.name)),
    }
}

/// Checks and compiles the protocol of a source; its problems are printed.
///
/// # Errors
/// When it is refused.
pub fn ready(source: Source) -> Result<Ready, CliError> {
    let (rig, library, mut warnings) = assembled(&source)?;
    let (planned, diagnostics, file) = plan(&source, &rig, &library);
    let text = render(&diagnostics, &[file], std::io::stderr().is_terminal());
    match planned {
        Some((plan, schedule)) => {
            warnings.push_str(&text);
            Ok(Ready {
                source,
                rig,
                library,
                plan,
                schedule,
                warnings,
            })
        }
        None => Err(refusal(&text, &diagnostics, &source.protocol.name)),
    }
}

fn refusal(text: &str, diagnostics: &[Diagnostic], file: &str) -> CliError {
    let errors = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .count();
    let noun = if errors == 1 { "problem" } else { "problems" };
    eprint!("{text}");
    CliError::new(
        Exit::Refused,
        format!("{file} is refused: {errors} {noun}; nothing has moved"),
    )
}
