//! A thing that stands in a nest: plate, reservoir, tip rack or waste bin, with what it holds.

use super::well::Well;
use crate::{rng::Stream, text::Labware};

/// One piece of labware in the world.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    /// File stem of its definition.
    pub(crate) labware: String,
    /// Where it is: a nest, a slot of an incubator, or an arm.
    pub(crate) place: String,
    pub(crate) barcode: Option<String>,
    /// The lid that lies on it: named after the plate it came with.
    pub(crate) lid: Option<String>,
    pub(crate) wells: Vec<Well>,
    /// Growth rate of each well relative to its strain's.
    pub(crate) factors: Vec<f64>,
    /// Which positions of a rack hold a tip.
    pub(crate) tips: Vec<bool>,
    pub(crate) shaken_us: u64,
    /// When its conditions were last looked at.
    pub(crate) at_us: u64,
}

impl Item {
    /// A new, empty thing; a rack comes full. `noise` is its seeded well-to-well variation.
    pub(crate) fn new(
        name: &str,
        stem: &str,
        labware: &Labware,
        place: &str,
        now: u64,
        mut noise: Stream,
        well_cv: f64,
    ) -> Self {
        let count = labware.wells();
        let rack = labware.kind == crate::text::LabwareKind::TipRack;
        let liquid = labware.kind.wet();
        Self {
            name: name.to_owned(),
            labware: stem.to_owned(),
            place: place.to_owned(),
            barcode: None,
            lid: None,
            wells: if liquid {
                vec![Well::new(now); count]
            } else {
                Vec::new()
            },
            factors: (0..count)
                .map(|_| (1.0 + well_cv * noise.normal()).max(0.0))
                .collect(),
            tips: if rack { vec![true; count] } else { Vec::new() },
            shaken_us: 0,
            at_us: now,
        }
    }
}
