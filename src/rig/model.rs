//! What a rig file says, as plain data.

use super::profile::Profile;
use super::regulators::Regulator;
use super::{
    BioTek, Calibration, Cassette, Gantry, Input, InputId, InputModule, InputModuleId, InstrumentId, Link,
    NestId, Pins, PipetteId, PreciseFlex, Probe, Pump, Safe, Service, SpectraMax, Verifications, ZoneId,
};
use crate::units::{
    Duration, EvaporationRate, FlowRate, Force, Length, RotationSpeed, Share, Temperature, Volume, Wavelength,
};
use std::collections::BTreeMap;

/// A point in the frame of the gantry, over the nominal deck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Point {
    /// To the right.
    pub x: Length,
    /// To the back.
    pub y: Length,
    /// Up.
    pub z: Length,
}

/// Which driver speaks to an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driver {
    /// Opentrons OT-2 motor controller.
    Ot2,
    /// Home-built gantry.
    Gantry(Box<Gantry>),
    /// Thermo Cytomat, native protocol.
    Cytomat,
    /// Tecan Cavro syringe pump.
    Cavro,
    /// Agilent BioTek plate reader, of this model.
    BioTek(BioTek),
    /// BMG LABTECH CLARIOstar.
    ClarioStar,
    /// Molecular Devices SpectraMax, of this model.
    SpectraMax(SpectraMax),
    /// Liconic STX with these cassettes; its slots are their levels, one cassette after the other.
    Liconic(Vec<Cassette>),
    /// PreciseFlex arm.
    PreciseFlex(Box<PreciseFlex>),
    /// A profile, by its path as written in the rig file.
    Profile(String),
}

impl Driver {
    /// The word of its kind in rig files.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ot2 => "ot2",
            Self::Gantry(_) => "gantry",
            Self::Cytomat => "cytomat",
            Self::Cavro => "cavro",
            Self::BioTek(_) => "biotek",
            Self::ClarioStar => "clariostar",
            Self::SpectraMax(_) => "spectramax",
            Self::Liconic(_) => "liconic",
            Self::PreciseFlex(_) => "precise_flex",
            Self::Profile(_) => "profile",
        }
    }
    /// Whether its driver keeps all axes below a share of their usual speed where a run wants that.
    pub const fn limits_speed(&self) -> bool {
        matches!(self, Self::Ot2 | Self::Gantry(_) | Self::PreciseFlex(_))
    }
}

/// Side of the carriage a pipette hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mount {
    /// Axes Z and B of the motor board.
    Left,
    /// Axes A and C of the motor board.
    Right,
}

impl Mount {
    /// "left" or "right".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}

/// A pipette of a liquid handler, or what hangs on its mount instead: a fixed probe whose liquid a pump moves, or pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipette {
    /// Where it hangs.
    pub mount: Mount,
    /// Model as in the maker's tables, as "p300_multi_v2.1"; of a probe or pins, empty.
    pub model: String,
    /// 1 or 8.
    pub channels: u8,
    /// Smallest volume it is trusted with, per channel.
    pub min_volume: Volume,
    /// Largest volume it holds, per channel.
    pub max_volume: Volume,
    /// Tip racks that fit, by labware name; none of a probe or pins.
    pub tip_racks: Vec<String>,
    /// Usual flow rate.
    pub flow: FlowRate,
    /// Nozzle of channel 1 relative to the carriage; of a probe or pins, where they are held.
    pub nozzle: Point,
    /// Slender part of the nozzles under the pipette's body, which may go into wells of 7 mm and more.
    pub nozzle_length: Length,
    /// Coefficient of variation of a stroke's volume: the random error of ISO 8655.
    pub random_error: Share,
    /// A fixed probe instead of nozzles for tips.
    pub probe: Option<Probe>,
    /// Pins instead of nozzles for tips.
    pub pins: Option<Pins>,
}

impl Pipette {
    /// What a channel may draw for a moment beyond its stroke, to take up backlash: 2 % of its range; nothing of a probe,
    /// whose pump takes it up within its drive, and of pins, which draw nothing.
    pub fn overshoot(&self) -> Volume {
        if self.fixed().is_some() {
            return Volume::nl(0);
        }
        Volume::nl(self.max_volume.get() / 50)
    }
    /// How far the ends of what cannot be taken off are below where it is held: of a probe or pins.
    pub fn fixed(&self) -> Option<Length> {
        let probe = self.probe.as_ref().map(|p| p.length);
        probe.or_else(|| self.pins.as_ref().map(|p| p.length))
    }
}

/// A liquid handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiquidHandler {
    /// Its pipettes.
    pub pipettes: BTreeMap<PipetteId, Pipette>,
    /// Carriage position when parked.
    pub park: (Length, Length),
    /// Nest of the tip waste.
    pub waste: NestId,
    /// True where a halt line is wired; false when halt is by command only.
    pub halt_line: bool,
}

