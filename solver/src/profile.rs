//! What of a resource is taken when: for placing tasks one after the other.

use crate::problem::Time;

/// Load of one resource over time: from each time on, until the next.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    capacity: u32,
    steps: Vec<(Time, u32)>,
}

impl Profile {
    /// A resource that nothing uses.
    pub fn new(capacity: u32) -> Self {
        Self {
            capacity,
            steps: vec![(Time::MIN, 0)],
        }
    }

    /// The earliest time from `from` on at which `amount` is free for `length`.
    pub fn next_fit(&self, from: Time, length: Time, amount: u32, work: &mut u64) -> Time {
        if length <= 0 {
            return from;
        }
        let mut start = from;
        let mut at = self.steps.partition_point(|s| s.0 <= from).saturating_sub(1);
        while let Some((begins, load)) = self.steps.get(at).copied() {
            *work = work.saturating_add(1);
            if begins >= start.saturating_add(length) {
                break;
            }
            if load.saturating_add(amount) > self.capacity {
                match self.steps.get(at.saturating_add(1)) {
                    Some((ends, _)) => start = start.max(*ends),
                    None => return crate::problem::NEVER,
                }
            }
            at = at.saturating_add(1);
        }
        start
    }

    /// Takes it.
    pub fn take(&mut self, from: Time, to: Time, amount: u32) {
        self.change(from, to, |load| load.saturating_add(amount));
    }

    /// Gives it back.
    pub fn give_back(&mut self, from: Time, to: Time, amount: u32) {
        self.change(from, to, |load| load.saturating_sub(amount));
    }

    fn change(&mut self, from: Time, to: Time, with: impl Fn(u32) -> u32) {
        if from >= to {
            return;
        }
        let first = self.split(from);
        let last = self.split(to);
        for step in self.steps.get_mut(first..last).into_iter().flatten() {
            step.1 = with(step.1);
        }
        // Only the two edges can have become no edges.
        for edge in [last, first] {
            let before = edge.checked_sub(1).and_then(|e| self.steps.get(e)).map(|s| s.1);
            if before.is_some() && before == self.steps.get(edge).map(|s| s.1) {
                self.steps.remove(edge);
            }
        }
    }

    /// The place of the step that begins at a time, made where there is none.
    fn split(&mut self, at: Time) -> usize {
        let place = self.steps.partition_point(|s| s.0 < at);
        if self.steps.get(place).is_none_or(|s| s.0 != at) {
            let load = place
                .checked_sub(1)
                .and_then(|p| self.steps.get(p))
                .map_or(0, |s| s.1);
            self.steps.insert(place, (at, load));
        }
        place
    }
}
