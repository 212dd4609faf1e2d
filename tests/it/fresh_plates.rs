//! Plates without a sample that could not be used: a person takes them away and brings fresh ones, and the run goes on.

use crate::give_up::{deaf, drill, given, given_wells, holds, reads, run, sound, three, whole};
use crate::support::Bench;
use hardware_sim::{Event as Physical, Fault};
use plated::plan::{Action, LoadItem, PlateId, Work};
use plated::run::{Choice, Ending, Event, Item, Lid, Question, State};
use std::rc::Rc;

const ASK: &str = "{}";

/// Reads of the empty plates, with a policy of their own.
const LOOK: &str = r#"
[[steps]]
id = "look"
do = "read"
each = "assay"
wavelength = "600 nm"
on_failure = { no_answer = "replace_plate" }
"#;

/// The empty plates are warmed; the incubator reads their barcodes.
const WARM: &str = r#"
[[steps]]
id = "warm"
do = "incubate"
each = "assay"
at = "incubator"
for = "5 min"
on_failure = { mismatch = "replace_plate" }
"#;

fn replaced(state: &State) -> Vec<(String, Option<String>)> {
    state
        .replaced
        .iter()
        .map(|r| (r.plate.to_string(), r.barcode.clone()))
        .collect()
}

/// How often a plate of this name was put down by a person.
fn brought(bench: &Bench, plate: &str) -> usize {
    let ledger = bench.simulation.sim().ledger();
    ledger
        .iter()
        .filter(|e| matches!(&e.event, Physical::Loaded { name, .. } if name == plate))
        .count()
}

#[test]
fn a_plate_that_the_mover_cannot_take_is_replaced_where_it_stands() {
    let bench = three("shared", ASK, LOOK);
    let sim = bench.simulation.sim().clone();
    let planted = std::cell::Cell::new(false);
    let fault: plated::engine::Observer = Box::new(move |state, event, _| match event {
        Event::OperationStarted { operation }
            if state.plan.operations[operation.index()].title == "read assay-2" && !planted.get() =>
        {
            planted.set(true);
            sim.inject("mover", Fault::Deaf { requests: 10_000 }).unwrap();
        }
        Event::Replaced { .. } => sim.inject("mover", Fault::Mended).unwrap(),
        _ => {}
    });
    let (state, _, _) = run(&bench, fault);
    assert_eq!(
        replaced(&state),
        [("assay-2".to_owned(), Some("ASSAY-2".to_owned()))]
    );
    assert_eq!(brought(&bench, "assay-2"), 2);
    assert_eq!(given(&state), [""; 0]);
    for plate in ["assay-1", "assay-2", "assay-3"] {
        assert_eq!((holds(&state, plate), reads(&state, plate)), (200, 3), "{plate}");
        assert_eq!(given_wells(&state, plate), [""; 0]);
        assert_eq!(state.belief.lids[&PlateId::from(plate)], Lid::On);
    }
}

/// The drill with warmed plates, of which a person brings one with another barcode.
fn mixed_up() -> Bench {
    let mut bench = three("shared", ASK, WARM);
    let mut mixed = 0;
    for phase in bench.plan.operations.iter_mut().flat_map(|o| &mut o.phases) {
        let Work::Actions(actions) = &mut phase.work else {
            continue;
        };
        for action in actions {
            let Action::Ask(prompt) = action else { continue };
            for item in &mut prompt.items {
                if let LoadItem::Plate { plate, barcode, .. } = item
                    && plate.as_str() == "assay-2"
                {
                    *barcode = Some("MIXED-UP".into());
                    mixed += 1;
                }
            }
        }
    }
    assert_eq!(mixed, 1);
    bench
}

#[test]
fn a_plate_with_a_wrong_barcode_is_replaced_and_the_fresh_one_is_scanned() {
    let bench = mixed_up();
    let (state, _, _) = run(&bench, Box::new(|_, _, _| ()));
    assert_eq!(
        replaced(&state),
        [("assay-2".to_owned(), Some("ASSAY-2".to_owned()))]
    );
    assert!(
        state.replaced[0].why.contains("MIXED-UP"),
        "{}",
        state.replaced[0].why
    );
    whole(&state, &["assay-1", "assay-2", "assay-3"]);
}

