//! How long mechanical actions take: the rig file's durations with seeded noise.

use crate::{num, quantity::Seconds, rng::Stream};
use std::collections::BTreeMap;

/// Durations of one instrument.
#[derive(Clone, Debug)]
pub(crate) struct Durations {
    table: BTreeMap<String, Seconds>,
    noise: f64,
    stream: Stream,
}

impl Durations {
    /// Durations by action, each with a coefficient of variation.
    pub(crate) fn new(table: BTreeMap<String, Seconds>, noise: f64, stream: Stream) -> Self {
        Self { table, noise, stream }
    }

    /// Microseconds that an action takes this time; `usual` where the rig file is silent.
    pub(crate) fn draw(&mut self, action: &str, usual: Seconds) -> u64 {
        let mean = self.table.get(action).copied().unwrap_or(usual);
        let factor = (1.0 + self.noise * self.stream.normal()).max(0.1);
        num::micros(mean.0 * factor).max(1)
    }
}
