//! The fault matrix: real drivers on the simulated rig while their lines and the devices fail, held against the
//! simulator's ledger of truth. Rows and figures are those of docs/faults.md.
//!
//! `cargo run --release --example matrix -- [--row L3]… [--count N] [--seed S]` tries the rows that are named (else all)
//! until N faults were felt in each (else the row's own figure). Exits with 1 when something went wrong; each case is printed
//! with its subject and seed, which `--row L3 --only Cytomat 11000034` tries again alone (rows L1 to L7 and L9).

#![allow(
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a campaign that cannot begin ends by panicking; what a bench does under a row is counted"
)]

#[path = "matrix/mod.rs"]
mod matrix;

use std::error::Error;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut rows, mut count, mut seed) = (Vec::new(), None, 1_u64);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} wants a value"));
        match word.as_str() {
            "--row" => rows.push(value()?.to_uppercase()),
            "--count" => count = Some(value()?.parse()?),
            "--seed" => seed = value()?.parse()?,
            "--only" => {
                let name = value()?.to_lowercase();
                let exact = value()?.parse()?;
                let _ = matrix::link_rows::ONLY.set((name, exact));
            }
            _ => return Err(format!("unknown: {word}; see the head of examples/matrix.rs").into()),
        }
    }
    let mut good = true;
    for row in matrix::ROWS {
        if !rows.is_empty() && !rows.iter().any(|wanted| wanted == row.name) {
            continue;
        }
        let began = std::time::Instant::now();
        let tally = (row.run)(count.unwrap_or(row.figure), seed);
        good &= tally.good();
        println!(
            "{:<4} {}: {tally} (seed {seed}, {:.0} s)",
            row.name,
            row.title,
            began.elapsed().as_secs_f64()
        );
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
