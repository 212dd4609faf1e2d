//! Looking for a schedule that keeps everything: other orders, and delays that make plates wait for each other.
//!
//! Each try is one pass. The first goes by what hangs on each operation. Others go by due dates or plate by plate, and let
//! operations move on for what must follow them closely; after each, what broke is put first, plates that were too quick
//! are made to wait for the slowest, and it is tried again. The number of tries is fixed, so that the same plan always
//! has the same schedule.

use super::groups::groups;
use super::model::{Follows, Model, signed};
use super::pass::{Failed, Pass, Rank};
use super::place::Miss;
use super::promises::{Flaw, flaws};
use super::solve::Options;
use super::{Fixed, ScheduleError};
use crate::plan::{OperationId, Plan, Promised};
use crate::units::Duration;
use std::collections::BTreeMap;

/// Repairs that follow each way of ordering.
const REPAIRS: u32 = 5;

/// The work that all tries together may take, in that of the first; a million steps are allowed in any case.
const EFFORT: u64 = 400;

/// What is looked for: a plan as numbers, perhaps with some of its delays loosened, and which of its promises count.
pub(super) struct Search<'p> {
    pub plan: &'p Plan,
    pub model: Model,
    /// Promises by index.
    pub counted: Vec<usize>,
    pub fixed: &'p [Fixed],
    pub now: Option<Duration>,
}

/// The best that was found.
pub(super) enum Found {
    /// Start and end of every operation, and what of the promises that count is broken.
    Placed {
        times: Vec<(u64, u64)>,
        flaws: Vec<Flaw>,
    },
    /// An operation does not fit.
    Missed(Miss),
    /// The limit of work was reached.
    Limit,
    /// The plan contradicts itself.
    Unsound(String),
}

impl Found {
    /// Whether everything is kept.
    pub fn keeps(&self) -> bool {
        matches!(self, Self::Placed { flaws, .. } if flaws.is_empty())
    }

    /// The less the better: no schedule at all; how much is broken; by how much; how long it takes.
    fn cost(&self) -> (bool, usize, u64, u64) {
        match self {
            Self::Placed { times, flaws } => (
                false,
                flaws.len(),
                flaws.iter().fold(0, |sum, f| sum.saturating_add(f.over.as_us())),
                times.iter().map(|t| t.1).max().unwrap_or(0),
            ),
            _ => (true, 0, 0, 0),
        }
    }
}

/// What a try goes by.
#[derive(Clone)]
struct Trial {
    ranks: Vec<Rank>,
    pushing: bool,
    /// Delays beyond those of the plan: the later operation, and what it follows.
    delays: BTreeMap<(usize, usize), Follows>,
}

