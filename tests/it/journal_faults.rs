//! Whole runs on disks that fail, tear, lie and fill up: nothing moves without a durable record.

use crate::support::{Bench, source};
use hardware_sim::Entry;
use plated::engine::Observer;
use plated::journal::{DiskFault, verify};
use plated::plan::Actor;
use plated::run::Event;
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

#[test]
fn a_disk_that_fills_up_stops_the_rig_before_the_next_move_and_the_journal_stays_sound() {
    let (allowed, _) = Allowed::drill();
    let length = {
        let bench = Bench::new(source("drill", &[], 1));
        bench.run(Vec::new());
        bench.disk.bytes().len()
    };
    let reserve = usize::try_from(plated::journal::RESERVE).unwrap();
    for left in [9, 5, 2] {
        let room = u64::try_from(length * (10 - left) / 10 + reserve).unwrap();
        let bench = Bench::new(source("drill", &[], 1));
        // The disk is that full from the beginning: what is set aside later is not there.
        bench.disk.plan(DiskFault::Full { room });
        let (journal, state) = bench.journal();
        let engine = bench
            .simulation
            .engine(&bench.rig, &bench.library, journal, state, Vec::new())
            .unwrap();
        let (before, after) = bench.beginning();
        let said = bench.simulation.run(engine, before, after);
        let durable = bench.disk.durable();
        let read = verify(&durable);
        assert_eq!(read.tail, plated::journal::Tail::Clean, "{said:?}");
        assert!(durable.len() < usize::try_from(room).unwrap());
        let intents = intents(&durable);
        for (who, count) in moved(&bench.simulation.sim().ledger()) {
            assert!(
                count <= allowed.with(&who, intents.get(&who).copied().unwrap_or(0)),
                "{who}"
            );
        }
    }
}
