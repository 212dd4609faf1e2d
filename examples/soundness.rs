//! Whether `plated check` is sound: protocols are drawn from seeds, near the limits of the language and of the rigs.
//! What the check refuses is counted by code; what it accepts is run on the simulated rig, in a world without noise,
//! and must come to its end without anything physically impossible, without a question about a failure, and with
//! every well at the volume that the run believes in.
//!
//! `cargo run --release --example soundness -- --count N --seed S [--reach] [--off RULE]… [--keep DIR] [--show] [--tell]` tries the
//! seeds from S on. `--reach` also fails when some rule, or some code that a protocol can have, was reached by no case.
//! `--noise` runs what three of the rigs accept with pipettes that declare a random error, in a world whose strokes scatter
//! by it: the check keeps three standard deviations back, and none of
//! them may go wrong. `--off` leaves a rule out: then counterexamples are what shows that the rule is worth something.
//! `--known` tries one case per physical rule that is known to go wrong without it; `--rules N` tries N cases with each
//! physical rule left out in turn, ten times as many where none of them goes wrong. Exits with 1 when an accepted protocol went wrong, or, with rules left out, when
//! none did.

#[path = "soundness/aimed.rs"]
mod aimed;
#[path = "soundness/cases.rs"]
mod cases;
#[path = "soundness/draw.rs"]
mod draw;
#[path = "soundness/known.rs"]
mod known;
#[path = "soundness/lines.rs"]
mod lines;
#[path = "soundness/manner.rs"]
mod manner;
#[path = "soundness/mutate.rs"]
mod mutate;
#[path = "soundness/pinned.rs"]
mod pinned;
#[path = "soundness/plate_steps.rs"]
mod plate_steps;
#[path = "soundness/promised.rs"]
mod promised;
#[path = "soundness/rigs.rs"]
mod rigs;
#[path = "soundness/scratch.rs"]
mod scratch;
#[path = "soundness/slips.rs"]
mod slips;
#[path = "soundness/steps.rs"]
mod steps;
#[path = "soundness/tables.rs"]
mod tables;
#[path = "soundness/tally.rs"]
mod tally;
#[path = "soundness/trial.rs"]
mod trial;

use rigs::{Case, Repository};
use std::error::Error;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tally::Tally;
use trial::Outcome;

/// What is asked for.
#[derive(Debug, Default)]
struct Wanted {
    count: u64,
    seed: u64,
    off: Vec<String>,
    keep: Option<String>,
    show: bool,
    tell: bool,
    known: bool,
    rules: Option<u64>,
    reach: bool,
    noise: bool,
}

fn wanted() -> Result<Wanted, Box<dyn Error>> {
    let mut wanted = Wanted {
        count: 300,
        seed: 1,
        ..Wanted::default()
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} what?"));
        match argument.as_str() {
            "--count" => wanted.count = value()?.parse()?,
            "--seed" => wanted.seed = value()?.parse()?,
            "--off" => wanted.off.push(value()?),
            "--keep" => wanted.keep = Some(value()?),
            "--rules" => wanted.rules = Some(value()?.parse()?),
            "--tell" => wanted.tell = true,
            "--show" => wanted.show = true,
            "--known" => wanted.known = true,
            "--reach" => wanted.reach = true,
            "--noise" => wanted.noise = true,
            other => return Err(format!("what is {other}?").into()),
        }
    }
    for rule in &wanted.off {
        if !plated::protocol::rules().any(|(name, _)| name == rule) {
            return Err(format!("there is no rule \"{rule}\"").into());
        }
    }
    Ok(wanted)
}

/// Tries seeds on all cores.
fn campaign(repository: &Repository, seeds: std::ops::Range<u64>, off: &[&str], wanted: &Wanted) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let tally = Mutex::new(Tally::default());
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let mut case = cases::of_seed(repository, seed);
                    if wanted.noise {
                        let Some(rig) = case.rig.noisy() else { continue };
                        case.rig = rig;
                    }
                    let began = std::time::Instant::now();
                    let mut said = trial::Said::default();
                    let mut outcome = trial::heard(repository, &case, off, &mut said);
                    // What goes wrong with all rules as well says nothing about the one that is left out.
                    if !off.is_empty()
                        && matches!(outcome, Outcome::Counterexample(_))
                        && !matches!(trial::tried(repository, &case, &[]), Outcome::Refused(_))
                    {
                        outcome = Outcome::Anyway;
                    }
                    if let Outcome::Counterexample(fault) = &outcome
                        && (off.is_empty() || wanted.show)
                    {
                        report(&case, fault, wanted);
                    }
                    if wanted.tell {
                        println!("{}\n# {outcome:?}", tally::written(&case));
                    }
                    if let Ok(mut tally) = tally.lock() {
                        tally.add(&case, &outcome, &said, began.elapsed());
                    }
                }
            });
        }
    });
    tally.into_inner().unwrap_or_default()
}

/// A counterexample, for a person.
fn report(case: &Case, fault: &trial::Fault, wanted: &Wanted) {
    println!(
        "counterexample: seed {}, {}: {}: {}",
        case.seed,
        case.rig.path(),
        fault.kind,
        fault.text.chars().take(1000).collect::<String>()
    );
    if wanted.show {
        println!("{}", tally::written(case));
    }
    if let Some(folder) = &wanted.keep {
        let path = std::path::Path::new(folder).join(format!("{}-{}.toml", fault.kind, case.seed));
        let kept = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, tally::written(case)));
        if let Err(error) = kept {
            eprintln!("could not write {}: {error}", path.display());
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let wanted = wanted()?;
    let repository = Repository::read()?;
    // What a thread says of its panic is in the case's outcome.
    std::panic::set_hook(Box::new(|_| {}));
    if wanted.known {
        let found = known::tried_all(&repository);
        for (_, text) in &found {
            println!("{text}");
        }
        return Ok(found.iter().all(|(sound, _)| *sound));
    }
    let seeds = wanted.seed..wanted.seed.saturating_add(wanted.count);
    if let Some(cases) = wanted.rules {
        let mut sound = true;
        for (rule, _) in plated::protocol::rules().filter(|(_, physical)| *physical) {
            // Where a rule seldom matters, more cases are tried.
            let mut count = cases;
            loop {
                let seeds = wanted.seed..wanted.seed.saturating_add(count);
                let tally = campaign(&repository, seeds, &[rule], &wanted);
                if tally.faults() == 0 && count < cases.saturating_mul(10) {
                    count = cases.saturating_mul(10);
                    continue;
                }
                println!("{}", tally.without(rule));
                sound &= tally.faults() > 0;
                break;
            }
        }
        return Ok(sound);
    }
    let off: Vec<&str> = wanted.off.iter().map(String::as_str).collect();
    let tally = campaign(&repository, seeds, &off, &wanted);
    println!("{tally}");
    if wanted.noise {
        println!("{}", tally.scattered());
        return Ok(tally.faults() == 0);
    }
    if wanted.reach && !tally.reached_all() {
        return Ok(false);
    }
    Ok((tally.faults() > 0) != off.is_empty())
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
