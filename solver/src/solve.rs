//! The way in: a first schedule of several, improved as far as the effort goes.

use crate::bound::bound as lower_bound;
use crate::dive::{Dived, Manner};
use crate::first::First;
use crate::network::{Network, Parts, durations, jobs, knots};
use crate::problem::{Problem, Solution, Time};
use crate::prove::prove;
use crate::random::Random;
use crate::rebuild::Apart;
use crate::search::Search;
use crate::table::Table;

/// How much may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Most steps; a step looks at one arc, pair or stretch of time.
    pub work: u64,
    /// The stream of choices.
    pub seed: u64,
    /// Most first schedules that are tried, at least 1.
    pub starts: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            work: 20_000_000,
            seed: 1,
            starts: 50,
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solved {
    /// The schedule.
    pub solution: Solution,
    /// The end of its last task.
    pub makespan: Time,
    /// No schedule ends earlier.
    pub bound: Time,
    /// Steps that it took.
    pub work: u64,
    /// Of them, those until the schedule was found.
    pub found_at: u64,
}

/// Why no schedule was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsolved {
    /// The delays contradict each other.
    Contradiction,
    /// Perhaps there is one; none was found.
    NotFound,
}

/// No schedule of a problem ends earlier. None where its delays contradict each other.
pub fn bound(problem: &Problem) -> Option<Time> {
    lower_bound(problem)
}

/// The same, nearer to the truth where a schedule is known: lengths below its own are tried out, with so many steps.
pub fn bound_below(problem: &Problem, known: &Solution, work: u64) -> Option<Time> {
    let least = lower_bound(problem)?;
    let length = known.makespan(problem);
    Some(prove(problem, &Network::new(problem), known, (least, length), work).0)
}

/// The part of the effort that goes into a better bound, as one of so many.
const PROOF: u64 = 10;

/// Looks for a short schedule, from one that is known or from nothing. A known one keeps everything; what comes out is no longer.
///
/// # Errors
/// When no schedule was found.
pub fn solve(problem: &Problem, known: Option<&Solution>, effort: &Effort) -> Result<Solved, Unsolved> {
    let least = lower_bound(problem).ok_or(Unsolved::Contradiction)?;
    let network = Network::new(problem);
    let parts = (knots(problem, &network), jobs(&network));
    let mut random = Random::new(effort.seed);
    let mut starts = Starts {
        problem,
        network: &network,
        knots: &parts.0,
        jobs: &parts.1,
        work: 0,
        best: known.map(|k| (k.makespan(problem), k.clone())),
    };
    starts.try_all(effort, least, &mut random);
    if starts.best.is_none() {
        starts.dive(effort, &mut random);
    }
    let work = starts.work;
    let (length, solution) = starts.best.ok_or(Unsolved::NotFound)?;
    let (least, took) = prove(problem, &network, &solution, (least, length), effort.work / PROOF);
    let work = work.saturating_add(took);
    let mut search = Search::new(problem, &network, parts, solution, random, work);
    search.run(least, effort.work);
    Ok(Solved {
        makespan: search.best_length,
        solution: search.best,
        bound: least,
        work: search.work,
        found_at: search.found_at,
    })
}

/// First schedules.
struct Starts<'p> {
    problem: &'p Problem,
    network: &'p Network,
    knots: &'p Parts,
    jobs: &'p Parts,
    work: u64,
    best: Option<(Time, Solution)>,
}

impl Starts<'_> {
    /// By what hangs on each task; job by job; then with chance, until one is as short as can be or a quarter of the work is done.
    fn try_all(&mut self, effort: &Effort, least: Time, random: &mut Random) {
        let modes = vec![0; self.problem.tasks.len()];
        let tails = self.network.tails(&durations(self.problem, &modes));
        for round in 0..effort.starts.max(1) {
            if self.best.as_ref().is_some_and(|b| b.0 <= least) || self.work > effort.work / 4 {
                return;
            }
            let shuffled: Vec<Time> = (0..self.jobs.members.len())
                .map(|job| Time::try_from(if round == 1 { job } else { random.below(1 << 30) }).unwrap_or(0))
                .collect();
            let ranks: Vec<Time> = (0..self.problem.tasks.len())
                .map(|task| {
                    let tail = tails.at(task);
                    match round {
                        0 => tail,
                        r if r % 2 == 1 => {
                            let job = shuffled.get(self.jobs.of.at(task)).copied().unwrap_or(0);
                            Time::MAX.saturating_sub(job)
                        }
                        r => {
                            let spread = (tail / 8).saturating_mul(Time::from(r / 2 % 8));
                            let noise = random.below(usize::try_from(spread.max(1)).unwrap_or(1));
                            tail.saturating_sub(Time::try_from(noise).unwrap_or(0))
                        }
                    }
                })
                .collect();
            let first = First::new(self.problem, self.network, &modes).choosing();
            let (found, work) = first.place_all(self.knots, &ranks);
            self.work = self.work.saturating_add(work);
            if let Some(found) = found {
                let length = found.makespan(self.problem);
                if self.best.as_ref().is_none_or(|b| length < b.0) {
                    self.best = Some((length, found));
                }
            }
        }
    }

    /// Where placing knot by knot leads nowhere: all at once, by a search that goes back.
    fn dive(&mut self, effort: &Effort, random: &mut Random) {
        let count = self.problem.tasks.len();
        let mut free = Table::new(count);
        free.fill(true);
        let modes = vec![0; count];
        let duration = durations(self.problem, &modes);
        let all = duration
            .as_slice()
            .iter()
            .fold(0, |sum: Time, d| sum.saturating_add(*d));
        let waits = self.problem.delays.iter().map(|d| d.least.saturating_abs());
        let earliest = self.problem.tasks.iter().map(|t| t.earliest).max().unwrap_or(0);
        let by = waits.fold(all.saturating_add(earliest), Time::saturating_add);
        let mut current = Solution {
            starts: vec![0; count],
            modes,
        };
        for round in 0..8_u64 {
            let apart = Apart {
                problem: self.problem,
                network: self.network,
                current: &current,
                free: &free,
                by,
            };
            let manner = Manner {
                guide: None,
                trust: 0,
                fails: 2000,
                work: effort.work / 8,
            };
            let (dived, work) = apart.together(&manner, random);
            self.work = self.work.saturating_add(work);
            match dived {
                Dived::Found(starts) => {
                    current.starts = starts;
                    self.best = Some((current.makespan(self.problem), current));
                    return;
                }
                Dived::Nothing if !self.problem.tasks.iter().any(|t| t.modes.len() > 1) => return,
                _ => {}
            }
            for (mode, task) in current.modes.iter_mut().zip(&self.problem.tasks) {
                *mode = random.below(task.modes.len());
            }
            if self.work > effort.work || round == 7 {
                return;
            }
        }
    }
}
