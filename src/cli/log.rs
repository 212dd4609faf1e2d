//! Logs by tracing: quiet on a terminal unless `PLATED_LOG` asks, to a file for the daemon.

use super::exit::{CliError, Exit};
use std::path::Path;
use tracing_subscriber::EnvFilter;

fn filter(usual: &str) -> EnvFilter {
    EnvFilter::try_from_env("PLATED_LOG").unwrap_or_else(|_| EnvFilter::new(usual))
}

/// For programs with a person at the terminal: warnings only, on standard error.
pub fn quiet() {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter("warn"))
        .with_writer(std::io::stderr)
        .try_init();
}

/// For the daemon: one JSON object a line, appended to a file.
///
/// # Errors
/// When the file cannot be opened.
pub fn to_file(path: &Path) -> Result<(), CliError> {
    if let Some(folder) = path.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|e| {
            CliError::new(
                Exit::Usage,
                format!("could not open the log {}: {e}", path.display()),
            )
        })?;
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter("info"))
        .with_writer(file);
    let _ = subscriber.try_init();
    Ok(())
}
