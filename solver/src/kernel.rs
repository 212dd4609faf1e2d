//! Earliest and latest starts under delays and orders, kept consistent as orders are decided and taken back.
//!
//! A delay is an arc of the distance graph; propagation is that of Cesta and Oddi (1996): an arc that lifts the earliest start
//! of the task it comes from closes a circle that cannot be. Knows nothing of how orders are chosen (`dive`).

use crate::problem::Time;
use crate::table::{Lists, Table};
use std::collections::VecDeque;

/// An arc: the other task starts at least so long after (or before) this.
#[derive(Debug, Clone, Copy)]
struct Link {
    other: usize,
    least: Time,
}

/// A task starts at least so long after another.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Arc {
    pub from: usize,
    pub to: usize,
    pub least: Time,
}

/// Two that want the same: either is over before the other begins.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pair {
    /// If the first comes first.
    pub first: Arc,
    /// If the second does.
    pub second: Arc,
}

/// Whether a pair is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Order {
    #[default]
    Open,
    First,
    Second,
}

enum Undo {
    Earliest(usize, Time),
    Latest(usize, Time),
    Arc(usize, usize),
    Pair(usize),
}

/// A contradiction.
pub(crate) struct Contradiction;

pub(crate) type Outcome = Result<(), Contradiction>;

/// The state.
pub(crate) struct Kernel {
    pub earliest: Table<Time>,
    pub latest: Table<Time>,
    forward: Lists<Link>,
    backward: Lists<Link>,
    pub pairs: Table<Pair>,
    pub order: Table<Order>,
    pairs_of: Lists<usize>,
    trail: Vec<Undo>,
    /// Tasks whose times changed since their pairs were looked at.
    touched: VecDeque<usize>,
    is_touched: Table<bool>,
    queue: VecDeque<usize>,
    is_queued: Table<bool>,
    /// Steps so far.
    pub work: u64,
}

impl Kernel {
    /// So many tasks with these times.
    pub fn new(earliest: Vec<Time>, latest: Vec<Time>) -> Self {
        let tasks = earliest.len();
        Self {
            earliest: earliest.into(),
            latest: latest.into(),
            forward: Lists::new(tasks),
            backward: Lists::new(tasks),
            pairs: Table::new(0),
            order: Table::new(0),
            pairs_of: Lists::new(tasks),
            trail: Vec::new(),
            touched: (0..tasks).collect(),
            is_touched: vec![true; tasks].into(),
            queue: VecDeque::new(),
            is_queued: Table::new(tasks),
            work: 0,
        }
    }

    /// An arc of the problem itself; nothing follows before [`Kernel::settle`].
    pub fn arc(&mut self, arc: Arc) {
        let Arc { from, to, least } = arc;
        self.forward.push(from, Link { other: to, least });
        self.backward.push(to, Link { other: from, least });
    }

    /// A pair that is to be ordered.
    pub fn pair(&mut self, pair: Pair) {
        let id = self.pairs.len();
        let mut tasks = [pair.first.from, pair.first.to, pair.second.from, pair.second.to];
        tasks.sort_unstable();
        let mut last = None;
        for task in tasks {
            if last != Some(task) {
                self.pairs_of.push(task, id);
            }
            last = Some(task);
        }
        self.pairs.push(pair);
        self.order.push(Order::Open);
    }

    /// How far back a later [`Kernel::back_to`] can go.
    pub fn mark(&self) -> usize {
        self.trail.len()
    }

    /// Takes back everything since a mark.
    pub fn back_to(&mut self, mark: usize) {
        while self.trail.len() > mark {
            match self.trail.pop() {
                Some(Undo::Earliest(task, was)) => self.earliest.set(task, was),
                Some(Undo::Latest(task, was)) => self.latest.set(task, was),
                Some(Undo::Arc(from, to)) => {
                    self.forward.pop(from);
                    self.backward.pop(to);
                }
                Some(Undo::Pair(pair)) => self.order.set(pair, Order::Open),
                None => {}
            }
        }
        self.clear();
    }

    fn clear(&mut self) {
        while let Some(task) = self.touched.pop_front() {
            self.is_touched.set(task, false);
        }
        while let Some(task) = self.queue.pop_front() {
            self.is_queued.set(task, false);
        }
    }

    /// Consistent times from the problem's own arcs.
    pub fn first(&mut self) -> Outcome {
        let tasks = self.earliest.len();
        for latest in [false, true] {
            for task in 0..tasks {
                self.enqueue(task);
            }
            // A circle that cannot be would lift its tasks for ever; no path has more arcs than there are tasks.
            let rounds = u64::try_from(tasks.min(4096)).unwrap_or(4096).saturating_add(64);
            let left = u64::try_from(tasks)
                .unwrap_or(u64::MAX)
                .saturating_mul(rounds)
                .saturating_add(self.work);
            while let Some(task) = self.queue.pop_front() {
                self.is_queued.set(task, false);
                if self.work > left {
                    self.clear();
                    return Err(Contradiction);
                }
                let step = if latest {
                    self.lower_from(task, None)
                } else {
                    self.lift_from(task, None)
                };
                if step.is_err() {
                    self.clear();
                    return step;
                }
            }
        }
        self.settle()
    }

    fn enqueue(&mut self, task: usize) {
        if !self.is_queued.at(task) {
            self.is_queued.set(task, true);
            self.queue.push_back(task);
        }
    }

