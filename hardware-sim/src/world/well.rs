//! One well: volumes, liquids and cells, and how they change with time.

use super::{
    biology::{Cells, Conditions, Growth},
    contact::{Tag, tags},
};
use crate::num;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Cells settle with this time constant, down to the floor.
const SETTLING_US: f64 = 600e6;
/// Fraction of cells that stays in suspension however long a well stands.
const SUSPENDED_FLOOR: f64 = 0.3;
/// Strokes within this time count together as mixing.
const MIXING_US: u64 = 60_000_000;

/// A liquid, and the strain that it carried when it was loaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    pub(crate) liquid: String,
    pub(crate) strain: Option<String>,
}

/// Where a portion of liquid was drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) item: String,
    pub(crate) well: usize,
}

/// Liquid on its way between wells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Portion {
    pub(crate) volume_nl: f64,
    pub(crate) parts: BTreeMap<Part, f64>,
    pub(crate) cells: BTreeMap<String, Cells>,
    pub(crate) origin: Option<Origin>,
}

impl Portion {
    /// What it consists of.
    pub(crate) fn tags(&self) -> BTreeSet<Tag> {
        tags(&self.parts, &self.cells)
    }

    /// Takes `volume_nl` of this portion, evenly mixed.
    pub(crate) fn split(&mut self, volume_nl: f64) -> Portion {
        let fraction = if self.volume_nl > 0.0 {
            (volume_nl / self.volume_nl).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let mut taken = Portion {
            volume_nl: self.volume_nl * fraction,
            origin: self.origin.clone(),
            ..Portion::default()
        };
        if fraction >= 1.0 {
            return std::mem::take(self);
        }
        self.volume_nl -= taken.volume_nl;
        for (part, amount) in &mut self.parts {
            taken.parts.insert(part.clone(), *amount * fraction);
            *amount *= 1.0 - fraction;
        }
        for (strain, cells) in &mut self.cells {
            taken.cells.insert(strain.clone(), cells.share(fraction));
            cells.amount *= 1.0 - fraction;
        }
        taken
    }
}

/// A well's contents.
#[derive(Clone, Debug)]
pub(crate) struct Well {
    /// What is there now.
    pub(crate) volume_nl: f64,
    /// Loaded and dispensed less aspirated: what would be there without evaporation.
    pub(crate) net_nl: f64,
    pub(crate) parts: BTreeMap<Part, f64>,
    pub(crate) cells: BTreeMap<String, Cells>,
    at_us: u64,
    mixed_us: u64,
    strokes: VecDeque<(u64, f64)>,
    /// Whether something of it is elsewhere: it was drawn from, and that was not for mixing.
    pub(crate) source: bool,
    /// Whether an operator filled it.
    pub(crate) loaded: bool,
    /// What tips brought in that did not belong here and was not dispensed.
    pub(crate) foreign: BTreeSet<Tag>,
}

impl Well {
    /// An empty well.
    pub(crate) fn new(now: u64) -> Self {
        Self {
            volume_nl: 0.0,
            net_nl: 0.0,
            parts: BTreeMap::new(),
            cells: BTreeMap::new(),
            at_us: now,
            mixed_us: now,
            strokes: VecDeque::new(),
            source: false,
            loaded: false,
            foreign: BTreeSet::new(),
        }
    }

    /// What a tip that wets here takes on.
    pub(crate) fn tags(&self) -> BTreeSet<Tag> {
        tags(&self.parts, &self.cells)
    }

    /// Lets time pass under conditions that were constant since the last look.
    pub(crate) fn evolve(
        &mut self,
        now: u64,
        conditions: &Conditions,
        growth: &Growth<'_>,
        well_factor: f64,
    ) {
        let passed = num::hours(now.saturating_sub(self.at_us));
        if conditions.shaking {
            self.mixed_us = now;
        }
        self.at_us = now;
        if passed <= 0.0 {
            return;
        }
        self.volume_nl = (self.volume_nl - conditions.loss_nl_per_h * passed).max(0.0);
        growth.grow(
            &mut self.cells,
            self.net_nl,
            conditions.temperature,
            passed,
            well_factor,
        );
    }

