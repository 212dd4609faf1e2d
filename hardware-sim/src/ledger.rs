//! The ledger: every physical event in order, in strokes and micrometres. Append-only; survives power
//! cycles of instruments and the death of hosts. Knows no volumes: checkers convert strokes themselves.

use crate::{SimError, hazard::Hazard};
use serde::Serialize;
use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
};

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Counts from 0 within one simulator.
    pub seq: u64,
    /// Simulated microseconds since the Unix epoch.
    pub t_us: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_one(points: &u64) -> bool {
    *points == 1
}

/// A physical event. Fields are named as in the ledger's lines, with their units.
#[expect(
    missing_docs,
    reason = "the fields say what they are; the README lists them per event"
)]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The operator put something somewhere.
    Loaded {
        place: String,
        labware: String,
        name: String,
        barcode: Option<String>,
        lid: bool,
    },
    /// What a loaded well holds.
    LoadedWell {
        name: String,
        well: String,
        liquid: String,
        strain: Option<String>,
        volume_nl: f64,
        od: f64,
    },
    /// The operator took something away.
    Removed { place: String, name: String },
    /// The operator emptied the tip waste.
    WasteEmptied { place: String, tips: u64 },
    /// The operator emptied the container under a wash station.
    DrainEmptied { place: String, pump: String },
    /// A plunger moved. The fields after `tips` say where the tip of channel 1 (or the first tip) ended.
    Stroke {
        instrument: String,
        mount: String,
        model: String,
        from_um: i64,
        to_um: i64,
        channels: usize,
        tips: Vec<String>,
        place: Option<String>,
        labware: Option<String>,
        plate: Option<String>,
        well: Option<String>,
        immersed: bool,
    },
    /// The plunger of a syringe pump moved. With the valve at the output, the fields after it say where the probe's end was.
    PumpStroke {
        instrument: String,
        from_steps: i64,
        to_steps: i64,
        valve: String,
        place: Option<String>,
        plate: Option<String>,
        well: Option<String>,
        immersed: bool,
    },
    /// Air was drawn over a well; the strokes' positions and where the first tip's end was.
    AirGap {
        instrument: String,
        mount: String,
        from_um: i64,
        to_um: i64,
        place: String,
        plate: String,
        well: String,
        tips: Vec<String>,
    },
    /// A plunger went below its bottom and pushed out all that the tips held.
    BlowOut {
        instrument: String,
        mount: String,
        from_um: i64,
        to_um: i64,
        place: Option<String>,
        plate: Option<String>,
        well: Option<String>,
        tips: Vec<String>,
    },
    /// The tips' ends touched a well's wall: where the first tip's end was relative to the well's centre, to the right
    /// and to the back, and how far below the top.
    Touch {
        instrument: String,
        mount: String,
        place: String,
        plate: String,
        well: String,
        x_um: i64,
        y_um: i64,
        below_top_um: i64,
        tips: Vec<String>,
    },
    /// A tip touched agar, or a tip with cells on its end a liquid: what stuck to it, and what it left. Negative depth
    /// is above the surface.
    Dip {
        instrument: String,
        mount: String,
        place: String,
        plate: String,
        well: String,
        tip: String,
        x_um: i64,
        y_um: i64,
        depth_um: i64,
        taken: Vec<String>,
        left: Vec<String>,
    },
    /// A pin came down in a liquid or onto agar: what was on it and it gave off, what of the liquid sticks to it. Where its end
    /// was relative to the well's centre, and how far below the surface.
    Pin {
        instrument: String,
        mount: String,
        place: String,
        plate: String,
        well: String,
        pin: String,
        x_um: i64,
        y_um: i64,
        depth_um: i64,
        gave: Vec<String>,
        took: Vec<String>,
    },
    /// A pin left a bath of its sterilising station: how deep it stood there, how long, and whether that did what it is for.
    Bath {
        instrument: String,
        place: String,
        well: String,
        pin: String,
        deep_um: i64,
        stayed_us: u64,
        works: bool,
    },
    /// A pin comes clean and dry to its next work: how long it hung in the air.
    Sterile {
        instrument: String,
        pin: String,
        hung_us: u64,
    },
    /// A stroke laid liquid onto agar, relative to the well's centre, to the right and to the back. Its volume follows
    /// from the stroke before.
    Spot {
        instrument: String,
        mount: String,
        place: String,
        plate: String,
        well: String,
        tip: String,
        from_um: i64,
        to_um: i64,
        x_um: i64,
        y_um: i64,
    },
    /// A colony that stood on an agar plate when it was loaded, relative to the well's centre.
    Colony {
        name: String,
        well: String,
        strain: String,
        x_um: i64,
        y_um: i64,
    },
    /// Tips were pressed onto nozzles.
    TipPickUp {
        instrument: String,
        mount: String,
        place: String,
        rack: String,
        tips: Vec<String>,
    },
    /// Tips were ejected.
    TipDrop {
        instrument: String,
        mount: String,
        place: Option<String>,
        tips: Vec<String>,
        wasted: bool,
    },
    /// A plate was carried from one place to another.
    PlateMoved {
        plate: String,
        from: String,
        to: String,
        by: String,
    },
    /// A plate was taken up by a gripper.
    PlateGripped { plate: String, from: String, by: String },
    /// A lid was taken off a plate and laid into a nest.
    LidOff {
        plate: String,
        place: String,
        to: String,
    },
    /// A lid was laid onto a plate.
    LidOn {
        plate: String,
        place: String,
        from: String,
    },
    /// The incubator took a plate from its transfer station.
    Stored {
        plate: String,
        instrument: String,
        slot: u16,
    },
    /// The incubator laid a plate onto its transfer station.
    Retrieved {
        plate: String,
        instrument: String,
        slot: u16,
    },
    /// A barcode was scanned.
    BarcodeScanned {
        instrument: String,
        slot: u16,
        code: Option<String>,
    },
    /// A film was pressed onto a plate.
    Sealed {
        plate: String,
        instrument: String,
        place: String,
        temperature_c: f64,
        pressed_us: u64,
    },
    /// The film was taken off a plate.
    Peeled {
        plate: String,
        instrument: String,
        place: String,
    },
    /// A plate was spun, to the end or until power was lost.
    Spun {
        plate: String,
        instrument: String,
        place: String,
        force_xg: u16,
        began_us: u64,
        whole: bool,
    },
    /// A plate was taken through temperatures, to the end or until power was lost.
    Thermocycled {
        plate: String,
        instrument: String,
        place: String,
        steps: usize,
        began_us: u64,
        whole: bool,
    },
    /// A person did something with their own hands.
    ByHand { text: String },
    /// A station holds a temperature from now on.
    Held {
        instrument: String,
        place: String,
        temperature_c: f64,
    },
    /// A station read the barcode of the plate in it.
    BarcodeRead {
        instrument: String,
        place: String,
        code: Option<String>,
    },
    /// A reader measured fluorescence, in counts; `null` is out of range.
    ReadFluorescence {
        instrument: String,
        plate: String,
        place: String,
        excitation_nm: u16,
        emission_nm: u16,
        gain: u16,
        /// Points of each well whose values these are, one after the other.
        #[serde(skip_serializing_if = "is_one")]
        points: u64,
        sequence: u16,
        values: Vec<Option<f32>>,
    },
    /// A reader measured luminescence, in counts; `null` is out of range.
    ReadLuminescence {
        instrument: String,
        plate: String,
        place: String,
        integration_ms: u16,
        sequence: u16,
        values: Vec<Option<f32>>,
    },
    /// A reader measured; `null` is out of range.
    Read {
        instrument: String,
        plate: String,
        place: String,
        wavelength_nm: u16,
        /// Points of each well whose values these are, one after the other.
        #[serde(skip_serializing_if = "is_one")]
        points: u64,
        sequence: u16,
        values: Vec<Option<f32>>,
    },
    /// A tray came to rest.
    Tray {
        instrument: String,
        place: String,
        open: bool,
    },
    /// A shaker was switched.
    Shaking { instrument: String, on: bool, rpm: u16 },
    /// A plate's shaken time when its shaking ended, since it was loaded.
    Shaken { plate: String, total_us: u64 },
    /// Axes were homed.
    Homed { instrument: String, axes: String },
    /// A body entered a zone.
    ZoneEntered { zone: String, body: String },
    /// A body left a zone.
    ZoneLeft { zone: String, body: String },
    /// Motion was stopped by an alarm or a halt.
    Alarm { instrument: String, text: String },
    /// A regulator took up a set-point or a command, or an axis came to rest; in the device's own unit.
    Regulated {
        instrument: String,
        quantity: String,
        value: f64,
    },
    /// An instrument lost power and started again.
    PowerCycle { instrument: String },
    /// A fault was planted.
    Fault { instrument: String, text: String },
    /// The operator did or looked at what was asked.
    Operator {
        kind: String,
        text: String,
        answer: String,
    },
    /// Something physically impossible or ruinous was tried.
    Violation {
        id: Hazard,
        instrument: String,
        place: String,
        text: String,
    },
}

