//! A run on the wall clock: a real rig, simulated instruments behind real ports, or simulated ones in this process.

use super::connect::{Connected, connect};
use super::folder::RunFolder;
use super::follow::follow;
use crate::clock::Clock;
use crate::engine::{self, Command, Engine, EngineError, Observer, OperatorStream, Setup, Shared};
use crate::journal::{
    Death, Disk, Entry, FileDisk, Head, Journal, RecoverError, Tail, Writing, recover_with,
};
use crate::labware::Library;
use crate::rig::{InputKind, Link, Rig};
use crate::run::{Ending, Event, Source, State, apply, time_in_run};
use crate::simulate;
use hardware_sim::Sim;
use std::path::PathBuf;
use thiserror::Error;
use tokio::sync::mpsc;

/// Why a run did not come to its own end.
#[derive(Debug, Error)]
pub enum LiveError {
    /// An instrument, the journal, or a standstill.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The journal could not be opened.
    #[error("{0}")]
    Journal(String),
    /// There is nothing to go on with.
    #[error("{0}")]
    Resume(String),
}

impl From<crate::journal::DiskError> for LiveError {
    fn from(error: crate::journal::DiskError) -> Self {
        Self::Journal(error.to_string())
    }
}

impl From<RecoverError> for LiveError {
    fn from(error: RecoverError) -> Self {
        Self::Journal(error.to_string())
    }
}

impl From<crate::journal::JournalError> for LiveError {
    fn from(error: crate::journal::JournalError) -> Self {
        Self::Engine(error.into())
    }
}

/// What a run begins with.
pub enum Beginning {
    /// A new run, with the events that set it up.
    New {
        /// Recorded before any instrument is asked.
        before: Vec<Event>,
        /// Recorded once all instruments are known.
        after: Vec<Event>,
    },
    /// The run whose journal is in the folder.
    Resumed,
}

/// Where the instruments are.
#[derive(Clone)]
pub enum World {
    /// Behind the links of the rig file.
    Ports,
    /// In this process, simulated, on this clock.
    InProcess(Sim, Clock),
}

impl World {
    /// The clock of a run: shared with served simulated instruments where the rig file says so.
    pub fn clock(&self, rig: &Rig) -> Clock {
        match self {
            Self::Ports => rig.clock.map_or_else(Clock::wall, Clock::anchored),
            Self::InProcess(_, clock) => *clock,
        }
    }

    /// The clock of a run that is begun or taken up, and what its host's clocks show: a run's time goes on from where it was,
    /// whatever the wall clock was set to meanwhile.
    fn clock_of_run(&self, rig: &Rig, state: &State) -> (Clock, Option<Event>) {
        let clock = self.clock(rig);
        // A clock that is shared with simulated instruments has an anchor of its own.
        if matches!(self, Self::Ports) && rig.clock.is_none() {
            return taken_up(clock, state);
        }
        let read = |host| Event::ClocksRead { host, found: None };
        (clock, clock.host_time().map(read))
    }

    fn connected(
        &self,
        rig: &Rig,
        library: &Library,
        clock: Clock,
        captures: Option<PathBuf>,
    ) -> Result<Connected, EngineError> {
        match self {
            Self::Ports => connect(rig, library, clock, captures).map_err(|(instrument, failure)| {
                EngineError::Instrument {
                    instrument,
                    message: failure.message,
                }
            }),
            Self::InProcess(sim, clock) => {
                let wires = simulate::Wires::new(sim, rig, *clock, captures);
                Ok(Connected {
                    instruments: wires.instruments(library)?,
                    maker: wires.maker(library),
                    inputs: wires.inputs(),
                })
            }
        }
    }

    async fn operator(&self, rig: &Rig) -> Option<OperatorStream> {
        match (self, &rig.operator) {
            (Self::InProcess(sim, _), _) => Some(simulate::operator(sim)),
            (Self::Ports, Some(Link::Tcp { address, .. })) => match engine::connect_operator(address).await {
                Ok(stream) => Some(stream),
                Err(error) => {
                    tracing::warn!(address, %error, "no simulated operator there; questions wait for a person");
                    None
                }
            },
            _ => None,
        }
    }
}

/// What an operator must know of stopping this rig: a sentence for each liquid handler without a halt line, and for each
/// emergency stop whose contact is read.
pub fn halt_notices(rig: &Rig) -> Vec<String> {
    let by_command = |instrument: &crate::rig::Instrument| match &instrument.role {
        crate::rig::Role::LiquidHandler(handler) => !handler.halt_line,
        _ => false,
    };
    rig.instruments
        .iter()
        .filter(|(_, instrument)| by_command(instrument))
        .map(|(id, _)| {
            format!(
                "{id}: the rig file names no halt line, so it can be halted by command only; \
                 that is no emergency stop, use the switch on the machine"
            )
        })
        .chain(rig.inputs.iter().filter(|(_, i)| i.kind == InputKind::EmergencyStop).map(|(id, _)| {
            format!(
                "{id}: its contact is read and halts the run; the emergency stop itself must act without this program"
            )
        }))
        .collect()
}

