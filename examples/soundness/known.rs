//! Cases that are known to go wrong without a rule: what each physical rule is worth, for every commit.

use super::rigs::Repository;
use super::trial::{Outcome, tried};
use std::error::Error;

/// A rule and a seed whose case it refuses, and which goes wrong without it.
const KNOWN: [(&str, u64); 0] = [];

/// Tries each; true when every physical rule has one and all of them hold.
///
/// # Errors
/// None today; kept for the caller's sake.
pub fn tried_all(repository: &Repository) -> Result<bool, Box<dyn Error>> {
    let mut sound = true;
    for (rule, _) in plated::protocol::rules().filter(|(_, physical)| *physical) {
        let Some((_, seed)) = KNOWN.iter().find(|(name, _)| *name == rule) else {
            println!("without `{rule}`: no case is known");
            sound = false;
            continue;
        };
        let case = super::case(repository, *seed);
        let refused = matches!(tried(repository, &case, &[]), Outcome::Refused(_));
        let wrong = tried(repository, &case, &[rule]);
        match &wrong {
            Outcome::Counterexample(fault) if refused => {
                println!("without `{rule}`: seed {seed}: {}: {}", fault.kind, fault.text);
            }
            other => {
                println!(
                    "without `{rule}`: seed {seed} no longer shows it: refused {refused}, then {other:?}"
                );
                sound = false;
            }
        }
    }
    Ok(sound)
}
