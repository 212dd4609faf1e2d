//! From the texts of files to rig, labware, plan and schedule, with every problem on the way.

use crate::labware::Library;
use crate::plan::{Plan, Schedule};
use crate::protocol;
use crate::rig::{self, Rig};
use crate::run::{FileText, Source};
use crate::schedule;
use crate::source::{Diagnostic, Severity, SourceFile};

/// What the files of a run say.
pub struct Assembled {
    /// The rig, when it is sound.
    pub rig: Option<Rig>,
    /// Built-in labware and the rig's own.
    pub library: Library,
    /// Every problem of rig, profiles and labware.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, for showing the problems in them.
    pub files: Vec<SourceFile>,
}

fn file(text: &FileText) -> SourceFile {
    SourceFile {
        name: text.name.clone(),
        text: text.text.clone(),
    }
}

/// Reads rig, profiles and labware.
pub fn assemble(source: &Source) -> Assembled {
    let labware: Vec<SourceFile> = source.labware.iter().map(file).collect();
    let (library, mut diagnostics) = Library::load(&labware);
    let rig_file = file(&source.rig);
    let profiles = source
        .profiles
        .iter()
        .map(|(path, text)| (path.clone(), file(text)))
        .collect();
    let (rig, mut found) = rig::parse(&rig_file, &profiles);
    diagnostics.append(&mut found);
    let mut files = vec![rig_file];
    files.extend(profiles.into_values());
    files.extend(labware);
    Assembled {
        rig,
        library,
        diagnostics,
        files,
    }
}

/// What the protocol of a source is built from besides its own text.
pub fn inputs(source: &Source) -> protocol::Inputs {
    let mut inputs = protocol::Inputs::with(source.parameters.clone());
    for (path, text) in &source.files {
        inputs.files.add(path, text.text.clone());
    }
    inputs.today.clone_from(&source.today);
    inputs
}

/// Files that the protocol of a source names, for showing the problems in them.
pub fn named_files(source: &Source) -> Vec<SourceFile> {
    source.files.values().map(file).collect()
}

/// Compiles and schedules the protocol for an assembled rig. The plan is there when nothing is wrong.
pub fn plan(
    source: &Source,
    rig: &Rig,
    library: &Library,
) -> (Option<(Plan, Schedule)>, Vec<Diagnostic>, SourceFile) {
    let protocol = file(&source.protocol);
    let built = protocol::build(&protocol, &inputs(source), rig, library);
    let mut diagnostics = built.diagnostics;
    let sound = diagnostics.iter().all(|d| d.severity == Severity::Warning);
    let planned = built
        .plan
        .filter(|_| sound)
        .and_then(|plan| match schedule::schedule(&plan) {
            Ok(schedule) => Some((plan, schedule)),
            Err(error) => {
                diagnostics.push(Diagnostic::error(
                    "schedule",
                    &protocol.name,
                    0..0,
                    error.to_string(),
                ));
                None
            }
        });
    (planned, diagnostics, protocol)
}
