//! Steps that move liquid.

use super::Spanned;
use crate::labware::Well;
use crate::rig::Pixel;
use crate::units::{Duration, FlowRate, Length, Quantity, Speed, Volume};
use std::collections::BTreeMap;
use std::ops::Range;

/// When tips are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tips {
    /// For every transfer.
    New,
    /// For every source well.
    PerSource,
    /// For every plate.
    PerPlate,
    /// Never within the step.
    Shared,
}

impl Tips {
    /// The word in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::PerSource => "per_source",
            Self::PerPlate => "per_plate",
            Self::Shared => "shared",
        }
    }
}

/// Strokes up and down in a well.
#[derive(Debug, Clone, PartialEq)]
pub struct Mix {
    /// How often.
    pub times: u8,
    /// How much.
    pub volume: Spanned<Volume>,
}

/// With what liquid is moved, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Handling {
    /// The pipette.
    pub pipette: Spanned<String>,
    /// When tips are changed.
    pub tips: Spanned<Tips>,
    /// The liquid class.
    pub class: Option<Spanned<String>>,
    /// Mixing in the source before each aspirate.
    pub mix_before: Option<Mix>,
    /// Mixing in the destination after each dispense.
    pub mix_after: Option<Mix>,
    /// How a probe is washed where a pipette would take a new tip.
    pub wash: Option<Spanned<Wash>>,
    /// How often pins come down in each destination.
    pub dips: Option<Spanned<u8>>,
}

/// How a probe is washed; what is not said is as the rig has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wash {
    /// System liquid through it into the drain.
    pub inside: Option<Volume>,
    /// System liquid through it while it stands in the cleaner.
    pub outside: Option<Volume>,
}

impl Wash {
    /// Inside and outside, of a probe of the rig.
    pub fn of(wash: Option<&Self>, probe: &crate::rig::Probe) -> (Volume, Volume) {
        let wash = wash.copied().unwrap_or_default();
        (
            wash.inside.unwrap_or(probe.inside),
            wash.outside.unwrap_or(probe.outside),
        )
    }
}

/// See [`super::StepWork::Line`].
#[derive(Debug, Clone, PartialEq)]
pub struct LineWork {
    /// The probe.
    pub pipette: Spanned<String>,
    /// What is done.
    pub task: LineTask,
}

/// What is done to the line of a probe: syringe, tubing and probe.
#[derive(Debug, Clone, PartialEq)]
pub enum LineTask {
    /// Fill it with system liquid; twice what the tubing holds, where nothing is said.
    Prime(Option<Spanned<Volume>>),
    /// System liquid through it into the drain.
    Flush(Spanned<Volume>),
    /// Inside and outside.
    Wash(Wash),
}

impl LineTask {
    /// The word in the file.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Prime(_) => "prime",
            Self::Flush(_) => "flush",
            Self::Wash(_) => "wash",
        }
    }
    /// System liquid through the probe inside, and in the cleaner.
    pub fn volumes(&self, probe: &crate::rig::Probe) -> (Volume, Volume) {
        let none = Volume::nl(0);
        match self {
            Self::Prime(volume) => (volume.as_ref().map_or(probe.tubing.times(2), |v| v.value), none),
            Self::Flush(volume) => (volume.value, none),
            Self::Wash(wash) => Wash::of(Some(wash), probe),
        }
    }
}

/// Wells as written.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Wells {
    /// All of them.
    #[default]
    All,
    /// Columns, from 0.
    Columns(Spanned<Vec<u8>>),
    /// Single wells, in this order.
    Wells(Spanned<Vec<Well>>),
}

impl Wells {
    /// Where they are written.
    pub const fn span(&self) -> Option<&Range<usize>> {
        match self {
            Self::All => None,
            Self::Columns(c) => Some(&c.span),
            Self::Wells(w) => Some(&w.span),
        }
    }
}

