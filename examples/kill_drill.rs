//! `kill_drill POINTS [SEED] [--jobs N]`: the drill on a rig of two processes, killed by `kill -9` at random moments and
//! resumed. `kill_drill writes [FIRST [LAST]] [--jobs N]`: killed at each durable write of its journal instead, before it, with
//! half of its bytes written, with all of them, and once they are synced.
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

use plated::daemon::live::DIE_AT;
use plated::devices::Done;
use plated::journal::{Moment, Tail, verify};
use plated::run::Event;
use std::collections::{BTreeMap, VecDeque};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Simulated seconds per second.
const SPEED: &str = "600";

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program: `PLATED`, or what was built beside this one.
fn plated() -> PathBuf {
    if let Some(named) = std::env::var_os("PLATED") {
        return named.into();
    }
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

    /// Begins the run, killed at a write of its journal if one is named.
    fn run(&self, die_at: Option<&str>) -> Child {
        let mut command = Command::new(plated());
        command
            .args(["run", "protocols/drill.toml", "--quiet", "--rig"])
            .arg(self.path("rig.toml"));
        command.arg("--out").arg(self.path("run"));
        if let Some(write) = die_at {
            command.env(DIE_AT, write);
        }
        self.spawn(command)
    }

    fn resume(&self, die_at: Option<&str>) -> Child {
        let mut command = Command::new(plated());
        command.args(["run", "--quiet", "--resume"]).arg(self.path("run"));
        if let Some(write) = die_at {
            command.env(DIE_AT, write);
        }
        self.spawn(command)
    }

    /// After a death: what is gone on with.
    fn again(&self, die_at: Option<&str>) -> Child {
        if std::fs::read(self.path("run/journal.plj")).is_ok_and(|b| verify(&b).sequence > 0) {
            return self.resume(die_at);
        }
        // It died before its first record: nothing has moved, and there is nothing to resume.
        let _ = std::fs::remove_dir_all(self.path("run"));
        self.run(die_at)
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

/// Waits for a host's end, whatever it is.
fn ended(child: &mut Child) -> Result<ExitStatus, String> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let _ = child.kill();
    let _ = child.wait();
    Err("the host did not come to its end".into())
}

fn wait(child: &mut Child) -> Result<(), String> {
    let status = ended(child)?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("the host ended with {status}"))
    }
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

/// Moves of an uninterrupted run, by instrument.
type Moves = BTreeMap<String, Vec<String>>;

/// When a host is killed.
#[derive(Debug, Clone)]
enum Point {
    /// So long after it was started, and so long after it was resumed.
    Delays(Vec<Duration>),
    /// At this durable write, and at this one of the process that resumes.
    Writes(Vec<String>),
}

/// Kills at a point, and what came of it: the number of kills, 0 where the run was over before.
fn tried(expected: &Moves, point: &Point) -> Result<u32, String> {
    let rig = Rig::start();
    let mut kills = 0;
    let mut kept = Vec::new();
    let mut host = match point {
        Point::Delays(delays) => {
            let mut host = rig.run(None);
            for delay in delays {
                std::thread::sleep(*delay);
                if host.try_wait().unwrap().is_some() {
                    break;
                }
                host.kill().unwrap();
                host.wait().unwrap();
                kills += 1;
                kept = rig.readings();
                host = rig.again(None);
            }
            host
        }
        Point::Writes(writes) => {
            let mut writes = writes.iter().map(String::as_str);
            let mut host = rig.run(writes.next());
            loop {
                let status = ended(&mut host).map_err(|e| format!("{e}\n{}", rig.log()))?;
                if status.signal() != Some(9) {
                    break;
                }
                kills += 1;
                kept = rig.readings();
                host = rig.again(writes.next());
            }
            host
        }
    };
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

struct Wanted {
    /// Each durable write from the first to the last of these, else random points.
    writes: Option<(u64, u64)>,
    points: u64,
    seed: u64,
    jobs: usize,
}

fn wanted() -> Wanted {
    let mut wanted = Wanted {
        writes: None,
        points: 20,
        seed: 1,
        jobs: 1,
    };
    let mut plain = Vec::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--jobs" => wanted.jobs = words.next().and_then(|n| n.parse().ok()).unwrap_or(1),
            _ => plain.push(word),
        }
    }
    let number = |at: usize| plain.get(at).and_then(|a| a.parse::<u64>().ok());
    if plain.first().is_some_and(|word| word == "writes") {
        wanted.writes = Some((number(1).unwrap_or(1), number(2).unwrap_or(u64::MAX)));
    } else {
        wanted.points = number(0).unwrap_or(wanted.points);
        wanted.seed = number(1).unwrap_or(wanted.seed);
    }
    wanted
}

