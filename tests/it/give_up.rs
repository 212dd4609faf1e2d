//! Plates that are given up: what failed is left, the others go on, and the ledger says what really moved.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, moves, source};
use hardware_sim::{Entry, Event as Physical, Fault};
use plated::engine::{EngineError, Observer};
use plated::labware::Well;
use plated::plan::{Action, PlateId};
use plated::run::{Choice, Ending, Event, Item, Lid, State};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The drill with three plates: `fill` with these tips, this policy, and more steps before `fill`.
pub fn three(fill: &str, policy: &str, before: &str) -> Bench {
    drill(fill, policy, |text| {
        text.replace(
            "[[steps]]\nid = \"fill\"",
            &format!("{before}\n[[steps]]\nid = \"fill\""),
        )
    })
}

/// The drill with three plates, changed.
pub fn drill(fill: &str, policy: &str, changed: impl FnOnce(String) -> String) -> Bench {
    let mut source = source("drill", &[], 1);
    let text = source.protocol.text.clone();
    let text = text
        .replace(
            "name = \"drill\"",
            &format!("name = \"drill\"\non_failure = {policy}"),
        )
        .replace("[plates.assay]", "[plates.assay]\ncount = 3")
        .replace("at = \"hotel-1\"", "at = \"hotel\"")
        .replace("barcode = \"ASSAY\"", "barcode = \"ASSAY-{n}\"")
        .replace("tips = \"shared\"", &format!("tips = \"{fill}\""));
    source.protocol.text = changed(text);
    Bench::new(source)
}

const SKIP: &str = r#"{ no_answer = "skip_plate" }"#;

/// Makes an instrument deaf from the end of the first action that is so, until a plate is given up.
pub fn deaf(
    bench: &Bench,
    planted: &Rc<Cell<bool>>,
    instrument: &'static str,
    at: impl Fn(&Action, &State) -> bool + 'static,
) -> Observer {
    let sim = bench.simulation.sim().clone();
    let planted = Rc::clone(planted);
    let mut next = None;
    Box::new(move |state, event, _| match event {
        Event::GivenUp { .. } | Event::Replaced { .. } => sim.inject(instrument, Fault::Mended).unwrap(),
        Event::Intended { action, intent, .. } if !planted.get() && at(&intent.action, state) => {
            next = Some(*action);
        }
        Event::Ended { action, .. } if next == Some(*action) => {
            next = None;
            planted.set(true);
            sim.inject(instrument, Fault::Deaf { requests: 10_000 }).unwrap();
        }
        _ => {}
    })
}

/// Runs with an instrument deaf. Nobody is there but the simulated operator; what is asked besides fails the test.
pub fn run(bench: &Bench, fault: Observer) -> (State, Vec<Entry>, Vec<Event>) {
    let seen: Rc<RefCell<Vec<Event>>> = Rc::default();
    let into = Rc::clone(&seen);
    let note: Observer = Box::new(move |_, event, _| into.borrow_mut().push(event.clone()));
    let (ending, state) = bench.run_beside(true, vec![fault, note], |desk| {
        desk.answer_the_rest(|q| -> Choice { panic!("a person was asked: {}", q.text) })
    });
    assert_eq!(ending, Ending::Completed);
    sound(bench, &state);
    (state, bench.simulation.sim().ledger(), seen.take())
}

/// Nothing impossible was done, belief and truth agree, and no tip is left on.
pub fn sound(bench: &Bench, state: &State) {
    bench.assert_sound();
    compare(&Volumes::of(&bench.simulation.sim().ledger(), &state.plan), state);
    assert!(state.belief.tips_on.is_empty(), "tips are still on");
    let on: Vec<_> = bench
        .simulation
        .sim()
        .ledger()
        .iter()
        .map(|e| match e.event {
            Physical::TipPickUp { .. } => 1,
            Physical::TipDrop { .. } => -1,
            _ => 0,
        })
        .collect();
    assert_eq!(on.iter().sum::<i32>(), 0, "tips really hang about");
    assert!(state.operations.iter().all(|o| o.status.is_over()));
}

pub fn given(state: &State) -> Vec<String> {
    state.given_up.keys().map(ToString::to_string).collect()
}

pub fn reads(state: &State, plate: &str) -> usize {
    let plate = PlateId::from(plate);
    state.readings.iter().filter(|r| r.plate == plate).count()
}

/// What a plate's first well holds, in µL.
pub fn holds(state: &State, plate: &str) -> i64 {
    in_column(state, plate, 0)
}

/// What the first well of a column of a plate holds, in µL.
pub fn in_column(state: &State, plate: &str, column: u8) -> i64 {
    let well = (Item::Plate(plate.into()), Well::new(0, column));
    state.belief.volumes.get(&well).map_or(0, |v| v.get() / 1_000)
}

