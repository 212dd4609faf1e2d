//! `plated bundle`: a run in one file.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use crate::daemon::{Bundle, RunFolder};
use std::path::{Path, PathBuf};

/// Packs a run.
pub fn bundle(arguments: &args::Bundle) -> CliResult {
    let folder = RunFolder::open(Path::new("runs"), &arguments.run)
        .map_err(|e| CliError::new(Exit::Usage, e.to_string()))?;
    let out = arguments.out.clone().unwrap_or_else(|| {
        let name = folder.root().file_name().unwrap_or_default();
        PathBuf::from(format!("{}.plated.tar.gz", name.to_string_lossy()))
    });
    let failed = |error: std::io::Error| CliError::new(Exit::Failed, format!("{}: {error}", out.display()));
    if out.exists() {
        let text = format!("{} is there already; give another name with --out", out.display());
        return Err(CliError::new(Exit::Usage, text));
    }
    let bundle = Bundle::of(&folder).map_err(|e| CliError::new(Exit::Failed, e.to_string()))?;
    let bytes = bundle.pack().map_err(failed)?;
    let fresh = out.with_extension("new");
    std::fs::write(&fresh, &bytes)
        .and_then(|()| std::fs::rename(&fresh, &out))
        .map_err(failed)?;
    super::out::line(&format!(
        "{}: {} files, {} bytes. Verify it with: plated replay {} --verify",
        out.display(),
        bundle.count(),
        bytes.len(),
        out.display()
    ));
    Ok(Exit::Done)
}
