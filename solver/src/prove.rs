//! Better lower bounds: a length that allows no schedule is one that every schedule exceeds.
//!
//! All tasks are free and must be over by a time; if the orders that follow of themselves contradict each other, or a short search
//! finds nothing and has tried everything, that time is too short (destructive improvement; Klein and Scholl, 1999).

use crate::dive::{Dived, Manner};
use crate::network::Network;
use crate::problem::{Problem, Solution, Time};
use crate::random::Random;
use crate::rebuild::Apart;
use crate::table::Table;

/// With more tasks nothing is tried: every pair would be looked at.
const LARGE: usize = 400;

/// Contradictions after which it is not known whether a length is too short.
const FAILS: u32 = 40;

/// A time before which no schedule ends: at least `least`, at most `length`, that of the known schedule. And the steps it took.
pub(crate) fn prove(
    problem: &Problem,
    network: &Network,
    known: &Solution,
    (least, length): (Time, Time),
    work: u64,
) -> (Time, u64) {
    let count = problem.tasks.len();
    if count > LARGE || problem.tasks.iter().any(|t| t.modes.len() > 1) {
        return (least, 0);
    }
    let mut free = Table::new(count);
    free.fill(true);
    let (mut low, mut high, mut spent) = (least, length, 0_u64);
    while low < high && spent < work {
        let by = low.midpoint(high).min(high.saturating_sub(1));
        let apart = Apart {
            problem,
            network,
            current: known,
            free: &free,
            by,
        };
        let manner = Manner {
            guide: None,
            trust: 0,
            fails: FAILS,
            work: work / 8,
        };
        let (dived, took) = apart.together(&manner, &mut Random::new(1));
        spent = spent.saturating_add(took);
        match dived {
            Dived::Nothing => low = by.saturating_add(1),
            Dived::Found(_) | Dived::GivenUp => high = by,
        }
    }
    (low, spent)
}