/// What a person must know of a run of commissioning before it begins: what it is, and whose speed it cannot limit.
pub fn commissioning_notices(source: &Source, rig: &Rig) -> Vec<String> {
    let Some(how) = &source.commissioning else {
        return Vec::new();
    };
    let mut notices = vec![how.notice()];
    let moving = |i: &crate::rig::Instrument| {
        !matches!(i.role, crate::rig::Role::PlateReader(_)) && !i.driver.limits_speed()
    };
    let fast = rig
        .instruments
        .iter()
        .filter(|(_, i)| moving(i))
        .map(|(id, _)| id.as_str());
    let fast: Vec<&str> = fast.collect();
    if how.slow.is_some() && !fast.is_empty() {
        notices.push(format!(
            "At their usual speed, which cannot be limited from here: {}",
            fast.join(", ")
        ));
    }
    if how.slow.is_some() {
        notices
            .push("Axes are searched for (homing) at the speed of the controller's own firmware.".to_owned());
    }
    notices
}

/// The clock of a run whose journal was folded into this state, so that its time goes on from where it was, and the reading of
/// the host's clocks to record. A new run begins at the time that the clock shows.
pub fn taken_up(clock: Clock, state: &State) -> (Clock, Option<Event>) {
    let Some(host) = clock.host_time() else {
        return (clock, None);
    };
    let (clock, found) = match time_in_run(&state.host, state.last, &host) {
        Some((time, found)) => (clock.showing(time), found),
        None => (clock, None),
    };
    (clock, Some(Event::ClocksRead { host, found }))
}

/// Folds a journal's records into a state.
pub fn fold(rig: &Rig, entries: &[Entry]) -> State {
    let mut state = State::new(rig);
    for entry in entries {
        apply(&mut state, &entry.event, entry.at);
    }
    state
}

/// Variable of the environment by which a drill kills this process at a durable write: see [`Death::parse`].
pub const DIE_AT: &str = "PLATED_TEST_DIE_AT_WRITE";

/// When a drill wants this process to die.
fn death() -> Result<Option<Death>, LiveError> {
    let Some(text) = std::env::var_os(DIE_AT) else {
        return Ok(None);
    };
    let death = Death::parse(&text.to_string_lossy());
    death
        .map(Some)
        .map_err(|e| LiveError::Resume(format!("{DIE_AT}: {e}; take it out of the environment")))
}

/// Runs to the end on the calling thread. `attach` is given the way to command the engine and to look at it.
///
/// # Errors
/// When the run could not begin or could not go on; its journal tells how far it came.
pub async fn run(
    rig: &Rig,
    library: &Library,
    folder: &RunFolder,
    world: &World,
    beginning: Beginning,
    observers: Vec<Observer>,
    attach: impl FnOnce(mpsc::UnboundedSender<Command>, Shared),
) -> Result<(Ending, State, Head), LiveError> {
    let mut disk = Disk::File(FileDisk::open(&folder.journal())?.dying(death()?));
    let mut state = State::new(rig);
    let recovered = recover_with(&mut disk, &folder.read_anchors(), |entry| {
        apply(&mut state, &entry.event, entry.at);
    })?;
    if let Tail::Damaged {
        sequence,
        offset,
        error,
        ..
    } = &recovered.tail
    {
        let aside = recovered
            .aside
            .as_deref()
            .unwrap_or("nowhere, since it was empty");
        tracing::warn!(
            "record {sequence} of the journal, at byte {offset}, was damaged: {error}. Nothing had been done by it. The \
             {} records before it are sound and are gone on with; the damaged end is kept in {aside}",
            recovered.sequence
        );
    }
    let resumed = matches!(beginning, Beginning::Resumed);
    // The first commit holds source and plan; a power loss may have torn it between the two.
    if resumed && (state.source.is_none() || state.plan.operations.is_empty()) {
        let why = format!(
            "{} holds no record of a planned run; nothing has moved, start it again",
            folder.journal().display()
        );
        return Err(LiveError::Resume(why));
    }
    if let Some(ending) = state.ending().cloned() {
        // It died after the end, while its files were written: those are all that is left to do.
        return Ok((ending, state, recovered.head()));
    }
    let journal = Journal::new(
        disk,
        &recovered,
        Writing::Threaded {
            anchor: folder.anchor(),
        },
    )?;
    let (clock, clocks) = world.clock_of_run(rig, &state);
    let scheduled = !state.schedule.slots.is_empty();
    let plan = state.plan.clone();
    let (following, observer) = follow(folder, rig, recovered.sequence, journal.durable());
    let observers = observers.into_iter().chain(std::iter::once(observer)).collect();
    let captures = folder.captures();
    let Connected {
        instruments,
        maker,
        inputs,
    } = world.connected(rig, library, clock, captures)?;
    let engine = Engine::new(Setup {
        clock,
        rig: rig.clone(),
        instruments,
        journal,
        state,
        operator: world.operator(rig).await,
        observers,
    });
    let mut engine = engine.with_maker(maker).with_inputs(inputs);
    attach(engine.commands(), engine.shared());
    match beginning {
        Beginning::New { before, after } => {
            engine.begin(before.into_iter().chain(clocks).collect()).await?;
            engine.identify().await?;
            engine.begin(after).await?;
        }
        Beginning::Resumed => {
            let taken_up = std::iter::once(Event::Restarted).chain(clocks);
            engine.begin(taken_up.collect()).await?;
            engine.identify().await?;
            if !scheduled {
                // It died between plan and schedule: nothing has moved yet.
                let schedule =
                    crate::schedule::schedule(&plan).map_err(|e| LiveError::Resume(e.to_string()))?;
                engine.begin(vec![Event::Scheduled { schedule }]).await?;
            }
        }
    }
    let ended = engine.run().await;
    // What is not durable by now is folded from the journal when its files are written.
    following.end();
    Ok(ended?)
}
