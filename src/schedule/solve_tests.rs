use super::*;
use crate::plan::{Action, Operation, Phase, PlateId, Promise, Promised, StepId, Work};
use crate::protocol::testing::screen;
use crate::rig::NestId;
use crate::schedule::checker::breaches;
use crate::schedule::testing::{after, member, operation, plan};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn the_growth_screen_is_scheduled_with_every_number_of_plates() {
    for plates in 1..=8 {
        let plan = screen(plates);
        let found = schedule(&plan).unwrap();
        assert_eq!(breaches(&plan, &found), none(), "{plates} plates");
        assert!(
            found.makespan < Duration::h(20),
            "{plates} plates take {}",
            found.makespan
        );
        assert_eq!(found, schedule(&plan).unwrap());
    }
}

/// Moves plates and lids at the planned times of their phases, all operations overlapping as planned.
#[test]
fn at_the_planned_times_no_two_plates_or_lids_meet() {
    for plates in 1..=8 {
        let plan = screen(plates);
        let found = schedule(&plan).unwrap();
        let mut phases: Vec<(Duration, usize, &Phase)> = Vec::new();
        for operation in &plan.operations {
            let start = found.slot(operation.id).unwrap().start;
            for (i, phase) in operation.phases.iter().enumerate() {
                phases.push((start.plus(operation.offset(i)), operation.id.index(), phase));
            }
        }
        phases.sort_by_key(|(at, operation, _)| (*at, *operation));
        let mut at: BTreeMap<PlateId, NestId> = plan
            .plates
            .iter()
            .map(|(id, p)| (id.clone(), p.start.clone()))
            .collect();
        let mut lids: BTreeMap<NestId, PlateId> = BTreeMap::new();
        for (_, _, phase) in phases {
            let Work::Actions(actions) = &phase.work else {
                continue;
            };
            for action in actions {
                let mut go = |plate: &PlateId, to: &NestId| {
                    assert!(!at.values().any(|n| n == to), "{}: {to} is taken", phase.title);
                    at.insert(plate.clone(), to.clone());
                };
                match action {
                    Action::MovePlate { plate, to, .. } => go(plate, to),
                    Action::Store { plate, slot } => go(plate, slot),
                    Action::Retrieve { plate, .. } => go(plate, &NestId::new("transfer")),
                    Action::RemoveLid { plate, to, .. } => {
                        assert_eq!(lids.insert(to.clone(), plate.clone()), None, "{to}");
                    }
                    Action::ReplaceLid { plate, from, .. } => {
                        assert_eq!(lids.remove(from).as_ref(), Some(plate));
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn plates_overlap_so_that_the_handler_works_while_another_is_read() {
    let plan = screen(8);
    let found = schedule(&plan).unwrap();
    let slot = |title: &str| {
        *found
            .slot(plan.operations.iter().find(|o| o.title == title).unwrap().id)
            .unwrap()
    };
    assert!(slot("inoculate assay-2").start < slot("inoculate assay-1").end);
    assert!(slot("read assay-1, cycle 1").start < slot("inoculate assay-8").end);
}

#[test]
fn an_operation_fills_the_gap_that_it_fits_into() {
    let mut long = operation(1, &[(1, 100), (0, 10)]);
    long.after = vec![after(0, 0, None)];
    let short = operation(2, &[(0, 50)]);
    let plan = plan(vec![operation(0, &[(0, 10)]), long, short]);
    let found = schedule(&plan).unwrap();
    assert_eq!(breaches(&plan, &found), none());
    assert_eq!(found.makespan, Duration::s(120));
    assert_eq!(found.bound, found.makespan);
}

#[test]
fn the_first_waits_so_that_the_second_is_not_too_late() {
    // Both need instrument 1 in the end, which is taken until 1000 s; the second must follow the first within 5 s.
    let mut first = operation(1, &[(0, 10)]);
    let mut second = operation(2, &[(1, 10)]);
    second.after = vec![after(1, 0, Some(5))];
    first.after = Vec::new();
    let plan = plan(vec![operation(0, &[(1, 1000)]), first, second]);
    let found = schedule(&plan).unwrap();
    assert_eq!(breaches(&plan, &found), none());
    // A tenth of the 5 s is left for the run.
    assert_eq!(found.slots[1].start, Duration::ms(985_500));
}

#[test]
fn a_longest_delay_reaches_over_what_lies_between() {
    let mut between = operation(1, &[(1, 30)]);
    between.after = vec![after(0, 0, None)];
    let mut last = operation(2, &[(2, 10)]);
    last.after = vec![after(0, 0, Some(40)), after(1, 0, None)];
    let mut plan = plan(vec![operation(0, &[(0, 10)]), between, last]);
    let found = schedule(&plan).unwrap();
    assert_eq!(breaches(&plan, &found), none());
    plan.operations[2].after[0].max = Some(Duration::s(20));
    let error = schedule(&plan).unwrap_err();
    assert_eq!(
        error,
        ScheduleError::Delay {
            operation: OperationId(2),
            title: "operation 2".into(),
            late: Duration::s(10)
        }
    );
}

#[test]
fn a_series_that_cannot_be_held_is_named_with_its_interval() {
    let members = (0..3).map(|k| Operation {
        cadence: member(7, k, 60, 5),
        ..operation(k, &[(0, 100)])
    });
    let error = schedule(&plan(members.collect())).unwrap_err();
    let ScheduleError::Cadence { series, every, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!((*series, *every), (7, Duration::s(60)));
    assert!(error.to_string().contains("every 1 min within ±5 s"), "{error}");
}

#[test]
fn series_take_turns_within_their_tolerance() {
    // Three series of 18 s every 60 s share one instrument: there is room for all three, in turn.
    let mut operations = Vec::new();
    for series in 0..3 {
        for k in 0..10 {
            let id = series * 10 + k;
            operations.push(Operation {
                cadence: member(series, k, 60, 4),
                ..operation(id, &[(0, 18)])
            });
        }
    }
    let plan = plan(operations);
    let found = schedule(&plan).unwrap();
    assert_eq!(breaches(&plan, &found), none());
    assert!(found.makespan < Duration::s(700), "{}", found.makespan);
}

#[test]
fn unsound_plans_are_refused() {
    let mut late = operation(0, &[(0, 1)]);
    late.after = vec![after(0, 0, None)];
    assert!(matches!(
        schedule(&plan(vec![late])),
        Err(ScheduleError::Unsound(_))
    ));
    let mut claims = operation(0, &[(0, 1)]);
    claims.claims[0].to = 3;
    assert!(matches!(
        schedule(&plan(vec![claims])),
        Err(ScheduleError::Unsound(_))
    ));
    assert!(matches!(
        schedule(&plan(vec![operation(5, &[(0, 1)])])),
        Err(ScheduleError::Unsound(_))
    ));
}

#[test]
fn the_search_stops_at_its_limit() {
    let operations = (0..50).map(|i| operation(i, &[(0, 10)])).collect();
    let error = schedule_with(
        &plan(operations),
        &Options {
            work_limit: 10,
            ..Options::default()
        },
    )
    .unwrap_err();
    assert_eq!(error, ScheduleError::TooMuchWork(10));
}

/// What has begun or ended of a schedule at a time, with everything late by a while.
fn progress(found: &Schedule, at: Duration, late: Duration) -> Vec<Fixed> {
    found
        .slots
        .iter()
        .map(|s| (s.operation, s.start.plus(late), s.end.plus(late)))
        .filter(|(_, start, _)| *start <= at)
        .map(|(operation, start, end)| Fixed {
            operation,
            start,
            event: None,
            end: Some(end).filter(|e| *e <= at),
        })
        .collect()
}

#[test]
fn replanning_keeps_what_has_begun_and_starts_nothing_in_the_past() {
    let plan = screen(4);
    let found = schedule(&plan).unwrap();
    for minutes in [0, 10, 30, 60, 200, 600, 900, 1100] {
        let now = Duration::min(minutes);
        let late = Duration::s(20);
        let fixed = progress(&found, now, late);
        let again = reschedule(&plan, &fixed, now).unwrap();
        let begun: BTreeMap<_, _> = fixed.iter().map(|f| (f.operation, f)).collect();
        for slot in &again.slots {
            match begun.get(&slot.operation) {
                Some(f) => assert_eq!(slot.start, f.start),
                None => assert!(slot.start >= now),
            }
        }
        // Twenty seconds are within every tolerance, so that the new schedule keeps the plan.
        assert_eq!(breaches(&plan, &again), none(), "{minutes} min");
        assert!(again.makespan <= found.makespan.plus(Duration::min(30)));
    }
}

#[test]
fn an_overdue_operation_holds_what_it_has_and_late_reads_come_as_soon_as_they_can() {
    let plan = screen(1);
    let found = schedule(&plan).unwrap();
    let third = plan
        .operations
        .iter()
        .find(|o| o.cadence.is_some_and(|c| c.index == 3))
        .unwrap()
        .id;
    let slot = found.slot(third).unwrap();
    // The reader hangs for half an hour in the third read.
    let now = slot.start.plus(Duration::min(45));
    let mut fixed = progress(&found, slot.start, Duration::ZERO);
    fixed.retain(|f| f.operation <= third);
    let again = reschedule(&plan, &fixed, now).unwrap();
    let next = again.slot(OperationId(third.0 + 1)).unwrap();
    assert_eq!(next.start, now, "the read that is overdue follows at once");
    let (last, planned) = (
        again.slots.last().unwrap().start,
        found.slots.last().unwrap().start,
    );
    assert!(
        last <= planned.plus(Duration::min(1)),
        "later reads are in time again"
    );
}

#[derive(Debug, Clone)]
struct Sketch {
    phases: Vec<(u8, u64)>,
    merged: bool,
    after: Vec<(prop::sample::Index, u64, Option<u64>)>,
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let delay = (
        any::<prop::sample::Index>(),
        0_u64..50,
        proptest::option::weighted(0.2, 0_u64..400),
    );
    (
        proptest::collection::vec((0_u8..4, 0_u64..60), 1..5),
        any::<bool>(),
        proptest::collection::vec(delay, 0..3),
    )
        .prop_map(|(phases, merged, after)| Sketch {
            phases,
            merged,
            after,
        })
}

fn drawn(sketches: &[Sketch], series: &[(u64, u64, u32)]) -> Plan {
    let mut operations: Vec<Operation> = Vec::new();
    for (i, s) in sketches.iter().enumerate() {
        let mut o = operation(u32::try_from(i).unwrap(), &s.phases);
        if s.merged {
            let last = u16::try_from(s.phases.len() - 1).unwrap();
            let held = o.claims[0].resource.clone();
            o.claims.retain(|c| c.resource != held || c.from == 0);
            o.claims[0].to = last;
        } else {
            // One resource is claimed once per phase; neighbours are joined as the compiler does.
            o.claims
                .sort_by(|a, b| (&a.resource, a.from).cmp(&(&b.resource, b.from)));
        }
        if i > 0 {
            o.after = s
                .after
                .iter()
                .map(|(at, min, more)| {
                    let earlier = u32::try_from(at.index(i)).unwrap();
                    after(earlier, *min, more.map(|m| min + m))
                })
                .collect();
        }
        operations.push(o);
    }
    for (number, (duration, every, count)) in series.iter().enumerate() {
        for k in 0..*count {
            let id = u32::try_from(operations.len()).unwrap();
            let every = (*every).max(duration * 4);
            let cadence = member(u32::try_from(number).unwrap(), k, every, every / 10);
            operations.push(Operation {
                cadence,
                ..operation(id, &[(0, *duration), (1, 5)])
            });
        }
    }
    plan(operations)
}

/// Adds deadlines, and pairs whose intervals are to be alike.
fn promise(
    plan: &mut Plan,
    deadlines: &[(prop::sample::Index, u64)],
    alike: &[(prop::sample::Index, prop::sample::Index)],
    within: u64,
) {
    let count = plan.operations.len();
    let id = |at: &prop::sample::Index| OperationId(u32::try_from(at.index(count)).unwrap());
    let mut what: Vec<Promised> = deadlines
        .iter()
        .map(|(at, seconds)| Promised::Deadline {
            operations: vec![id(at)],
            at_most: Duration::s(*seconds),
        })
        .collect();
    what.push(Promised::Alike {
        pairs: alike
            .iter()
            .map(|(a, b)| (id(a).min(id(b)), id(a).max(id(b))))
            .collect(),
        from_start: within.is_multiple_of(2),
        to_end: within.is_multiple_of(3),
        within: Duration::s(within),
    });
    plan.promises = what
        .into_iter()
        .map(|what| Promise {
            what,
            step: StepId::new("step"),
            place: (0, 0),
            file: None,
        })
        .collect();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_schedule_of_a_random_plan_keeps_the_plan(
        sketches in proptest::collection::vec(sketch(), 1..30),
        series in proptest::collection::vec((1_u64..40, 100_u64..400, 1_u32..8), 0..3),
    ) {
        let plan = drawn(&sketches, &series);
        match schedule(&plan) {
            Ok(found) => prop_assert_eq!(breaches(&plan, &found), none()),
            // Longest delays of random plans may contradict the rest; nothing else may fail.
            Err(ScheduleError::Delay { .. }) => {}
            Err(ScheduleError::Cadence { .. }) => {}
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn what_is_chosen_never_breaks_more_than_what_came_first(
        sketches in proptest::collection::vec(sketch(), 4..24),
        deadlines in proptest::collection::vec((any::<prop::sample::Index>(), 20_u64..600), 0..4),
        alike in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..6),
        within in 0_u64..60,
    ) {
        let mut plan = drawn(&sketches, &[]);
        promise(&mut plan, &deadlines, &alike, within);
        let first = schedule_with(&plan, &Options { tries: 1, ..Options::default() });
        match (first, schedule(&plan)) {
            (Ok(first), Ok(chosen)) => {
                prop_assert_eq!(breaches(&plan, &chosen), none());
                let (before, after) = (crate::schedule::broken(&plan, &first), crate::schedule::broken(&plan, &chosen));
                prop_assert!(after.len() <= before.len());
                if before.is_empty() {
                    prop_assert!(chosen.makespan.as_us() <= first.makespan.as_us() / 20 * 21 + 20, "room costs little");
                }
            }
            (Err(_), Ok(chosen)) => prop_assert_eq!(breaches(&plan, &chosen), none()),
            (Err(_), Err(_)) => {}
            (Ok(_), Err(error)) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn plans_without_longest_delays_always_have_a_schedule_and_can_be_replanned_any_time(
        mut sketches in proptest::collection::vec(sketch(), 1..30),
        share in 0_u64..100,
        late in 0_u64..300,
    ) {
        for s in &mut sketches {
            for a in &mut s.after {
                a.2 = None;
            }
        }
        let plan = drawn(&sketches, &[]);
        let found = schedule(&plan).unwrap();
        prop_assert_eq!(breaches(&plan, &found), none());
        let now = Duration::us(found.makespan.as_us() / 100 * share);
        let fixed = progress(&found, now, Duration::ZERO);
        let now = now.plus(Duration::s(late));
        let again = reschedule(&plan, &fixed, now).unwrap();
        for slot in &again.slots {
            let begun = fixed.iter().find(|f| f.operation == slot.operation);
            prop_assert!(begun.map_or(slot.start >= now, |f| f.start == slot.start));
        }
    }
}

#[test]
fn later_reads_follow_the_first_as_it_truly_was() {
    let plan = screen(1);
    let found = schedule(&plan).unwrap();
    let first = plan
        .operations
        .iter()
        .find(|o| o.cadence.is_some_and(|c| c.index == 0))
        .unwrap();
    let slot = found.slot(first.id).unwrap();
    let lead = first.cadence.unwrap().lead;
    let late = Duration::min(7);
    // Inoculation took seven minutes longer than planned.
    let event = slot.start.plus(lead).plus(late);
    let mut fixed = progress(&found, slot.start, Duration::ZERO);
    let end = slot.end.plus(late);
    for f in &mut fixed {
        *f = Fixed {
            end: f.end.or(Some(end)),
            event: (f.operation == first.id).then_some(event),
            ..*f
        };
    }
    let again = reschedule(&plan, &fixed, end).unwrap();
    let next = plan
        .operations
        .iter()
        .find(|o| o.cadence.is_some_and(|c| c.index == 1))
        .unwrap();
    let read = again
        .slot(next.id)
        .unwrap()
        .start
        .plus(next.cadence.unwrap().lead);
    assert_eq!(read, event.plus(Duration::min(30)));
}
