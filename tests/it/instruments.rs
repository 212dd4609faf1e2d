//! `plated instrument`: one instrument by itself, as an engineer meets it who sets a rig up.

use super::daemon::{plated, said, workplace};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const BENCH: [&str; 2] = ["--rig", "config/bench.toml"];

fn instrument(folder: &Path, arguments: &[&str]) -> Output {
    plated(folder, &[&["instrument"], arguments, &BENCH].concat())
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_list_says_of_every_instrument_what_speaks_to_it_and_by_whom_that_was_judged() {
    let folder = workplace();
    let list = printed(&instrument(folder.path(), &["list"]));
    // A line each and the head; then a line of whoever was calibrated.
    assert_eq!(list.lines().count(), 14, "{list}");
    assert!(list.contains("mover: calibrated 2026-10-01"), "{list}");
    let line = |name: &str| list.lines().find(|l| l.starts_with(name)).unwrap().to_owned();
    assert!(line("sealer").contains("profile a4s"), "{list}");
    assert!(line("sealer").contains("from documents only"), "{list}");
    assert!(
        line("heater-shaker").contains("judged by a program of others"),
        "{list}"
    );
    let json = printed(&instrument(folder.path(), &["list", "--json"]));
    let all: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 11);
    assert_eq!(all[0]["name"], "cold-block");
}

#[test]
fn a_test_asks_all_that_can_be_asked_and_its_capture_answers_in_place_of_the_instrument() {
    let folder = workplace();
    let test = instrument(folder.path(), &["test", "thermocycler", "--simulate"]);
    let text = printed(&test);
    assert_eq!(test.status.code(), Some(0), "{text}");
    for what in [
        "ot-thermocycler-2, serial number EMPTYSN",
        "lid  seal",
        "state closed",
        "well",
    ] {
        assert!(text.contains(what), "{what}: {text}");
    }
    let captured = instrument(
        folder.path(),
        &["capture", "thermocycler", "--simulate", "--to", "cycler.txt"],
    );
    assert_eq!(captured.status.code(), Some(0), "{}", said(&captured));
    let traffic = std::fs::read_to_string(folder.path().join("cycler.txt")).unwrap();
    assert!(
        traffic.contains("> M119 \\r\\n") && traffic.contains("< M119 Lid:closed"),
        "{traffic}"
    );
    let again = instrument(
        folder.path(),
        &["capture", "thermocycler", "--simulate", "--to", "cycler.txt"],
    );
    assert_eq!(again.status.code(), Some(2), "a capture is not written over");
    let replayed = instrument(
        folder.path(),
        &["test", "thermocycler", "--against", "cycler.txt"],
    );
    assert_eq!(replayed.status.code(), Some(0), "{}", printed(&replayed));
    // Another instrument's driver says other things than were said then.
    let other = instrument(
        folder.path(),
        &["test", "heater-shaker", "--against", "cycler.txt"],
    );
    assert_eq!(other.status.code(), Some(1), "{}", printed(&other));
    assert!(printed(&other).contains("not as captured"), "{}", printed(&other));
}

#[test]
fn whoever_is_not_there_is_told_of() {
    let folder = workplace();
    let real = instrument(folder.path(), &["test", "sealer"]);
    assert_eq!(real.status.code(), Some(1));
    assert!(
        printed(&real).contains("FAILED") && printed(&real).contains("/dev/ttyUSB2"),
        "{}",
        printed(&real)
    );
    let nobody = instrument(folder.path(), &["test", "seeler", "--simulate"]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(
        said(&nobody).contains("there are cold-block"),
        "{}",
        said(&nobody)
    );
}

#[test]
fn an_engineer_talks_by_names_and_sends_lines_as_they_stand_only_when_asked_for() {
    let folder = workplace();
    let talk = |arguments: &[&str], lines: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plated"));
        command
            .current_dir(folder.path())
            .args(["instrument", "talk", "heater-shaker", "--simulate"]);
        command
            .args(arguments)
            .args(BENCH)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        printed(&child.wait_with_output().unwrap())
    };
    let told = talk(&[], "help\ntemperature\n> M104 S70\ncolour\n\u{1b}[31m\n");
    assert!(told.contains("latch  speed  temperature  who"), "{told}");
    assert!(told.contains("now 22 C"), "{told}");
    assert!(told.contains("only with --raw"), "{told}");
    assert!(told.contains("no question colour"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told:?}");
    let told = talk(&["--raw"], "> M104 S70\ntemperature\n");
    assert!(told.contains("target 70 C"), "{told}");
}
