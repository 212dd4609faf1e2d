//! A schedule made shorter, or one found where passes find none: the plan as a problem of the solver's, and back.
//!
//! What comes out keeps everything that went in: every limit is the plan's own with some room left for the run, or as wide as
//! what was found needs it, whichever is wider. Knows nothing of how the solver searches.

use super::model::{Follows, Model, Op, signed};
use super::pass::begun_spans;
use super::search::{Found, Search};
use super::solve::Options;
use crate::plan::{OperationId, Promised};
use plated_solver::{Effort, Event, Mode, Problem, Solution, Task, Time, Use};
use std::collections::BTreeSet;

/// A schedule that is longer than the bound by less than one part of so many is not improved.
const NEAR: u64 = 200;

/// One part of so many of what a longest delay, a series or a deadline leaves is kept for the run.
const ROOM: Time = 10;

/// One part of so many of the steps goes into a better bound.
const PROOF: u64 = 4;

/// Start and end of each operation, in microseconds.
type Times = [(u64, u64)];

/// How far things may lie apart: the plan's own limits, some room kept back; or what is so in a schedule that is known, if that is
/// wider.
struct Limits<'t> {
    known: Option<&'t Times>,
    roomy: bool,
}

impl Limits<'_> {
    /// Those of the plan itself.
    const PLAN: Self = Self {
        known: None,
        roomy: false,
    };

    /// The most that a time between two events may be: `most` by the plan, at least `least`, `now` in the known schedule.
    fn most(&self, least: Time, most: Time, now: impl Fn(&Times) -> Time) -> Time {
        let kept_back = if self.roomy {
            most.saturating_sub(least).max(0) / ROOM
        } else {
            0
        };
        let wanted = most.saturating_sub(kept_back);
        self.known.map_or(wanted, |known| wanted.max(now(known)))
    }

    /// The least, likewise.
    fn least(&self, wanted: Time, now: impl Fn(&Times) -> Time) -> Time {
        self.known.map_or(wanted, |known| wanted.min(now(known)))
    }
}

fn start(times: &Times, operation: usize) -> Time {
    times.get(operation).map_or(0, |t| signed(t.0))
}

fn end(times: &Times, operation: usize) -> Time {
    times.get(operation).map_or(0, |t| signed(t.1))
}

/// No schedule of what is searched for is shorter: the solver's bound, or the model's where that is more.
pub(super) fn bound(search: &Search<'_>) -> u64 {
    bound_of(search, |_| {}).max(search.model.bound())
}

/// The solver's bound, with other numbers of resources.
pub(super) fn bound_of(search: &Search<'_>, change: impl Fn(&mut [u32])) -> u64 {
    let mut problem = problem(search, &Limits::PLAN, false);
    change(&mut problem.capacity);
    let bound = plated_solver::bound(&problem);
    bound.and_then(|b| u64::try_from(b).ok()).unwrap_or(0)
}

/// A better bound where a schedule is above it by more than is left alone: shorter lengths are tried out, before a run alone.
pub(super) fn nearer(search: &Search<'_>, found: &Found, least: u64, options: &Options) -> u64 {
    let Found::Placed { times, .. } = found else {
        return least;
    };
    if options.tries <= 1 || search.now.is_some() || is_near(length(times), least) {
        return least;
    }
    let problem = problem(search, &Limits::PLAN, false);
    let bound = plated_solver::bound_below(&problem, &solution(times), options.improve / PROOF);
    bound.and_then(|b| u64::try_from(b).ok()).unwrap_or(0).max(least)
}

fn length(times: &Times) -> u64 {
    times.iter().map(|t| t.1).max().unwrap_or(0)
}

/// Whether a schedule is so near to the bound that it is left alone.
const fn is_near(length: u64, least: u64) -> bool {
    length <= least.saturating_add(least / NEAR)
}

fn solution(times: &Times) -> Solution {
    Solution {
        starts: times.iter().map(|t| signed(t.0)).collect(),
        modes: vec![0; times.len()],
    }
}

/// A plan as the solver's problem, every limit at least as wide as a known schedule needs it.
pub(super) fn problem_of(search: &Search<'_>, known: &Times) -> Problem {
    let limits = Limits {
        known: Some(known),
        roomy: true,
    };
    problem(search, &limits, true)
}

