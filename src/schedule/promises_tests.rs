use super::*;
use crate::plan::Promise;
use crate::protocol::testing::{DRILL, built};
use crate::schedule::schedule;

/// The drill, with lines added behind lines.
fn drill(changes: &[(&str, &str)]) -> (Plan, Vec<Broken>) {
    let mut text = DRILL.to_owned();
    for (line, more) in changes {
        assert!(text.contains(line), "{line}");
        text = text.replacen(line, &format!("{line}\n{more}"), 1);
    }
    let found = built(&text, &[]);
    let plan = found.plan.unwrap_or_else(|| panic!("{:#?}", found.diagnostics));
    let schedule = schedule(&plan).unwrap();
    let broken = broken(&plan, &schedule);
    for broken in &broken {
        // The place is that of the value in the file.
        if let Some((from, to)) = broken.place {
            let value = text
                .get(usize::try_from(from).unwrap()..usize::try_from(to).unwrap())
                .unwrap();
            assert!(value.starts_with('"'), "{value}");
        }
    }
    (plan, broken)
}

fn codes(broken: &[Broken]) -> Vec<&str> {
    broken.iter().map(|b| b.code).collect()
}

#[test]
fn a_deadline_is_kept_or_broken_by_the_end_of_its_step() {
    let ends = {
        let (plan, broken) = drill(&[("do = \"transfer\"", "deadline = \"10 h\"")]);
        assert_eq!(broken, []);
        let schedule = schedule(&plan).unwrap();
        let Promised::Deadline { operations, .. } = &plan.promises[0].what else {
            panic!("{:?}", plan.promises)
        };
        operations
            .iter()
            .map(|o| schedule.slot(*o).unwrap().end)
            .max()
            .unwrap()
    };
    let seconds = |s: u64| format!("deadline = \"{s} s\"");
    let whole = ends.as_us().div_ceil(1_000_000);
    let (_, kept) = drill(&[("do = \"transfer\"", &seconds(whole))]);
    assert_eq!(kept, []);
    let (_, late) = drill(&[("do = \"transfer\"", &seconds(whole - 1))]);
    assert_eq!(codes(&late), ["deadline"]);
    assert!(
        late[0].message.contains("after its deadline"),
        "{}",
        late[0].message
    );
}

#[test]
fn a_plate_is_out_from_retrieving_to_storing() {
    let (plan, broken) = drill(&[("barcode = \"ASSAY\"", "out_at_most = \"1 s\"")]);
    assert_eq!(codes(&broken), ["absence"]);
    let schedule = schedule(&plan).unwrap();
    let Promised::Absence { plate, out, .. } = &plan.promises[0].what else {
        panic!("{:?}", plan.promises)
    };
    let times = |id: OperationId| schedule.slot(id).map(|s| (s.start, s.end));
    let sum = out_for(&plan, plate, out, &times);
    let whole: u64 = out
        .iter()
        .map(|(a, b)| schedule.slot(*b).unwrap().end.as_us() - schedule.slot(*a).unwrap().start.as_us())
        .sum();
    assert!(
        !out.is_empty() && sum > Duration::s(60) && sum.as_us() <= whole,
        "{sum}"
    );
    let (_, kept) = drill(&[("barcode = \"ASSAY\"", "out_at_most = \"1 h\"")]);
    assert_eq!(kept, []);
}

#[test]
fn intervals_that_differ_by_more_than_allowed_are_told_with_both_ends() {
    let (mut plan, _) = drill(&[]);
    let ids: Vec<OperationId> = plan.operations.iter().map(|o| o.id).take(4).collect();
    plan.promises.push(Promise {
        what: Promised::Alike {
            pairs: vec![(ids[0], ids[1]), (ids[2], ids[3])],
            from_start: false,
            to_end: false,
            within: Duration::s(30),
        },
        step: StepId::new("fill"),
        place: (0, 0),
        file: None,
    });
    for operation in &mut plan.operations {
        operation.after.clear();
    }
    let starts = |last: u64| {
        move |id: OperationId| {
            let start = match id.0 {
                0 => 0,
                1 => 110,
                2 => 200,
                3 => 200 + last,
                _ => return None,
            };
            Some((Duration::s(start), Duration::s(start + 10)))
        }
    };
    assert_eq!(
        broken_by(&plan, starts(140)),
        [],
        "130 s and 100 s differ by 30 s"
    );
    let found = broken_by(&plan, starts(141));
    assert_eq!(codes(&found), ["unequal"]);
    assert!(found[0].message.contains("31 s"), "{}", found[0].message);
}

#[test]
fn a_longest_delay_counts_from_where_it_says() {
    let (mut plan, _) = drill(&[]);
    let later = plan.operations[1].id;
    plan.operations[1].after = vec![crate::plan::After {
        operation: OperationId(0),
        min: Duration::ZERO,
        max: Some(Duration::s(60)),
        from_start: true,
        to_end: false,
    }];
    let times = |start: u64| {
        move |id: OperationId| match id.0 {
            0 => Some((Duration::ZERO, Duration::s(50))),
            1 => Some((Duration::s(start), Duration::s(start + 5))),
            _ => None,
        }
    };
    assert_eq!(broken_by(&plan, times(60)), []);
    let found = broken_by(&plan, times(61));
    assert_eq!(codes(&found), ["window"]);
    assert_eq!(found[0].operation, Some(later));
}
