//! What cannot be, found while the run is walked.

use crate::labware::Well;
use crate::units::{Length, Volume};
use std::ops::Range;

/// What carries: a tip,
pub const TIP: &str = "a used tip";
/// a fixed probe,
pub const PROBE: &str = "an unwashed probe";
/// pins.
pub const PINS: &str = "a pin that was not sterilised";

/// A level, a tip or a mixture that cannot be.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// A well would hold more than it can.
    Overfilled {
        well: Well,
        volume: Volume,
        capacity: Volume,
        /// Three standard deviations of the strokes.
        doubt: Volume,
    },
    /// A well would fall below its dead volume.
    Drained {
        well: Well,
        left: Volume,
        dead: Volume,
        /// Three standard deviations of the strokes.
        doubt: Volume,
    },
    /// So little would be left over the dead volume that evaporation may take it.
    Thin { well: Well, left: Volume, dead: Volume },
    /// The tip's end would not be in the liquid.
    Air { lowest: Volume, height: Length },
    /// The tip does not come down to the liquid before the pipette comes down on the rim.
    OutOfReach { lowest: Volume, height: Length },
    /// Mixing draws more than is there.
    Shallow {
        well: Well,
        holds: Volume,
        volume: Volume,
        /// Three standard deviations of the strokes.
        doubt: Volume,
    },
    /// Liquid is drawn from agar.
    Agar,
    /// More is spotted onto one place of agar than stays there.
    Runs {
        volume: Volume,
        most: Volume,
        /// Three standard deviations of the strokes.
        doubt: Volume,
    },
    /// A tip would hold more than it can, air included.
    TipFull {
        pipette: String,
        held: Volume,
        capacity: Volume,
        /// Three standard deviations of the strokes.
        doubt: Volume,
    },
    /// A stroke that the pipette is not trusted with.
    Stroke {
        pipette: String,
        volume: Volume,
        from: Volume,
        to: Volume,
    },
    /// More is expelled than the tip holds.
    TipEmpty { held: Volume, volume: Volume },
    /// A probe would hold more than its tubing or its syringe, air included.
    PastLine {
        probe: String,
        held: Volume,
        tubing: Volume,
        syringe: Volume,
    },
    /// The line of a probe was not filled with system liquid.
    NotPrimed { probe: String },
    /// A probe is wet further up than its cleaner is deep.
    Cleaner {
        /// How far up it is wet.
        wet: Length,
        /// How deep it stands in the cleaner.
        deep: Length,
    },
    /// No tip is on.
    NoTip,
    /// Tips are thrown away, or new ones taken, with liquid in them.
    Leftover { held: Volume },
    /// A used tip, a probe that was not washed or pins that were not sterilised carry something into a well that was clean
    /// of it.
    Carried {
        what: String,
        well: Well,
        /// As "a used tip".
        by: &'static str,
    },
    /// Pins come down where nothing wets them.
    PinsDry { well: Well },
    /// Pins are wet further up than a bath wets them.
    Bath {
        /// Liquid of the bath.
        bath: String,
        /// How far up they are wet.
        wet: Length,
        /// How deep they stand in the bath.
        deep: Length,
    },
}

impl Problem {
    /// About what a well holds.
    pub const fn of_levels(&self) -> bool {
        matches!(
            self,
            Self::Overfilled { .. }
                | Self::Drained { .. }
                | Self::Thin { .. }
                | Self::Air { .. }
                | Self::OutOfReach { .. }
                | Self::Shallow { .. }
                | Self::PinsDry { .. }
                | Self::Carried { .. }
        )
    }
    /// Worth a warning only.
    pub const fn minor(&self) -> bool {
        matches!(self, Self::Thin { .. } | Self::Leftover { .. })
    }
}

/// A problem, at the place that causes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The place.
    pub span: Range<usize>,
    /// Plate or piece.
    pub vessel: String,
    /// What.
    pub problem: Problem,
    /// Conditions that do not hold when it happens; none when it happens with all of them.
    pub without: Vec<String>,
}
