//! One pass of list scheduling: groups in the order of their rank, each at the earliest time that fits.

use super::Fixed;
use super::groups::Groups;
use super::model::{Model, Op};
use super::place::{Board, Miss};
use super::timeline::{Span, Timelines};
use crate::units::Duration;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// What comes first among operations that are ready: the higher first, by its first number, then by its second.
pub(super) type Rank = (u64, u64);

/// What a pass goes by.
pub(super) struct Pass<'m> {
    pub model: &'m Model,
    pub groups: &'m Groups,
    /// By operation; a group has the rank of its highest.
    pub ranks: &'m [Rank],
    /// Whether an operation whose follower misses its window moves on by itself, instead of its group's first.
    pub pushing: bool,
    pub fixed: &'m [Fixed],
    pub now: Option<Duration>,
    /// Most steps of searching.
    pub limit: u64,
}

/// Start and end of every operation, and how many steps it took to find them.
pub(super) struct Placed {
    pub times: Vec<(u64, u64)>,
    pub work: u64,
}

/// Why a pass came to nothing.
pub(super) enum Failed {
    /// An operation does not fit.
    Missed(Miss, u64),
    /// The limit was reached.
    Limit(u64),
    /// The plan contradicts itself.
    Unsound(String),
}

impl Pass<'_> {
    /// Places everything.
    ///
    /// # Errors
    /// When an operation does not fit, the limit is reached, or the plan is not sound.
    pub fn run(&self) -> Result<Placed, Failed> {
        let (model, groups) = (self.model, self.groups);
        let mut board = Board {
            model,
            lines: Timelines::new(model.resources),
            placed: vec![None; model.ops.len()],
            now: self.now.map_or(0, Duration::as_us),
            horizon: 0,
            begun: BTreeMap::new(),
        };
        for f in self.fixed {
            fix(&mut board, f)?;
        }
        let (mut waiting, followers) = dependencies(model, groups);
        let urgency = |group: usize| {
            let members = groups.members.get(group).map_or(&[][..], Vec::as_slice);
            let rank = members.iter().filter_map(|m| self.ranks.get(*m)).max().copied();
            (
                rank.unwrap_or_default(),
                Reverse(members.first().copied().unwrap_or(0)),
                group,
            )
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
                match board.place(members, self.pushing, self.limit) {
                    Ok(()) => {}
                    Err(None) => return Err(Failed::Limit(board.lines.work)),
                    Err(Some(_)) if self.now.is_some() => board.place_late(members),
                    Err(Some(miss)) => return Err(Failed::Missed(miss, board.lines.work)),
                }
            }
            if board.lines.work > self.limit {
                return Err(Failed::Limit(board.lines.work));
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
        let times: Option<Vec<(u64, u64)>> = board.placed.iter().copied().collect();
        let times =
            times.ok_or_else(|| Failed::Unsound("operations depend on each other in a circle".into()))?;
        Ok(Placed {
            times,
            work: board.lines.work,
        })
    }
}

/// Enters an operation that has begun. What is still under way is expected to end as planned, or now if that is past.
fn fix(board: &mut Board<'_>, f: &Fixed) -> Result<(), Failed> {
    let index = f.operation.index();
    let Some(op) = board.model.ops.get(index) else {
        return Err(Failed::Unsound(format!("there is no operation {}", f.operation)));
    };
    let start = f.start.as_us();
    let (end, late) = begun_spans(op, f, Some(Duration::us(board.now)));
    if let Some(slot) = board.placed.get_mut(index) {
        *slot = Some((start, end));
    }
    if let (Some(event), Some(member)) = (f.event, op.member) {
        board
            .begun
            .insert(index, event.as_us().saturating_sub(member.lead));
    }
    board.horizon = board.horizon.max(end);
    board.lines.take(&late, start);
    Ok(())
}

/// When an operation that has begun ends, and what it still holds: nothing once it has ended, and longer than planned where
/// it is overdue.
pub(super) fn begun_spans(op: &Op, f: &Fixed, now: Option<Duration>) -> (u64, Vec<Span>) {
    if let Some(end) = f.end {
        return (end.as_us(), Vec::new());
    }
    let planned = f.start.as_us().saturating_add(op.duration);
    let end = planned.max(now.map_or(0, Duration::as_us));
    let overdue = end.saturating_sub(planned);
    let late = op.claims.iter().map(|c| Span {
        to: c.to.saturating_add(overdue),
        ..*c
    });
    (end, late.collect())
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
