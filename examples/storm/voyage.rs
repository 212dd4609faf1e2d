//! One run through its weather: lives of the host one after the other on instruments that live on, up to its end.

use super::anchor::{Anchor, Found};
use super::draw::Draw;
use super::hands::{operator, pushed};
use super::judge;
use super::person::{Log, Person};
use super::subject::Subject;
use super::weather::{Count, Death, Deed, Kinds, Planned, Weather, Without};
use hardware_sim::{Fault, Hazard};
use plated::devices::Done;
use plated::engine::{Command, Engine, EngineError, Observer, Safeguards, Setup};
use plated::journal::{Disk, Entry, Journal, JournalError, MemoryDisk, Writing, recover};
use plated::plan::{Action, Actor};
use plated::rig::{InstrumentId, Rig, Role};
use plated::run::{Ending, Event, Item, Repair, RunId, State};
use plated::simulate::{Simulation, instruments_on};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How often a host may be started.
const LIVES: usize = 25;
/// Time beyond the schedule for all that goes wrong and all waits of people.
const GRACE: Duration = Duration::from_secs(72 * 3600);
/// Real time after which a run counts as hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// What became of a run.
pub struct Outcome {
    /// What must not be; empty is well.
    pub wrong: Vec<String>,
    /// How it ended, where it did.
    pub ending: Option<Ending>,
    /// All bytes of the journal.
    pub journal: Vec<u8>,
    /// The ledger of physical truth as lines.
    pub ledger: String,
    /// What befell it.
    pub weather: Weather,
    /// How often the host was started.
    pub lives: usize,
    /// Actions done.
    pub actions: u64,
    /// Questions about failures and doubt.
    pub asked: Vec<(String, &'static str)>,
    /// Orders obeyed.
    pub orders: u64,
    /// Repairs taken.
    pub repairs: u64,
    /// Deeds that were done, and deaths.
    pub deeds: u64,
    /// Wells compared.
    pub wells: usize,
    /// Readings compared.
    pub readings: usize,
}

enum Life {
    Ended(Box<(Ending, State)>),
    Died(Death),
    /// The program ended itself.
    Gone(String, bool),
    Stands,
    Slow,
    /// The journal is not gone on with: a disk has lied.
    Refused,
}

struct Voyage<'r> {
    subject: &'r Subject<'r>,
    weather: Rc<Weather>,
    simulation: Simulation,
    disk: MemoryDisk,
    log: Rc<RefCell<Log>>,
    intents: Rc<Cell<u64>>,
    carries: Rc<Cell<u64>>,
    quiet: Rc<Cell<u64>>,
    /// Actions by instrument.
    of: Rc<RefCell<BTreeMap<InstrumentId, u64>>>,
    deeds: Rc<Cell<u64>>,
    /// Somebody has two cables in hand: who swaps others waits, so that all of them get back to where they belong.
    cables: Rc<Cell<bool>>,
    /// What a disk that lied had called durable.
    anchor: Option<Anchor>,
    without: Option<Without>,
    began: Instant,
}

