//! The rig file as the simulator reads it: instruments, nests and the simulated world's figures.

use super::Table;
use crate::{
    SimError,
    fault::Planned,
    quantity::{Celsius, Gravity, Mm, Nl, NlPerHour, PerHour, Rpm, Seconds, Share},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A rig file.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Rig {
    pub(crate) instruments: BTreeMap<String, Instrument>,
    #[serde(default)]
    pub(crate) nests: BTreeMap<String, Nest>,
    #[serde(default)]
    pub(crate) input_modules: BTreeMap<String, Module>,
    #[serde(default)]
    pub(crate) inputs: BTreeMap<String, Input>,
    #[serde(default = "Simulation::usual")]
    pub(crate) simulation: Simulation,
}

/// A module that reads contacts.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Module {
    pub(crate) link: Link,
}

/// A contact that a module reads.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Input {
    pub(crate) module: String,
    pub(crate) read: Contact,
}

/// How a contact is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Contact {
    /// A bit of a Modbus table, on while the contact is closed, unless `safe` says otherwise.
    Bit {
        table: Table,
        address: u16,
        #[serde(default)]
        bit: u32,
        safe: Option<String>,
    },
    /// A line of text.
    Line { query: String, safe: String },
}

/// One instrument's entry; keys of other kinds are absent.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Instrument {
    pub(crate) kind: String,
    pub(crate) link: Link,
    pub(crate) zone: Option<String>,
    pub(crate) park: Option<[Mm; 2]>,
    #[serde(default)]
    pub(crate) pipettes: BTreeMap<String, Pipette>,
    #[serde(default)]
    pub(crate) probes: BTreeMap<String, Probe>,
    #[serde(default)]
    pub(crate) pin_tools: BTreeMap<String, PinTool>,
    /// Of a gantry, by its name.
    #[serde(default)]
    pub(crate) axes: BTreeMap<String, SaidAxis>,
    /// Of a pump.
    pub(crate) model: Option<String>,
    pub(crate) address: Option<u8>,
    pub(crate) syringe: Option<Nl>,
    pub(crate) bottle: Option<Bottle>,
    /// What the container under its wash station takes.
    pub(crate) drain: Option<Nl>,
    #[serde(default)]
    pub(crate) durations: BTreeMap<String, Seconds>,
    pub(crate) profile: Option<String>,
    pub(crate) tray: Option<String>,
    pub(crate) transfer: Option<String>,
    pub(crate) slots: Option<u16>,
    pub(crate) temperature: Option<Celsius>,
    #[serde(default)]
    pub(crate) barcode_reader: bool,
    #[serde(default)]
    pub(crate) fluorescence: bool,
    #[serde(default)]
    pub(crate) luminescence: bool,
    /// Most points along one side of an area scan.
    #[serde(default)]
    pub(crate) area_scan: u16,
    pub(crate) nest: Option<String>,
    #[serde(default)]
    pub(crate) door: bool,
    #[serde(default)]
    pub(crate) abilities: Abilities,
}

/// What a station is fitted for, as the rig file writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Abilities {
    seal: Option<[Celsius; 2]>,
    peel: bool,
    spin: Option<Gravity>,
    thermocycle: Option<[Celsius; 2]>,
    hold: Option<[Celsius; 2]>,
    shake: Option<[Rpm; 2]>,
    scan: bool,
}

/// What a station is fitted for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fitted {
    pub(crate) door: bool,
    pub(crate) seal: bool,
    pub(crate) peel: bool,
    /// Greatest force.
    pub(crate) spin: Option<Gravity>,
    pub(crate) thermocycle: bool,
    pub(crate) hold: bool,
    pub(crate) shake: bool,
    pub(crate) scan: bool,
}

