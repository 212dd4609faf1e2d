use super::*;
use crate::plan::Operation;
use crate::schedule::schedule;
use crate::schedule::testing::{after, member, operation, plan};

fn of(mut operation: Operation, plate: &str, title: &str) -> Operation {
    operation.plates = vec![PlateId::new(plate)];
    operation.title = title.into();
    for phase in &mut operation.phases {
        phase.title = format!("{title}, phase");
    }
    operation
}

fn told(plan: &Plan, plate: &str, s: u64) -> String {
    let schedule = schedule(plan).unwrap();
    let why = why(plan, &schedule, &PlateId::new(plate), Duration::s(s)).unwrap();
    std::iter::once(why.state)
        .chain(why.reasons)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_plate_waits_for_its_time_for_an_instrument_or_for_what_must_follow() {
    // a and b are filled one after the other, lie for 100 s at least, and are read for 60 s each; b is read at most 110 s later.
    let fill = |id, plate| of(operation(id, &[(0, 30)]), plate, &format!("fill {plate}"));
    let read = |id, plate| of(operation(id, &[(1, 60)]), plate, &format!("read {plate}"));
    let (mut read_a, mut read_b) = (read(2, "a"), read(3, "b"));
    read_a.after = vec![after(0, 100, None)];
    read_b.after = vec![after(1, 100, Some(110))];
    let mut fill_b = fill(1, "b");
    fill_b.after = vec![after(0, 0, None)];
    let plan = plan(vec![fill(0, "a"), fill_b, read_a, read_b]);
    assert_eq!(
        told(&plan, "a", 10),
        "a is worked on: \"fill a\" (fill a, phase), from 0:00:00 to 0:00:30"
    );
    assert_eq!(
        told(&plan, "a", 60),
        "a waits for \"read a\", which begins at 0:02:10\nit begins at least 1 min 40 s after \"fill a\", which is at 0:02:10"
    );
    let before_b = told(&plan, "b", 40);
    assert!(
        before_b.starts_with("b waits for \"fill b\", which begins at 0:00:5")
            && before_b.contains(
                "\"read b\" must follow it within 1 min 50 s and cannot come before 0:03:10: \
                 instrument-1 is taken by \"read a\" until 0:03:10"
            ),
        "{before_b}"
    );
    assert_eq!(told(&plan, "a", 400), "nothing more is planned for a");
}

#[test]
fn a_read_of_a_series_waits_until_it_is_due() {
    let mut reads: Vec<Operation> = (0..2)
        .map(|id| of(operation(id, &[(0, 10)]), "a", &format!("read {id}")))
        .collect();
    for (index, read) in reads.iter_mut().enumerate() {
        read.cadence = member(1, u32::try_from(index).unwrap(), 600, 5);
    }
    let text = told(&plan(reads), "a", 300);
    assert!(
        text.contains("it belongs to a series every 10 min, and is due at 0:10:01 (5 s more or less)"),
        "{text}"
    );
}

#[test]
fn a_plate_that_is_not_there_has_no_reason() {
    let plan = plan(vec![of(operation(0, &[(0, 30)]), "a", "fill a")]);
    let schedule = schedule(&plan).unwrap();
    assert_eq!(why(&plan, &schedule, &PlateId::new("b"), Duration::ZERO), None);
}