/// Random points: two thirds die once, one third once more while being resumed.
fn random_points(points: u64, seed: u64, lasted: Duration) -> VecDeque<Point> {
    let mut random = Random(seed);
    let span = u64::try_from(lasted.as_millis()).unwrap().max(1);
    let mut queue = VecDeque::new();
    for _ in 0..points {
        let mut delays = vec![Duration::from_millis(random.below(span))];
        if random.below(3) == 0 {
            delays.push(Duration::from_millis(random.below(span)));
        }
        queue.push_back(Point::Delays(delays));
    }
    queue
}

/// Each moment of some durable writes of a run; every third one dies once more at one of the first writes when it is resumed.
fn points_of_writes(first: u64, last: u64) -> VecDeque<Point> {
    let mut queue = VecDeque::new();
    for write in first..=last {
        for (at, moment) in (0..).zip(Moment::ALL) {
            let mut writes = vec![format!("{write} {}", moment.word())];
            if (write + at) % 3 == 0 {
                let again = Moment::ALL[(write % 4) as usize];
                writes.push(format!("{} {}", 1 + write % 5, again.word()));
            }
            queue.push_back(Point::Writes(writes));
        }
    }
    queue
}

/// An uninterrupted run: its moves, how long it lasted, and the number of records of its journal.
fn whole() -> (Moves, Duration, u64) {
    let rig = Rig::start();
    let begun = Instant::now();
    let mut host = rig.run(None);
    wait(&mut host).unwrap_or_else(|e| panic!("the uninterrupted drill failed: {e}\n{}", rig.log()));
    let lasted = begun.elapsed();
    let (expected, violations) = rig.moves();
    assert!(violations.is_empty(), "{violations:?}");
    let count: usize = expected.values().map(Vec::len).sum();
    let records = verify(&std::fs::read(rig.path("run/journal.plj")).unwrap()).sequence;
    println!(
        "uninterrupted: {count} moves and {records} records in {:.1} s",
        lasted.as_secs_f64()
    );
    (expected, lasted, records)
}

#[derive(Default)]
struct Tally {
    passed: u32,
    failed: u32,
    kills: u32,
    /// Points that came after the run's last write.
    beyond: u32,
}

fn main() -> ExitCode {
    let wanted = wanted();
    let begun = Instant::now();
    let (expected, lasted, records) = whole();
    let queue = match wanted.writes {
        // A write holds a record or more; the file's first bytes are a write too.
        Some((first, last)) => points_of_writes(first, last.min(records + 1)),
        None => random_points(wanted.points, wanted.seed, lasted),
    };
    let all = queue.len();
    let (queue, tally) = (Mutex::new(queue), Mutex::new(Tally::default()));
    std::thread::scope(|scope| {
        for _ in 0..wanted.jobs {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().pop_front();
                    let Some(point) = next else { break };
                    let result = tried(&expected, &point);
                    let mut tally = tally.lock().unwrap();
                    match result {
                        Ok(kills) => {
                            tally.passed += 1;
                            tally.kills += kills;
                            tally.beyond += u32::from(kills == 0);
                            if kills == 0 && wanted.writes.is_some() {
                                // The run has no such write, and so none after it.
                                queue.lock().unwrap().clear();
                            }
                        }
                        Err(why) => {
                            tally.failed += 1;
                            println!("seed {}, {point:?}: {why}", wanted.seed);
                        }
                    }
                    let done = tally.passed + tally.failed;
                    if done.is_multiple_of(100) {
                        println!("{done} of {all} points, {} failed", tally.failed);
                    }
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    println!(
        "{} kills at {} points, {} of them after the last write or the end; {:.0} s",
        tally.kills,
        tally.passed + tally.failed,
        tally.beyond,
        begun.elapsed().as_secs_f64()
    );
    println!("kill-drill: {} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