impl Instrument {
    /// What a station is fitted for.
    pub(crate) fn fitted(&self) -> Fitted {
        Fitted {
            door: self.door,
            seal: self.abilities.seal.is_some(),
            peel: self.abilities.peel,
            spin: self.abilities.spin,
            thermocycle: self.abilities.thermocycle.is_some(),
            hold: self.abilities.hold.is_some(),
            shake: self.abilities.shake.is_some(),
            scan: self.abilities.scan,
        }
    }
}

/// How an instrument is reached.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Link {
    pub(crate) serial: Option<String>,
    pub(crate) baud: Option<u32>,
    pub(crate) format: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) unit: Option<u8>,
    pub(crate) tcp: Option<String>,
    /// The host hears its own bytes first.
    #[serde(default)]
    pub(crate) echo: bool,
}

impl Link {
    /// Path or address.
    pub(crate) fn place(&self) -> Option<&str> {
        self.serial.as_deref().or(self.tcp.as_deref())
    }

    /// Whether Modbus on it is RTU; MBAP otherwise.
    pub(crate) fn is_rtu(&self) -> bool {
        match self.protocol.as_deref() {
            Some(protocol) => protocol == "modbus_rtu",
            None => self.serial.is_some(),
        }
    }

    /// Time of one byte on a serial line in microseconds (start, data, parity and stop bits); 0 on a socket.
    pub(crate) fn byte_us(&self) -> f64 {
        match (&self.serial, self.baud) {
            (Some(_), Some(baud)) if baud > 0 => {
                let format = self.format.as_deref().unwrap_or("8N1");
                let parity = !format.contains(['N', 'n']);
                let two_stop = format.ends_with('2');
                (10.0 + f64::from(u8::from(parity)) + f64::from(u8::from(two_stop))) * 1e6 / f64::from(baud)
            }
            _ => 0.0,
        }
    }

    /// Whether the line's format has a parity bit.
    pub(crate) fn parity(&self) -> bool {
        self.format
            .as_deref()
            .is_some_and(|format| !format.contains(['N', 'n']))
    }
}

/// A pipette of a handler.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Pipette {
    pub(crate) mount: String,
    /// Of a maker's pipette.
    #[serde(default)]
    pub(crate) model: String,
    /// Of any other.
    pub(crate) plunger: Option<SaidPlunger>,
    pub(crate) channels: usize,
    pub(crate) tip_racks: Vec<String>,
    /// Coefficient of variation of a stroke, as the rig declares it.
    #[serde(default)]
    pub(crate) random_error: Share,
    pub(crate) nozzle: [Mm; 3],
    /// Slender part of the nozzles.
    pub(crate) nozzle_length: Option<Mm>,
}

/// What the rig file says of a plunger; positions on its axis.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct SaidPlunger {
    pub(crate) per_mm: Nl,
    pub(crate) bottom: Mm,
    pub(crate) drop: Mm,
}

/// An axis of a gantry.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct SaidAxis {
    pub(crate) unit: u8,
    pub(crate) step: Mm,
    pub(crate) home: Mm,
    pub(crate) travel: [Mm; 2],
    #[serde(default)]
    pub(crate) reversed: bool,
}

/// A fixed probe of a handler.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Probe {
    pub(crate) mount: String,
    pub(crate) pump: String,
    pub(crate) length: Mm,
    pub(crate) tubing: Nl,
    pub(crate) nozzle: [Mm; 3],
}

/// A pin tool of a handler.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PinTool {
    pub(crate) mount: String,
    pub(crate) pins: usize,
    pub(crate) nozzle: [Mm; 3],
    pub(crate) length: Mm,
    pub(crate) carries: Nl,
    pub(crate) random_error: Option<String>,
    pub(crate) station: String,
    pub(crate) baths: Vec<Bath>,
    pub(crate) dry: Seconds,
    pub(crate) uses: u32,
}

/// A bath of a sterilising station.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Bath {
    pub(crate) well: String,
    pub(crate) dwell: Seconds,
}

