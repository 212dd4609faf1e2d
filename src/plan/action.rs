//! Actions: what one instrument, or a person, does in one piece; each is journaled before and after.

use super::{AreaScan, Height, Measure, PlateId, Prompt, Site, ThermalProgram, Travel};
use crate::rig::{InstrumentId, NestId, PipetteId, QuantityId};
use crate::units::{
    Amount, Duration, FlowRate, Force, Length, RotationSpeed, Temperature, Volume, Wavelength, text_name,
};
use serde::{Deserialize, Serialize};

text_name!(
    /// Name of a labware definition, as "plate-96-flat".
    LabwareName
);

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

/// One piece of physical work. Volumes are per channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Find all axes of a liquid handler or mover.
    Home,
    /// Find the axes of a liquid handler but for its plungers, mounts up first, then across: what its tips hold stays in them.
    HomeGantry,
    /// A person takes the tips off these pipettes of a liquid handler that does not know where its plungers are; what they
    /// hold goes with them.
    TakeOffTips {
        /// Which pipettes.
        pipettes: Vec<PipetteId>,
    },
    /// Find the plungers of a liquid handler that has no tips on.
    HomePlungers,
    /// Bring an incubator or station to a known state.
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
        /// How the tip enters and leaves the liquid.
        #[serde(default, skip_serializing_if = "Travel::is_plain")]
        travel: Travel,
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
        /// How the tip enters and leaves the liquid.
        #[serde(default, skip_serializing_if = "Travel::is_plain")]
        travel: Travel,
    },
    /// Draw air with the tips' ends over the rim, so that nothing drips on the way; the next strokes push it out
    /// before any liquid.
    AirGap {
        /// Which pipette.
        pipette: PipetteId,
        /// Over which well.
        at: Site,
        /// How much, per channel.
        volume: Volume,
        /// What each tip holds before, air included.
        holding: Volume,
        /// How fast.
        flow: FlowRate,
        /// Where the tip's end is; over the rim.
        height: Height,
    },
    /// Touch the well's wall with the tips' ends on four sides.
    TouchTip {
        /// Which pipette.
        pipette: PipetteId,
        /// Which well.
        at: Site,
        /// Where the tip's end is; under the rim.
        height: Height,
    },
    /// Push the plunger past the end of its stroke, so that nothing stays in the tip.
    BlowOut {
        /// Which pipette.
        pipette: PipetteId,
        /// Over or in which well.
        at: Site,
        /// How fast.
        flow: FlowRate,
        /// Where the tip's end is.
        height: Height,
    },
    /// Touch a surface of agar with the tip's end: a colony sticks to it, or what sticks to it is left there.
    Dip {
        /// Which pipette; of one channel.
        pipette: PipetteId,
        /// Where.
        at: Site,
        /// Where the tip's end is.
        height: Height,
    },
    /// Stand still for a while: the engine counts the time, the instrument keeps what it has and holds.
    Dwell {
        /// How long.
        duration: Duration,
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
    /// Set down a plate that is in the gripper.
    SetDown {
        /// Which plate.
        plate: PlateId,
        /// Where.
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
    /// Incubator or station: shake at this speed, or stop.
    Shake {
        /// The speed; none stops.
        speed: Option<RotationSpeed>,
    },
    /// Incubator or station: hold this temperature.
    SetTemperature {
        /// The temperature.
        temperature: Temperature,
    },
    /// Reader: tray out; station: door open.
    OpenTray,
    /// Reader: tray in; station: door closed.
    CloseTray,
    /// Reader: measure every well of the plate on the tray.
    ReadAbsorbance {
        /// Which plate.
        plate: PlateId,
        /// At this wavelength.
        wavelength: Wavelength,
        /// How many wells the plate has.
        wells: u16,
        /// At many points of every well instead of one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<AreaScan>,
    },
    /// Reader: measure the fluorescence of every well of the plate on the tray.
    ReadFluorescence {
        /// Which plate.
        plate: PlateId,
        /// Light that excites.
        excitation: Wavelength,
        /// Light that is measured.
        emission: Wavelength,
        /// Gain of the detector, 1 to 255.
        gain: u16,
        /// How many wells the plate has.
        wells: u16,
        /// At many points of every well instead of one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<AreaScan>,
    },
    /// Reader: measure the luminescence of every well of the plate on the tray.
    ReadLuminescence {
        /// Which plate.
        plate: PlateId,
        /// How long light is gathered per well.
        integration: Duration,
        /// How many wells the plate has.
        wells: u16,
    },
    /// Station: seal the plate that stands in it.
    Seal {
        /// Which plate.
        plate: PlateId,
        /// Of the sealing plate.
        temperature: Temperature,
        /// How long it presses.
        duration: Duration,
    },
    /// Station: take the seal off the plate that stands in it.
    Peel {
        /// Which plate.
        plate: PlateId,
    },
    /// Station: spin the plate that stands in it.
    Spin {
        /// Which plate.
        plate: PlateId,
        /// How hard.
        force: Force,
        /// How long, from start to full stop.
        duration: Duration,
    },
    /// Station: take the plate that stands in it through temperatures.
    Thermocycle {
        /// Which plate.
        plate: PlateId,
        /// The temperatures.
        program: ThermalProgram,
    },
    /// Station: read the barcode of the plate that stands in it and compare.
    ReadBarcode {
        /// Which plate is expected.
        plate: PlateId,
        /// The barcode that is expected; none records what is there.
        expected: Option<String>,
    },
    /// Bring the end of a fixed probe to a height in or over a well, up first where it is elsewhere. A goal: nothing
    /// comes of doing it again.
    MoveProbe {
        /// Which probe.
        probe: PipetteId,
        /// Which well.
        at: Site,
        /// Where the probe's end is.
        height: Height,
        /// How it enters liquid.
        #[serde(default, skip_serializing_if = "Travel::is_plain")]
        travel: Travel,
    },
    /// Bring a pipette without tips, a probe or pins over a well, at the height at which the gantry travels: what is left
    /// of every stroke in a dry run. A goal: nothing comes of doing it again.
    GoOver {
        /// Which.
        pipette: PipetteId,
        /// Which well.
        at: Site,
    },
    /// Bring the end of a pipette without tips, or of a probe, straight to a point of the gantry's frame: jogging. Who
    /// orders it answers for the way. A goal.
    MoveNozzle {
        /// Which.
        pipette: PipetteId,
        /// To the right.
        x: Length,
        /// To the back.
        y: Length,
        /// Up.
        z: Length,
    },
    /// Bring the pins of a pin tool down into a liquid or onto agar, so many times; there they stay. A goal: nothing comes
    /// of doing it again, as pins carry the same out of a liquid however often they come down in it.
    DipPins {
        /// Which pin tool.
        pins: PipetteId,
        /// Where; the well is that of pin 1.
        at: Site,
        /// Where the pins' ends are.
        height: Height,
        /// How often they come down, from 1.
        times: u8,
        /// What each pin gives off.
        #[serde(default, skip_serializing_if = "nothing")]
        gives: Volume,
        /// What each pin carries away.
        #[serde(default, skip_serializing_if = "nothing")]
        takes: Volume,
    },
    /// A syringe pump finds its plunger's zero; what its syringe holds comes out of the probe.
    PumpHome {
        /// Which pump.
        pump: InstrumentId,
    },
    /// A syringe pump draws: at the probe's end, or from its bottle.
    Draw {
        /// Which pump; it performs the action.
        pump: InstrumentId,
        /// The probe at its tubing.
        probe: PipetteId,
        /// Where the probe's end is; none draws from the bottle.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Site>,
        /// How much.
        volume: Volume,
        /// What the syringe holds before: where its plunger stands.
        holding: Volume,
        /// How fast.
        flow: FlowRate,
        /// Air, with the probe's end over the rim.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        air: bool,
    },
    /// A syringe pump expels through its probe.
    Expel {
        /// Which pump; it performs the action.
        pump: InstrumentId,
        /// The probe at its tubing.
        probe: PipetteId,
        /// Where the probe's end is.
        at: Site,
        /// How much.
        volume: Volume,
        /// What the syringe holds before: where its plunger stands.
        holding: Volume,
        /// How fast.
        flow: FlowRate,
    },
    /// Regulator: change a set-point, not faster than the rig file allows. A goal: nothing comes of stating it again.
    SetPoint {
        /// Of which quantity.
        quantity: QuantityId,
        /// What it is set to.
        to: Amount,
        /// It is done when what is measured has come this near.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reach: Option<Reach>,
    },
    /// Regulator: measure a quantity.
    Measure {
        /// Which.
        quantity: QuantityId,
        /// Within what it must be; anything else is a failure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        between: Option<(Amount, Amount)>,
    },
    /// Ask a person to do or answer something.
    Ask(Prompt),
}

/// When a set-point is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// What is measured differs from it by no more than this.
    pub within: Amount,
    /// The longest that it may take, beside the time that a rate costs.
    pub timeout: Duration,
}