/// An absorbance plate reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlateReader {
    /// The nest that its tray is.
    pub tray: NestId,
    /// Shortest and longest wavelength.
    pub wavelengths: (Wavelength, Wavelength),
    /// Whether it measures fluorescence.
    pub fluorescence: bool,
    /// Whether it measures luminescence.
    pub luminescence: bool,
    /// Most points along one side of an area scan; 0 where it scans none.
    pub area_scan: u8,
}

/// An incubator with numbered slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incubator {
    /// The nest that its transfer station is.
    pub transfer: NestId,
    /// How many slots; they are the nests "NAME-1" and on.
    pub slots: u16,
    /// Its temperature.
    pub temperature: Temperature,
    /// Its shaking speed, if it shakes.
    pub shaking: Option<RotationSpeed>,
    /// Whether it reads barcodes.
    pub barcode_reader: bool,
}

/// A plate mover; it reaches the nests that have a station number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlateMover;

/// A machine with one nest, in which something is done to the plate that the mover puts there: sealer, peeler,
/// centrifuge, thermocycler, shaker, heater, cooler, barcode reader, or several of them in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// The nest that its place for a plate is.
    pub nest: NestId,
    /// Whether it has a door or lid that is opened (`open_tray`) before a plate goes in or out and closed
    /// (`close_tray`) before it works.
    pub door: bool,
    /// What it can do.
    pub abilities: Abilities,
}

/// What a station can do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Abilities {
    /// Seals plates, with a sealing plate between these temperatures.
    pub seal: Option<(Temperature, Temperature)>,
    /// Takes seals off.
    pub peel: bool,
    /// Spins plates, up to this force.
    pub spin: Option<Force>,
    /// Runs thermal programs between these temperatures.
    pub thermocycle: Option<(Temperature, Temperature)>,
    /// Holds a temperature between these.
    pub hold: Option<(Temperature, Temperature)>,
    /// Shakes between these speeds.
    pub shake: Option<(RotationSpeed, RotationSpeed)>,
    /// Reads barcodes.
    pub scan: bool,
}

/// What an instrument can be asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Pipettes.
    LiquidHandler(LiquidHandler),
    /// Reads plates.
    PlateReader(PlateReader),
    /// Keeps plates warm.
    Incubator(Incubator),
    /// Moves plates and lids.
    PlateMover(PlateMover),
    /// Does something to the plate in its nest.
    Station(Station),
    /// Moves the liquid of a probe.
    Pump(Pump),
    /// Measures, and holds set-points.
    Regulator(Regulator),
}

impl Role {
    /// The word for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LiquidHandler(_) => "liquid_handler",
            Self::PlateReader(_) => "plate_reader",
            Self::Incubator(_) => "incubator",
            Self::PlateMover(_) => "plate_mover",
            Self::Station(_) => "station",
            Self::Pump(_) => "pump",
            Self::Regulator(_) => "regulator",
        }
    }
}

/// Who an instrument must say it is, as far as the rig file wants to know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// Serial number, as the instrument writes it.
    pub serial: Option<String>,
    /// Firmware, as the instrument writes it.
    pub firmware: Option<String>,
}

/// One instrument of the rig.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// Name for people.
    pub title: String,
    /// Which driver speaks to it.
    pub driver: Driver,
    /// How it is reached.
    pub link: Link,
    /// Who it must say it is.
    pub identity: Expected,
    /// The zone its moving parts sweep.
    pub zone: Option<ZoneId>,
    /// How long its actions take, by the action's name in the file ("move_plate").
    pub durations: BTreeMap<String, Duration>,
    /// What it can be asked to do.
    pub role: Role,
    /// How it is left when a run is aborted.
    pub safe: Safe,
    /// While nobody uses it, it is asked this often whether it still answers; never, where nothing is said.
    pub heartbeat: Option<Duration>,
    /// What wears out in it, and when it is due.
    pub service: Service,
}

/// What a nest is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NestKind {
    /// A deck slot.
    Deck,
    /// The waste of a liquid handler.
    Waste,
    /// Where a probe is rinsed: labware of kind "waste" with the drain as A1 and the cleaner as A2.
    WashStation,
    /// Where pins are sterilised: labware of kind "reservoir" with a bath in each well.
    SterilisingStation,
    /// An incubator's transfer station.
    TransferStation,
    /// A reader's tray.
    ReaderTray,
    /// The place for a plate in a station.
    Station,
    /// A place for one lid.
    Lid,
    /// A hotel place.
    Hotel,
    /// A cooled place.
    Cold,
    /// A slot of an incubator, reached by its own handler through the transfer station.
    IncubatorSlot {
        /// The incubator.
        instrument: InstrumentId,
        /// Slot number, from 1.
        slot: u16,
    },
}

