//! `virtual_time [ACTIONS]`: actions a second in virtual time where an action is one exchange (100,000), and what of it
//! the journal alone takes.
//!
//! No instrument of the rigs has actions of one exchange: drivers ask before and look after. So a driver of this
//! measurement states one goal an action, a holding register of the plate reader over Modbus TCP, and asks for nothing.
//! All else is what every run has: engine, journal inline, line, the wire's bytes, and the reader's twin over the
//! simulated world. The floor is the same records, appended and committed to a journal in memory.
//! `journal_resume` prints the same of a liquid handler, whose actions are six exchanges.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement: anything unexpected is a failure"
)]

use plated::daemon::{Assembled, assemble, plan};
use plated::devices::{
    Before, Done, Evidence, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled,
};
use plated::engine::{Engine, Observer, Setup};
use plated::journal::{Disk, Journal, MemoryDisk, Reader, Writing, recover};
use plated::link::modbus::{Client, Writable};
use plated::link::{Direction, Line, Settings};
use plated::plan::{Action, Actor, Claim, OperationId, Phase, Plan, Resource, Schedule, Slot, Work};
use plated::rig::{InstrumentId, Rig, ZoneId};
use plated::run::{Ending, Event, FileText, RunId, Source, State};
use plated::simulate::{Simulation, operator};
use plated::units::{Duration, Temperature, Timestamp};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

/// Whose twin is spoken to.
const READER: &str = "reader";
/// The holding register that a goal is written into.
const GOAL: u16 = 0;
/// Actions of one operation.
const EACH: usize = 1000;

fn read(path: &str) -> FileText {
    FileText {
        name: path.into(),
        text: std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap(),
    }
}

fn source() -> Source {
    let text = "[protocol]\nname = \"goals\"\n\n[plates.assay]\ncount = 1\nlabware = \"plate-96-flat\"\nat = \"hotel\"\n\n\
                [[steps]]\nid = \"look\"\ndo = \"read\"\neach = \"assay\"\nwavelength = \"600 nm\"\n";
    let profiles = ["profiles/absorbance-reader.toml", "profiles/plate-mover.toml"];
    Source {
        files: BTreeMap::new(),
        today: None,
        release: None,
        commissioning: None,
        calibrations: Vec::new(),
        run: RunId("goals".into()),
        protocol: FileText {
            name: "goals.toml".into(),
            text: text.into(),
        },
        rig: read("config/demo-rig.toml"),
        profiles: profiles
            .iter()
            .map(|p| ((*p).to_owned(), read(&format!("config/{p}"))))
            .collect(),
        labware: Vec::new(),
        parameters: BTreeMap::new(),
        seed: 1,
        simulated: true,
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

/// Writes one goal an action.
struct Goals(Client);

fn no_answer(why: impl std::fmt::Display) -> Failure {
    Failure::new(FailureKind::NoAnswer, Moved::Unknown, why.to_string())
}

impl Instrument for Goals {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        let identity = Identity {
            model: "plate reader".into(),
            serial: None,
            firmware: None,
        };
        Box::pin(async { Ok(identity) })
    }
    fn prepare<'a>(&'a mut self, _: &'a Action) -> Fut<'a, Result<Before, Failure>> {
        Box::pin(async { Ok(Before::default().with("goal", 600)) })
    }
    fn perform<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Done, Failure>> {
        Box::pin(async move {
            let goal = u16::try_from(intent.before.get("goal").unwrap()).unwrap();
            let answer = self.0.write_registers(GOAL, vec![goal]).await;
            answer.map_err(no_answer)?.map_err(no_answer)?;
            Ok(Done::Plain)
        })
    }
    fn settle<'a>(&'a mut self, _: &'a Intent) -> Fut<'a, Result<Settled, Failure>> {
        let evidence = Evidence::Commanded;
        Box::pin(async move { Ok(Settled::NotDone { evidence }) })
    }
    fn clear_of<'a>(&'a mut self, _: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        Box::pin(async { Ok(true) })
    }
    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async { Ok(()) })
    }
}

/// A plan of that many actions of one instrument, from one that the rig can carry out.
fn goals(mut planned: Plan, actions: usize) -> (Plan, Schedule) {
    let reader = InstrumentId::new(READER);
    let mut first = planned.operations.swap_remove(0);
    let phase = first.phases.swap_remove(0);
    let action = Action::SetTemperature {
        temperature: Temperature::default(),
    };
    let (mut plan, mut schedule) = (planned, Schedule::default());
    plan.operations.clear();
    let count = actions / EACH;
    for index in 0..count {
        let mut operation = first.clone();
        operation.id = OperationId(u32::try_from(index).unwrap());
        operation.after.clear();
        operation.plates.clear();
        operation.phases = vec![Phase {
            actor: Actor::Instrument(reader.clone()),
            work: Work::Actions(vec![action.clone(); EACH]),
            duration: Duration::ZERO,
            ..phase.clone()
        }];
        operation.claims = vec![Claim {
            resource: Resource::Instrument(reader.clone()),
            from: 0,
            to: 0,
        }];
        schedule.slots.push(Slot {
            operation: operation.id,
            start: Duration::ZERO,
            end: Duration::ZERO,
        });
        plan.operations.push(operation);
    }
    (plan, schedule)
}