/// The wells of a plate that are given up.
pub fn given_wells(state: &State, plate: &str) -> Vec<String> {
    let plate = PlateId::from(plate);
    let own = state.given_up_wells.keys().filter(|(p, _)| *p == plate);
    own.map(|(_, well)| well.to_string()).collect()
}

/// Whether a plate stands on the place of work.
pub fn at_work(state: &State, plate: &str) -> bool {
    state.belief.plate_at(&"deck-9".into()) == Some(&plate.into())
}

pub fn whole(state: &State, plates: &[&str]) {
    for plate in plates {
        assert_eq!(holds(state, plate), 200, "{plate}");
        assert_eq!(reads(state, plate), 2, "{plate}");
    }
}

#[test]
fn a_plate_whose_read_fails_goes_to_rest_and_the_others_are_read() {
    let bench = three("shared", SKIP, "");
    let fault = deaf(&bench, &Rc::default(), "reader", |a, s| {
        let there = s.belief.plate_at(&"reader-tray".into()) == Some(&"assay-2".into());
        matches!(a, Action::CloseTray) && there && reads(s, "assay-2") == 0
    });
    let (state, _, _) = run(&bench, fault);
    assert_eq!(given(&state), ["assay-2"]);
    whole(&state, &["assay-1", "assay-3"]);
    assert_eq!(reads(&state, "assay-2"), 0);
    let rests = &state.belief.places[&PlateId::from("assay-2")];
    assert!(rests.as_str().starts_with("incubator"), "{rests}");
    assert_eq!(state.belief.lids[&PlateId::from("assay-2")], Lid::On);
    let why = &state.given_up[&PlateId::from("assay-2")].why;
    assert!(why.contains("reader could not read plate assay-2"), "{why}");
}

#[test]
fn with_empty_tips_the_next_plate_is_filled_with_the_same() {
    let bench = three("shared", SKIP, "");
    let fault = deaf(&bench, &Rc::default(), "handler", |a, s| {
        matches!(a, Action::Dispense { .. }) && at_work(s, "assay-2") && holds(s, "assay-2") == 0
    });
    let (state, _, _) = run(&bench, fault);
    assert_eq!(given(&state), ["assay-2"]);
    whole(&state, &["assay-1", "assay-3"]);
    assert_eq!(holds(&state, "assay-2"), 180, "one column of it was filled");
}

#[test]
fn tips_that_hold_liquid_are_dropped_and_those_who_counted_on_them_are_given_up() {
    let bench = three("shared", SKIP, "");
    let fault = deaf(&bench, &Rc::default(), "handler", |a, s| {
        matches!(a, Action::Aspirate { .. }) && at_work(s, "assay-2") && holds(s, "assay-2") == 0
    });
    let (state, _, _) = run(&bench, fault);
    assert_eq!(given(&state), ["assay-2", "assay-3"]);
    whole(&state, &["assay-1"]);
    assert_eq!(holds(&state, "assay-2") + holds(&state, "assay-3"), 0);
}

/// Deaf with inoculum for the second plate in its tips.
pub fn inoculating(bench: &Bench, planted: &Rc<Cell<bool>>) -> Observer {
    deaf(bench, planted, "handler", |a, s| {
        let from_source =
            matches!(a, Action::Aspirate { at, stay: false, .. } if at.nest.as_str() == "deck-8");
        from_source && at_work(s, "assay-2")
    })
}

#[test]
fn a_transfer_that_fails_drops_its_tips_and_the_source_serves_the_others() {
    let bench = three("new", SKIP, "");
    let (state, _, _) = run(&bench, inoculating(&bench, &Rc::default()));
    assert_eq!(given(&state), ["assay-2"]);
    whole(&state, &["assay-1", "assay-3"]);
    assert_eq!(state.belief.lids[&PlateId::from("assay-2")], Lid::On);
}

#[test]
fn a_plate_that_cannot_be_carried_is_taken_away_by_hand_with_its_lid() {
    let bench = three("new", SKIP, "");
    let fault = deaf(&bench, &Rc::default(), "mover", |a, s| {
        // The next is the mover, to lay the lid on.
        matches!(a, Action::DropTips { .. }) && at_work(s, "assay-2")
    });
    let (state, ledger, _) = run(&bench, fault);
    assert_eq!(given(&state), ["assay-2"]);
    whole(&state, &["assay-1", "assay-3"]);
    assert_eq!(holds(&state, "assay-2"), 180);
    assert!(!state.belief.places.contains_key(&PlateId::from("assay-2")));
    let removed = |what: &str| {
        ledger
            .iter()
            .any(|e| matches!(&e.event, Physical::Removed { name, .. } if name == what))
    };
    assert!(removed("assay-2") && removed("lid of assay-2"));
}

