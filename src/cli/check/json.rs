//! Problems as an array for scripts and editors.

use super::Checked;
use crate::source::{Diagnostic, Severity, SourceFile};
use serde_json::{Value, json};
use std::ops::Range;

/// An object for each problem, in the order in which they are printed.
pub fn array<'a>(checked: impl Iterator<Item = &'a Checked>) -> String {
    let rows: Vec<Value> = checked
        .flat_map(|c| c.diagnostics.iter().map(|d| object(d, &c.files)))
        .collect();
    serde_json::to_string_pretty(&rows).unwrap_or_default()
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
