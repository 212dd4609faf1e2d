//! Runs of the repository's protocols on simulated rigs.

use plated::daemon::{assemble, plan};
use plated::engine::Observer;
use plated::journal::{Disk, Journal, MemoryDisk, Writing, recover};
use plated::labware::Library;
use plated::plan::{Plan, Schedule};
use plated::rig::Rig;
use plated::run::{Ending, Event, FileText, RunId, Source, State};
use plated::simulate::Simulation;
use std::collections::BTreeMap;
use std::path::Path;

pub fn read(path: &str) -> FileText {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    FileText {
        name: path.into(),
        text: std::fs::read_to_string(root.join(path)).unwrap(),
    }
}

/// The files of a protocol on the demonstration rig.
pub fn source(protocol: &str, parameters: &[(&str, &str)], seed: u64) -> Source {
    let profiles = ["profiles/absorbance-reader.toml", "profiles/plate-mover.toml"];
    Source {
        run: RunId(format!("test-{seed}")),
        protocol: read(&format!("protocols/{protocol}.toml")),
        rig: read("config/demo-rig.toml"),
        profiles: profiles
            .iter()
            .map(|p| ((*p).to_owned(), read(&format!("config/{p}"))))
            .collect(),
        labware: Vec::new(),
        parameters: parameters
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        seed,
        simulated: true,
        version: "test".into(),
    }
}

/// A protocol ready to run on a simulated rig.
pub struct Bench {
    pub source: Source,
    pub rig: Rig,
    pub library: Library,
    pub plan: Plan,
    pub schedule: Schedule,
    pub simulation: Simulation,
    pub disk: MemoryDisk,
}

impl Bench {
    pub fn new(source: Source) -> Self {
        let assembled = assemble(&source);
        assert!(assembled.diagnostics.is_empty(), "{:?}", assembled.diagnostics);
        let (rig, library) = (assembled.rig.unwrap(), assembled.library);
        let (planned, diagnostics, file) = plan(&source, &rig, &library);
        let shown = plated::source::render(&diagnostics, &[file], false);
        let (plan, schedule) = planned.unwrap_or_else(|| panic!("{shown}"));
        let simulation = Simulation::new(&source, None).unwrap();
        Self {
            source,
            rig,
            library,
            plan,
            schedule,
            simulation,
            disk: MemoryDisk::default(),
        }
    }

    pub fn journal(&self) -> (Journal, State) {
        let mut disk = Disk::Memory(self.disk.clone());
        let recovered = recover(&mut disk).unwrap();
        let state = plated::daemon::live::fold(&self.rig, &recovered.entries);
        (
            Journal::new(disk, &recovered, Writing::Inline { durable: true }).unwrap(),
            state,
        )
    }

    pub fn beginning(&self) -> (Vec<Event>, Vec<Event>) {
        let before = vec![
            Event::Started {
                source: Box::new(self.source.clone()),
            },
            Event::Planned {
                plan: Box::new(self.plan.clone()),
            },
        ];
        (
            before,
            vec![Event::Scheduled {
                schedule: self.schedule.clone(),
            }],
        )
    }

    /// Runs to the end.
    pub fn run(&self, observers: Vec<Observer>) -> (Ending, State) {
        let (journal, state) = self.journal();
        let engine = self
            .simulation
            .engine(&self.rig, &self.library, journal, state, observers)
            .unwrap();
        let (before, after) = self.beginning();
        let (ending, state, _) = self.simulation.run(engine, before, after).unwrap();
        (ending, state)
    }

    /// Fails when the simulated world saw something physically impossible.
    pub fn assert_sound(&self) {
        let violations = self.simulation.sim().truth().violations;
        let text: Vec<_> = violations.iter().take(10).map(|v| format!("{v:?}")).collect();
        assert!(
            violations.is_empty(),
            "{} violations:\n{}",
            violations.len(),
            text.join("\n")
        );
    }
}
