//! The command line as scripts and engineers meet it: checking, explaining, laying out, comparing, releasing, and what a
//! submission brings along.

use super::daemon::{Daemon, plated, said};
use std::path::Path;

/// A folder with the repository's rigs and protocols.
fn bench() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::os::unix::fs::symlink(root.join("config"), folder.path().join("config")).unwrap();
    std::fs::create_dir(folder.path().join("protocols")).unwrap();
    for name in ["drill.toml", "growth-screen.toml"] {
        let name = format!("protocols/{name}");
        std::fs::copy(root.join(&name), folder.path().join(&name)).unwrap();
    }
    folder
}

const RIG: [&str; 2] = ["--rig", "config/demo-rig.toml"];

fn printed(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The drill with its medium by a called file and its inoculum by a list.
fn modular(folder: &Path) {
    let drill = std::fs::read_to_string(folder.join("protocols/drill.toml")).unwrap();
    let call = "do = \"call\"\nfile = \"modules/fill.toml\"\nwith = { volume = \"180 uL\" }\n";
    let fill = drill.find("do = \"distribute\"").unwrap();
    let end = fill + drill[fill..].find("\n\n").unwrap();
    let mut text = format!("{}{call}{}", &drill[..fill], &drill[end + 1..]);
    let transfer = text.find("do = \"transfer\"").unwrap();
    let end = transfer + text[transfer..].find("\n\n").unwrap();
    let list = "do = \"transfer\"\nafter = \"fill\"\nfrom = \"source\"\nto = \"assay\"\nlist = \"lists/wells.csv\"\n\
                pipette = \"p20-single\"\ntips = \"new\"\n";
    text = format!("{}{list}{}", &text[..transfer], &text[end + 1..]);
    let rack = "[pieces.p20-tips]\nlabware = \"tiprack-20\"\nat = \"deck-6\"\n\n[pieces.trough]";
    text = text.replacen("[pieces.trough]", rack, 1);
    std::fs::create_dir_all(folder.join("protocols/modules")).unwrap();
    std::fs::create_dir_all(folder.join("protocols/lists")).unwrap();
    std::fs::write(folder.join("protocols/modular.toml"), text).unwrap();
    let fill = "[protocol]\nname = \"fill\"\nlanguage = 1\n\n[parameters.volume]\ntype = \"volume\"\ndefault = \"100 uL\"\n\n\
                [[steps]]\nid = \"medium\"\ndo = \"distribute\"\nfrom = \"trough\"\nto = \"assay\"\nvolume = \"{volume}\"\n\
                pipette = \"p300-multi\"\ncolumns = [1, 2]\ntips = \"shared\"\n";
    std::fs::write(folder.join("protocols/modules/fill.toml"), fill).unwrap();
    let wells = "from,to,volume\nA1,A1,20 uL\nB1,B1,20 uL\nC2,C2,15 uL\n";
    std::fs::write(folder.join("protocols/lists/wells.csv"), wells).unwrap();
}

#[test]
fn several_protocols_are_checked_in_one_call_and_each_is_a_case() {
    let folder = bench();
    let broken = folder.path().join("protocols/broken.toml");
    let drill = std::fs::read_to_string(folder.path().join("protocols/drill.toml")).unwrap();
    std::fs::write(
        &broken,
        drill.replacen("volume = \"20 uL\"", "volume = \"900 uL\"", 1),
    )
    .unwrap();
    let files = ["protocols/drill.toml", "protocols/broken.toml"];
    let ask = |more: &[&str]| plated(folder.path(), &[&["check"], &files[..], &RIG, more].concat());

    let text = ask(&[]);
    assert_eq!(text.status.code(), Some(3));
    let out = printed(&text);
    assert!(
        out.contains("drill.toml: sound.") && out.contains("broken.toml: refused"),
        "{out}"
    );
    assert_eq!(out.matches("plated explain").count(), 1, "{out}");

    let document: serde_json::Value = serde_json::from_slice(&ask(&["--format", "json"]).stdout).unwrap();
    let protocols = document["protocols"].as_array().unwrap();
    let files = protocols.iter().map(|p| p["file"].as_str().unwrap());
    assert!(
        files.eq(["protocols/drill.toml", "protocols/broken.toml"]),
        "{document}"
    );
    assert_eq!(protocols[0]["wastes"][0]["name"], "waste");
    assert!(protocols[1]["sound"].is_null() && protocols[1]["errors"].as_u64() > Some(0));
    let rows = document["problems"].as_array().unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row["file"], "protocols/broken.toml");
        assert!(
            row["line"].as_u64() > Some(1) && row["end"]["column"].is_u64(),
            "{row}"
        );
    }
    assert_eq!(printed(&ask(&["--json"])), printed(&ask(&["--format", "json"])));

    let junit = printed(&ask(&["--format", "junit"]));
    assert_eq!(junit.matches("<testcase ").count(), 2, "{junit}");
    assert_eq!(junit.matches("<failure ").count(), 1, "{junit}");
    let code = rows[0]["code"].as_str().unwrap();
    let explained = plated(folder.path(), &["explain", code]);
    assert!(
        printed(&explained).starts_with(&format!("{code}: ")),
        "{}",
        said(&explained)
    );
}

