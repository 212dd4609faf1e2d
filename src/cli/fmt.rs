//! `plated fmt`: files in the one canonical layout.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::read;
use crate::protocol::format;

/// Lays files out, or tells which are not.
pub fn fmt(arguments: &args::Fmt) -> CliResult {
    let mut formatted = Vec::new();
    for path in &arguments.files {
        let file = read(path)?;
        let text = format(&file.text).map_err(|why| {
            CliError::new(
                Exit::Refused,
                format!("{}: {why}\nnothing was changed", file.name),
            )
        })?;
        if text != file.text {
            formatted.push((path, text));
        }
    }
    for (path, text) in &formatted {
        if arguments.check {
            super::out::line(&format!("{}: not in canonical layout", path.display()));
            continue;
        }
        // Renamed into place, so that a file is never cut short.
        let fresh = path.with_extension("toml.new");
        std::fs::write(&fresh, text)
            .and_then(|()| std::fs::rename(&fresh, path))
            .map_err(|e| CliError::new(Exit::Usage, format!("could not write {}: {e}", path.display())))?;
        super::out::line(&format!("{}: laid out anew", path.display()));
    }
    Ok(if arguments.check && !formatted.is_empty() {
        Exit::Refused
    } else {
        Exit::Done
    })
}
