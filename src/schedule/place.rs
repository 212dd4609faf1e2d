//! Placing one group of operations at the earliest time at which all of it fits.

use super::model::{Model, Op};
use super::timeline::Timelines;
use std::collections::BTreeMap;

/// Where everything is so far.
pub(super) struct Board<'m> {
    pub model: &'m Model,
    pub lines: Timelines,
    /// Planned start and end of each placed operation.
    pub placed: Vec<Option<(u64, u64)>>,
    /// Nothing is placed before this.
    pub now: u64,
    /// End of the last placed operation.
    pub horizon: u64,
    /// Of leaders of series whose event has taken place: the start that would have led to it as planned.
    pub begun: BTreeMap<usize, u64>,
}

/// An operation that does not fit, and by how much it is late.
pub(super) struct Miss {
    pub operation: usize,
    pub late: u64,
    /// The operation of its group that its window hangs on, and where that was placed.
    pub binder: Option<(usize, u64)>,
}

/// How often an operation of a group may be moved on, on average.
const PUSHES: usize = 16;

/// Earliest, wished and latest start.
struct Window {
    earliest: u64,
    wished: u64,
    latest: u64,
    /// What sets the latest start.
    binder: Option<usize>,
}

impl Window {
    fn until(&mut self, latest: u64, binder: usize) {
        if latest < self.latest {
            self.latest = latest;
            self.binder = Some(binder);
        }
    }
}

impl Board<'_> {
    /// Places a group; its first operation moves on until every other finds its window. When `pushing`, it is rather the
    /// operation whose follower missed its window that moves on, so that what comes before it need not wait.
    ///
    /// # Errors
    /// When some operation misses its window even after everything else, or the work limit is reached (no miss).
    pub fn place(&mut self, group: &[usize], pushing: bool, limit: u64) -> Result<(), Option<Miss>> {
        if pushing {
            match self.push(group, limit) {
                Err(Some(_)) => {}
                found => return found,
            }
        }
        let mut not_before = BTreeMap::new();
        loop {
            let horizon = self.horizon;
            let Err((miss, first)) = self.attempt(group, &not_before) else {
                return Ok(());
            };
            let Some((leader, start)) = first.filter(|(_, start)| *start < horizon) else {
                return Err(Some(miss));
            };
            // No smaller shift of the first operation can help the one that missed.
            not_before.insert(leader, start.saturating_add(miss.late.max(1)));
            if self.lines.work > limit {
                return Err(None);
            }
        }
    }

    /// Places a group, each operation no earlier than those that must follow it closely can come.
    fn push(&mut self, group: &[usize], limit: u64) -> Result<(), Option<Miss>> {
        let mut not_before: BTreeMap<usize, u64> = BTreeMap::new();
        let most = group.len().saturating_mul(PUSHES);
        for _ in 0..most {
            let Err((miss, _)) = self.attempt(group, &not_before) else {
                return Ok(());
            };
            let Some((binder, start)) = miss.binder else {
                return Err(Some(miss));
            };
            let at = not_before.entry(binder).or_default();
            *at = (*at).max(start).saturating_add(miss.late);
            if self.lines.work > limit {
                return Err(None);
            }
        }
        Err(Some(Miss {
            operation: group.first().copied().unwrap_or(0),
            late: 0,
            binder: None,
        }))
    }

    /// Places a group, each operation not before its time; where one misses its window, nothing is placed.
    ///
    /// # Errors
    /// The miss, and the first operation of the group with its start.
    fn attempt(
        &mut self,
        group: &[usize],
        not_before: &BTreeMap<usize, u64>,
    ) -> Result<(), (Miss, Option<(usize, u64)>)> {
        let horizon = self.horizon;
        let mut first = None;
        for (position, index) in group.iter().enumerate() {
            let Some(op) = self.model.ops.get(*index) else {
                continue;
            };
            let mut window = self.window(op);
            if let Some(at) = not_before.get(index) {
                window.earliest = window.earliest.max(*at);
            }
            let start = self.choose(op, &window);
            let late = start.saturating_sub(window.latest);
            if late > 0 {
                let binder = window
                    .binder
                    .filter(|b| group.get(..position).is_some_and(|done| done.contains(b)));
                let binder = binder.and_then(|b| Some((b, self.placed.get(b).copied().flatten()?.0)));
                let done = group.get(..position).unwrap_or(&[]);
                self.undo(done);
                self.horizon = horizon;
                return Err((
                    Miss {
                        operation: *index,
                        late,
                        binder,
                    },
                    first.or(Some((*index, start))),
                ));
            }
            first.get_or_insert((*index, start));
            self.put(*index, start);
        }
        Ok(())
    }

    /// Places what is left of a group that has begun: at its time, or as soon after as it can be.
    pub fn place_late(&mut self, group: &[usize]) {
        for index in group {
            if self.placed.get(*index).is_some_and(Option::is_some) {
                continue;
            }
            let Some(op) = self.model.ops.get(*index) else {
                continue;
            };
            let window = self.window(op);
            let start = self.choose(op, &window);
            self.put(*index, start);
        }
    }

    fn put(&mut self, index: usize, start: u64) {
        let Some(op) = self.model.ops.get(index) else {
            return;
        };
        self.lines.take(&op.claims, start);
        let end = start.saturating_add(op.duration);
        if let Some(slot) = self.placed.get_mut(index) {
            *slot = Some((start, end));
        }
        self.horizon = self.horizon.max(end);
    }

    fn undo(&mut self, done: &[usize]) {
        for index in done {
            let slot = self.placed.get_mut(*index).and_then(Option::take);
            if let (Some((start, _)), Some(op)) = (slot, self.model.ops.get(*index)) {
                self.lines.give_back(&op.claims, start);
            }
        }
    }

    fn window(&self, op: &Op) -> Window {
        let mut window = Window {
            earliest: self.now,
            wished: 0,
            latest: u64::MAX,
            binder: None,
        };
        for f in &op.follows {
            let Some((_, end)) = self.placed.get(f.earlier).copied().flatten() else {
                continue;
            };
            window.earliest = window.earliest.max(end.saturating_add(f.min));
            if let Some(max) = f.max {
                window.until(end.saturating_add_signed(max), f.earlier);
            }
        }
        if let Some(m) = op.member
            && let Some((start, _)) = self.placed.get(m.leader).copied().flatten()
        {
            let start = self.begun.get(&m.leader).copied().unwrap_or(start);
            let due = self.model.due(m, start);
            window.wished = due;
            window.earliest = window.earliest.max(due.saturating_sub(m.tolerance));
            window.until(due.saturating_add(m.tolerance), m.leader);
        }
        window
    }

    /// The free start nearest to the wished one, in the window if there is one there.
    fn choose(&mut self, op: &Op, window: &Window) -> u64 {
        let wished = self
            .lines
            .next_free(&op.claims, window.earliest.max(window.wished));
        if window.wished <= window.earliest || wished == window.wished {
            return wished;
        }
        let early = self.lines.next_free(&op.claims, window.earliest);
        let (before, after) = (
            window.wished.saturating_sub(early),
            wished.saturating_sub(window.wished),
        );
        if early < window.wished && (wished > window.latest || before < after) {
            early
        } else {
            wished
        }
    }
}
