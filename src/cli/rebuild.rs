//! `plated rebuild`: the database of a run, anew from its journal.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use crate::daemon::{self, RunFolder};
use std::path::Path;

/// Makes a run's database anew.
pub fn rebuild(arguments: &args::Rebuild) -> CliResult {
    let folder = RunFolder::open(Path::new("runs"), &arguments.run)
        .map_err(|e| CliError::new(Exit::Usage, e.to_string()))?;
    let again = daemon::rebuild(&folder).map_err(|e| CliError::new(Exit::Failed, e.to_string()))?;
    let rows: usize = again.rows.values().sum();
    let compared = match (again.same.is_empty(), again.different.as_slice()) {
        (true, []) => "there was none before".to_owned(),
        (_, []) => "every row is as before".to_owned(),
        (_, different) => format!("changed since: {}", different.join(", ")),
    };
    super::out::line(&format!(
        "{}: {} tables, {rows} rows from {} records; {compared}",
        folder.database().display(),
        again.rows.len(),
        again.records
    ));
    match again.damage {
        None => Ok(Exit::Done),
        Some(damage) => Err(CliError::new(
            Exit::Failed,
            format!("{damage}; the database holds what the sound records before it say"),
        )),
    }
}
