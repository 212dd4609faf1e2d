//! Liquid work as it is done: visits of plates to the deck, sets of tips, movements of a pipette.

use super::vessel::VesselId;
use crate::labware::Well;
use crate::plan::{Height, Offset, Travel};
use crate::units::{Duration, FlowRate, Volume};
use std::collections::BTreeMap;
use std::ops::Range;

/// Liquid work while certain plates stand on the deck.
pub struct Visit {
    /// The plate that is drawn from, if it is a plate.
    pub source: Option<VesselId>,
    /// The plate that is worked on.
    pub target: Option<VesselId>,
    /// Sets of tips, one after the other.
    pub uses: Vec<TipUse>,
    /// As many of these as are used at most, where the run chooses among them.
    pub sets: Option<u64>,
}

/// What is done with one set of tips during a visit.
pub struct TipUse {
    /// Which pipette, by its name in the rig.
    pub pipette: u8,
    /// Whether the tips are fresh; else they are those of the visit before.
    pub fresh: bool,
    /// Whether they are thrown away afterwards; else they stay on for the next visit.
    pub last: bool,
    /// How fast liquid is drawn and expelled.
    pub flow: (FlowRate, FlowRate),
    /// How the tips enter and leave liquid.
    pub travel: Travel,
    /// Of a probe, which is washed instead of thrown away: system liquid through it inside, and in the cleaner.
    pub wash: Option<(Volume, Volume)>,
    /// Of pins, which are sterilised instead of thrown away.
    pub sterilise: bool,
    /// The movements.
    pub ops: Vec<Op>,
}

/// A movement of a pipette.
#[derive(Debug, Clone, Copy)]
pub struct Op {
    /// What it is.
    pub what: Stroke,
    /// Where: the vessel,
    pub vessel: VesselId,
    /// the well of channel 1,
    pub head: Well,
    /// away from its centre.
    pub offset: Offset,
    /// Liquid, per channel.
    pub volume: Volume,
    /// Air that goes before a dispense, or is drawn.
    pub air: Volume,
    /// What pins give off where they come down, per pin.
    pub gives: Volume,
    /// Where the tip's end is.
    pub height: Height,
    /// Place in the files that causes it.
    place: (u32, u32),
}

/// What kind of movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// Draw.
    Draw,
    /// Expel; in contact with the well or above its rim.
    Put {
        /// Whether the tip goes into the well.
        contact: bool,
    },
    /// Up and down.
    Mix {
        /// How often.
        times: u8,
        /// Left out, where too little liquid is there for it; else it is a fault.
        optional: bool,
    },
    /// Draw air over the rim.
    AirGap,
    /// Touch the wall.
    TouchTip,
    /// Blow out.
    BlowOut,
    /// Touch agar.
    Dip,
    /// Pins come down in what they are to carry away.
    Take,
    /// Pins come down in what they are to give to, so many times.
    Give {
        /// How often.
        times: u8,
    },
    /// Stand still.
    Dwell(Duration),
}

impl Visit {
    /// Numbers of sets by pipette, no more than are used.
    pub fn at_most(&self, mut sets: BTreeMap<u8, u64>) -> BTreeMap<u8, u64> {
        if let Some(most) = self.sets {
            sets.values_mut().for_each(|n| *n = most.min(*n));
        }
        sets
    }
}

impl TipUse {
    /// Some of its movements, with tips that are on and stay on.
    pub fn part(&self, ops: Vec<Op>) -> Self {
        Self {
            pipette: self.pipette,
            fresh: false,
            last: false,
            flow: self.flow,
            travel: self.travel,
            wash: self.wash,
            sterilise: self.sterilise,
            ops,
        }
    }
}

impl Op {
    /// A movement that is caused at a place.
    pub fn new(
        what: Stroke,
        vessel: VesselId,
        head: Well,
        volume: Volume,
        height: Height,
        place: &Range<usize>,
    ) -> Self {
        let short = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            what,
            vessel,
            head,
            offset: Offset::default(),
            volume,
            air: Volume::nl(0),
            gives: Volume::nl(0),
            height,
            place: (short(place.start), short(place.end)),
        }
    }
    /// The place that causes it.
    pub fn place(&self) -> Range<usize> {
        let long = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        long(self.place.0)..long(self.place.1)
    }
}
