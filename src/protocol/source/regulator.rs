//! Steps of regulators.

use super::Spanned;
use crate::units::{Amount, Duration};

/// See [`super::StepWork::Regulator`].
#[derive(Debug, Clone, PartialEq)]
pub struct RegulatorWork {
    /// The regulator.
    pub on: Spanned<String>,
    /// What is set or measured.
    pub quantity: Spanned<String>,
    /// Which of the two.
    pub task: RegulatorTask,
}

/// What is done with a quantity.
#[derive(Debug, Clone, PartialEq)]
pub enum RegulatorTask {
    /// Change its set-point.
    Set {
        /// To this.
        to: Spanned<Amount>,
        /// Then wait until what is measured is so near, and how long at most.
        reach: Option<(Spanned<Amount>, Spanned<Duration>)>,
    },
    /// Measure it; what is measured is kept under the step's name.
    Measure {
        /// Anything else is a failure.
        between: Option<(Spanned<Amount>, Spanned<Amount>)>,
        /// Again and again.
        series: Option<Series>,
    },
}

impl RegulatorTask {
    /// The word in the file.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Set { .. } => "set",
            Self::Measure { .. } => "measure",
        }
    }
}

/// Measurements at a fixed interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// From one to the next.
    pub every: Spanned<Duration>,
    /// How many.
    pub times: u16,
}
