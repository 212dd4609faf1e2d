//! The plan as a whole: plates, pieces of labware, samples, operations.

use super::{Commissioning, LoadLiquid, Operation, OperationId, Picked, StepId, Waste};
use crate::labware::{Stride, Well};
use crate::rig::NestId;
use crate::units::{Duration, Volume, text_name};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Wells from one channel of a pipette to the next.
    #[serde(flatten)]
    pub stride: Stride,
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
    /// Sealed at the start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sealed: bool,
    /// Brought by a step, and not with everything else at the start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub later: bool,
    /// What its wells hold at the start.
    pub contents: Vec<LoadLiquid>,
    /// Who is in each well once the plan's transfers are done; a picked plate's come with the picklist.
    pub samples: BTreeMap<Well, Sample>,
    /// The colonies that its wells were inoculated with: those of the plan, then those of the run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub colonies: BTreeMap<Well, Picked>,
    /// Wells that have been given up in the run; no analysis counts them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub given_up: BTreeSet<Well>,
}

impl PlatePlan {
    /// The wells that count, with who lives there: `samples` without those that have been given up.
    pub fn counted<'a>(
        &'a self,
        samples: &'a BTreeMap<Well, Sample>,
    ) -> impl Iterator<Item = (&'a Well, &'a Sample)> {
        samples.iter().filter(|(well, _)| !self.given_up.contains(*well))
    }
}

/// A piece of labware that stays: tip rack, reservoir, tube rack, waste.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Labware definition.
    pub labware: String,
    /// Wells from one channel of a pipette to the next.
    #[serde(flatten)]
    pub stride: Stride,
    /// Tips that are gone at the start, of a rack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<Well>,
    /// Where it stands.
    pub nest: NestId,
    /// Its liquids at the start.
    pub contents: Vec<LoadLiquid>,
}

/// Something that was promised of times, judged by the schedule and told of when it is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// What.
    pub what: Promised,
    /// The step that promises it.
    pub step: StepId,
    /// Place in the file: bytes from and to.
    pub place: (u32, u32),
    /// The called file that it stands in, when it is not the protocol's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// What is promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promised {
    /// These operations have ended this long after the start of the run.
    Deadline {
        /// The operations.
        operations: Vec<OperationId>,
        /// How long at most.
        at_most: Duration,
    },
    /// The intervals between these pairs of operations are alike.
    Alike {
        /// Earlier and later operation of each plate.
        pairs: Vec<(OperationId, OperationId)>,
        /// From the start of the earlier one; else from its end.
        from_start: bool,
        /// To the end of the later one; else to its start.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        to_end: bool,
        /// By how much at most they differ.
        within: Duration,
    },
    /// A plate is out of its incubator for no longer than this, all absences together.
    Absence {
        /// The plate.
        plate: PlateId,
        /// Stretches between which it is out: the operation that takes it out, and the one that puts it back.
        out: Vec<(OperationId, OperationId)>,
        /// How long at most.
        at_most: Duration,
    },
}

/// A stroke that a liquid class, or what a pipette was found to deliver, makes differ from what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Correction {
    /// The liquid class; empty where the step names none.
    pub class: String,
    /// The tips, by labware.
    pub tips: String,
    /// What was asked for.
    pub asked: Volume,
    /// The stroke that delivers it.
    pub stroke: Volume,
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
    /// What is promised of times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<Promise>,
    /// Strokes that differ from what was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    /// What fills up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wastes: Vec<Waste>,
    /// In which way it tries the rig, of a run of commissioning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commissioning: Option<Commissioning>,
}
