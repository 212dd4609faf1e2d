//! The delays of a problem with the modes that are chosen, as arcs between starts; which tasks hang together.

use crate::kernel::Arc;
use crate::problem::{Delay, NEVER, Problem, Time};
use crate::table::{Lists, Table};

/// A task starts at least so long after another, as long as it takes itself where that counts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Edge {
    pub from: usize,
    pub to: usize,
    least: Time,
    from_end: bool,
    to_end: bool,
}

impl Edge {
    /// From start to start, with tasks that take so long.
    #[inline]
    pub fn arc(&self, duration: &Table<Time>) -> Arc {
        let mut least = self.least;
        if self.from_end {
            least = least.saturating_add(duration.at(self.from));
        }
        if self.to_end {
            least = least.saturating_sub(duration.at(self.to));
        }
        Arc {
            from: self.from,
            to: self.to,
            least,
        }
    }
}

/// The arcs of a problem.
pub(crate) struct Network {
    pub arcs: Vec<Edge>,
    pub from: Lists<Edge>,
    pub into: Lists<Edge>,
    /// How many tasks.
    pub tasks: usize,
}

/// How long each task takes in these modes.
pub(crate) fn durations(problem: &Problem, modes: &[usize]) -> Table<Time> {
    let durations: Vec<Time> = (0..problem.tasks.len())
        .map(|task| {
            let mode = modes.get(task).copied().unwrap_or(0);
            problem.mode(task, mode).map_or(0, |m| m.duration)
        })
        .collect();
    durations.into()
}

impl Network {
    /// The network of a problem.
    pub fn new(problem: &Problem) -> Self {
        let tasks = problem.tasks.len();
        let mut network = Self {
            arcs: Vec::with_capacity(problem.delays.len()),
            from: Lists::new(tasks),
            into: Lists::new(tasks),
            tasks,
        };
        let stays = problem.stays.iter().map(|stay| Delay {
            from: stay.from,
            to: stay.to,
            least: 0,
        });
        for delay in problem.delays.iter().copied().chain(stays) {
            let edge = Edge {
                from: delay.from.task,
                to: delay.to.task,
                least: delay.least,
                from_end: delay.from.end,
                to_end: delay.to.end,
            };
            network.arcs.push(edge);
            network.from.push(edge.from, edge);
            network.into.push(edge.to, edge);
        }
        network
    }

    /// How long it takes at least from the start of each task to the end of all: over arcs that lead forward.
    pub fn tails(&self, duration: &Table<Time>) -> Table<Time> {
        let count = self.tasks;
        let mut tails = duration.clone();
        // Longest paths, arc by arc until nothing changes; circles of longest delays lift nothing.
        for _ in 0..count.max(1) {
            let mut changed = false;
            for edge in self.arcs.iter().rev() {
                let tail = tails.at(edge.to).saturating_add(edge.arc(duration).least);
                if tail > tails.at(edge.from) {
                    tails.set(edge.from, tail);
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        tails
    }

    /// The earliest start of each task by its delays alone, or none where they contradict each other.
    pub fn heads(&self, problem: &Problem, duration: &Table<Time>) -> Option<Table<Time>> {
        let count = self.tasks;
        let mut heads = Table::new(count);
        for (task, t) in problem.tasks.iter().enumerate() {
            heads.set(task, t.earliest);
        }
        for _ in 0..=count {
            let mut changed = false;
            for edge in &self.arcs {
                let head = heads.at(edge.from).saturating_add(edge.arc(duration).least);
                if head > heads.at(edge.to) {
                    heads.set(edge.to, head);
                    changed = true;
                }
            }
            if !changed {
                return Some(heads);
            }
        }
        None
    }
}

/// Tasks by part: which part each is in, and the tasks of each.
pub(crate) struct Parts {
    pub of: Table<usize>,
    pub members: Lists<usize>,
}

/// Tasks that can only be placed together: each can be reached from the others along delays (Tarjan's algorithm; the parts come
/// out in the reverse of an order in which they can be placed, so they are numbered the other way round).
pub(crate) fn knots(problem: &Problem, network: &Network) -> Parts {
    // What is held until an event cannot be placed before it is known when that is.
    let mut ahead = Lists::new(network.tasks);
    for edge in &network.arcs {
        ahead.push(edge.from, edge.to);
    }
    for stay in &problem.stays {
        ahead.push(stay.to.task, stay.from.task);
    }
    let count = network.tasks;
    let mut walk = Walk {
        number: Table::new(count),
        low: Table::new(count),
        on_stack: Table::new(count),
        stack: Vec::new(),
        found: Vec::new(),
        next: 0,
    };
    for task in 0..count {
        if walk.number.at(task) == 0 {
            walk.visit(&ahead, task);
        }
    }
    let found = walk.found;
    let mut of = Table::new(count);
    let mut members = Lists::new(found.len());
    for (part, tasks) in found.into_iter().rev().enumerate() {
        let mut tasks = tasks;
        tasks.sort_unstable();
        for task in tasks {
            of.set(task, part);
            members.push(part, task);
        }
    }
    Parts { of, members }
}

struct Walk {
    number: Table<usize>,
    low: Table<usize>,
    on_stack: Table<bool>,
    stack: Vec<usize>,
    found: Vec<Vec<usize>>,
    next: usize,
}

impl Walk {
    fn enter(&mut self, task: usize) {
        self.next += 1;
        self.number.set(task, self.next);
        self.low.set(task, self.next);
        self.stack.push(task);
        self.on_stack.set(task, true);
    }

    fn visit(&mut self, ahead: &Lists<usize>, root: usize) {
        self.enter(root);
        let mut path = vec![(root, 0_usize)];
        while let Some((task, next)) = path.last_mut() {
            let (task, place) = (*task, *next);
            if let Some(to) = ahead.entry(task, place) {
                *next += 1;
                if self.number.at(to) == 0 {
                    self.enter(to);
                    path.push((to, 0));
                } else if self.on_stack.at(to) {
                    self.low.set(task, self.low.at(task).min(self.number.at(to)));
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                self.low.set(*parent, self.low.at(*parent).min(self.low.at(task)));
            }
            if self.low.at(task) == self.number.at(task) {
                let mut part = Vec::new();
                while let Some(member) = self.stack.pop() {
                    self.on_stack.set(member, false);
                    part.push(member);
                    if member == task {
                        break;
                    }
                }
                self.found.push(part);
            }
        }
    }
}

/// Tasks that delays bind in any way: the jobs.
pub(crate) fn jobs(network: &Network) -> Parts {
    let count = network.tasks;
    let mut of = Table::new(count);
    of.fill(usize::MAX);
    let mut parts = 0_usize;
    for root in 0..count {
        if of.at(root) != usize::MAX {
            continue;
        }
        let mut open = vec![root];
        of.set(root, parts);
        while let Some(task) = open.pop() {
            let ahead = network.from.at(task).iter().map(|a| a.to);
            let behind = network.into.at(task).iter().map(|a| a.from);
            for other in ahead.chain(behind) {
                if of.at(other) == usize::MAX {
                    of.set(other, parts);
                    open.push(other);
                }
            }
        }
        parts += 1;
    }
    let mut members = Lists::new(parts);
    for task in 0..count {
        members.push(of.at(task), task);
    }
    Parts { of, members }
}

/// The latest start of each task for all to be over by a time.
pub(crate) fn latest(problem: &Problem, duration: &Table<Time>, by: Time) -> Vec<Time> {
    let starts = problem.tasks.iter().enumerate();
    starts
        .map(|(task, t)| by.saturating_sub(duration.at(task)).min(t.latest).min(NEVER))
        .collect()
}
