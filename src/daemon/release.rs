//! What may run on real instruments: released protocols, and others when somebody answers for it.

use super::assemble::file;
use crate::protocol::{self, Inputs};
use crate::rig::Rig;
use crate::run::{Release, ReleaseRecord, Source, Unreleased, fingerprint};
use std::collections::{BTreeMap, BTreeSet};

/// Files that a protocol names when no parameter is given, among those of a source: with its text, what is released.
/// Files that only a parameter brings are data of one run.
fn released_files(source: &Source) -> BTreeSet<String> {
    let protocol = file(&source.protocol);
    let mut inputs = Inputs::default();
    let mut named = BTreeSet::new();
    loop {
        let wanted = protocol::wanted(&protocol, &inputs);
        if wanted.is_empty() {
            return named;
        }
        for path in wanted {
            match source.files.get(&path) {
                Some(text) => {
                    inputs.files.add(&path, text.text.clone());
                    named.insert(path);
                }
                None => inputs.files.refuse(&path, "it was not brought".into()),
            }
        }
    }
}

/// SHA-256 of what a protocol's release is about.
pub fn fingerprint_of(source: &Source) -> String {
    let named = released_files(source);
    let files: BTreeMap<_, _> = source
        .files
        .iter()
        .filter(|(path, _)| named.contains(*path))
        .map(|(path, text)| (path.clone(), text.clone()))
        .collect();
    fingerprint(&source.protocol, &files)
}

/// The release state of a source, by the record that lies beside its protocol.
///
/// # Errors
/// When the record cannot be read.
pub fn judge(source: &Source, record: Option<&str>) -> Result<Release, String> {
    let record = match record {
        Some(text) => ReleaseRecord::parse(text).map_err(|why| {
            format!("the release record beside the protocol is damaged: {why}\nmend it, or write a fresh one with plated release")
        })?,
        None => ReleaseRecord::default(),
    };
    Ok(record.judge(fingerprint_of(source)))
}

/// Whether a rig's instruments are real: not simulated in this process, and not served by `plated sim`.
pub fn is_real(source: &Source, rig: &Rig) -> bool {
    !source.simulated && rig.clock.is_none()
}

/// Lets a source run, or says why not: on a real rig a protocol is released, or `unreleased` answers for it.
///
/// # Errors
/// What to do about it.
pub fn admit(source: &mut Source, rig: &Rig, unreleased: Option<Unreleased>) -> Result<(), String> {
    let real = is_real(source, rig);
    let name = source.protocol.name.clone();
    let Some(release) = &mut source.release else {
        return Err(format!("nobody judged the release state of {name}"));
    };
    // Without samples there is nothing that a protocol could spoil.
    let tries = source.commissioning.as_ref().is_some_and(|c| c.dry || c.water);
    if !real || tries || release.state == crate::run::ReleaseState::Released {
        return Ok(());
    }
    match unreleased {
        Some(who) if who.by.trim().is_empty() || who.reason.trim().is_empty() => {
            Err("--unreleased wants a name and a reason, neither empty".into())
        }
        Some(who) => {
            release.unreleased = Some(who);
            Ok(())
        }
        None => Err(format!(
            "{name} is not released for a real rig ({}); nothing has moved\n\
             Release it with: plated release {name} --state released --by NAME\n\
             An engineer may run it all the same, which the run records: --unreleased NAME REASON\n\
             A simulated run needs no release: --simulate",
            release.in_words()
        )),
    }
}

#[cfg(test)]
#[path = "release_tests.rs"]
mod tests;
