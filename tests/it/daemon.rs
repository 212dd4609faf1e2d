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

/// A folder with the repository's configuration and protocols.
pub fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["config", "protocols"] {
        std::os::unix::fs::symlink(root.join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn spawn(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_plated"))
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
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
        Self::serve(workplace(), "config/demo-rig.toml", arguments)
    }

    /// A daemon of a rig in a folder.
    pub fn serve(folder: tempfile::TempDir, rig: &str, arguments: &[&str]) -> Self {
        let child = spawn(
            folder.path(),
            &[&["serve", "--rig", rig, "--socket", "p.sock"], arguments].concat(),
        );
        let daemon = Self { child, folder };
        let begun = Instant::now();
        while daemon.ask(&["status"]).status.code() != Some(0) {
            assert!(begun.elapsed() < PATIENCE, "the daemon did not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon
    }

    /// Kills it; what it leaves is in its folder.
    fn killed(mut self) -> tempfile::TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
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
    assert!(said(&refused).contains("nor halted"), "{}", said(&refused));
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

/// Simulated instruments in a process of their own, which ends with this.
pub struct Served(Child);

impl Served {
    fn start(folder: &Path) -> Self {
        Self::of(folder, "config/demo-rig.toml", "600")
    }

    /// A rig's instruments, in simulated seconds per second.
    pub fn of(folder: &Path, rig: &str, speed: &str) -> Self {
        let arguments = [
            "sim",
            "--rig",
            rig,
            "--speed",
            speed,
            "--seed",
            "1",
            "--write",
            "served.toml",
            "--ledger",
            "ledger.jsonl",
        ];
        let said = std::fs::File::create(folder.join("sim.log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_plated"))
            .current_dir(folder)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn();
        let served = Self(child.unwrap());
        let begun = Instant::now();
        while std::fs::metadata(folder.join("served.toml")).map_or(0, |m| m.len()) == 0 {
            assert!(begun.elapsed() < PATIENCE, "the instruments did not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
        served
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Number of the last record that a run's database holds.
fn folded(run: &Path) -> u64 {
    let read = || {
        let database = rusqlite::Connection::open(run.join("run.db"))?;
        database.query_row("SELECT sequence FROM progress", [], |r| r.get::<_, i64>(0))
    };
    read().map_or(0, |n| u64::try_from(n).unwrap())
}

#[test]
fn a_daemon_that_starts_shows_interrupted_runs_and_takes_one_up_when_it_is_told_to() {
    let folder = workplace();
    let _instruments = Served::start(folder.path());
    let daemon = Daemon::serve(folder, "served.toml", &["--capture"]);
    let submitted = daemon.ask(&["submit", "protocols/drill.toml"]);
    assert_eq!(submitted.status.code(), Some(0), "{}", said(&submitted));
    let status = daemon.wait_until("the third operation", |s| {
        s["operations_done"].as_u64() >= Some(3)
    });
    let name = status["run"].as_str().unwrap().to_owned();
    let run = daemon.folder.path().join("runs").join(&name);
    // The database is folded while the run goes on.
    let begun = Instant::now();
    while folded(&run) < 10 {
        assert!(begun.elapsed() < PATIENCE, "nothing is folded");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_ne!(
        daemon.status()["state"],
        "ended",
        "the run was too short to look at"
    );
    let folder = daemon.killed();
    let daemon = Daemon::serve(folder, "served.toml", &[]);
    let run = daemon.folder.path().join("runs").join(&name);
    let status = daemon.wait_until("the interrupted run", |s| {
        s["interrupted"][0]["run"] == name.as_str()
    });
    assert!(status["interrupted"][0]["obstacle"].is_null(), "{status:#}");
    let shown = String::from_utf8(daemon.ask(&["status"]).stdout).unwrap();
    assert!(shown.contains(&format!("plated resume {name}")), "{shown}");
    // Nothing moves by itself.
    let journal = |run: &Path| std::fs::read(run.join("journal.plj")).unwrap();
    let before = journal(&run);
    std::thread::sleep(Duration::from_millis(1500));
    assert!(journal(&run) == before, "the run was gone on with by itself");
    let unknown = daemon.ask(&["resume", "no-such-run"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        said(&unknown).contains("no interrupted run"),
        "{}",
        said(&unknown)
    );
    let taken = daemon.ask(&["resume", &name]);
    assert_eq!(taken.status.code(), Some(0), "{}", said(&taken));
    let ended = daemon.wait_until("the end of the drill", |s| s["state"] == "ended");
    assert_eq!(ended["operations_done"], ended["operations_total"]);
    let begun = Instant::now();
    while !run.join("report.html").exists() {
        assert!(begun.elapsed() < PATIENCE, "there is no report");
        std::thread::sleep(Duration::from_millis(20));
    }
    // A run that was captured goes on being captured.
    for instrument in ["handler", "mover", "incubator", "reader"] {
        let text = std::fs::read_to_string(run.join("capture").join(format!("{instrument}.txt"))).unwrap();
        assert!(text.lines().any(|l| l.contains(" > ")), "{instrument}: {text}");
        assert!(text.lines().any(|l| l.contains(" < ")), "{instrument}: {text}");
    }
    let bundle = plated(daemon.folder.path(), &["bundle", &name, "--out", "run.tar.gz"]);
    assert_eq!(bundle.status.code(), Some(0), "{}", said(&bundle));
    let again = plated(daemon.folder.path(), &["rebuild", &name]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
}

#[test]
fn clients_get_a_share_of_the_handles_and_a_run_goes_on_whoever_knocks() {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    let daemon = Daemon::start("600");
    assert_eq!(
        daemon.ask(&["submit", "protocols/drill.toml"]).status.code(),
        Some(0)
    );
    let socket = daemon.folder.path().join("p.sock");
    let mut silent: Vec<UnixStream> = (0..300)
        .filter_map(|_| UnixStream::connect(&socket).ok())
        .collect();
    assert!(silent.len() > 250, "only {} were let in", silent.len());
    let refused = daemon.ask(&["status"]);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert!(said(&refused).contains("too many clients"), "{}", said(&refused));
    let mut last = silent.pop().unwrap();
    let mut told = String::new();
    last.read_to_string(&mut told).unwrap();
    assert!(
        told.contains("503") && told.contains("too many clients"),
        "{told}"
    );
    drop(silent);
    // Lines without an end are not kept: whoever sends them is dropped.
    let begun = Instant::now();
    while daemon.ask(&["status"]).status.code() != Some(0) {
        assert!(begun.elapsed() < PATIENCE, "nobody is let in any more");
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut endless = UnixStream::connect(&socket).unwrap();
    let line = vec![b'x'; 1 << 20];
    let sent = (0..64).take_while(|_| endless.write_all(&line).is_ok()).count();
    assert!(sent < 64, "64 MiB of one line were taken");
    daemon.wait_until("the end of the drill", |s| s["state"] == "ended");
}
