//! What people bring, replace and take away: at its time, scanned, with its lot.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, read, source};
use plated::plan::{LoadItem, PromptKind, Value};
use plated::run::{Ending, Question, Source, State};
use plated::units::Duration;

/// A plate that is brought between one and two hours, filled, refilled from, and taken away.
fn late() -> Source {
    let mut source = source("drill", &[], 1);
    source.protocol.text = read("tests/cases/protocols/valid/people-windows.toml").text;
    source.today = Some("2026-11-24".into());
    source
}

fn value(state: &State, name: &str) -> Value {
    let found = state.values.iter().find(|(step, _)| step.as_str() == name);
    found
        .unwrap_or_else(|| panic!("{name} among {:?}", state.values))
        .1
        .clone()
}

#[test]
fn a_person_is_called_in_time_and_what_is_scanned_is_kept() {
    let bench = Bench::new(late());
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    compare(
        &Volumes::of(&bench.simulation.sim().ledger(), &state.plan),
        &state,
    );
    for (step, from, to) in [("bring", 1, 2), ("fresh", 1, 3), ("take-away", 2, 4)] {
        let operation = state.plan.operations.iter().find(|o| o.title == step).unwrap();
        let begun = state.operations[operation.id.index()].started.unwrap();
        let after = begun.since(state.zero);
        assert!(
            after >= Duration::h(from) && after <= Duration::h(to),
            "{step}: {after}"
        );
    }
    assert_eq!(value(&state, "code-bring-late"), Value::Barcode("LATE".into()));
    assert_eq!(
        value(&state, "code-take-away-late"),
        Value::Barcode("LATE".into())
    );
    assert_eq!(
        value(&state, "expiry-medium-fresh"),
        Value::Text("2099-12-31".into())
    );
    assert!(matches!(value(&state, "lot-medium-fresh"), Value::Text(_)));
    // Tips of the columns that are gone were really not there, and not looked for.
    let loaded = bench.simulation.sim().ledger();
    let picked: Vec<_> = loaded
        .iter()
        .filter(|e| matches!(e.event, hardware_sim::Event::TipPickUp { .. }))
        .map(|e| serde_json::to_string(&e.event).unwrap())
        .collect();
    assert!(!picked.is_empty() && picked.iter().all(|p| !p.contains("A1\"") && !p.contains("A2\"")));
}

#[test]
fn the_person_who_loads_is_asked_whether_the_used_tips_are_those() {
    let bench = Bench::new(late());
    let prompts = bench.plan.operations[0]
        .phases
        .iter()
        .map(|p| format!("{:?}", p.work));
    assert!(prompts.into_iter().any(|p| p.contains("used: [Well")));
    let (_, state) = bench.run_beside(false, Vec::new(), |desk| async move {
        let question = desk.question().await;
        let items = &question.prompt.as_ref().unwrap().items;
        let rack = items
            .iter()
            .find(|i| matches!(i, LoadItem::Piece { name, .. } if name == "p300-tips"));
        let text = plated::daemon::describe_load(rack.unwrap());
        assert!(
            text.ends_with("its tips of columns 1, 2 are used already, is that so?"),
            "{text}"
        );
        desk.answer(question.id, "abort").await.unwrap();
    });
    assert!(state.belief.tips_used.is_empty());
}

