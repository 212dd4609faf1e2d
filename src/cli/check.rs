//! `plated check`: every problem of a protocol, at its place.

use super::args;
use super::exit::{CliResult, Exit};
use super::files::{parameters, read_protocol, read_rig};
use crate::daemon::{assemble, named_files, plan};
use crate::source::{Diagnostic, Severity, SourceFile, render};
use std::io::IsTerminal;

/// Prints every problem; refuses when there is an error.
pub fn check(arguments: &args::Check) -> CliResult {
    let mut source = read_rig(&arguments.rig, 0, false)?;
    let values = parameters(&arguments.protocol.parameters)?;
    read_protocol(&mut source, &arguments.protocol.protocol, values)?;
    let assembled = assemble(&source);
    let mut diagnostics = assembled.diagnostics;
    let mut files = assembled.files;
    let mut planned = None;
    if let Some(rig) = &assembled.rig {
        let (plan, mut found, file) = plan(&source, rig, &assembled.library);
        diagnostics.append(&mut found);
        files.push(file);
        files.extend(named_files(&source));
        planned = plan;
    }
    let errors = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .count();
    if arguments.json {
        super::out::line(&as_json(&diagnostics, &files));
    } else {
        super::out::text(&render(&diagnostics, &files, std::io::stdout().is_terminal()));
        match (&planned, errors) {
            (Some((plan, schedule)), 0) => super::out::line(&format!(
                "{}: sound. {} operations on {} plates, {} planned.",
                source.protocol.name,
                plan.operations.len(),
                plan.plates.len(),
                schedule.makespan
            )),
            _ => {
                let noun = if errors == 1 { "error" } else { "errors" };
                super::out::line(&format!("{}: refused, {errors} {noun}.", source.protocol.name));
            }
        }
    }
    Ok(if errors == 0 { Exit::Done } else { Exit::Refused })
}

fn as_json(diagnostics: &[Diagnostic], files: &[SourceFile]) -> String {
    let rows: Vec<_> = diagnostics
        .iter()
        .map(|d| {
            let file = files.iter().find(|f| f.name == d.file);
            let (line, column) = file.map_or((0, 0), |f| f.line_column(d.span.start));
            serde_json::json!({
                "code": d.code,
                "severity": if d.severity == Severity::Error { "error" } else { "warning" },
                "message": d.message,
                "file": d.file,
                "line": line,
                "column": column,
                "help": d.help,
            })
        })
        .collect();
    serde_json::to_string_pretty(&rows).unwrap_or_default()
}
