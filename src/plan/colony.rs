//! Colonies: which one a well was inoculated with, and what is done again where the first did not grow.

use super::{Action, PickRow, PlateId, StepId};
use crate::labware::Well;
use crate::units::Length;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A colony on agar, as a list has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Colony {
    /// The plate of agar.
    pub plate: PlateId,
    /// Its number among the colonies of that plate in the list, from 1.
    pub number: u32,
    /// From the left edge of the plate's footprint.
    pub x: Length,
    /// From its front edge.
    pub y: Length,
}

impl fmt::Display for Colony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "colony {} of {}", self.number, self.plate)
    }
}

/// Which colony a well was inoculated with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picked {
    /// The last one, which lives there.
    pub colony: Colony,
    /// Those before it, which did not grow, in the order in which they were picked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Colony>,
}

impl Picked {
    /// What the first pick puts there.
    pub const fn first(colony: Colony) -> Self {
        Self {
            colony,
            failed: Vec::new(),
        }
    }
    /// Another colony goes into the well, as the one before did not grow.
    pub fn again(&mut self, colony: Colony) {
        if self.colony != colony {
            let failed = std::mem::replace(&mut self.colony, colony);
            self.failed.push(failed);
        }
    }
    /// What a value of the well is marked with; none of a well that was picked once.
    pub fn mark(&self) -> Option<String> {
        let failed: Vec<String> = self.failed.iter().map(ToString::to_string).collect();
        (!failed.is_empty()).then(|| {
            let which = failed.join(", ");
            format!("picked again: {}, as {which} did not grow", self.colony)
        })
    }
}

/// Failed picks of one plate of agar into one plate, picked again: what may be done. Which of it is known once the wells that
/// did not grow are, and takes its place then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PickAgain {
    /// The selection that finds the failed picks.
    pub select: StepId,
    /// The plate of agar.
    pub from: PlateId,
    /// The plate with the wells.
    pub to: PlateId,
    /// What takes up a fresh tip, for as many picks as there can be; nothing of pins.
    pub tips: Vec<Action>,
    /// What takes a spare colony up, after its number.
    pub takes: Vec<(u32, Vec<Action>)>,
    /// What gives it off, by well.
    pub gives: BTreeMap<Well, Vec<Action>>,
    /// What ends a pick: the tip is dropped, the pin sterilised.
    pub ends: Vec<Action>,
}

impl PickAgain {
    /// The picks that are made, in their order.
    pub fn actions(&self, rows: &[PickRow]) -> Vec<Action> {
        let mut out = Vec::new();
        let mut tips = self.tips.iter();
        for (well, colony) in self.picks(rows) {
            let takes = self.takes.iter().find(|(number, _)| *number == colony.number);
            let (Some((_, takes)), Some(gives)) = (takes, self.gives.get(&well)) else {
                continue;
            };
            out.extend(tips.next().cloned());
            out.extend(takes.iter().chain(gives).chain(&self.ends).cloned());
        }
        out
    }

    fn picks<'r>(&self, rows: &'r [PickRow]) -> impl Iterator<Item = (Well, &'r Colony)> {
        rows.iter().filter_map(|row| {
            let colony = row.again.as_ref()?;
            (row.plate == self.to && colony.plate == self.from).then_some((row.well, colony))
        })
    }
}
