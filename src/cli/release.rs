//! `plated release`: who says of a protocol, as it stands, that it is a draft, validated or released.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::{empty, read_protocol, release_path, release_record};
use crate::clock;
use crate::run::{ReleaseEntry, ReleaseRecord, ReleaseState};
use std::collections::BTreeMap;

/// Adds a statement to the record beside the protocol.
pub fn release(arguments: &args::Release) -> CliResult {
    let by = arguments.by.trim();
    if by.is_empty() {
        return Err(CliError::new(Exit::Usage, "--by wants the name of who says so"));
    }
    let path = &arguments.protocol;
    let mut source = empty(true);
    read_protocol(&mut source, path, BTreeMap::new())?;
    let missing = crate::protocol::wanted(
        &crate::source::SourceFile {
            name: source.protocol.name.clone(),
            text: source.protocol.text.clone(),
        },
        &crate::daemon::inputs(&source),
    );
    if !missing.is_empty() {
        let missing: Vec<_> = missing.into_iter().collect();
        let text = format!(
            "{} names files that could not be read: {}; nothing was recorded",
            source.protocol.name,
            missing.join(", ")
        );
        return Err(CliError::new(Exit::Refused, text));
    }
    let state = match arguments.state.as_str() {
        "released" => ReleaseState::Released,
        "validated" => ReleaseState::Validated,
        _ => ReleaseState::Draft,
    };
    let refused = |why: String| CliError::new(Exit::Refused, why);
    let mut record = match release_record(path)? {
        Some(text) => ReleaseRecord::parse(&text).map_err(refused)?,
        None => ReleaseRecord::default(),
    };
    let sha256 = source.release.map(|r| r.sha256).unwrap_or_default();
    record.history.push(ReleaseEntry {
        state,
        sha256: sha256.clone(),
        by: by.to_owned(),
        at: clock::wall_now().to_string(),
        note: arguments.note.clone(),
    });
    let text = record.print().map_err(refused)?;
    let file = release_path(path);
    // Renamed into place: a history that was cut short would be lost.
    let fresh = file.with_extension("new");
    std::fs::write(&fresh, text)
        .and_then(|()| std::fs::rename(&fresh, &file))
        .map_err(|e| CliError::new(Exit::Usage, format!("could not write {}: {e}", file.display())))?;
    super::out::line(&format!(
        "{} is {} from now on",
        path.display(),
        record.judge(sha256).in_words()
    ));
    Ok(Exit::Done)
}
