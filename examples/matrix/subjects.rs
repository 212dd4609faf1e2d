//! The instruments that are tried: how each is made ready, the actions that are repeated, and what they truly do.

use super::bench::{Bench, Fate};
use plated::labware::Well;
use plated::plan::{Action, Height, Site, Travel};
use plated::units::{FlowRate, Length, Volume, Wavelength};
use serde_json::json;

/// One kind of instrument with its driver and twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The motor board of an OT-2: text on a serial line, no checksum.
    Ot2,
    /// A syringe pump: DT frames on a serial line, no checksum.
    Cavro,
    /// An incubator: text on a serial line, no checksum.
    Cytomat,
    /// A plate mover behind a profile: Modbus RTU.
    Mover,
    /// A plate reader behind a profile: Modbus TCP.
    Reader,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Ot2, Self::Cavro, Self::Cytomat, Self::Mover, Self::Reader];
    /// Those whose bytes nothing checks.
    pub const TEXT: [Self; 3] = [Self::Ot2, Self::Cavro, Self::Cytomat];
    /// Those on serial lines.
    pub const SERIAL: [Self; 4] = [Self::Ot2, Self::Cavro, Self::Cytomat, Self::Mover];

    /// The rig that has it.
    pub const fn rig(self) -> &'static str {
        match self {
            Self::Cavro => "probe-rig",
            _ => "demo-rig",
        }
    }

    /// Its name there.
    pub const fn instrument(self) -> &'static str {
        match self {
            Self::Ot2 => "handler",
            Self::Cavro => "pump",
            Self::Cytomat => "incubator",
            Self::Mover => "mover",
            Self::Reader => "reader",
        }
    }

    /// A bench with this instrument ready for its cycle, with faults planned from the beginning. `None` when the faults
    /// kept it from becoming ready.
    pub fn ready(self, faults: &[String], seed: u64) -> Option<Bench> {
        let mut bench = Bench::new(self.rig(), self.instrument(), faults, seed);
        self.load(&bench);
        for action in self.beginning() {
            let Fate::Done(_) = bench.drive(&action) else {
                return None;
            };
        }
        bench.happened();
        Some(bench)
    }

    /// A fault for the rig file.
    pub fn risk(self, fault: &str, probability: f64) -> String {
        let instrument = self.instrument();
        format!("{{ instrument = \"{instrument}\", fault = {fault}, probability = {probability:.4} }}")
    }

    /// What a person loads before.
    pub fn load(self, bench: &Bench) {
        let plate = |place: &str| json!({"place": place, "labware": "plate-96-flat", "plate": "P1", "barcode": "P1", "lid": false});
        match self {
            Self::Ot2 => {
                let filled =
                    json!([{"well": "A1", "liquid": "medium", "strain": null, "volume_nl": 150_000}]);
                let mut source = plate("deck-9");
                if let Some(map) = source.as_object_mut() {
                    map.insert("contents".into(), filled);
                }
                bench.load(json!([
                    {"place": "deck-2", "labware": "tiprack-20", "name": "tips"},
                    source,
                ]));
            }
            Self::Cavro => {}
            Self::Cytomat => bench.load(json!([plate("transfer")])),
            Self::Mover => bench.load(json!([plate("hotel-1")])),
            Self::Reader => bench.load(json!([plate("reader-tray")])),
        }
    }

    /// What makes it ready.
    pub fn beginning(self) -> Vec<Action> {
        match self {
            Self::Ot2 => vec![
                Action::Home,
                Action::PickUpTips {
                    pipette: "p20-single".into(),
                    at: Site::new("deck-2".into(), "tiprack-20", Well::new(0, 0)),
                },
            ],
            Self::Cavro => vec![Action::PumpHome { pump: "pump".into() }],
            Self::Cytomat => vec![Action::Initialise],
            Self::Mover => vec![Action::Home],
            Self::Reader => vec![Action::CloseTray],
        }
    }

    /// The actions that are repeated; each changes something that cannot be taken back, but for the reader's.
    pub fn cycle(self) -> Vec<Action> {
        let well = || Site::new("deck-9".into(), "plate-96-flat", Well::new(0, 0));
        match self {
            Self::Ot2 => {
                let (volume, none) = (Volume::nl(15_000), Volume::nl(0));
                let height = Height::FromBottom(Length::um(2_000));
                let flow = FlowRate::nl_per_s(7_560);
                vec![
                    Action::Aspirate {
                        pipette: "p20-single".into(),
                        at: well(),
                        volume,
                        holding: none,
                        flow,
                        height,
                        stay: false,
                        travel: Travel::default(),
                    },
                    Action::Dispense {
                        pipette: "p20-single".into(),
                        at: well(),
                        volume,
                        holding: volume,
                        flow,
                        height,
                        stay: false,
                        travel: Travel::default(),
                    },
                ]
            }
            Self::Cavro => {
                let (volume, none) = (Volume::nl(100_000), Volume::nl(0));
                let flow = FlowRate::nl_per_s(150_000);
                vec![
                    Action::Draw {
                        pump: "pump".into(),
                        probe: "needle".into(),
                        at: None,
                        volume,
                        holding: none,
                        flow,
                        air: false,
                    },
                    Action::Expel {
                        pump: "pump".into(),
                        probe: "needle".into(),
                        at: well(),
                        volume,
                        holding: volume,
                        flow,
                    },
                ]
            }
            Self::Cytomat => {
                let (plate, slot) = ("P1", "incubator-5");
                vec![
                    Action::Store {
                        plate: plate.into(),
                        slot: slot.into(),
                    },
                    Action::Retrieve {
                        plate: plate.into(),
                        slot: slot.into(),
                    },
                ]
            }
            Self::Mover => {
                let there = |from: &str, to: &str| Action::MovePlate {
                    plate: "P1".into(),
                    from: from.into(),
                    to: to.into(),
                };
                vec![there("hotel-1", "hotel-2"), there("hotel-2", "hotel-1")]
            }
            Self::Reader => vec![Action::ReadAbsorbance {
                plate: "P1".into(),
                wavelength: Wavelength::nm(600),
                wells: 96,
                area: None,
            }],
        }
    }

    /// What each action of the cycle truly does, from an undisturbed one.
    ///
    /// # Panics
    /// When the cycle does not even work undisturbed.
    pub fn truth(self) -> Vec<Vec<String>> {
        let mut bench = self
            .ready(&[], 1)
            .unwrap_or_else(|| panic!("{self:?} is not ready"));
        let mut one = |action: &Action| {
            let fate = bench.drive(action);
            assert!(matches!(fate, Fate::Done(_)), "{self:?}: {fate:?}");
            bench.happened()
        };
        // Where the first of all begins may differ; the second round is what all others are.
        let cycle = self.cycle();
        cycle.iter().for_each(|action| drop(one(action)));
        cycle.iter().map(one).collect()
    }
}
