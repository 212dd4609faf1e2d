//! Journals as files: those of every release are read for ever, runs are rebuilt, packed and replayed elsewhere.

use crate::daemon::{plated, said};
use plated::daemon::assemble;
use plated::journal::{Entry, Tail, verify};
use plated::run::{Event, State};
use std::path::{Path, PathBuf};
use std::process::Output;

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/journals")
}

fn folded(entries: &[Entry]) -> State {
    let source = entries.iter().find_map(|e| match &e.event {
        Event::Started { source } => Some(source.clone()),
        _ => None,
    });
    let rig = assemble(&source.unwrap()).rig.unwrap();
    plated::daemon::live::fold(&rig, entries)
}

/// What a journal says, in a few lines.
fn in_short(entries: &[Entry]) -> String {
    let state = folded(entries);
    let last = entries.last().unwrap();
    let measured = |r: &plated::plan::Reading| r.values.iter().flatten().count();
    let clocks: Vec<String> = state
        .host
        .found
        .iter()
        .map(|(at, found)| format!("clocks {at} {found:?}\n"))
        .collect();
    let told = format!(
        "records {}\nhead {}\nactions {}\noperations {:?}\nreadings {} of {} values\nplates {}\nquestions {}\nending {:?}\nlast {}\n",
        last.sequence,
        last.hash,
        state.actions_done,
        state.progress(),
        state.readings.len(),
        state.readings.iter().map(measured).sum::<usize>(),
        state.belief.places.len(),
        state.next_question,
        state.ending(),
        state.last,
    );
    told + &clocks.concat()
}

#[test]
fn journals_of_every_release_are_read_and_say_what_they_said() {
    let mut found = Vec::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(cases())
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "plj")) {
        let read = verify(&std::fs::read(path).unwrap());
        assert_eq!(read.tail, Tail::Clean, "{}", path.display());
        let said = in_short(&read.entries);
        let expected = path.with_extension("txt");
        if !expected.exists() && std::env::var_os("BLESS").is_some() {
            std::fs::write(&expected, &said).unwrap();
        }
        assert_eq!(
            said,
            std::fs::read_to_string(&expected).unwrap(),
            "{}",
            path.display()
        );
        found.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
    }
    // One for each version of the record format; what was once released is never taken away.
    let versions: Vec<String> = (1..=plated::journal::VERSION)
        .map(|v| format!("record-{v}"))
        .collect();
    assert!(versions.iter().all(|v| found.contains(v)), "{found:?}");
    assert!(found.iter().any(|name| name.starts_with("clocks-")), "{found:?}");
}

/// A folder with rigs and protocols, and a finished run of the drill in `runs/drill`.
fn ran() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["config", "protocols"] {
        std::os::unix::fs::symlink(root.join(name), folder.path().join(name)).unwrap();
    }
    let run = plated(
        folder.path(),
        &[
            "run",
            "protocols/drill.toml",
            "--rig",
            "config/demo-rig.toml",
            "--simulate",
            "--quiet",
            "--out",
            "runs/drill",
        ],
    );
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    folder
}

