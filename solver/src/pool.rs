//! Resources of which there are several: what must lie where, and which tasks are too many at once.

use crate::kernel::{Arc, Contradiction, Kernel, Outcome};
use crate::problem::Time;

/// So much of a resource from so long after the start of one task to so long after that of another, or of the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    pub begins: usize,
    pub from: Time,
    pub ends: usize,
    pub to: Time,
    pub amount: u32,
}

impl Share {
    /// This is over before the other begins.
    pub const fn before(&self, other: &Self) -> Arc {
        Arc {
            from: self.ends,
            to: other.begins,
            least: self.to.saturating_sub(other.from),
        }
    }

    /// The two overlap, or the other comes first: the contrary of [`Share::before`].
    pub const fn not_before(&self, other: &Self) -> Arc {
        Arc {
            from: other.begins,
            to: self.ends,
            least: other.from.saturating_sub(self.to).saturating_add(1),
        }
    }
}

/// A resource of which there are several, and all that is used of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool {
    pub capacity: u32,
    pub shares: Vec<Share>,
}

/// A stretch of time with the same load.
#[derive(Clone, Copy)]
struct Stretch {
    from: Time,
    to: Time,
    load: u32,
}

impl Pool {
    /// Pushes tasks away from where others must lie in any case (time-table reasoning).
    pub fn propagate(&self, kernel: &mut Kernel) -> Outcome {
        let profile = self.compulsory(kernel);
        if profile.iter().any(|s| s.load > self.capacity) {
            return Err(Contradiction);
        }
        if profile.is_empty() {
            return Ok(());
        }
        for share in &self.shares {
            kernel.work = kernel.work.saturating_add(1);
            // The part of the profile that is this share's own does not count against it.
            let own = (
                kernel.latest.at(share.begins).saturating_add(share.from),
                kernel.earliest.at(share.ends).saturating_add(share.to),
            );
            let excess = |s: &Stretch| {
                let mine = if own.0 <= s.from && s.to <= own.1 {
                    share.amount
                } else {
                    0
                };
                s.load.saturating_sub(mine).saturating_add(share.amount) > self.capacity
            };
            let least = kernel.earliest.at(share.begins);
            let mut start = least;
            let first = profile.partition_point(|s| s.to <= start.saturating_add(share.from));
            for s in profile.iter().skip(first) {
                let moved = own.1.saturating_add(self.moved(share, start, least));
                if s.from >= moved {
                    break;
                }
                if s.to > start.saturating_add(share.from) && excess(s) {
                    start = s.to.saturating_sub(share.from);
                }
            }
            if start > least {
                kernel.not_before(share.begins, start)?;
            }
            let most = kernel.latest.at(share.ends);
            let mut end = most;
            let last = profile.partition_point(|s| s.from < end.saturating_add(share.to));
            for s in profile.iter().take(last).rev() {
                let moved = own.0.saturating_sub(self.moved(share, most, end));
                if s.to <= moved {
                    break;
                }
                if s.from < end.saturating_add(share.to) && excess(s) {
                    end = s.from.saturating_sub(share.to);
                }
            }
            if end < most {
                kernel.not_after(share.ends, end)?;
            }
        }
        Ok(())
    }

    /// How far the other end of a share moves with the one that is pushed: all the way, within one task.
    const fn moved(&self, share: &Share, to: Time, from: Time) -> Time {
        if share.begins == share.ends {
            to.saturating_sub(from)
        } else {
            0
        }
    }

    fn compulsory(&self, kernel: &Kernel) -> Vec<Stretch> {
        let mut events = Vec::new();
        for share in &self.shares {
            let from = kernel.latest.at(share.begins).saturating_add(share.from);
            let to = kernel.earliest.at(share.ends).saturating_add(share.to);
            if from < to {
                events.push((from, i64::from(share.amount)));
                events.push((to, -i64::from(share.amount)));
            }
        }
        events.sort_unstable();
        let mut profile = Vec::new();
        let (mut load, mut since) = (0_i64, 0);
        for (at, change) in events {
            if at > since && load > 0 {
                profile.push(Stretch {
                    from: since,
                    to: at,
                    load: u32::try_from(load).unwrap_or(0),
                });
            }
            since = at;
            load += change;
        }
        profile
    }

    /// The first tasks that are too many at once if each starts as early as it can.
    pub fn crowd(&self, kernel: &mut Kernel) -> Option<Vec<Share>> {
        let times = |s: &Share| {
            (
                kernel.earliest.at(s.begins).saturating_add(s.from),
                kernel.earliest.at(s.ends).saturating_add(s.to),
            )
        };
        let mut sorted: Vec<((Time, Time), Share)> = self.shares.iter().map(|s| (times(s), *s)).collect();
        sorted.retain(|((begin, end), _)| begin < end);
        kernel.work = kernel
            .work
            .saturating_add(u64::try_from(sorted.len()).unwrap_or(0));
        sorted.sort_by_key(|(t, s)| (t.0, s.begins));
        let mut running: Vec<(Time, Share)> = Vec::new();
        for ((begin, end), share) in sorted {
            running.retain(|(ends, _)| *ends > begin);
            running.push((end, share));
            let load: u64 = running.iter().map(|(_, s)| u64::from(s.amount)).sum();
            if load > u64::from(self.capacity) {
                return Some(running.into_iter().map(|(_, s)| s).collect());
            }
        }
        None
    }
}