#[test]
fn a_file_of_parameters_is_taken_and_the_command_line_wins() {
    let folder = bench();
    std::fs::write(folder.path().join("values.toml"), "plates = 2\n").unwrap();
    let plan = |more: &[&str]| {
        let arguments = [
            &[
                "plan",
                "protocols/growth-screen.toml",
                "--json",
                "--param-file",
                "values.toml",
            ],
            &RIG[..],
            more,
        ];
        let output = plated(folder.path(), &arguments.concat());
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        document["plan"]["parameters"]["plates"].clone()
    };
    assert_eq!(plan(&[]), "2");
    assert_eq!(plan(&["--param", "plates=3"]), "3");
}

#[test]
fn the_cost_of_a_change_is_told_both_ways() {
    let folder = bench();
    let screen = "protocols/growth-screen.toml";
    let diff = |more: &[&str]| plated(folder.path(), &[&["diff"], more, &RIG[..]].concat());
    let more = diff(&[screen, "--param", "plates=2", "--with", "plates=6", "--json"]);
    assert_eq!(more.status.code(), Some(0), "{}", said(&more));
    let document: serde_json::Value = serde_json::from_slice(&more.stdout).unwrap();
    let tips = &document["difference"]["tips"]["tiprack-300"];
    let most = |side: &str| tips[side]["most"].as_u64().unwrap();
    assert_eq!(most("after") - most("before"), 4 * 12 * 8);
    assert_eq!(document["difference"]["counts"]["operator visits"]["before"], 1);
    // Medium at the start, and tips for the fifth plate.
    assert_eq!(document["difference"]["counts"]["operator visits"]["after"], 3);
    let same = diff(&[screen, screen]);
    assert_eq!(printed(&same), "the two cost the same\n");
    assert_eq!(diff(&[screen]).status.code(), Some(2));
}

#[test]
fn files_are_laid_out_once_and_then_stay() {
    let folder = bench();
    let path = folder.path().join("protocols/drill.toml");
    let before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, before.replace("\"180 uL\"", "'180uL'")).unwrap();
    let fmt = |more: &[&str]| plated(folder.path(), &[&["fmt", "protocols/drill.toml"], more].concat());
    assert_eq!(fmt(&["--check"]).status.code(), Some(3));
    assert_eq!(fmt(&[]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    assert_eq!(fmt(&["--check"]).status.code(), Some(0));
}

#[test]
fn a_draft_does_not_run_on_a_real_rig_until_it_is_released_or_answered_for() {
    let folder = bench();
    let run = |more: &[&str]| {
        plated(
            folder.path(),
            &[&["run", "protocols/drill.toml"], &RIG[..], more].concat(),
        )
    };
    let draft = run(&["--out", "a"]);
    assert_eq!(draft.status.code(), Some(3), "{}", said(&draft));
    assert!(
        said(&draft).contains("plated release protocols/drill.toml --state released"),
        "{}",
        said(&draft)
    );
    assert!(!folder.path().join("a").exists(), "nothing is left behind");

    // With somebody who answers for it, the run begins and ends at the missing port; its journal knows who.
    let answered = run(&["--out", "b", "--unreleased", "E. Ngineer", "water run"]);
    assert_eq!(answered.status.code(), Some(1), "{}", said(&answered));
    let journal = printed(&plated(folder.path(), &["replay", "b", "--json"]));
    assert!(
        journal.contains("water run") && journal.contains("E. Ngineer"),
        "{journal}"
    );

    let release = |state: &str| {
        plated(
            folder.path(),
            &[
                "release",
                "protocols/drill.toml",
                "--state",
                state,
                "--by",
                "A. Person",
                "--note",
                "three runs",
            ],
        )
    };
    assert_eq!(release("validated").status.code(), Some(0));
    assert_eq!(
        run(&["--out", "c"]).status.code(),
        Some(3),
        "validated is not released"
    );
    assert_eq!(release("released").status.code(), Some(0));
    assert_eq!(run(&["--out", "d"]).status.code(), Some(1), "the port is missing");
    let record = std::fs::read_to_string(folder.path().join("protocols/drill.release.toml")).unwrap();
    assert_eq!(record.matches("[[history]]").count(), 2, "{record}");
    let state = || {
        printed(&plated(
            folder.path(),
            &[&["check", "protocols/drill.toml"], &RIG[..]].concat(),
        ))
    };
    assert!(state().contains("Release state: released on"), "{}", state());

    let path = folder.path().join("protocols/drill.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}# changed\n")).unwrap();
    assert!(
        state().contains("draft: changed since it was released on"),
        "{}",
        state()
    );
    assert_eq!(run(&["--out", "e"]).status.code(), Some(3));
    let simulated = run(&["--out", "f", "--simulate", "--quiet"]);
    assert_eq!(simulated.status.code(), Some(0), "{}", said(&simulated));
}

