//! Actions: what one instrument, or a person, does in one piece; each is journaled before and after.

use super::{PlateId, StrainId};
use crate::labware::Well;
use crate::rig::{InstrumentId, NestId, PipetteId};
use crate::units::{Absorbance, FlowRate, Length, RotationSpeed, Temperature, Volume, Wavelength};
use serde::{Deserialize, Serialize};

/// Who performs an action.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// An instrument of the rig.
    Instrument(InstrumentId),
    /// A person at the rig.
    Operator,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Instrument(id) => id.fmt(f),
            Self::Operator => f.write_str("operator"),
        }
    }
}

/// A well of a piece of labware that stands on a nest; with several channels, the well of channel 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Site {
    /// Where the labware stands.
    pub nest: NestId,
    /// Name of the labware definition.
    pub labware: String,
    /// The well.
    pub well: Well,
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

/// One piece of physical work. Volumes are per channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Find all axes of a liquid handler or mover.
    Home,
    /// Bring an incubator to a known state.
    Initialise,
    /// Move the gantry clear of its zone.
    Park,
    /// Press the nozzles onto tips; the well is that of channel 1.
    PickUpTips {
        /// Which pipette.
        pipette: PipetteId,
        /// Where the tips are.
        at: Site,
    },
    /// Draw liquid.
    Aspirate {
        /// Which pipette.
        pipette: PipetteId,
        /// From where.
        at: Site,
        /// How much, per channel.
        volume: Volume,
        /// What each tip holds before.
        holding: Volume,
        /// How fast.
        flow: FlowRate,
        /// Where the tip's end is.
        height: Height,
        /// True for a stroke that stays in its well (mixing): the gantry need not rise.
        stay: bool,
    },
    /// Expel liquid.
    Dispense {
        /// Which pipette.
        pipette: PipetteId,
        /// To where.
        at: Site,
        /// How much, per channel.
        volume: Volume,
        /// What each tip holds before.
        holding: Volume,
        /// How fast.
        flow: FlowRate,
        /// Where the tip's end is.
        height: Height,
        /// True for a stroke that stays in its well (mixing).
        stay: bool,
    },
    /// Eject the tips over the waste.
    DropTips {
        /// Which pipette.
        pipette: PipetteId,
        /// The waste.
        at: Site,
    },
    /// Carry a plate (with its lid, if it has one on) from nest to nest.
    MovePlate {
        /// Which plate.
        plate: PlateId,
        /// From.
        from: NestId,
        /// To.
        to: NestId,
    },
    /// Take the lid off a plate and lay it into a lid nest.
    RemoveLid {
        /// Which plate.
        plate: PlateId,
        /// Where the plate stands.
        from: NestId,
        /// The lid nest.
        to: NestId,
    },
    /// Lay the lid from a lid nest onto its plate.
    ReplaceLid {
        /// Which plate.
        plate: PlateId,
        /// The lid nest.
        from: NestId,
        /// Where the plate stands.
        to: NestId,
    },
    /// Incubator: from the transfer station into a slot.
    Store {
        /// Which plate.
        plate: PlateId,
        /// The slot's nest.
        slot: NestId,
    },
    /// Incubator: from a slot to the transfer station.
    Retrieve {
        /// Which plate.
        plate: PlateId,
        /// The slot's nest.
        slot: NestId,
    },
    /// Incubator: read the barcode of the plate in a slot and compare.
    ScanBarcode {
        /// Which plate is expected.
        plate: PlateId,
        /// The slot's nest.
        slot: NestId,
        /// The barcode that is expected.
        expected: String,
    },
    /// Incubator: shake at this speed, or stop.
    Shake {
        /// The speed; none stops.
        speed: Option<RotationSpeed>,
    },
    /// Incubator: hold this temperature.
    SetTemperature {
        /// The temperature.
        temperature: Temperature,
    },
    /// Reader: tray out.
    OpenTray,
    /// Reader: tray in.
    CloseTray,
    /// Reader: measure every well of the plate on the tray.
    ReadAbsorbance {
        /// Which plate.
        plate: PlateId,
        /// At this wavelength.
        wavelength: Wavelength,
        /// How many wells the plate has.
        wells: u16,
    },
    /// Ask a person to do or answer something.
    Ask(Prompt),
}