/// A bottle of system liquid.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Bottle {
    pub(crate) volume: Nl,
    #[serde(default)]
    pub(crate) dead_volume: Nl,
}

/// A named place for one plate.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Nest {
    pub(crate) kind: String,
    pub(crate) zone: Option<String>,
    pub(crate) position: Option<[Mm; 3]>,
    pub(crate) station: Option<u16>,
    pub(crate) temperature: Option<Celsius>,
    pub(crate) labware: Option<String>,
}

/// What is true in the simulated world.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Simulation {
    #[serde(default)]
    pub(crate) deck: [Mm; 3],
    #[serde(default = "Simulation::usual_room")]
    pub(crate) room_temperature: Celsius,
    #[serde(default)]
    pub(crate) operator: Operator,
    #[serde(default)]
    pub(crate) duration_noise: f64,
    /// Whether strokes scatter by their pipettes' `random_error`.
    #[serde(default)]
    pub(crate) stroke_noise: bool,
    #[serde(default)]
    pub(crate) evaporation: Evaporation,
    /// Faults that are planned from the beginning.
    #[serde(default)]
    pub(crate) faults: Vec<Planned>,
    #[serde(default)]
    pub(crate) identities: BTreeMap<String, u32>,
    /// What grows; without it, as usual.
    #[serde(default)]
    pub(crate) biology: Biology,
    /// Colonies on agar plates that are loaded, by the plate's name.
    #[serde(default)]
    pub(crate) colonies: BTreeMap<String, Colonies>,
    /// Liquids that absorb light, by name.
    #[serde(default)]
    pub(crate) dyes: BTreeMap<String, Dye>,
    /// Tables named after instruments (`[simulation.reader]`).
    #[serde(flatten)]
    pub(crate) named: BTreeMap<String, toml::Value>,
}

impl Simulation {
    /// Of a rig that says nothing of it.
    fn usual() -> Self {
        Self {
            deck: [Mm(0.0); 3],
            room_temperature: Self::usual_room(),
            operator: Operator::default(),
            duration_noise: 0.0,
            stroke_noise: false,
            evaporation: Evaporation::default(),
            faults: Vec::new(),
            identities: BTreeMap::new(),
            biology: Biology::default(),
            colonies: BTreeMap::new(),
            dyes: BTreeMap::new(),
            named: BTreeMap::new(),
        }
    }
    fn usual_room() -> Celsius {
        Celsius(22.0)
    }
}

/// A liquid that absorbs light, as a bell over wavelengths.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Dye {
    /// Undiluted, over 1 cm at its peak.
    pub(crate) absorbance: f64,
    /// In nm.
    pub(crate) peak: f64,
    /// Standard deviation of the bell, in nm.
    pub(crate) width: f64,
}

impl Dye {
    /// Undiluted, over 1 cm.
    pub(crate) fn at(self, wavelength_nm: u16) -> f64 {
        self.absorbance * (-((f64::from(wavelength_nm) - self.peak) / self.width).powi(2) / 2.0).exp()
    }
}

/// Colonies that stand on an agar plate when it is loaded.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Colonies {
    /// Where each stands, from the left and front edges of the plate; then `count` and `distance` say nothing.
    #[serde(default)]
    pub(crate) at: Vec<[Mm; 2]>,
    #[serde(default)]
    pub(crate) count: usize,
    /// Which of them, from 1, are dead: what touches them takes nothing.
    #[serde(default)]
    pub(crate) dead: Vec<usize>,
    /// How high this plate's agar was poured, over the well's inner bottom.
    pub(crate) agar: Option<Mm>,
    /// All of one strain; otherwise each is a strain of its own, `PLATE-1` and so on.
    pub(crate) strain: Option<String>,
    /// Nearest that two of them grow.
    #[serde(default = "Colonies::usual_distance")]
    pub(crate) distance: Mm,
}