    fn touch(&mut self, task: usize) {
        if !self.is_touched.at(task) {
            self.is_touched.set(task, true);
            self.touched.push_back(task);
        }
    }

    fn lift(&mut self, task: usize, to: Time) -> Outcome {
        let was = self.earliest.at(task);
        if to > was {
            if to > self.latest.at(task) {
                return Err(Contradiction);
            }
            self.trail.push(Undo::Earliest(task, was));
            self.earliest.set(task, to);
            self.touch(task);
            self.enqueue(task);
        }
        Ok(())
    }

    fn lower(&mut self, task: usize, to: Time) -> Outcome {
        let was = self.latest.at(task);
        if to < was {
            if to < self.earliest.at(task) {
                return Err(Contradiction);
            }
            self.trail.push(Undo::Latest(task, was));
            self.latest.set(task, to);
            self.touch(task);
            self.enqueue(task);
        }
        Ok(())
    }

    fn lift_from(&mut self, task: usize, source: Option<usize>) -> Outcome {
        let from = self.earliest.at(task);
        let mut place = 0;
        while let Some(link) = self.forward.entry(task, place) {
            place += 1;
            self.work += 1;
            let to = from.saturating_add(link.least);
            if to > self.earliest.at(link.other) {
                if source == Some(link.other) {
                    return Err(Contradiction);
                }
                self.lift(link.other, to)?;
            }
        }
        Ok(())
    }

    fn lower_from(&mut self, task: usize, target: Option<usize>) -> Outcome {
        let from = self.latest.at(task);
        let mut place = 0;
        while let Some(link) = self.backward.entry(task, place) {
            place += 1;
            self.work += 1;
            let to = from.saturating_sub(link.least);
            if to < self.latest.at(link.other) {
                if target == Some(link.other) {
                    return Err(Contradiction);
                }
                self.lower(link.other, to)?;
            }
        }
        Ok(())
    }

    /// Adds an arc, with all that follows for the times.
    pub fn decide(&mut self, arc: Arc) -> Outcome {
        let Arc { from, to, least } = arc;
        self.trail.push(Undo::Arc(from, to));
        self.forward.push(from, Link { other: to, least });
        self.backward.push(to, Link { other: from, least });
        let lifted = self.earliest.at(from).saturating_add(least);
        if lifted > self.earliest.at(to) {
            self.lift(to, lifted)?;
            while let Some(task) = self.queue.pop_front() {
                self.is_queued.set(task, false);
                self.lift_from(task, Some(from))?;
            }
        }
        let lowered = self.latest.at(to).saturating_sub(least);
        if lowered < self.latest.at(from) {
            self.lower(from, lowered)?;
            while let Some(task) = self.queue.pop_front() {
                self.is_queued.set(task, false);
                self.lower_from(task, Some(to))?;
            }
        }
        Ok(())
    }

    /// A task starts no earlier, with all that follows for the times.
    pub fn not_before(&mut self, task: usize, time: Time) -> Outcome {
        self.lift(task, time)?;
        while let Some(task) = self.queue.pop_front() {
            self.is_queued.set(task, false);
            self.lift_from(task, None)?;
        }
        Ok(())
    }

    /// A task starts no later, with all that follows for the times.
    pub fn not_after(&mut self, task: usize, time: Time) -> Outcome {
        self.lower(task, time)?;
        while let Some(task) = self.queue.pop_front() {
            self.is_queued.set(task, false);
            self.lower_from(task, None)?;
        }
        Ok(())
    }

    /// Orders every pair that can only be ordered one way, until nothing changes.
    pub fn settle(&mut self) -> Outcome {
        while let Some(task) = self.touched.pop_front() {
            self.is_touched.set(task, false);
            let mut place = 0;
            while let Some(id) = self.pairs_of.entry(task, place) {
                place += 1;
                self.look(id)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn look(&mut self, id: usize) -> Outcome {
        self.work += 1;
        if self.order.at(id) != Order::Open {
            return Ok(());
        }
        let pair = self.pairs.at(id);
        match (self.allows(&pair.first), self.allows(&pair.second)) {
            (true, true) => {
                if self.keeps(&pair.first) {
                    self.mark_order(id, Order::First);
                } else if self.keeps(&pair.second) {
                    self.mark_order(id, Order::Second);
                }
                Ok(())
            }
            (true, false) => self.put_in_order(id, Order::First),
            (false, true) => self.put_in_order(id, Order::Second),
            (false, false) => Err(Contradiction),
        }
    }

    /// Whether an arc can be kept at all.
    fn allows(&self, arc: &Arc) -> bool {
        self.earliest.at(arc.from).saturating_add(arc.least) <= self.latest.at(arc.to)
    }

    /// Whether an arc is kept in any case.
    fn keeps(&self, arc: &Arc) -> bool {
        self.latest.at(arc.from).saturating_add(arc.least) <= self.earliest.at(arc.to)
    }

    fn mark_order(&mut self, id: usize, order: Order) {
        self.trail.push(Undo::Pair(id));
        self.order.set(id, order);
    }

    /// Orders a pair, with all that follows for the times.
    pub fn put_in_order(&mut self, id: usize, order: Order) -> Outcome {
        self.mark_order(id, order);
        let pair = self.pairs.at(id);
        match order {
            Order::First => self.decide(pair.first),
            Order::Second => self.decide(pair.second),
            Order::Open => Ok(()),
        }
    }
}
