//! `plated run`: a protocol here, to the end.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::{Ready, assembled, parameters, read_protocol, read_rig, ready};
use super::progress::Progress;
use super::unattended::Unattended;
use super::{prompt, summary};
use crate::clock;
use crate::daemon::live::{self, Beginning, World, commissioning_notices};
use crate::daemon::release::admit;
use crate::daemon::wear::service_notices;
use crate::daemon::{Assembled, RunFolder, assemble, same_but_for_links};
use crate::engine::Observer;
use crate::journal::{Disk, FileDisk, Head, Journal, Reader, Writing, recover};
use crate::rig::Rig;
use crate::run::{Ending, Event, RunId, Source, State};
use crate::simulate::Simulation;
use crate::units::Day;
use std::path::Path;
use tokio::runtime::LocalOptions;

/// Where runs lie unless told otherwise.
pub const RUNS: &str = "runs";

/// Runs, or goes on with, a protocol.
pub fn run(arguments: &args::Run) -> CliResult {
    super::log::quiet();
    if let Some(run) = &arguments.resume {
        return resume(arguments, run);
    }
    let (Some(protocol), Some(rig)) = (&arguments.protocol, &arguments.rig) else {
        return Err(CliError::new(
            Exit::Usage,
            "give a protocol and --rig, or --resume RUN",
        ));
    };
    let mut source = read_rig(rig, arguments.seed, arguments.simulate)?;
    source.commissioning = arguments.commissioning.asked();
    read_protocol(&mut source, protocol, parameters(&arguments.parameters)?)?;
    let mut ready = ready(source)?;
    let unreleased = args::unreleased(arguments.unreleased.as_ref());
    admit(&mut ready.source, &ready.rig, unreleased).map_err(|why| CliError::new(Exit::Refused, why))?;
    if !arguments.quiet {
        eprint!("{}", ready.warnings);
    }
    let day = ready.source.today.as_deref().and_then(Day::parse);
    let due = match arguments.simulate {
        true => Vec::new(),
        false => service_notices(Path::new(RUNS), &ready.rig, day),
    };
    for notice in commissioning_notices(&ready.source, &ready.rig)
        .into_iter()
        .chain(due)
    {
        eprintln!("{notice}");
    }
    ready.source.run = run_id(&ready, arguments.simulate);
    let folder = RunFolder::create(Path::new(RUNS), arguments.out.as_deref(), &ready.source.run)
        .and_then(|folder| match &arguments.anchors {
            Some(anchors) => folder.anchored_below(anchors),
            None => Ok(folder),
        })
        .and_then(|folder| {
            if arguments.capture {
                folder.captured()
            } else {
                Ok(folder)
            }
        })
        .map_err(|e| CliError::new(Exit::Usage, e.to_string()))?;
    let before = vec![
        Event::Started {
            source: Box::new(ready.source.clone()),
        },
        Event::Planned {
            plan: Box::new(ready.plan.clone()),
        },
    ];
    let after = vec![Event::Scheduled {
        schedule: ready.schedule.clone(),
    }];
    if !arguments.simulate {
        let beginning = Beginning::New { before, after };
        let ended = on_the_wall_clock(&ready.rig, &ready.library, &folder, beginning, arguments);
        return finish(&folder, ended, &ready.rig, arguments);
    }
    let (ended, wrong) = simulated(&ready, &folder, before, after, observers(arguments))?;
    let exit = finish(&folder, Ok(ended), &ready.rig, arguments)?;
    if wrong.is_empty() {
        return Ok(exit);
    }
    Err(CliError::new(
        Exit::Failed,
        format!("the simulated run went wrong:\n{}", wrong.join("\n")),
    ))
}

/// A simulated run's id comes from protocol and seed alone; a real one's from the time.
fn run_id(ready: &Ready, simulated: bool) -> RunId {
    let name: String = ready
        .plan
        .protocol
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '-'
            }
        })
        .collect();
    if simulated {
        return RunId(format!("{name}-seed{}", ready.source.seed));
    }
    let now: String = clock::wall_now()
        .to_string()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    RunId(format!("{now}-{name}"))
}

fn observers(arguments: &args::Run) -> Vec<Observer> {
    if arguments.quiet || arguments.json {
        return Vec::new();
    }
    let mut progress = Progress::new();
    vec![Box::new(move |state, event, at| progress.event(state, event, at))]
}

type Outcome = (Ending, State, Head);
type Ended = Result<Outcome, CliError>;

fn simulated(
    ready: &Ready,
    folder: &RunFolder,
    before: Vec<Event>,
    after: Vec<Event>,
    mut observers: Vec<Observer>,
) -> Result<(Outcome, Vec<String>), CliError> {
    let unattended = Unattended::default();
    observers.push(unattended.observer());
    let failed = |message: String| CliError::new(Exit::Failed, message);
    let simulation =
        Simulation::new(&ready.source, Some(&folder.ledger())).map_err(|e| failed(e.to_string()))?;
    let simulation = simulation.capturing(folder.captures());
    let disk = FileDisk::open(&folder.journal()).map_err(|e| failed(e.to_string()))?;
    let mut disk = Disk::File(disk);
    let recovered = recover(&mut disk).map_err(|e| failed(e.to_string()))?;
    // A simulated run can be repeated, so it does not wait for the disk.
    let journal = Journal::new(disk, &recovered, Writing::Inline { durable: false });
    let journal = journal.map_err(|e| failed(e.to_string()))?;
    let state = State::new(&ready.rig);
    let engine = simulation.engine(&ready.rig, &ready.library, journal, state, observers);
    let engine = engine.map_err(|e| failed(e.to_string()))?;
    unattended.attach(engine.commands());
    let ended = simulation
        .run(engine, before, after)
        .map_err(|e| failed(e.to_string()))?;
    let violations = simulation.sim().truth().violations;
    let mut wrong = unattended.unanswered();
    wrong.extend(violations.iter().map(|v| {
        format!(
            "  physically impossible or ruinous: {} at {}: {}",
            v.instrument, v.place, v.text
        )
    }));
    Ok((ended, wrong))
}