#[test]
fn a_wrong_plate_and_a_lot_past_its_day_are_refused_and_asked_for_again() {
    let bench = Bench::new(late());
    let refused = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let told = std::rc::Rc::clone(&refused);
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| async move {
        let mut answered = std::collections::BTreeSet::new();
        loop {
            let typed = |q: &&Question| {
                let kind = q.prompt.as_ref().map(|p| p.kind);
                matches!(kind, Some(PromptKind::Barcode | PromptKind::Day)) && !answered.contains(&q.id)
            };
            let question = desk.until(|s| s.questions.values().find(typed).cloned()).await;
            answered.insert(question.id);
            let prompt = question.prompt.as_ref().unwrap();
            match (prompt.kind, &prompt.expected) {
                (PromptKind::Barcode, Some(_)) => {
                    let why = desk.answer(question.id, "ANOTHER").await.unwrap_err();
                    told.borrow_mut().push(why);
                }
                (PromptKind::Day, _) => {
                    for wrong in ["soon", "2026-11-23"] {
                        let why = desk.answer(question.id, wrong).await.unwrap_err();
                        told.borrow_mut().push(why);
                    }
                }
                _ => {}
            }
        }
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let refused = refused.borrow();
    assert_eq!(refused.len(), 4, "{refused:?}");
    assert_eq!(
        refused
            .iter()
            .filter(|r| r.contains("instead of \"LATE\""))
            .count(),
        2
    );
    assert!(
        refused
            .iter()
            .any(|r| r.contains("it expired on 2026-11-23; today is 2026-11-24"))
    );
    assert_eq!(
        value(&state, "expiry-medium-fresh"),
        Value::Text("2099-12-31".into())
    );
}

#[test]
fn a_window_that_cannot_be_kept_is_refused_before_anything_moves() {
    let mut source = late();
    let text = &source.protocol.text;
    source.protocol.text = text.replace(
        "between = [\"1 h\", \"3 h\"]",
        "between = [\"1 min\", \"30 min\"]",
    );
    let assembled = plated::daemon::assemble(&source);
    let (planned, diagnostics, _) =
        plated::daemon::plan(&source, &assembled.rig.unwrap(), &assembled.library);
    assert!(planned.is_none());
    assert!(
        diagnostics
            .iter()
            .any(|d| d.code == "window" || d.code == "schedule"),
        "{diagnostics:?}"
    );
}

/// The trough is replaced twice, and scanned each time.
fn twice() -> Source {
    let mut source = late();
    let again = "[[steps]]\nid = \"again\"\ndo = \"replace\"\nafter = \"fresh\"\npiece = \"trough\"\nscan = true\n\n\
                 [[steps]]\nid = \"take-away\"";
    let text = source
        .protocol
        .text
        .replace("[[steps]]\nid = \"take-away\"", again);
    source.protocol.text = text.replace("after = \"fresh\"\neach", "after = \"again\"\neach");
    source
}

#[test]
fn what_is_replaced_is_scanned_out_and_in_and_must_be_what_came_in_before() {
    let bench = Bench::new(twice());
    let refused = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let told = std::rc::Rc::clone(&refused);
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| async move {
        let of = |about: &'static str| {
            move |q: &Question| {
                let prompt = q.prompt.as_ref();
                prompt.is_some_and(|p| p.kind == PromptKind::Barcode && p.text.contains(about))
            }
        };
        for code in ["TROUGH-1", "TROUGH-2"] {
            let question = desk.question_of(of("\"trough\" at deck-3.")).await;
            desk.answer(question.id, code).await.unwrap();
            let question = desk.question_of(of("which is taken away")).await;
            if code == "TROUGH-1" {
                let why = desk.answer(question.id, "TROUGH-9").await.unwrap_err();
                told.borrow_mut().push(why);
                let again = desk.state(|s| s.questions[&question.id].text.clone());
                told.borrow_mut().push(again);
                desk.answer(question.id, "TROUGH-1").await.unwrap();
            }
        }
    });
    assert_eq!(ending, Ending::Completed);
    let refused = refused.borrow();
    assert_eq!(refused.len(), 2);
    for text in refused.iter() {
        assert!(text.contains("\"TROUGH-9\" instead of \"TROUGH-1\""), "{text}");
    }
    let code = |name: &str| match value(&state, name) {
        Value::Barcode(code) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code("code-fresh-trough"), "TROUGH-1");
    assert_eq!(code("code-again-trough-out"), "TROUGH-1");
    assert_eq!(code("code-again-trough"), "TROUGH-2");
}