/// The schedule that was found, or a shorter one that keeps as much; where none was found that keeps everything, one that does
/// if there is such a one within the effort.
pub(super) fn improved(search: &Search<'_>, found: Found, least: u64, options: &Options) -> Found {
    if options.tries <= 1 || options.improve == 0 {
        return found;
    }
    let open = search.model.ops.len().saturating_sub(search.fixed.len());
    let thousands = u64::try_from(open / 1000).unwrap_or(0).max(1);
    let effort = Effort {
        work: options.improve.saturating_mul(thousands),
        seed: 1,
        starts: 8,
    };
    let hopeless = matches!(found, Found::Unsound(_) | Found::Limit);
    if !found.keeps() && !hopeless && search.now.is_none() {
        for roomy in [true, false] {
            let known = match &found {
                Found::Placed { times, .. } => Some(times.as_slice()),
                _ => None,
            };
            if let Some(times) = kept(search, known, roomy, &effort) {
                return Found::Placed {
                    times,
                    flaws: Vec::new(),
                };
            }
        }
    }
    let Found::Placed { times, flaws } = &found else {
        return found;
    };
    let length = length(times);
    if is_near(length, least) {
        return found;
    }
    let problem = problem_of(search, times);
    let Ok(solved) = plated_solver::solve(&problem, Some(&solution(times)), &effort) else {
        return found;
    };
    let shorter = back(search, times, &solved.solution);
    let judged = search.judge(&shorter);
    let no_worse = judged
        .iter()
        .all(|f| flaws.iter().any(|b| b.promise == f.promise && b.over >= f.over));
    if self::length(&shorter) < length && no_worse {
        return Found::Placed {
            times: shorter,
            flaws: judged,
        };
    }
    found
}

/// A schedule that keeps everything, if the solver finds one.
fn kept(search: &Search<'_>, near: Option<&Times>, roomy: bool, effort: &Effort) -> Option<Vec<(u64, u64)>> {
    let limits = Limits { known: None, roomy };
    let mut problem = problem(search, &limits, true);
    if let Some(near) = near {
        alike(search, near, &mut problem);
    }
    let solved = plated_solver::solve(&problem, None, effort).ok()?;
    let times = back(search, &[], &solved.solution);
    search.judge(&times).is_empty().then_some(times)
}

/// Has the intervals of each promise that they are alike lie where the longest of a known schedule does.
fn alike(search: &Search<'_>, near: &Times, problem: &mut Problem) {
    for promise in search.counted.iter().filter_map(|p| search.plan.promises.get(*p)) {
        let Promised::Alike {
            pairs,
            from_start,
            to_end,
            within,
        } = &promise.what
        else {
            continue;
        };
        let within = signed(within.as_us());
        let spans = intervals(pairs, *from_start, *to_end, near);
        let Some(longest) = spans.iter().map(|s| s.2).max() else {
            continue;
        };
        for (from, to, _) in spans {
            problem.at_least(from, to, longest.saturating_sub(within));
            problem.at_most(from, to, longest);
        }
    }
}

/// Events that an interval lies between, and how long it is.
fn intervals(
    pairs: &[(OperationId, OperationId)],
    from_start: bool,
    to_end: bool,
    times: &Times,
) -> Vec<(Event, Event, Time)> {
    let pairs = pairs.iter().map(|(a, b)| (a.index(), b.index()));
    pairs
        .map(|(a, b)| {
            let from = if from_start {
                start(times, a)
            } else {
                end(times, a)
            };
            let to = if to_end { end(times, b) } else { start(times, b) };
            let events = (
                Event {
                    task: a,
                    end: !from_start,
                },
                Event { task: b, end: to_end },
            );
            (events.0, events.1, to.saturating_sub(from))
        })
        .collect()
}

/// Start and end of each operation of a solution; of what has begun, as they were.
fn back(search: &Search<'_>, known: &Times, solution: &Solution) -> Vec<(u64, u64)> {
    let begun: BTreeSet<usize> = search.fixed.iter().map(|f| f.operation.index()).collect();
    let ops = search.model.ops.iter().enumerate();
    ops.map(|(index, op)| {
        if let Some(times) = known.get(index).filter(|_| begun.contains(&index)) {
            return *times;
        }
        let start = u64::try_from(solution.start(index)).unwrap_or(0);
        (start, start.saturating_add(op.duration))
    })
    .collect()
}

/// The rest of a plan as the solver's problem; with what is promised of times, or delays and resources alone.
fn problem(search: &Search<'_>, limits: &Limits<'_>, promises: bool) -> Problem {
    let model = &search.model;
    let now = search.now.map_or(0, |n| signed(n.as_us()));
    let mut problem = Problem {
        capacity: vec![1; model.resources],
        ..Problem::default()
    };
    for op in &model.ops {
        problem.tasks.push(Task {
            earliest: now,
            ..Task::simple(signed(op.duration), uses(&op.claims))
        });
    }
    // Of series that have begun: by how much the event of their first read is later than its operation's start says.
    let mut shifts = vec![0; model.ops.len()];
    for fixed in search.fixed {
        let index = fixed.operation.index();
        let (Some(op), Some(task)) = (model.ops.get(index), problem.tasks.get_mut(index)) else {
            continue;
        };
        let begun = begun_spans(op, fixed, search.now);
        let start = signed(fixed.start.as_us());
        *task = Task {
            modes: vec![Mode {
                duration: signed(begun.0).saturating_sub(start),
                uses: uses(&begun.1),
            }],
            earliest: start,
            latest: start,
        };
        if let (Some(event), Some(member), Some(shift)) = (fixed.event, op.member, shifts.get_mut(index)) {
            let leads_to = event.as_us().saturating_sub(member.lead);
            *shift = signed(leads_to).saturating_sub(start);
        }
    }
    for (index, op) in model.ops.iter().enumerate() {
        for f in &op.follows {
            delay(&mut problem, limits, index, f);
        }
        series(&mut problem, model, limits, (index, op), &shifts);
    }
    if promises {
        promised(search, limits, &mut problem);
    }
    problem
}

