//! Hosts whose clocks are set, that sleep and that are started anew: the times of a run are those of its plan all the same.

use crate::support::{Bench, Desk, moves, source};
use plated::clock::{Clock, SimulatedHost};
use plated::daemon::live::taken_up;
use plated::engine::{Engine, Setup};
use plated::run::{Disturbance, Ending, Event, State, Status};
use plated::units::Duration;
use std::path::Path;
use std::rc::Rc;

/// The drill on a host.
struct Hosted {
    bench: Bench,
    host: &'static SimulatedHost,
}

impl Hosted {
    fn new() -> Self {
        let bench = Bench::new(source("drill", &[], 1));
        let start = plated::simulate::START;
        let host = bench.simulation.block_on(async { SimulatedHost::start(start) });
        Self { bench, host }
    }

    /// A process that begins the run or takes it up, with the wall clock as it is then.
    async fn process(&self) -> Engine {
        let (journal, state) = self.bench.journal();
        let wall = Clock::virtual_time(self.host.show().wall).on(self.host);
        let (clock, read) = taken_up(wall, &state);
        let sim = self.bench.simulation.sim();
        let fresh = state.source.is_none();
        let mut engine = Engine::new(Setup {
            clock,
            rig: self.bench.rig.clone(),
            instruments: plated::simulate::instruments(sim, &self.bench.rig, &self.bench.library, clock)
                .unwrap(),
            journal,
            state,
            operator: Some(plated::simulate::operator(sim)),
            observers: Vec::new(),
        });
        let (before, after) = self.bench.beginning();
        if fresh {
            engine
                .begin(before.into_iter().chain(read).collect())
                .await
                .unwrap();
            engine.identify().await.unwrap();
            engine.begin(after).await.unwrap();
        } else {
            engine
                .begin(std::iter::once(Event::Restarted).chain(read).collect())
                .await
                .unwrap();
            engine.identify().await.unwrap();
        }
        engine
    }

    /// Runs to the end; at the first of two reads, and a minute later, something becomes of the host.
    fn disturbed(&self, first: impl Fn(&SimulatedHost), second: impl Fn(&SimulatedHost)) -> State {
        self.bench.simulation.block_on(async {
            let engine = self.process().await;
            let desk = Desk::at(engine.commands(), engine.shared());
            let becomes = async {
                desk.until(|s| (s.readings.len() == 1).then_some(())).await;
                first(self.host);
                desk.wait(60).await;
                // Its instruments go on while a host sleeps; here they do not, so that none may be at work.
                desk.until(|s| s.open.is_empty().then_some(())).await;
                second(self.host);
                let asked = desk.question().await;
                panic!("asked: {}", asked.text);
            };
            tokio::select! {
                biased;
                ended = engine.run() => {
                    let (ending, state, _) = ended.unwrap();
                    assert_eq!(ending, Ending::Completed);
                    state
                }
                () = becomes => unreachable!(),
            }
        })
    }

    /// Runs until so many operations are over, dies, and is taken up on a host of which something has become.
    fn died(&self, operations: usize, becomes: impl Fn(&SimulatedHost)) -> State {
        self.bench.simulation.block_on(async {
            let engine = self.process().await;
            let desk = Desk::at(engine.commands(), engine.shared());
            let over = |s: &State| s.operations.iter().filter(|o| o.status == Status::Ended).count();
            tokio::select! {
                biased;
                _ = engine.run() => panic!("it came to its end"),
                () = desk.until(|s| (over(s) >= operations).then_some(())) => {}
            }
            becomes(self.host);
            let (ending, state, _) = self.process().await.run().await.unwrap();
            assert_eq!(ending, Ending::Completed);
            state
        })
    }
}

fn between_reads(state: &State) -> Duration {
    assert_eq!(state.readings.len(), 2);
    state.readings[1].at.since(state.readings[0].at)
}

/// What becomes of the host's clocks.
type Becomes = Rc<dyn Fn(&SimulatedHost)>;

