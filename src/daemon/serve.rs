//! The daemon: one rig, one run at a time, a door for clients.
//!
//! The engine has a thread and a runtime of its own; the door lives on another. They share channels only.

use super::assemble::{assemble, named_files, plan};
use super::calibrations;
use super::conclude::conclude;
use super::folder::RunFolder;
use super::interrupted::{Interrupted, interrupted};
use super::live::{self, Beginning, World};
use super::release;
use super::snapshot::{idle, operation_lines, snapshot};
use super::wear::service_notices;
use crate::api::{self, Repaired, Reply, Request, Submission, Submitted};
use crate::clock::{self, Clock};
use crate::engine::{Command, Shared};
use crate::labware::Library;
use crate::plan::{Plan, Schedule};
use crate::protocol::outside;
use crate::rig::{ClockAnchor, Rig};
use crate::run::{Event, FileText, QuestionId, RunId, Source};
use crate::simulate;
use crate::source::{Severity, render};
use crate::units::{Day, Duration};
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;
use tokio::runtime::LocalOptions;
use tokio::sync::{mpsc, oneshot, watch};

/// How often clients are shown a new state.
const PUBLISH_EVERY: Duration = Duration::ms(200);

/// How the daemon is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the door is.
    pub socket: PathBuf,
    /// Where runs lie.
    pub runs: PathBuf,
    /// Where the anchors of their journals lie, if not beside them.
    pub anchors: Option<PathBuf>,
    /// Whether the traffic of every run is captured.
    pub capture: bool,
    /// Where the rig's calibration records lie: they are looked at anew for each run. None: as the source says.
    pub calibrations: Option<PathBuf>,
    /// Simulated seconds per second, when the rig is simulated in this process.
    pub simulate: Option<f64>,
}

/// Why the daemon could not serve.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The door.
    #[error("could not listen at {}: {error}", place.display())]
    Socket {
        /// The socket.
        place: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// A thread or runtime.
    #[error("could not start: {0}")]
    Start(std::io::Error),
}

/// Serves until `stop` is fulfilled; a run that is under way is then left as it is, to be resumed.
///
/// # Errors
/// When the door cannot be opened.
pub fn serve(source: Source, rig: Rig, library: Library, options: Options) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(ServeError::Start)?;
    let (publish, latest) = watch::channel((1, Arc::new(idle(&rig))));
    let (requests, incoming) = mpsc::unbounded_channel();
    let (quit, quitting) = oneshot::channel::<()>();
    let listener = runtime
        .block_on(api::bind(&options.socket))
        .map_err(|error| ServeError::Socket {
            place: options.socket.clone(),
            error,
        })?;
    let socket = options.socket.clone();
    let engine = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || {
            let keeper = Keeper {
                source,
                rig,
                library,
                options,
                publish,
                interrupted: Vec::new(),
            };
            keeper.keep(incoming, quitting)
        })
        .map_err(ServeError::Start)?;
    let served = runtime.block_on(api::serve(listener, latest, requests, stopped()));
    let _ = quit.send(());
    // A socket left behind would only tell the next daemon that this one is gone.
    let _ = std::fs::remove_file(&socket);
    let kept = engine
        .join()
        .unwrap_or_else(|_| Err(std::io::Error::other("the engine's thread broke down")));
    served.map_err(|error| ServeError::Socket { place: socket, error })?;
    kept.map_err(ServeError::Start)
}

