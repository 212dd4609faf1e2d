//! How long a protocol of many liquid moves takes from its text to its plan, and that this grows with the moves alone.
//!
//! `cargo bench --bench check [-- --once STEPS]` makes a protocol of 96 plates whose wells are all filled `STEPS` times
//! by one channel, with fresh tips for each plate and step, and prints the time of reading, checking and compiling it.

use plated::labware::Library;
use plated::protocol::{Inputs, build};
use plated::rig;
use plated::source::SourceFile;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::process::Command;
use std::time::Instant;

const PLATES: u32 = 96;

fn file(name: &str, text: String) -> SourceFile {
    SourceFile {
        name: name.to_owned(),
        text,
    }
}

/// The demonstration rig with a hotel that holds all plates.
fn rig() -> Result<rig::Rig, Box<dyn Error>> {
    let mut text = include_str!("../config/demo-rig.toml").to_owned();
    for n in 9..=PLATES {
        let _ = write!(
            text,
            "\n[nests.hotel-{n}]\nkind = \"hotel\"\nstation = {}\n",
            100 + n
        );
    }
    let profile = |path: &str, text: &str| (path.to_owned(), file(path, text.to_owned()));
    let profiles = BTreeMap::from([
        profile(
            "profiles/absorbance-reader.toml",
            include_str!("../config/profiles/absorbance-reader.toml"),
        ),
        profile(
            "profiles/plate-mover.toml",
            include_str!("../config/profiles/plate-mover.toml"),
        ),
    ]);
    let (rig, found) = rig::parse(&file("rig", text), &profiles);
    assert!(found.is_empty(), "{found:?}");
    Ok(rig.ok_or("the rig has errors")?)
}

/// A protocol in which every well of 96 plates is filled so often.
fn protocol(steps: u32) -> String {
    let mut text = format!(
        r#"[protocol]
name = "many"

[liquids.medium]

[pieces.tips]
labware = "tiprack-20"
at = ["deck-1", "deck-2", "deck-3", "deck-4", "deck-5", "deck-6"]

[pieces.trough]
labware = "reservoir-1"
at = "deck-7"
liquid = "medium"

[plates.assay]
count = {PLATES}
labware = "plate-96-flat"
at = "hotel"
work = {{ at = "deck-9" }}
"#
    );
    for step in 1..=steps {
        let _ = write!(
            text,
            r#"
[[steps]]
id = "fill-{step}"
do = "distribute"
from = "trough"
to = "assay"
volume = "2 uL"
pipette = "p20-single"
tips = "per_plate"
"#
        );
    }
    text
}

/// Most memory that this process has had, in MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM"));
    let kib = line
        .and_then(|l| l.split_whitespace().nth(1))
        .and_then(|n| n.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

/// Reads, checks and compiles once; seconds.
fn once(steps: u32) -> Result<f64, Box<dyn Error>> {
    let (rig, library) = (rig()?, Library::load(&[]).0);
    let text = file("many.toml", protocol(steps));
    let begun = Instant::now();
    let built = build(&text, &Inputs::default(), &rig, &library);
    let took = begun.elapsed().as_secs_f64();
    if built.plan.is_none() {
        return Err(format!("refused: {:?}", built.diagnostics.first()).into());
    }
    Ok(took)
}

/// The best of several processes of their own, as a person starts them: seconds.
fn measure(steps: u32) -> Result<f64, Box<dyn Error>> {
    let mut best = f64::INFINITY;
    let mut memory = String::new();
    for _ in 0..5 {
        let out = Command::new(std::env::current_exe()?)
            .args(["--once", &steps.to_string()])
            .output()?;
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let mut words = text.split_whitespace();
        let took: f64 = words.next().ok_or("no figure")?.parse()?;
        if took < best {
            best = took;
            memory = words.next().unwrap_or_default().to_owned();
        }
    }
    let moves = u64::from(steps) * u64::from(PLATES) * 96;
    println!("{moves} moves: {best:.3} s, peak {memory} MiB (best of 5 processes)");
    Ok(best)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip_while(|a| a != "--once").skip(1);
    if let Some(steps) = arguments.next().and_then(|n| n.parse().ok()) {
        println!("{} {}", once(steps)?, peak_mib());
        return Ok(());
    }
    // 11 × 96 × 96 = 101,376 moves.
    let small = measure(11)?;
    let large = measure(110)?;
    println!("10 times the moves take {:.1} times as long", large / small);
    Ok(())
}
