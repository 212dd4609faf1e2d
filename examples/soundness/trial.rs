//! One case: checked, and when accepted run to its end in a world that keeps count.

use super::rigs::{Case, Repository};
use super::tables::open_nl;
use hardware_sim::{Hazard, Truth};
use plated::daemon::inputs;
use plated::engine::Observer;
use plated::journal::{Disk, Journal, MemoryDisk, Writing, recover};
use plated::labware::Library;
use plated::plan::{Plan, Schedule};
use plated::protocol;
use plated::rig::Rig;
use plated::run::{Ending, Event, Item, Source, State};
use plated::schedule::{Options, ScheduleError};
use plated::simulate::Simulation;
use plated::source::{Severity, SourceFile};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Longest run that is tried, in simulated time by its schedule.
const LONGEST: Duration = Duration::from_secs(40 * 3600);
/// How much longer than its schedule a run may take.
const GRACE: Duration = Duration::from_secs(24 * 3600);
/// Real time after which a run counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of a case.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The check refuses it, with these codes.
    Refused(BTreeSet<String>),
    /// Accepted, and too long to be run here.
    TooLong,
    /// Run without fault.
    Ran {
        /// Wells whose volume was compared.
        wells: usize,
        /// Actions that took place.
        actions: u64,
    },
    /// Goes wrong with every rule as well; only where one is left out.
    Anyway,
    /// Accepted, and went wrong.
    Counterexample(Fault),
}

/// How an accepted protocol went wrong.
#[derive(Debug, Clone, Default)]
pub struct Fault {
    /// Stable word: a hazard's name, or "ending", "question", "volume", "stands-still", "slow", "panic".
    pub kind: String,
    /// What happened, for a person.
    pub text: String,
    /// Every hazard that was met, with how often.
    pub hazards: BTreeMap<Hazard, usize>,
}

impl Fault {
    fn new(kind: &str, text: String) -> Self {
        Self {
            kind: kind.into(),
            text,
            hazards: BTreeMap::new(),
        }
    }
}

/// What the check says of a case.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Codes of errors and warnings.
    pub codes: BTreeSet<String>,
    /// Rules that found something.
    pub rules: BTreeSet<&'static str>,
}

/// Checks and runs a case, with some rules left out.
pub fn tried(repository: &Repository, case: &Case, off: &[&str]) -> Outcome {
    heard(repository, case, off, &mut Said::default())
}

/// The same, with all that the check says.
pub fn heard(repository: &Repository, case: &Case, off: &[&str], said: &mut Said) -> Outcome {
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        judge(repository, case, off, said)
    }));
    match judged {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Outcome::Counterexample(Fault::new("error", error.to_string())),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned()));
            Outcome::Counterexample(Fault::new("panic", text.unwrap_or_default()))
        }
    }
}

fn judge(
    repository: &Repository,
    case: &Case,
    off: &[&str],
    said: &mut Said,
) -> Result<Outcome, Box<dyn Error>> {
    let (source, assembled) = repository.source(case).ok_or("the case has no rig")?;
    let rig = assembled.rig.as_ref().ok_or("the rig has errors")?;
    let file = SourceFile {
        name: source.protocol.name.clone(),
        text: source.protocol.text.clone(),
    };
    let built = protocol::build_without(&file, &inputs(&source), rig, &assembled.library, off);
    let errors = built.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let codes: BTreeSet<String> = errors.map(|d| d.code.to_string()).collect();
    said.codes
        .extend(built.diagnostics.iter().map(|d| d.code.to_string()));
    said.rules.extend(built.spoken);
    let Some(plan) = built.plan.filter(|_| codes.is_empty()) else {
        if codes.is_empty() {
            return Ok(Outcome::Counterexample(Fault::new(
                "refused-without-reason",
                "there is no plan and no error".into(),
            )));
        }
        return Ok(Outcome::Refused(codes));
    };
    // What `plated check` says as well, once there is a plan.
    let mut options = Options::default();
    if let Some(limit) = case.work_limit {
        options.work_limit = limit;
    }
    let schedule = match plated::schedule::schedule_with(&plan, &options) {
        Ok(schedule) => schedule,
        Err(error) => {
            let code = match error {
                ScheduleError::Cadence { .. } => "cadence",
                ScheduleError::Delay { .. } => "window",
                ScheduleError::Unsound(_) | ScheduleError::TooMuchWork(_) => "schedule",
            };
            said.codes.insert(code.to_owned());
            return Ok(Outcome::Refused([code.to_owned()].into()));
        }
    };
    let broken = plated::schedule::broken(&plan, &schedule);
    let mut late: BTreeSet<String> = broken.iter().map(|b| b.code.to_owned()).collect();
    if !plated::run::evaporated(&plan, &schedule, rig, &assembled.library).is_empty() {
        late.insert("evaporation".to_owned());
    }
    if !late.is_empty() {
        said.codes.extend(late.iter().cloned());
        return Ok(Outcome::Refused(late));
    }
    let end = schedule.slots.iter().map(|s| s.end.as_us()).max().unwrap_or(0);
    let expected = Duration::from_micros(end);
    if expected > LONGEST {
        return Ok(Outcome::TooLong);
    }
    let run = Run {
        source,
        plan,
        schedule,
        rig,
        library: &assembled.library,
        exact: case.rig.exact(),
    };
    run.to_its_end(expected)
}