/// A plate or piece that liquid is drawn from or put into, and in which well.
#[derive(Debug, Clone, PartialEq)]
pub struct Vessel {
    /// Group of plates or piece.
    pub name: Spanned<String>,
    /// The well; the only one, or the first.
    pub well: Option<Spanned<Well>>,
}

/// See [`super::StepWork::Distribute`].
#[derive(Debug, Clone, PartialEq)]
pub struct Distribute {
    /// From where.
    pub from: Vessel,
    /// Plates, or a piece.
    pub to: Spanned<String>,
    /// Their wells.
    pub wells: Wells,
    /// Per well.
    pub volume: Spanned<Volume>,
    /// How.
    pub handling: Handling,
    /// Whether the tip goes into the well.
    pub contact: bool,
    /// Several wells per aspirate: what is drawn beyond them and given back to the source.
    pub excess: Option<Spanned<Volume>>,
}

/// See [`super::StepWork::Transfer`].
#[derive(Debug, Clone, PartialEq)]
pub struct Transfer {
    /// The source plates.
    pub from: Spanned<String>,
    /// The plates.
    pub to: Spanned<String>,
    /// How.
    pub handling: Handling,
    /// Which wells.
    pub which: Which,
}

/// Which wells a transfer is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Which {
    /// Each into the well of its name.
    Same {
        /// Wells of the source.
        wells: Wells,
        /// Per well.
        volume: Spanned<Volume>,
        /// Numbers of the plates that take the columns in reverse order.
        reverse_columns_on: Vec<Spanned<u32>>,
    },
    /// Those of a list.
    Listed(List),
}

/// Transfers as listed in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// The file's name, where it is used.
    pub file: Spanned<String>,
    /// Volume of the rows that name none.
    pub volume: Option<Spanned<Volume>>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One listed transfer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its place in the file.
    pub span: Range<usize>,
    /// Source plate or piece; the step's source, where none is named.
    pub from_plate: Option<String>,
    /// Source well.
    pub from: Well,
    /// Destination plate; the step's, where none is named.
    pub to_plate: Option<String>,
    /// Destination well.
    pub to: Well,
    /// How much.
    pub volume: Volume,
}

/// See [`super::StepWork::Consolidate`].
#[derive(Debug, Clone, PartialEq)]
pub struct Consolidate {
    /// The source plates.
    pub from: Spanned<String>,
    /// Their wells.
    pub wells: Wells,
    /// Into what.
    pub to: Vessel,
    /// From each well.
    pub volume: Spanned<Volume>,
    /// How.
    pub handling: Handling,
}

/// See [`super::StepWork::Stamp`].
#[derive(Debug, Clone, PartialEq)]
pub struct Stamp {
    /// The source plates.
    pub from: Spanned<String>,
    /// The plates.
    pub to: Spanned<String>,
    /// Quadrant of the larger plate, 1 to 4; none: each plate takes the next one.
    pub quadrant: Option<Spanned<u8>>,
    /// Per well.
    pub volume: Spanned<Volume>,
    /// How.
    pub handling: Handling,
}

/// See [`super::StepWork::Dilute`].
#[derive(Debug, Clone, PartialEq)]
pub struct Dilute {
    /// The plates.
    pub each: Spanned<String>,
    /// Columns in order, from 0.
    pub columns: Spanned<Vec<u8>>,
    /// Carried from each column to the next.
    pub volume: Spanned<Volume>,
    /// Piece that takes what is carried out of the last column; it stays there, where none is named.
    pub discard: Option<Vessel>,
    /// How; `mix_after` in each column.
    pub handling: Handling,
}

/// See [`super::StepWork::Mix`].
#[derive(Debug, Clone, PartialEq)]
pub struct MixWells {
    /// The plates.
    pub each: Spanned<String>,
    /// Their wells.
    pub wells: Wells,
    /// How often and how much.
    pub mix: Mix,
    /// How.
    pub handling: Handling,
}

