//! Runs of the repository's protocols on simulated rigs.

use hardware_sim::Entry;
use plated::daemon::{assemble, plan};
use plated::engine::{Command, Engine, EngineError, Observer, Setup};
use plated::journal::{Disk, Journal, MemoryDisk, Writing, recover};
use plated::labware::Library;
use plated::plan::{Plan, Schedule};
use plated::rig::Rig;
use plated::run::{Choice, Ending, Event, FileText, Question, QuestionId, RunId, Source, State, StopKind};
use plated::simulate::Simulation;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

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
        files: Default::default(),
        today: None,
        release: None,
        commissioning: None,
        calibrations: Vec::new(),
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

    /// An engine on this rig, with or without the simulated operator.
    pub fn engine(&self, operator: bool, observers: Vec<Observer>) -> Engine {
        let (journal, state) = self.journal();
        let (rig, clock) = (&self.rig, self.simulation.clock());
        self.simulation.block_on(async {
            let sim = self.simulation.sim();
            let instruments = plated::simulate::instruments(sim, rig, &self.library, clock).unwrap();
            Engine::new(Setup {
                clock,
                rig: rig.clone(),
                instruments,
                journal,
                state,
                operator: operator.then(|| plated::simulate::operator(sim)),
                observers,
            })
            .with_inputs(plated::simulate::inputs(sim, rig, clock))
        })
    }

    /// Runs beside a person who has everything tried again that may be, and else ends the run.
    pub fn retried(&self, observers: Vec<Observer>) -> (Ending, State) {
        self.run_beside(true, observers, |desk| {
            desk.answer_the_rest(|q| {
                if q.choices.contains(&Choice::Retry) {
                    Choice::Retry
                } else {
                    Choice::Abort
                }
            })
        })
    }

    /// Runs to the end beside a script of what people do. Fails when the run has not ended after two simulated days.
    pub fn run_beside<F: Future<Output = ()> + 'static>(
        &self,
        operator: bool,
        observers: Vec<Observer>,
        script: impl FnOnce(Desk) -> F,
    ) -> (Ending, State) {
        let desk = Desk::default();
        let mut observers = observers;
        let seen = Rc::clone(&desk.seen);
        observers.push(Box::new(move |state, event, _| {
            seen.borrow_mut().push(event.clone());
            let _ = state;
        }));
        let mut engine = self.engine(operator, observers);
        let desk = Desk {
            commands: Some(engine.commands()),
            shared: Some(engine.shared()),
            ..desk
        };
        let shared = engine.shared();
        let (before, after) = self.beginning();
        let script = script(desk);
        let result = self.simulation.block_on(async move {
            let person = tokio::task::spawn_local(script);
            let run = async {
                engine.begin(before).await?;
                engine.identify().await?;
                engine.begin(after).await?;
                let (ending, state, _) = engine.run().await?;
                Ok::<_, EngineError>((ending, state))
            };
            let result = tokio::time::timeout(Duration::from_secs(48 * 3600), run).await;
            if person.is_finished() {
                person.await.unwrap();
            } else {
                person.abort();
            }
            result
        });
        match result {
            Ok(ended) => ended.unwrap(),
            Err(_) => shared.with_state(|s| {
                panic!(
                    "not at its end after two days; mode {:?}, questions {:#?}, open {:#?}",
                    s.mode, s.questions, s.open
                )
            }),
        }
    }
}

/// Where people see a run and command it.
#[derive(Clone, Default)]
pub struct Desk {
    commands: Option<mpsc::UnboundedSender<Command>>,
    shared: Option<plated::engine::Shared>,
    /// Every event so far.
    pub seen: Rc<RefCell<Vec<Event>>>,
}

impl Desk {
    /// Beside an engine that is driven elsewhere.
    pub fn at(commands: mpsc::UnboundedSender<Command>, shared: plated::engine::Shared) -> Self {
        Self {
            commands: Some(commands),
            shared: Some(shared),
            ..Self::default()
        }
    }

    /// Waits until the run's state is so.
    pub async fn until<T>(&self, mut found: impl FnMut(&State) -> Option<T>) -> T {
        loop {
            if let Some(found) = self.state(&mut found) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Waits until a question is open.
    pub async fn question(&self) -> Question {
        self.until(|s| s.questions.values().next().cloned()).await
    }

    /// Waits until such a question is open.
    pub async fn question_of(&self, wanted: impl Fn(&Question) -> bool) -> Question {
        self.until(|s| s.questions.values().find(|q| wanted(q)).cloned())
            .await
    }

    /// Waits for so many simulated seconds.
    pub async fn wait(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    /// Reads the run's state.
    pub fn state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        self.shared.as_ref().unwrap().with_state(read)
    }

    /// Answers a question.
    pub async fn answer(&self, question: QuestionId, answer: &str) -> Result<(), String> {
        let (reply, result) = oneshot::channel();
        let by = "test".to_owned();
        let answer = answer.to_owned();
        let command = Command::Answer {
            question,
            answer,
            by,
            reply,
        };
        self.commands.as_ref().unwrap().send(command).ok().unwrap();
        result.await.unwrap()
    }

    /// Sends a command.
    pub fn send(&self, command: Command) {
        self.commands.as_ref().unwrap().send(command).ok().unwrap();
    }

    /// Stops the run or lets it go on.
    pub async fn stop(&self, kind: StopKind) -> Result<(), String> {
        let (reply, result) = oneshot::channel();
        let by = "test".to_owned();
        let command = Command::Stop { kind, by, reply };
        self.commands.as_ref().unwrap().send(command).ok().unwrap();
        result.await.unwrap()
    }

    /// Answers for ever what the simulated operator cannot see (questions without anything to look at).
    pub async fn answer_the_rest(self, mut answer: impl FnMut(&Question) -> Choice) {
        loop {
            let question = self
                .until(|s| {
                    let unseen = |q: &&Question| q.look.is_none() && q.prompt.is_none();
                    s.questions.values().find(unseen).cloned()
                })
                .await;
            self.wait(60).await;
            self.answer(question.id, answer(&question).word()).await.unwrap();
        }
    }
}

/// What moved where, without the times.
pub fn moves(ledger: &[Entry]) -> Vec<String> {
    let mut moves: Vec<(String, String)> = Vec::new();
    for entry in ledger {
        let who = match &entry.event {
            hardware_sim::Event::Stroke { instrument, .. }
            | hardware_sim::Event::PumpStroke { instrument, .. }
            | hardware_sim::Event::TipPickUp { instrument, .. }
            | hardware_sim::Event::TipDrop { instrument, .. }
            | hardware_sim::Event::Stored { instrument, .. }
            | hardware_sim::Event::Retrieved { instrument, .. } => instrument.clone(),
            hardware_sim::Event::PlateMoved { by, .. } => by.clone(),
            hardware_sim::Event::LidOff { .. } | hardware_sim::Event::LidOn { .. } => "lids".into(),
            hardware_sim::Event::Loaded { .. } | hardware_sim::Event::LoadedWell { .. } => "operator".into(),
            _ => continue,
        };
        moves.push((who, serde_json::to_string(&entry.event).unwrap()));
    }
    // Instruments work side by side; what one of them did keeps its order.
    moves.sort_by(|a, b| a.0.cmp(&b.0));
    moves.into_iter().map(|(_, text)| text).collect()
}
