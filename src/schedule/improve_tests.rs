use super::*;
use crate::plan::{Plan, PlateId, Promise, StepId};
use crate::schedule::checker::breaches;
use crate::schedule::testing::{after, operation, plan};
use crate::schedule::{Options, broken, schedule, schedule_with};
use crate::units::Duration;

const ARM: u8 = 0;
const HANDLER: u8 = 1;
const READER: u8 = 2;

/// Plates that are prepared, incubated for a time within a window, and read; an arm carries them.
fn campaign(plates: u32, prepare: u64, read: u64, (least, slack): (u64, u64)) -> Plan {
    let visits = (0..plates).flat_map(|n| {
        let name = |mut o: crate::plan::Operation| {
            o.plates = vec![PlateId::new(format!("plate-{n}"))];
            o
        };
        let first = name(operation(2 * n, &[(ARM, 20), (HANDLER, prepare), (ARM, 20)]));
        let mut second = name(operation(2 * n + 1, &[(ARM, 20), (READER, read), (ARM, 20)]));
        second.after = vec![after(2 * n, least, Some(least + slack))];
        [first, second]
    });
    plan(visits.collect())
}

#[test]
fn ninety_six_plates_take_as_long_as_their_bottleneck() {
    for (prepare, read, window) in [
        (60, 60, (4 * 3600, 900)),
        (300, 60, (4 * 3600, 900)),
        (300, 120, (18 * 3600, 1800)),
    ] {
        let plan = campaign(96, prepare, read, window);
        let found = schedule(&plan).unwrap();
        assert_eq!(breaches(&plan, &found), Vec::<String>::new());
        let over = found.makespan.minus(found.bound);
        assert!(
            over.as_us() * 100 <= found.bound.as_us(),
            "{} against {}",
            found.makespan,
            found.bound
        );
    }
}

#[test]
fn an_order_that_no_pass_finds_is_found() {
    // Three chains over two instruments, against each other: the best order interleaves them.
    let mut operations = Vec::new();
    for (n, (a, b)) in [(30, 70), (50, 50), (70, 30)].into_iter().enumerate() {
        let id = u32::try_from(n).unwrap() * 2;
        operations.push(operation(id, &[(0, a)]));
        let mut second = operation(id + 1, &[(1, b)]);
        second.after = vec![after(id, 0, Some(20))];
        operations.push(second);
    }
    let plan = plan(operations);
    let found = schedule(&plan).unwrap();
    assert_eq!(breaches(&plan, &found), Vec::<String>::new());
    // 30 before the first on the second instrument, and all of that; a tenth of a window of 20 is kept for the run.
    assert_eq!(found.makespan, Duration::s(182));
}

#[test]
fn of_several_deadlines_the_earliest_counts() {
    let mut plan = plan(vec![operation(0, &[(0, 10)])]);
    plan.promises = [300, 40, 200]
        .map(|s| Promise {
            what: Promised::Deadline {
                operations: vec![OperationId(0)],
                at_most: Duration::s(s),
            },
            step: StepId::new("step"),
            place: (0, 0),
            file: None,
        })
        .into();
    let search = Search {
        plan: &plan,
        model: Model::new(&plan).unwrap(),
        counted: vec![0, 1, 2],
        fixed: &[],
        now: None,
    };
    assert_eq!(problem(&search, &Limits::PLAN, true).tasks[0].latest, 30_000_000);
}

#[test]
fn what_is_improved_keeps_what_was_kept() {
    for plates in [3, 12] {
        let plan = campaign(plates, 130, 70, (600, 90));
        let options = Options {
            tries: 1,
            ..Options::default()
        };
        let first = schedule_with(&plan, &options).unwrap();
        let found = schedule(&plan).unwrap();
        assert!(found.makespan <= first.makespan, "{plates} plates");
        assert_eq!(broken(&plan, &found), []);
        assert_eq!(breaches(&plan, &found), Vec::<String>::new());
    }
}
