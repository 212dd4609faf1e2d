//! Improvement: parts of a schedule are taken apart and put together again, shorter (large-neighbourhood search; Godard, Laborie
//! and Nuijten, 2005).
//!
//! What is taken apart: what lies within a stretch of time, whole jobs, what uses some resources within a stretch, or
//! anything. How many tasks that are grows where it was proven that they allow nothing shorter, and shrinks where that could not be
//! told. Where delays tie tasks together, the order in which the knots are placed is changed as well, and all placed anew.
//! Where nothing helps for long, something longer is taken for a while.

use crate::dive::{Dived, Manner};
use crate::first::First;
use crate::network::{Network, Parts};
use crate::problem::{Problem, Solution, Time};
use crate::random::Random;
use crate::rebuild::Apart;
use crate::table::Table;

/// With more tasks only the order of knots is changed: to take some out costs a look at all.
const LARGE: usize = 3000;

/// Rounds after which the search begins again to take longer ones.
const CYCLE: u32 = 600;

/// So many of them in which it does, ever less.
const WARM: u32 = 300;

/// Most by which a longer one is longer, as one part of so many.
const LONGER: Time = 16;

/// Contradictions after which a part that was taken out is left as it was.
const FAILS: u32 = 60;

/// Steps after which it is.
const STEPS: u64 = 200_000;

/// How many tasks are taken out at first, at least, and the unit in which that is counted.
const SIZE: (u64, u64, u64) = (8, 3, 1000);

/// A schedule that is being improved.
pub(crate) struct Search<'p> {
    pub problem: &'p Problem,
    pub network: &'p Network,
    pub knots: Parts,
    pub jobs: Parts,
    pub best: Solution,
    pub best_length: Time,
    current: Solution,
    current_length: Time,
    /// Whether any task has several modes.
    several: bool,
    /// Steps so far, and when the best was found.
    pub work: u64,
    pub found_at: u64,
    random: Random,
    sizes: [u64; 4],
    round: u32,
    idle: u32,
}

impl<'p> Search<'p> {
    /// A search from a schedule that is known.
    pub fn new(
        problem: &'p Problem,
        network: &'p Network,
        (knots, jobs): (Parts, Parts),
        known: Solution,
        random: Random,
        work: u64,
    ) -> Self {
        let length = known.makespan(problem);
        Self {
            problem,
            network,
            knots,
            jobs,
            best: known.clone(),
            best_length: length,
            current: known,
            current_length: length,
            several: problem.tasks.iter().any(|t| t.modes.len() > 1),
            work,
            found_at: work,
            random,
            sizes: [SIZE.0.saturating_mul(SIZE.2); 4],
            round: 0,
            idle: 0,
        }
    }

    /// Improves the schedule until it is as short as can be, or the work is done.
    pub fn run(&mut self, least: Time, limit: u64) {
        let count = self.problem.tasks.len();
        let tied = self.knots.members.len() < count;
        while self.work < limit && self.best_length > least && count > 1 {
            self.round = self.round.saturating_add(1) % CYCLE;
            self.idle = self.idle.saturating_add(1);
            if self.round == 0 && self.current_length > self.best_length.saturating_add(self.best_length / 50)
            {
                self.current = self.best.clone();
                self.current_length = self.best_length;
            }
            let kind = self.random.below(if tied { 6 } else { 4 });
            if count > LARGE || kind >= 4 {
                self.reorder();
            } else {
                self.take_apart(kind);
            }
            self.work = self.work.saturating_add(1);
        }
    }

    /// By how much more than the best a schedule may take now.
    fn over(&mut self) -> Time {
        if self.round >= WARM || self.idle <= CYCLE {
            return 0;
        }
        let share = Time::from(WARM.saturating_sub(self.round));
        let most = (self.best_length / Time::from(WARM) / LONGER).saturating_mul(share);
        let most = usize::try_from(most).unwrap_or(0);
        Time::try_from(self.random.below(most.saturating_add(1))).unwrap_or(0)
    }

    fn accept(&mut self, solution: Solution) {
        self.current_length = solution.makespan(self.problem);
        self.current = solution;
        if self.current_length < self.best_length {
            self.best_length = self.current_length;
            self.best = self.current.clone();
            self.found_at = self.work;
            self.idle = 0;
        }
    }

    fn take_apart(&mut self, kind: usize) {
        let size = self.sizes.get(kind).copied().unwrap_or(0) / SIZE.2;
        let free = self.choose(kind, usize::try_from(size).unwrap_or(2).max(2));
        let shorter = i64::from(!self.random.chance(1, 3));
        let over = self.over();
        let by = if over > 0 {
            self.best_length.saturating_add(over)
        } else {
            self.current_length.saturating_sub(shorter)
        };
        let mut wanted = self.current.clone();
        self.other_modes(&mut wanted, &free);
        let trust = [0, 50, 80, 95].get(self.random.below(4)).copied().unwrap_or(50);
        let manner = Manner {
            guide: Some(&self.current.starts),
            trust,
            fails: FAILS,
            work: STEPS,
        };
        let apart = Apart {
            problem: self.problem,
            network: self.network,
            current: &wanted,
            free: &free,
            by,
        };
        let mut random = Random::new(self.random.next());
        let (dived, work) = apart.together(&manner, &mut random);
        self.work = self.work.saturating_add(work);
        let change = match dived {
            Dived::Found(starts) => {
                wanted.starts = starts;
                self.accept(wanted);
                1000
            }
            Dived::Nothing => 1020,
            Dived::GivenUp => 970,
        };
        let most = u64::try_from(self.problem.tasks.len())
            .unwrap_or(u64::MAX)
            .saturating_mul(SIZE.2);
        if let Some(size) = self.sizes.get_mut(kind) {
            *size = (size.saturating_mul(change) / 1000).clamp(SIZE.1.saturating_mul(SIZE.2).min(most), most);
        }
    }

