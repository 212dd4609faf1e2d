//! Whole runs on disks that fail, tear, lie and fill up: nothing moves without a durable record.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, Desk, source};
use hardware_sim::Entry;
use plated::engine::Observer;
use plated::journal::{DiskFault, verify};
use plated::plan::{Actor, PlateId};
use plated::run::{Choice, Ending, Event, Repair, State, StopKind};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What moved, by the instrument that moved it.
fn moved(ledger: &[Entry]) -> BTreeMap<String, usize> {
    let mut moved = BTreeMap::new();
    for entry in ledger {
        let who = match &entry.event {
            hardware_sim::Event::Stroke { instrument, .. }
            | hardware_sim::Event::TipPickUp { instrument, .. }
            | hardware_sim::Event::TipDrop { instrument, .. }
            | hardware_sim::Event::Stored { instrument, .. }
            | hardware_sim::Event::Retrieved { instrument, .. } => instrument,
            hardware_sim::Event::PlateMoved { by, .. } => by,
            _ => continue,
        };
        *moved.entry(who.clone()).or_default() += 1;
    }
    moved
}

/// An instrument's intents in a journal.
fn intents(bytes: &[u8]) -> BTreeMap<String, usize> {
    let mut intents = BTreeMap::new();
    for entry in verify(bytes).entries {
        if let Event::Intended {
            actor: Actor::Instrument(id),
            ..
        } = entry.event
        {
            *intents.entry(id.to_string()).or_default() += 1;
        }
    }
    intents
}

/// How much each instrument had moved when it was given each of its intents, in an undisturbed run, and in the end.
struct Allowed {
    before: BTreeMap<String, Vec<usize>>,
    whole: BTreeMap<String, usize>,
}

impl Allowed {
    fn drill() -> (Self, u64) {
        let bench = Bench::new(source("drill", &[], 1));
        let sim = bench.simulation.sim().clone();
        let before: Rc<RefCell<BTreeMap<String, Vec<usize>>>> = Rc::default();
        let into = Rc::clone(&before);
        let watch: Observer = Box::new(move |_, event, _| {
            if let Event::Intended {
                actor: Actor::Instrument(id),
                ..
            } = event
            {
                let so_far = moved(&sim.ledger()).get(id.as_str()).copied().unwrap_or(0);
                into.borrow_mut().entry(id.to_string()).or_default().push(so_far);
            }
        });
        bench.run(vec![watch]);
        let whole = moved(&bench.simulation.sim().ledger());
        let (appends, _) = bench.disk.calls();
        let before = before.borrow().clone();
        (Self { before, whole }, appends)
    }

    /// What an instrument may have moved with so many durable intents: all that comes before its next.
    fn with(&self, who: &str, intents: usize) -> usize {
        let next = self.before.get(who).and_then(|b| b.get(intents)).copied();
        next.unwrap_or_else(|| self.whole.get(who).copied().unwrap_or(0))
    }
}

/// Runs the drill with a fault planned, to its end or to the error that stops it; the bench and what was said.
fn disturbed(fault: DiskFault) -> (Bench, Option<String>) {
    let bench = Bench::new(source("drill", &[], 1));
    let (journal, state) = bench.journal();
    let engine = bench
        .simulation
        .engine(&bench.rig, &bench.library, journal, state, Vec::new())
        .unwrap();
    let (before, after) = bench.beginning();
    bench.disk.plan(fault);
    let said = bench
        .simulation
        .run(engine, before, after)
        .err()
        .map(|e| e.to_string());
    // An hour later: nothing goes on by itself.
    bench.simulation.block_on(async {
        let hour = plated::units::Duration::h(1);
        bench.simulation.clock().sleep(hour).await;
    });
    (bench, said)
}

fn check(allowed: &Allowed, fault: DiskFault) {
    let (bench, said) = disturbed(fault);
    let said = said.unwrap_or_else(|| panic!("{fault:?} was not noticed"));
    assert!(
        said.contains("nothing moves without a durable record"),
        "{fault:?}: {said}"
    );
    let durable = bench.disk.durable();
    let intents = intents(&durable);
    for (who, count) in moved(&bench.simulation.sim().ledger()) {
        let may = allowed.with(&who, intents.get(&who).copied().unwrap_or(0));
        assert!(
            count <= may,
            "{fault:?}: {who} moved {count} times; its {:?} durable intents allow {may}",
            intents.get(&who)
        );
    }
    bench.assert_sound();
}