/// See [`super::StepWork::Spot`].
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// The source plates.
    pub from: Spanned<String>,
    /// Plates of agar.
    pub to: Spanned<String>,
    /// Wells of the source.
    pub wells: Wells,
    /// Per spot.
    pub volume: Spanned<Volume>,
    /// How.
    pub handling: Handling,
}

/// See [`super::StepWork::PickColonies`].
#[derive(Debug, Clone, PartialEq)]
pub struct PickColonies {
    /// Plates of agar.
    pub from: Spanned<String>,
    /// Plates with medium.
    pub to: Spanned<String>,
    /// The camera stage of the rig whose images the list is of; without one it is in millimetres.
    pub camera: Option<Spanned<String>>,
    /// The selection whose failed picks are picked again from the spare colonies of the list that they came from.
    pub failed: Option<Spanned<String>>,
    /// The colonies; none where failed picks are picked again.
    pub colonies: Vec<Colony>,
    /// Fiducials that were seen in the images.
    pub marks: Vec<Mark>,
    /// How; `mix_after` in the well, by tips.
    pub handling: Handling,
}

/// A colony as imaged.
#[derive(Debug, Clone, PartialEq)]
pub struct Colony {
    /// Its place in the file.
    pub span: Range<usize>,
    /// The plate of agar; the step's, where none is named.
    pub plate: Option<String>,
    /// Where.
    pub at: Spotted,
    /// Height of the agar there over the well's inner bottom; the labware's, where it is not told.
    pub agar: Option<Length>,
    /// Destination plate; the step's, where none is named.
    pub to_plate: Option<String>,
    /// Destination well; none of a spare, which takes the place of one that does not grow.
    pub to: Option<Well>,
}

/// Where a colony is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spotted {
    /// On the plate: from the left and front edges of its footprint.
    Plate {
        /// To the right.
        x: Length,
        /// To the back.
        y: Length,
    },
    /// In an image.
    Image(Pixel),
}

/// A fiducial that was seen in the image of a plate.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Its place in the file.
    pub span: Range<usize>,
    /// The plate of agar; the step's, where none is named.
    pub plate: Option<String>,
    /// As the rig calls it.
    pub name: String,
    /// Where it is seen.
    pub at: Pixel,
}

/// See [`super::StepWork::Pipette`].
#[derive(Debug, Clone, PartialEq)]
pub struct Pipetting {
    /// Plates, one after the other; "plate" in the movements is the one at hand.
    pub each: Spanned<String>,
    /// The pipette.
    pub pipette: Spanned<String>,
    /// The liquid class.
    pub class: Option<Spanned<String>>,
    /// The movements.
    pub moves: Vec<Spanned<Motion>>,
}

/// One movement of a pipette.
#[derive(Debug, Clone, PartialEq)]
pub enum Motion {
    /// Take fresh tips.
    PickUpTip,
    /// Throw them away.
    DropTip,
    /// Draw.
    Aspirate(Target),
    /// Expel.
    Dispense(Target),
    /// Up and down.
    Mix(Target, u8),
    /// Draw air over the well.
    AirGap(Target),
    /// Touch the wall.
    TouchTip(Target),
    /// Blow out.
    BlowOut(Target),
    /// Stand still.
    Delay(Duration),
}

/// Where a movement takes place.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The plate at hand, or a piece.
    pub piece: Option<Spanned<String>>,
    /// The well of channel 1.
    pub well: Spanned<Well>,
    /// How much; nothing, where no volume belongs.
    pub volume: Spanned<Volume>,
    /// Tip's end above the bottom; none lets the program choose.
    pub height: Option<Spanned<Length>>,
}

/// See [`super::StepWork::Pick`].
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// The selection.
    pub select: Spanned<String>,
    /// Fresh medium for the picked wells.
    pub fill: PickFill,
    /// What is picked.
    pub transfer: PickTransfer,
}

