//! `plated check`: every problem of protocols, at its place, for people, scripts and CI systems.

mod json;
mod junit;

use super::args::{self, Format};
use super::exit::{CliResult, Exit};
use super::files::{parameters, read_protocol, read_rig};
use crate::daemon::wear::service_notices;
use crate::daemon::{assemble, named_files, plan};
use crate::report::{WasteUse, wastes};
use crate::source::{Diagnostic, Severity, SourceFile, render};
use crate::units::Day;
use std::io::IsTerminal;

/// What was found in one protocol, or in the rig that all of them are for.
struct Checked {
    /// File as typed.
    name: String,
    diagnostics: Vec<Diagnostic>,
    /// Every file that a diagnostic may be about.
    files: Vec<SourceFile>,
    /// What a sound protocol comes to, one line.
    sound: Option<String>,
    /// Wastes that something goes into during its run.
    wastes: Vec<WasteUse>,
}

impl Checked {
    fn errors(&self) -> usize {
        let errors = self.diagnostics.iter();
        errors.filter(|d| d.severity == Severity::Error).count()
    }
    /// Problems of one severity, laid out.
    fn shown(&self, severity: Severity, colour: bool) -> String {
        let found: Vec<Diagnostic> = self
            .diagnostics
            .iter()
            .filter(|d| d.severity == severity)
            .cloned()
            .collect();
        render(&found, &self.files, colour)
    }
}

/// Prints every problem; refuses when there is an error.
pub fn check(arguments: &args::Check) -> CliResult {
    let source = read_rig(&arguments.rig, 0, false)?;
    let values = parameters(&arguments.parameters)?;
    let assembled = assemble(&source);
    let rig = Checked {
        name: source.rig.name.clone(),
        diagnostics: assembled.diagnostics,
        files: assembled.files,
        sound: None,
        wastes: Vec::new(),
    };
    let broken = rig.errors() > 0;
    let mut checked = Vec::new();
    for path in &arguments.protocols {
        let mut source = source.clone();
        read_protocol(&mut source, path, values.clone())?;
        let mut one = Checked {
            name: source.protocol.name.clone(),
            diagnostics: Vec::new(),
            files: named_files(&source),
            sound: None,
            wastes: Vec::new(),
        };
        if let Some(rig) = assembled.rig.as_ref().filter(|_| !broken) {
            let (planned, found, file) = plan(&source, rig, &assembled.library);
            one.diagnostics = found;
            one.files.insert(0, file);
            if let Some((plan, schedule)) = &planned {
                one.wastes = wastes(plan, schedule);
            }
            one.sound = planned.map(|(plan, schedule)| {
                let released = source
                    .release
                    .as_ref()
                    .map_or_else(String::new, |r| format!(" Release state: {}.", r.in_words()));
                format!(
                    "{} operations on {} plates, {} planned.{released}",
                    plan.operations.len(),
                    plan.plates.len(),
                    schedule.makespan
                )
            });
        }
        checked.push(one);
    }
    let refused = broken || checked.iter().any(|c| c.errors() > 0);
    if let Some(rig) = assembled.rig.as_ref().filter(|_| !broken) {
        let today = source.today.as_deref().and_then(Day::parse);
        for notice in service_notices(&arguments.runs, rig, today) {
            eprintln!("{notice}");
        }
    }
    let format = if arguments.json {
        Format::Json
    } else {
        arguments.format
    };
    match format {
        Format::Text => text(&rig, &checked),
        Format::Json => super::out::line(&json::document(&rig, &checked)),
        Format::Junit => super::out::text(&junit::document(&rig, &checked)),
    }
    Ok(if refused { Exit::Refused } else { Exit::Done })
}

fn text(rig: &Checked, checked: &[Checked]) {
    let colour = std::io::stdout().is_terminal();
    super::out::text(&render(&rig.diagnostics, &rig.files, colour));
    for one in checked {
        super::out::text(&render(&one.diagnostics, &one.files, colour));
        let line = match (&one.sound, one.errors()) {
            (Some(sound), 0) => format!("{}: sound. {sound}", one.name),
            (None, 0) => format!(
                "{}: not checked, since its rig {} is refused.",
                one.name, rig.name
            ),
            (_, 1) => format!("{}: refused, 1 error.", one.name),
            (_, errors) => format!("{}: refused, {errors} errors.", one.name),
        };
        super::out::line(&line);
        let clock = |at| super::plan::clock(at).trim_start().to_owned();
        let emptied = one.wastes.iter().filter(|w| !w.emptied.is_empty());
        for waste in emptied.filter(|_| one.errors() == 0) {
            super::out::line(&format!("  {}", waste.in_words(clock)));
        }
    }
    let all = || std::iter::once(rig).chain(checked).flat_map(|c| &c.diagnostics);
    let first = all()
        .find(|d| d.severity == Severity::Error)
        .or_else(|| all().next());
    if let Some(first) = first {
        super::out::line(&format!("More about a problem: plated explain {}", first.code));
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
