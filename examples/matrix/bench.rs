//! One instrument of a simulated rig under its real driver, with faults from the rig file, and the ledger of truth.

use hardware_sim::{Entry, Event, Fault, Sim};
use plated::daemon::assemble;
use plated::devices::{Done, Failure, FailureKind, Instrument, Intent, Moved, Settled};
use plated::plan::Action;
use plated::rig::InstrumentId;
use plated::run::{FileText, RunId, Source};
use plated::simulate::{Simulation, instruments};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// How often one step of an action is tried before it counts as never done.
const PATIENCE: u32 = 400;

/// A file of the repository.
pub fn read(path: &str) -> FileText {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    FileText {
        name: path.into(),
        text: std::fs::read_to_string(root.join(path)).unwrap_or_default(),
    }
}

/// The files of a rig with faults planned from the beginning, each as the rig file writes it.
pub fn source(rig: &str, faults: &[String], seed: u64) -> Source {
    let mut file = read(&format!("config/{rig}.toml"));
    let list = format!("[simulation]\nfaults = [{}]\n", faults.join(", "));
    file.text = file.text.replacen("[simulation]\n", &list, 1);
    let profiles = ["absorbance-reader", "plate-mover", "plate-station"];
    Source {
        files: Default::default(),
        today: None,
        release: None,
        commissioning: None,
        calibrations: Vec::new(),
        run: RunId(format!("matrix-{seed}")),
        protocol: FileText {
            name: "none".into(),
            text: String::new(),
        },
        rig: file,
        profiles: profiles
            .iter()
            .map(|name| {
                (
                    format!("profiles/{name}.toml"),
                    read(&format!("config/profiles/{name}.toml")),
                )
            })
            .collect(),
        labware: Vec::new(),
        parameters: Default::default(),
        seed,
        simulated: true,
        version: "matrix".into(),
    }
}