#[test]
fn the_barcode_of_the_fresh_plate_is_expected_from_then_on() {
    let bench = mixed_up();
    let (ending, state) = bench.run_beside(false, Vec::new(), |desk| async move {
        // Whoever brings the fresh plate brings one with a code of its own.
        let question = desk.question().await;
        desk.answer(question.id, "abort").await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    let mut after = state.clone();
    let store = |o: &&plated::plan::Operation| o.title.starts_with("warm assay-2");
    let operation = state.plan.operations.iter().find(store).unwrap().id;
    for event in [
        Event::OperationStarted { operation },
        Event::Replaced {
            operation,
            plate: "assay-2".into(),
            barcode: Some("FRESH-7".into()),
            why: "it was scratched".into(),
        },
    ] {
        plated::run::apply(&mut after, &event, state.last);
    }
    let expected = |s: &State| {
        let actions = s
            .plan
            .operations
            .iter()
            .flat_map(|o| &o.phases)
            .filter_map(|p| match &p.work {
                Work::Actions(actions) => Some(actions),
                _ => None,
            });
        let mut codes: Vec<String> = actions
            .flatten()
            .filter_map(|a| match a {
                Action::ScanBarcode { plate, expected, .. } if plate.as_str() == "assay-2" => {
                    Some(expected.clone())
                }
                _ => None,
            })
            .collect();
        codes.dedup();
        codes
    };
    assert_eq!(expected(&state), ["ASSAY-2"]);
    assert_eq!(expected(&after), ["FRESH-7"]);
    assert_eq!(
        after.plan.plates[&PlateId::from("assay-2")].barcode.as_deref(),
        Some("FRESH-7")
    );
}

#[test]
fn after_two_fresh_plates_a_person_is_asked() {
    let mut bench = three("shared", ASK, WARM);
    for phase in bench.plan.operations.iter_mut().flat_map(|o| &mut o.phases) {
        let Work::Actions(actions) = &mut phase.work else {
            continue;
        };
        for action in actions {
            if let Action::ScanBarcode { plate, expected, .. } = action
                && plate.as_str() == "assay-2"
            {
                *expected = "NOBODY-HAS-IT".into();
            }
        }
    }
    let asked: Rc<std::cell::RefCell<Vec<String>>> = Rc::default();
    let told = Rc::clone(&asked);
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| {
        desk.answer_the_rest(move |q: &Question| {
            told.borrow_mut().push(q.text.clone());
            Choice::Accept
        })
    });
    assert_eq!(ending, Ending::Completed);
    sound(&bench, &state);
    assert_eq!(asked.borrow().len(), 1, "{asked:?}");
    assert!(asked.borrow()[0].contains("NOBODY-HAS-IT"));
    assert_eq!((replaced(&state).len(), brought(&bench, "assay-2")), (2, 3));
}

#[test]
fn a_plate_in_a_closed_tray_is_replaced_with_the_tray_open() {
    let mut tried = 0;
    // So many requests that the read fails for good, and the tray opens again.
    for requests in (8..60).step_by(4) {
        let bench = three("shared", ASK, LOOK);
        let sim = bench.simulation.sim().clone();
        let (planted, mut next) = (std::cell::Cell::new(false), None);
        let fault: plated::engine::Observer = Box::new(move |state, event, _| match event {
            Event::Intended { action, intent, .. } if !planted.get() => {
                let there = state.belief.plate_at(&"reader-tray".into()) == Some(&"assay-2".into());
                if there && matches!(intent.action, Action::CloseTray) {
                    next = Some(*action);
                }
            }
            Event::Ended { action, .. } if next == Some(*action) => {
                next = None;
                planted.set(true);
                sim.inject("reader", Fault::Deaf { requests }).unwrap();
            }
            _ => {}
        });
        let (ending, state) =
            bench.run_beside(true, vec![fault], |desk| desk.answer_the_rest(|_| Choice::Retry));
        assert_eq!(ending, Ending::Completed);
        sound(&bench, &state);
        assert_eq!(reads(&state, "assay-2"), 3);
        if state.replaced.is_empty() {
            continue;
        }
        tried += 1;
        assert_eq!(brought(&bench, "assay-2"), 2);
        let ledger = bench.simulation.sim().ledger();
        let text: Vec<String> = ledger.iter().map(|e| format!("{:?}", e.event)).collect();
        let removed = text.iter().position(|t| t.starts_with("Removed")).unwrap();
        let tray = text[..removed].iter().rev().find(|t| t.contains("Tray")).unwrap();
        assert!(
            tray.contains("open: true") || tray.contains("Opened") || tray.contains("TrayOut"),
            "{tray}"
        );
        break;
    }
    assert!(tried > 0, "no fault was of the right length");
}

#[test]
fn a_plate_that_something_was_put_into_is_asked_about() {
    let bench = drill("shared", ASK, |text| {
        text.replace(
            "id = \"fill\"",
            "id = \"fill\"\non_failure = { no_answer = \"replace_plate\" }",
        )
    });
    // Half filled, it cannot be carried away.
    let fault = deaf(&bench, &Rc::default(), "mover", |a, s| {
        matches!(a, Action::Dispense { .. }) && crate::give_up::at_work(s, "assay-2")
    });
    let sim = bench.simulation.sim().clone();
    let (ending, state) = bench.run_beside(true, vec![fault], |desk| {
        desk.answer_the_rest(move |_| {
            sim.inject("mover", Fault::Mended).unwrap();
            Choice::Retry
        })
    });
    assert_eq!(ending, Ending::Completed);
    sound(&bench, &state);
    assert_eq!(replaced(&state), []);
    let item = Item::Plate("assay-2".into());
    assert!(
        state
            .belief
            .volumes
            .iter()
            .any(|((i, _), v)| *i == item && v.get() > 0)
    );
    whole(&state, &["assay-1", "assay-2", "assay-3"]);
}
