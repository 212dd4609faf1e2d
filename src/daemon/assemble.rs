//! From the texts of files to rig, labware, plan and schedule, with every problem on the way.

use super::calibrated::uncalibrated;
use crate::labware::Library;
use crate::plan::{Plan, Schedule, StepId};
use crate::protocol;
use crate::rig::{self, CalibrationRecord, Rig, VerificationRecord};
use crate::run::{self, FileText, Source};
use crate::schedule::{self, ScheduleError};
use crate::source::{Diagnostic, Document, Severity, SourceFile, Value};
use crate::units::Day;
use std::ops::Range;

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

pub(super) fn file(text: &FileText) -> SourceFile {
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
    let (mut rig, mut found) = rig::parse(&rig_file, &profiles);
    diagnostics.append(&mut found);
    if let Some(rig) = &mut rig {
        rig.slow = source.commissioning.as_ref().and_then(|c| c.slow);
    }
    let records: Vec<SourceFile> = source.calibrations.iter().map(file).collect();
    for record in &records {
        if VerificationRecord::is_in(record) {
            diagnostics.append(&mut verified(record, rig.as_mut(), source));
        } else {
            diagnostics.append(&mut recorded(record, rig.as_mut()));
        }
    }
    if let Some(rig) = &mut rig {
        rig.heed_verifications();
    }
    let mut files = vec![rig_file];
    files.extend(profiles.into_values());
    files.extend(labware);
    files.extend(records);
    Assembled {
        rig,
        library,
        diagnostics,
        files,
    }
}

/// Puts a calibration record in the place of what the rig file says of its instrument.
fn recorded(file: &SourceFile, rig: Option<&mut Rig>) -> Vec<Diagnostic> {
    let (record, mut found) = CalibrationRecord::parse(file);
    if let (Some(record), Some(rig)) = (record, rig) {
        if record.rig != rig.name || !rig.instruments.contains_key(&record.instrument) {
            let message = format!(
                "this record is of \"{}\" on the rig \"{}\"; the rig \"{}\" has no such instrument",
                record.instrument, record.rig, rig.name
            );
            let stray = Diagnostic::error("calibration", &file.name, 0..0, message);
            found.push(stray.help("take it out of the folder of this rig's records"));
        } else {
            rig.calibration.replace(&record.instrument, record.calibration);
        }
    }
    found
}

/// Puts a verification record in force. What was found on simulated instruments counts for them alone.
fn verified(file: &SourceFile, rig: Option<&mut Rig>, source: &Source) -> Vec<Diagnostic> {
    let (record, mut found) = VerificationRecord::parse(file);
    if let (Some(record), Some(rig)) = (record, rig) {
        if record.rig != rig.name || !rig.has_pipette(&record.instrument, &record.pipette) {
            let message = format!(
                "this record is of the pipette \"{}\" of \"{}\" on the rig \"{}\"; the rig \"{}\" has no such pipette",
                record.pipette, record.instrument, record.rig, rig.name
            );
            let stray = Diagnostic::error("verification", &file.name, 0..0, message);
            found.push(stray.help("take it out of the folder of this rig's records"));
        } else if record.simulated && !source.simulated && rig.clock.is_none() {
            let message = format!(
                "this record was found on a simulated \"{}\": it says nothing of the real one, and is not heeded",
                record.pipette
            );
            let stray = Diagnostic::error("verification", &file.name, 0..0, message).warning();
            found.push(stray.help("only simulated runs heed it"));
        } else {
            let key = (record.pipette.clone(), record.tips.clone(), record.class.clone());
            rig.verifications.records.insert(key, record);
        }
    }
    found
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
    let Some(plan) = built.plan.filter(|_| sound) else {
        return (None, diagnostics, protocol);
    };
    let today = source.today.as_deref().and_then(Day::parse);
    let unknown = uncalibrated(&plan, rig, today);
    if !unknown.is_empty() {
        diagnostics.retain(|d| d.severity == Severity::Error);
        diagnostics.extend(unknown.into_iter().map(|u| {
            let span = place_of(&u.phase.step, &protocol);
            Diagnostic::error("calibration", &protocol.name, span, u.message).help(u.help)
        }));
        return (None, diagnostics, protocol);
    }
    let plan = match &source.commissioning {
        Some(how) => plan.commissioned(how, rig),
        None => plan,
    };
    let planned = match schedule::schedule(&plan) {
        Ok(schedule) => {
            let broken = schedule::broken(&plan, &schedule);
            let dry = run::evaporated(&plan, &schedule, rig, library);
            let kept = broken.is_empty() && dry.is_empty();
            diagnostics.extend(dry.into_iter().map(|d| dried(&d, &plan, &protocol)));
            let conflict = (!broken.is_empty()).then(|| schedule::conflict(&plan)).flatten();
            let told = broken
                .into_iter()
                .map(|b| unkept(b, conflict.as_ref(), &protocol));
            diagnostics.extend(told);
            kept.then_some((plan, schedule))
        }
        Err(error) => {
            let conflict = schedule::conflict(&plan);
            let d = unscheduled(&error, &plan, &protocol);
            diagnostics.push(in_conflict(d, conflict.as_ref(), &protocol));
            None
        }
    };
    if planned.is_none() {
        diagnostics.retain(|d| d.severity == Severity::Error);
    }
    (planned, diagnostics, protocol)
}

