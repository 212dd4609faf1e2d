//! The daemon as its users meet it: the program itself, its socket, its clients, its exit codes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

pub fn plated(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plated"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command.output().unwrap()
}

pub struct Daemon {
    child: Child,
    pub folder: tempfile::TempDir,
}

impl Daemon {
    pub fn start(speed: &str) -> Self {
        Self::start_with(&["--simulate", "--speed", speed])
    }

    /// With these arguments besides rig and socket.
    pub fn start_with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["config", "protocols"] {
            std::os::unix::fs::symlink(root.join(name), folder.path().join(name)).unwrap();
        }
        let child = Command::new(env!("CARGO_BIN_EXE_plated"))
            .current_dir(folder.path())
            .args(["serve", "--rig", "config/demo-rig.toml", "--socket", "p.sock"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let daemon = Self { child, folder };
        let begun = Instant::now();
        while daemon.ask(&["status"]).status.code() != Some(0) {
            assert!(begun.elapsed() < PATIENCE, "the daemon did not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon
    }

    pub fn ask(&self, arguments: &[&str]) -> Output {
        plated(self.folder.path(), &[arguments, &["--socket", "p.sock"]].concat())
    }

    fn status(&self) -> serde_json::Value {
        serde_json::from_slice(&self.ask(&["status", "--json"]).stdout).unwrap()
    }

    pub fn wait_until(&self, what: &str, done: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let begun = Instant::now();
        loop {
            let status = self.status();
            if done(&status) {
                return status;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{what} did not come about: {status:#}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_protocol_is_submitted_watched_and_leaves_its_files() {
    let daemon = Daemon::start("1500");
    let mode = std::fs::metadata(daemon.folder.path().join("p.sock"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "others may open the socket");
    let refused = daemon.ask(&["submit", "config/demo-rig.toml"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(said(&refused).contains("refused"), "{}", said(&refused));
    assert_eq!(
        daemon.ask(&["pause"]).status.code(),
        Some(1),
        "there is nothing to pause"
    );

    let submitted = daemon.ask(&["submit", "protocols/drill.toml"]);
    assert_eq!(submitted.status.code(), Some(0), "{}", said(&submitted));
    let again = daemon.ask(&["submit", "protocols/drill.toml"]);
    assert!(said(&again).contains("a run is under way"), "{}", said(&again));
    let ended = daemon.wait_until("the end of the drill", |s| s["state"] == "ended");
    assert_eq!(ended["operations_done"], ended["operations_total"]);
    let run = daemon
        .folder
        .path()
        .join("runs")
        .join(ended["run"].as_str().unwrap());
    let begun = Instant::now();
    while !run.join("report.html").exists() {
        assert!(begun.elapsed() < PATIENCE, "there is no report");
        std::thread::sleep(Duration::from_millis(20));
    }
    let verified = plated(
        daemon.folder.path(),
        &["replay", run.to_str().unwrap(), "--verify"],
    );
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

#[test]
fn a_run_is_paused_resumed_and_aborted_by_clients() {
    let daemon = Daemon::start("600");
    assert_eq!(
        daemon.ask(&["submit", "protocols/drill.toml"]).status.code(),
        Some(0)
    );
    daemon.wait_until("the first operation", |s| {
        s["operations_done"].as_u64() >= Some(1)
    });
    assert_eq!(daemon.ask(&["pause"]).status.code(), Some(0));
    assert_eq!(daemon.status()["state"], "paused");
    assert_eq!(daemon.ask(&["pause"]).status.code(), Some(0));
    let refused = daemon.ask(&["reset"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("not halted"), "{}", said(&refused));
    assert_eq!(daemon.ask(&["hold"]).status.code(), Some(0));
    assert_eq!(daemon.status()["state"], "held");
    assert_eq!(daemon.ask(&["resume"]).status.code(), Some(0));
    assert_eq!(daemon.ask(&["abort"]).status.code(), Some(0));
    let ended = daemon.wait_until("the end", |s| s["state"] == "ended");
    assert_eq!(ended["reason"], "stopped by the operator");
}

#[test]
fn a_second_daemon_is_refused_and_a_signal_ends_the_first_cleanly() {
    let mut daemon = Daemon::start("60");
    let second = daemon.ask(&["serve", "--rig", "config/demo-rig.toml", "--simulate"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).contains("a daemon answers"), "{}", said(&second));
    let pid = daemon.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    let begun = Instant::now();
    while daemon.child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < PATIENCE, "the daemon did not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(
        !daemon.folder.path().join("p.sock").exists(),
        "the socket was left behind"
    );
    assert_eq!(daemon.ask(&["status"]).status.code(), Some(4));
}