impl Default for Operator {
    fn default() -> Self {
        Self {
            answers_after: Seconds(60.0),
            answers: BTreeMap::new(),
        }
    }
}

impl Colonies {
    fn usual_distance() -> Mm {
        Mm(4.0)
    }
}

/// The simulated operator.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Operator {
    pub(crate) answers_after: Seconds,
    /// Answers to typed prompts, by the name of the protocol's step.
    #[serde(default)]
    pub(crate) answers: BTreeMap<String, toml::Value>,
}

/// Loss per well at 30 °C; none, where nothing is said.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Evaporation {
    pub(crate) open: NlPerHour,
    pub(crate) lidded: NlPerHour,
}

/// Optics of a plate reader.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Optics {
    pub(crate) background: f64,
    pub(crate) noise: f64,
    pub(crate) proportional_noise: f64,
    /// Counts of fluorescence of an empty well at gain 100.
    #[serde(default)]
    pub(crate) fluorescence_background: f64,
    /// Counts of luminescence per second of an empty well.
    #[serde(default)]
    pub(crate) luminescence_background: f64,
}

/// Growth and the planted truth.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Biology {
    pub(crate) parent: String,
    pub(crate) slow: String,
    pub(crate) growth_rate: PerHour,
    pub(crate) optimum: Celsius,
    pub(crate) slow_factor: f64,
    pub(crate) lag: Seconds,
    pub(crate) capacity_od: f64,
    pub(crate) well_cv: f64,
    pub(crate) strong: Planting,
    pub(crate) weak: Planting,
}

/// A rig that says nothing of biology has a common bacterium at its usual temperature, and nothing planted.
impl Default for Biology {
    fn default() -> Self {
        let none = Planting {
            count: 0,
            factor: 1.0,
        };
        Self {
            parent: "parent".to_owned(),
            slow: "slow".to_owned(),
            growth_rate: PerHour(0.42),
            optimum: Celsius(30.0),
            slow_factor: 0.6,
            lag: Seconds(5_400.0),
            capacity_od: 7.0,
            well_cv: 0.04,
            strong: none,
            weak: none,
        }
    }
}

/// How many strains are planted, and how much faster they grow.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Planting {
    pub(crate) count: usize,
    pub(crate) factor: f64,
}

impl Rig {
    /// Reads a rig file.
    pub(crate) fn parse(text: &str) -> Result<Self, SimError> {
        toml::from_str(text).map_err(|error| SimError::Text {
            what: "rig file".into(),
            message: error.to_string(),
        })
    }

    /// Whether the film of a sealer is foil (`film = "foil"` in `[simulation.NAME]`); otherwise it is clear.
    pub(crate) fn foil(&self, instrument: &str) -> bool {
        let film = self
            .simulation
            .named
            .get(instrument)
            .and_then(|table| table.get("film"));
        film.and_then(toml::Value::as_str) == Some("foil")
    }

    /// How far pipettes of a liquid handler are truly off, as a standard deviation (`volume_error` in `[simulation.NAME]`).
    pub(crate) fn volume_error(&self, instrument: &str) -> Result<f64, String> {
        let told = self.simulation.named.get(instrument);
        let told = told.and_then(|table| table.get("volume_error")).cloned();
        told.map_or(Ok(0.0), |value| {
            value
                .try_into::<Share>()
                .map(|share| share.0)
                .map_err(|error| format!("`volume_error` of [simulation.{instrument}]: {error}"))
        })
    }

    /// Optics of an instrument, from `[simulation.NAME]`.
    pub(crate) fn optics(&self, instrument: &str) -> Result<Optics, SimError> {
        match self.simulation.named.get(instrument) {
            None => Ok(Optics::default()),
            Some(value) => value
                .clone()
                .try_into()
                .map_err(|error: toml::de::Error| SimError::Text {
                    what: format!("[simulation.{instrument}] of the rig file"),
                    message: error.to_string(),
                }),
        }
    }
}
