//! The source tree of a protocol file: what was written, with its places, parameters filled in.
//!
//! Liquid work is in [`liquid`], work on whole plates in [`plate`], reads and conclusions in [`data`]; what a step
//! names is told by [`Step::mentions`].

pub mod data;
pub mod liquid;
mod mentions;
pub mod plate;
pub mod regulator;
pub mod volume;

use crate::labware::Well;
use crate::plan::{FailurePolicy, Role};
pub use crate::source::Spanned;
use crate::units::{Absorbance, Duration, Volume};
use liquid::Class;
pub use mentions::{Mention, Mentioned};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A whole protocol file, with what it calls.
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
    /// Liquids by name.
    pub liquids: BTreeMap<String, Liquid>,
    /// Liquid classes by name.
    pub classes: BTreeMap<String, Class>,
    /// Layouts by name.
    pub layouts: BTreeMap<String, Layout>,
    /// Tip racks, reservoirs and tube racks, in the file's order.
    pub pieces: Vec<Piece>,
    /// Groups of plates, in the file's order.
    pub groups: Vec<Group>,
    /// Steps, in the file's order.
    pub steps: Vec<Step>,
    /// What is done about failures where a step says nothing of its own.
    pub on_failure: FailurePolicy,
}

/// A liquid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Liquid {
    /// Its place.
    pub span: Range<usize>,
    /// Whether the person who loads it must tell its lot.
    pub lot: bool,
    /// Day after which it is not used, as "2027-03-31".
    pub expires: Option<Spanned<String>>,
}

/// What the names of a layout are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// Strains.
    #[default]
    Strains,
    /// Liquids: parts, primers, compounds.
    Liquids,
}

/// Who is in which well.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Its place.
    pub span: Range<usize>,
    /// What its names are.
    pub names: Names,
    /// Wells that are not empty: name and role.
    pub wells: BTreeMap<Well, (String, Role)>,
    /// Rows and columns as written; none for a list of wells.
    pub size: Option<(usize, usize)>,
}

/// What one well of a piece holds.
#[derive(Debug, Clone, PartialEq)]
pub struct PieceWell {
    /// The well.
    pub well: Well,
    /// The liquid.
    pub liquid: Spanned<String>,
    /// How much; what the run needs, where nothing is said.
    pub volume: Option<Spanned<Volume>>,
}

/// Tip racks, a reservoir or a tube rack, standing on one nest or more.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Its name.
    pub name: Spanned<String>,
    /// Labware definition.
    pub labware: Spanned<String>,
    /// The nests.
    pub at: Vec<Spanned<String>>,
    /// What its wells hold.
    pub contents: Vec<PieceWell>,
    /// A layout that names what its wells hold, and how much each holds.
    pub layout: Option<(Spanned<String>, Spanned<Volume>)>,
    /// Tips that are gone already, of a rack.
    pub used: Option<Spanned<Vec<Well>>>,
}

/// How a plate is known by its barcode.
#[derive(Debug, Clone, PartialEq)]
pub enum Barcode {
    /// It must show this text, with "{n}" for the plate's number.
    Required(Spanned<String>),
    /// It has one, which is read and recorded.
    Scanned(Range<usize>),
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
    /// Whether they start sealed.
    pub sealed: Spanned<bool>,
    /// How they are known.
    pub barcode: Option<Barcode>,
    /// Who is in which well at the start.
    pub layout: Option<Spanned<String>>,
    /// What the wells hold; those of the layout, where there is one.
    pub liquid: Option<Spanned<String>>,
    /// How much.
    pub volume: Option<Spanned<Volume>>,
    /// Cell density of the wells with a strain.
    pub od: Option<Spanned<Absorbance>>,
    /// Longest time that a plate may be out of its incubator, all absences together.
    pub out_at_most: Option<Spanned<Duration>>,
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
    /// A condition without which it is left out.
    pub when: Option<Spanned<String>>,
    /// Name of the group of steps that nothing comes between.
    pub unbroken: Option<Spanned<String>>,
    /// Latest end, from the start of the run.
    pub deadline: Option<Spanned<Duration>>,
    /// What is done about its failures.
    pub on_failure: FailurePolicy,
    /// What is done.
    pub work: StepWork,
}

