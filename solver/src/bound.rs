//! Lower bounds: no schedule is shorter.

use crate::network::{Network, durations};
use crate::problem::{Problem, Time};
use crate::table::Table;

/// A time before which no schedule of a problem has ended: the longest chain of delays; and for each resource what must come
/// before its first use, all its uses, and what must come after its last.
pub(crate) fn bound(problem: &Problem) -> Option<Time> {
    // Each task as short as in any of its modes; where modes differ, resources are only counted if every mode uses them alike.
    let modes: Vec<usize> = problem
        .tasks
        .iter()
        .map(|t| {
            let modes = t.modes.iter().enumerate();
            modes.min_by_key(|(_, m)| m.duration).map_or(0, |(i, _)| i)
        })
        .collect();
    let network = Network::new(problem);
    let duration = durations(problem, &modes);
    let heads = network.heads(problem, &duration)?;
    let tails = network.tails(&duration);
    let mut bound = 0;
    for task in 0..problem.tasks.len() {
        bound = bound.max(heads.at(task).saturating_add(tails.at(task)));
    }
    for (resource, capacity) in problem.capacity.iter().enumerate() {
        bound = bound.max(busiest(problem, &heads, &tails, resource, *capacity));
    }
    Some(bound)
}

/// Jackson's preemptive schedule of a resource of which there is one (Carlier and Pinson, 1989); else work over capacity.
fn busiest(
    problem: &Problem,
    heads: &Table<Time>,
    tails: &Table<Time>,
    resource: usize,
    capacity: u32,
) -> Time {
    let mut parts = Vec::new();
    for (task, t) in problem.tasks.iter().enumerate() {
        let Some(mode) = t.modes.first().filter(|_| t.modes.len() == 1) else {
            continue;
        };
        for u in mode
            .uses
            .iter()
            .filter(|u| u.resource == resource && u.from < u.to)
        {
            let head = heads.at(task).saturating_add(u.from);
            let length = u.to.saturating_sub(u.from);
            let tail = tails.at(task).saturating_sub(u.to);
            parts.push((head, length, tail, u.amount));
        }
    }
    if capacity == 1 {
        return preemptive(parts);
    }
    // The sets of tasks whose heads are no smaller than a head that occurs: least head, all work, least tail.
    parts.sort_unstable_by_key(|p| std::cmp::Reverse(p.0));
    let (mut best, mut work, mut tail) = (0, 0_i64, Time::MAX);
    for (head, length, after, amount) in parts {
        work = work.saturating_add(length.saturating_mul(Time::from(amount)));
        tail = tail.min(after);
        let capacity = Time::from(capacity.max(1));
        let shared = work
            .saturating_add(capacity)
            .saturating_sub(1)
            .checked_div(capacity)
            .unwrap_or(0);
        best = best.max(head.saturating_add(shared).saturating_add(tail));
    }
    best
}

fn preemptive(mut parts: Vec<(Time, Time, Time, u32)>) -> Time {
    parts.sort_unstable();
    let mut waiting: std::collections::BinaryHeap<(Time, Time)> = std::collections::BinaryHeap::new();
    let mut coming = parts.into_iter().peekable();
    let (mut now, mut best) = (0, 0);
    loop {
        while let Some((_, length, tail, _)) = coming.next_if(|p| p.0 <= now) {
            waiting.push((tail, length));
        }
        match (waiting.pop(), coming.peek()) {
            (None, None) => return best,
            (None, Some(next)) => now = next.0,
            (Some((tail, length)), next) => {
                let until = next.map_or(Time::MAX, |n| n.0);
                let end = now.saturating_add(length);
                if end <= until {
                    best = best.max(end.saturating_add(tail));
                    now = end;
                } else {
                    waiting.push((tail, end.saturating_sub(until)));
                    now = until;
                }
            }
        }
    }
}
