//! Wall time of the first run: check, compile and schedule of the growth screen, and the whole simulated screen.
//!
//! `cargo bench --bench first_run`. A figure to look at, not a test: it depends on the machine.

use plated::daemon::{assemble, plan};
use plated::journal::{Disk, Journal, MemoryDisk, Writing, recover};
use plated::run::{Event, FileText, RunId, Source, State};
use plated::simulate::Simulation;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

const RUNS: u64 = 5;
const PROFILES: [&str; 2] = ["profiles/absorbance-reader.toml", "profiles/plate-mover.toml"];

fn read(path: &str) -> Result<FileText, Box<dyn Error>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))?;
    Ok(FileText {
        name: path.into(),
        text,
    })
}

fn source(seed: u64) -> Result<Source, Box<dyn Error>> {
    let mut profiles = BTreeMap::new();
    for profile in PROFILES {
        profiles.insert(profile.to_owned(), read(&format!("config/{profile}"))?);
    }
    Ok(Source {
        files: Default::default(),
        today: None,
        release: None,
        commissioning: None,
        calibrations: Vec::new(),
        run: RunId(format!("bench-{seed}")),
        protocol: read("protocols/growth-screen.toml")?,
        rig: read("config/demo-rig.toml")?,
        profiles,
        labware: Vec::new(),
        parameters: BTreeMap::new(),
        seed,
        simulated: true,
        version: env!("CARGO_PKG_VERSION").into(),
    })
}

/// One run: time to plan it, time to run it, and what it did.
struct Figures {
    planning: Duration,
    running: Duration,
    actions: u64,
    simulated: plated::units::Duration,
}

fn run(seed: u64) -> Result<Figures, Box<dyn Error>> {
    let source = source(seed)?;
    let began = Instant::now();
    let assembled = assemble(&source);
    let rig = assembled.rig.ok_or("the rig file has errors")?;
    let (planned, _, _) = plan(&source, &rig, &assembled.library);
    let (compiled, schedule) = planned.ok_or("the protocol has errors")?;
    let planning = began.elapsed();
    let began = Instant::now();
    let simulation = Simulation::new(&source, None)?;
    let mut disk = Disk::Memory(MemoryDisk::default());
    let recovered = recover(&mut disk)?;
    let journal = Journal::new(disk, &recovered, Writing::Inline { durable: false })?;
    let engine = simulation.engine(&rig, &assembled.library, journal, State::new(&rig), Vec::new())?;
    let before = vec![
        Event::Started {
            source: Box::new(source),
        },
        Event::Planned {
            plan: Box::new(compiled),
        },
    ];
    let (_, state, _) = simulation.run(engine, before, vec![Event::Scheduled { schedule }])?;
    Ok(Figures {
        planning,
        running: began.elapsed(),
        actions: state.actions_done,
        simulated: state.last.since(state.started),
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut planning, mut running, mut actions) = (Duration::ZERO, Duration::ZERO, 0_u64);
    for seed in 1..=RUNS {
        let f = run(seed)?;
        println!(
            "seed {seed}: planned in {:.3} s, ran {} actions over {} in {:.3} s",
            f.planning.as_secs_f64(),
            f.actions,
            f.simulated,
            f.running.as_secs_f64()
        );
        planning += f.planning;
        running += f.running;
        actions += f.actions;
    }
    let runs = u32::try_from(RUNS)?;
    let actions = f64::from(u32::try_from(actions)?);
    println!(
        "mean: check, compile and schedule {:.3} s; run {:.3} s; {:.0} actions per second",
        (planning / runs).as_secs_f64(),
        (running / runs).as_secs_f64(),
        actions / running.as_secs_f64()
    );
    Ok(())
}
