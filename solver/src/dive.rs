//! Depth first: decides the order of tasks that want the same thing at once, until none do.
//!
//! All tasks start as early as the orders so far allow; of the pairs that then want the same resource, the one with the least
//! room is decided first (Cheng and Smith, 1993), in the order that leaves more room, or that of a schedule that is known. Of
//! resources of which there are several, the first crowd has two of its tasks put in order (Cesta, Oddi and Smith, 2002).

use crate::kernel::{Arc, Contradiction, Kernel, Order, Outcome};
use crate::pool::{Pool, Share};
use crate::problem::Time;
use crate::random::Random;

/// How a dive ended.
pub(crate) enum Dived {
    /// The start of each task.
    Found(Vec<Time>),
    /// There is no such schedule.
    Nothing,
    /// It was given up.
    GivenUp,
}

/// What is chosen, so that the contrary can be tried.
#[derive(Clone, Copy)]
enum Choice {
    Pair(usize, Order),
    /// The first is over before the second begins.
    Shares(Share, Share),
    /// The contrary of that.
    Overlap(Share, Share),
}

/// How orders are chosen.
pub(crate) struct Manner<'g> {
    /// Starts of a schedule whose orders are preferred.
    pub guide: Option<&'g [Time]>,
    /// How often they are, of 100.
    pub trust: u64,
    /// Contradictions after which it is given up.
    pub fails: u32,
    /// Work after which it is given up.
    pub work: u64,
}

/// Looks for a schedule.
pub(crate) fn dive(kernel: &mut Kernel, pools: &[Pool], manner: &Manner<'_>, random: &mut Random) -> Dived {
    if kernel.first().is_err() || propagate(kernel, pools).is_err() {
        return Dived::Nothing;
    }
    let limit = kernel.work.saturating_add(manner.work);
    let mut stack: Vec<(usize, Choice)> = Vec::new();
    let mut fails = 0;
    loop {
        let Some(choice) = choose(kernel, pools, manner, random) else {
            return Dived::Found(kernel.earliest.as_slice().to_vec());
        };
        stack.push((kernel.mark(), choice));
        let mut outcome = apply(kernel, pools, choice);
        while outcome.is_err() {
            fails += 1;
            let Some((mark, choice)) = stack.pop() else {
                return Dived::Nothing;
            };
            if fails > manner.fails || kernel.work > limit {
                kernel.back_to(stack.first().map_or(mark, |s| s.0));
                return Dived::GivenUp;
            }
            kernel.back_to(mark);
            // What is left when the choice is impossible follows from it, and is not a choice of its own.
            outcome = match choice {
                Choice::Pair(id, order) => apply(kernel, pools, Choice::Pair(id, contrary(order))),
                Choice::Shares(a, b) => apply(kernel, pools, Choice::Overlap(a, b)),
                Choice::Overlap(..) => Err(Contradiction),
            };
        }
        if kernel.work > limit {
            return Dived::GivenUp;
        }
    }
}

const fn contrary(order: Order) -> Order {
    match order {
        Order::First => Order::Second,
        _ => Order::First,
    }
}

fn apply(kernel: &mut Kernel, pools: &[Pool], choice: Choice) -> Outcome {
    match choice {
        Choice::Pair(id, order) => kernel.put_in_order(id, order)?,
        Choice::Shares(a, b) => kernel.decide(a.before(&b))?,
        Choice::Overlap(a, b) => kernel.decide(a.not_before(&b))?,
    }
    propagate(kernel, pools)
}

fn propagate(kernel: &mut Kernel, pools: &[Pool]) -> Outcome {
    kernel.settle()?;
    loop {
        let mark = kernel.mark();
        for pool in pools {
            pool.propagate(kernel)?;
        }
        kernel.settle()?;
        if kernel.mark() == mark {
            return Ok(());
        }
    }
}

fn choose(kernel: &mut Kernel, pools: &[Pool], manner: &Manner<'_>, random: &mut Random) -> Option<Choice> {
    let mut best: Option<(f64, usize, Time, Time)> = None;
    for id in 0..kernel.pairs.len() {
        if kernel.order.at(id) != Order::Open {
            continue;
        }
        kernel.work = kernel.work.saturating_add(1);
        let pair = kernel.pairs.at(id);
        let now =
            |arc: &Arc| kernel.earliest.at(arc.from).saturating_add(arc.least) <= kernel.earliest.at(arc.to);
        if now(&pair.first) || now(&pair.second) {
            continue;
        }
        let (first, second) = (left(kernel, &pair.first), left(kernel, &pair.second));
        let room = room(first, second);
        if best.is_none_or(|(least, ..)| room < least) {
            best = Some((room, id, first, second));
        }
    }
    if let Some((_, id, first, second)) = best {
        let mut order = if first > second || first == second && random.chance(1, 2) {
            Order::First
        } else {
            Order::Second
        };
        if let Some(guide) = manner.guide.filter(|_| random.chance(manner.trust, 100)) {
            order = if kept_by(guide, &kernel.pairs.at(id).first) {
                Order::First
            } else {
                Order::Second
            };
        }
        return Some(Choice::Pair(id, order));
    }
    for pool in pools {
        if let Some(crowd) = pool.crowd(kernel) {
            return disperse(kernel, &crowd, manner, random);
        }
    }
    None
}

/// The smaller, the less room a pair has: the geometric mean of the smaller one and of both.
fn room(first: Time, second: Time) -> f64 {
    let (less, more) = (first.min(second) as f64, first.max(second) as f64);
    (less * more).max(0.0).sqrt().sqrt() * less.max(0.0).sqrt()
}

/// How much later an arc's task could still begin.
fn left(kernel: &Kernel, arc: &Arc) -> Time {
    let lifted = kernel.earliest.at(arc.from).saturating_add(arc.least);
    kernel.latest.at(arc.to).saturating_sub(lifted).saturating_add(1)
}

/// Whether a known schedule keeps an arc.
fn kept_by(guide: &[Time], arc: &Arc) -> bool {
    let at = |task: usize| guide.get(task).copied().unwrap_or(0);
    at(arc.from).saturating_add(arc.least) <= at(arc.to)
}

/// Two of a crowd, one after the other, with the most room left.
fn disperse(kernel: &Kernel, crowd: &[Share], manner: &Manner<'_>, random: &mut Random) -> Option<Choice> {
    let mut best: Option<((bool, Time, u64), Share, Share)> = None;
    for (place, a) in crowd.iter().enumerate() {
        for (other, b) in crowd.iter().enumerate() {
            if place == other {
                continue;
            }
            let arc = a.before(b);
            let known = manner.guide.is_some_and(|g| kept_by(g, &arc));
            let key = (
                known && random.chance(manner.trust, 100),
                left(kernel, &arc),
                random.next(),
            );
            if best.as_ref().is_none_or(|(k, ..)| key > *k) {
                best = Some((key, *a, *b));
            }
        }
    }
    best.map(|(_, a, b)| Choice::Shares(a, b))
}