impl<'p> Search<'p> {
    /// The same search of a plan with the same operations and other limits.
    ///
    /// # Errors
    /// When the plan is not sound.
    pub fn again<'q>(&self, plan: &'q Plan) -> Result<Search<'q>, ScheduleError>
    where
        'p: 'q,
    {
        Ok(Search {
            plan,
            model: Model::new(plan)?,
            counted: self.counted.clone(),
            fixed: self.fixed,
            now: self.now,
        })
    }

    /// The best schedule within so many tries, and the work that it took to find.
    pub fn best(&self, options: &Options) -> (Found, u64) {
        let tails = self.tails();
        let first = Trial {
            ranks: tails.iter().map(|t| (0, *t)).collect(),
            pushing: false,
            delays: BTreeMap::new(),
        };
        let (mut best, mut work) = self.attempt(&first, options.work_limit);
        if best.keeps() || matches!(best, Found::Limit | Found::Unsound(_)) {
            return (best, work);
        }
        let limit = options.work_limit.min(work.saturating_mul(EFFORT).max(1_000_000));
        let mut tries = 1;
        for start in self.starts(first, &tails) {
            let mut trial = start;
            for round in 0..=REPAIRS {
                if tries >= options.tries || work >= limit {
                    return (best, work);
                }
                tries += 1;
                let (found, took) = self.attempt(&trial, limit.saturating_sub(work));
                work = work.saturating_add(took);
                self.repair(&mut trial, &found, round);
                if found.cost() < best.cost() {
                    best = found;
                }
                if best.keeps() {
                    return (best, work);
                }
            }
        }
        (best, work)
    }

    /// Ways of ordering: what hangs on an operation, due dates, plate by plate; each with and without pushing.
    fn starts(&self, first: Trial, tails: &[u64]) -> Vec<Trial> {
        let due = self.due(tails);
        let plates = self.by_plate(tails);
        let with = |ranks: &Vec<Rank>, pushing| Trial {
            ranks: ranks.clone(),
            pushing,
            delays: BTreeMap::new(),
        };
        vec![
            with(&first.ranks, true),
            with(&due, true),
            with(&plates, true),
            first,
            with(&due, false),
            with(&plates, false),
        ]
    }

    fn attempt(&self, trial: &Trial, limit: u64) -> (Found, u64) {
        let changed = (!trial.delays.is_empty()).then(|| {
            let mut model = self.model.clone();
            for ((later, _), follows) in &trial.delays {
                if let Some(op) = model.ops.get_mut(*later) {
                    op.follows.push(*follows);
                }
            }
            model
        });
        let model = changed.as_ref().unwrap_or(&self.model);
        let pass = Pass {
            model,
            groups: &groups(model),
            ranks: &trial.ranks,
            pushing: trial.pushing,
            fixed: self.fixed,
            now: self.now,
            limit,
        };
        match pass.run() {
            Ok(placed) => {
                let flaws = self.judge(&placed.times);
                let times = placed.times;
                (Found::Placed { times, flaws }, placed.work)
            }
            Err(Failed::Missed(miss, work)) => (Found::Missed(miss), work),
            Err(Failed::Limit(work)) => (Found::Limit, work),
            Err(Failed::Unsound(why)) => (Found::Unsound(why), 0),
        }
    }

    /// What of the promises that count the times do not keep.
    pub fn judge(&self, times: &[(u64, u64)]) -> Vec<Flaw> {
        let of = |id: OperationId| {
            let (start, end) = times.get(id.index())?;
            Some((Duration::us(*start), Duration::us(*end)))
        };
        // Longest delays are kept by the pass itself but where a run is under way.
        flaws(self.plan, &self.counted, self.now.is_some(), of)
    }

    /// The longest way from each operation's start to the end of the plan.
    fn tails(&self) -> Vec<u64> {
        let model = &self.model;
        let mut tails: Vec<u64> = model.ops.iter().map(|o| o.duration).collect();
        for (index, op) in model.ops.iter().enumerate().rev() {
            let Some(own) = tails.get(index).copied() else {
                continue;
            };
            for f in &op.follows {
                let took = model.ops.get(f.earlier).map_or(0, |o| o.duration);
                if let Some(tail) = tails.get_mut(f.earlier) {
                    *tail = (*tail).max(took.saturating_add(f.min).saturating_add(own));
                }
            }
            if let Some(m) = op.member.filter(|m| m.leader != index) {
                let away = model.due(m, 0);
                if let Some(tail) = tails.get_mut(m.leader) {
                    *tail = (*tail).max(away.saturating_add(own));
                }
            }
        }
        tails
    }

    /// By due date: operations before a deadline first, the earliest latest start before others.
    fn due(&self, tails: &[u64]) -> Vec<Rank> {
        let mut latest = vec![u64::MAX; self.model.ops.len()];
        for promise in self.counted.iter().filter_map(|p| self.plan.promises.get(*p)) {
            if let Promised::Deadline { operations, at_most } = &promise.what {
                for id in operations {
                    let took = self.model.ops.get(id.index()).map_or(0, |o| o.duration);
                    if let Some(slot) = latest.get_mut(id.index()) {
                        *slot = (*slot).min(at_most.as_us().saturating_sub(took));
                    }
                }
            }
        }
        for (index, op) in self.model.ops.iter().enumerate().rev() {
            let Some(own) = latest.get(index).copied().filter(|l| *l < u64::MAX) else {
                continue;
            };
            for f in &op.follows {
                let took = self.model.ops.get(f.earlier).map_or(0, |o| o.duration);
                if let Some(slot) = latest.get_mut(f.earlier) {
                    *slot = (*slot).min(own.saturating_sub(f.min).saturating_sub(took));
                }
            }
        }
        let ranks = latest.iter().zip(tails);
        ranks.map(|(l, t)| (u64::MAX.saturating_sub(*l), *t)).collect()
    }

    /// Plate by plate, in the order in which the plan names them; what is about none of them first.
    fn by_plate(&self, tails: &[u64]) -> Vec<Rank> {
        let mut order = BTreeMap::new();
        for plate in self.plan.operations.iter().flat_map(|o| &o.plates) {
            let next = order.len();
            order.entry(plate).or_insert(next);
        }
        let of = |operation: &crate::plan::Operation| {
            let places = operation.plates.iter().filter_map(|p| order.get(p));
            let place = places.max().map_or(0, |p| p.saturating_add(1));
            u64::MAX.saturating_sub(u64::try_from(place).unwrap_or(u64::MAX))
        };
        let ranks = self.plan.operations.iter().zip(tails);
        ranks.map(|(operation, tail)| (of(operation), *tail)).collect()
    }

    /// Changes a trial by what broke in it.
    fn repair(&self, trial: &mut Trial, found: &Found, round: u32) {
        match found {
            Found::Missed(miss) => {
                if round > 0 && !trial.delays.is_empty() {
                    // What was asked for beyond the plan was too much.
                    trial.delays.clear();
                }
                self.hurry(&mut trial.ranks, miss.operation);
            }
            Found::Placed { times, flaws } => {
                for flaw in flaws {
                    if let Some(id) = flaw.operation {
                        self.hurry(&mut trial.ranks, id.index());
                    }
                    let promise = flaw.promise.and_then(|p| self.plan.promises.get(p));
                    match promise.map(|p| &p.what) {
                        Some(Promised::Alike { .. }) => {
                            self.level(trial, promise.map(|p| &p.what), times, round)
                        }
                        Some(Promised::Absence { out, .. }) => {
                            for (from, to) in out.iter().filter(|(from, to)| from < to) {
                                let follows = Follows {
                                    earlier: from.index(),
                                    min: 0,
                                    max: Some(self.shortest(*from, *to)),
                                };
                                trial.delays.insert((to.index(), from.index()), follows);
                            }
                        }
                        _ => {}
                    }
                }
            }
            Found::Limit | Found::Unsound(_) => {}
        }
    }

    /// Has an operation and all that it waits for come before others.
    fn hurry(&self, ranks: &mut [Rank], operation: usize) {
        let top = ranks.iter().map(|r| r.0).max().unwrap_or(0).saturating_add(1);
        let mut open = vec![operation];
        let mut seen = vec![false; self.model.ops.len()];
        while let Some(at) = open.pop() {
            if seen.get(at).copied().unwrap_or(true) {
                continue;
            }
            if let Some(slot) = seen.get_mut(at) {
                *slot = true;
            }
            if let Some(rank) = ranks.get_mut(at) {
                rank.0 = top;
            }
            let follows = self.model.ops.get(at).map_or(&[][..], |o| o.follows.as_slice());
            open.extend(follows.iter().map(|f| f.earlier));
        }
    }

    /// The longest time that may lie between the operations that take a plate out and put it back: what lies between
    /// them takes that long anyway.
    fn shortest(&self, from: OperationId, to: OperationId) -> i64 {
        let between = self.model.ops.get(from.index().saturating_add(1)..to.index());
        let plate = self.plan.operations.get(to.index()).map(|o| &o.plates);
        let mut sum = 0_u64;
        for (offset, op) in between.unwrap_or(&[]).iter().enumerate() {
            let index = from.index().saturating_add(1).saturating_add(offset);
            let shares = self
                .plan
                .operations
                .get(index)
                .is_some_and(|o| plate.is_some_and(|plates| o.plates.iter().any(|p| plates.contains(p))));
            if shares {
                let least = op.follows.iter().map(|f| f.min).max().unwrap_or(0);
                sum = sum.saturating_add(op.duration).saturating_add(least);
            }
        }
        signed(sum)
    }

    /// Makes the plates that were too quick wait as long as the slowest; then, in later rounds, has the earlier step begin
    /// only when the later one can follow.
    fn level(&self, trial: &mut Trial, promise: Option<&Promised>, times: &[(u64, u64)], round: u32) {
        let Some(Promised::Alike {
            pairs,
            from_start,
            to_end,
            within,
        }) = promise
        else {
            return;
        };
        let ops = &self.model.ops;
        let mut intervals = Vec::new();
        for (earlier, later) in pairs.iter().filter(|(earlier, later)| earlier < later) {
            let (Some(a), Some(b)) = (times.get(earlier.index()), times.get(later.index())) else {
                continue;
            };
            let from = if *from_start { a.0 } else { a.1 };
            let to = if *to_end { b.1 } else { b.0 };
            let took = |id: &OperationId, counts: bool| {
                let op = ops.get(id.index()).filter(|_| counts);
                op.map_or(0, |o| o.duration)
            };
            let inside = took(earlier, *from_start).saturating_add(took(later, *to_end));
            intervals.push((to.saturating_sub(from), inside, earlier.index(), later.index()));
        }
        let (Some(least), Some(longest)) = (
            intervals.iter().map(|i| i.0).min(),
            intervals.iter().map(|i| i.0).max(),
        ) else {
            return;
        };
        let slack = within.as_us();
        let at_least = longest.saturating_sub(slack);
        let (low, high) = match round {
            // Half of what is allowed is left for actions that take longer than planned.
            0 | 1 => (longest.saturating_sub(slack / 2), None),
            2 => (0, Some(least.saturating_add(slack))),
            3 => (at_least, Some(longest)),
            _ => (
                at_least.midpoint(least),
                Some(at_least.midpoint(least).saturating_add(slack)),
            ),
        };
        for (_, inside, earlier, later) in intervals {
            let follows = Follows {
                earlier,
                min: low.saturating_sub(inside),
                max: high.map(|h| signed(h).saturating_sub(signed(inside))),
            };
            trial.delays.insert((later, earlier), follows);
        }
    }
}