/// A named place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nest {
    /// What it is.
    pub kind: NestKind,
    /// The zone it lies in.
    pub zone: Option<ZoneId>,
    /// Left front corner on the nominal deck.
    pub position: Option<Point>,
    /// The mover's number for it.
    pub station: Option<u16>,
    /// Labware that is always there.
    pub labware: Option<String>,
    /// Its own temperature.
    pub temperature: Option<Temperature>,
}

/// What evaporates from a well at most; under a seal nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evaporation {
    /// Without a lid.
    pub open: EvaporationRate,
    /// Under a lid.
    pub lidded: EvaporationRate,
    /// From a trough of a reservoir, which has no lid; nothing, where nothing is said.
    pub reservoir: Option<EvaporationRate>,
    /// From an open tube; nothing, where nothing is said.
    pub tube: Option<EvaporationRate>,
}

/// A shared relation of simulated time and boot time: simulated = `sim_us` + (boot − `boot_us`) × `factor`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockAnchor {
    /// Simulated microseconds since the Unix epoch at the anchor.
    pub sim_us: u64,
    /// Microseconds of boot time at the anchor.
    pub boot_us: u64,
    /// Simulated seconds per second.
    pub factor: f64,
}

/// A whole rig.
#[derive(Debug, Clone, PartialEq)]
pub struct Rig {
    /// Its name.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Height of the nozzles over the deck when the gantry travels.
    pub safe_height: Length,
    /// The instruments.
    pub instruments: BTreeMap<InstrumentId, Instrument>,
    /// Modules that read contacts.
    pub input_modules: BTreeMap<InputModuleId, InputModule>,
    /// Contacts that stop instruments: emergency stops and interlocks.
    pub inputs: BTreeMap<InputId, Input>,
    /// Camera stages whose lists of colonies are in pixels.
    pub cameras: BTreeMap<String, super::Camera>,
    /// Every nest, incubator slots included.
    pub nests: BTreeMap<NestId, Nest>,
    /// Zones with their titles.
    pub zones: BTreeMap<ZoneId, String>,
    /// Measured corrections.
    pub calibration: Calibration,
    /// What pipettes were found to deliver.
    pub verifications: Verifications,
    /// What evaporates, where that is told.
    pub evaporation: Option<Evaporation>,
    /// Profiles by path as written in the file.
    pub profiles: BTreeMap<String, Profile>,
    /// Where a simulated operator answers prompts; on a real rig nobody does.
    pub operator: Option<Link>,
    /// The clock shared with served simulated instruments.
    pub clock: Option<ClockAnchor>,
    /// How long an operator usually takes to answer; what a plan reckons with.
    pub operator_time: Duration,
    /// Share of their usual speed that axes may move at, in per cent, where a run limits it; no rig file says so.
    pub slow: Option<u8>,
}

impl Rig {
    /// The planned duration of an action of an instrument; zero where the file names none.
    pub fn duration(&self, instrument: &InstrumentId, action: &str) -> Duration {
        self.instruments
            .get(instrument)
            .and_then(|i| i.durations.get(action))
            .copied()
            .unwrap_or_default()
    }
    /// How many wells a plate must have that an instrument reads; none where its driver takes any.
    pub fn read_wells(&self, instrument: &InstrumentId) -> Option<usize> {
        let Driver::Profile(path) = &self.instruments.get(instrument)?.driver else {
            return None;
        };
        let profile = self.profiles.get(path)?.modbus()?;
        let stored = profile.commands.get("read_absorbance")?.reading.as_ref()?;
        profile
            .registers
            .get(&stored.values)
            .map(|r| usize::from(r.count))
    }
    /// Whether a regulator has something to do before it is used. One of which nothing may be changed is left as it is.
    pub fn initialises(&self, instrument: &Instrument) -> bool {
        if matches!(&instrument.role, Role::Regulator(regulator) if regulator.set_points.is_empty()) {
            return false;
        }
        match &instrument.driver {
            Driver::Profile(path) => self
                .profiles
                .get(path)
                .is_some_and(|profile| profile.has_command("initialise")),
            _ => false,
        }
    }
    /// What the profile of an instrument tells of a quantity.
    pub fn quantity(
        &self,
        instrument: &InstrumentId,
        quantity: &super::QuantityId,
    ) -> Option<super::profile::Quantity> {
        match &self.instruments.get(instrument)?.driver {
            Driver::Profile(path) => self.profiles.get(path)?.quantity(quantity),
            _ => None,
        }
    }
    /// The first instrument with a role, by the role's word.
    pub fn with_role(&self, role: &str) -> Option<(&InstrumentId, &Instrument)> {
        self.instruments.iter().find(|(_, i)| i.role.name() == role)
    }
}
