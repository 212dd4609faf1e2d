//! What the check accepts goes well: a few drawn protocols, and what each physical rule is worth. The campaign over many
//! is `examples/soundness.rs`, whose parts these are.

#[path = "../../examples/soundness/aimed.rs"]
mod aimed;
#[path = "../../examples/soundness/cases.rs"]
mod cases;
#[path = "../../examples/soundness/draw.rs"]
mod draw;
#[path = "../../examples/soundness/known.rs"]
mod known;
#[path = "../../examples/soundness/lines.rs"]
mod lines;
#[path = "../../examples/soundness/manner.rs"]
mod manner;
#[path = "../../examples/soundness/mutate.rs"]
mod mutate;
#[path = "../../examples/soundness/pinned.rs"]
mod pinned;
#[path = "../../examples/soundness/plate_steps.rs"]
mod plate_steps;
#[path = "../../examples/soundness/promised.rs"]
mod promised;
#[allow(
    dead_code,
    reason = "the campaign asks for more of rigs and cases than the tests"
)]
#[path = "../../examples/soundness/rigs.rs"]
mod rigs;
#[path = "../../examples/soundness/scratch.rs"]
mod scratch;
#[path = "../../examples/soundness/slips.rs"]
mod slips;
#[path = "../../examples/soundness/steps.rs"]
mod steps;
#[path = "../../examples/soundness/tables.rs"]
mod tables;
#[allow(dead_code, reason = "the campaign counts what the tests do not ask for")]
#[path = "../../examples/soundness/trial.rs"]
mod trial;

use rigs::Repository;
use trial::Outcome;

#[test]
fn each_physical_rule_keeps_a_protocol_from_going_wrong() {
    let repository = Repository::read().unwrap();
    for (sound, text) in known::tried_all(&repository) {
        assert!(sound, "{text}");
    }
}

#[test]
fn what_is_accepted_runs_to_its_end_without_fault() {
    let repository = Repository::read().unwrap();
    let (mut refused, mut ran, mut wells) = (0, 0, 0);
    for seed in 9000..9040 {
        let case = cases::of_seed(&repository, seed);
        match trial::tried(&repository, &case, &[]) {
            Outcome::Refused(_) => refused += 1,
            Outcome::Ran { wells: compared, .. } => {
                ran += 1;
                wells += compared;
            }
            Outcome::TooLong | Outcome::Anyway => {}
            Outcome::Counterexample(fault) => panic!("seed {seed}: {}: {}", fault.kind, fault.text),
        }
    }
    // Most are drawn near a limit and refused; a check that refused everything would prove nothing.
    assert!(
        refused > 10 && ran > 4 && wells > 100,
        "{refused} refused, {ran} ran, {wells} wells"
    );
}