#[test]
fn a_run_is_packed_and_verified_and_replayed_elsewhere_into_the_same_bytes() {
    let here = ran();
    let at = |arguments: &[&str]| plated(here.path(), arguments);
    let packed = at(&["bundle", "drill", "--out", "a.tar.gz"]);
    assert_eq!(packed.status.code(), Some(0), "{}", said(&packed));
    assert_eq!(
        at(&["bundle", "drill", "--out", "b.tar.gz"]).status.code(),
        Some(0)
    );
    let read = |name: &str| std::fs::read(here.path().join(name)).unwrap();
    assert_eq!(read("a.tar.gz"), read("b.tar.gz"));
    assert_eq!(
        at(&["bundle", "drill", "--out", "b.tar.gz"]).status.code(),
        Some(2),
        "nothing is overwritten"
    );

    // Elsewhere there is nothing but the file and the program.
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(here.path().join("a.tar.gz"), elsewhere.path().join("run.tar.gz")).unwrap();
    let there = |arguments: &[&str]| plated(elsewhere.path(), arguments);
    let verified = there(&["replay", "run.tar.gz", "--verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    assert_eq!(printed(&verified), printed(&at(&["replay", "drill", "--verify"])));
    assert_eq!(
        printed(&there(&["replay", "run.tar.gz"])),
        printed(&at(&["replay", "drill"]))
    );
    let made = there(&["replay", "run.tar.gz", "--out", "again"]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    assert!(
        printed(&made).contains("each the same bytes as the run's own"),
        "{}",
        printed(&made)
    );
    for name in [
        "data/result.json",
        "data/readings.csv",
        "report.html",
        "journal.plj",
    ] {
        let again = std::fs::read(elsewhere.path().join("again").join(name)).unwrap();
        assert_eq!(again, read(&format!("runs/drill/{name}")), "{name}");
    }
    // A table that is not what the journal says is named.
    std::fs::write(here.path().join("runs/drill/data/readings.csv"), "nonsense\n").unwrap();
    let other = at(&["replay", "drill", "--out", "again"]);
    assert_eq!(other.status.code(), Some(1));
    assert!(said(&other).contains("data/readings.csv"), "{}", said(&other));
}

#[test]
fn the_database_is_made_anew_with_the_same_rows() {
    let here = ran();
    let at = |arguments: &[&str]| plated(here.path(), arguments);
    let database = here.path().join("runs/drill/run.db");
    let own = std::fs::read(&database).unwrap();
    let same = at(&["rebuild", "drill"]);
    assert_eq!(same.status.code(), Some(0), "{}", said(&same));
    assert!(
        printed(&same).contains("every row is as before"),
        "{}",
        printed(&same)
    );
    assert_eq!(std::fs::read(&database).unwrap(), own);
    std::fs::remove_file(&database).unwrap();
    let fresh = at(&["rebuild", "drill"]);
    assert!(
        printed(&fresh).contains("there was none before"),
        "{}",
        printed(&fresh)
    );
    assert_eq!(std::fs::read(&database).unwrap(), own);
    std::fs::write(&database, "no database any more").unwrap();
    let mended = at(&["rebuild", "drill"]);
    assert_eq!(mended.status.code(), Some(0), "{}", said(&mended));
    assert_eq!(std::fs::read(&database).unwrap(), own);
}

#[test]
fn verification_names_the_first_bad_record_and_every_anchor_counts() {
    let here = ran();
    let at = |arguments: &[&str]| plated(here.path(), arguments);
    let path = here.path().join("runs/drill/journal.plj");
    let whole = std::fs::read(&path).unwrap();
    let entries = verify(&whole).entries;
    let anchors: String = [10, 50, entries.len()]
        .map(|n| format!("{n} {}\n", entries[n - 1].hash))
        .concat();
    std::fs::write(here.path().join("runs/.anchors/drill.anchor"), &anchors).unwrap();
    let sound = at(&["replay", "drill", "--verify"]);
    assert!(
        printed(&sound).contains("all 3 anchors agree"),
        "{}{}",
        printed(&sound),
        said(&sound)
    );

    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    std::fs::write(&path, &flipped).unwrap();
    let found = at(&["replay", "drill", "--verify"]);
    assert_eq!(found.status.code(), Some(1));
    assert!(
        said(&found).contains("is damaged: its hash does not fit its bytes"),
        "{}",
        said(&found)
    );
    assert_eq!(
        at(&["replay", "drill"]).status.code(),
        Some(1),
        "damage is not passed over in silence"
    );

    // Cut off at a record's end the chain is sound; only the anchors know.
    let end = verify(&whole).length - 1;
    let cut = verify(&whole[..usize::try_from(end).unwrap()]).length;
    std::fs::write(&path, &whole[..usize::try_from(cut).unwrap()]).unwrap();
    let short = at(&["replay", "drill", "--verify"]);
    assert_eq!(short.status.code(), Some(1));
    assert!(said(&short).contains("its end is missing"), "{}", said(&short));

    // An older anchor proves as much as the last.
    std::fs::write(&path, &whole).unwrap();
    let other = anchors.replacen(&entries[9].hash.to_string(), &"ab".repeat(32), 1);
    std::fs::write(here.path().join("runs/.anchors/drill.anchor"), other).unwrap();
    let edited = at(&["replay", "drill", "--verify"]);
    assert!(
        said(&edited).contains("record 10 is not the one that was anchored"),
        "{}",
        said(&edited)
    );
}

#[test]
fn a_journal_of_a_newer_program_is_refused_in_words_and_left_alone() {
    let here = ran();
    let path = here.path().join("runs/drill/journal.plj");
    let mut bytes = std::fs::read(&path).unwrap();
    // A sound record of version 77 after the last one.
    let mut record = Vec::new();
    record.extend_from_slice(&3_u32.to_le_bytes());
    record.extend_from_slice(&(verify(&bytes).sequence + 1).to_le_bytes());
    record.extend_from_slice(&0_u64.to_le_bytes());
    record.extend_from_slice(&77_u16.to_le_bytes());
    record.extend_from_slice(b"new");
    let hash = sha256(&record);
    record.extend_from_slice(&hash);
    bytes.extend_from_slice(&record);
    std::fs::write(&path, &bytes).unwrap();
    for arguments in [
        &["replay", "drill", "--verify"][..],
        &["rebuild", "drill"],
        &["run", "--resume", "drill"],
    ] {
        let refused = plated(here.path(), arguments);
        assert_ne!(refused.status.code(), Some(0), "{arguments:?}");
        if arguments[0] != "run" {
            assert!(
                said(&refused).contains("of record version 77"),
                "{arguments:?}: {}",
                said(&refused)
            );
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{arguments:?}");
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use std::io::Write;
    use std::process::{Command, Stdio};
    // A judge of our own hashing.
    let mut child = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
}