#[test]
fn nothing_moves_without_a_durable_record_whatever_the_disk_does() {
    let (allowed, appends) = Allowed::drill();
    let moves: usize = allowed.whole.values().sum();
    assert!(moves > 50, "the drill moves something");
    // Each kind at its own points; together every third write of the drill.
    for number in (2..appends - 8).step_by(12) {
        check(&allowed, DiskFault::WriteFails { append: number });
        check(
            &allowed,
            DiskFault::ShortWrite {
                append: number + 3,
                keeps: 71,
            },
        );
        check(&allowed, DiskFault::SyncFails { sync: number + 6 });
    }
}

/// Bytes of the journal of an undisturbed drill.
fn whole_length() -> usize {
    let bench = Bench::new(source("drill", &[], 1));
    bench.run(Vec::new());
    bench.disk.bytes().len()
}

const RESERVE: usize = plated::journal::RESERVE as usize;

/// Runs the drill on a disk that holds so many bytes from the beginning on.
fn filling(room: usize, observers: Vec<Observer>) -> (Bench, Result<Ending, String>) {
    let bench = Bench::new(source("drill", &[], 1));
    let room = u64::try_from(room).unwrap();
    bench.disk.plan(DiskFault::Full { room });
    let (journal, state) = bench.journal();
    let engine = bench
        .simulation
        .engine(&bench.rig, &bench.library, journal, state, observers)
        .unwrap();
    let (before, after) = bench.beginning();
    let ended = bench.simulation.run(engine, before, after);
    let ended = ended.map(|(ending, _, _)| ending).map_err(|e| e.to_string());
    (bench, ended)
}

/// What a power loss now would leave, folded.
fn after_power_loss(bench: &Bench) -> (State, Vec<plated::journal::Entry>) {
    let read = verify(&bench.disk.durable());
    assert_eq!(read.tail, plated::journal::Tail::Clean);
    (
        plated::daemon::live::fold(&bench.rig, &read.entries),
        read.entries,
    )
}

#[test]
fn a_disk_that_fills_up_ends_the_run_by_the_safe_path_in_the_space_kept_for_it() {
    let length = whole_length();
    let (mut ended_safely, mut with_tips) = (0, 0);
    for hundredth in (64..100).step_by(3) {
        let room = length * hundredth / 100 + RESERVE;
        let (bench, ended) = filling(room, Vec::new());
        let (state, entries) = after_power_loss(&bench);
        if state.plan.operations.is_empty() || state.schedule.slots.is_empty() {
            // Not even the plan found room: nothing has begun.
            assert!(moved(&bench.simulation.sim().ledger()).is_empty());
            assert!(ended.unwrap_err().contains("is full"));
            continue;
        }
        ended_safely += 1;
        let Ok(Ending::Failed { why }) = ended else {
            panic!("{hundredth} %: {ended:?}");
        };
        assert!(why.contains("the disk of") && why.contains("is full"), "{why}");
        assert!(matches!(
            state.ending(),
            Some(Ending::Failed { why: recorded }) if *recorded == why
        ));
        // Every action has its durable intent and its durable outcome, and truth is what they tell.
        let by_instruments = |o: &&plated::run::OpenIntent| o.actor != Actor::Operator;
        assert!(
            !state.open.values().any(|o| by_instruments(&o)),
            "{hundredth} %: {:?}",
            state.open
        );
        let ledger = bench.simulation.sim().ledger();
        compare(&Volumes::of(&ledger, &state.plan), &state);
        bench.assert_sound();
        // The safe state: nobody in a shared zone, no tip on a head that could be dropped, the tray closed.
        assert!(state.safe_left.is_empty(), "{:?}", state.safe_left);
        let truth = bench.simulation.sim().truth();
        assert!(truth.zones.values().all(Vec::is_empty), "{:?}", truth.zones);
        let stop = |e: &&plated::journal::Entry| matches!(e.event, Event::Stop { .. });
        let stopped = entries.iter().find(stop).unwrap().sequence;
        let dropped = entries.iter().any(|e| {
            e.sequence > stopped
                && matches!(&e.event, Event::Intended { intent, .. } if intent.action.name() == "drop_tips")
        });
        with_tips += usize::from(dropped);
        let held = state.kept_in_tips();
        assert_eq!(state.belief.tips_on.len(), held.len(), "{hundredth} %");
        assert!(bench.disk.durable().len() <= room);
    }
    assert!(ended_safely > 6, "only {ended_safely} got that far");
    assert!(with_tips > 2, "only {with_tips} of them with tips to drop");
}