struct Run<'r> {
    source: Source,
    plan: Plan,
    schedule: Schedule,
    rig: &'r Rig,
    library: &'r Library,
    /// Whether what wells hold is compared with what is believed.
    exact: bool,
}

impl Run<'_> {
    fn to_its_end(&self, expected: Duration) -> Result<Outcome, Box<dyn Error>> {
        let simulation = Simulation::new(&self.source, None)?;
        let mut disk = Disk::Memory(MemoryDisk::default());
        let recovered = recover(&mut disk)?;
        let journal = Journal::new(disk, &recovered, Writing::Inline { durable: false })?;
        let asked = Rc::new(RefCell::new(Vec::new()));
        let heard = Rc::clone(&asked);
        let last: Rc<RefCell<Option<String>>> = Rc::default();
        let seen = Rc::clone(&last);
        let observer: Observer = Box::new(move |_, event, _| {
            if let Event::Asked { question } = event
                && question.prompt.is_none()
            {
                heard.borrow_mut().push(question.text.clone());
            }
            if let Event::Failed { failure, .. } = event {
                *seen.borrow_mut() = Some(format!("{failure:?}"));
            }
        });
        let state = State::new(self.rig);
        let mut engine = simulation.engine(self.rig, self.library, journal, state, vec![observer])?;
        let before = vec![
            Event::Started {
                source: Box::new(self.source.clone()),
            },
            Event::Planned {
                plan: Box::new(self.plan.clone()),
            },
        ];
        let after = vec![Event::Scheduled {
            schedule: self.schedule.clone(),
        }];
        let shared = engine.shared();
        let began = Instant::now();
        let result = simulation.block_on(async move {
            let run = async {
                engine.begin(before).await?;
                engine.identify().await?;
                engine.begin(after).await?;
                let (ending, state, _) = engine.run().await?;
                Ok::<_, plated::engine::EngineError>((ending, state))
            };
            let patience = async {
                while began.elapsed() < PATIENCE {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
            };
            tokio::select! {
                biased;
                ended = run => Ok(ended),
                () = tokio::time::sleep(expected.saturating_add(GRACE)) => Err("stands-still"),
                () = patience => Err("slow"),
            }
        });
        let truth = simulation.sim().truth();
        let hazards = truth.hazards();
        let fault = |kind: &str, text: String| {
            let hazards = hazards.clone();
            let kind = kind.to_owned();
            Ok(Outcome::Counterexample(Fault { kind, text, hazards }))
        };
        let last = last.borrow().clone().unwrap_or_default();
        if let Some(first) = truth.violations.first() {
            let rest = truth.violations.len() - 1;
            let text = format!(
                "{} at {}: {} ({rest} more); last failure: {last}",
                first.instrument, first.place, first.text
            );
            return fault(first.id.id(), text);
        }
        let ended = match result {
            Ok(ended) => ended,
            Err(kind) => {
                let open = shared.with_state(|s| {
                    let asked = s.questions.values().map(|q| q.text.as_str());
                    let open = s
                        .open
                        .values()
                        .map(|o| format!("{:?} of {:?}", o.intent, o.actor));
                    asked
                        .map(str::to_owned)
                        .chain(open)
                        .collect::<Vec<_>>()
                        .join("; ")
                });
                let told = told(&simulation).unwrap_or_default();
                return fault(
                    kind,
                    format!("{told}; not at its end in time: {open}; last failure: {last}"),
                );
            }
        };
        let (ending, state) = match ended {
            Ok(ended) => ended,
            Err(error) => return fault("engine", format!("{error}; last failure: {last}")),
        };
        if let Some(question) = asked.borrow().first() {
            return fault("question", format!("{question}; last failure: {last}"));
        }
        if ending != Ending::Completed {
            return fault("ending", format!("{ending:?}; last failure: {last}"));
        }
        if !state.failures.is_empty() {
            return fault("failure", last);
        }
        if !self.exact {
            return Ok(Outcome::Ran {
                wells: 0,
                actions: state.actions_done,
            });
        }
        match volumes(&truth, &self.plan, &state, &strokes(&simulation, &self.plan)) {
            Ok(wells) => Ok(Outcome::Ran {
                wells,
                actions: state.actions_done,
            }),
            Err(text) => fault("volume", text),
        }
    }
}

