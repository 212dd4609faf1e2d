//! From the steps that move liquid to visits, sets of tips and movements.

mod between;
mod colonies;
mod manual;
mod pen;
mod within;

use super::vessel::{VesselId, Vessels};
use super::visit::Visit;
use crate::labware::{Labware, Well};
use crate::plan::PlateId;
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::protocol::source::liquid::Wells;
pub use pen::{ABOVE_RIM, IN_WELL};
use pen::{Pen, Put, Spot, low};
use std::collections::BTreeSet;

/// The liquid work of one step.
#[derive(Default)]
pub struct Lowered {
    /// Visits, one after the other.
    pub visits: Vec<Visit>,
    /// One set of tips serves several visits, which therefore follow each other directly.
    pub joined: bool,
}

/// What lowering looks at.
pub(super) struct Bench<'s, 'a> {
    pub scene: &'s Scene<'a>,
    pub vessels: &'s Vessels<'a>,
}

/// The visits of a step; nothing for one that moves no liquid, or whose names mean nothing.
pub(super) fn lower(bench: &Bench<'_, '_>, work: &StepWork) -> Option<Lowered> {
    match work {
        StepWork::Distribute(d) => bench.distribute(d),
        StepWork::Transfer(t) => bench.transfer(t),
        StepWork::Consolidate(c) => bench.consolidate(c),
        StepWork::Stamp(s) => bench.stamp(s),
        StepWork::Dilute(d) => bench.dilute(d),
        StepWork::Mix(m) => bench.mix(m),
        StepWork::Spot(s) => bench.spot(s),
        StepWork::PickColonies(p) => bench.pick_colonies(p),
        StepWork::Pipette(p) => bench.pipette(p),
        _ => None,
    }
}

impl<'a> Bench<'_, 'a> {
    fn labware(&self, vessel: VesselId) -> Option<&'a Labware> {
        Some(self.vessels.get(vessel)?.labware)
    }
    /// Plates of a group, or the piece of that name.
    fn members(&self, name: &str) -> Vec<VesselId> {
        let plates = self.scene.plates_of(name);
        if plates.is_empty() {
            return self.vessels.piece(self.scene, name).into_iter().collect();
        }
        plates
            .iter()
            .filter_map(|p: &PlateId| self.vessels.plate(p))
            .collect()
    }
    /// Itself, where it is a plate that has to be brought.
    fn brought(&self, vessel: VesselId) -> Option<VesselId> {
        let plate = matches!(self.vessels.get(vessel)?.what, super::vessel::What::Plate(_));
        plate.then_some(vessel)
    }
}

/// Positions of channel 1 that cover the wells, in the order of work.
pub(in crate::protocol) fn heads(labware: &Labware, channels: u8, wells: &Wells) -> Vec<Well> {
    match wells {
        Wells::All => labware.heads(channels),
        Wells::Columns(columns) => {
            let all = labware.heads(channels);
            let of = |column: &u8| {
                all.iter()
                    .copied()
                    .filter(|h| h.column == *column)
                    .collect::<Vec<_>>()
            };
            columns.value.iter().flat_map(of).collect()
        }
        Wells::Wells(wells) if channels == 1 => {
            wells.value.iter().copied().filter(|w| labware.has(*w)).collect()
        }
        Wells::Wells(wells) => {
            let named: BTreeSet<Well> = wells.value.iter().copied().collect();
            let mut seen = BTreeSet::new();
            let covered = |head: &Well| {
                let reached = labware.reached(channels, *head);
                reached.is_some_and(|r| r.iter().all(|w| named.contains(w)))
            };
            let heads: Vec<Well> = labware.heads(channels).into_iter().filter(covered).collect();
            wells
                .value
                .iter()
                .filter_map(|well| {
                    let holds = |head: &&Well| {
                        labware
                            .reached(channels, **head)
                            .is_some_and(|r| r.contains(well))
                    };
                    heads.iter().find(holds).copied()
                })
                .filter(|head| seen.insert(*head))
                .collect()
        }
    }
}