/// What a run took.
struct Took {
    actions: u64,
    seconds: f64,
    exchanges: u64,
    bytes: u64,
    journal: Vec<u8>,
}

fn run(source: &Source, actions: usize) -> Took {
    let Assembled { rig, library, .. } = assemble(source);
    let rig: Rig = rig.unwrap();
    let (planned, found, _) = plan(source, &rig, &library);
    let (planned, _) = planned.unwrap_or_else(|| {
        eprintln!("{found:?}");
        std::process::exit(2)
    });
    let (plan, schedule) = goals(planned, actions);
    let simulation = Simulation::new(source, None).unwrap();
    let memory = MemoryDisk::default();
    let mut disk = Disk::Memory(memory.clone());
    let recovered = recover(&mut disk).unwrap();
    let journal = Journal::new(disk, &recovered, Writing::Inline { durable: true }).unwrap();
    let count = Rc::new(Cell::new((0_u64, 0_u64)));
    let counted = Rc::clone(&count);
    let reader = InstrumentId::new(READER);
    let link = rig.instruments.get(&reader).unwrap().link.clone();
    let mut settings = Settings::of(&link);
    settings.capture = Some(Rc::new(move |direction, bytes| {
        let (exchanges, all) = counted.get();
        let sent = u64::from(direction == Direction::Sent);
        counted.set((exchanges + sent, all + u64::try_from(bytes.len()).unwrap()));
    }));
    let done = Rc::new(Cell::new(0));
    let seen = Rc::clone(&done);
    let watch: Observer = Box::new(move |state: &State, _, _| seen.set(state.actions_done));
    let seconds = simulation.block_on(async {
        let stream = simulation.sim().connect(READER).unwrap();
        let line = Line::over(stream, settings, simulation.clock());
        let driver = Goals(Client::new(line, &link, Duration::s(1)).writing(Writable::everything()));
        let instruments = BTreeMap::from([(reader, Box::new(driver) as Box<dyn Instrument>)]);
        let mut engine = Engine::new(Setup {
            clock: simulation.clock(),
            state: State::new(&rig),
            rig,
            instruments,
            journal,
            operator: Some(operator(simulation.sim())),
            observers: vec![watch],
        });
        let started = Event::Started {
            source: Box::new(source.clone()),
        };
        let plan = Box::new(plan);
        engine
            .begin(vec![started, Event::Planned { plan }])
            .await
            .unwrap();
        engine.identify().await.unwrap();
        engine.begin(vec![Event::Scheduled { schedule }]).await.unwrap();
        let began = Instant::now();
        let (ending, ..) = engine.run().await.unwrap();
        assert_eq!(ending, Ending::Completed);
        began.elapsed().as_secs_f64()
    });
    let (exchanges, bytes) = count.get();
    Took {
        actions: done.get(),
        seconds,
        exchanges,
        bytes,
        journal: memory.bytes(),
    }
}

/// The same records appended to a journal in memory, each intent committed; in seconds.
fn floor(bytes: &[u8]) -> f64 {
    let records: Vec<(Event, Timestamp)> = Reader::new(bytes)
        .filter(|entry| matches!(entry.event, Event::Intended { .. } | Event::Ended { .. }))
        .map(|entry| (entry.event, entry.at))
        .collect();
    let mut disk = Disk::Memory(MemoryDisk::default());
    let recovered = recover(&mut disk).unwrap();
    let mut journal = Journal::new(disk, &recovered, Writing::Inline { durable: true }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let began = Instant::now();
        for (event, at) in &records {
            journal.append(event, *at).unwrap();
            if matches!(event, Event::Intended { .. }) {
                journal.commit().durable().await.unwrap();
            }
        }
        began.elapsed().as_secs_f64()
    })
}

fn main() {
    let actions: usize = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(100_000);
    let source = source();
    let took = run(&source, actions.next_multiple_of(EACH));
    let count = f64::from(u32::try_from(took.actions).unwrap());
    println!(
        "virtual time: {} actions of one exchange ({} exchanges, {} bytes on the wire) in {:.2} s, {:.0} a second",
        took.actions,
        took.exchanges,
        took.bytes,
        took.seconds,
        count / took.seconds
    );
    let floor = floor(&took.journal);
    println!(
        "floor: their records alone, hash chain and journal in memory, in {floor:.2} s, {:.0} a second",
        count / floor
    );
}
