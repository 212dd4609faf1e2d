//! Whole-system simulation in small: a few seeds of each kind, and what each safeguard is worth. The campaign over many is
//! `examples/storm.rs`, whose parts these are.

#[path = "../../examples/storm/mod.rs"]
mod parts;

use parts::{Kinds, Repository, Subject, Without, sail};

/// Tries seeds; what went wrong.
fn tried(seeds: std::ops::Range<u64>, kinds: Kinds) -> Vec<String> {
    let repository = Repository::read().unwrap();
    let mut wrong = Vec::new();
    for seed in seeds {
        let subject = Subject::of(&repository, seed);
        let outcome = sail(&subject, seed, kinds, None);
        wrong.extend(outcome.wrong.iter().map(|w| format!("seed {seed}: {w}")));
    }
    wrong
}

#[test]
fn a_host_that_dies_anywhere_loses_nothing_and_asks_nobody() {
    let wrong = tried(1..9, Kinds::CRASHES);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn whatever_fails_belief_and_bench_agree_at_the_end() {
    let wrong = tried(20..32, Kinds::ALL);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_seed_gives_the_same_bytes_each_time() {
    let repository = Repository::read().unwrap();
    for seed in [41, 42] {
        let subject = Subject::of(&repository, seed);
        let one = sail(&subject, seed, Kinds::ALL, None);
        let other = sail(&subject, seed, Kinds::ALL, None);
        assert!(one.journal == other.journal, "seed {seed}: another journal");
        assert!(one.ledger == other.ledger, "seed {seed}: another ledger");
    }
}

#[test]
fn without_any_one_safeguard_a_seed_fails_that_else_passes() {
    let repository = Repository::read().unwrap();
    for (without, seeds) in FAILING {
        let failed = seeds.iter().any(|seed| {
            let subject = Subject::of(&repository, *seed);
            let passes = sail(&subject, *seed, Kinds::ALL, None).wrong.is_empty();
            passes && !sail(&subject, *seed, Kinds::ALL, Some(without)).wrong.is_empty()
        });
        assert!(failed, "without {} no seed fails", without.word());
    }
}

/// Seeds that need a safeguard.
const FAILING: [(Without, &[u64]); 4] = [
    (Without::Intent, &[1]),
    (Without::Drain, &[1]),
    (Without::Settle, &[1]),
    (Without::Interlock, &[1]),
];