#[test]
fn a_change_in_a_called_file_or_a_list_makes_a_draft() {
    let folder = bench();
    modular(folder.path());
    let check = || {
        let output = plated(
            folder.path(),
            &[&["check", "protocols/modular.toml"], &RIG[..]].concat(),
        );
        assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
        printed(&output)
    };
    let release = [
        "release",
        "protocols/modular.toml",
        "--state",
        "released",
        "--by",
        "A. Person",
    ];
    for file in ["protocols/modules/fill.toml", "protocols/lists/wells.csv"] {
        let released = plated(folder.path(), &release);
        assert_eq!(released.status.code(), Some(0), "{}", said(&released));
        assert!(check().contains("Release state: released on"));
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}# a word\n")).unwrap();
        assert!(check().contains("draft: changed since"), "{file}");
    }
}

#[test]
fn a_submission_brings_the_files_that_its_protocol_names() {
    let daemon = Daemon::start("1500");
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("protocols")).unwrap();
    let drill = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocols/drill.toml");
    std::fs::copy(drill, folder.path().join("protocols/drill.toml")).unwrap();
    modular(folder.path());
    // The daemon has no such folder: what it runs came with the submission.
    let path = folder.path().join("protocols/modular.toml").display().to_string();
    let submitted = daemon.ask(&["submit", &path]);
    assert_eq!(submitted.status.code(), Some(0), "{}", said(&submitted));
    let ended = daemon.wait_until("the end", |s| s["state"] == "ended" && s["run"] != "");
    assert_eq!(ended["operations_done"], ended["operations_total"]);
    let run = format!("runs/{}", ended["run"].as_str().unwrap());
    let replayed = plated(daemon.folder.path(), &["replay", &run, "--json"]);
    let journal = printed(&replayed);
    let brought = journal.contains("modules/fill.toml") && journal.contains("C2,C2,15 uL");
    assert!(
        brought,
        "{}{}",
        said(&replayed),
        journal.get(..6000).unwrap_or(&journal)
    );

    std::fs::remove_file(folder.path().join("protocols/lists/wells.csv")).unwrap();
    let refused = daemon.ask(&["submit", &path]);
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    assert!(said(&refused).contains("lists/wells.csv"), "{}", said(&refused));
}

#[test]
fn a_daemon_of_a_real_rig_wants_a_release_too() {
    let daemon = Daemon::start_with(&[]);
    let refused = daemon.ask(&["submit", "protocols/drill.toml"]);
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    assert!(
        said(&refused).contains("is not released for a real rig"),
        "{}",
        said(&refused)
    );
    let taken = daemon.ask(&[
        "submit",
        "protocols/drill.toml",
        "--unreleased",
        "E. Ngineer",
        "water run",
    ]);
    assert_eq!(taken.status.code(), Some(0), "{}", said(&taken));
}
