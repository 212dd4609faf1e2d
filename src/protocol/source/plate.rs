//! Steps on whole plates, and what people do.

use super::Spanned;
use super::liquid::Vessel;
use crate::plan::ThermalProgram;
use crate::units::{Duration, Force, RotationSpeed, Temperature};

/// See [`super::StepWork::Station`].
#[derive(Debug, Clone, PartialEq)]
pub struct StationWork {
    /// The plates.
    pub each: Spanned<String>,
    /// The station; the first that can do it, where none is named.
    pub at: Option<Spanned<String>>,
    /// What it does.
    pub task: Task,
}

/// What a station does to a plate.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Seal it.
    Seal {
        /// Of the sealing plate.
        temperature: Spanned<Temperature>,
        /// How long it presses.
        duration: Spanned<Duration>,
    },
    /// Take the seal off.
    Peel,
    /// Spin it.
    Centrifuge {
        /// How hard.
        force: Spanned<Force>,
        /// How long.
        duration: Spanned<Duration>,
    },
    /// Take it through temperatures.
    Thermocycle {
        /// The temperatures.
        program: Spanned<ThermalProgram>,
    },
    /// Hold it at a temperature above the room's, shaking or not.
    Heat(Hold),
    /// Hold it at a temperature below the room's.
    Cool(Hold),
    /// Shake it.
    Shake(Hold),
    /// Read its barcode.
    Scan,
}

/// Holding a plate in a station.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold {
    /// At this temperature.
    pub temperature: Option<Spanned<Temperature>>,
    /// Shaking at this speed.
    pub speed: Option<Spanned<RotationSpeed>>,
    /// How long.
    pub duration: Spanned<Duration>,
}

impl Task {
    /// The word in the file.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Seal { .. } => "seal",
            Self::Peel => "peel",
            Self::Centrifuge { .. } => "centrifuge",
            Self::Thermocycle { .. } => "thermocycle",
            Self::Heat(_) => "heat",
            Self::Cool(_) => "cool",
            Self::Shake(_) => "shake",
            Self::Scan => "scan",
        }
    }
}

/// See [`super::StepWork::Incubate`].
#[derive(Debug, Clone, PartialEq)]
pub struct Incubation {
    /// The plates.
    pub each: Spanned<String>,
    /// Where and how.
    pub place: Incubate,
    /// How long at least.
    pub duration: Spanned<Duration>,
    /// How much longer at most.
    pub within: Option<Spanned<Duration>>,
}

/// Keeping plates in an incubator.
#[derive(Debug, Clone, PartialEq)]
pub struct Incubate {
    /// The incubator.
    pub at: Spanned<String>,
    /// Whether it shakes.
    pub shake: Spanned<bool>,
    /// Temperature, where the protocol insists.
    pub temperature: Option<Spanned<Temperature>>,
}

/// See [`super::StepWork::Move`].
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// The plates.
    pub each: Spanned<String>,
    /// Nests, or a kind of nest, from now on theirs.
    pub to: Vec<Spanned<String>>,
}

/// See [`super::StepWork::Unlid`].
#[derive(Debug, Clone, PartialEq)]
pub struct Unlid {
    /// The plates.
    pub each: Spanned<String>,
    /// Lid nests, from now on theirs.
    pub to: Vec<Spanned<String>>,
}

/// See [`super::StepWork::Lid`].
#[derive(Debug, Clone, PartialEq)]
pub struct PutLid {
    /// The plates.
    pub each: Spanned<String>,
}

/// See [`super::StepWork::Wait`].
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// The plates that wait; everything, where none are named.
    pub each: Option<Spanned<String>>,
    /// How long.
    pub duration: Spanned<Duration>,
}

/// See [`super::StepWork::Operator`].
#[derive(Debug, Clone, PartialEq)]
pub struct Operator {
    /// What is done.
    pub task: OperatorTask,
    /// What the person is told besides.
    pub note: Option<String>,
    /// Earliest and latest begin, from the start of the run.
    pub between: Option<Spanned<(Duration, Duration)>>,
    /// Whether the barcodes of what comes in, or goes, are scanned.
    pub scan: bool,
}

/// What a person does at the rig.
#[derive(Debug, Clone, PartialEq)]
pub enum OperatorTask {
    /// Bring plates.
    Load(Spanned<String>),
    /// Take plates away.
    Empty(Spanned<String>),
    /// Replace a rack, or fill up a reservoir.
    Replace(Vessel),
}

impl OperatorTask {
    /// The word in the file.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Load(_) => "load",
            Self::Empty(_) => "empty",
            Self::Replace(_) => "replace",
        }
    }
}

/// What kind of answer a prompt wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// Consent.
    Confirm,
    /// A number within bounds.
    Number {
        /// Least and most.
        bounds: (f64, f64),
    },
    /// A text.
    Text,
    /// A barcode, and which one where it is known.
    Barcode {
        /// What it must be.
        expected: Option<String>,
    },
}

/// See [`super::StepWork::Prompt`].
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// What is asked.
    pub text: String,
    /// What kind of answer.
    pub wanted: Wanted,
}
