//! Picklists: which wells of which plate go where, chosen by an analysis, and what is done with them.

use super::{LabwareName, PlateId, StepId, StrainId};
use crate::labware::Well;
use crate::rig::{NestId, PipetteId};
use crate::units::{FlowRate, Length, Volume};
use serde::{Deserialize, Serialize};

/// One pick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// The strain.
    pub strain: StrainId,
    /// Source plate.
    pub from_plate: PlateId,
    /// Source well.
    pub from: Well,
    /// Destination plate.
    pub to_plate: PlateId,
    /// Destination well.
    pub to: Well,
}

/// The picks of one selection step, in the order they are made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Picklist {
    /// The picks.
    pub picks: Vec<Pick>,
}

/// Medium by whole columns into as many columns as a picklist needs, with one set of tips.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickFill {
    /// The selection whose picklist counts.
    pub select: StepId,
    /// Pipette with 8 channels.
    pub pipette: PipetteId,
    /// The tips: rack's nest, labware, first well.
    pub tips: (NestId, LabwareName, Well),
    /// Reservoir: nest, labware, well.
    pub from: (NestId, LabwareName, Well),
    /// Destination: nest, labware.
    pub to: (NestId, LabwareName),
    /// Destination plate.
    pub plate: PlateId,
    /// Volume per well.
    pub volume: Volume,
    /// Flow rate.
    pub flow: FlowRate,
    /// Tip end above the reservoir's bottom.
    pub from_height: Length,
    /// Tip end above (positive) the destination's rim.
    pub to_height: Length,
    /// The waste: nest, labware.
    pub waste: (NestId, LabwareName),
}

/// The transfers of a picklist, each with a fresh tip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickTransfer {
    /// The selection whose picklist is carried out.
    pub select: StepId,
    /// Pipette with one channel.
    pub pipette: PipetteId,
    /// Tips reserved for the longest possible list, in order: rack's nest, labware, well.
    pub tips: Vec<(NestId, LabwareName, Well)>,
    /// Source: nest, labware.
    pub from: (NestId, LabwareName),
    /// Destination: nest, labware.
    pub to: (NestId, LabwareName),
    /// Volume per pick.
    pub volume: Volume,
    /// Mixing strokes (aspirate and dispense) before, with their volume.
    pub mix: Option<(u8, Volume)>,
    /// Flow rate.
    pub flow: FlowRate,
    /// Tip end above the source's bottom.
    pub from_height: Length,
    /// Tip end above the destination's bottom.
    pub to_height: Length,
    /// The waste: nest, labware.
    pub waste: (NestId, LabwareName),
}
