//! What a thermocycler takes a plate through.

use crate::units::{Duration, Temperature};
use serde::{Deserialize, Serialize};

/// Temperatures one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThermalProgram {
    /// Of the heated lid, where it is heated.
    pub lid: Option<Temperature>,
    /// Stretches, one after the other.
    pub stages: Vec<ThermalStage>,
    /// What is held afterwards, until the plate is taken away.
    pub hold: Option<Temperature>,
}

impl ThermalProgram {
    /// Time at the temperatures, without the ramps between them.
    pub fn duration(&self) -> Duration {
        self.stages.iter().fold(Duration::ZERO, |sum, stage| {
            let once = stage
                .steps
                .iter()
                .fold(Duration::ZERO, |sum, s| sum.plus(s.duration));
            sum.plus(once.times(u64::from(stage.cycles)))
        })
    }
    /// How many temperatures it goes to.
    pub fn ramps(&self) -> u64 {
        let of = |s: &ThermalStage| u64::try_from(s.steps.len()).unwrap_or(u64::MAX);
        self.stages.iter().fold(0, |sum, s| {
            of(s).saturating_mul(u64::from(s.cycles)).saturating_add(sum)
        })
    }
}

/// A stretch of a thermal program that is repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThermalStage {
    /// How often, from 1.
    pub cycles: u16,
    /// Temperatures.
    pub steps: Vec<ThermalStep>,
}

/// One temperature for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThermalStep {
    /// Of the block.
    pub temperature: Temperature,
    /// From when it is reached.
    pub duration: Duration,
}
