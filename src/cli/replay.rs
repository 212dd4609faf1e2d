//! `plated replay`: the journal of a run or of a bundle as text, its verification, and what it left made once more.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::out::still_read;
use crate::daemon::{Bundle, RunFolder, again};
use crate::formats::clean as sanitise;
use crate::journal::{Anchored, Head, Reader, Tail, compare, kept_aside};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A run to look at, wherever it lies.
struct Run {
    place: PathBuf,
    journal: Vec<u8>,
    anchors: Vec<Head>,
    /// Where the anchors were looked for.
    anchored_in: String,
    /// Damaged ends that were cut off earlier.
    aside: Vec<String>,
    /// Captures of what went over its links.
    captures: Vec<String>,
    /// What is wrong with the bundle itself.
    wrong: Vec<String>,
    files: BTreeMap<String, Vec<u8>>,
}

/// Prints or verifies a journal, or makes its run's files again.
pub fn replay(arguments: &args::Replay) -> CliResult {
    let run = open(&arguments.run, arguments.out.is_some())?;
    for aside in &run.aside {
        eprintln!("plated: a damaged end of this journal was cut off earlier and is kept in {aside}");
    }
    if !run.captures.is_empty() {
        eprintln!(
            "plated: what went over its links was captured: {}",
            run.captures.join(", ")
        );
    }
    if arguments.verify {
        return verified(&run);
    }
    if let Some(out) = &arguments.out {
        return made_again(&run, out);
    }
    let mut reader = Reader::new(&run.journal);
    for entry in reader.by_ref() {
        let event = serde_json::to_string(&entry.event).unwrap_or_default();
        let (n, at) = (entry.sequence, entry.at);
        let line = if arguments.json {
            format!("{{\"sequence\":{n},\"at_us\":{},\"record\":{event}}}", at.as_us())
        } else {
            let short: String = sanitise(&event).chars().take(160).collect();
            format!("{n:>6}  {at}  {short}")
        };
        if !still_read(&line) {
            return Ok(Exit::Done);
        }
    }
    match reader.tail() {
        Tail::Clean => Ok(Exit::Done),
        tail => Err(CliError::new(Exit::Failed, in_words(&tail))),
    }
}

fn open(run: &str, with_files: bool) -> Result<Run, CliError> {
    let usage = |text: String| CliError::new(Exit::Usage, text);
    let path = Path::new(run);
    if path.is_file() {
        let bundle = Bundle::open(path).map_err(|e| CliError::new(Exit::Failed, e.to_string()))?;
        let files = bundle.run_files();
        let aside = files.filter(|(name, _)| name.starts_with("journal.damaged-at-"));
        let captures = bundle.run_files().map(|(name, _)| name);
        let captures = captures.filter(|name| name.starts_with("capture/"));
        return Ok(Run {
            captures: captures.map(|name| format!("run/{name}")).collect(),
            place: path.to_owned(),
            journal: bundle.journal().to_vec(),
            anchors: bundle.anchors(),
            anchored_in: format!("{run}, anchors"),
            aside: aside.map(|(name, _)| format!("{run}, run/{name}")).collect(),
            wrong: bundle.wrong().to_vec(),
            files: bundle
                .run_files()
                .map(|(name, bytes)| (name.to_owned(), bytes.to_vec()))
                .collect(),
        });
    }
    let folder = RunFolder::open(Path::new("runs"), run).map_err(|e| usage(e.to_string()))?;
    let place = folder.journal();
    let journal =
        std::fs::read(&place).map_err(|e| usage(format!("could not read {}: {e}", place.display())))?;
    let aside = kept_aside(&place);
    let mut files = BTreeMap::new();
    if with_files {
        let bundle = Bundle::of(&folder).map_err(|e| CliError::new(Exit::Failed, e.to_string()))?;
        let owned = |(name, bytes): (&str, &[u8])| (name.to_owned(), bytes.to_vec());
        files = bundle.run_files().map(owned).collect();
    }
    Ok(Run {
        captures: captured(&folder),
        journal,
        anchors: folder.read_anchors(),
        anchored_in: folder.anchor().display().to_string(),
        aside: aside.iter().map(|p| p.display().to_string()).collect(),
        wrong: Vec::new(),
        files,
        place,
    })
}

/// The captures in a run's folder.
fn captured(folder: &RunFolder) -> Vec<String> {
    let entries = folder.captures().and_then(|f| std::fs::read_dir(f).ok());
    let names = entries.into_iter().flatten().flatten().map(|e| e.path());
    let mut names: Vec<String> = names.map(|p| p.display().to_string()).collect();
    names.sort();
    names
}

/// The first bad record.
fn in_words(tail: &Tail) -> String {
    match tail {
        Tail::Clean => "nothing is wrong".into(),
        Tail::Foreign {
            sequence,
            offset,
            error,
        } => format!("record {sequence} at byte {offset} cannot be read: {error}"),
        Tail::Damaged {
            sequence,
            offset,
            error,
            later,
        } => {
            let sound = sequence.saturating_sub(1);
            let later = later.map_or(String::new(), |later| {
                format!("; record {later} further on is sound too, so this is damage to what was durable, no torn end")
            });
            format!(
                "record {sequence} at byte {offset} is damaged: {error}; the {sound} before it are sound{later}"
            )
        }
    }
}

fn verified(run: &Run) -> CliResult {
    let failed = |text: String| Err(CliError::new(Exit::Failed, text));
    let mut reader = Reader::new(&run.journal);
    let mut anchored = Anchored::new(&run.anchors);
    for entry in reader.by_ref() {
        anchored.see(Head {
            sequence: entry.sequence,
            hash: entry.hash,
        });
    }
    let compared = compare(&anchored, reader.head());
    let mut wrong = run.wrong.clone();
    if reader.tail() != Tail::Clean {
        wrong.push(in_words(&reader.tail()));
    }
    if let Err(error) = compared {
        wrong.push(format!("{error} (anchors: {})", run.anchored_in));
    }
    if !wrong.is_empty() {
        return failed(wrong.join("\n"));
    }
    let Head { sequence, hash } = reader.head();
    let proven = match run.anchors.iter().map(|a| a.sequence).max() {
        None => "there is no anchor to compare with".to_owned(),
        Some(last) => format!(
            "all {} anchors agree, the last at record {last}",
            anchored.found()
        ),
    };
    super::out::line(&format!("{sequence} records, chain sound; {proven}. Head {hash}"));
    Ok(Exit::Done)
}

fn made_again(run: &Run, out: &Path) -> CliResult {
    let files = run
        .files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    let again = again(&run.place, &run.journal, files, out)
        .map_err(|e| CliError::new(Exit::Failed, e.to_string()))?;
    if let Some(damage) = &again.damage {
        eprintln!("plated: {damage}; what the sound records before it say was made");
    }
    if again.different.is_empty() {
        super::out::line(&format!(
            "{}: made from {} records; {} files, each the same bytes as the run's own",
            out.display(),
            again.records,
            again.same.len()
        ));
        return Ok(Exit::Done);
    }
    let text = format!(
        "made from {} records in {}; these differ from the run's own: {}",
        again.records,
        out.display(),
        again.different.join(", ")
    );
    Err(CliError::new(Exit::Failed, text))
}