/// The ledger in memory, and its file.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    file: Option<File>,
}

impl Ledger {
    /// Appends to a file from now on, beginning with what is already known.
    pub(crate) fn attach(&mut self, path: &Path) -> Result<(), SimError> {
        let fault = |error: std::io::Error| SimError::Io {
            what: format!("ledger file {}", path.display()),
            message: error.to_string(),
        };
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(fault)?;
        self.file = Some(file);
        for entry in std::mem::take(&mut self.entries) {
            self.write(&entry);
            self.entries.push(entry);
        }
        Ok(())
    }

    /// Appends an event.
    pub(crate) fn push(&mut self, t_us: u64, event: Event) {
        let entry = Entry {
            seq: u64::try_from(self.entries.len()).unwrap_or(u64::MAX),
            t_us,
            event,
        };
        self.write(&entry);
        self.entries.push(entry);
    }

    fn write(&mut self, entry: &Entry) {
        let Some(file) = &mut self.file else { return };
        let written = serde_json::to_string(entry)
            .map_err(std::io::Error::other)
            .and_then(|mut line| {
                line.push('\n');
                file.write_all(line.as_bytes())?;
                file.flush()
            });
        if let Err(error) = written {
            tracing::error!(
                "the ledger file can no longer be written ({error}); the ledger in memory goes on"
            );
            self.file = None;
        }
    }

    /// All entries in order.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}