/// Medium into the wells that a picklist uses.
#[derive(Debug, Clone, PartialEq)]
pub struct PickFill {
    /// The reservoir.
    pub from: Spanned<String>,
    /// The pipette.
    pub pipette: Spanned<String>,
    /// Per well.
    pub volume: Spanned<Volume>,
}

/// The picks themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct PickTransfer {
    /// The pipette.
    pub pipette: Spanned<String>,
    /// Per well.
    pub volume: Spanned<Volume>,
    /// Mixing in the source before each stroke.
    pub mix_before: Option<Mix>,
}

/// How a kind of liquid is handled; what is not said is done as the pipette usually does it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Class {
    /// Its place.
    pub span: Range<usize>,
    /// For every tip.
    pub manner: Manner,
    /// What differs for the tips of a rack, by labware.
    pub tips: BTreeMap<String, Manner>,
}

/// The single settings of a liquid class.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Manner {
    /// Flow while drawing.
    pub aspirate_flow: Option<Spanned<FlowRate>>,
    /// Flow while expelling.
    pub dispense_flow: Option<Spanned<FlowRate>>,
    /// Wait after drawing.
    pub aspirate_delay: Option<Spanned<Duration>>,
    /// Wait after expelling.
    pub dispense_delay: Option<Spanned<Duration>>,
    /// Air behind what was drawn.
    pub air_gap: Option<Spanned<Volume>>,
    /// Strokes that wet the tip before the first aspirate.
    pub pre_wet: Option<u8>,
    /// Touch the wall after each stroke.
    pub touch_tip: Option<bool>,
    /// Blow out after the last dispense.
    pub blow_out: Option<bool>,
    /// Speed into the liquid.
    pub submerge: Option<Speed>,
    /// Speed out of it.
    pub retract: Option<Speed>,
    /// Volumes as asked for with the stroke that delivers them, ascending.
    pub correction: Option<Spanned<Vec<(Volume, Volume)>>>,
}

impl Manner {
    /// The stroke that delivers a volume.
    pub fn stroke(&self, asked: Volume) -> Volume {
        self.correction
            .as_ref()
            .map_or(asked, |points| corrected(&points.value, asked))
    }
}

/// Between points straight lines; beyond them the nearest point's ratio.
fn corrected(points: &[(Volume, Volume)], asked: Volume) -> Volume {
    let scale = |asked: Volume, from: (Volume, Volume)| {
        let product = asked.base() * from.1.base();
        let half = from.0.base() / 2;
        Volume::from_base((product + half).checked_div(from.0.base()).unwrap_or(0)).unwrap_or(asked)
    };
    let above = points.iter().find(|p| p.0 >= asked);
    let below = points.iter().rev().find(|p| p.0 <= asked);
    match (below, above) {
        (Some(a), Some(b)) if a.0 == b.0 => a.1,
        (Some(a), Some(b)) => {
            let rise = (b.1.base() - a.1.base()) * (asked.base() - a.0.base());
            let step = rise.checked_div(b.0.base() - a.0.base()).unwrap_or(0);
            Volume::from_base(a.1.base() + step).unwrap_or(asked)
        }
        (Some(one), None) | (None, Some(one)) => scale(asked, *one),
        (None, None) => asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_are_exact_at_their_points_and_straight_between() {
        let points = [
            (Volume::nl(10_000), Volume::nl(10_600)),
            (Volume::nl(100_000), Volume::nl(102_400)),
        ];
        for (asked, stroke) in points {
            assert_eq!(corrected(&points, asked), stroke);
        }
        assert_eq!(corrected(&points, Volume::nl(55_000)), Volume::nl(56_500));
        assert_eq!(corrected(&points, Volume::nl(5_000)), Volume::nl(5_300));
        assert_eq!(corrected(&points, Volume::nl(200_000)), Volume::nl(204_800));
    }
}