/// Takes a subject through the weather of a seed.
pub fn sail(subject: &Subject<'_>, seed: u64, kinds: Kinds, without: Option<Without>) -> Outcome {
    let mut source = subject.source.clone();
    source.run = RunId(format!("storm-{seed}"));
    source.seed = seed;
    let weather = Rc::new(Weather::of(seed, subject.rig, subject.actions, kinds));
    let simulation = Simulation::new(&source, None).unwrap();
    let mut voyage = Voyage {
        subject,
        weather: Rc::clone(&weather),
        simulation,
        disk: MemoryDisk::default(),
        log: Rc::default(),
        intents: Rc::default(),
        carries: Rc::default(),
        quiet: Rc::default(),
        of: Rc::default(),
        deeds: Rc::default(),
        cables: Rc::default(),
        anchor: None,
        without,
        began: Instant::now(),
    };
    let mut lives = 0;
    let mut known: Vec<Entry> = Vec::new();
    let mut wrong = Vec::new();
    let mut gone: Vec<String> = Vec::new();
    let mut end = None;
    let beginning = (
        vec![
            Event::Started {
                source: Box::new(source),
            },
            Event::Planned {
                plan: Box::new(subject.plan.clone()),
            },
        ],
        vec![Event::Scheduled {
            schedule: subject.schedule.clone(),
        }],
    );
    while lives < LIVES {
        let life = voyage.live(lives, &beginning, &mut known, &mut wrong);
        lives += 1;
        if !wrong.is_empty() {
            break;
        }
        match life {
            Life::Ended(ended) => {
                end = Some(*ended);
                break;
            }
            Life::Died(death) => {
                voyage.deeds.set(voyage.deeds.get() + 1);
                voyage.die(death, lives - 1);
            }
            Life::Gone(why, expected) => {
                if !expected {
                    wrong.push(format!("the engine ended: {why}"));
                    break;
                }
                gone.push(why);
                voyage.disk.mend();
                voyage.pause(120);
            }
            Life::Stands => {
                wrong.push("it stands still".to_owned());
                break;
            }
            Life::Refused => break,
            Life::Slow => {
                wrong.push("it takes too much real time".to_owned());
                break;
            }
        }
    }
    if lives >= LIVES {
        let why = gone.last().cloned().unwrap_or_default();
        wrong.push(format!("the host was started too often: {why}"));
    }
    // Violations are told first: they are why.
    voyage.judged(end, known, wrong, lives)
}

