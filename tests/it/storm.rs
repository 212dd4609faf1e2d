//! Whole-system simulation in small: a few seeds of each kind, and what each safeguard is worth. The campaign over many is
//! `examples/storm.rs`, whose parts these are.

#[path = "../../examples/storm/mod.rs"]
mod parts;

use crate::support::{Bench, source};
use parts::{Kinds, Repository, RigKind, Subject, Without, sail};
use plated::devices::{Before, Evidence, Intent, Settled};
use plated::plan::{Action, Actor, OperationId};
use plated::rig::InstrumentId;
use plated::run::{ActionId, Choice, Event, Question, QuestionId, State, apply};
use plated::simulate::{Simulation, instruments};
use plated::units::Timestamp;

/// Tries seeds; what went wrong.
fn tried(seeds: std::ops::Range<u64>, kinds: Kinds) -> Vec<String> {
    let repository = Repository::read().unwrap();
    let mut wrong = Vec::new();
    for seed in seeds {
        let subject = Subject::of(&repository, seed);
        let outcome = sail(&subject, seed, kinds, None);
        wrong.extend(outcome.wrong.iter().map(|w| format!("seed {seed}: {w}")));
    }
    wrong
}

#[test]
fn a_host_that_dies_anywhere_loses_nothing_and_asks_nobody() {
    let wrong = tried(1..9, Kinds::CRASHES);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn whatever_fails_belief_and_bench_agree_at_the_end() {
    let wrong = tried(20..32, Kinds::ALL);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_seed_gives_the_same_bytes_each_time() {
    let repository = Repository::read().unwrap();
    for seed in [41, 42] {
        let subject = Subject::of(&repository, seed);
        let one = sail(&subject, seed, Kinds::ALL, None);
        let other = sail(&subject, seed, Kinds::ALL, None);
        assert!(one.journal == other.journal, "seed {seed}: another journal");
        assert!(one.ledger == other.ledger, "seed {seed}: another ledger");
    }
}

#[test]
fn without_a_safeguard_a_seed_fails_that_else_passes() {
    let repository = Repository::read().unwrap();
    for without in Without::ALL {
        let needs = (1..=SEARCHED).any(|seed| {
            let subject = Subject::of(&repository, seed);
            let fails = !sail(&subject, seed, Kinds::ALL, Some(without)).wrong.is_empty();
            fails && sail(&subject, seed, Kinds::ALL, None).wrong.is_empty()
        });
        assert!(needs, "none of {SEARCHED} seeds fails without {}", without.word());
    }
}

/// How many seeds are tried for one that needs a safeguard.
const SEARCHED: u64 = 60;

/// A halt on a station took the number that an action had been prepared with and never been sent with: asked afterwards, the
/// station called that action done.
#[test]
fn a_halt_does_not_take_the_number_of_an_action_that_was_never_sent() {
    let repository = Repository::read().unwrap();
    let bench = &repository.benches[&RigKind::Build];
    let rig = bench.assembled.rig.as_ref().unwrap();
    let simulation = Simulation::new(&bench.source, None).unwrap();
    let (clock, sim) = (simulation.clock(), simulation.sim());
    simulation.block_on(async {
        let mut all = instruments(sim, rig, &bench.assembled.library, clock).unwrap();
        let station = all.get_mut(&InstrumentId::new("heater-shaker")).unwrap();
        station.identify().await.unwrap();
        let action = Action::Initialise;
        let before = station.prepare(&action).await.unwrap();
        station.perform(&Intent { action, before }).await.unwrap();
        let action = Action::SetTemperature {
            temperature: plated::units::Temperature::milli_celsius(37_000),
        };
        let before = station.prepare(&action).await.unwrap();
        station.halt().await.unwrap();
        clock.sleep(plated::units::Duration::s(30)).await;
        let settled = station.settle(&Intent { action, before }).await.unwrap();
        assert!(!matches!(settled, Settled::Done { .. }), "{settled:?}");
    });
}

/// A question about something in doubt stayed open for ever when the instrument could tell after a restart.
#[test]
fn what_an_instrument_tells_after_a_restart_is_asked_of_nobody_any_more() {
    let bench = Bench::new(source("drill", &[], 1));
    let mut state = State::new(&bench.rig);
    let (action, at) = (ActionId(1), Timestamp::default());
    let actor = Actor::Instrument("mover".into());
    let intent = Intent {
        action: Action::Home,
        before: Before::default(),
    };
    let question = Question {
        id: QuestionId(1),
        operation: OperationId(0),
        action: Some(action),
        actor: actor.clone(),
        text: "Did mover find its axes?".into(),
        prompt: None,
        look: None,
        choices: vec![Choice::Retry, Choice::NotDone, Choice::Done, Choice::Abort],
    };
    let intended = Event::Intended {
        action,
        operation: OperationId(0),
        phase: 0,
        index: 0,
        actor,
        intent,
    };
    let told = Event::NotDone {
        action,
        evidence: Evidence::Measured,
    };
    for event in [intended, Event::Asked { question }, Event::Restarted] {
        apply(&mut state, &event, at);
    }
    assert_eq!(state.questions.len(), 1);
    apply(&mut state, &told, at);
    assert!(state.questions.is_empty(), "{:?}", state.questions);
}

#[test]
fn pins_that_dried_before_a_bath_or_came_twice_into_their_last_one_carry_nothing_away() {
    for seed in [127, 2091] {
        assert_eq!(tried(seed..seed + 1, Kinds::ALL), Vec::<String>::new());
    }
}
