//! A first schedule, quickly: what hangs together is placed together, knot by knot, each as early as it fits; the one that most
//! hangs on comes first.

use crate::network::{Network, Parts, durations};
use crate::problem::{NEVER, Problem, Solution, Stay, Time, Use};
use crate::profile::Profile;
use crate::table::{Lists, Table};
use std::collections::BinaryHeap;

/// How often the tasks of a knot may be moved on, on average, before the knot is put behind everything.
const MOVES: usize = 64;

/// A board that tasks are placed on.
pub(crate) struct First<'p> {
    problem: &'p Problem,
    network: &'p Network,
    modes: Table<usize>,
    duration: Table<Time>,
    profiles: Vec<Profile>,
    starts: Table<Time>,
    placed: Table<bool>,
    horizon: Time,
    choosing: bool,
    /// By task: what is held from one of its events on.
    stays: Lists<Stay>,
    /// Steps so far.
    pub work: u64,
}

impl<'p> First<'p> {
    /// An empty board.
    pub fn new(problem: &'p Problem, network: &'p Network, modes: &[usize]) -> Self {
        let count = problem.tasks.len();
        let mut stays = Lists::new(count);
        for stay in &problem.stays {
            stays.push(stay.from.task, *stay);
        }
        Self {
            stays,
            problem,
            network,
            modes: modes.to_vec().into(),
            duration: durations(problem, modes),
            profiles: problem.capacity.iter().map(|c| Profile::new(*c)).collect(),
            starts: Table::new(count),
            placed: Table::new(count),
            horizon: 0,
            choosing: false,
            work: 0,
        }
    }

    /// Tasks may take other modes.
    pub const fn choosing(mut self) -> Self {
        self.choosing = true;
        self
    }

    /// Places all, the knots with the highest rank first among those that can be placed.
    pub fn place_all(mut self, knots: &Parts, ranks: &[Time]) -> (Option<Solution>, u64) {
        let count = knots.members.len();
        let mut waits = Table::<usize>::new(count);
        let mut followers = Lists::<usize>::new(count);
        for edge in &self.network.arcs {
            let (a, b) = (knots.of.at(edge.from), knots.of.at(edge.to));
            if a != b {
                followers.push(a, b);
                waits.set(b, waits.at(b) + 1);
            }
        }
        let rank = |knot: usize| {
            let members = knots.members.at(knot).iter();
            members.filter_map(|t| ranks.get(*t)).max().copied().unwrap_or(0)
        };
        let mut ready: BinaryHeap<_> = (0..count)
            .filter(|k| waits.at(*k) == 0)
            .map(|k| (rank(k), std::cmp::Reverse(k)))
            .collect();
        while let Some((_, std::cmp::Reverse(knot))) = ready.pop() {
            if !self.place(knots.members.at(knot)) {
                return (None, self.work);
            }
            for next in followers.at(knot) {
                waits.set(*next, waits.at(*next).saturating_sub(1));
                if waits.at(*next) == 0 {
                    ready.push((rank(*next), std::cmp::Reverse(*next)));
                }
            }
        }
        let solution = Solution {
            starts: self.starts.as_slice().to_vec(),
            modes: self.modes.as_slice().to_vec(),
        };
        (Some(solution), self.work)
    }

    /// Places a knot, in the modes in which it is over first if it may choose.
    fn place(&mut self, knot: &[usize]) -> bool {
        if self.choosing {
            for task in knot {
                self.choose(knot, *task);
            }
        }
        self.place_now(knot)
    }

    /// Tries each mode of a task, the others as they are.
    fn choose(&mut self, knot: &[usize], task: usize) {
        let modes = self.problem.tasks.get(task).map_or(0, |t| t.modes.len());
        if modes < 2 {
            return;
        }
        let mut best: Option<(Time, usize)> = None;
        for mode in 0..modes {
            self.set_mode(task, mode);
            let horizon = self.horizon;
            if self.place_now(knot) {
                let end = |t: &usize| self.starts.at(*t).saturating_add(self.duration.at(*t));
                let end = knot.iter().map(end).max().unwrap_or(0);
                if best.is_none_or(|b| end < b.0) {
                    best = Some((end, mode));
                }
                for placed in knot {
                    self.take(*placed, false);
                }
            }
            self.horizon = horizon;
        }
        self.set_mode(task, best.map_or(0, |b| b.1));
    }

    fn set_mode(&mut self, task: usize, mode: usize) {
        self.modes.set(task, mode);
        self.duration
            .set(task, self.problem.mode(task, mode).map_or(0, |m| m.duration));
    }

    fn place_now(&mut self, knot: &[usize]) -> bool {
        self.place_from(knot, 0) || self.place_from(knot, self.horizon)
    }