#[test]
fn setting_the_wall_clock_during_a_run_changes_none_of_its_times_and_is_recorded() {
    let undisturbed = Hosted::new();
    let reference = undisturbed.disturbed(|_| {}, |_| {});
    assert_eq!(reference.host.found, []);
    let set = Hosted::new();
    let state = set.disturbed(|h| h.set_wall(3600), |h| h.set_wall(-7200));
    let times = |s: &State| -> Vec<_> { s.operations.iter().map(|o| (o.started, o.ended)).collect() };
    assert_eq!(times(&state), times(&reference));
    let found: Vec<_> = state.host.found.iter().map(|(_, f)| f.clone()).collect();
    let by = |by_ms| Disturbance::WallSet { by_ms };
    assert_eq!(found, [by(3_600_000), by(-7_200_000)]);
    let ledger = |h: &Hosted| moves(&h.bench.simulation.sim().ledger());
    assert_eq!(ledger(&set), ledger(&undisturbed));
    set.bench.assert_sound();
    // A journal with clocks read, for `journals_of_every_release_are_read_and_say_what_they_said`; what is there stays.
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/journals/clocks-2.plj");
    if !kept.exists() && std::env::var_os("BLESS").is_some() {
        std::fs::write(kept, set.bench.disk.bytes()).unwrap();
    }
}

#[test]
fn a_host_that_sleeps_leaves_a_gap_in_the_record_and_what_fell_due_is_marked_late() {
    let hosted = Hosted::new();
    let state = hosted.disturbed(|_| {}, |h| h.suspend(Duration::min(30)));
    let found: Vec<_> = state.host.found.iter().map(|(_, f)| f.clone()).collect();
    let gap = Disturbance::Gap {
        for_ms: 1_800_000,
        suspended: true,
    };
    assert_eq!(found, [gap]);
    assert!(between_reads(&state) >= Duration::min(30));
    assert_eq!(state.readings[0].late, None);
    assert!(state.readings[1].late.is_some());
    hosted.bench.assert_sound();
}

#[test]
fn a_run_that_is_taken_up_keeps_its_times_whatever_was_set_between() {
    let reference = Hosted::new().disturbed(|_| {}, |_| {});
    let usual = between_reads(&reference);
    let (moved, ended) = {
        let whole = Hosted::new();
        let state = whole.disturbed(|_| {}, |_| {});
        (moves(&whole.bench.simulation.sim().ledger()), state.last)
    };
    let near = |a: Duration, b: Duration| a.minus(b).max(b.minus(a)) <= Duration::s(20);
    let last_but_one = reference.operations.len() - 3;
    let becomes: [(&str, Becomes); 5] = [
        ("nothing", Rc::new(|_| {})),
        ("an hour forward", Rc::new(|h| h.set_wall(3600))),
        ("an hour back", Rc::new(|h| h.set_wall(-3600))),
        ("a new start", Rc::new(SimulatedHost::reboot)),
        ("ten minutes of sleep", Rc::new(|h| h.suspend(Duration::min(10)))),
    ];
    for (what, becomes) in becomes {
        let operations = if what == "nothing" { 4 } else { last_but_one };
        let hosted = Hosted::new();
        let state = hosted.died(operations, |h| becomes(h));
        hosted.bench.assert_sound();
        assert_eq!(moves(&hosted.bench.simulation.sim().ledger()), moved, "{what}");
        let found: Vec<_> = state.host.found.iter().map(|(_, f)| f.clone()).collect();
        let slept = what.contains("sleep");
        match what {
            "an hour forward" => assert_eq!(found, [Disturbance::WallSet { by_ms: 3_600_000 }]),
            "an hour back" => assert_eq!(found, [Disturbance::WallSet { by_ms: -3_600_000 }]),
            "a new start" => assert!(matches!(
                found[..],
                [Disturbance::Rebooted { away_ms: Some(_), .. }]
            )),
            _ => assert_eq!(found, []),
        }
        if !slept {
            assert!(
                near(between_reads(&state), usual),
                "{what}: {}",
                between_reads(&state)
            );
            let later = state.last.since(ended).max(ended.since(state.last));
            assert!(later <= Duration::min(2), "{what}: ended {later} apart");
        }
    }
}
