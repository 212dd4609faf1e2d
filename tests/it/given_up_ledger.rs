//! Plates that are given up in stations, groups that nothing comes between, pools and what people bring: asked of the ledger.

use crate::give_up::{deaf, given, run};
use crate::support::{Bench, read, source};
use hardware_sim::Event as Physical;
use plated::plan::{Action, PlateId};
use plated::run::State;
use std::rc::Rc;

/// A case of the corpus on the rig of Modbus stations, changed.
fn built(case: &str, changed: impl FnOnce(String) -> String) -> Bench {
    let mut source = source("drill", &[], 1);
    source.rig = read("config/stations-rig.toml");
    for profile in ["absorbance-reader", "plate-mover", "plate-station"] {
        let path = format!("profiles/{profile}.toml");
        source
            .profiles
            .insert(path.clone(), read(&format!("config/{path}")));
    }
    let text = read(&format!("tests/cases/protocols/valid/{case}.toml")).text;
    let name = format!("name = \"{case}\"");
    let policy = format!("{name}\non_failure = {{ no_answer = \"skip_plate\" }}");
    source.protocol.text = changed(text.replace(&name, &policy));
    Bench::new(source)
}

fn rests(state: &State, plate: &str) -> String {
    state.belief.places[&PlateId::from(plate)].to_string()
}

#[test]
fn a_plate_that_cannot_be_sealed_goes_back_and_is_neither_spun_nor_opened() {
    let bench = built("seal-spin-peel", |text| text);
    let fault = deaf(
        &bench,
        &Rc::default(),
        "sealer",
        |a, _| matches!(a, Action::MovePlate { plate, to, .. } if plate.as_str() == "lysates-1" && to.as_str() == "sealer"),
    );
    let (state, ledger, _) = run(&bench, fault);
    assert_eq!(given(&state), ["cleared-1", "lysates-1"]);
    assert!(rests(&state, "lysates-1").starts_with("hotel"));
    assert!(!state.belief.sealed.contains(&PlateId::from("lysates-1")));
    let about = |word: &str, plate: &str| {
        let of = |e: &&hardware_sim::Entry| {
            let text = serde_json::to_string(&e.event).unwrap();
            text.contains(word) && text.contains(&format!("\"{plate}\""))
        };
        ledger.iter().filter(of).count()
    };
    assert_eq!(about("\"centrifuge\"", "lysates-1"), 0);
    assert!(about("\"centrifuge\"", "lysates-2") > 0);
    let stroked = ledger
        .iter()
        .any(|e| matches!(e.event, Physical::Stroke { immersed: true, .. }));
    assert!(stroked, "the other plate is transferred");
}

#[test]
fn a_pool_that_a_given_up_plate_should_have_gone_into_is_given_up_with_it() {
    let bench = built("pool-libraries", |text| {
        text.replace("[pieces.pool]\nlabware = \"reservoir-1\"\nat = \"deck-3\"", "[plates.pool]\nlabware = \"plate-96-deep-1ml\"\nat = \"deck-3\"")
            .replace("at = \"deck-5\"", "at = [\"hotel-1\", \"hotel-2\"]\ncount = 2\nwork = { at = \"deck-5\" }")
            .replace("to = \"pool\"", "to = \"pool\"\ncolumns = [1]")
            .replace("[[steps]]", "[[steps]]\nid = \"look\"\ndo = \"read\"\neach = \"variants\"\nwavelength = \"600 nm\"\n\n[[steps]]")
    });
    let fault = deaf(&bench, &Rc::default(), "reader", |a, s| {
        let there = s.belief.plate_at(&"reader-tray".into()) == Some(&"variants-1".into());
        matches!(a, Action::CloseTray) && there
    });
    let (state, ledger, _) = run(&bench, fault);
    assert_eq!(given(&state), ["pool", "variants-1"]);
    let stroked = ledger
        .iter()
        .any(|e| matches!(e.event, Physical::Stroke { immersed: true, .. }));
    assert!(!stroked, "nothing is drawn for a pool that would not be whole");
    assert_eq!(state.readings.len(), 1);
}

#[test]
fn of_an_unbroken_group_the_rest_is_left_out_and_the_next_plate_goes_through_it() {
    let bench = built("heat-shock", |text| {
        text.replace("at = \"deck-5\"", "at = [\"deck-5\", \"deck-6\"]\ncount = 2")
    });
    // The next is the cold after the shock.
    let fault = deaf(&bench, &Rc::default(), "heater-shaker", |a, s| {
        let there = s.belief.plate_at(&"heater-shaker".into()) == Some(&"cells-1".into());
        there && matches!(a, Action::Dwell { duration } if duration.as_s() < 50.0)
    });
    let (state, ledger, _) = run(&bench, fault);
    assert_eq!(given(&state), ["cells-1"]);
    assert_eq!(rests(&state, "cells-1"), "deck-5");
    assert_eq!(rests(&state, "cells-2"), "deck-6");
    let warmed = |plate: &str| {
        ledger
            .iter()
            .filter(|e| matches!(&e.event, Physical::PlateMoved { plate: p, to, .. } if p == plate && to == "heater-shaker"))
            .count()
    };
    assert_eq!((warmed("cells-1"), warmed("cells-2")), (2, 3));
}

