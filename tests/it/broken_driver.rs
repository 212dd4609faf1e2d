//! A driver that breaks down takes its instrument with it, and nothing else; the next process goes on where it was.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, moves, source};
use plated::devices::{Before, Done, Failure, Fut, Identity, Instrument, Intent, Settled};
use plated::engine::{Command, Engine, Setup};
use plated::plan::{Action, Actor};
use plated::rig::{InstrumentId, ZoneId};
use plated::run::{Choice, Ending, Event, State, StopKind};
use std::cell::RefCell;
use std::rc::Rc;
use tokio::sync::oneshot;

/// A driver with a fault: it breaks down before or after an action of this kind was carried out.
struct Faulty {
    inner: Box<dyn Instrument>,
    action: &'static str,
    after: bool,
}

impl Instrument for Faulty {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        self.inner.identify()
    }
    fn prepare<'a>(&'a mut self, action: &'a Action) -> Fut<'a, Result<Before, Failure>> {
        self.inner.prepare(action)
    }
    fn perform<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Done, Failure>> {
        let breaks = intent.action.name() == self.action;
        Box::pin(async move {
            assert!(!breaks || self.after, "index out of bounds: a planted fault");
            let done = self.inner.perform(intent).await;
            assert!(!breaks, "attempt to subtract with overflow: a planted fault");
            done
        })
    }
    fn settle<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Settled, Failure>> {
        self.inner.settle(intent)
    }
    fn clear_of<'a>(&'a mut self, zone: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        self.inner.clear_of(zone)
    }
    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        self.inner.halt()
    }
}

/// Runs the drill on a rig where one driver breaks down; when a person is asked about it, the process dies, or the run is
/// aborted.
fn broken(
    instrument: &str,
    action: &'static str,
    after: bool,
    abort: bool,
) -> (Bench, String, Option<(Ending, State)>) {
    let bench = Bench::new(source("drill", &[], 1));
    let (journal, state) = bench.journal();
    let (before, begun) = bench.beginning();
    let clock = bench.simulation.clock();
    let sim = bench.simulation.sim().clone();
    let said = Rc::new(RefCell::new(String::new()));
    let into = Rc::clone(&said);
    let ended = bench.simulation.block_on(async {
        let mut instruments = plated::simulate::instruments(&sim, &bench.rig, &bench.library, clock).unwrap();
        let id = InstrumentId::new(instrument);
        let inner = instruments.remove(&id).unwrap();
        instruments.insert(id.clone(), Box::new(Faulty { inner, action, after }));
        let mut engine = Engine::new(Setup {
            clock,
            rig: bench.rig.clone(),
            instruments,
            journal,
            state,
            operator: Some(plated::simulate::operator(&sim)),
            observers: Vec::new(),
        });
        let shared = engine.shared();
        let commands = engine.commands();
        let run = async {
            engine.begin(before).await.unwrap();
            engine.identify().await.unwrap();
            engine.begin(begun).await.unwrap();
            engine.run().await
        };
        let asked = async {
            loop {
                let text = shared.with_state(|s| {
                    let about = |q: &&plated::run::Question| q.actor == Actor::Instrument(id.clone());
                    s.questions.values().find(about).map(|q| q.text.clone())
                });
                if let Some(text) = text {
                    *into.borrow_mut() = text;
                    if !abort {
                        return;
                    }
                    let (reply, result) = oneshot::channel();
                    let by = "test".to_owned();
                    let kind = StopKind::Abort;
                    commands.send(Command::Stop { kind, by, reply }).ok().unwrap();
                    result.await.unwrap().unwrap();
                    return std::future::pending().await;
                }
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            biased;
            () = asked => None,
            ended = run => {
                let (ending, state, _) = ended.unwrap();
                assert!(abort, "the run ended: {ending:?}");
                Some((ending, state))
            }
        }
    });
    let text = said.borrow().clone();
    (bench, text, ended)
}

/// Takes the run up in a new process, whose drivers have no fault.
fn resumed(bench: &Bench) -> (Ending, State) {
    let (journal, state) = bench.journal();
    let mut engine = bench
        .simulation
        .engine(&bench.rig, &bench.library, journal, state, Vec::new())
        .unwrap();
    let commands = engine.commands();
    let shared = engine.shared();
    bench.simulation.block_on(async {
        engine.begin(vec![Event::Restarted]).await.unwrap();
        engine.identify().await.unwrap();
        let answers = async {
            loop {
                // What the new process asks that the simulated operator cannot see: nothing stood in the way.
                let question = shared.with_state(|s| {
                    let unseen = |q: &&plated::run::Question| q.look.is_none() && q.prompt.is_none();
                    s.questions.values().find(unseen).map(|q| q.id)
                });
                if let Some(question) = question {
                    let (reply, result) = oneshot::channel();
                    let answer = Choice::Retry.word().to_owned();
                    let by = "test".to_owned();
                    let command = Command::Answer {
                        question,
                        answer,
                        by,
                        reply,
                    };
                    commands.send(command).ok().unwrap();
                    let _ = result.await;
                }
                tokio::time::sleep(std::time::Duration::from_secs(30)).await;
            }
        };
        tokio::select! {
            biased;
            ended = engine.run() => {
                let (ending, state, _) = ended.unwrap();
                (ending, state)
            }
            () = answers => unreachable!(),
        }
    })
}

#[test]
fn a_driver_that_breaks_down_is_named_and_the_next_process_does_everything_once() {
    let undisturbed = Bench::new(source("drill", &[], 1));
    undisturbed.run(Vec::new());
    let expected = moves(&undisturbed.simulation.sim().ledger());
    for (instrument, action) in [
        ("handler", "aspirate"),
        ("handler", "drop_tips"),
        ("mover", "move_plate"),
        ("incubator", "store"),
        ("reader", "read_absorbance"),
    ] {
        for after in [false, true] {
            let (bench, text, _) = broken(instrument, action, after, false);
            assert!(
                text.contains(&format!("the driver of {instrument} broke down")),
                "{text}"
            );
            assert!(text.contains("a planted fault"), "{text}");
            let (ending, state) = resumed(&bench);
            assert_eq!(ending, Ending::Completed, "{instrument} {action} {after}");
            bench.assert_sound();
            let ledger = bench.simulation.sim().ledger();
            assert!(
                moves(&ledger) == expected,
                "{instrument} {action} {after}: not everything moved once"
            );
            compare(&Volumes::of(&ledger, &state.plan), &state);
        }
    }
}

#[test]
fn the_other_instruments_are_still_brought_into_their_safe_state() {
    let (bench, _, ended) = broken("reader", "read_absorbance", false, true);
    let (ending, state) = ended.unwrap();
    assert_eq!(ending, Ending::Aborted);
    // Of the reader something is in doubt; the handler parked, and is safe.
    assert!(state.safe_left.is_empty(), "{:?}", state.safe_left);
    let left = state.left_behind();
    assert!(left.iter().any(|l| l.contains("reader")), "{left:?}");
    let parked = bench.simulation.sim().truth();
    assert!(parked.zones.values().all(Vec::is_empty), "{:?}", parked.zones);
    bench.assert_sound();
}
