//! What became of all cases, as a table.

use super::rigs::{Case, RigKind};
use super::trial::{Outcome, Said};
use hardware_sim::Hazard;
use plated::protocol::catalogue::TOPICS;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// Topics of the catalogue about files that are no protocols.
const OTHER_TOPICS: [&str; 2] = ["rig files and profiles", "labware files"];

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
    said: BTreeMap<String, usize>,
    rules: BTreeMap<&'static str, usize>,
    faults: BTreeMap<String, Vec<u64>>,
    scratch: BTreeSet<u64>,
    rigs: BTreeMap<RigKind, usize>,
    hazards: BTreeMap<Hazard, usize>,
    slowest: (Duration, u64),
    spent: Duration,
}

impl Tally {
    /// Adds a case.
    pub fn add(&mut self, case: &Case, outcome: &Outcome, said: &Said, took: Duration) {
        let seed = case.seed;
        self.cases += 1;
        for code in &said.codes {
            *self.said.entry(code.clone()).or_insert(0) += 1;
        }
        for rule in &said.rules {
            *self.rules.entry(rule).or_insert(0) += 1;
        }
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
                *self.rigs.entry(case.rig).or_insert(0) += 1;
                self.wells += wells;
                self.actions += actions;
            }
            Outcome::Counterexample(fault) => {
                if case.scratch {
                    self.scratch.insert(seed);
                }
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

    /// Rules that no case reached.
    pub fn silent_rules(&self) -> Vec<&'static str> {
        let all = plated::protocol::rules().map(|(rule, _)| rule);
        all.filter(|rule| !self.rules.contains_key(rule)).collect()
    }

    /// Codes of the catalogue that a protocol can have and that no case had.
    pub fn silent_codes(&self) -> Vec<&'static str> {
        let topics = TOPICS.iter().filter(|(topic, _)| !OTHER_TOPICS.contains(topic));
        let codes = topics.flat_map(|(_, codes)| codes.iter().map(|e| e.code));
        codes.filter(|code| !self.said.contains_key(*code)).collect()
    }

    /// Whether every rule and every code of protocols was reached.
    pub fn reached_all(&self) -> bool {
        self.silent_rules().is_empty() && self.silent_codes().is_empty()
    }

    /// What scattering strokes did.
    pub fn scattered(&self) -> String {
        let accepted = self.ran + self.faults();
        format!(
            "with scattering strokes {} of {accepted} accepted protocols went wrong: {:.2} per 1000",
            self.faults(),
            self.faults() as f64 * 1000.0 / accepted.max(1) as f64
        )
    }

    /// One line on a rule that was left out.
    pub fn without(&self, rule: &str) -> String {
        let mut kinds: Vec<String> = Vec::new();
        for (kind, seeds) in &self.faults {
            let first = seeds.iter().filter(|s| self.scratch.contains(s)).min();
            let first = first.map_or_else(|| "none from nothing".to_owned(), |s| format!("first seed {s}"));
            kinds.push(format!("{kind} {} ({first})", seeds.len()));
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
        for (rig, count) in &self.rigs {
            writeln!(f, "run on: {:<23} {count:>6}", format!("{rig:?}"))?;
        }
        for (code, count) in &self.codes {
            writeln!(f, "refused: {code:<22} {count:>6}")?;
        }
        for (code, count) in self
            .said
            .iter()
            .filter(|(code, _)| !self.codes.contains_key(*code))
        {
            writeln!(f, "warned: {code:<23} {count:>6}")?;
        }
        for (rule, physical) in plated::protocol::rules() {
            let count = self.rules.get(rule).copied().unwrap_or(0);
            let kind = if physical { "physical" } else { "" };
            writeln!(f, "rule: {rule:<25} {count:>6}  {kind}")?;
        }
        let none = |list: Vec<&str>| match list.is_empty() {
            true => "none".to_owned(),
            false => list.join(", "),
        };
        writeln!(f, "rules that no case reached: {}", none(self.silent_rules()))?;
        write!(f, "codes that no case reached: {}", none(self.silent_codes()))
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