/// Whether a volume is none.
fn nothing(volume: &Volume) -> bool {
    volume.get() == 0
}

impl Action {
    /// The action's word in rig files (`durations`), journals and messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::HomeGantry => "home_gantry",
            Self::TakeOffTips { .. } => "take_off_tips",
            Self::HomePlungers => "home_plungers",
            Self::Initialise => "initialise",
            Self::Park => "park",
            Self::PickUpTips { .. } => "pick_up_tips",
            Self::Aspirate { stay: true, .. } | Self::Dispense { stay: true, .. } => "mix_stroke",
            Self::Aspirate { .. } => "aspirate",
            Self::Dispense { .. } => "dispense",
            Self::DropTips { .. } => "drop_tips",
            Self::MovePlate { .. } => "move_plate",
            Self::SetDown { .. } => "set_down",
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
            Self::AirGap { .. } => "air_gap",
            Self::TouchTip { .. } => "touch_tip",
            Self::BlowOut { .. } => "blow_out",
            Self::Dip { .. } => "dip",
            Self::Dwell { .. } => "dwell",
            Self::ReadFluorescence { .. } => "read_fluorescence",
            Self::ReadLuminescence { .. } => "read_luminescence",
            Self::Seal { .. } => "seal",
            Self::Peel { .. } => "peel",
            Self::Spin { .. } => "spin",
            Self::Thermocycle { .. } => "thermocycle",
            Self::ReadBarcode { .. } => "read_barcode",
            Self::MoveProbe { .. } => "move_probe",
            Self::GoOver { .. } => "go_over",
            Self::MoveNozzle { .. } => "move_nozzle",
            Self::DipPins { .. } => "dip_pins",
            Self::PumpHome { .. } => "pump_home",
            Self::Draw { .. } => "draw",
            Self::Expel { .. } => "expel",
            Self::SetPoint { .. } => "set_point",
            Self::Measure { .. } => "measure",
            Self::Ask(_) => "ask",
        }
    }
    /// The pump that performs it, whosever phase it is part of: a probe is moved by one instrument, its liquid by another.
    pub const fn pump(&self) -> Option<&InstrumentId> {
        match self {
            Self::PumpHome { pump } | Self::Draw { pump, .. } | Self::Expel { pump, .. } => Some(pump),
            _ => None,
        }
    }
    /// What it measures, if it measures.
    pub const fn measure(&self) -> Option<Measure> {
        match self {
            Self::ReadAbsorbance { wavelength, .. } => Some(Measure::Absorbance(*wavelength)),
            Self::ReadFluorescence {
                excitation,
                emission,
                gain,
                ..
            } => Some(Measure::Fluorescence {
                excitation: *excitation,
                emission: *emission,
                gain: *gain,
            }),
            Self::ReadLuminescence { integration, .. } => Some(Measure::Luminescence {
                integration: *integration,
            }),
            _ => None,
        }
    }
    /// The grid of points that it measures in every well, if it scans areas.
    pub const fn area(&self) -> Option<AreaScan> {
        match self {
            Self::ReadAbsorbance { area, .. } | Self::ReadFluorescence { area, .. } => *area,
            _ => None,
        }
    }
    /// What it sets or measures, if it is for a regulator.
    pub const fn quantity(&self) -> Option<&QuantityId> {
        match self {
            Self::SetPoint { quantity, .. } | Self::Measure { quantity, .. } => Some(quantity),
            _ => None,
        }
    }
    /// The plate it is about, if it is about one.
    pub const fn plate(&self) -> Option<&PlateId> {
        match self {
            Self::MovePlate { plate, .. }
            | Self::SetDown { plate, .. }
            | Self::RemoveLid { plate, .. }
            | Self::ReplaceLid { plate, .. }
            | Self::Store { plate, .. }
            | Self::Retrieve { plate, .. }
            | Self::ScanBarcode { plate, .. }
            | Self::ReadAbsorbance { plate, .. }
            | Self::ReadFluorescence { plate, .. }
            | Self::ReadLuminescence { plate, .. }
            | Self::Seal { plate, .. }
            | Self::Peel { plate }
            | Self::Spin { plate, .. }
            | Self::Thermocycle { plate, .. }
            | Self::ReadBarcode { plate, .. } => Some(plate),
            _ => None,
        }
    }
}