    /// Tasks that are taken out.
    fn choose(&mut self, kind: usize, wanted: usize) -> Table<bool> {
        let count = self.problem.tasks.len();
        let mut free = Table::new(count);
        let mut chosen: Vec<usize> = Vec::new();
        match kind {
            0 => {
                chosen = (0..count).collect();
                self.nearest(&mut chosen, wanted);
            }
            1 => {
                let jobs = self.jobs.members.len();
                for _ in 0..jobs.saturating_mul(2) {
                    let members = self.jobs.members.at(self.random.below(jobs));
                    chosen.extend(members);
                    chosen.sort_unstable();
                    chosen.dedup();
                    if chosen.len() >= wanted {
                        break;
                    }
                }
            }
            2 => {
                let resources = self.problem.capacity.len();
                let (a, b) = (self.random.below(resources), self.random.below(resources));
                chosen = (0..count).filter(|t| self.touches(*t, a, b)).collect();
                self.nearest(&mut chosen, wanted);
            }
            _ => chosen = (0..wanted).map(|_| self.random.below(count)).collect(),
        }
        for task in chosen {
            free.set(task, true);
        }
        free
    }

    fn touches(&self, task: usize, a: usize, b: usize) -> bool {
        let mode = self.problem.mode(task, self.current.mode(task));
        let uses = mode.map_or(&[][..], |m| m.uses.as_slice());
        uses.iter().any(|u| u.resource == a || u.resource == b)
    }

    /// Keeps those that begin around the time at which some task does.
    fn nearest(&mut self, tasks: &mut Vec<usize>, wanted: usize) {
        let middle = self.current.start(self.random.below(self.problem.tasks.len()));
        tasks.sort_by_key(|t| (self.current.start(*t).abs_diff(middle), *t));
        tasks.truncate(wanted);
    }

    /// Now and then, some of the free tasks are to be carried out in another mode.
    fn other_modes(&mut self, wanted: &mut Solution, free: &Table<bool>) {
        if !self.several || !self.random.chance(2, 3) {
            return;
        }
        let several = |t: &usize| self.problem.tasks.get(*t).is_some_and(|t| t.modes.len() > 1);
        let tasks: Vec<usize> = (0..self.problem.tasks.len())
            .filter(|t| free.at(*t) && several(t))
            .collect();
        for _ in 0..=self.random.below(3) {
            let Some(task) = tasks.get(self.random.below(tasks.len())) else {
                return;
            };
            let modes = self.problem.tasks.get(*task).map_or(0, |t| t.modes.len());
            if let Some(mode) = wanted.modes.get_mut(*task) {
                *mode = self.random.below(modes);
            }
        }
    }

    /// Places all anew, in the order of now but for some knots.
    fn reorder(&mut self) {
        let count = self.knots.members.len();
        let begins = |knot: usize| {
            let members = self.knots.members.at(knot).iter();
            members.map(|t| self.current.start(*t)).min().unwrap_or(0)
        };
        let mut order: Vec<(Time, usize)> = (0..count).map(|k| (begins(k), k)).collect();
        order.sort_unstable();
        for _ in 0..=self.random.below(3) {
            let from = self.random.below(count);
            let to = if self.random.chance(1, 2) {
                self.random.below(count)
            } else {
                from.saturating_add(self.random.below(7))
                    .saturating_sub(3)
                    .min(count.saturating_sub(1))
            };
            if from < order.len() {
                let knot = order.remove(from);
                order.insert(to.min(order.len()), knot);
            }
        }
        let mut ranks = vec![0; self.problem.tasks.len()];
        for (place, (_, knot)) in order.iter().enumerate() {
            for task in self.knots.members.at(*knot) {
                if let Some(rank) = ranks.get_mut(*task) {
                    *rank = Time::MAX.saturating_sub(Time::try_from(place).unwrap_or(0));
                }
            }
        }
        let mut first = First::new(self.problem, self.network, &self.current.modes);
        if self.several && self.random.chance(1, 2) {
            first = first.choosing();
        }
        let (found, work) = first.place_all(&self.knots, &ranks);
        self.work = self.work.saturating_add(work);
        let over = self.over();
        let Some(found) = found else { return };
        let length = found.makespan(self.problem);
        if length <= self.current_length || length <= self.best_length.saturating_add(over) {
            self.accept(found);
        }
    }
}