impl Voyage<'_> {
    /// After a death: what is left of the disk; the instruments go on meanwhile.
    fn die(&mut self, death: Death, life: usize) {
        if self.weather.lies(life) && death != Death::Killed {
            let now = self.simulation.clock();
            let now = self.simulation.block_on(async { now.now() });
            self.anchor = Some(Anchor::of(&self.disk, now));
        }
        match death {
            Death::Killed => self.disk.mend(),
            Death::Power => self.disk.crash(),
            Death::Torn(seed) => self.disk.crash_torn(seed),
        }
        // Sometimes it is back at once, sometimes long after.
        let mut draw = Draw::new(self.weather.seed ^ self.intents.get());
        let seconds = match draw.below(3) {
            0 => 0,
            1 => draw.between(1, 20),
            _ => draw.between(20, 900),
        };
        self.pause(seconds.unsigned_abs());
    }

    fn pause(&self, seconds: u64) {
        self.simulation
            .block_on(async { tokio::time::sleep(Duration::from_secs(seconds)).await });
    }

    /// One life of the host.
    fn live(
        &mut self,
        number: usize,
        (before, after): &(Vec<Event>, Vec<Event>),
        known: &mut Vec<Entry>,
        wrong: &mut Vec<String>,
    ) -> Life {
        let mut disk = Disk::Memory(self.disk.clone());
        let anchor = self.anchor.take();
        let recovered = match recover(&mut disk) {
            Ok(recovered) => recovered,
            // It tells of itself that records which were called durable are gone.
            Err(_) if anchor.is_some() => return Life::Refused,
            Err(error) => {
                wrong.push(format!("the journal cannot be gone on with: {error}"));
                return Life::Stands;
            }
        };
        match anchor.map_or(Found::Whole, |anchor| anchor.see(&recovered.entries)) {
            // What nobody can know is no failure of those who should.
            Found::Missing | Found::Unproven => return Life::Refused,
            Found::Whole => {}
        }
        if recovered.entries.get(..known.len()) != Some(known.as_slice()) {
            wrong.push(format!(
                "of {} durable records {} are left",
                known.len(),
                recovered.entries.len()
            ));
        }
        let state = plated::daemon::live::fold(self.subject.rig, &recovered.entries);
        if let Some(ending) = state.ending().cloned() {
            return Life::Ended(Box::new((ending, state)));
        }
        let journal = match Journal::new(disk, &recovered, Writing::Inline { durable: true }) {
            Ok(journal) => journal,
            Err(error) => return Life::Gone(error.to_string(), true),
        };
        let fresh = state.source.is_none();
        if fresh {
            let mut begun = state.clone();
            for event in before.iter().chain(after) {
                let at = plated::units::Timestamp::from_us(0);
                plated::run::apply(&mut begun, event, at);
            }
            let prevented = begun.prevented();
            wrong.extend(
                prevented
                    .iter()
                    .map(|p| format!("of a plan that was accepted: {p}")),
            );
        }
        let planned = !state.plan.operations.is_empty();
        let scheduled = !state.schedule.slots.is_empty();
        if let Some(Some(fault)) = self.weather.disk.get(number) {
            self.disk.plan(*fault);
        }
        let written = match self.weather.deaths.get(number) {
            Some(Some((writes, death))) => Some((self.disk.die_after(*writes), *death)),
            _ => None,
        };
        let (crash, crashed) = oneshot::channel();
        let crash = Rc::new(RefCell::new(Some(crash)));
        let sender: Rc<RefCell<Option<mpsc::UnboundedSender<Command>>>> = Rc::default();
        let observer = self.observer(Rc::clone(&crash), Rc::clone(&sender));
        let life = self.simulation.block_on(async {
            let sim = self.simulation.sim();
            let clock = self.simulation.clock();
            let (rig, library) = (self.subject.rig, self.subject.library);
            let drain = self.without != Some(Without::Drain);
            let instruments = instruments_on(sim, rig, library, clock, move |s| s.drain = drain).unwrap();
            let mut engine = Engine::new(Setup {
                clock,
                rig: rig.clone(),
                instruments,
                journal,
                state,
                operator: Some(operator(sim)),
                observers: vec![observer],
            })
            .with_safeguards(Safeguards {
                intent: self.without != Some(Without::Intent),
                settle: self.without != Some(Without::Settle),
                interlock: self.without != Some(Without::Interlock),
            });
            *sender.borrow_mut() = Some(engine.commands());
            let person = Person {
                sim: sim.clone(),
                rig: Rc::new(rig.clone()),
                shared: engine.shared(),
                commands: engine.commands(),
                draw: Draw::new(self.weather.seed ^ (number as u64) << 40),
                log: Rc::clone(&self.log),
            };
            let person = tokio::task::spawn_local(person.attend());
            let host = async move {
                if fresh {
                    engine.begin(before.clone()).await?;
                } else {
                    engine.begin(vec![Event::Restarted]).await?;
                    if !planned {
                        engine.begin(before.get(1..).unwrap_or_default().to_vec()).await?;
                    }
                }
                engine.identify().await?;
                if !scheduled {
                    engine.begin(after.clone()).await?;
                }
                engine.run().await
            };
            let death = async move {
                match written {
                    Some((died, death)) => died.await.map(|()| death),
                    None => std::future::pending().await,
                }
            };
            let began = self.began;
            let patience = async move {
                while began.elapsed() < PATIENCE {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
            };
            let deadline = self.subject.expected.saturating_mul(2).saturating_add(GRACE);
            let life = tokio::select! {
                biased;
                Ok(death) = death => Life::Died(death),
                Ok(death) = crashed => Life::Died(death),
                ended = host => match ended {
                    Ok((ending, state, _)) => Life::Ended(Box::new((ending, state))),
                    Err(error @ EngineError::Stuck(_)) => Life::Gone(error.to_string(), false),
                    // An instrument that does not answer: somebody looks after it and starts the program again.
                    Err(error @ EngineError::Instrument { .. }) => {
                        for id in rig.instruments.keys() {
                            let _ = sim.inject(id.as_str(), Fault::Mended);
                        }
                        Life::Gone(error.to_string(), true)
                    }
                    Err(error) => {
                        let journal = matches!(&error, EngineError::Journal(JournalError::Disk(_) | JournalError::Full(_)));
                        Life::Gone(error.to_string(), journal)
                    }
                },
                () = tokio::time::sleep(deadline) => Life::Stands,
                () = patience => Life::Slow,
            };
            person.abort();
            sender.borrow_mut().take();
            life
        });
        *known = plated::journal::verify(&self.disk.durable()).entries;
        life
    }

    /// Counts actions and does what is planned after each.
    fn observer(
        &self,
        crash: Rc<RefCell<Option<oneshot::Sender<Death>>>>,
        commands: Rc<RefCell<Option<mpsc::UnboundedSender<Command>>>>,
    ) -> Observer {
        let (weather, intents) = (Rc::clone(&self.weather), Rc::clone(&self.intents));
        let (carries, quiet) = (Rc::clone(&self.carries), Rc::clone(&self.quiet));
        let (of, still) = (Rc::clone(&self.of), still(self.subject.rig));
        let (sim, deeds) = (self.simulation.sim().clone(), Rc::clone(&self.deeds));
        let cables = Rc::clone(&self.cables);
        Box::new(move |_, event, _| {
            let Event::Intended { intent, actor, .. } = event else {
                return;
            };
            intents.set(intents.get() + 1);
            let carried = matches!(intent.action, Action::MovePlate { .. });
            carries.set(carries.get() + u64::from(carried));
            let stands = matches!(actor, Actor::Instrument(id) if still.contains(id));
            quiet.set(quiet.get() + u64::from(stands));
            let of_actor = match actor {
                Actor::Instrument(id) => {
                    let mut of = of.borrow_mut();
                    let count = of.entry(id.clone()).or_insert(0);
                    *count += 1;
                    Some((id, *count))
                }
                Actor::Operator => None,
            };
            let due = |d: &&Planned| match d.count {
                Count::All => d.after == intents.get(),
                Count::Carries => carried && d.after == carries.get(),
                Count::Quiet => stands && d.after == quiet.get(),
                Count::Of(which) => of_actor
                    .is_some_and(|(id, count)| d.after == count && weather.names.get(which) == Some(id)),
            };
            for Planned { ms, deed, .. } in weather.deeds.iter().filter(due) {
                let (sim, deed, ms) = (sim.clone(), *deed, *ms);
                let (crash, commands) = (Rc::clone(&crash), Rc::clone(&commands));
                let (weather, deeds) = (Rc::clone(&weather), Rc::clone(&deeds));
                let cables = Rc::clone(&cables);
                tokio::task::spawn_local(async move {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    deeds.set(deeds.get() + 1);
                    let name = |which: usize| weather.names.get(which).map_or("", |n| n.as_str());
                    match deed {
                        Deed::Fault(which, fault) => {
                            // Not every instrument has what could fail so.
                            let _ = sim.inject(name(which), fault);
                        }
                        Deed::Push(which) => pushed(&sim, name(which)).await,
                        Deed::Swap(one, other, seconds) => {
                            while cables.replace(true) {
                                tokio::time::sleep(Duration::from_secs(1)).await;
                            }
                            let _ = sim.swap(name(one), name(other));
                            tokio::time::sleep(Duration::from_secs(seconds)).await;
                            let _ = sim.swap(name(one), name(other));
                            cables.set(false);
                        }
                        Deed::Crash(death) => {
                            if let Some(crash) = crash.borrow_mut().take() {
                                let _ = crash.send(death);
                            }
                        }
                        Deed::Order(kind, twice) => {
                            for _ in 0..=u8::from(twice) {
                                let (reply, _) = oneshot::channel();
                                let by = "storm".to_owned();
                                if let Some(commands) = &*commands.borrow() {
                                    let _ = commands.send(Command::Stop { kind, by, reply });
                                }
                            }
                        }
                    }
                });
            }
        })
    }

    fn judged(
        self,
        end: Option<(Ending, State)>,
        known: Vec<Entry>,
        mut wrong: Vec<String>,
        lives: usize,
    ) -> Outcome {
        let log = self.log.borrow();
        wrong.extend(log.wrong.iter().cloned());
        let ledger = self.simulation.block_on(async { self.simulation.sim().ledger() });
        let truth = self.simulation.block_on(async { self.simulation.sim().truth() });
        let journal = self.disk.bytes();
        let verified = plated::journal::verify(&journal);
        // A person who pushes a gantry in the very seconds in which an arm that was told the way is clear sets out.
        let pushes: Vec<u64> = ledger
            .iter()
            .filter(|fact| matches!(&fact.event, hardware_sim::Event::ByHand { text } if text.starts_with("Push")))
            .map(|fact| fact.t_us)
            .collect();
        let unlucky = |at: u64| pushes.iter().any(|push| *push <= at && at - push < 5_000_000);
        // Of what nobody knows, there may be too little or too much: in the wells of which that was said, and in tips.
        let mut doubted: BTreeSet<String> = verified
            .entries
            .iter()
            .filter_map(|e| match &e.event {
                Event::Repaired {
                    repair: Repair::Volume { item, .. },
                    ..
                } => Some(named(item)),
                _ => None,
            })
            .collect();
        if let Some((_, state)) = &end {
            doubted.extend(state.doubts.keys().map(|(item, _)| named(item)));
        }
        let in_doubt = |text: &str| {
            let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '-'));
            end.is_none() || words.any(|word| doubted.contains(word))
        };
        let unknown = verified.entries.iter().any(|e| {
            matches!(
                &e.event,
                Event::Ended {
                    done: Done::Unknown,
                    ..
                }
            )
        });
        let forgiven = |v: &hardware_sim::Violation| match v.id {
            Hazard::TwoInOneZone => unlucky(v.t_us),
            Hazard::AspiratesAir | Hazard::BelowDeadVolume | Hazard::WellOverfilled => {
                unknown && in_doubt(&v.text)
            }
            Hazard::PushesMoreThanHeld | Hazard::TipOverfilled => unknown,
            _ => false,
        };
        for violation in truth.violations.iter().filter(|v| !forgiven(v)).take(3) {
            wrong.insert(0, format!("violation: {violation:?}"));
        }
        let (mut wells, mut readings, mut actions) = (0, 0, 0);
        let mut ending = None;
        if let Some((how, state)) = end {
            let case = judge::Case {
                plan: &self.subject.plan,
                rig: self.subject.rig,
                simulation: &self.simulation,
                ledger: &ledger,
                truth: &truth,
                entries: &verified.entries,
                state: &state,
                ending: &how,
                log: &log,
                weather: &self.weather,
            };
            let judged = judge::judge(&case);
            wrong.extend(judged.wrong);
            (wells, readings, actions) = (judged.wells, judged.readings, state.actions_done);
            ending = Some(how);
        }
        if verified.entries.get(..known.len()) != Some(known.as_slice()) {
            wrong.push("durable records are gone at the end".to_owned());
        }
        let lines: Vec<String> = ledger
            .iter()
            .map(|e| serde_json::to_string(e).unwrap_or_default())
            .collect();
        Outcome {
            wrong,
            ending,
            journal,
            ledger: lines.join("\n"),
            weather: (*self.weather).clone(),
            lives,
            actions,
            asked: log.asked.clone(),
            orders: log.orders,
            repairs: log.repairs,
            deeds: self.deeds.get(),
            wells,
            readings,
        }
    }
}

fn named(item: &Item) -> String {
    match item {
        Item::Plate(plate) => plate.to_string(),
        Item::Piece(name) => name.clone(),
    }
}

/// Instruments without a body that comes into a zone.
fn still(rig: &Rig) -> Vec<InstrumentId> {
    let instruments = rig.instruments.iter();
    instruments
        .filter(|(_, i)| {
            matches!(
                i.role,
                Role::PlateReader(_) | Role::Incubator(_) | Role::Station(_)
            )
        })
        .map(|(id, _)| id.clone())
        .collect()
}