    /// Places a knot, none of it before `from`.
    fn place_from(&mut self, knot: &[usize], from: Time) -> bool {
        for task in knot {
            let mut earliest = self.problem.tasks.get(*task).map_or(0, |t| t.earliest).max(from);
            for edge in self.network.into.at(*task) {
                if self.placed.at(edge.from) {
                    earliest = earliest.max(
                        self.starts
                            .at(edge.from)
                            .saturating_add(edge.arc(&self.duration).least),
                    );
                }
            }
            self.starts.set(*task, earliest);
        }
        if !self.relax(knot) {
            return false;
        }
        let mut order = knot.to_vec();
        for _ in 0..knot.len().saturating_mul(MOVES).max(MOVES) {
            order.sort_by_key(|t| (self.starts.at(*t), *t));
            let mut done = 0;
            let mut moved = None;
            for task in &order {
                let earliest = self.starts.at(*task);
                let start = self.next_fit(*task, earliest);
                if start > earliest {
                    moved = Some((*task, start));
                    break;
                }
                self.take(*task, true);
                done += 1;
            }
            let Some((task, start)) = moved else {
                for task in knot {
                    let end = self.starts.at(*task).saturating_add(self.duration.at(*task));
                    self.horizon = self.horizon.max(end);
                }
                return true;
            };
            for task in order.iter().take(done) {
                self.take(*task, false);
            }
            if start >= NEVER {
                return false;
            }
            self.starts.set(task, start);
            if !self.relax(knot) {
                return false;
            }
        }
        false
    }

    /// Lifts starts until all delays within a knot are kept.
    fn relax(&mut self, knot: &[usize]) -> bool {
        for _ in 0..=knot.len() {
            let mut changed = false;
            for task in knot {
                for edge in self.network.from.at(*task) {
                    self.work = self.work.saturating_add(1);
                    let start = self
                        .starts
                        .at(*task)
                        .saturating_add(edge.arc(&self.duration).least);
                    if start <= self.starts.at(edge.to) {
                        continue;
                    }
                    if self.placed.at(edge.to) {
                        return false;
                    }
                    if knot.binary_search(&edge.to).is_ok() {
                        self.starts.set(edge.to, start);
                        changed = true;
                    }
                }
                let latest = self.problem.tasks.get(*task).map_or(NEVER, |t| t.latest);
                if self.starts.at(*task) > latest {
                    return false;
                }
            }
            if !changed {
                return true;
            }
        }
        false
    }

    fn uses(&self, task: usize) -> &'p [Use] {
        let mode = self.modes.at(task);
        self.problem.mode(task, mode).map_or(&[], |m| m.uses.as_slice())
    }

    fn next_fit(&mut self, task: usize, from: Time) -> Time {
        let mut start = from;
        loop {
            let before = start;
            for u in self.uses(task) {
                if let Some(profile) = self.profiles.get(u.resource) {
                    let begin = start.saturating_add(u.from);
                    let length = u.to.saturating_sub(u.from);
                    let fit = profile.next_fit(begin, length, u.amount, &mut self.work);
                    start = fit.saturating_sub(u.from);
                }
            }
            for stay in self.stays.at(task) {
                if let Some(profile) = self.profiles.get(stay.resource) {
                    let offset = if stay.from.end { self.duration.at(task) } else { 0 };
                    let begin = start.saturating_add(offset);
                    let length = self.until(stay).saturating_sub(begin);
                    let fit = profile.next_fit(begin, length, stay.amount, &mut self.work);
                    start = fit.saturating_sub(offset);
                }
            }
            if start == before || start >= NEVER {
                return start;
            }
        }
    }

    /// When the event comes that something is held until, as far as is known.
    fn until(&self, stay: &Stay) -> Time {
        let start = self.starts.at(stay.to.task);
        if stay.to.end {
            start.saturating_add(self.duration.at(stay.to.task))
        } else {
            start
        }
    }

    fn take(&mut self, task: usize, take: bool) {
        let start = self.starts.at(task);
        let mut place = 0;
        while let Some(stay) = self.stays.entry(task, place) {
            place += 1;
            let from = if stay.from.end {
                start.saturating_add(self.duration.at(task))
            } else {
                start
            };
            let to = self.until(&stay);
            if let Some(profile) = self.profiles.get_mut(stay.resource) {
                if take {
                    profile.take(from, to, stay.amount);
                } else {
                    profile.give_back(from, to, stay.amount);
                }
            }
        }
        for u in self.uses(task) {
            if let Some(profile) = self.profiles.get_mut(u.resource) {
                let (from, to) = (start.saturating_add(u.from), start.saturating_add(u.to));
                if take {
                    profile.take(from, to, u.amount);
                } else {
                    profile.give_back(from, to, u.amount);
                }
            }
        }
        self.placed.set(task, take);
    }
}
