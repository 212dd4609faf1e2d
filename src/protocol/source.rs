//! The source tree of a protocol file: what was written, with its places, parameters filled in.

use crate::labware::Well;
use crate::plan::Role;
pub use crate::source::Spanned;
use crate::units::{Absorbance, Duration, Temperature, Volume, Wavelength};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A whole protocol file.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Name of the protocol, as "growth-screen".
    pub name: String,
    /// Title for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Values of the parameters, as text.
    pub parameters: BTreeMap<String, String>,
    /// Names of what was begun in the file but could not be read whole: nobody should hear that they are unknown.
    pub broken: BTreeSet<String>,
    /// Names of the liquids.
    pub liquids: BTreeMap<String, Range<usize>>,
    /// Layouts by name.
    pub layouts: BTreeMap<String, Layout>,
    /// Tip racks and reservoirs, in the file's order.
    pub pieces: Vec<Piece>,
    /// Groups of plates, in the file's order.
    pub groups: Vec<Group>,
    /// Steps, in the file's order.
    pub steps: Vec<Step>,
}

/// Who is in which well.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Its place.
    pub span: Range<usize>,
    /// Wells that are not empty: name and role.
    pub wells: BTreeMap<Well, (String, Role)>,
    /// Rows and columns as written.
    pub size: (usize, usize),
}

/// Tip racks or a reservoir, standing on one nest or more.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Its name.
    pub name: Spanned<String>,
    /// Labware definition.
    pub labware: Spanned<String>,
    /// The nests.
    pub at: Vec<Spanned<String>>,
    /// What it holds.
    pub liquid: Option<Spanned<String>>,
    /// How much of it.
    pub volume: Option<Spanned<Volume>>,
}

/// A group of plates of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: Spanned<String>,
    /// How many; none for a single plate that is named like its group.
    pub count: Option<Spanned<u32>>,
    /// Whether a parameter says how many.
    pub counted_by_parameter: bool,
    /// Labware definition.
    pub labware: Spanned<String>,
    /// Nests at the start, or a kind of nest.
    pub at: Vec<Spanned<String>>,
    /// Where plates rest once they have been worked on.
    pub rest: Vec<Spanned<String>>,
    /// Where the liquid handler works on them.
    pub work: Option<Place>,
    /// Whether they start with their lids on.
    pub lidded: Spanned<bool>,
    /// Barcode, with "{n}" for the plate's number.
    pub barcode: Option<Spanned<String>>,
    /// Who is in which well at the start.
    pub layout: Option<Spanned<String>>,
    /// What the wells of the layout hold.
    pub liquid: Option<Spanned<String>>,
    /// How much.
    pub volume: Option<Spanned<Volume>>,
    /// Cell density of the wells with a strain.
    pub od: Option<Spanned<Absorbance>>,
}

/// Where a plate stands while it is worked on, and where its lid lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The nest.
    pub at: Spanned<String>,
    /// The lid nest.
    pub lid: Option<Spanned<String>>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its name.
    pub id: Spanned<String>,
    /// Steps that must have ended before.
    pub after: Vec<AfterStep>,
    /// What is done.
    pub work: StepWork,
}

/// A dependency on another step.
#[derive(Debug, Clone, PartialEq)]
pub struct AfterStep {
    /// The other step.
    pub step: Spanned<String>,
    /// At least this long after it.
    pub at_least: Duration,
    /// At most this long after it.
    pub at_most: Option<Duration>,
}

/// Strokes up and down in the source before a stroke.
#[derive(Debug, Clone, PartialEq)]
pub struct Mix {
    /// How often.
    pub times: u8,
    /// How much.
    pub volume: Spanned<Volume>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepWork {
    /// From a reservoir into the wells of plates.
    Distribute(Distribute),
    /// From a plate into plates.
    Transfer(Transfer),
    /// Read plates, once or repeatedly.
    Read(Read),
    /// Growth rates from readings.
    Growth(Growth),
    /// Change between first and last reading.
    Endpoint(Endpoint),
    /// Choose hits.
    Select(Select),
    /// Pick what was chosen.
    Pick(Pick),
}

impl StepWork {
    /// The word in the file.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Distribute(_) => "distribute",
            Self::Transfer(_) => "transfer",
            Self::Read(_) => "read",
            Self::Growth(_) | Self::Endpoint(_) => "analyse",
            Self::Select(_) => "select",
            Self::Pick(_) => "pick",
        }
    }
}

/// See [`StepWork::Distribute`].
#[derive(Debug, Clone, PartialEq)]
pub struct Distribute {
    /// The reservoir.
    pub from: Spanned<String>,
    /// The plates.
    pub to: Spanned<String>,
    /// The pipette.
    pub pipette: Spanned<String>,
    /// Per well.
    pub volume: Spanned<Volume>,
    /// Columns, from 0; all when none are named.
    pub columns: Option<Spanned<Vec<u8>>>,
}

/// See [`StepWork::Transfer`].
#[derive(Debug, Clone, PartialEq)]
pub struct Transfer {
    /// The source plate.
    pub from: Spanned<String>,
    /// The plates.
    pub to: Spanned<String>,
    /// The pipette.
    pub pipette: Spanned<String>,
    /// Per well.
    pub volume: Spanned<Volume>,
    /// Columns of the source, from 0; all when none are named.
    pub columns: Option<Spanned<Vec<u8>>>,
    /// Mixing in the source before each stroke.
    pub mix_before: Option<Mix>,
    /// Numbers of the plates that take the columns in reverse order.
    pub reverse_columns_on: Vec<Spanned<u32>>,
}

/// See [`StepWork::Read`].
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The plates.
    pub each: Spanned<String>,
    /// Wavelength.
    pub wavelength: Spanned<Wavelength>,
    /// The interval, of a repeated read.
    pub every: Option<Spanned<Duration>>,
    /// From first to last read.
    pub over: Option<Spanned<Duration>>,
    /// How far a read may be from its time.
    pub within: Spanned<Duration>,
    /// Where plates are between reads.
    pub incubate: Option<Incubate>,
}

impl Read {
    /// How many reads each plate gets.
    pub fn reads(&self) -> u64 {
        match (&self.every, &self.over) {
            (Some(every), Some(over)) => over.value.as_us().checked_div(every.value.as_us()).unwrap_or(0) + 1,
            _ => 1,
        }
    }
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

/// See [`StepWork::Growth`].
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// The reading step.
    pub readings: Spanned<String>,
    /// Points per window.
    pub window: u16,
    /// Share of the largest slope at which windows are joined.
    pub quota: f64,
    /// Least blank-corrected absorbance.
    pub above: Absorbance,
}

/// See [`StepWork::Endpoint`].
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// The reading step.
    pub readings: Spanned<String>,
}

/// See [`StepWork::Select`].
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// The growth analysis.
    pub rates: Spanned<String>,
    /// Least advantage over the reference, as 0.10.
    pub at_least: f64,
    /// Largest q.
    pub q_below: f64,
    /// Most hits.
    pub at_most: u16,
    /// Plate that is picked from.
    pub source: Spanned<String>,
    /// Plate that is picked to.
    pub target: Spanned<String>,
    /// Wells per hit.
    pub replicates: Spanned<u16>,
    /// Wells of the reference.
    pub references: Spanned<u16>,
}

impl Select {
    /// The longest possible picklist.
    pub const fn most_picks(&self) -> u64 {
        self.at_most as u64 * self.replicates.value as u64 + self.references.value as u64
    }
}

/// See [`StepWork::Pick`].
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
