//! `journal_resume [ACTIONS]`: a run whose host died after so many journaled actions (100,000) is taken up again; how
//! long until its next action is intended, durably.
//!
//! The run fills every well of 8 plates many times over, on a simulated rig that lives on. Its host dies; what it had
//! made durable is laid into a file, with the space set aside behind it and its anchors. Then the parts are timed: what the
//! run was started from, reading and verifying and folding every record, opening the journal, and the engine up to its
//! next durable intent: asking the instruments who they are, settling, scheduling the rest anew. Also printed: actions a
//! second in virtual time, with all their wire bytes. Exits with 1 above two seconds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement: anything unexpected is a failure"
)]

use plated::daemon::{Assembled, assemble, plan};
use plated::engine::Observer;
use plated::journal::{Disk, FileDisk, Head, Journal, MemoryDisk, Reader, Writing, recover, recover_with};
use plated::run::{Event, FileText, RunId, Source, State, apply};
use plated::simulate::Simulation;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

const PLATES: u32 = 8;
/// Longest time to the next action, in seconds.
const BAR: f64 = 2.0;

fn read(path: &str) -> FileText {
    FileText {
        name: path.into(),
        text: std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap(),
    }
}

/// A protocol of two actions a well and step, on the demonstration rig.
fn source(actions: u64) -> Source {
    let mut text = format!(
        "[protocol]\nname = \"long\"\n\n[liquids.medium]\n\n[pieces.tips]\nlabware = \"tiprack-20\"\n\
         at = [\"deck-1\", \"deck-2\", \"deck-3\", \"deck-4\", \"deck-5\", \"deck-6\"]\n\n[pieces.trough]\n\
         labware = \"reservoir-1\"\nat = \"deck-7\"\nliquid = \"medium\"\nvolume = \"150 mL\"\n\n[plates.assay]\ncount = {PLATES}\n\
         labware = \"plate-96-flat\"\nat = \"hotel\"\nwork = {{ at = \"deck-9\" }}\n"
    );
    for step in 1..=actions / (2 * 96 * u64::from(PLATES)) + 1 {
        let _ = write!(
            text,
            "\n[[steps]]\nid = \"fill-{step}\"\ndo = \"distribute\"\nfrom = \"trough\"\nto = \"assay\"\n\
             volume = \"2 uL\"\npipette = \"p20-single\"\ntips = \"per_plate\"\n"
        );
    }
    let profiles = ["profiles/absorbance-reader.toml", "profiles/plate-mover.toml"];
    Source {
        files: BTreeMap::new(),
        today: None,
        release: None,
        commissioning: None,
        calibrations: Vec::new(),
        run: RunId("long".into()),
        protocol: FileText {
            name: "long.toml".into(),
            text,
        },
        rig: read("config/demo-rig.toml"),
        profiles: profiles
            .iter()
            .map(|p| ((*p).to_owned(), read(&format!("config/{p}"))))
            .collect(),
        labware: Vec::new(),
        parameters: BTreeMap::new(),
        seed: 1,
        simulated: true,
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

/// Runs until the host dies with that many actions behind it; what was durable then.
fn died(simulation: &Simulation, source: &Source, actions: u64) -> Vec<u8> {
    let Assembled { rig, library, .. } = assemble(source);
    let rig = rig.unwrap();
    let (planned, found, _) = plan(source, &rig, &library);
    let (plan, schedule) = planned.unwrap_or_else(|| {
        eprintln!("{found:?}");
        std::process::exit(2)
    });
    println!("{} operations", plan.operations.len());
    let memory = MemoryDisk::default();
    let mut disk = Disk::Memory(memory.clone());
    let recovered = recover(&mut disk).unwrap();
    let journal = Journal::new(disk, &recovered, Writing::Inline { durable: true }).unwrap();
    let (done, dies) = (Rc::new(Cell::new(0)), memory.clone());
    let death = Rc::new(Cell::new(false));
    let (counted, planned) = (Rc::clone(&done), Rc::clone(&death));
    let watch: Observer = Box::new(move |state: &State, _, _| {
        counted.set(state.actions_done);
        if state.actions_done == actions && !planned.replace(true) {
            drop(dies.die_after(1));
        }
    });
    let mut engine = simulation
        .engine(&rig, &library, journal, State::new(&rig), vec![watch])
        .unwrap();
    let before = vec![
        Event::Started {
            source: Box::new(source.clone()),
        },
        Event::Planned { plan: Box::new(plan) },
    ];
    let began = Instant::now();
    let (dead, shared) = (memory.clone(), engine.shared());
    simulation.block_on(async {
        let clock = simulation.clock();
        let run = async {
            engine.begin(before).await.unwrap();
            engine.identify().await.unwrap();
            engine.begin(vec![Event::Scheduled { schedule }]).await.unwrap();
            let ended = engine.run().await;
            println!(
                "the run ended before that: {:?}",
                ended.map(|(ending, ..)| ending)
            );
        };
        let death = async {
            while !dead.is_dead() {
                clock.sleep(plated::units::Duration::s(10)).await;
                let asked = shared.with_state(|s| s.questions.values().find(|q| q.prompt.is_none()).cloned());
                assert!(asked.is_none(), "nobody here can answer: {asked:?}");
            }
        };
        tokio::select! {
            biased;
            () = run => {}
            () = death => {}
        }
    });
    let took = began.elapsed().as_secs_f64();
    let count = u32::try_from(done.get()).unwrap();
    println!(
        "virtual time: {count} actions with their wire bytes in {took:.2} s, {:.0} a second",
        f64::from(count) / took
    );
    memory.crash();
    memory.bytes()
}

fn main() {
    let actions = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(100_000);
    let long = source(actions);
    let simulation = Simulation::new(&long, None).unwrap();
    let mut bytes = died(&simulation, &long, actions);
    let length = bytes.len();
    let mut heads = Vec::new();
    for entry in Reader::new(&bytes) {
        heads.push(Head {
            sequence: entry.sequence,
            hash: entry.hash,
        });
    }
    let anchors: Vec<Head> = heads.iter().copied().step_by(5000).collect();
    println!(
        "{} records, {:.1} MB, {} anchors",
        heads.len(),
        f64::from(u32::try_from(length).unwrap()) / 1e6,
        anchors.len()
    );
    bytes.resize(length.next_multiple_of(1 << 20) + (1 << 20), 0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.plj");
    std::fs::write(&path, &bytes).unwrap();
    drop((bytes, heads));

    let began = Instant::now();
    let part = |name: &str| println!("{:>7.3} s: {name}", began.elapsed().as_secs_f64());
    let text = std::fs::read(&path).unwrap();
    let started = Reader::new(&text).find_map(|e| match e.event {
        Event::Started { source } => Some(*source),
        _ => None,
    });
    let Assembled { rig, library, .. } = assemble(&started.unwrap());
    let rig = rig.unwrap();
    drop(text);
    part("files of the run read from the journal");
    let mut disk = Disk::File(FileDisk::open(&path).unwrap());
    let mut state = State::new(&rig);
    let recovered = recover_with(&mut disk, &anchors, |entry| {
        apply(&mut state, &entry.event, entry.at)
    })
    .unwrap();
    part("every record read, verified, folded; the last ones written again");
    assert!(state.actions_done >= actions, "{} actions", state.actions_done);
    let journal = Journal::new(disk, &recovered, Writing::Inline { durable: true }).unwrap();
    let next = Rc::new(Cell::new(None));
    let seen = Rc::clone(&next);
    let watch: Observer = Box::new(move |_, event, _| {
        if matches!(event, Event::Intended { .. }) && seen.get().is_none() {
            seen.set(Some(began.elapsed().as_secs_f64()));
        }
    });
    let mut engine = simulation
        .engine(&rig, &library, journal, state, vec![watch])
        .unwrap();
    part("journal open, engine made");
    simulation.block_on(async {
        let clock = simulation.clock();
        engine.begin(vec![Event::Restarted]).await.unwrap();
        engine.identify().await.unwrap();
        part("instruments asked who they are");
        let wait = async {
            while next.get().is_none() {
                clock.sleep(plated::units::Duration::ms(1)).await;
            }
        };
        tokio::select! {
            biased;
            ended = engine.run() => println!("ended: {:?}", ended.map(|(ending, ..)| ending)),
            () = wait => {}
        }
    });
    let took = next.get().unwrap_or(f64::INFINITY);
    println!("{took:>7.3} s: the next action is intended (bar: under {BAR} s)");
    std::process::exit(i32::from(took >= BAR));
}
