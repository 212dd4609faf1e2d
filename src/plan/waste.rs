//! What fills up during a run and must be emptied: bins for tips, drains, reservoirs that take what is discarded.

use super::OperationId;
use crate::units::Volume;
use serde::{Deserialize, Serialize};

/// How much of a waste.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// Tips.
    Tips(u64),
    /// Liquid.
    Liquid(Volume),
}

impl Amount {
    /// None of the same kind.
    #[must_use]
    pub const fn none(self) -> Self {
        match self {
            Self::Tips(_) => Self::Tips(0),
            Self::Liquid(_) => Self::Liquid(Volume::nl(0)),
        }
    }
    /// Both together; the first alone, where they are of two kinds.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Tips(a), Self::Tips(b)) => Self::Tips(a.saturating_add(b)),
            (Self::Liquid(a), Self::Liquid(b)) => Self::Liquid(a.plus(b)),
            _ => self,
        }
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tips(tips) => write!(f, "{tips} tips"),
            Self::Liquid(volume) => volume.fmt(f),
        }
    }
}

/// Something that fills up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waste {
    /// As "waste", "drain of pump" or "trough A1".
    pub name: String,
    /// What it takes.
    pub capacity: Amount,
    /// What is in it when the run begins.
    pub before: Amount,
    /// What each operation puts into it, if everything that may be left out is done.
    pub fills: Vec<(OperationId, Amount)>,
    /// Operations in which a person empties it.
    pub emptied: Vec<OperationId>,
}
