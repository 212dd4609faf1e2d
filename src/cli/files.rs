//! Reading the files that a run is started from.

use super::args;
use super::exit::{CliError, Exit};
use crate::daemon::{Assembled, assemble, calibrations, named_files, plan, release};
use crate::labware::Library;
use crate::plan::{Plan, Schedule};
use crate::protocol;
use crate::rig::{self, Rig};
use crate::run::{FileText, RunId, Source};
use crate::source::{Diagnostic, Severity, SourceFile, render};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

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
    let records = calibrations::folder(
        path,
        named.calibrations.as_deref(),
        &named.name.unwrap_or_default(),
    );
    let calibrations =
        calibrations::in_force(&records).map_err(|e| CliError::new(Exit::Usage, e.to_string()))?;
    Ok(Source {
        rig,
        profiles,
        labware,
        calibrations,
        seed,
        ..empty(simulated)
    })
}

/// Where the calibration records of a source's rig lie, which was read from this path.
pub fn records_of(path: &Path, source: &Source) -> PathBuf {
    let named = rig::references(&SourceFile {
        name: source.rig.name.clone(),
        text: source.rig.text.clone(),
    });
    calibrations::folder(
        path,
        named.calibrations.as_deref(),
        &named.name.unwrap_or_default(),
    )
}

/// A source of nothing yet.
pub fn empty(simulated: bool) -> Source {
    let nothing = || FileText {
        name: String::new(),
        text: String::new(),
    };
    Source {
        run: RunId(String::new()),
        protocol: nothing(),
        rig: nothing(),
        profiles: BTreeMap::new(),
        labware: Vec::new(),
        files: BTreeMap::new(),
        today: (!simulated).then(crate::clock::today),
        release: None,
        commissioning: None,
        calibrations: Vec::new(),
        parameters: BTreeMap::new(),
        seed: 0,
        simulated,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Reads a protocol into a source, with the files that it names: all of them lie in its folder or below. Its release
/// state is judged by the record beside it.
///
/// # Errors
/// When the protocol itself is missing, or the release record is damaged; what the protocol names is reported at its
/// place by check.
pub fn read_protocol(
    source: &mut Source,
    path: &Path,
    parameters: BTreeMap<String, String>,
) -> Result<(), CliError> {
    source.protocol = read(path)?;
    source.parameters = parameters;
    source.files = BTreeMap::new();
    // What is released is what is named when no parameter is given; a run may name other files.
    bring(source, path, BTreeMap::new());
    bring(source, path, source.parameters.clone());
    let record = release_record(path)?;
    let judged = release::judge(source, record.as_deref());
    source.release = Some(judged.map_err(|why| {
        let file = release_path(path);
        CliError::new(Exit::Refused, format!("{}: {why}", file.display()))
    })?);
    Ok(())
}

/// Brings every file that a protocol names with these parameters.
fn bring(source: &mut Source, path: &Path, parameters: BTreeMap<String, String>) {
    let folder = path.parent().unwrap_or(Path::new(""));
    let file = SourceFile {
        name: source.protocol.name.clone(),
        text: source.protocol.text.clone(),
    };
    let mut inputs = protocol::Inputs::with(parameters);
    loop {
        let wanted = protocol::wanted(&file, &inputs);
        if wanted.is_empty() {
            return;
        }
        for name in wanted {
            match below(folder, &name) {
                Ok(text) => {
                    inputs.files.add(&name, text.text.clone());
                    source.files.insert(name, text);
                }
                Err(why) => inputs.files.refuse(&name, why),
            }
        }
    }
}

/// Where the release record of a protocol lies: `growth.release.toml` beside `growth.toml`.
pub fn release_path(protocol: &Path) -> PathBuf {
    protocol.with_extension("release.toml")
}

/// Text of the release record beside a protocol, if there is one.
///
/// # Errors
/// When it is there and cannot be read.
pub fn release_record(protocol: &Path) -> Result<Option<String>, CliError> {
    let path = release_path(protocol);
    if !path.exists() {
        return Ok(None);
    }
    read(&path).map(|file| Some(file.text))
}

/// A file below a folder, links followed.
fn below(folder: &Path, name: &str) -> Result<FileText, String> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let path = folder.join(name);
    let real = |path: &Path| path.canonicalize().map_err(|e| e.to_string());
    if !real(&path)?.starts_with(real(folder)?) {
        return Err("it is a link that leaves the protocol's own folder".into());
    }
    let text = read(&path).map_err(|e| e.message)?;
    Ok(FileText {
        name: name.to_owned(),
        text: text.text,
    })
}

/// Values of parameters: those of a file, if one is named, then those of the command line.
///
/// # Errors
/// When the file is no flat table of values, or an argument has no equals sign.
pub fn parameters(given: &args::Parameters) -> Result<BTreeMap<String, String>, CliError> {
    let mut values = match &given.parameter_file {
        Some(path) => {
            let file = read(path)?;
            values_of(&file.text)
                .map_err(|why| CliError::new(Exit::Usage, format!("{}: {why}", file.name)))?
        }
        None => BTreeMap::new(),
    };
    values.extend(pairs(&given.parameters)?);
    Ok(values)
}

/// A flat TOML table as texts.
fn values_of(text: &str) -> Result<BTreeMap<String, String>, String> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
    table
        .into_iter()
        .map(|(name, value)| match value {
            toml::Value::String(text) => Ok((name, text)),
            toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => {
                Ok((name, value.to_string()))
            }
            other => Err(format!(
                "`{name}` is a {}; a file of parameters is one flat table, as plates = 8",
                other.type_str()
            )),
        })
        .collect()
}

/// Splits `name=value` arguments.
///
/// # Errors
/// When one has no equals sign.
pub fn pairs(given: &[String]) -> Result<BTreeMap<String, String>, CliError> {
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
    let mut files = vec![file];
    files.extend(named_files(&source));
    let text = render(&diagnostics, &files, std::io::stderr().is_terminal());
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

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
