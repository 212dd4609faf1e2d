//! Numbers that look random and are the same for the same seed (SplitMix64; Steele, Lea and Flood, 2014).

/// A stream of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let wide = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next().checked_rem(wide).unwrap_or(0)).unwrap_or(0)
    }

    /// Whether something of a chance of `part` in `of` comes to pass.
    pub fn chance(&mut self, part: u64, of: u64) -> bool {
        self.next().checked_rem(of).unwrap_or(0) < part
    }
}
