//! Wells that are given up: the tips are dropped with what they hold, the other wells go on, and the ledger says what
//! really moved.

use crate::give_up::{
    at_work, deaf, dying, given, given_wells, holds, in_column, inoculating, reads, run, sound, three, whole,
};
use plated::labware::Well;
use plated::plan::{Action, Finding, PlateId, StepId};
use plated::run::State;
use std::rc::Rc;

const SKIP: &str = r#"{ no_answer = "skip_well" }"#;

fn column(n: u8) -> Vec<String> {
    (0..8).map(|row| Well::new(row, n - 1).to_string()).collect()
}

fn untouched(state: &State, plates: &[&str]) {
    whole(state, plates);
    for plate in plates {
        assert_eq!(in_column(state, plate, 1), 200, "{plate}");
        assert_eq!(given_wells(state, plate), [""; 0], "{plate}");
    }
}

#[test]
fn the_column_that_a_transfer_fails_for_is_given_up_and_the_next_column_is_served() {
    let bench = three("new", SKIP, "");
    let (state, _, _) = run(&bench, inoculating(&bench, &Rc::default()));
    assert_eq!(given(&state), [""; 0]);
    untouched(&state, &["assay-1", "assay-3"]);
    assert_eq!(given_wells(&state, "assay-2"), column(1));
    assert_eq!(
        (holds(&state, "assay-2"), in_column(&state, "assay-2", 1)),
        (180, 200)
    );
    assert_eq!(reads(&state, "assay-2"), 2, "its other wells are read");
    let why = &state.given_up_wells[&("assay-2".into(), Well::new(0, 0))].why;
    assert!(why.contains("handler could not"), "{why}");
}

#[test]
fn with_empty_tips_only_the_wells_at_hand_are_given_up_in_every_later_step() {
    let bench = three("shared", SKIP, "");
    // The next is to draw for the second column.
    let fault = deaf(&bench, &Rc::default(), "handler", |a, s| {
        matches!(a, Action::Dispense { .. }) && at_work(s, "assay-2") && holds(s, "assay-2") == 0
    });
    let (state, _, _) = run(&bench, fault);
    untouched(&state, &["assay-1", "assay-3"]);
    assert_eq!(given_wells(&state, "assay-2"), column(2));
    assert_eq!(
        (holds(&state, "assay-2"), in_column(&state, "assay-2", 1)),
        (200, 0)
    );
    // What was not given stays in the source.
    assert_eq!(
        (in_column(&state, "source", 0), in_column(&state, "source", 1)),
        (140, 160)
    );
}

#[test]
fn tips_that_hold_liquid_are_dropped_and_the_wells_that_counted_on_them_are_given_up() {
    let bench = three("shared", SKIP, "");
    let fault = deaf(&bench, &Rc::default(), "handler", |a, s| {
        matches!(a, Action::Aspirate { .. }) && at_work(s, "assay-2") && holds(s, "assay-2") == 0
    });
    let (state, _, _) = run(&bench, fault);
    assert_eq!(given(&state), [""; 0]);
    untouched(&state, &["assay-1"]);
    let both: Vec<String> = (0..8)
        .flat_map(|row| [Well::new(row, 0).to_string(), Well::new(row, 1).to_string()])
        .collect();
    assert_eq!(given_wells(&state, "assay-2"), both);
    assert_eq!(given_wells(&state, "assay-3"), both);
    assert_eq!(holds(&state, "assay-2") + holds(&state, "assay-3"), 0);
}

const TOP_UP: &str = r#"
[[steps]]
id = "top-up"
do = "distribute"
after = "inoculate"
from = "trough"
to = "assay"
volume = "40 uL"
pipette = "p300-multi"
columns = [1, 2]
tips = "per_plate"
excess = "20 uL"

[[steps]]
id = "watch""#;

#[test]
fn one_load_of_the_tips_for_several_columns_draws_less() {
    let bench = crate::give_up::drill("new", SKIP, |text| {
        text.replace("[[steps]]\nid = \"watch\"", TOP_UP)
    });
    let (state, _, events) = run(&bench, inoculating(&bench, &Rc::default()));
    assert_eq!(given_wells(&state, "assay-2"), column(1));
    assert_eq!(
        (holds(&state, "assay-2"), in_column(&state, "assay-2", 1)),
        (180, 240)
    );
    for plate in ["assay-1", "assay-3"] {
        assert_eq!((holds(&state, plate), in_column(&state, plate, 1)), (240, 240));
    }
    let topped: Vec<i64> = events
        .iter()
        .filter_map(|e| match e {
            plated::run::Event::Intended {
                intent, operation, ..
            } => {
                let top = state.plan.operations[operation.index()].step == StepId::from("top-up");
                match &intent.action {
                    Action::Aspirate {
                        volume, stay: false, ..
                    } if top => Some(volume.get() / 1_000),
                    _ => None,
                }
            }
            _ => None,
        })
        .collect();
    assert_eq!(topped, [100, 60, 100]);
}

#[test]
fn a_host_that_dies_while_wells_are_given_up_goes_on_where_it_was() {
    let undisturbed = three("new", SKIP, "");
    let (whole, _, _) = run(&undisturbed, inoculating(&undisturbed, &Rc::default()));
    let (mut forgotten, mut kept) = (0, 0);
    for writes in (60..).step_by(7) {
        let bench = three("new", SKIP, "");
        let (state, restarted) = dying(&bench, &Rc::default(), writes);
        if !restarted {
            break;
        }
        sound(&bench, &state);
        if state.given_up_wells.is_empty() {
            forgotten += 1;
            continue;
        }
        kept += 1;
        let wells = |s: &State| s.given_up_wells.keys().cloned().collect::<Vec<_>>();
        assert_eq!(wells(&state), wells(&whole), "write {writes}");
        assert_eq!(state.belief.volumes, whole.belief.volumes, "write {writes}");
    }
    assert!(forgotten > 0 && kept > 5, "{forgotten} before, {kept} after");
}

const RATES: &str = r#"
[[steps]]
id = "rates"
do = "analyse"
after = "watch"
method = "growth"
readings = "watch"
window = 3
"#;

#[test]
fn an_analysis_leaves_the_wells_out_and_marks_them() {
    let bench = crate::give_up::drill("new", SKIP, |text| {
        format!("{}{RATES}", text.replace("for = \"10 min\"", "for = \"30 min\""))
    });
    let (state, _, _) = run(&bench, inoculating(&bench, &Rc::default()));
    let Some(Finding::Growth { rows, .. }) = state.findings.get(&StepId::from("rates")) else {
        panic!("no rates: {:?}", state.skipped);
    };
    let gone = |r: &plated::plan::GrowthRow| r.plate == PlateId::from("assay-2") && r.well.column == 0;
    for row in rows {
        assert_eq!(row.marks.iter().any(|m| m == "given up"), gone(row), "{row:?}");
        assert!(!gone(row) || (row.rate.is_none() && row.max.is_none()), "{row:?}");
    }
    assert!(rows.iter().any(gone));
}
