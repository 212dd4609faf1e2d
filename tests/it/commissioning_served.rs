//! Calibration and commissioning as people meet them: the program itself, on a rig that another process serves, and by
//! clients of the daemon.

use crate::daemon::{Daemon, plated, said, workplace};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The demonstration rig without a calibration of its handler, served by another process.
fn served(folder: &Path) -> Served {
    let text = std::fs::read_to_string(folder.join("config/demo-rig.toml")).unwrap();
    let from = text.find("[calibration.handler]").unwrap();
    let to = text.find("[calibration.mover]").unwrap();
    let text = format!("{}{}", text.get(..from).unwrap(), text.get(to..).unwrap());
    let text = text
        .replace("\"profiles/", "\"config/profiles/")
        .replace("labware = \"labware\"", "labware = \"config/labware\"");
    std::fs::write(folder.join("rig.toml"), text).unwrap();
    let arguments = [
        "sim",
        "--rig",
        "rig.toml",
        "--write",
        "served.toml",
        "--ledger",
        "truth.jsonl",
        "--speed",
        "600",
    ];
    let child = Command::new(env!("CARGO_BIN_EXE_plated"))
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let served = Served(child);
    let begun = Instant::now();
    while !folder.join("served.toml").exists() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "the rig did not come up"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    served
}

/// The lines of a person who sees that the deck is 1.3 mm further right, 0.8 further to the front and 0.5 higher.
fn jogs() -> String {
    let first = "z -3\n-\nx 1\ny -1\nz -4\n-\nx 1\ny 1\nz -2\n-\nx 1\ny -1\ntouch\n";
    // The others are looked for where the first was found.
    let other = "z -3\n-\nz -4\n-\nz -2\ntouch\n";
    format!("{first}{other}{other}{other}")
}

#[test]
fn a_served_rig_is_calibrated_by_hand_and_then_tried_dry() {
    let folder = workplace();
    let folder = folder.path();
    let _served = served(folder);
    let dry = [
        "run",
        "protocols/drill.toml",
        "--rig",
        "served.toml",
        "--dry",
        "--slow",
        "50",
        "--quiet",
        "--out",
        "dry",
    ];
    let refused = plated(folder, &dry);
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    assert!(
        said(&refused).contains("\"handler\" was never calibrated"),
        "{}",
        said(&refused)
    );

    let mut calibrate = Command::new(env!("CARGO_BIN_EXE_plated"))
        .current_dir(folder)
        .args([
            "calibrate",
            "handler",
            "--rig",
            "served.toml",
            "--author",
            "Ada",
            "--valid-for",
            "30",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    calibrate
        .stdin
        .take()
        .unwrap()
        .write_all(jogs().as_bytes())
        .unwrap();
    let calibrated = calibrate.wait_with_output().unwrap();
    assert_eq!(calibrated.status.code(), Some(0), "{}", said(&calibrated));
    let record = std::fs::read_to_string(folder.join("calibrations/demo/handler-0001.toml")).unwrap();
    assert_eq!(String::from_utf8(calibrated.stdout).unwrap(), record);
    for what in [
        "author = \"Ada\"",
        "valid_for = \"30 d\"",
        "deck = [\"1.3 mm\", \"-0.8 mm\", \"0.5 mm\"]",
    ] {
        assert!(record.contains(what), "{what}: {record}");
    }

    let list = plated(folder, &["instrument", "list", "--rig", "served.toml"]);
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.contains("by Ada, record 1, residual"), "{list}");

    let done = plated(folder, &dry);
    let told = said(&done);
    assert_eq!(done.status.code(), Some(0), "{told}");
    assert!(told.contains("Commissioning (dry, slow 50)"), "{told}");
    assert!(
        told.contains("cannot be limited from here: incubator, mover"),
        "{told}"
    );
    let report = std::fs::read_to_string(folder.join("dry/report.html")).unwrap();
    assert!(report.contains("Commissioning (dry, slow 50)"));
    let truth = std::fs::read_to_string(folder.join("truth.jsonl")).unwrap();
    assert!(truth.contains("plate_moved"), "nothing moved");
    for wet in ["tip_pick_up", "loaded_well", "violation"] {
        assert!(!truth.contains(wet), "{wet}");
    }
}

#[test]
fn a_daemon_steps_through_a_run_with_water_by_its_clients() {
    let daemon = Daemon::start("2000");
    let submitted = daemon.ask(&["submit", "protocols/drill.toml", "--water", "--step"]);
    assert_eq!(submitted.status.code(), Some(0), "{}", said(&submitted));
    assert!(
        said(&submitted).contains("Commissioning (water, step)"),
        "{}",
        said(&submitted)
    );
    let next = |status: &serde_json::Value| {
        let prompts = status["prompts"].as_array().unwrap();
        let stepping = prompts.iter().find(|p| p["choices"][0] == "next");
        stepping.map(|p| p["id"].as_u64().unwrap())
    };
    let mut before = None;
    for _ in 0..3 {
        let status = daemon.wait_until("a step", |s| next(s).is_some_and(|id| Some(id) != before));
        assert_eq!(status["commissioning"], "water, step");
        let id = next(&status).unwrap();
        let answered = daemon.ask(&["answer", &id.to_string(), "next"]);
        assert_eq!(answered.status.code(), Some(0), "{}", said(&answered));
        before = Some(id);
    }
    let text = daemon.ask(&["status"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("commissioning: water, step"), "{text}");
    assert_eq!(daemon.ask(&["abort"]).status.code(), Some(0));
    daemon.wait_until("the end", |s| s["state"] == "ended");
}
