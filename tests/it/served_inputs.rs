//! Contacts behind terminals and sockets: input modules as a process of their own serves them, read by a real daemon.

use crate::daemon::{Daemon, Served, said, workplace};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// An emergency stop behind each way of asking: Modbus TCP, RTU on a socket, RTU on a terminal, and lines of text on one.
const MODULES: &str = r#"
[input_modules.io_tcp]
link = { tcp = "192.168.10.30:502" }
poll = "250 ms"
timeout = "250 ms"
silence = "4 s"

[input_modules.io_rtu_tcp]
link = { tcp = "192.168.10.31:4001", unit = 3, protocol = "modbus_rtu" }
poll = "250 ms"
timeout = "250 ms"
silence = "4 s"

[input_modules.io_rtu]
link = { serial = "/dev/ttyUSB7", baud = 19200, unit = 2, protocol = "modbus_rtu" }
poll = "250 ms"
timeout = "250 ms"
silence = "4 s"

[input_modules.io_text]
link = { serial = "/dev/ttyUSB8", baud = 9600 }
poll = "250 ms"
timeout = "250 ms"
silence = "4 s"

[inputs.stop_tcp]
title = "stop at the door"
kind = "emergency_stop"
module = "io_tcp"
read = { table = "discrete", address = 0 }

[inputs.stop_rtu_tcp]
title = "stop at the bench"
kind = "emergency_stop"
module = "io_rtu_tcp"
read = { table = "input", address = 4, bit = 3 }

[inputs.stop_rtu]
title = "stop at the hotel"
kind = "emergency_stop"
module = "io_rtu"
read = { table = "coil", address = 7 }

[inputs.stop_text]
title = "stop at the wall"
kind = "emergency_stop"
module = "io_text"
read = { query = "IN0?", safe = "IN0=1" }
"#;

/// Says one thing to the simulator's control socket.
fn control(folder: &Path, request: &serde_json::Value) {
    let log = std::fs::read_to_string(folder.join("sim.log")).unwrap();
    let mut words = log.lines().filter_map(|line| line.trim().split_once("  "));
    let (_, address) = words.find(|(name, _)| *name == "control").unwrap();
    let mut stream = std::net::TcpStream::connect(address.trim()).unwrap();
    writeln!(stream, "{request}").unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert!(!answer.contains("error"), "{answer}");
}

fn plant(folder: &Path, instrument: &str, fault: &str) {
    let request = serde_json::json!({ "kind": "fault", "instrument": instrument, "fault": fault });
    control(folder, &request);
}

#[test]
fn an_emergency_stop_behind_any_line_halts_a_real_daemon_and_a_silent_module_counts_as_open() {
    let folder = workplace();
    // Beside the profiles and labware that the rig names.
    let (config, rigs) = (folder.path().join("config"), folder.path().join("rigs"));
    std::fs::create_dir(&rigs).unwrap();
    for below in ["profiles", "labware"] {
        std::os::unix::fs::symlink(config.join(below), rigs.join(below)).unwrap();
    }
    let demo = std::fs::read_to_string(config.join("demo-rig.toml")).unwrap();
    std::fs::write(rigs.join("rig.toml"), format!("{demo}{MODULES}")).unwrap();
    let _instruments = Served::of(folder.path(), "rigs/rig.toml", "60");
    let daemon = Daemon::serve(folder, "served.toml", &[]);
    let at = daemon.folder.path().to_owned();
    let submitted = daemon.ask(&["submit", "protocols/drill.toml"]);
    assert_eq!(submitted.status.code(), Some(0), "{}", said(&submitted));
    daemon.wait_until("the first operation", |s| {
        s["operations_done"].as_u64() >= Some(1)
    });
    for (input, title) in [
        ("stop_tcp", "stop at the door"),
        ("stop_rtu_tcp", "stop at the bench"),
        ("stop_rtu", "stop at the hotel"),
        ("stop_text", "stop at the wall"),
    ] {
        plant(&at, input, "contact_open");
        daemon.wait_until("the halt", |s| s["state"] == "halted");
        let refused = daemon.ask(&["reset"]);
        assert_eq!(refused.status.code(), Some(1), "{input}");
        assert!(
            said(&refused).contains(title) && said(&refused).contains("open"),
            "{input}: {}",
            said(&refused)
        );
        plant(&at, input, "contact_closed");
        go_on(&daemon, input);
    }
    for (module, title) in [
        ("io_rtu_tcp", "stop at the bench"),
        ("io_rtu", "stop at the hotel"),
    ] {
        let request = serde_json::json!({
            "kind": "fault", "instrument": module, "fault": "mute", "requests": 1_000_000,
        });
        control(&at, &request);
        daemon.wait_until("the halt", |s| s["state"] == "halted");
        let refused = daemon.ask(&["reset"]);
        assert!(
            said(&refused).contains(title) && said(&refused).contains("silent"),
            "{module}: {}",
            said(&refused)
        );
        plant(&at, module, "mended");
        go_on(&daemon, module);
    }
    assert_eq!(daemon.ask(&["abort"]).status.code(), Some(0));
    daemon.wait_until("the end", |s| s["state"] == "ended");
}

/// Resets once the contact reads closed again, and lets the run go on.
fn go_on(daemon: &Daemon, what: &str) {
    let begun = Instant::now();
    loop {
        let reset = daemon.ask(&["reset"]);
        if reset.status.code() == Some(0) {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{what}: {}",
            said(&reset)
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    let status = daemon.wait_until("the reset", |s| s["state"] != "halted");
    assert_eq!(status["state"], "held", "{what}");
    let resumed = daemon.ask(&["resume"]);
    assert_eq!(resumed.status.code(), Some(0), "{what}: {}", said(&resumed));
    daemon.wait_until("the run", |s| s["state"] == "running" || s["state"] == "asking");
}
