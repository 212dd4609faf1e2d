//! Whole-system simulation: see `examples/storm/mod.rs`.
//!
//! `cargo run --release --example storm -- --count N --seed S` tries the seeds from S on. `--only crashes,lines,devices,disk,people`
//! lets only these befall; `--without intent|drain|settle|interlock` switches a safeguard off: then it exits with 1
//! when no seed fails. `--verbose` prints what befell each seed, `--show` its protocol and journal. `--once` leaves out
//! that each seed is tried twice and must give the same bytes.

#[path = "storm/mod.rs"]
mod storm;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use storm::{Kinds, Outcome, Repository, Subject, Without, sail};

struct Wanted {
    seed: u64,
    count: u64,
    kinds: Kinds,
    only: String,
    without: Option<Without>,
    verbose: bool,
    show: bool,
    once: bool,
}

fn wanted() -> Result<Wanted, Box<dyn Error>> {
    let mut wanted = Wanted {
        seed: 1,
        count: 1,
        kinds: Kinds::ALL,
        only: String::new(),
        without: None,
        verbose: false,
        show: false,
        once: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} what?"));
        match word.as_str() {
            "--seed" => wanted.seed = value()?.parse()?,
            "--count" => wanted.count = value()?.parse()?,
            "--only" => {
                let only = value()?;
                wanted.kinds = Kinds::only(&only);
                wanted.only = format!(" --only {only}");
            }
            "--without" => {
                let word = value()?;
                let without = Without::from_word(&word);
                wanted.without = Some(without.ok_or(format!("there is no safeguard {word}"))?);
            }
            "--verbose" => wanted.verbose = true,
            "--show" => wanted.show = true,
            "--once" => wanted.once = true,
            other => return Err(format!("what is {other}?").into()),
        }
    }
    Ok(wanted)
}

#[derive(Default)]
struct Tally {
    failed: Vec<u64>,
    endings: BTreeMap<String, u64>,
    lives: usize,
    actions: u64,
    asked: usize,
    orders: u64,
    repairs: u64,
    deeds: u64,
    wells: usize,
    readings: usize,
    slowest: (f64, u64),
}

fn one(repository: &Repository, seed: u64, wanted: &Wanted, tally: &Mutex<Tally>) {
    let began = Instant::now();
    let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let subject = Subject::of(repository, seed);
        let mut outcome = sail(&subject, seed, wanted.kinds, wanted.without);
        if !wanted.once && wanted.without.is_none() {
            let again = sail(&subject, seed, wanted.kinds, None);
            if again.journal != outcome.journal || again.ledger != outcome.ledger {
                outcome.wrong.push("the same seed gave other bytes".to_owned());
            }
        }
        let told = format!("{}, {} actions", subject.title, subject.actions);
        let written = wanted.show.then(|| subject.written());
        (outcome, told, written)
    }));
    let took = began.elapsed().as_secs_f64();
    let Ok(mut tally) = tally.lock() else { return };
    tally.slowest = if took > tally.slowest.0 {
        (took, seed)
    } else {
        tally.slowest
    };
    let only = &wanted.only;
    let command = format!("cargo run --release --example storm -- --seed {seed}{only} --verbose");
    match tried {
        Ok((outcome, told, written)) => {
            if let Some(written) = written {
                println!("{written}");
                shown(&outcome);
            }
            let bad = !outcome.wrong.is_empty();
            if wanted.verbose || (bad && wanted.without.is_none()) {
                println!(
                    "seed {seed} ({told}): {:?}, {} lives, {took:.1} s\n{}",
                    outcome.ending, outcome.lives, outcome.weather
                );
                for (text, answer) in &outcome.asked {
                    println!(
                        "  asked: {} -> {answer}",
                        text.chars().take(300).collect::<String>()
                    );
                }
            }
            if bad && wanted.without.is_none() {
                for wrong in outcome.wrong.iter().take(6) {
                    println!("  WRONG: {}", wrong.chars().take(600).collect::<String>());
                }
                println!("  again: {command}");
            }
            if bad {
                tally.failed.push(seed);
            }
            let ending = outcome.ending.map_or("none".to_owned(), |e| format!("{e:?}"));
            *tally.endings.entry(ending).or_insert(0) += 1;
            tally.lives += outcome.lives;
            tally.actions += outcome.actions;
            tally.asked += outcome.asked.len();
            tally.orders += outcome.orders;
            tally.repairs += outcome.repairs;
            tally.deeds += outcome.deeds;
            tally.wells += outcome.wells;
            tally.readings += outcome.readings;
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned()));
            println!(
                "seed {seed}: PANIC: {}\n  again: {command}",
                text.unwrap_or_default()
            );
            tally.failed.push(seed);
        }
    }
}

/// The journal in words.
fn shown(outcome: &Outcome) {
    for entry in plated::journal::verify(&outcome.journal).entries {
        let text = serde_json::to_string(&entry.event).unwrap_or_default();
        println!(
            "{:>6} {} {}",
            entry.sequence,
            entry.at.as_us(),
            text.chars().take(420).collect::<String>()
        );
    }
    for line in outcome.ledger.lines() {
        println!("ledger {}", line.chars().take(400).collect::<String>());
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let wanted = wanted()?;
    let repository = Repository::read()?;
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    let next = AtomicU64::new(wanted.seed);
    let end = wanted.seed.saturating_add(wanted.count);
    let tally = Mutex::new(Tally::default());
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    one(&repository, seed, &wanted, &tally);
                }
            });
        }
    });
    let mut tally = tally.into_inner().map_err(|_| "a worker broke down")?;
    tally.failed.sort_unstable();
    let word = wanted
        .without
        .map_or(String::new(), |w| format!("without {}: ", w.word()));
    println!(
        "{word}{} seeds, {} failed {:?}; {:?}; {} lives of the host, {} faults, deaths and orders given, {} actions, {} questions of doubt or \
         failure, {} orders of people, {} repairs, {} wells and {} readings compared; {:.0} s, the slowest {:.1} s (seed {})",
        wanted.count,
        tally.failed.len(),
        tally.failed.iter().take(40).collect::<Vec<_>>(),
        tally.endings,
        tally.lives,
        tally.deeds,
        tally.actions,
        tally.asked,
        tally.orders,
        tally.repairs,
        tally.wells,
        tally.readings,
        began.elapsed().as_secs_f64(),
        tally.slowest.0,
        tally.slowest.1
    );
    Ok(tally.failed.is_empty() == wanted.without.is_none())
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