fn uses(claims: &[super::timeline::Span]) -> Vec<Use> {
    let uses = claims.iter().map(|c| Use {
        resource: c.resource,
        from: signed(c.from),
        to: signed(c.to),
        amount: 1,
    });
    uses.collect()
}

fn is_fixed(problem: &Problem, task: usize) -> bool {
    problem.tasks.get(task).is_some_and(|t| t.earliest == t.latest)
}

fn delay(problem: &mut Problem, limits: &Limits<'_>, later: usize, f: &Follows) {
    if is_fixed(problem, later) {
        return;
    }
    let waited = |times: &Times| start(times, later).saturating_sub(end(times, f.earlier));
    let least = limits.least(signed(f.min), waited);
    problem.at_least(Event::end(f.earlier), Event::start(later), least);
    if let Some(max) = f.max {
        let most = limits.most(least, max, waited);
        problem.at_most(Event::end(f.earlier), Event::start(later), most);
    }
}

fn series(
    problem: &mut Problem,
    model: &Model,
    limits: &Limits<'_>,
    (index, op): (usize, &Op),
    shifts: &[Time],
) {
    let Some(member) = op.member.filter(|m| m.leader != index) else {
        return;
    };
    if is_fixed(problem, index) {
        return;
    }
    let shift = shifts.get(member.leader).copied().unwrap_or(0);
    let due = signed(model.due(member, 0)).saturating_add(shift);
    // No further from when it is due than it is now: what is left of the tolerance is for actions that take longer.
    let (least, most) = match limits.known {
        Some(known) => {
            let now = start(known, index).saturating_sub(start(known, member.leader));
            (due.min(now), due.max(now))
        }
        None => {
            let tolerance = signed(member.tolerance);
            let kept_back = if limits.roomy { tolerance / ROOM } else { 0 };
            let within = tolerance.saturating_sub(kept_back);
            (due.saturating_sub(within), due.saturating_add(within))
        }
    };
    let (from, to) = (Event::start(member.leader), Event::start(index));
    problem.at_least(from, to, least);
    problem.at_most(from, to, most);
}

fn promised(search: &Search<'_>, limits: &Limits<'_>, problem: &mut Problem) {
    for promise in search.counted.iter().filter_map(|p| search.plan.promises.get(*p)) {
        match &promise.what {
            Promised::Deadline { operations, at_most } => {
                for index in operations.iter().map(|o| o.index()) {
                    let most = limits.most(0, signed(at_most.as_us()), |times| end(times, index));
                    let took = search.model.ops.get(index).map_or(0, |o| signed(o.duration));
                    if let Some(task) = problem.tasks.get_mut(index).filter(|t| t.earliest != t.latest) {
                        task.latest = most.saturating_sub(took).min(task.latest).max(task.earliest);
                    }
                }
            }
            Promised::Alike {
                pairs,
                from_start,
                to_end,
                ..
            } => {
                // As alike as they are: within the shortest and the longest that is known.
                let Some(known) = limits.known else { continue };
                let spans = intervals(pairs, *from_start, *to_end, known);
                let shortest = spans.iter().map(|s| s.2).min().unwrap_or(0);
                let longest = spans.iter().map(|s| s.2).max().unwrap_or(0);
                for (from, to, _) in spans {
                    problem.at_least(from, to, shortest);
                    problem.at_most(from, to, longest);
                }
            }
            Promised::Absence { out, at_most, .. } => {
                // Each absence as long as it is, or an equal share of all.
                let share = signed(at_most.as_us()) / signed(u64::try_from(out.len()).unwrap_or(1).max(1));
                for (from, to) in out
                    .iter()
                    .map(|(a, b)| (a.index(), b.index()))
                    .filter(|(a, b)| a != b)
                {
                    let most = limits
                        .known
                        .map_or(share, |known| end(known, to).saturating_sub(start(known, from)));
                    problem.at_most(Event::start(from), Event::end(to), most);
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "improve_tests.rs"]
mod tests;
