//! `kill_drill POINTS [SEED]`: the drill on a rig of two processes, killed by `kill -9` at random moments and resumed.
//!
//! The simulator lives on in its own process, as real instruments would, and writes the ledger of what physically
//! happened. After each resume: the ledger must show the same moves as an uninterrupted run, no more and no less, and
//! every reading that was in the journal when the host died must still be there, unchanged. Prints `N passed, M failed`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test program: anything unexpected is a failure"
)]

use plated::devices::Done;
use plated::journal::{Tail, verify};
use plated::run::Event;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Simulated seconds per second.
const SPEED: &str = "600";

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

fn plated() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(Path::parent).unwrap().join("plated")
}

struct Rig {
    sim: Child,
    folder: tempfile::TempDir,
}

impl Rig {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let sim = Command::new(plated())
            .args([
                "sim",
                "--rig",
                "config/demo-rig.toml",
                "--speed",
                SPEED,
                "--seed",
                "1",
                "--write",
            ])
            .arg(at("rig.toml"))
            .arg("--ledger")
            .arg(at("ledger.jsonl"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("could not start plated sim; build it first: cargo build --release");
        let rig = Self { sim, folder };
        let begun = Instant::now();
        while !rig.path("rig.toml").exists() {
            assert!(begun.elapsed() < PATIENCE, "plated sim did not come up");
            std::thread::sleep(Duration::from_millis(5));
        }
        rig
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self) -> Child {
        let mut command = Command::new(plated());
        command
            .args(["run", "protocols/drill.toml", "--quiet", "--rig"])
            .arg(self.path("rig.toml"));
        command.arg("--out").arg(self.path("run"));
        self.spawn(command)
    }

    fn resume(&self) -> Child {
        let mut command = Command::new(plated());
        command.args(["run", "--quiet", "--resume"]).arg(self.path("run"));
        self.spawn(command)
    }

    fn spawn(&self, mut command: Command) -> Child {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("host.log"))
            .unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.spawn().unwrap()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("host.log")).unwrap_or_default()
    }

    /// What moved, by instrument and in order, without times; and what was physically impossible.
    fn moves(&self) -> (BTreeMap<String, Vec<String>>, Vec<String>) {
        let mut moves: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut violations = Vec::new();
        for line in std::fs::read_to_string(self.path("ledger.jsonl"))
            .unwrap()
            .lines()
        {
            let mut entry: serde_json::Value = serde_json::from_str(line).unwrap();
            let fields = entry.as_object_mut().unwrap();
            fields.remove("t_us");
            fields.remove("seq");
            let who = match fields["event"].as_str().unwrap() {
                "stroke" | "tip_pick_up" | "tip_drop" | "stored" | "retrieved" => &fields["instrument"],
                "plate_moved" => &fields["by"],
                "lid_off" | "lid_on" => &serde_json::Value::String("lids".into()),
                "loaded" | "loaded_well" => &serde_json::Value::String("operator".into()),
                "violation" => {
                    violations.push(entry.to_string());
                    continue;
                }
                _ => continue,
            };
            let who = who.as_str().unwrap().to_owned();
            moves.entry(who).or_default().push(entry.to_string());
        }
        (moves, violations)
    }

    /// Readings in the journal, as text.
    fn readings(&self) -> Vec<String> {
        let bytes = std::fs::read(self.path("run/journal.plj")).unwrap_or_default();
        let recovered = verify(&bytes);
        let reading = |event: &Event| match event {
            Event::Ended {
                done: Done::Reading { .. },
                ..
            } => serde_json::to_string(event).ok(),
            _ => None,
        };
        recovered
            .entries
            .iter()
            .filter_map(|e| reading(&e.event))
            .collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = self.sim.kill();
        let _ = self.sim.wait();
    }
}

fn wait(child: &mut Child) -> Result<(), String> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return if status.success() {
                Ok(())
            } else {
                Err(format!("the host ended with {status}"))
            };
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let _ = child.kill();
    let _ = child.wait();
    Err("the host did not come to its end".into())
}

/// One random stream, by splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

fn point(expected: &BTreeMap<String, Vec<String>>, delays: &[Duration]) -> Result<u32, String> {
    let rig = Rig::start();
    let mut host = rig.run();
    let mut kills = 0;
    let mut kept = Vec::new();
    for delay in delays {
        std::thread::sleep(*delay);
        if host.try_wait().unwrap().is_some() {
            break;
        }
        host.kill().unwrap();
        host.wait().unwrap();
        kills += 1;
        kept = rig.readings();
        host = if std::fs::read(rig.path("run/journal.plj")).is_ok_and(|b| verify(&b).sequence > 0) {
            rig.resume()
        } else {
            // It died before its first record: nothing has moved, and there is nothing to resume.
            let _ = std::fs::remove_dir_all(rig.path("run"));
            rig.run()
        };
    }
    wait(&mut host).map_err(|e| format!("{e}\n{}", rig.log()))?;
    let (moves, violations) = rig.moves();
    if !violations.is_empty() {
        return Err(format!(
            "{} impossibilities, first {}",
            violations.len(),
            violations[0]
        ));
    }
    for who in expected.keys().chain(moves.keys()) {
        let (should, did) = (expected.get(who), moves.get(who));
        if should != did {
            let (should, did) = (
                should.cloned().unwrap_or_default(),
                did.cloned().unwrap_or_default(),
            );
            let at = should
                .iter()
                .zip(&did)
                .position(|(a, b)| a != b)
                .unwrap_or(should.len().min(did.len()));
            return Err(format!(
                "{who} made {} moves instead of {}; first different: {:?} instead of {:?}\n{}",
                did.len(),
                should.len(),
                did.get(at),
                should.get(at),
                rig.log()
            ));
        }
    }
    let readings = rig.readings();
    if readings.len() != 2 || !kept.iter().all(|r| readings.contains(r)) {
        return Err(format!(
            "{} readings at the end, {} when it died",
            readings.len(),
            kept.len()
        ));
    }
    let bytes = std::fs::read(rig.path("run/journal.plj")).unwrap();
    match verify(&bytes).tail {
        Tail::Clean => Ok(kills),
        Tail::Damaged { .. } | Tail::Foreign { .. } => Err("the journal is damaged".into()),
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let points: u64 = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(20);
    let seed: u64 = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(1);
    let whole = Rig::start();
    let begun = Instant::now();
    let mut host = whole.run();
    wait(&mut host).unwrap_or_else(|e| panic!("the uninterrupted drill failed: {e}\n{}", whole.log()));
    let lasted = begun.elapsed();
    let (expected, violations) = whole.moves();
    assert!(violations.is_empty(), "{violations:?}");
    let count: usize = expected.values().map(Vec::len).sum();
    println!("uninterrupted: {count} moves in {:.1} s", lasted.as_secs_f64());
    drop(whole);
    let mut random = Random(seed);
    let (mut passed, mut failed, mut kills) = (0, 0, 0);
    let span = u64::try_from(lasted.as_millis()).unwrap().max(1);
    for n in 1..=points {
        // Two thirds die once, one third once more while being resumed.
        let mut delays = vec![Duration::from_millis(random.below(span))];
        if random.below(3) == 0 {
            delays.push(Duration::from_millis(random.below(span)));
        }
        match point(&expected, &delays) {
            Ok(died) => {
                passed += 1;
                kills += died;
            }
            Err(why) => {
                failed += 1;
                println!("point {n} of seed {seed}, killed after {delays:?}: {why}");
            }
        }
    }
    println!("{kills} kills at {points} points");
    println!("kill-drill: {passed} passed, {failed} failed");
    std::process::exit(i32::from(failed > 0));
}