#[test]
fn where_the_space_that_was_kept_is_not_there_the_rig_is_halted() {
    let length = whole_length();
    let mut stood = 0;
    for hundredth in [70, 85] {
        for left in [300, 900, 2000] {
            let disk: Rc<RefCell<Option<plated::journal::MemoryDisk>>> = Rc::default();
            let into = Rc::clone(&disk);
            // From the stop on there is next to nothing left.
            let shrink: Observer = Box::new(move |_, event, _| {
                if let (Event::Stop { .. }, Some(disk)) = (event, &*into.borrow()) {
                    let room = u64::try_from(disk.bytes().len() + left).unwrap();
                    disk.plan(DiskFault::Full { room });
                }
            });
            let bench = Bench::new(source("drill", &[], 1));
            *disk.borrow_mut() = Some(bench.disk.clone());
            let room = u64::try_from(length * hundredth / 100 + RESERVE).unwrap();
            bench.disk.plan(DiskFault::Full { room });
            let (journal, state) = bench.journal();
            let engine = bench
                .simulation
                .engine(&bench.rig, &bench.library, journal, state, vec![shrink])
                .unwrap();
            let (before, after) = bench.beginning();
            let ended = bench.simulation.run(engine, before, after);
            let (state, _) = after_power_loss(&bench);
            bench.assert_sound();
            let ledger = bench.simulation.sim().ledger();
            if state.open.is_empty() {
                compare(&Volumes::of(&ledger, &state.plan), &state);
            }
            match ended {
                Ok((Ending::Failed { .. }, _, _)) => assert!(left > 900, "{left} bytes sufficed"),
                Ok((other, _, _)) => panic!("{other:?}"),
                Err(error) => assert!(
                    error
                        .to_string()
                        .contains("nothing moves without a durable record"),
                    "{error}"
                ),
            }
            if state.ending().is_some() {
                continue;
            }
            // Where there is room again, what is open is found out, and the run goes on or is ended by a person.
            stood += 1;
            bench.disk.mend();
            let (journal, state) = bench.journal();
            let mut engine = bench
                .simulation
                .engine(&bench.rig, &bench.library, journal, state, Vec::new())
                .unwrap();
            let (commands, shared) = (engine.commands(), engine.shared());
            let (_, state, _) = bench.simulation.block_on(async {
                engine.begin(vec![Event::Restarted]).await.unwrap();
                engine.identify().await.unwrap();
                tokio::select! {
                    biased;
                    ended = engine.run() => ended.unwrap(),
                    () = Desk::at(commands, shared).answer_the_rest(home_or_abort) => unreachable!(),
                }
            });
            bench.assert_sound();
            let ledger = bench.simulation.sim().ledger();
            if state.open.is_empty() {
                compare(&Volumes::of(&ledger, &state.plan), &state);
            }
        }
    }
    assert!(stood > 2, "{stood}");
}

/// With tips on, nothing is homed.
fn home_or_abort(question: &plated::run::Question) -> Choice {
    match question.choices.contains(&Choice::Home) {
        true => Choice::Home,
        false => Choice::Abort,
    }
}

/// Waits until the drill is in its middle, and holds it.
async fn hold(desk: &Desk) {
    desk.until(|s| (s.operations.iter().filter(|o| o.status.is_over()).count() >= 4).then_some(()))
        .await;
    desk.stop(StopKind::Hold).await.unwrap();
    desk.wait(120).await;
}

#[test]
fn a_run_that_is_held_while_the_disk_fills_up_goes_on_standing_until_there_is_room() {
    let held_with = {
        let bench = Bench::new(source("drill", &[], 1));
        let disk = bench.disk.clone();
        let length = Rc::new(RefCell::new(0));
        let into = Rc::clone(&length);
        bench.run_beside(true, Vec::new(), move |desk| async move {
            hold(&desk).await;
            *into.borrow_mut() = disk.bytes().len();
            desk.stop(StopKind::Resume).await.unwrap();
        });
        *length.borrow()
    };
    let bench = Bench::new(source("drill", &[], 1));
    let disk = bench.disk.clone();
    let room = u64::try_from(held_with + RESERVE + 50).unwrap();
    disk.plan(DiskFault::Full { room });
    let sim = bench.simulation.sim().clone();
    let (ending, state) = bench.run_beside(true, Vec::new(), move |desk| async move {
        hold(&desk).await;
        let held = sim.ledger().len();
        // What makes work may not use the reserve: it is refused, and the run goes on standing.
        let repair = Repair::Contaminated {
            plate: PlateId::new("assay"),
            wells: Vec::new(),
            what: "a drop".to_owned(),
        };
        let refused = desk.repair(repair, "a spill").await.unwrap_err();
        assert!(refused.contains("is full"), "{refused}");
        let refused = desk.stop(StopKind::Resume).await.unwrap_err();
        assert!(refused.contains("is full"), "{refused}");
        desk.wait(120).await;
        assert_eq!(sim.ledger().len(), held);
        disk.mend();
        desk.stop(StopKind::Resume).await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    let ledger = bench.simulation.sim().ledger();
    compare(&Volumes::of(&ledger, &state.plan), &state);
    bench.assert_sound();
    after_power_loss(&bench);
}
