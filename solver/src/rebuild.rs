//! A schedule taken apart: some tasks are free, the others keep their order on every resource; and put together again by a dive.

use crate::dive::{Dived, Manner, dive};
use crate::kernel::{Kernel, Pair};
use crate::network::{Network, durations, latest};
use crate::pool::{Pool, Share};
use crate::problem::{Problem, Solution, Time};
use crate::random::Random;
use crate::table::Table;

/// Most units of one resource that chains are kept of; with more, what comes later follows nothing.
const UNITS: u32 = 1024;

/// A schedule that is taken apart.
pub(crate) struct Apart<'p> {
    pub problem: &'p Problem,
    pub network: &'p Network,
    /// The schedule, with the modes that are wanted now.
    pub current: &'p Solution,
    /// By task: whether it is free.
    pub free: &'p Table<bool>,
    /// All is to be over by then.
    pub by: Time,
}

/// A share, and when it is held in the schedule of before.
type Held = (Time, Time, Share);

impl Apart<'_> {
    /// Puts everything together; and the steps that it took.
    pub fn together(&self, manner: &Manner<'_>, random: &mut Random) -> (Dived, u64) {
        let earliest: Vec<Time> = self.problem.tasks.iter().map(|t| t.earliest).collect();
        let duration = durations(self.problem, &self.current.modes);
        let mut kernel = Kernel::new(earliest, latest(self.problem, &duration, self.by));
        for edge in &self.network.arcs {
            kernel.arc(edge.arc(&duration));
        }
        let mut by_resource: Vec<Vec<Held>> = vec![Vec::new(); self.problem.capacity.len()];
        for (resource, share) in self.problem.shares(&self.current.modes, &duration) {
            let from = self.current.start(share.begins).saturating_add(share.from);
            let to = self.current.start(share.ends).saturating_add(share.to);
            if let Some(list) = by_resource.get_mut(resource) {
                list.push((from, to, share));
            }
        }
        let mut pools = Vec::new();
        for (resource, mut shares) in by_resource.into_iter().enumerate() {
            shares.sort_by_key(|(from, to, s)| (*from, *to, s.begins));
            let capacity = self.problem.capacity(resource);
            if capacity == 1 {
                self.pairs(&mut kernel, &shares);
            } else {
                self.chains(&mut kernel, &shares, capacity);
                let shares = shares.into_iter().map(|s| s.2).collect();
                pools.push(Pool { capacity, shares });
            }
        }
        let dived = dive(&mut kernel, &pools, manner, random);
        let looked = u64::try_from(self.problem.tasks.len()).unwrap_or(0);
        (dived, kernel.work.saturating_add(looked))
    }

    fn is_free(&self, share: &Share) -> bool {
        self.free.at(share.begins) || self.free.at(share.ends)
    }

    /// A resource of which there is one: what is not free stays in order, what is comes before or after each.
    fn pairs(&self, kernel: &mut Kernel, shares: &[Held]) {
        let mut before: Option<&Share> = None;
        for (place, (_, _, share)) in shares.iter().enumerate() {
            let free = self.is_free(share);
            if !free {
                if let Some(before) = before.filter(|b| !same(b, share)) {
                    kernel.arc(before.before(share));
                }
                before = Some(share);
            }
            for (_, _, other) in shares.iter().skip(place.saturating_add(1)) {
                if !same(share, other) && (free || self.is_free(other)) {
                    kernel.pair(Pair {
                        first: share.before(other),
                        second: other.before(share),
                    });
                }
            }
        }
    }

    /// A resource of which there are several: what is not free stays in order on the unit that it has.
    fn chains(&self, kernel: &mut Kernel, shares: &[Held], capacity: u32) {
        let units = usize::try_from(capacity.min(UNITS)).unwrap_or(1);
        // Of each unit: until when it is held, and the last that was not free.
        let mut held: Vec<(Time, Option<&Share>)> = vec![(Time::MIN, None); units];
        for (from, to, share) in shares {
            let free = self.is_free(share);
            let mut needed = share.amount;
            // What was given back last is taken first, so that chains are tight.
            held.sort_by_key(|h| std::cmp::Reverse(h.0));
            for unit in held.iter_mut().filter(|h| h.0 <= *from) {
                if needed == 0 {
                    break;
                }
                needed = needed.saturating_sub(1);
                unit.0 = *to;
                if !free {
                    if let Some(before) = unit.1.filter(|b| !same(b, share)) {
                        kernel.arc(before.before(share));
                    }
                    unit.1 = Some(share);
                }
            }
        }
    }
}

/// Whether two shares are of one task, whose own order is given.
const fn same(a: &Share, b: &Share) -> bool {
    a.begins == b.begins && a.ends == b.ends && a.begins == a.ends
}