/// What the simulated operator could not do.
fn told(simulation: &Simulation) -> Option<String> {
    simulation
        .sim()
        .ledger()
        .iter()
        .find_map(|entry| match &entry.event {
            hardware_sim::Event::Operator { answer, .. } if answer.starts_with("error") => {
                Some(format!("operator: {answer}"))
            }
            _ => None,
        })
}

/// Of the pump: 1 mL in 3000 increments.
const INCREMENT_NL: f64 = 1e6 / 3000.0;

/// By how much the strokes of a column may be off together, in nanolitres: 10 of each stroke of the large pipette and
/// 1 of each of the small one, an increment of each of the pump, by name of plate or piece and column.
pub type Strokes = BTreeMap<(String, String), f64>;

pub fn column(well: &str) -> String {
    well.trim_start_matches(|c: char| c.is_ascii_alphabetic())
        .to_owned()
}

pub fn strokes(simulation: &Simulation, plan: &Plan) -> Strokes {
    let mut out = Strokes::new();
    for entry in simulation.sim().ledger() {
        let (place, plate, well, step) = match &entry.event {
            hardware_sim::Event::Stroke {
                model,
                place,
                plate,
                well: Some(well),
                from_um,
                to_um,
                ..
            } => (place, plate, well, open_nl(model, *from_um, *to_um)),
            hardware_sim::Event::PumpStroke {
                place,
                plate,
                well: Some(well),
                ..
            } => (place, plate, well, INCREMENT_NL),
            _ => continue,
        };
        let at = place
            .as_ref()
            .and_then(|nest| plan.pieces.iter().find(|(_, p)| p.nest.as_str() == nest));
        let name = at
            .map(|(name, _)| name.clone())
            .or_else(|| plate.clone())
            .unwrap_or_default();
        *out.entry((name, column(well))).or_insert(0.0) += step;
    }
    out
}

/// Every well holds by strokes what it is believed to hold, to the plunger's resolution. Returns how many wells were
/// compared.
fn volumes(truth: &Truth, plan: &Plan, state: &State, strokes: &Strokes) -> Result<usize, String> {
    let mut compared = 0;
    for ((item, well), believed) in &state.belief.volumes {
        let (name, other) = match item {
            Item::Plate(plate) if !state.belief.places.contains_key(plate) => continue,
            Item::Plate(plate) => (plate.to_string(), String::new()),
            Item::Piece(name) => {
                let nest = plan.pieces.get(name).map(|p| p.nest.to_string());
                (name.clone(), nest.unwrap_or_default())
            }
        };
        let Some(found) = truth.plates.get(&name).or_else(|| truth.plates.get(&other)) else {
            return Err(format!("there is no {name}"));
        };
        let well = well.to_string();
        let in_well = found.wells.get(&well).map_or(0.0, |w| w.net_nl);
        let spots = found.spots.iter().filter(|s| s.well == well).map(|s| s.volume_nl);
        let is = in_well + spots.sum::<f64>();
        let believed = believed.as_ul() * 1000.0;
        // Eight channels may be in one trough.
        let channels = if found.wells.len() <= 12 { 8.0 } else { 1.0 };
        let allowed = strokes
            .get(&(name.clone(), column(&well)))
            .copied()
            .unwrap_or(0.0)
            * channels;
        if (is - believed).abs() > allowed + 0.5 {
            return Err(format!(
                "{name} {well} holds {is:.0} nL and is believed to hold {believed:.0} nL; {} is at {}, with liquid in {:?}",
                found.labware,
                found.place,
                found.wells.keys().collect::<Vec<_>>()
            ));
        }
        compared += 1;
    }
    let empty = |name: &str, found: &hardware_sim::PlateTruth| {
        let item = plan
            .pieces
            .iter()
            .find(|(n, p)| n.as_str() == name || p.nest.as_str() == name)
            .map_or_else(|| Item::Plate(name.into()), |(n, _)| Item::Piece(n.clone()));
        let unknown = found.wells.iter().find(|(well, truth)| {
            let known = well
                .parse()
                .is_ok_and(|well| state.belief.volumes.contains_key(&(item.clone(), well)));
            !known && truth.net_nl.abs() > 10.0
        });
        unknown.map(|(well, truth)| format!("{name} {well} holds {:.0} nL and nobody knows", truth.net_nl))
    };
    if let Some(text) = truth.plates.iter().find_map(|(name, found)| empty(name, found)) {
        return Err(text);
    }
    Ok(compared)
}
