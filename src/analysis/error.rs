//! Why a calculation cannot be made.

use crate::labware::Well;
use crate::plan::{PlateId, StepId, StrainId};
use thiserror::Error;

/// Why a calculation of a run cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnalysisError {
    /// The calculation names a plate that the plan does not have.
    #[error("plate {0} is not part of the plan; the protocol and the readings belong to different runs")]
    UnknownPlate(PlateId),
    /// The step has no readings of the plates in question.
    #[error("step \"{step}\" has no readings of {plates}; without them nothing can be concluded")]
    NoReadings {
        /// The step that should have made them.
        step: StepId,
        /// The plates, for people.
        plates: String,
    },
    /// An expression has no value.
    #[error("\"{expression}\" has no value: {why}")]
    Expression {
        /// The expression.
        expression: String,
        /// Why.
        why: String,
    },
    /// A reading does not have one value per well.
    #[error(
        "a reading of plate {plate} has {found} values where the plate has {expected} wells; check the reader's plate definition"
    )]
    WrongSize {
        /// Which plate.
        plate: PlateId,
        /// Values in the reading.
        found: usize,
        /// Wells of the plate.
        expected: usize,
    },
    /// The easy-linear parameters do not make sense.
    #[error(
        "a growth window of {window} points with quota {quota} cannot be used; take at least 2 points and a quota in (0, 1]"
    )]
    BadWindow {
        /// Points per window.
        window: u16,
        /// Quota, as text.
        quota: String,
    },
    /// The calculation needs the result of a step that has none of the right kind.
    #[error("step \"{0}\" has not given growth rates; it must be a growth analysis that runs earlier")]
    NoRates(StepId),
    /// Delivered volumes cannot be told.
    #[error("no volumes can be told: {why}; look at the steps that weigh, read and deliver")]
    NoVolumes {
        /// Why not.
        why: String,
    },
    /// Too few wells of the reference grew.
    #[error("only {found} wells of the reference have a growth rate; strains can be compared with 2 or more")]
    NoReference {
        /// How many have one.
        found: usize,
    },
    /// A hit or the reference has no well on the plate it should be picked from.
    #[error("{what} has no well on source plate {plate}; add it to the layout of that plate")]
    NotOnSource {
        /// The strain or "the reference".
        what: String,
        /// The source plate.
        plate: PlateId,
    },
    /// More picks than wells.
    #[error(
        "{picks} picks do not fit into the {wells} wells of plate {plate}; lower `at_most` or the replicates"
    )]
    TooManyPicks {
        /// How many picks.
        picks: usize,
        /// How many wells.
        wells: usize,
        /// The target plate.
        plate: PlateId,
    },
}

impl AnalysisError {
    /// A strain without a well on the source plate.
    pub(super) fn strain_not_on_source(strain: &StrainId, plate: &PlateId) -> Self {
        Self::NotOnSource {
            what: format!("strain {strain}"),
            plate: plate.clone(),
        }
    }
}

/// A well that the plan names but the plate does not have is left out rather than an error; this tells which.
pub(super) fn on_plate(well: Well, rows: u8, columns: u8) -> bool {
    well.row < rows && well.column < columns
}
