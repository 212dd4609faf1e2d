//! An action that is found not to have taken place is tried again only so often, then the policy says what is done.

use crate::give_up::{drill, sound};
use crate::support::Bench;
use hardware_sim::Fault;
use plated::plan::Action;
use plated::run::{Choice, Ending, Event, State};
use std::cell::RefCell;
use std::rc::Rc;

/// Has every dispense into the first column of the second plate lost on its way, found not done, until a person is asked or
/// the run ends. How often it was tried, what was asked, and how it ended.
fn lost(bench: &Bench) -> (usize, Vec<String>, Ending, State) {
    let sim = bench.simulation.sim().clone();
    let tries: Rc<RefCell<usize>> = Rc::default();
    let asked: Rc<RefCell<Vec<String>>> = Rc::default();
    let (count, told) = (Rc::clone(&tries), Rc::clone(&asked));
    let mended = Rc::clone(&asked);
    let fault: plated::engine::Observer = Box::new(move |state, event, _| {
        let first = |a: &Action| {
            let at_work = state.belief.plate_at(&"deck-9".into()) == Some(&"assay-2".into());
            at_work
                && matches!(a, Action::Dispense { at, stay: false, .. } if at.nest.as_str() == "deck-9" && at.well.column == 0)
        };
        match event {
            Event::Intended { intent, .. }
                if first(&intent.action) && crate::give_up::holds(state, "assay-2") == 0 =>
            {
                *count.borrow_mut() += 1;
                if mended.borrow().is_empty() {
                    sim.inject("handler", Fault::Deaf { requests: 10_000 }).unwrap();
                }
            }
            Event::Failed { .. } => sim.inject("handler", Fault::Mended).unwrap(),
            _ => {}
        }
    });
    let (ending, state) = bench.run_beside(true, vec![fault], |desk| {
        desk.answer_the_rest(move |q| {
            told.borrow_mut().push(q.text.clone());
            Choice::Retry
        })
    });
    let (tries, asked) = (*tries.borrow(), asked.borrow().clone());
    (tries, asked, ending, state)
}

#[test]
fn without_a_policy_it_is_tried_four_times_and_then_asked_about() {
    let bench = drill("shared", "{}", |text| text);
    let (tries, asked, ending, state) = lost(&bench);
    assert_eq!(ending, Ending::Completed);
    sound(&bench, &state);
    assert_eq!((tries, asked.len()), (5, 1), "{asked:?}");
    assert!(asked[0].contains("could not dispense"), "{asked:?}");
}

#[test]
fn with_a_number_of_retries_it_is_tried_so_often() {
    let bench = drill("shared", "{ no_answer = { retry = 1 } }", |text| text);
    let (tries, asked, ending, state) = lost(&bench);
    assert_eq!(ending, Ending::Completed);
    sound(&bench, &state);
    assert_eq!((tries, asked.len()), (3, 1), "{asked:?}");
}

#[test]
fn a_policy_that_ends_the_run_does_so_after_a_settled_failure() {
    let bench = drill("shared", "{ no_answer = \"abort\" }", |text| text);
    let (tries, asked, ending, _) = lost(&bench);
    assert_eq!((tries, asked.len(), ending), (4, 0, Ending::Aborted));
    bench.assert_sound();
}
