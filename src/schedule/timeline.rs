//! When each resource is taken.

/// A claim as numbers: resource, from and to (microseconds after the operation's start).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub resource: usize,
    pub from: u64,
    pub to: u64,
}

/// Sorted, disjoint intervals per resource.
pub(super) struct Timelines {
    busy: Vec<Vec<(u64, u64)>>,
    /// Steps of searching so far.
    pub work: u64,
}

impl Timelines {
    pub fn new(resources: usize) -> Self {
        Self {
            busy: vec![Vec::new(); resources],
            work: 0,
        }
    }

    /// The earliest start, not before `from`, at which all claims find their resources free.
    pub fn next_free(&mut self, claims: &[Span], from: u64) -> u64 {
        let mut start = from;
        loop {
            let before = start;
            for claim in claims {
                self.work = self.work.saturating_add(1);
                let (begin, end) = (start.saturating_add(claim.from), start.saturating_add(claim.to));
                let Some(busy) = self.busy.get(claim.resource) else {
                    continue;
                };
                let first = busy.partition_point(|i| i.1 <= begin);
                if let Some(taken) = busy.get(first).filter(|i| i.0 < end) {
                    start = taken.1.saturating_sub(claim.from);
                }
            }
            if start == before {
                return start;
            }
        }
    }

    /// Takes the claims of an operation that starts at `start`.
    pub fn take(&mut self, claims: &[Span], start: u64) {
        for claim in claims {
            let interval = (start.saturating_add(claim.from), start.saturating_add(claim.to));
            if interval.0 >= interval.1 {
                continue;
            }
            if let Some(busy) = self.busy.get_mut(claim.resource) {
                let at = busy.partition_point(|i| i.0 < interval.0);
                busy.insert(at, interval);
            }
        }
    }

    /// Gives them back.
    pub fn give_back(&mut self, claims: &[Span], start: u64) {
        for claim in claims {
            let begin = start.saturating_add(claim.from);
            if claim.from >= claim.to {
                continue;
            }
            if let Some(busy) = self.busy.get_mut(claim.resource) {
                let at = busy.partition_point(|i| i.0 < begin);
                if busy.get(at).is_some_and(|i| i.0 == begin) {
                    busy.remove(at);
                }
            }
        }
    }
}
