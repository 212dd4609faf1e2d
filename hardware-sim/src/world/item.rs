//! A thing that stands in a nest: plate, reservoir, tip rack or waste bin, with what it holds.

use super::{agar::Spot, machines::Film, well::Well};
use crate::{quantity::Mm, rng::Stream, text::Labware};
use std::sync::Arc;

/// One piece of labware in the world.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    /// File stem of its definition.
    pub(crate) labware: String,
    /// The definition itself.
    pub(crate) definition: Arc<Labware>,
    /// Where it is: a nest, a slot of an incubator, or an arm.
    pub(crate) place: String,
    /// Where that is on the deck, if it is there.
    pub(crate) position: Option<[Mm; 3]>,
    pub(crate) barcode: Option<String>,
    /// The lid that lies on it: named after the plate it came with.
    pub(crate) lid: Option<String>,
    /// The film over its wells.
    pub(crate) seal: Option<Film>,
    pub(crate) wells: Vec<Well>,
    /// What lies on agar.
    pub(crate) spots: Vec<Spot>,
    /// Growth rate of each well relative to its strain's.
    pub(crate) factors: Vec<f64>,
    /// Which positions of a rack hold a tip.
    pub(crate) tips: Vec<bool>,
    pub(crate) shaken_us: u64,
    /// When its conditions were last looked at.
    pub(crate) at_us: u64,
}

impl Item {
    /// A new, empty thing that stands nowhere yet; a rack comes full. `noise` is its seeded well-to-well variation.
    pub(crate) fn new(
        name: &str,
        stem: &str,
        labware: &Labware,
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
            definition: Arc::new(labware.clone()),
            place: String::new(),
            position: None,
            barcode: None,
            lid: None,
            seal: None,
            wells: if liquid {
                vec![Well::new(now); count]
            } else {
                Vec::new()
            },
            spots: Vec::new(),
            factors: (0..count)
                .map(|_| (1.0 + well_cv * noise.normal()).max(0.0))
                .collect(),
            tips: if rack { vec![true; count] } else { Vec::new() },
            shaken_us: 0,
            at_us: now,
        }
    }

    /// Puts it into a place; `position` is where that is on the deck.
    pub(crate) fn put(&mut self, place: &str, position: Option<[Mm; 3]>) {
        place.clone_into(&mut self.place);
        self.position = position;
    }
}
