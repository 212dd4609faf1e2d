//! The plan as a whole: plates, pieces of labware, samples, operations.

use super::{LoadLiquid, Operation};
use crate::labware::Well;
use crate::rig::NestId;
use crate::units::text_name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

text_name!(
    /// A plate of a run, as "assay-1"; unique in the run.
    PlateId
);
text_name!(
    /// A strain by name, as "S01".
    StrainId
);

/// What a well is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A strain under test.
    Sample,
    /// The parent that strains are compared with.
    Reference,
    /// A control that grows differently from the reference.
    Control,
    /// Medium without cells.
    Blank,
    /// Nothing in it, or nothing of interest.
    Empty,
}

/// Strain and role of one well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Who lives there.
    pub strain: Option<StrainId>,
    /// What for.
    pub role: Role,
}

/// A plate of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatePlan {
    /// Labware definition.
    pub labware: String,
    /// Rows of wells.
    pub rows: u8,
    /// Columns of wells.
    pub columns: u8,
    /// Group of the protocol, as "assay".
    pub group: String,
    /// Number in the group, from 1.
    pub number: u32,
    /// Barcode it must show, if it is known by one.
    pub barcode: Option<String>,
    /// Where the operator puts it.
    pub start: NestId,
    /// With its lid on at the start.
    pub lidded: bool,
    /// What its wells hold at the start.
    pub contents: Vec<LoadLiquid>,
    /// Who is in each well once the plan's transfers are done; a picked plate's come with the picklist.
    pub samples: BTreeMap<Well, Sample>,
}

/// A piece of labware that stays: tip rack, reservoir, waste.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Labware definition.
    pub labware: String,
    /// Where it stands.
    pub nest: NestId,
    /// Its liquids at the start.
    pub contents: Vec<LoadLiquid>,
}

/// A compiled protocol: everything a run needs besides the rig.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Name of the protocol.
    pub protocol: String,
    /// Title for people.
    pub title: String,
    /// Values of the parameters, as text.
    pub parameters: BTreeMap<String, String>,
    /// Plates by id.
    pub plates: BTreeMap<PlateId, PlatePlan>,
    /// Pieces of labware by name.
    pub pieces: BTreeMap<String, Piece>,
    /// Operations; an operation's id is its index, and it depends only on earlier ones.
    pub operations: Vec<Operation>,
}
