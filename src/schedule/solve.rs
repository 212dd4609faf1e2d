//! The greedy list scheduler: groups in the order of what hangs on them, each at the earliest time that fits.

use super::ScheduleError;
use super::groups::{Groups, groups};
use super::model::Model;
use super::place::{Board, Miss};
use super::timeline::{Span, Timelines};
use crate::plan::{OperationId, Plan, Schedule, Slot};
use crate::units::Duration;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// How a schedule is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Most steps of searching; a step looks at one claim.
    pub work_limit: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            work_limit: 200_000_000,
        }
    }
}

/// An operation of a run that has begun, or that is skipped (then start and end are the time of skipping).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    /// Which operation.
    pub operation: OperationId,
    /// When it began, from the start of the run.
    pub start: Duration,
    /// When it ended, if it has.
    pub end: Option<Duration>,
    /// When the event that counts for its series took place (the read of the first member), if it has; planned
    /// times are reckoned with where this is not known.
    pub event: Option<Duration>,
}

/// A schedule of a whole plan.
///
/// # Errors
/// When a series or a longest delay cannot be kept, or the plan is not sound.
pub fn schedule(plan: &Plan) -> Result<Schedule, ScheduleError> {
    schedule_with(plan, &Options::default())
}

/// The same with options.
///
/// # Errors
/// As [`schedule`], and when the work limit is reached.
pub fn schedule_with(plan: &Plan, options: &Options) -> Result<Schedule, ScheduleError> {
    solve(plan, options, &[], None)
}

/// A schedule of the rest of a run: what has begun keeps its times, nothing else starts before `now`. What cannot
/// be in time any more comes as soon as it can; the run records how late it was.
///
/// # Errors
/// When the plan is not sound, or the work limit is reached.
pub fn reschedule(plan: &Plan, fixed: &[Fixed], now: Duration) -> Result<Schedule, ScheduleError> {
    solve(plan, &Options::default(), fixed, Some(now))
}

fn solve(
    plan: &Plan,
    options: &Options,
    fixed: &[Fixed],
    now: Option<Duration>,
) -> Result<Schedule, ScheduleError> {
    let model = Model::new(plan)?;
    let groups = groups(&model);
    let mut board = Board {
        model: &model,
        lines: Timelines::new(model.resources),
        placed: vec![None; model.ops.len()],
        now: now.map_or(0, Duration::as_us),
        horizon: 0,
        begun: BTreeMap::new(),
    };
    for f in fixed {
        fix(&mut board, f)?;
    }
    let tails = tails(&model);
    let (mut waiting, followers) = dependencies(&model, &groups);
    let urgency = |group: usize| {
        let members = groups.members.get(group).map_or(&[][..], Vec::as_slice);
        let tail = members
            .iter()
            .filter_map(|m| tails.get(*m))
            .max()
            .copied()
            .unwrap_or(0);
        (tail, Reverse(members.first().copied().unwrap_or(0)), group)
    };
    let mut ready: BinaryHeap<_> = waiting
        .iter()
        .enumerate()
        .filter(|(_, n)| **n == 0)
        .map(|(g, _)| urgency(g))
        .collect();
    while let Some((_, _, group)) = ready.pop() {
        let members = groups.members.get(group).map_or(&[][..], Vec::as_slice);
        let begun = members
            .iter()
            .any(|m| board.placed.get(*m).is_some_and(Option::is_some));
        if begun {
            board.place_late(members);
        } else {
            match board.place(members, options.work_limit) {
                Ok(()) => {}
                Err(None) => return Err(ScheduleError::TooMuchWork(options.work_limit)),
                Err(Some(_)) if now.is_some() => board.place_late(members),
                Err(Some(miss)) => return Err(missed(plan, &miss)),
            }
        }
        if board.lines.work > options.work_limit {
            return Err(ScheduleError::TooMuchWork(options.work_limit));
        }
        for next in followers.get(group).into_iter().flatten() {
            if let Some(n) = waiting.get_mut(*next) {
                *n -= 1;
                if *n == 0 {
                    ready.push(urgency(*next));
                }
            }
        }
    }
    let slots: Option<Vec<Slot>> = plan
        .operations
        .iter()
        .zip(&board.placed)
        .map(|(operation, placed)| {
            let (start, end) = (*placed)?;
            Some(Slot {
                operation: operation.id,
                start: Duration::us(start),
                end: Duration::us(end),
            })
        })
        .collect();
    let slots =
        slots.ok_or_else(|| ScheduleError::Unsound("operations depend on each other in a circle".into()))?;
    let makespan = slots.iter().map(|s| s.end).max().unwrap_or_default();
    Ok(Schedule {
        slots,
        makespan,
        bound: Duration::us(model.bound()),
    })
}

/// Enters an operation that has begun. What is still under way is expected to end as planned, or now if that is past.
fn fix(board: &mut Board<'_>, f: &Fixed) -> Result<(), ScheduleError> {
    let index = f.operation.index();
    let Some(op) = board.model.ops.get(index) else {
        return Err(ScheduleError::Unsound(format!(
            "there is no operation {}",
            f.operation
        )));
    };
    let start = f.start.as_us();
    let planned = start.saturating_add(op.duration);
    let end = f.end.map_or(planned.max(board.now), Duration::as_us);
    if let Some(slot) = board.placed.get_mut(index) {
        *slot = Some((start, end));
    }
    if let (Some(event), Some(member)) = (f.event, op.member) {
        board
            .begun
            .insert(index, event.as_us().saturating_sub(member.lead));
    }
    board.horizon = board.horizon.max(end);
    if f.end.is_none() {
        let overdue = end.saturating_sub(planned);
        let late: Vec<Span> = op
            .claims
            .iter()
            .map(|c| Span {
                to: c.to.saturating_add(overdue),
                ..*c
            })
            .collect();
        board.lines.take(&late, start);
    }
    Ok(())
}

/// The longest way from each operation's start to the end of the plan.
fn tails(model: &Model) -> Vec<u64> {
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

/// For each group: how many groups it waits for; which groups wait for it.
fn dependencies(model: &Model, groups: &Groups) -> (Vec<usize>, Vec<Vec<usize>>) {
    let count = groups.members.len();
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (index, op) in model.ops.iter().enumerate() {
        let Some(&to) = groups.of.get(index) else { continue };
        for f in &op.follows {
            let from = groups.of.get(f.earlier).copied().filter(|from| *from != to);
            if let Some(list) = from.and_then(|from| followers.get_mut(from)) {
                list.push(to);
            }
        }
    }
    let mut waiting = vec![0; count];
    for list in &mut followers {
        list.sort_unstable();
        list.dedup();
        for to in list {
            if let Some(n) = waiting.get_mut(*to) {
                *n += 1;
            }
        }
    }
    (waiting, followers)
}

fn missed(plan: &Plan, miss: &Miss) -> ScheduleError {
    let late = Duration::us(miss.late);
    let Some(operation) = plan.operations.get(miss.operation) else {
        return ScheduleError::Unsound("an operation that is not there does not fit".into());
    };
    let (operation, title, cadence) = (operation.id, operation.title.clone(), operation.cadence);
    match cadence {
        Some(c) => ScheduleError::Cadence {
            series: c.series,
            operation,
            title,
            every: c.every,
            tolerance: c.tolerance,
            late,
        },
        None => ScheduleError::Delay {
            operation,
            title,
            late,
        },
    }
}

#[cfg(test)]
#[path = "solve_tests.rs"]
mod tests;
