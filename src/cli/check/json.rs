//! Problems and what a sound protocol comes to, for scripts and editors.

use super::Checked;
use crate::source::{Diagnostic, Severity, SourceFile};
use serde_json::{Value, json};
use std::ops::Range;

/// An object for each problem, in the order in which they are printed, and one for each protocol.
pub fn document(rig: &Checked, checked: &[Checked]) -> String {
    let problems: Vec<Value> = std::iter::once(rig)
        .chain(checked)
        .flat_map(|c| c.diagnostics.iter().map(|d| object(d, &c.files)))
        .collect();
    let protocols: Vec<Value> = checked.iter().map(protocol).collect();
    let document = json!({ "problems": problems, "protocols": protocols });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn protocol(checked: &Checked) -> Value {
    json!({
        "file": checked.name,
        "errors": checked.errors(),
        "sound": checked.sound,
        "wastes": checked.wastes,
    })
}

fn object(d: &Diagnostic, files: &[SourceFile]) -> Value {
    let file = files.iter().find(|f| f.name == d.file);
    let at = |offset: usize| file.map_or((0, 0), |f| f.line_column(offset));
    let end = |span: &Range<usize>| {
        let (line, column) = at(span.end.max(span.start));
        json!({ "line": line, "column": column })
    };
    let (line, column) = at(d.span.start);
    let others: Vec<Value> = d
        .others
        .iter()
        .map(|other| {
            let (line, column) = at(other.span.start);
            json!({ "line": line, "column": column, "end": end(&other.span), "text": other.text })
        })
        .collect();
    json!({
        "file": d.file,
        "code": d.code,
        "severity": if d.severity == Severity::Error { "error" } else { "warning" },
        "message": d.message,
        "line": line,
        "column": column,
        "end": end(&d.span),
        "label": d.label,
        "help": d.help,
        "others": others,
    })
}