/// Beginning or end of a step: what a delay counts from or to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Its beginning.
    Start,
    /// Its end.
    End,
}

/// A dependency on another step.
#[derive(Debug, Clone, PartialEq)]
pub struct AfterStep {
    /// The other step.
    pub step: Spanned<String>,
    /// What delays count from: its end, where nothing is said.
    pub from: Event,
    /// What they count to, of the step that waits: its beginning, where nothing is said.
    pub to: Event,
    /// At least this long after it.
    pub at_least: Duration,
    /// At most this long after it.
    pub at_most: Option<Spanned<Duration>>,
    /// By how much the interval may differ between the plates of a group.
    pub equal_within: Option<Spanned<Duration>>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepWork {
    /// From a reservoir, tube or well into the wells of plates.
    Distribute(liquid::Distribute),
    /// From plates into plates, well to well or by a list.
    Transfer(liquid::Transfer),
    /// Many wells into one.
    Consolidate(liquid::Consolidate),
    /// Between 96 and 384 wells.
    Stamp(liquid::Stamp),
    /// A dilution series within plates.
    Dilute(liquid::Dilute),
    /// Mixing in place.
    Mix(liquid::MixWells),
    /// From wells onto agar.
    Spot(liquid::Spot),
    /// Colonies from agar into wells.
    PickColonies(liquid::PickColonies),
    /// Single movements of a pipette.
    Pipette(liquid::Pipetting),
    /// Prime, flush or wash the line of a probe.
    Line(liquid::LineWork),
    /// Pick what was chosen.
    Pick(liquid::Pick),
    /// Something a station does to plates.
    Station(plate::StationWork),
    /// Keep plates in an incubator.
    Incubate(plate::Incubation),
    /// Put plates elsewhere.
    Move(plate::Move),
    /// Take lids off for good.
    Unlid(plate::Unlid),
    /// Put them back on.
    Lid(plate::PutLid),
    /// Let time pass.
    Wait(plate::Wait),
    /// A person brings plates, takes them away, or replaces what is used up.
    Operator(plate::Operator),
    /// Ask a person.
    Prompt(plate::Prompt),
    /// Set or measure something with a regulator.
    Regulator(regulator::RegulatorWork),
    /// Read plates, once or repeatedly.
    Read(data::Read),
    /// Growth rates from readings.
    Growth(data::Growth),
    /// Change between first and last reading.
    Endpoint(data::Endpoint),
    /// Choose hits.
    Select(data::Select),
    /// Picked colonies that did not grow.
    FailedPicks(data::FailedPicks),
    /// Keep the value of an expression.
    Record(data::Record),
    /// Prove what pipettes deliver.
    Verify(volume::Verify),
}

impl StepWork {
    /// The word in the file.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Distribute(_) => "distribute",
            Self::Transfer(_) => "transfer",
            Self::Consolidate(_) => "consolidate",
            Self::Stamp(_) => "stamp",
            Self::Dilute(_) => "dilute",
            Self::Mix(_) => "mix",
            Self::Spot(_) => "spot",
            Self::PickColonies(_) => "pick_colonies",
            Self::Pipette(_) => "pipette",
            Self::Line(l) => l.task.word(),
            Self::Pick(_) => "pick",
            Self::Station(s) => s.task.word(),
            Self::Incubate(_) => "incubate",
            Self::Move(_) => "move",
            Self::Unlid(_) => "unlid",
            Self::Lid(_) => "lid",
            Self::Wait(_) => "wait",
            Self::Operator(o) => o.task.word(),
            Self::Prompt(_) => "prompt",
            Self::Regulator(r) => r.task.word(),
            Self::Read(_) => "read",
            Self::Growth(_) | Self::Endpoint(_) => "analyse",
            Self::Select(_) | Self::FailedPicks(_) => "select",
            Self::Record(_) => "record",
            Self::Verify(_) => "verify",
        }
    }
}
