//! Where an action takes place: well, offset, height, and how a tip travels there.

use super::LabwareName;
use crate::labware::Well;
use crate::rig::NestId;
use crate::units::{Length, Speed};
use serde::{Deserialize, Serialize};

/// A well of a piece of labware that stands on a nest; with several channels, the well of channel 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Site {
    /// Where the labware stands.
    pub nest: NestId,
    /// Name of the labware definition.
    pub labware: LabwareName,
    /// The well.
    pub well: Well,
    /// From the well's centre, to the right and to the back; of a colony or a spot on agar.
    #[serde(default, skip_serializing_if = "Offset::is_none")]
    pub offset: Offset,
}

impl Site {
    /// The centre of a well.
    pub fn new(nest: NestId, labware: impl Into<LabwareName>, well: Well) -> Self {
        Self {
            nest,
            labware: labware.into(),
            well,
            offset: Offset::default(),
        }
    }
    /// The same at a distance from the centre.
    #[must_use]
    pub fn off(self, offset: Offset) -> Self {
        Self { offset, ..self }
    }
}

/// A distance from a well's centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Offset {
    /// To the right.
    pub x: Length,
    /// To the back.
    pub y: Length,
}

impl Offset {
    /// At the centre.
    pub const fn is_none(&self) -> bool {
        self.x.get() == 0 && self.y.get() == 0
    }
}

/// How slowly a tip enters and leaves a liquid; where nothing is said, as fast as the gantry travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Travel {
    /// Over the last 3 mm down to the height of the stroke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submerge: Option<Speed>,
    /// Over the first 3 mm up from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retract: Option<Speed>,
}

impl Travel {
    /// Nothing is said.
    pub const fn is_plain(&self) -> bool {
        self.submerge.is_none() && self.retract.is_none()
    }
}

/// Where a tip's end is relative to a well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Height {
    /// Above the inner bottom.
    FromBottom(Length),
    /// Above (positive) or below (negative) the rim.
    FromTop(Length),
}
