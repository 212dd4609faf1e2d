//! How well the growth screen finds the planted strains: runs it in simulated time for seeds 1 to N and compares the hits
//! with the simulator's planted truth.
//!
//! `cargo run --example hit_power [SEEDS]` (10 by default). Exits with 1 when, on average over the seeds, fewer than five
//! of the six strong strains are found or more than one hit is false (a strain that is neither strong nor weak).

use plated::daemon::{assemble, plan};
use plated::journal::{Disk, Journal, MemoryDisk, Writing, recover};
use plated::plan::Finding;
use plated::run::{Ending, Event, FileText, RunId, Source, State};
use plated::simulate::Simulation;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

const PROFILES: [&str; 2] = ["profiles/absorbance-reader.toml", "profiles/plate-mover.toml"];
/// The bars: of six strong strains on average, and hits that are neither strong nor weak.
const STRONG_FOUND: f64 = 5.0;
const FALSE_HITS: f64 = 1.0;

fn read(path: &str) -> Result<FileText, Box<dyn Error>> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text =
        std::fs::read_to_string(&full).map_err(|e| format!("could not read {}: {e}", full.display()))?;
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
        run: RunId(format!("hit-power-{seed}")),
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

/// What one seed's screen found, as counts.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    strong: usize,
    found: usize,
    weak: usize,
    weak_called: usize,
    wrong: usize,
}

fn screen(seed: u64) -> Result<Figures, Box<dyn Error>> {
    let source = source(seed)?;
    let assembled = assemble(&source);
    let rig = assembled.rig.ok_or("the rig file has errors; see plated check")?;
    let (planned, _, _) = plan(&source, &rig, &assembled.library);
    let (compiled, schedule) = planned.ok_or("the protocol has errors; see plated check")?;
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
    let (ending, state, _) = simulation.run(engine, before, vec![Event::Scheduled { schedule }])?;
    if ending != Ending::Completed {
        return Err(format!("seed {seed}: the run ended {ending:?}").into());
    }
    let called: BTreeSet<&str> = state
        .findings
        .values()
        .find_map(|f| match f {
            Finding::Hits { hits, .. } => Some(hits.iter().map(|h| h.rate.strain.as_str()).collect()),
            _ => None,
        })
        .ok_or("the screen concluded no hits")?;
    let planted = simulation.sim().planted();
    let within = |names: &[String]| names.iter().filter(|n| called.contains(n.as_str())).count();
    let (found, weak_called) = (within(&planted.strong), within(&planted.weak));
    Ok(Figures {
        strong: planted.strong.len(),
        found,
        weak: planted.weak.len(),
        weak_called,
        wrong: called.len() - found - weak_called,
    })
}

fn all(seeds: u32) -> Result<bool, Box<dyn Error>> {
    let mut sum = Figures::default();
    println!("seed  strong found  weak called  false hits");
    for seed in 1..=u64::from(seeds) {
        let f = screen(seed)?;
        println!(
            "{seed:>4}  {:>7} of {}  {:>6} of {}  {:>10}",
            f.found, f.strong, f.weak_called, f.weak, f.wrong
        );
        sum.found += f.found;
        sum.weak_called += f.weak_called;
        sum.wrong += f.wrong;
    }
    let mean = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from) / f64::from(seeds);
    let (found, weak, wrong) = (mean(sum.found), mean(sum.weak_called), mean(sum.wrong));
    println!("mean  {found:>12.2}  {weak:>11.2}  {wrong:>10.2}");
    let good = found >= STRONG_FOUND && wrong <= FALSE_HITS;
    if !good {
        eprintln!(
            "missed: at least {STRONG_FOUND} strong strains found and at most {FALSE_HITS} false hit on average"
        );
    }
    Ok(good)
}

fn main() -> ExitCode {
    let seeds = std::env::args().nth(1).map_or(Ok(10), |n| n.parse::<u32>());
    let Some(seeds) = seeds.ok().filter(|n| *n > 0) else {
        eprintln!("usage: hit_power [SEEDS], a number from 1");
        return ExitCode::from(2);
    };
    match all(seeds) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
