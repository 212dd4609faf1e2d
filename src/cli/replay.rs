//! `plated replay`: the journal of a run as text, and its verification.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::out::still_read;
use crate::daemon::RunFolder;
use crate::formats::clean as sanitise;
use crate::journal::{Recovered, Tail, verify};
use std::path::Path;

/// Prints or verifies a journal.
pub fn replay(arguments: &args::Replay) -> CliResult {
    let folder = RunFolder::open(Path::new("runs"), &arguments.run)
        .map_err(|e| CliError::new(Exit::Usage, e.to_string()))?;
    let path = folder.journal();
    let bytes = std::fs::read(&path)
        .map_err(|e| CliError::new(Exit::Usage, format!("could not read {}: {e}", path.display())))?;
    let recovered = verify(&bytes);
    if arguments.verify {
        return verified(&folder, &recovered);
    }
    for entry in &recovered.entries {
        let event = serde_json::to_string(&entry.event).unwrap_or_default();
        let (n, at) = (entry.sequence, entry.at);
        let line = if arguments.json {
            format!("{{\"sequence\":{n},\"at_us\":{},\"record\":{event}}}", at.as_us())
        } else {
            let short: String = sanitise(&event).chars().take(160).collect();
            format!("{n:>6}  {at}  {short}")
        };
        if !still_read(&line) {
            break;
        }
    }
    Ok(Exit::Done)
}

fn verified(folder: &RunFolder, recovered: &Recovered) -> CliResult {
    if let Tail::Damaged {
        sequence,
        offset,
        error,
    } = &recovered.tail
    {
        let text = format!(
            "record {sequence} at byte {offset} is damaged: {error}; the {} before it are sound",
            sequence.saturating_sub(1)
        );
        return Err(CliError::new(Exit::Failed, text));
    }
    let anchor = std::fs::read_to_string(folder.anchor()).unwrap_or_default();
    let mut words = anchor.split_whitespace();
    if let (Some(sequence), Some(hash)) = (words.next().and_then(|w| w.parse::<u64>().ok()), words.next()) {
        let found = usize::try_from(sequence)
            .ok()
            .and_then(|n| n.checked_sub(1))
            .and_then(|i| recovered.entries.get(i));
        match found {
            Some(entry) if entry.hash.to_string() == hash => {}
            Some(_) => {
                let text = format!(
                    "record {sequence} is not the one that was anchored: the journal was replaced or edited"
                );
                return Err(CliError::new(Exit::Failed, text));
            }
            None => {
                let text = format!(
                    "the journal ends at record {}, but record {sequence} was anchored: its end is missing",
                    recovered.sequence
                );
                return Err(CliError::new(Exit::Failed, text));
            }
        }
        super::out::line(&format!(
            "{} records, chain sound, anchored at record {sequence}. Head {}",
            recovered.sequence, recovered.hash
        ));
    } else {
        super::out::line(&format!(
            "{} records, chain sound; there is no anchor to compare with. Head {}",
            recovered.sequence, recovered.hash
        ));
    }
    Ok(Exit::Done)
}
