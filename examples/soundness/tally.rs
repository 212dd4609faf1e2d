//! What became of all cases, as a table.

use super::rigs::Case;
use super::trial::Outcome;
use hardware_sim::Hazard;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// Cases by what became of them.
#[derive(Debug, Default)]
pub struct Tally {
    cases: usize,
    refused: usize,
    long: usize,
    anyway: usize,
    ran: usize,
    wells: usize,
    actions: u64,
    codes: BTreeMap<String, usize>,
    faults: BTreeMap<String, Vec<u64>>,
    hazards: BTreeMap<Hazard, usize>,
    slowest: (Duration, u64),
    spent: Duration,
}

impl Tally {
    /// Adds a case.
    pub fn add(&mut self, seed: u64, outcome: &Outcome, took: Duration) {
        self.cases += 1;
        self.spent += took;
        self.slowest = self.slowest.max((took, seed));
        match outcome {
            Outcome::Refused(codes) => {
                self.refused += 1;
                for code in codes {
                    *self.codes.entry(code.clone()).or_insert(0) += 1;
                }
            }
            Outcome::TooLong => self.long += 1,
            Outcome::Anyway => self.anyway += 1,
            Outcome::Ran { wells, actions } => {
                self.ran += 1;
                self.wells += wells;
                self.actions += actions;
            }
            Outcome::Counterexample(fault) => {
                self.faults.entry(fault.kind.clone()).or_default().push(seed);
                for (hazard, count) in &fault.hazards {
                    *self.hazards.entry(*hazard).or_insert(0) += count;
                }
            }
        }
    }

    /// How many accepted protocols went wrong.
    pub fn faults(&self) -> usize {
        self.faults.values().map(Vec::len).sum()
    }

    /// Codes that the sources of the check can say and no case made it say.
    pub fn silent_codes(&self) -> Vec<String> {
        let said = &self.codes;
        codes()
            .into_iter()
            .filter(|code| !said.contains_key(code))
            .collect()
    }

    /// One line on a rule that was left out.
    pub fn without(&self, rule: &str) -> String {
        let mut kinds: Vec<String> = Vec::new();
        for (kind, seeds) in &self.faults {
            let first = seeds.iter().min().copied().unwrap_or(0);
            kinds.push(format!("{kind} {} (first seed {first})", seeds.len()));
        }
        format!(
            "without `{rule}`: {} cases, {} refused, {} ran, {} went wrong: {}",
            self.cases,
            self.refused,
            self.ran,
            self.faults(),
            if kinds.is_empty() {
                "none, although the rule is called physical".to_owned()
            } else {
                kinds.join(", ")
            }
        )
    }
}

/// Every code that the rules can say, read from their sources.
fn codes() -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/protocol/check");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for file in files {
        let text = std::fs::read_to_string(file.path()).unwrap_or_default();
        for call in text.split("error(").skip(1) {
            let mut parts = call.split('"');
            let before = parts.next().unwrap_or_default();
            let code = parts.next().unwrap_or_default();
            let plain = before.chars().filter(|c| *c == ',').count() == 1 && before.contains("reporter");
            let warns = call.split(';').next().unwrap_or_default().contains(".warning()");
            let sound = !code.is_empty() && code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if plain && sound && !warns {
                out.insert(code.to_owned());
            }
        }
    }
    out
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} cases: {} refused, {} accepted and run, {} too long to be run, {} went wrong",
            self.cases,
            self.refused,
            self.ran,
            self.long,
            self.faults()
        )?;
        writeln!(
            f,
            "{} actions, {} wells compared; {:.0} s of work, the slowest {:.1} s (seed {})",
            self.actions,
            self.wells,
            self.spent.as_secs_f64(),
            self.slowest.0.as_secs_f64(),
            self.slowest.1
        )?;
        for (kind, seeds) in &self.faults {
            let mut seeds = seeds.clone();
            seeds.sort_unstable();
            let shown: Vec<String> = seeds.iter().take(12).map(u64::to_string).collect();
            writeln!(
                f,
                "wrong: {kind:<24} {:>6}  seeds {}",
                seeds.len(),
                shown.join(" ")
            )?;
        }
        for (hazard, count) in &self.hazards {
            writeln!(f, "hazard: {:<23} {count:>6}", hazard.id())?;
        }
        for (code, count) in &self.codes {
            writeln!(f, "refused: {code:<22} {count:>6}")?;
        }
        write!(f, "codes of the rules that no case was refused by: {}", {
            let silent = self.silent_codes();
            if silent.is_empty() {
                "none".to_owned()
            } else {
                silent.join(", ")
            }
        })
    }
}

/// A case as a text from which it can be made again.
pub fn written(case: &Case) -> String {
    let mut out = format!("# rig: {}\n# seed: {}\n", case.rig.path(), case.seed);
    for (name, value) in &case.parameters {
        out.push_str(&format!("# --param {name}={value}\n"));
    }
    out.push_str(&case.text);
    for (path, text) in &case.files {
        out.push_str(&format!("\n# ---- file {path}\n"));
        for line in text.lines() {
            out.push_str(&format!("# | {line}\n"));
        }
    }
    out
}