/// Fulfilled by the signals that end a service.
async fn stopped() {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    match terminate {
        Ok(mut terminate) => {
            tokio::select! {
                biased;
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// Everything the engine's thread owns.
struct Keeper {
    source: Source,
    rig: Rig,
    library: Library,
    options: Options,
    publish: watch::Sender<(u64, Arc<api::Snapshot>)>,
    interrupted: Vec<Interrupted>,
}

/// A run that is ready to begin or to be taken up.
struct Ready {
    source: Source,
    /// The rig on the links of today, calibrated and slowed down as the run wants.
    rig: Rig,
    /// Plan and schedule of a new run; none where one is taken up.
    new: Option<(Plan, Schedule)>,
    /// The labware of a run that is taken up, as it was then.
    library: Option<Library>,
    folder: RunFolder,
}

impl Keeper {
    fn keep(
        mut self,
        mut incoming: mpsc::UnboundedReceiver<Request>,
        mut quitting: oneshot::Receiver<()>,
    ) -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())?;
        runtime.block_on(async {
            let mut look = true;
            loop {
                if std::mem::take(&mut look) {
                    self.look_for_interrupted();
                }
                let request = tokio::select! {
                    biased;
                    _ = &mut quitting => return,
                    request = incoming.recv() => request,
                };
                let ready = match request {
                    None => return,
                    Some(Request::Submit(submission, reply)) => self.accept(submission, reply),
                    Some(Request::TakeUp(order, peer, reply)) => self.take_up(&order.run, &peer, reply),
                    Some(other) => {
                        refuse_all(other, "no run is under way");
                        continue;
                    }
                };
                look = true;
                let Some(ready) = ready else { continue };
                tokio::select! {
                    biased;
                    _ = &mut quitting => {
                        tracing::warn!(run = %ready.source.run, "stopped with a run under way; resume it");
                        return;
                    }
                    () = self.run(&ready, &mut incoming) => {}
                }
            }
        });
        Ok(())
    }

    /// Looks for runs without an end and shows them; nothing of them moves.
    fn look_for_interrupted(&mut self) {
        self.interrupted = interrupted(&self.options.runs, &self.rig);
        for found in &self.interrupted {
            tracing::warn!(
                run = found.view.run,
                obstacle = found.view.obstacle,
                "an interrupted run is there"
            );
        }
        let mut shown = (*self.publish.borrow().1).clone();
        let names: Vec<&str> = self.interrupted.iter().map(|i| i.view.run.as_str()).collect();
        if shown.run.is_empty() && !names.is_empty() {
            let text = "interrupted runs: {}; take one up with plated resume RUN, or give a new one with plated submit";
            shown.reason = Some(text.replace("{}", &names.join(", ")));
        }
        self.show(shown);
    }

    /// Takes a run up that was interrupted, since a person wants it; answers the client.
    fn take_up(&mut self, run: &str, by: &api::Peer, reply: Reply<Submitted>) -> Option<Ready> {
        let Some(place) = self.interrupted.iter().position(|i| i.view.run == run) else {
            refuse(
                reply,
                &format!("there is no interrupted run \"{run}\"; plated status lists them"),
            );
            return None;
        };
        let found = self.interrupted.swap_remove(place);
        if let Some(obstacle) = &found.view.obstacle {
            refuse(reply, &format!("\"{run}\" cannot be taken up here: {obstacle}"));
            return None;
        }
        tracing::info!(run, by = by.0, "taken up");
        let rig = self.rig_of(&found.source);
        let submitted = Submitted {
            run: found.source.run.to_string(),
            folder: found.folder.root().display().to_string(),
            warnings: String::new(),
        };
        let _ = reply.send(Ok(submitted));
        Some(Ready {
            source: found.source,
            rig,
            new: None,
            library: Some(found.library),
            folder: found.folder,
        })
    }

    /// Checks a submission; answers the client; the run when it is accepted.
    fn accept(&mut self, submission: Submission, reply: Reply<Submitted>) -> Option<Ready> {
        let mut source = self.source.clone();
        source.protocol = FileText {
            name: submission.name,
            text: submission.text,
        };
        source.parameters = submission.parameters;
        source.commissioning = submission.commissioning;
        source.simulated = self.options.simulate.is_some();
        // A daemon lives for weeks; expiry is judged by the day of the run.
        source.today = (!source.simulated).then(clock::today);
        if let Some(path) = submission.files.keys().find(|p| outside(p).is_some()) {
            refuse(reply, &format!("\"{path}\" is no file that a protocol may name"));
            return None;
        }
        source.files = submission
            .files
            .into_iter()
            .map(|(path, text)| {
                let file = FileText {
                    name: path.clone(),
                    text,
                };
                (path, file)
            })
            .collect();
        let judged = release::judge(&source, submission.release.as_deref());
        let admitted = judged.and_then(|judged| {
            source.release = Some(judged);
            release::admit(&mut source, &self.rig, submission.unreleased)
        });
        if let Err(why) = admitted {
            let _ = reply.send(Err(api::Refusal::by_check(why)));
            return None;
        }
        if let Some(folder) = &self.options.calibrations {
            // Somebody may have calibrated since the daemon began.
            match calibrations::in_force(folder) {
                Ok(records) => source.calibrations = records,
                Err(error) => {
                    refuse(reply, &error.to_string());
                    return None;
                }
            }
        }
        let assembled = assemble(&source);
        if assembled
            .diagnostics
            .iter()
            .any(|d| d.severity == Severity::Error)
        {
            let text = render(&assembled.diagnostics, &assembled.files, false);
            let why = format!("the rig is refused; nothing has moved\n{text}");
            let _ = reply.send(Err(api::Refusal::by_check(why)));
            return None;
        }
        let rig = self.rig_of(&source);
        let (planned, diagnostics, file) = plan(&source, &rig, &self.library);
        let mut files = vec![file];
        files.extend(named_files(&source));
        let text = render(&diagnostics, &files, false);
        let Some((plan, schedule)) = planned else {
            let errors = diagnostics
                .iter()
                .filter(|d| d.severity == Severity::Error)
                .count();
            let why = format!("the protocol is refused: {errors} problems; nothing has moved\n{text}");
            let _ = reply.send(Err(api::Refusal::by_check(why)));
            return None;
        };
        let now: String = clock::wall_now()
            .to_string()
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        source.run = RunId(format!("{now}-{}", plan.protocol));
        let made = RunFolder::create(&self.options.runs, None, &source.run);
        let made = made.and_then(|folder| match &self.options.anchors {
            Some(anchors) => folder.anchored_below(anchors),
            None => Ok(folder),
        });
        let made = made.and_then(|folder| {
            if self.options.capture {
                folder.captured()
            } else {
                Ok(folder)
            }
        });
        let folder = match made {
            Ok(folder) => folder,
            Err(error) => {
                refuse(reply, &error.to_string());
                return None;
            }
        };
        let mut warnings = text;
        let day = source.today.as_deref().and_then(Day::parse);
        let due = service_notices(&self.options.runs, &rig, day);
        for notice in live::commissioning_notices(&source, &rig).into_iter().chain(due) {
            warnings.push_str(&notice);
            warnings.push('\n');
        }
        let submitted = Submitted {
            run: source.run.to_string(),
            folder: folder.root().display().to_string(),
            warnings,
        };
        let _ = reply.send(Ok(submitted));
        Some(Ready {
            source,
            rig,
            new: Some((plan, schedule)),
            library: None,
            folder,
        })
    }

    async fn run(&self, ready: &Ready, incoming: &mut mpsc::UnboundedReceiver<Request>) {
        let run = &ready.source.run;
        tracing::info!(%run, "run begins");
        let world = match self.world(ready) {
            Ok(world) => world,
            Err(error) => {
                tracing::error!(%run, %error, "the simulated rig could not be built");
                return;
            }
        };
        let beginning = match &ready.new {
            Some((plan, schedule)) => Beginning::New {
                before: vec![
                    Event::Started {
                        source: Box::new(ready.source.clone()),
                    },
                    Event::Planned {
                        plan: Box::new(plan.clone()),
                    },
                ],
                after: vec![Event::Scheduled {
                    schedule: schedule.clone(),
                }],
            },
            None => Beginning::Resumed,
        };
        let (attached, handle) = oneshot::channel();
        let attach = move |commands: mpsc::UnboundedSender<Command>, shared: Shared| {
            let _ = attached.send((commands, shared));
        };
        let work = live::run(
            &ready.rig,
            ready.library.as_ref().unwrap_or(&self.library),
            &ready.folder,
            &world,
            beginning,
            vec![logger()],
            attach,
        );
        let ended = tokio::select! {
            biased;
            ended = work => ended,
            () = self.attend(&ready.rig, handle, incoming) => return,
        };
        match ended {
            Ok((ending, state, head)) => {
                tracing::info!(%run, ?ending, "run ended");
                self.show(snapshot(&ready.rig, &state, world.clock(&ready.rig).now()));
                if let Err(error) = conclude(&ready.folder, &ready.rig, &state, head) {
                    tracing::error!(%run, %error, "its files could not be written; the journal is whole");
                }
            }
            Err(error) => {
                tracing::error!(%run, %error, "the run could not go on; resume it once the cause is mended");
                let mut shown = (*self.publish.borrow().1).clone();
                shown.reason = Some(format!("the run could not go on: {error}"));
                shown.state = api::RunState::Ended;
                self.show(shown);
            }
        }
    }

    /// This daemon's rig with the calibration and the speed of a run's source.
    fn rig_of(&self, source: &Source) -> Rig {
        let mut rig = self.rig.clone();
        if let Some(own) = assemble(source).rig {
            rig.calibration = own.calibration;
            rig.slow = own.slow;
        }
        rig
    }

    fn world(&self, ready: &Ready) -> Result<World, simulate::SimulateError> {
        let Some(factor) = self.options.simulate else {
            return Ok(World::Ports);
        };
        let anchor = ClockAnchor {
            sim_us: simulate::START.as_us(),
            boot_us: clock::boot_us(),
            factor,
        };
        let ledger = ready.folder.ledger();
        let sim = simulate::on_the_wall_clock(&ready.source, anchor, Some(&ledger))?;
        Ok(World::InProcess(sim, Clock::anchored(anchor)))
    }

    /// Shows the run's state and passes requests on, for as long as the run lasts.
    async fn attend(
        &self,
        rig: &Rig,
        handle: oneshot::Receiver<(mpsc::UnboundedSender<Command>, Shared)>,
        incoming: &mut mpsc::UnboundedReceiver<Request>,
    ) {
        let Ok((commands, shared)) = handle.await else {
            return std::future::pending().await;
        };
        let wall = Clock::wall();
        loop {
            let now = shared.clock().now();
            self.show(shared.with_state(|s| snapshot(rig, s, now)));
            tokio::select! {
                biased;
                request = incoming.recv() => match request {
                    None => return std::future::pending().await,
                    Some(Request::Operations(reply)) => {
                        let _ = reply.send(Ok(shared.with_state(operation_lines)));
                    }
                    Some(request) => pass_on(request, &commands).await,
                },
                () = wall.sleep(PUBLISH_EVERY) => {}
            }
        }
    }

    fn show(&self, mut snapshot: api::Snapshot) {
        snapshot.interrupted = self.interrupted.iter().map(|i| i.view.clone()).collect();
        self.publish.send_modify(|(version, latest)| {
            *version += 1;
            *latest = Arc::new(snapshot);
        });
    }
}

fn refuse<T>(reply: Reply<T>, why: &str) {
    let _ = reply.send(Err(api::Refusal::now(why)));
}

/// Refuses what only a run under way can do.
fn refuse_all(request: Request, why: &str) {
    match request {
        Request::Submit(_, reply) | Request::TakeUp(_, _, reply) => refuse(reply, why),
        Request::Stop(_, _, reply) | Request::Answer(_, _, reply) => refuse(reply, why),
        Request::Repair(_, _, reply) => refuse(reply, why),
        Request::Operations(reply) => refuse(reply, why),
    }
}

/// Hands a request to the engine and its answer back to the client.
async fn pass_on(request: Request, commands: &mpsc::UnboundedSender<Command>) {
    let (command, result, reply) = match request {
        Request::Submit(_, reply) => {
            return refuse(reply, "a run is under way; submit again when it has ended");
        }
        Request::TakeUp(_, _, reply) => {
            return refuse(reply, "a run is under way; take the other up when it has ended");
        }
        // Answered from the state, before it comes here.
        Request::Operations(reply) => return refuse(reply, "the run has ended"),
        Request::Repair(order, peer, reply) => {
            let (sender, result) = oneshot::channel();
            let command = Command::Repair {
                repair: order.repair,
                by: peer.0,
                why: order.why,
                reply: sender,
            };
            if commands.send(command).is_err() {
                return refuse(reply, "the run has ended");
            }
            let answer = result.await.unwrap_or_else(|_| Err("the run has ended".into()));
            let repaired = answer.map(|prevents| Repaired { prevents });
            let _ = reply.send(repaired.map_err(api::Refusal::now));
            return;
        }
        Request::Stop(stop, peer, reply) => {
            let (sender, result) = oneshot::channel();
            (
                Command::Stop {
                    kind: stop.kind,
                    by: peer.0,
                    reply: sender,
                },
                result,
                reply,
            )
        }
        Request::Answer(answer, peer, reply) => {
            let (sender, result) = oneshot::channel();
            let question = QuestionId(answer.question);
            (
                Command::Answer {
                    question,
                    answer: answer.answer,
                    by: peer.0,
                    reply: sender,
                },
                result,
                reply,
            )
        }
    };
    if commands.send(command).is_err() {
        return refuse(reply, "the run has ended");
    }
    let answer = result.await.unwrap_or_else(|_| Err("the run has ended".into()));
    let _ = reply.send(answer.map_err(api::Refusal::now));
}

/// Semantic events into the daemon's log.
fn logger() -> crate::engine::Observer {
    Box::new(|state, event, _| match event {
        Event::OperationStarted { operation } | Event::OperationEnded { operation } => {
            let title = state
                .operation(*operation)
                .map(|o| o.title.clone())
                .unwrap_or_default();
            let what = if matches!(event, Event::OperationStarted { .. }) {
                "begins"
            } else {
                "ended"
            };
            tracing::info!(%operation, title, "operation {what}");
        }
        Event::Failed { action, failure } => {
            tracing::warn!(%action, %failure, moved = ?failure.moved, "action failed")
        }
        Event::Asked { question } => tracing::warn!(question = question.id.0, text = question.text, "asked"),
        Event::Answered { question, answer, by } => {
            tracing::info!(question = question.0, answer, by, "answered")
        }
        Event::ClocksRead {
            found: Some(found), ..
        } => tracing::warn!("{}", found.in_words()),
        Event::Stop { kind, by } => tracing::info!(?kind, by, "stop"),
        _ => {}
    })
}
