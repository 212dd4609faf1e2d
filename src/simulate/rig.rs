//! Simulated rigs, and engines that come and go on them.

use super::woken::when_woken;
use crate::clock::Clock;
use crate::devices::{Failure, FailureKind, Instrument, Moved};
use crate::drivers;
use crate::engine::{Engine, EngineError, Inputs, Maker, Observer, OperatorStream, Setup};
use crate::journal::{Head, Journal};
use crate::labware::Library;
use crate::link::{BoxStream, Line, Lines, OpenError, Settings, capture_into};
use crate::rig::{ClockAnchor, InputModule, InputModuleId, InstrumentId, Rig};
use crate::run::{Ending, Event, Source, State};
use crate::units::Timestamp;
use hardware_sim::{Sim, SimClock, Texts};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use thiserror::Error;
use tokio::task::LocalSet;

/// Simulated runs begin on 2000-01-01 at 08:00 UTC, so that the same seed gives the same bytes.
pub const START: Timestamp = Timestamp::from_us(946_713_600_000_000);

/// Why a simulated run did not come to its own end.
#[derive(Debug, Error)]
pub enum SimulateError {
    /// The runtime could not be started.
    #[error("could not start the simulation: {0}")]
    Runtime(std::io::Error),
    /// The simulated rig could not be built.
    #[error("could not build the simulated rig: {0}")]
    Rig(String),
    /// An instrument, the journal, or a standstill.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A simulated rig under virtual time; it outlives the engines that run on it, as real instruments would.
pub struct Simulation {
    runtime: tokio::runtime::Runtime,
    local: LocalSet,
    sim: Sim,
    clock: Clock,
    captures: Option<PathBuf>,
}

impl Simulation {
    /// Builds the simulated rig of a run's files. `ledger` is where its own record of physical truth goes.
    ///
    /// # Errors
    /// When the rig cannot be simulated.
    pub fn new(source: &Source, ledger: Option<&Path>) -> Result<Self, SimulateError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .map_err(SimulateError::Runtime)?;
        let local = LocalSet::new();
        let (sim, clock) = local.block_on(&runtime, async {
            let sim = build(source, SimClock::virtual_time(START.as_us()), ledger)?;
            Ok::<_, SimulateError>((sim, Clock::virtual_time(START)))
        })?;
        Ok(Self {
            runtime,
            local,
            sim,
            clock,
            captures: None,
        })
    }

    /// With all that goes over the lines of its engines captured into files in a folder that is there.
    #[must_use]
    pub fn capturing(self, folder: Option<PathBuf>) -> Self {
        Self {
            captures: folder,
            ..self
        }
    }

    /// The simulator: its truth, its ledger, its faults.
    pub const fn sim(&self) -> &Sim {
        &self.sim
    }

    /// The clock that instruments and engines share.
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// Runs a future to its end in the rig's time.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.local.block_on(&self.runtime, when_woken(future))
    }

    /// An engine on this rig.
    ///
    /// # Errors
    /// The instrument that cannot be driven.
    pub fn engine(
        &self,
        rig: &Rig,
        library: &Library,
        journal: Journal,
        state: State,
        observers: Vec<Observer>,
    ) -> Result<Engine, EngineError> {
        self.block_on(async {
            let wires = Wires::new(&self.sim, rig, self.clock, self.captures.clone());
            let instruments = wires.instruments(library)?;
            let operator = Some(operator(&self.sim));
            let setup = Setup {
                clock: self.clock,
                rig: rig.clone(),
                instruments,
                journal,
                state,
                operator,
                observers,
            };
            Ok(Engine::new(setup).with_inputs(wires.inputs()))
        })
    }

    /// Runs a new run to its end: `before` is recorded first, `after` once all instruments are known.
    ///
    /// # Errors
    /// When it could not begin or could not go on.
    pub fn run(
        &self,
        mut engine: Engine,
        before: Vec<Event>,
        after: Vec<Event>,
    ) -> Result<(Ending, State, Head), SimulateError> {
        self.block_on(async move {
            engine.begin(before).await?;
            engine.identify().await?;
            engine.begin(after).await?;
            Ok(engine.run().await?)
        })
    }
}

/// A simulated rig on the wall clock, in the caller's runtime, whose time runs by an anchor.
///
/// # Errors
/// When the rig cannot be simulated.
pub fn on_the_wall_clock(
    source: &Source,
    anchor: ClockAnchor,
    ledger: Option<&Path>,
) -> Result<Sim, SimulateError> {
    build(
        source,
        SimClock::anchored(anchor.sim_us, anchor.boot_us, anchor.factor),
        ledger,
    )
}

fn build(source: &Source, clock: SimClock, ledger: Option<&Path>) -> Result<Sim, SimulateError> {
    let wrong = |e: hardware_sim::SimError| SimulateError::Rig(e.to_string());
    let sim = Sim::new(&texts(source), source.seed, clock).map_err(wrong)?;
    match ledger {
        Some(path) => sim.with_ledger_file(path).map_err(wrong),
        None => Ok(sim),
    }
}