    /// Fraction of the cells that is in suspension.
    pub(crate) fn suspended(&self, now: u64) -> f64 {
        let age = now.saturating_sub(self.mixed_us) as f64;
        SUSPENDED_FLOOR + (1.0 - SUSPENDED_FLOOR) * (-age / SETTLING_US).exp()
    }

    /// A stroke in the well stirs it: half its volume within a minute resuspends the cells.
    fn stir(&mut self, now: u64, volume_nl: f64) {
        self.strokes.push_back((now, volume_nl));
        while self
            .strokes
            .front()
            .is_some_and(|(at, _)| now.saturating_sub(*at) > MIXING_US)
        {
            self.strokes.pop_front();
        }
        let stirred: f64 = self.strokes.iter().map(|(_, volume)| volume).sum();
        if stirred >= 0.5 * self.volume_nl {
            self.mixed_us = now;
        }
    }

    /// Draws up to `volume_nl` into a tip.
    pub(crate) fn draw(&mut self, now: u64, volume_nl: f64, origin: Origin) -> Portion {
        let volume = volume_nl.min(self.volume_nl).max(0.0);
        let mut portion = Portion {
            volume_nl: volume,
            origin: Some(origin),
            ..Portion::default()
        };
        if volume <= 0.0 {
            return portion;
        }
        let suspended = self.suspended(now);
        let of_cells = (volume / self.volume_nl * suspended).min(1.0);
        let total: f64 = self.parts.values().sum();
        for (part, amount) in &mut self.parts {
            let share = if total > 0.0 {
                volume * *amount / total
            } else {
                0.0
            };
            portion.parts.insert(part.clone(), share);
            *amount -= share;
        }
        for (strain, cells) in &mut self.cells {
            portion.cells.insert(strain.clone(), cells.share(of_cells));
            cells.amount *= 1.0 - of_cells;
        }
        self.stir(now, volume);
        self.volume_nl -= volume;
        self.net_nl -= volume;
        portion
    }

    /// Takes in what a tip expels; `here` is this well, so that mixing wakes no resting cells.
    pub(crate) fn add(&mut self, now: u64, portion: Portion, here: &Origin, growth: &Growth<'_>) {
        let returned = portion.origin.as_ref() == Some(here);
        self.volume_nl += portion.volume_nl;
        self.net_nl += portion.volume_nl;
        for (part, amount) in portion.parts {
            *self.parts.entry(part).or_insert(0.0) += amount;
        }
        for (strain, mut cells) in portion.cells {
            if !returned {
                growth.transferred(&mut cells);
            }
            match self.cells.get_mut(&strain) {
                Some(there) => there.join(&cells),
                None => {
                    self.cells.insert(strain, cells);
                }
            }
        }
        self.stir(now, portion.volume_nl);
    }

    /// Optical density at 1 cm of the evenly suspended well.
    pub(crate) fn density(&self) -> f64 {
        if self.volume_nl <= 0.0 {
            return 0.0;
        }
        self.cells.values().map(|cells| cells.amount).sum::<f64>() / self.volume_nl
    }

    /// Absorbance over 1 cm of the evenly mixed well, of liquids that absorb so much undiluted.
    pub(crate) fn dyed(&self, absorbs: impl Fn(&str) -> f64) -> f64 {
        if self.volume_nl <= 0.0 {
            return 0.0;
        }
        let parts = self.parts.iter();
        parts
            .map(|(part, amount)| absorbs(&part.liquid) * amount)
            .sum::<f64>()
            / self.volume_nl
    }

    /// Names of the strains that live here.
    pub(crate) fn strains(&self) -> impl Iterator<Item = &String> {
        self.cells
            .iter()
            .filter(|(_, cells)| cells.amount > 0.0)
            .map(|(name, _)| name)
    }
}
