//! Growth: logistic, by strain and temperature, after a lag that is consumed only while warm; and the
//! planted truth, which strains grow faster than the parent.

use crate::{quantity::Celsius, rng::Stream, text::Biology};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Growth at the optimum falls towards this temperature; nothing comes near it, see [`STILL`].
const COLDEST: f64 = 4.0;
/// Below this nothing grows.
const STILL: f64 = 8.0;
/// Above this cells die, at once; dead ones scatter no light and contaminate nothing.
const LETHAL: f64 = 60.0;
/// From the optimum to no growth at all, upwards.
const HEAT_SPAN: f64 = 10.0;
/// Above this part of the capacity a culture comes to rest and pays its lag anew when transferred.
const STATIONARY: f64 = 0.9;

/// Cells of one strain in a well or portion.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    /// Optical density at 1 cm times nanolitres.
    pub(crate) amount: f64,
    /// Lag still to be consumed, in hours at the optimum.
    pub(crate) lag_h: f64,
    /// Resting: stationary, does not grow until transferred.
    pub(crate) resting: bool,
}

impl Cells {
    /// A share of these cells, in the same state.
    pub(crate) fn share(&self, fraction: f64) -> Self {
        Self {
            amount: self.amount * fraction,
            ..self.clone()
        }
    }

    /// Mixes cells of the same strain in.
    pub(crate) fn join(&mut self, other: &Self) {
        let total = self.amount + other.amount;
        if total > 0.0 {
            self.lag_h = (self.lag_h * self.amount + other.lag_h * other.amount) / total;
        }
        self.amount = total;
        self.resting = self.resting && other.resting;
    }
}

/// What surrounds a well.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conditions {
    pub(crate) temperature: Celsius,
    /// Loss of volume per well.
    pub(crate) loss_nl_per_h: f64,
    pub(crate) shaking: bool,
}

/// Which strains were planted, strong first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Planted {
    /// Names of the strong strains, sorted.
    pub strong: Vec<String>,
    /// Names of the weak strains, sorted.
    pub weak: Vec<String>,
}

impl Planted {
    /// Picks strong and weak strains among the names by the seed.
    pub(crate) fn pick(names: &BTreeSet<String>, biology: &Biology, seed: u64) -> Self {
        let mut candidates: Vec<String> = names
            .iter()
            .filter(|name| **name != biology.parent && **name != biology.slow)
            .cloned()
            .collect();
        Stream::new(seed, "planted").shuffle(&mut candidates);
        let mut rest = candidates.into_iter();
        let mut strong: Vec<String> = rest.by_ref().take(biology.strong.count).collect();
        let mut weak: Vec<String> = rest.take(biology.weak.count).collect();
        strong.sort();
        weak.sort();
        Self { strong, weak }
    }
}

/// The law of growth with the planted truth.
pub(crate) struct Growth<'a> {
    pub(crate) biology: &'a Biology,
    pub(crate) planted: &'a Planted,
}

impl Growth<'_> {
    /// Rate of a strain relative to the parent.
    pub(crate) fn factor(&self, strain: &str) -> f64 {
        let named = |names: &[String]| names.iter().any(|name| name == strain);
        if strain == self.biology.slow {
            self.biology.slow_factor
        } else if named(&self.planted.strong) {
            self.biology.strong.factor
        } else if named(&self.planted.weak) {
            self.biology.weak.factor
        } else {
            1.0
        }
    }

    /// Growth at a temperature relative to the optimum: quadratic from 4 °C but none below 8 °C, falling off above the
    /// optimum.
    pub(crate) fn response(&self, temperature: Celsius) -> f64 {
        let optimum = self.biology.optimum.0;
        if temperature.0 < STILL {
            0.0
        } else if temperature.0 <= optimum {
            ((temperature.0 - COLDEST) / (optimum - COLDEST)).powi(2)
        } else {
            (1.0 - (temperature.0 - optimum) / HEAT_SPAN).max(0.0)
        }
    }

    /// Cells came into another well: resting and stationary ones begin their lag.
    pub(crate) fn transferred(&self, cells: &mut Cells) {
        if cells.resting {
            cells.resting = false;
            cells.lag_h = self.biology.lag.0 / 3600.0;
        }
    }

    /// Lets the cells of a well grow for `hours`; capacity goes by the medium there was, not by what evaporated.
    pub(crate) fn grow(
        &self,
        cells: &mut BTreeMap<String, Cells>,
        net_nl: f64,
        temperature: Celsius,
        hours: f64,
        well_factor: f64,
    ) {
        if temperature.0 > LETHAL && hours > 0.0 {
            for cells in cells.values_mut() {
                cells.amount = 0.0;
            }
            return;
        }
        let warm = hours * self.response(temperature);
        let capacity = self.biology.capacity_od * net_nl;
        if warm <= 0.0 || capacity <= 0.0 {
            return;
        }
        let mut gains = Vec::new();
        let mut load = 0.0;
        for (strain, cells) in cells.iter_mut() {
            let growing = if cells.resting {
                0.0
            } else {
                (warm - cells.lag_h).max(0.0)
            };
            if !cells.resting {
                cells.lag_h = (cells.lag_h - warm).max(0.0);
            }
            let gain = (self.biology.growth_rate.0 * self.factor(strain) * well_factor * growing).exp();
            load += cells.amount * (gain - 1.0) / capacity;
            gains.push(gain);
        }
        // The logistic law solved exactly for one strain; several share the capacity.
        for (cells, gain) in cells.values_mut().zip(gains) {
            if !cells.resting {
                cells.amount *= gain / (1.0 + load);
            }
        }
        let total: f64 = cells.values().map(|cells| cells.amount).sum();
        if total > STATIONARY * capacity {
            for cells in cells.values_mut() {
                cells.resting = true;
            }
        }
    }
}

/// Evaporation at a temperature relative to 30 °C, as the vapour pressure of water (Magnus).
pub(crate) fn vapour(temperature: Celsius) -> f64 {
    let pressure = |t: f64| (17.62 * t / (243.12 + t)).exp();
    pressure(temperature.0) / pressure(30.0)
}