fn on_the_wall_clock(
    rig: &Rig,
    library: &crate::labware::Library,
    folder: &RunFolder,
    beginning: Beginning,
    arguments: &args::Run,
) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
        .map_err(|e| CliError::new(Exit::Failed, format!("could not start: {e}")))?;
    for notice in live::halt_notices(rig) {
        eprintln!("{notice}");
    }
    let mut observers = observers(arguments);
    let steps = prompt::Steps::default();
    observers.push(prompt::announcer(&steps));
    let ended = runtime.block_on(async {
        live::run(
            rig,
            library,
            folder,
            &World::Ports,
            beginning,
            observers,
            |commands, _| {
                prompt::attach(commands, steps);
            },
        )
        .await
    });
    // A reader of standard input may still be waiting for a line; it must not hold the program.
    runtime.shutdown_background();
    ended.map_err(|error| {
        let hint = match error {
            live::LiveError::Engine(_) => {
                format!(
                    "\nWhat was done is in the journal; go on with: plated run --resume {}",
                    folder.root().display()
                )
            }
            _ => String::new(),
        };
        CliError::new(Exit::Failed, format!("{error}{hint}"))
    })
}

fn resume(arguments: &args::Run, run: &str) -> CliResult {
    let folder =
        RunFolder::open(Path::new(RUNS), run).map_err(|e| CliError::new(Exit::Usage, e.to_string()))?;
    let mut source = source_of(&folder)?;
    if source.simulated {
        let text = "this run was simulated in its own process, and its world ended with it; start it again";
        return Err(CliError::new(Exit::Usage, text));
    }
    let Assembled { rig, library, .. } = assemble(&source);
    let Some(rig) = rig else {
        return Err(CliError::new(
            Exit::Failed,
            "the rig file in the journal cannot be read by this version",
        ));
    };
    let rig = match &arguments.rig {
        Some(path) => with_links_of(rig, path, &mut source)?,
        None => rig,
    };
    let folder = if arguments.capture {
        folder.captured()
    } else {
        Ok(folder)
    };
    let folder = folder.map_err(|e| CliError::new(Exit::Usage, e.to_string()))?;
    let ended = on_the_wall_clock(&rig, &library, &folder, Beginning::Resumed, arguments);
    finish(&folder, ended, &rig, arguments)
}

/// The rig of a run with the links, clock and operator of another rig file: for a port that has moved. Everything else
/// must be as it was, since the plan was made for it.
fn with_links_of(rig: Rig, path: &Path, source: &mut Source) -> Result<Rig, CliError> {
    let mut given = read_rig(path, source.seed, false)?;
    // It goes on with the calibration and at the speed that it was begun with.
    given.commissioning.clone_from(&source.commissioning);
    given.calibrations.clone_from(&source.calibrations);
    let (given, _, _) = assembled(&given)?;
    if !same_but_for_links(&given, &rig) {
        let text = format!(
            "{} differs from the rig of this run in more than its links; the run was planned for that rig",
            path.display()
        );
        return Err(CliError::new(Exit::Refused, text));
    }
    Ok(given)
}

/// What a run was started from, by its journal.
pub fn source_of(folder: &RunFolder) -> Result<Source, CliError> {
    let path = folder.journal();
    let bytes = std::fs::read(&path)
        .map_err(|e| CliError::new(Exit::Usage, format!("could not read {}: {e}", path.display())))?;
    // The first records have it; the rest is not read for it.
    Reader::new(&bytes)
        .find_map(|entry| match entry.event {
            Event::Started { source } => Some(*source),
            _ => None,
        })
        .ok_or_else(|| {
            let text = format!("{} holds no record of a run; nothing has moved", path.display());
            CliError::new(Exit::Failed, text)
        })
}

/// Writes what a run leaves behind, prints the summary, and chooses the exit code.
fn finish(folder: &RunFolder, ended: Ended, rig: &Rig, arguments: &args::Run) -> CliResult {
    let (ending, state, head) = ended?;
    let outputs = crate::daemon::conclude(folder, rig, &state, head).map_err(|e| {
        CliError::new(
            Exit::Failed,
            format!("the run ended, but its files could not be written: {e}"),
        )
    })?;
    if arguments.json {
        super::out::line(&summary::as_json(&state, &outputs));
    } else {
        super::out::text(&summary::text(&state, &outputs));
    }
    Ok(match ending {
        Ending::Completed => Exit::Done,
        Ending::Aborted => Exit::Stopped,
        Ending::Failed { .. } => Exit::Failed,
    })
}