/// A promise that the schedule does not keep, at its place.
fn unkept(
    broken: schedule::Broken,
    conflict: Option<&schedule::Conflict>,
    protocol: &SourceFile,
) -> Diagnostic {
    let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let span = match broken.place {
        Some((from, to)) => at(from)..at(to),
        None => place_of(&broken.step, protocol),
    };
    let file = broken.file.unwrap_or_else(|| protocol.name.clone());
    let d = Diagnostic::error(broken.code, &file, span, broken.message).help(broken.help);
    in_conflict(d, conflict, protocol)
}

/// A diagnostic with the windows that cannot hold together, each at its place.
fn in_conflict(
    mut d: Diagnostic,
    conflict: Option<&schedule::Conflict>,
    protocol: &SourceFile,
) -> Diagnostic {
    let Some(conflict) = conflict else { return d };
    let own = d.span.clone();
    d.message = format!("{}; {}", d.message, conflict.in_words());
    for window in conflict.windows.iter().filter(|w| w.file.is_none()) {
        let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let span = match window.place {
            Some((from, to)) => at(from)..at(to),
            None => place_of(&window.step, protocol),
        };
        if span != own && d.file == protocol.name {
            d = d.other(span, "in conflict with this");
        }
    }
    d
}

/// A well that has lost too much by the time it is drawn from.
fn dried(dry: &run::Dry, plan: &Plan, protocol: &SourceFile) -> Diagnostic {
    let operation = plan.operations.get(dry.operation.index());
    let span = operation.map_or(0..0, |o| place_of(&o.step, protocol));
    let message = format!(
        "well {} of {} would fall to {} here, since {} may have evaporated by then; {} must stay",
        dry.well, dry.name, dry.left, dry.lost, dry.must_stay
    );
    Diagnostic::error("evaporation", &protocol.name, span, message)
        .help("fill in more, keep a lid or seal on, or do it earlier")
}

/// A plan without a schedule, at the step that does not fit.
fn unscheduled(error: &ScheduleError, plan: &Plan, protocol: &SourceFile) -> Diagnostic {
    let (code, operation) = match error {
        ScheduleError::Cadence { operation, .. } => ("cadence", Some(operation)),
        ScheduleError::Delay { operation, .. } => ("window", Some(operation)),
        ScheduleError::Unsound(_) | ScheduleError::TooMuchWork(_) => ("schedule", None),
    };
    let operation = operation.and_then(|o| plan.operations.get(o.index()));
    let span = operation.map_or(0..0, |o| place_of(&o.step, protocol));
    let text = error.to_string();
    match text.rsplit_once("; ") {
        Some((what, help)) => Diagnostic::error(code, &protocol.name, span, what).help(help),
        None => Diagnostic::error(code, &protocol.name, span, text),
    }
}

/// Where a step's name stands; of a step of a called file, where it is called.
fn place_of(step: &StepId, protocol: &SourceFile) -> Range<usize> {
    let step = step.as_str();
    let document = Document::parse(protocol);
    let steps = document.root().get("steps").and_then(|v| v.as_list());
    let named = |id: &Value<'_>| {
        let name = id.as_text()?;
        let rest = step.strip_prefix(name.as_str())?;
        // A step of a called file is named after the step that calls it.
        (rest.is_empty() || rest.starts_with('-')).then_some(name.len())
    };
    let ids = steps
        .into_iter()
        .flatten()
        .filter_map(|s| s.as_table()?.get("id"));
    ids.filter_map(|id| Some((named(&id)?, id)))
        .max_by_key(|(length, _)| *length)
        .map_or(0..0, |(_, id)| id.span)
}

#[cfg(test)]
#[path = "assemble_tests.rs"]
mod tests;