const LOOK: &str = r#"
[[steps]]
id = "look"
do = "read"
each = "assay"
wavelength = "600 nm"
"#;

#[test]
fn a_visit_to_several_plates_leaves_out_one_that_was_given_up_before() {
    for (gone, others) in [
        ("assay-1", ["assay-2", "assay-3"]),
        ("assay-3", ["assay-1", "assay-2"]),
    ] {
        let bench = three("shared", SKIP, LOOK);
        let fault = deaf(&bench, &Rc::default(), "reader", move |a, s| {
            let there = s.belief.plate_at(&"reader-tray".into()) == Some(&gone.into());
            matches!(a, Action::CloseTray) && there
        });
        let (state, _, _) = run(&bench, fault);
        assert_eq!(given(&state), [gone]);
        for plate in others {
            assert_eq!((holds(&state, plate), reads(&state, plate)), (200, 3), "{plate}");
        }
        assert_eq!((holds(&state, gone), reads(&state, gone)), (0, 0));
        let rests = &state.belief.places[&PlateId::from(gone)];
        assert!(rests.as_str().starts_with("hotel"), "{rests}");
    }
}

#[test]
fn a_host_that_dies_while_a_plate_is_given_up_goes_on_where_it_was() {
    let undisturbed = three("new", SKIP, "");
    let (whole, _, _) = run(&undisturbed, inoculating(&undisturbed, &Rc::default()));
    // A new schedule after a restart may change the order, not what is done.
    let done = |bench: &Bench| {
        let mut moves = moves(&bench.simulation.sim().ledger());
        moves.sort();
        moves
    };
    let expected = done(&undisturbed);
    let (mut forgotten, mut kept) = (0, 0);
    for writes in (60..).step_by(5) {
        let bench = three("new", SKIP, "");
        let planted = Rc::default();
        let (state, restarted) = dying(&bench, &planted, writes);
        if !restarted {
            break;
        }
        sound(&bench, &state);
        if state.given_up.is_empty() {
            // It died between the failure and its record; the line works again and nothing is left out.
            forgotten += 1;
            continue;
        }
        kept += 1;
        assert_eq!(
            state.given_up.keys().collect::<Vec<_>>(),
            whole.given_up.keys().collect::<Vec<_>>()
        );
        assert_eq!(state.belief.volumes, whole.belief.volumes, "write {writes}");
        let found = done(&bench);
        let different = expected.iter().zip(&found).find(|(a, b)| a != b);
        assert!(found == expected, "died at write {writes}: {different:#?}");
    }
    assert!(forgotten > 0 && kept > 5, "{forgotten} before, {kept} after");
}

/// Runs a bench with the handler deaf; the host dies after `writes` records and is started again, on a line that is mended.
pub fn dying(bench: &Bench, planted: &Rc<Cell<bool>>, writes: u64) -> (State, bool) {
    let mut left = Some(writes);
    for attempt in 0..4 {
        let (journal, state) = bench.journal();
        let fresh = state.source.is_none();
        if !fresh {
            bench.simulation.sim().inject("handler", Fault::Mended).unwrap();
            let pause = std::time::Duration::from_secs(60);
            bench
                .simulation
                .block_on(async move { tokio::time::sleep(pause).await });
        }
        let observers = vec![inoculating(bench, planted)];
        let mut engine = bench
            .simulation
            .engine(&bench.rig, &bench.library, journal, state, observers)
            .unwrap();
        let death = left.take().map(|writes| bench.disk.die_after(writes));
        let (before, after) = bench.beginning();
        let host = async move {
            engine
                .begin(if fresh { before } else { vec![Event::Restarted] })
                .await?;
            engine.identify().await?;
            if fresh {
                engine.begin(after).await?;
            }
            engine.run().await
        };
        let ended = bench.simulation.block_on(async move {
            let Some(death) = death else {
                return Some(host.await);
            };
            tokio::select! {
                biased;
                _ = death => None,
                result = host => Some(result),
            }
        });
        match ended {
            Some(result) => {
                let (ending, state, _) = match result {
                    // The answer to what the dead host asked last is lost; whoever starts the host starts it again.
                    Err(EngineError::Instrument { .. }) if attempt > 0 => continue,
                    result => result.unwrap(),
                };
                assert_eq!(ending, Ending::Completed);
                return (state, attempt > 0);
            }
            None => bench.disk.crash(),
        }
    }
    panic!("it does not come to its end")
}
