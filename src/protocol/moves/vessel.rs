//! Everything that holds liquid, with its wells numbered through.

use crate::labware::{Kind, Labware, Well};
use crate::plan::PlateId;
use crate::protocol::scene::Scene;
use std::collections::BTreeMap;

/// A plate or piece that holds liquid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct VesselId(u32);

/// What a vessel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A plate.
    Plate(PlateId),
    /// A piece, by its position among those that stand on the rig.
    Piece(usize),
}

/// A plate or piece that holds liquid.
pub struct Vessel<'a> {
    /// Its name in the run.
    pub name: String,
    /// Its definition.
    pub labware: &'a Labware,
    /// What it is.
    pub what: What,
    /// Number of its first well.
    first: usize,
    /// A reservoir that is filled up as needed, so that its levels are not walked.
    pub supplied: bool,
}

/// Every vessel of a protocol.
#[derive(Default)]
pub struct Vessels<'a> {
    list: Vec<Vessel<'a>>,
    by_plate: BTreeMap<PlateId, VesselId>,
    wells: usize,
}

impl<'a> Vessels<'a> {
    /// Plates first, then pieces. Pieces that a step fills are walked; reservoirs that only give are supplied.
    pub fn new(scene: &Scene<'a>) -> Self {
        let mut all = Self::default();
        for (id, plate) in &scene.plates {
            if plate.labware.kind.holds_liquid() {
                let vessel = all.add(id.to_string(), plate.labware, What::Plate(id.clone()), false);
                all.by_plate.insert(id.clone(), vessel);
            }
        }
        let filled: Vec<&str> = scene
            .source
            .steps
            .iter()
            .flat_map(|s| s.plates())
            .filter(|(_, filled)| *filled)
            .map(|(name, _)| name.value.as_str())
            .chain(scene.source.steps.iter().filter_map(|s| match &s.work {
                crate::protocol::source::StepWork::Dilute(d) => {
                    d.discard.as_ref().map(|v| v.name.value.as_str())
                }
                _ => None,
            }))
            .collect();
        for (index, standing) in scene.standing.iter().enumerate() {
            if matches!(standing.labware.kind, Kind::Reservoir | Kind::TubeRack) {
                let supplied = standing.labware.kind == Kind::Reservoir
                    && !filled.contains(&standing.piece.name.value.as_str());
                all.add(
                    standing.name.clone(),
                    standing.labware,
                    What::Piece(index),
                    supplied,
                );
            }
        }
        all
    }

    fn add(&mut self, name: String, labware: &'a Labware, what: What, supplied: bool) -> VesselId {
        let id = VesselId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let first = self.wells;
        self.wells = self.wells.saturating_add(labware.well_count());
        self.list.push(Vessel {
            name,
            labware,
            what,
            first,
            supplied,
        });
        id
    }

    /// How many wells there are.
    pub const fn well_count(&self) -> usize {
        self.wells
    }
    /// A vessel by number.
    pub fn get(&self, id: VesselId) -> Option<&Vessel<'a>> {
        self.list.get(usize::try_from(id.0).ok()?)
    }
    /// Number of a well.
    pub fn index(&self, id: VesselId, well: Well) -> Option<usize> {
        let vessel = self.get(id)?;
        let inside = vessel.labware.has(well);
        inside.then(|| vessel.first + well.index(vessel.labware.columns))
    }
    /// The vessel that a plate is.
    pub fn plate(&self, plate: &PlateId) -> Option<VesselId> {
        self.by_plate.get(plate).copied()
    }
    /// The vessel that a piece is, by its name in the file; the first, where it stands on several nests.
    pub fn piece(&self, scene: &Scene<'_>, name: &str) -> Option<VesselId> {
        let (index, _) = scene.holder(name)?;
        self.standing(index)
    }
    /// The vessel that a piece is, by its position.
    pub fn standing(&self, index: usize) -> Option<VesselId> {
        let found = self.list.iter().position(|v| v.what == What::Piece(index))?;
        u32::try_from(found).ok().map(VesselId)
    }
    /// A vessel by its name in the run, as lists write it.
    pub fn named(&self, name: &str) -> Option<VesselId> {
        if let Some(id) = self.by_plate.get(name) {
            return Some(*id);
        }
        let found = self.list.iter().position(|v| v.name == name)?;
        u32::try_from(found).ok().map(VesselId)
    }
    /// Every vessel with its number.
    pub fn all(&self) -> impl Iterator<Item = (VesselId, &Vessel<'a>)> {
        let number = |i: usize| VesselId(u32::try_from(i).unwrap_or(u32::MAX));
        self.list.iter().enumerate().map(move |(i, v)| (number(i), v))
    }
}