#[test]
fn a_person_takes_away_what_is_left_of_a_group_from_where_it_stands() {
    let bench = built("operator-brings-plates", |text| {
        text.replace("at = \"deck-5\"", "at = [\"hotel-1\", \"hotel-2\"]\ncount = 2\nwork = { at = \"deck-5\" }")
            .replace("at = \"deck-6\"", "at = [\"hotel-3\", \"hotel-4\"]\ncount = 2\nwork = { at = \"deck-6\" }")
            .replace(
                "[[steps]]\nid = \"away\"",
                "[[steps]]\nid = \"look\"\ndo = \"read\"\neach = \"stock\"\nwavelength = \"600 nm\"\nafter = \"inoculate\"\n\n[[steps]]\nid = \"away\"",
            )
            .replace("after = \"inoculate\"\n\n[[steps]]\nid = \"away\"\ndo = \"empty\"\neach = \"stock\"\nafter = \"inoculate\"", "after = \"inoculate\"\n\n[[steps]]\nid = \"away\"\ndo = \"empty\"\neach = \"stock\"\nafter = \"look\"")
    });
    let fault = deaf(&bench, &Rc::default(), "reader", |a, s| {
        let there = s.belief.plate_at(&"reader-tray".into()) == Some(&"stock-1".into());
        matches!(a, Action::CloseTray) && there
    });
    let (state, ledger, _) = run(&bench, fault);
    assert_eq!(given(&state), ["stock-1"]);
    let mut removed: Vec<&str> = ledger
        .iter()
        .filter_map(|e| match &e.event {
            Physical::Removed { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .filter(|name| name.starts_with("stock"))
        .collect();
    removed.sort_unstable();
    assert_eq!(removed, ["stock-1", "stock-2"]);
    assert!(!state.belief.places.contains_key(&PlateId::from("stock-2")));
}

#[test]
fn a_group_that_is_brought_later_comes_without_the_plate_that_was_given_up() {
    let bench = built("operator-brings-plates", |text| {
        text.replace(
            "at = \"deck-5\"",
            "at = [\"hotel-1\", \"hotel-2\"]\ncount = 2\nwork = { at = \"deck-5\" }",
        )
        .replace(
            "at = \"deck-6\"",
            "at = [\"hotel-3\", \"hotel-4\"]\ncount = 2\nwork = { at = \"deck-6\" }",
        )
    });
    // The seed plate cannot be filled: what would go into it is not drawn, and its partner goes on.
    let fault = deaf(&bench, &Rc::default(), "handler", |a, s| {
        let there = s.belief.plate_at(&"deck-6".into()) == Some(&"seed-1".into());
        there && matches!(a, Action::Aspirate { .. })
    });
    let (state, _, _) = run(&bench, fault);
    assert!(
        given(&state).contains(&"seed-1".to_owned()),
        "{:?}",
        given(&state)
    );
    assert!(state.operations.iter().all(|o| o.status.is_over()));
    let stock = state
        .belief
        .places
        .keys()
        .filter(|p| p.as_str().starts_with("stock"));
    assert_eq!(stock.count(), 0, "what was brought was taken away");
}

#[test]
fn what_comes_after_a_plate_that_was_given_up_does_not_wait_for_it() {
    let bench = built("heat-shock", |text| {
        text.replace("at = \"deck-5\"", "at = [\"deck-5\", \"deck-6\"]\ncount = 2")
            .replace("[[steps]]\nid = \"settle\"", "[[steps]]\nid = \"look\"\ndo = \"read\"\neach = \"cells\"\nwavelength = \"600 nm\"\n\n[[steps]]\nid = \"settle\"")
    });
    let fault = deaf(&bench, &Rc::default(), "reader", |a, s| {
        let there = s.belief.plate_at(&"reader-tray".into()) == Some(&"cells-1".into());
        matches!(a, Action::CloseTray) && there
    });
    let (state, _, _) = run(&bench, fault);
    assert_eq!(given(&state), ["cells-1"]);
    let gone = state.given_up[&PlateId::from("cells-1")].at;
    let shock = |plate: &str| {
        let title = format!("shock {plate}");
        let found = state
            .plan
            .operations
            .iter()
            .find(|o| o.title == title)
            .unwrap()
            .id;
        state.operations[found.index()].started
    };
    assert_eq!(shock("cells-1"), None);
    let waited = shock("cells-2").unwrap().since(gone);
    assert!(
        waited < plated::units::Duration::min(10),
        "it waited {waited} for the place of the other"
    );
}

#[test]
fn what_was_given_up_is_in_the_result_document_and_in_the_database() {
    let bench = crate::give_up::three("new", r#"{ no_answer = "skip_well" }"#, "");
    let (state, _, _) = run(&bench, crate::give_up::inoculating(&bench, &Rc::default()));
    let document = plated::formats::ResultDocument::of(&state, Vec::new());
    let bytes = document.to_json().unwrap();
    let back = plated::formats::ResultDocument::from_json(&bytes).unwrap();
    let lost: Vec<String> = back
        .given_up
        .iter()
        .map(|l| format!("{} {}", l.plate, l.well.unwrap()))
        .collect();
    assert_eq!(lost.len(), 8);
    assert_eq!(lost[0], "assay-2 A1");
    let csv = plated::formats::readings_csv(&state.plan, &state.readings, &state.findings);
    let marked = String::from_utf8(csv).unwrap();
    let marked = marked.lines().filter(|l| l.ends_with("given up")).count();
    assert_eq!(marked, 16, "two reads of eight wells");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.db");
    let mut disk = plated::journal::Disk::Memory(bench.disk.clone());
    let entries = plated::journal::recover(&mut disk).unwrap().entries;
    let mut store = plated::store::Store::open(&path).unwrap();
    store
        .fold(entries.iter().map(|e| (e.sequence, e.at, &e.event)), &state)
        .unwrap();
    drop(store);
    let database = rusqlite::Connection::open(&path).unwrap();
    let count = |what: &str| -> i64 {
        let query = format!("SELECT count(*) FROM given_up WHERE plate = 'assay-2' AND {what}");
        database.query_row(&query, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("well LIKE '_1'"), count("well IS NULL")), (8, 0));
    assert_eq!(count("why LIKE '%could not%'"), 8);
}