/// The demonstration rig with a second reader of the same make on a tray of its own; every identity is in the rig file.
pub fn with_second_reader(seed: u64) -> Source {
    let mut source = source("demo-rig", &[], seed);
    let second = "[instruments.reader-2]
kind = \"profile\"
profile = \"profiles/absorbance-reader.toml\"
link = { tcp = \"192.168.10.22:502\", unit = 1 }
tray = \"reader-tray-2\"
wavelengths = [\"340 nm\", \"900 nm\"]
identity = { serial = \"20262\" }

[nests.reader-tray-2]
kind = \"reader_tray\"
station = 22

[simulation]
";
    let text = &mut source.rig.text;
    *text = text.replacen("[simulation]\n", second, 1);
    *text = text.replacen("{ reader = 20261,", "{ reader = 20261, reader-2 = 20262,", 1);
    *text = text.replacen(
        "tray = \"reader-tray\"\n",
        "tray = \"reader-tray\"\nidentity = { serial = \"20261\" }\n",
        1,
    );
    source
}

/// A rig on which one instrument is driven.
pub struct Bench {
    simulation: Simulation,
    name: String,
    driver: Option<Box<dyn Instrument>>,
    others: std::collections::BTreeMap<InstrumentId, Box<dyn Instrument>>,
    seen: usize,
}

/// How an action ended.
#[derive(Debug)]
pub enum Fate {
    /// It took place, says the driver.
    Done(Done),
    /// Nobody can tell: a person is asked.
    #[allow(dead_code, reason = "it is printed with the case")]
    Asked(String),
    /// It was refused, or given up; nothing moved.
    Refused(Failure),
}

impl Bench {
    /// A rig with faults, and the drivers of all its instruments.
    ///
    /// # Panics
    /// When the repository's own rig cannot be simulated.
    pub fn new(rig: &str, instrument: &str, faults: &[String], seed: u64) -> Self {
        Self::of(&source(rig, faults, seed), instrument)
    }

    /// The rig of these files.
    pub fn of(source: &Source, instrument: &str) -> Self {
        let assembled = assemble(source);
        let rig = assembled
            .rig
            .unwrap_or_else(|| panic!("{:?}", assembled.diagnostics));
        let simulation = Simulation::new(source, None).unwrap_or_else(|e| panic!("{e}"));
        let clock = simulation.clock();
        let mut all = simulation
            .block_on(async { instruments(simulation.sim(), &rig, &assembled.library, clock) })
            .unwrap_or_else(|e| panic!("{e}"));
        let driver = all.remove(&InstrumentId::new(instrument));
        Self {
            simulation,
            name: instrument.to_owned(),
            driver,
            others: all,
            seen: 0,
        }
    }

    /// The simulator.
    pub fn sim(&self) -> &Sim {
        self.simulation.sim()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How often the instrument found its zero.
    pub fn homings(&self) -> usize {
        let homed = |entry: &&Entry| matches!(&entry.event, Event::Homed { instrument, .. } if *instrument == self.name);
        self.sim().ledger().iter().filter(homed).count()
    }

    /// Plants a fault on the instrument.
    pub fn plant(&self, fault: Fault) {
        self.sim()
            .inject(&self.name, fault)
            .unwrap_or_else(|e| panic!("{e}"));
    }

    /// Requests or answers that a fault befell.
    pub fn struck(&self) -> u64 {
        self.sim().struck(&self.name)
    }

    /// Faults that were planted on the instrument, or came as planned.
    pub fn planted(&self) -> u64 {
        let ours = |entry: &&Entry| match &entry.event {
            Event::Fault { instrument, .. } | Event::PowerCycle { instrument } => *instrument == self.name,
            _ => false,
        };
        self.sim().ledger().iter().filter(ours).count() as u64
    }

    /// Does something with the driver, in the rig's time.
    pub fn with<T>(&mut self, act: impl AsyncFnOnce(&mut dyn Instrument, &Sim) -> T) -> T {
        let mut driver = self.driver.take().unwrap_or_else(|| panic!("no {}", self.name));
        let sim = self.simulation.sim().clone();
        let out = self
            .simulation
            .block_on(async { act(driver.as_mut(), &sim).await });
        self.driver = Some(driver);
        out
    }

    /// Identifies another instrument of the rig.
    pub fn identify(&mut self, other: &str) -> Result<String, Failure> {
        let mut driver = if other == self.name {
            self.driver.take()
        } else {
            self.others.remove(&InstrumentId::new(other))
        }
        .unwrap_or_else(|| panic!("no {other}"));
        let known = self.simulation.block_on(async { driver.identify().await });
        if other == self.name {
            self.driver = Some(driver);
        } else {
            self.others.insert(InstrumentId::new(other), driver);
        }
        known.map(|identity| identity.model)
    }

    /// Carries an action out as the engine does: again when nothing moved, settled when that is not known.
    pub fn drive(&mut self, action: &Action) -> Fate {
        self.with(async |driver, _| drive(driver, action).await)
    }

    /// What physically happened since the last look, by the instrument; as short texts.
    pub fn happened(&mut self) -> Vec<String> {
        let entries = self.sim().ledger_from(self.seen);
        self.seen += entries.len();
        entries
            .iter()
            .filter_map(|entry| told(entry, &self.name))
            .collect()
    }

    /// The last values that the reader measured.
    pub fn last_read(&self) -> Option<Vec<Option<f32>>> {
        let ledger = self.sim().ledger();
        ledger.iter().rev().find_map(|entry| match &entry.event {
            Event::Read { values, .. } => Some(values.clone()),
            _ => None,
        })
    }

    /// A person loads things.
    pub fn load(&self, items: Value) {
        self.simulation.block_on(async {
            let mut link = BufReader::new(self.sim().operator());
            let prompt = json!({"id": 1, "kind": "load", "text": "load", "items": items});
            let _ = link.write_all(format!("{prompt}\n").as_bytes()).await;
            let mut answer = String::new();
            let _ = link.read_line(&mut answer).await;
            assert!(answer.contains("done"), "{answer}");
        });
    }
}

/// As [`Bench::drive`].
pub async fn drive(driver: &mut dyn Instrument, action: &Action) -> Fate {
    let mut refusals = 0;
    for _ in 0..PATIENCE {
        let before = match driver.prepare(action).await {
            Ok(before) => before,
            Err(failure) if failure.kind == FailureKind::NoAnswer => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
            Err(failure) if refusals < 2 && failure.kind != FailureKind::NotHomed => {
                refusals += 1;
                let _ = failure;
                continue;
            }
            Err(failure) => return Fate::Refused(failure),
        };
        let intent = Intent {
            action: action.clone(),
            before,
        };
        match driver.perform(&intent).await {
            Ok(done) => return Fate::Done(done),
            Err(failure) if failure.moved == Moved::No => {
                if failure.kind != FailureKind::NoAnswer {
                    refusals += 1;
                }
                if refusals > 6 {
                    return Fate::Refused(failure);
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(_) => match settle(driver, &intent).await {
                Some(Settled::Done { done, .. }) => return Fate::Done(done),
                Some(Settled::NotDone { .. }) => {}
                Some(Settled::Unknown { why }) => return Fate::Asked(why),
                None => return Fate::Asked("it cannot be asked".into()),
            },
        }
    }
    Fate::Asked("it was never carried out".into())
}

/// Asks until there is an answer; `None` when there is none.
pub async fn settle(driver: &mut dyn Instrument, intent: &Intent) -> Option<Settled> {
    for _ in 0..PATIENCE {
        match driver.settle(intent).await {
            Ok(settled) => return Some(settled),
            Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
    None
}

/// What an entry of the ledger says of an instrument's irreversible doing.
fn told(entry: &Entry, name: &str) -> Option<String> {
    match &entry.event {
        Event::Stroke {
            instrument,
            from_um,
            to_um,
            place,
            well,
            ..
        } if instrument == name => Some(format!("{from_um}>{to_um} {place:?} {well:?}")),
        Event::PumpStroke {
            instrument,
            from_steps,
            to_steps,
            valve,
            ..
        } if instrument == name => Some(format!("{valve} {from_steps}>{to_steps}")),
        Event::PlateMoved { plate, from, to, by } if by == name => Some(format!("{plate} {from}>{to}")),
        Event::Stored { instrument, slot, .. } if instrument == name => Some(format!("stored {slot}")),
        Event::Retrieved { instrument, slot, .. } if instrument == name => Some(format!("retrieved {slot}")),
        Event::Tray { instrument, open, .. } if instrument == name => Some(format!("tray {open}")),
        _ => None,
    }
}
