//! A driver that breaks down takes its instrument with it, and nothing else; the next process goes on where it was.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, Desk, moves, source};
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

/// Who answers at the other end of a new driver.
#[derive(Clone, Copy, PartialEq)]
enum Successor {
    Same,
    Another,
    BrokenToo,
}

/// A driver that finds another instrument than before.
struct Stranger(Box<dyn Instrument>);

impl Instrument for Stranger {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(async {
            let mut identity = self.0.identify().await?;
            identity.serial = Some("of another".to_owned());
            Ok(identity)
        })
    }
    fn prepare<'a>(&'a mut self, _: &'a Action) -> Fut<'a, Result<Before, Failure>> {
        panic!("it was asked to move")
    }
    fn perform<'a>(&'a mut self, _: &'a Intent) -> Fut<'a, Result<Done, Failure>> {
        panic!("it was asked to move")
    }
    fn settle<'a>(&'a mut self, _: &'a Intent) -> Fut<'a, Result<Settled, Failure>> {
        panic!("it was asked what happened")
    }
    fn clear_of<'a>(&'a mut self, _: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        panic!("it was asked where it is")
    }
    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        self.0.halt()
    }
}

/// Runs the drill; one driver breaks down, and a person stops the run, resets it and lets it go on.
fn renewed(
    instrument: &str,
    action: &'static str,
    after: bool,
    stop: StopKind,
    successors: Vec<Successor>,
) -> (Bench, Ending, State, Vec<String>) {
    let bench = Bench::new(source("drill", &[], 1));
    let (journal, state) = bench.journal();
    let (before, begun) = bench.beginning();
    let clock = bench.simulation.clock();
    let sim = bench.simulation.sim().clone();
    let id = InstrumentId::new(instrument);
    let refusals: Rc<RefCell<Vec<String>>> = Rc::default();
    let into = Rc::clone(&refusals);
    let (ending, state) = bench.simulation.block_on(async {
        let mut instruments = plated::simulate::instruments(&sim, &bench.rig, &bench.library, clock).unwrap();
        let inner = instruments.remove(&id).unwrap();
        instruments.insert(id.clone(), Box::new(Faulty { inner, action, after }));
        let whole = plated::simulate::maker(&sim, &bench.rig, &bench.library, clock);
        let next = RefCell::new(successors.into_iter());
        let maker: plated::engine::Maker = Rc::new(move |id| {
            let inner = whole(id)?;
            Ok(match next.borrow_mut().next().unwrap() {
                Successor::Same => inner,
                Successor::Another => Box::new(Stranger(inner)),
                Successor::BrokenToo => Box::new(Faulty { inner, action, after }),
            })
        });
        let engine = Engine::new(Setup {
            clock,
            rig: bench.rig.clone(),
            instruments,
            journal,
            state,
            operator: Some(plated::simulate::operator(&sim)),
            observers: Vec::new(),
        });
        let mut engine = engine.with_maker(maker);
        let desk = Desk::at(engine.commands(), engine.shared());
        let run = async {
            engine.begin(before).await.unwrap();
            engine.identify().await.unwrap();
            engine.begin(begun).await.unwrap();
            let (ending, state, _) = engine.run().await.unwrap();
            (ending, state)
        };
        let person = async {
            loop {
                let unseen = |q: &plated::run::Question| q.look.is_none() && q.prompt.is_none();
                let broke = |q: &plated::run::Question| q.text.contains("broke down");
                let question = desk.question_of(|q| unseen(q) || broke(q)).await;
                if !broke(&question) {
                    let home = question.choices.contains(&Choice::Home);
                    let choice = if home { Choice::Home } else { Choice::Retry };
                    desk.answer(question.id, choice.word()).await.unwrap();
                    continue;
                }
                desk.stop(stop).await.unwrap();
                // As often as it takes; nothing moves by it.
                while let Err(refusal) = desk.stop(StopKind::Reset).await {
                    into.borrow_mut().push(refusal);
                }
                desk.stop(StopKind::Resume).await.unwrap();
                if desk.state(|s| s.questions.contains_key(&question.id)) {
                    let _ = desk.answer(question.id, Choice::Retry.word()).await;
                }
                desk.wait(30).await;
            }
        };
        tokio::select! {
            biased;
            ended = run => ended,
            () = person => unreachable!(),
        }
    });
    let refusals = refusals.borrow().clone();
    (bench, ending, state, refusals)
}

#[test]
fn a_reset_gives_a_broken_driver_a_successor_that_finds_out_what_was_open() {
    use Successor::{Another, BrokenToo, Same};
    let undisturbed = Bench::new(source("drill", &[], 1));
    undisturbed.run(Vec::new());
    let expected = moves(&undisturbed.simulation.sim().ledger());
    for (instrument, action) in [
        ("handler", "aspirate"),
        ("mover", "move_plate"),
        ("incubator", "store"),
        ("reader", "read_absorbance"),
    ] {
        for after in [false, true] {
            for (stop, successors) in [
                (StopKind::Hold, vec![Same]),
                (StopKind::Hold, vec![Another, Another, Same]),
                (StopKind::Halt, vec![Another, Same]),
                (StopKind::Hold, vec![BrokenToo, Same]),
            ] {
                // One that breaks down at what it has already done is not asked to do it again.
                let again = after && successors.contains(&BrokenToo);
                let plain = stop == StopKind::Hold && successors == [Same];
                if again || !(plain || instrument == "mover") {
                    continue;
                }
                let strangers = successors.iter().filter(|s| **s == Another).count();
                let case = format!("{instrument} {action} {after} {stop:?} {strangers}");
                let (bench, ending, state, refusals) = renewed(instrument, action, after, stop, successors);
                assert_eq!(ending, Ending::Completed, "{case}");
                bench.assert_sound();
                assert_eq!(refusals.len(), strangers, "{case}: {refusals:?}");
                assert!(
                    refusals.iter().all(|r| r.contains("of another")),
                    "{case}: {refusals:?}"
                );
                let ledger = bench.simulation.sim().ledger();
                // A halt cuts a stroke short, and its rest is a move of its own.
                if stop == StopKind::Hold {
                    assert!(moves(&ledger) == expected, "{case}: not everything moved once");
                }
                compare(&Volumes::of(&ledger, &state.plan), &state);
            }
        }
    }
}
