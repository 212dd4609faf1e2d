//! Chance from a seed alone.

/// A stream of numbers (splitmix64).
pub struct Draw(u64);

impl Draw {
    /// The stream of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5851_f42d_4c95_7f2d)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 for 0.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(u64::MAX);
        let found = self.next().checked_rem(n).unwrap_or(0);
        usize::try_from(found).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high.saturating_sub(low).saturating_add(1)).unwrap_or(0);
        low.saturating_add(i64::try_from(self.below(span)).unwrap_or(0))
    }

    /// True in so many cases of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub fn of<T: Copy + Default>(&mut self, these: &[T]) -> T {
        let at = self.below(these.len());
        these.get(at).copied().unwrap_or_default()
    }

    /// These in another order.
    pub fn shuffled<T: Copy>(&mut self, these: &[T]) -> Vec<T> {
        let mut rest = these.to_vec();
        let mut out = Vec::new();
        while !rest.is_empty() {
            let at = self.below(rest.len());
            out.push(rest.remove(at));
        }
        out
    }
}
