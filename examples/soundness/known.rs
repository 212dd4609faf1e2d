//! Cases that are known to go wrong without a rule: what each physical rule is worth, for every commit.

use super::cases;
use super::rigs::Repository;
use super::trial::{Outcome, tried};

/// A rule, a seed whose case it refuses, and how the case goes wrong without it. When the drawing of cases changes,
/// `--rules 1000` finds others; those from scratch do not depend on the protocols of the repository.
///
/// Of `loads` the world never hears: the driver of the liquid handler refuses first to draw more than a tip holds, or
/// to move liquid without a tip, and the run waits for a person.
const KNOWN: [(&str, u64, &str); 7] = [
    ("places", 5092, "two-in-one-nest"),
    ("reach", 4854, "aspirates-air"),
    ("seals", 5035, "cycles-lid"),
    ("levels", 5053, "below-dead-volume"),
    ("air", 5186, "aspirates-air"),
    ("loads", 5044, "stands-still"),
    ("carryover", 5475, "contamination"),
];

/// Tries one case per physical rule; each is told with whether it holds.
pub fn tried_all(repository: &Repository) -> Vec<(bool, String)> {
    // No pins stand on the rigs of the campaign: `tests/it/pins.rs` has what that rule is worth.
    let physical = plated::protocol::rules().filter(|(rule, physical)| *physical && *rule != "baths");
    physical.map(|(rule, _)| try_one(repository, rule)).collect()
}

fn try_one(repository: &Repository, rule: &'static str) -> (bool, String) {
    let Some((_, seed, kind)) = KNOWN.iter().find(|(name, ..)| *name == rule) else {
        return (false, format!("without `{rule}`: no case is known"));
    };
    let case = cases::of_seed(repository, *seed);
    let whole = tried(repository, &case, &[]);
    let without = tried(repository, &case, &[rule]);
    match (&whole, &without) {
        (Outcome::Refused(_), Outcome::Counterexample(fault)) if fault.kind == *kind => (
            true,
            format!("without `{rule}`: seed {seed}: {kind}: {}", fault.text),
        ),
        _ => (
            false,
            format!(
                "without `{rule}`: seed {seed} does not show {kind}: with it {whole:?}, without it {without:?}"
            ),
        ),
    }
}
