//! The end of a run on the terminal.

use crate::daemon::Outputs;
use crate::plan::Finding;
use crate::report::{Colours, summary};
use crate::run::State;
use std::io::IsTerminal;

/// For a person.
pub fn text(state: &State, outputs: &Outputs) -> String {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let colours = if colour { Colours::Ansi256 } else { Colours::Plain };
    summary(&outputs.report(state), &outputs.folder, colours)
}

/// For a program.
pub fn as_json(state: &State, outputs: &Outputs) -> String {
    let (done, total) = state.progress();
    let hits: Vec<_> = state
        .findings
        .values()
        .filter_map(|f| match f {
            Finding::Hits { hits, .. } => Some(hits),
            _ => None,
        })
        .flatten()
        .collect();
    let document = serde_json::json!({
        "run": state.source.as_ref().map(|s| s.run.0.clone()),
        "outcome": outputs.outcome,
        "folder": outputs.folder,
        "operations_done": done,
        "operations_total": total,
        "actions": state.actions_done,
        "reads": state.readings.len(),
        "restarts": state.restarts,
        "hits": hits,
        "notes": outputs.notes,
        "files": outputs.files.iter().map(|f| &f.name).collect::<Vec<_>>(),
        "journal": { "records": outputs.head.0, "head": outputs.head.1 },
    });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
