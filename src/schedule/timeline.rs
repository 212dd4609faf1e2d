//! When each resource is taken.

/// A claim as numbers: resource, from and to (microseconds after the operation's start).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub resource: usize,
    pub from: u64,
    pub to: u64,
}

/// Sorted intervals per resource, with gaps between them.
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
                if begin >= end {
                    continue;
                }
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

    /// Takes the claims of an operation that starts at `start`; intervals that touch are joined, so that a resource
    /// that is taken without a gap is looked at once.
    pub fn take(&mut self, claims: &[Span], start: u64) {
        for claim in claims {
            let (mut begin, mut end) = (start.saturating_add(claim.from), start.saturating_add(claim.to));
            if begin >= end {
                continue;
            }
            let Some(busy) = self.busy.get_mut(claim.resource) else {
                continue;
            };
            let first = busy.partition_point(|i| i.1 < begin);
            let behind = busy.partition_point(|i| i.0 <= end);
            if let Some(joined) = busy.get(first..behind).filter(|j| !j.is_empty()) {
                begin = joined.iter().fold(begin, |b, i| b.min(i.0));
                end = joined.iter().fold(end, |e, i| e.max(i.1));
            }
            busy.splice(first..behind.max(first), [(begin, end)]);
        }
    }

    /// Gives them back.
    pub fn give_back(&mut self, claims: &[Span], start: u64) {
        for claim in claims {
            let (begin, end) = (start.saturating_add(claim.from), start.saturating_add(claim.to));
            if begin >= end {
                continue;
            }
            let Some(busy) = self.busy.get_mut(claim.resource) else {
                continue;
            };
            let at = busy.partition_point(|i| i.1 <= begin);
            let Some(whole) = busy.get(at).copied().filter(|w| w.0 <= begin && end <= w.1) else {
                continue;
            };
            let rest = [(whole.0, begin), (end, whole.1)]
                .into_iter()
                .filter(|i| i.0 < i.1);
            busy.splice(at..=at, rest);
        }
    }
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