/// A driver for every instrument of a rig, each on an in-memory line to its twin that can be opened again.
///
/// # Errors
/// The instrument that cannot be driven.
pub fn instruments(
    sim: &Sim,
    rig: &Rig,
    library: &Library,
    clock: Clock,
) -> Result<BTreeMap<InstrumentId, Box<dyn Instrument>>, EngineError> {
    Wires::new(sim, rig, clock, None).instruments(library)
}

/// The same, on lines whose settings are changed first.
///
/// # Errors
/// The instrument that cannot be driven.
pub fn instruments_on(
    sim: &Sim,
    rig: &Rig,
    library: &Library,
    clock: Clock,
    change: impl Fn(&mut Settings) + 'static,
) -> Result<BTreeMap<InstrumentId, Box<dyn Instrument>>, EngineError> {
    Wires::changed(sim, rig, clock, None, change).instruments(library)
}

/// Who reads the rig's contacts, each on an in-memory line to the module's twin.
pub fn inputs(sim: &Sim, rig: &Rig, clock: Clock) -> Inputs {
    Wires::new(sim, rig, clock, None).inputs()
}

/// Makes a driver anew, on a new line to its twin.
pub fn maker(sim: &Sim, rig: &Rig, library: &Library, clock: Clock) -> Maker {
    Wires::new(sim, rig, clock, None).maker(library)
}

/// In-memory lines to the twins of a rig: one for each path or address of the rig file, whoever is on it.
#[derive(Clone)]
pub struct Wires {
    rig: Rig,
    clock: Clock,
    lines: Lines,
}

impl Wires {
    /// To a simulator's twins; what goes over each line is captured into a file below `captures`, named after who is on it
    /// (the first, of several).
    pub fn new(sim: &Sim, rig: &Rig, clock: Clock, captures: Option<PathBuf>) -> Self {
        Self::changed(sim, rig, clock, captures, |_| {})
    }

    /// The same, on lines whose settings are changed first.
    pub fn changed(
        sim: &Sim,
        rig: &Rig,
        clock: Clock,
        captures: Option<PathBuf>,
        change: impl Fn(&mut Settings) + 'static,
    ) -> Self {
        let sim = sim.clone();
        let lines = Lines::of(rig, move |name, link| {
            let mut settings = Settings::of(link);
            if let Some(folder) = &captures {
                settings.capture = Some(capture_into(&folder.join(format!("{name}.txt")), clock));
            }
            change(&mut settings);
            Line::new(opener(&sim, name), settings, clock)
        });
        Self {
            rig: rig.clone(),
            clock,
            lines,
        }
    }

    /// A driver for every instrument.
    ///
    /// # Errors
    /// The instrument that cannot be driven.
    pub fn instruments(
        &self,
        library: &Library,
    ) -> Result<BTreeMap<InstrumentId, Box<dyn Instrument>>, EngineError> {
        let mut out = BTreeMap::new();
        for id in self.rig.instruments.keys() {
            let driver = self
                .connect(library, id)
                .map_err(|failure| EngineError::Instrument {
                    instrument: id.clone(),
                    message: failure.message,
                })?;
            out.insert(id.clone(), driver);
        }
        Ok(out)
    }

    /// Who reads the rig's contacts.
    pub fn inputs(&self) -> Inputs {
        let reader = |(id, module): (&InputModuleId, &InputModule)| {
            let line = self.lines.line(id.as_str(), &module.link);
            Some((id.clone(), drivers::inputs(id, &self.rig, line)?))
        };
        Inputs(self.rig.input_modules.iter().filter_map(reader).collect())
    }

    /// Makes a driver anew.
    pub fn maker(&self, library: &Library) -> Maker {
        let (wires, library) = (self.clone(), library.clone());
        Rc::new(move |id| wires.connect(&library, id))
    }

    fn connect(&self, library: &Library, id: &InstrumentId) -> Result<Box<dyn Instrument>, Failure> {
        let link = self.rig.instruments.get(id).map(|i| &i.link);
        let link = link.ok_or_else(|| {
            let text = format!("{id} is not part of this rig");
            Failure::new(FailureKind::Unsupported, Moved::No, text)
        })?;
        let line = self.lines.line(id.as_str(), link);
        drivers::connect(id, &self.rig, library, line, self.clock)
    }
}

/// Opens an in-memory line to a twin.
fn opener(sim: &Sim, name: &str) -> crate::link::Opener {
    let (sim, name) = (sim.clone(), name.to_owned());
    Box::new(move || {
        let opened = sim
            .connect(&name)
            .map(|s| Box::new(s) as BoxStream)
            .map_err(|e| OpenError::Other {
                place: name.clone(),
                why: e.to_string(),
            });
        Box::pin(async move { opened })
    })
}

/// The simulated operator.
pub fn operator(sim: &Sim) -> OperatorStream {
    Box::new(sim.operator())
}

/// A run's files as the simulator wants them.
pub fn texts(source: &Source) -> Texts {
    let files = source.labware.iter().map(|f| (f.name.as_str(), f.text.as_str()));
    let labware = crate::labware::texts(files);
    Texts {
        rig: source.rig.text.clone(),
        profiles: source
            .profiles
            .iter()
            .map(|(path, f)| (path.clone(), f.text.clone()))
            .collect(),
        labware,
    }
}
