//! What the tips at work hold and have touched.

use super::mixture::Mixture;
use crate::units::{Length, Volume};

/// A set of tips.
#[derive(Debug, Clone, Default)]
pub struct Tips {
    /// Whether tips are on.
    pub on: bool,
    /// Liquid in each.
    pub liquid: Volume,
    /// Air in each.
    pub air: Volume,
    /// Variance of what is in each, in square nanolitres.
    pub variance: f64,
    /// Each channel that has touched something; all beyond are clean and empty.
    pub channels: Vec<Channel>,
    /// Of a probe: filled with system liquid up to its end.
    pub primed: bool,
    /// Of a probe: not washed enough since it was used.
    pub dirty: bool,
    /// How far up from the end it is wet.
    pub wet: Length,
}

/// One tip.
#[derive(Debug, Clone, Copy, Default)]
pub struct Channel {
    /// What it holds.
    pub load: Mixture,
    /// Everything it has touched.
    pub touched: Mixture,
    /// Sample in it, by number.
    pub sample: Option<u32>,
}

impl Tips {
    /// One of the channels, from 0.
    pub fn channel(&mut self, channel: usize) -> Option<&mut Channel> {
        if self.channels.len() <= channel {
            self.channels
                .resize(channel.saturating_add(1), Channel::default());
        }
        self.channels.get_mut(channel)
    }

    /// Fresh ones.
    pub fn fresh() -> Self {
        Self {
            on: true,
            ..Self::default()
        }
    }
}