impl Action {
    /// The action's word in rig files (`durations`), journals and messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Initialise => "initialise",
            Self::Park => "park",
            Self::PickUpTips { .. } => "pick_up_tips",
            Self::Aspirate { stay: true, .. } | Self::Dispense { stay: true, .. } => "mix_stroke",
            Self::Aspirate { .. } => "aspirate",
            Self::Dispense { .. } => "dispense",
            Self::DropTips { .. } => "drop_tips",
            Self::MovePlate { .. } => "move_plate",
            Self::RemoveLid { .. } => "remove_lid",
            Self::ReplaceLid { .. } => "replace_lid",
            Self::Store { .. } => "store",
            Self::Retrieve { .. } => "retrieve",
            Self::ScanBarcode { .. } => "scan_barcode",
            Self::Shake { .. } => "shake",
            Self::SetTemperature { .. } => "set_temperature",
            Self::OpenTray => "open_tray",
            Self::CloseTray => "close_tray",
            Self::ReadAbsorbance { .. } => "read_absorbance",
            Self::Ask(_) => "ask",
        }
    }
    /// The plate it is about, if it is about one.
    pub const fn plate(&self) -> Option<&PlateId> {
        match self {
            Self::MovePlate { plate, .. }
            | Self::RemoveLid { plate, .. }
            | Self::ReplaceLid { plate, .. }
            | Self::Store { plate, .. }
            | Self::Retrieve { plate, .. }
            | Self::ScanBarcode { plate, .. }
            | Self::ReadAbsorbance { plate, .. } => Some(plate),
            _ => None,
        }
    }
}

/// What a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptKind {
    /// Put things in place, then confirm.
    Load,
    /// Confirm a sentence.
    Confirm,
}

/// A question or request to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// What kind of answer it wants.
    pub kind: PromptKind,
    /// The sentence shown.
    pub text: String,
    /// What to put where.
    pub items: Vec<LoadItem>,
}

/// One thing to put in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "load", rename_all = "snake_case")]
pub enum LoadItem {
    /// A tip rack or reservoir, full; takes away what stood there when `replace` is true.
    Piece {
        /// The piece's name in the protocol.
        name: String,
        /// Labware definition.
        labware: String,
        /// Where.
        nest: NestId,
        /// Whether something used is taken away first.
        replace: bool,
        /// Its liquids.
        contents: Vec<LoadLiquid>,
    },
    /// A plate.
    Plate {
        /// Which.
        plate: PlateId,
        /// Labware definition.
        labware: String,
        /// Where.
        nest: NestId,
        /// Its barcode.
        barcode: Option<String>,
        /// With its lid on.
        lidded: bool,
        /// What its wells hold.
        contents: Vec<LoadLiquid>,
    },
    /// Fill a reservoir up to these volumes.
    Refill {
        /// The piece's name in the protocol.
        name: String,
        /// Where it stands.
        nest: NestId,
        /// Its liquids afterwards.
        contents: Vec<LoadLiquid>,
    },
    /// Empty the tip waste.
    EmptyWaste {
        /// Where it is.
        nest: NestId,
    },
}

/// What a well holds when it is loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadLiquid {
    /// The well.
    pub well: Well,
    /// Name of the liquid in the protocol.
    pub liquid: String,
    /// The strain that lives in it, if any.
    pub strain: Option<StrainId>,
    /// How much.
    pub volume: Volume,
    /// Cell density as OD600 at 1 cm; zero without cells.
    pub od: Absorbance,
}

impl Eq for LoadLiquid {}
