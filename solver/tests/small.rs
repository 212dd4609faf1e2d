//! Small problems: what comes out keeps everything by a checker written apart, and is as short as trying everything finds.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use plated_solver::{Effort, Event, Mode, Problem, Solution, Stay, Task, Time, Unsolved, Use, bound, solve};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn duration(problem: &Problem, solution: &Solution, task: usize) -> Time {
    problem.tasks[task].modes[solution.modes[task]].duration
}

fn time(problem: &Problem, solution: &Solution, event: Event) -> Time {
    let start = solution.starts[event.task];
    if event.end {
        start + duration(problem, solution, event.task)
    } else {
        start
    }
}

/// Everything that a schedule does not keep, second by second.
fn breaches(problem: &Problem, solution: &Solution) -> Vec<String> {
    let mut out = Vec::new();
    for (task, t) in problem.tasks.iter().enumerate() {
        let start = solution.starts[task];
        if start < t.earliest || start > t.latest {
            out.push(format!("task {task} starts at {start}"));
        }
    }
    for d in &problem.delays {
        let (from, to) = (time(problem, solution, d.from), time(problem, solution, d.to));
        if to < from + d.least {
            out.push(format!("{d:?} is not kept"));
        }
    }
    for (resource, capacity) in problem.capacity.iter().enumerate() {
        for now in 0..=solution.makespan(problem) {
            let mut load = 0;
            for (task, t) in problem.tasks.iter().enumerate() {
                for u in &t.modes[solution.modes[task]].uses {
                    let start = solution.starts[task];
                    if u.resource == resource && start + u.from <= now && now < start + u.to {
                        load += u.amount;
                    }
                }
            }
            for s in problem.stays.iter().filter(|s| s.resource == resource) {
                let (from, to) = (time(problem, solution, s.from), time(problem, solution, s.to));
                if to < from {
                    out.push(format!("{s:?} ends before it begins"));
                }
                if from <= now && now < to {
                    load += s.amount;
                }
            }
            if load > *capacity {
                out.push(format!("{load} of resource {resource} at {now}"));
            }
        }
    }
    out
}

/// The shortest schedule that trying every start finds, if any ends by `by`.
fn exhaustive(problem: &Problem, by: Time) -> Option<Time> {
    let count = problem.tasks.len();
    let mut modes = vec![0; count];
    let mut best = None;
    loop {
        let mut solution = Solution {
            starts: vec![0; count],
            modes: modes.clone(),
        };
        try_from(problem, &mut solution, 0, by, &mut best);
        let Some(next) = (0..count).find(|t| modes[*t] + 1 < problem.tasks[*t].modes.len()) else {
            return best;
        };
        modes[next] += 1;
        modes[..next].fill(0);
    }
}

fn try_from(problem: &Problem, solution: &mut Solution, task: usize, by: Time, best: &mut Option<Time>) {
    if task == problem.tasks.len() {
        let length = solution.makespan(problem);
        if best.is_none_or(|b| length < b) && breaches(problem, solution).is_empty() {
            *best = Some(length);
        }
        return;
    }
    let most = best.map_or(by, |b| b - 1) - duration(problem, solution, task);
    for start in problem.tasks[task].earliest..=most.min(problem.tasks[task].latest) {
        solution.starts[task] = start;
        let known = |e: &Event| e.task <= task;
        let kept = problem
            .delays
            .iter()
            .filter(|d| known(&d.from) && known(&d.to))
            .all(|d| time(problem, solution, d.to) >= time(problem, solution, d.from) + d.least);
        if kept {
            try_from(problem, solution, task + 1, by, best);
        }
    }
}

fn mode() -> impl Strategy<Value = Mode> {
    (1..4_i64, 0..2_usize, 0..2_i64, 1..3_u32).prop_map(|(duration, resource, from, amount)| {
        let held = Use {
            resource,
            from: from.min(duration - 1),
            to: duration,
            // Of the first resource there is one.
            amount: if resource == 0 { 1 } else { amount },
        };
        Mode {
            duration,
            uses: vec![held],
        }
    })
}

fn problem() -> impl Strategy<Value = Problem> {
    let task = (prop::collection::vec(mode(), 1..3), 0..3_i64);
    let delay = (
        0..4_usize,
        0..4_usize,
        any::<bool>(),
        0..3_i64,
        prop::option::of(0..3_i64),
    );
    let stay = prop::option::of((0..2_usize, 0..4_usize, 0..4_usize));
    (
        prop::collection::vec(task, 2..5),
        prop::collection::vec(delay, 0..4),
        stay,
    )
        .prop_map(|(tasks, delays, stay)| {
            let count = tasks.len();
            let mut problem = Problem {
                capacity: vec![1, 2],
                ..Problem::default()
            };
            for (modes, earliest) in tasks {
                problem.tasks.push(Task {
                    modes,
                    earliest,
                    ..Task::simple(0, Vec::new())
                });
            }
            for (a, b, from_start, least, slack) in delays {
                let (a, b) = (a % count, b % count);
                if a < b {
                    let (from, to) = (
                        Event {
                            task: a,
                            end: !from_start,
                        },
                        Event::start(b),
                    );
                    problem.at_least(from, to, least);
                    if let Some(slack) = slack {
                        problem.at_most(from, to, least + slack);
                    }
                }
            }
            if let Some((resource, a, b)) = stay {
                let (a, b) = (a % count, b % count);
                if a < b {
                    problem.stays.push(Stay {
                        resource,
                        amount: 1,
                        from: Event::end(a),
                        to: Event::start(b),
                    });
                }
            }
            problem
        })
}

proptest! {
    #[test]
    fn what_comes_out_keeps_everything(problem in problem(), seed in 0..1000_u64) {
        let effort = Effort { work: 20_000, seed, ..Effort::default() };
        if let Ok(solved) = solve(&problem, None, &effort) {
            prop_assert_eq!(breaches(&problem, &solved.solution), Vec::<String>::new());
            prop_assert_eq!(solved.makespan, solved.solution.makespan(&problem));
            prop_assert!(solved.bound <= solved.makespan);
            prop_assert_eq!(solve(&problem, None, &effort).unwrap(), solved);
        }
    }
}

/// Problems that are the same each time, since a search with a limit may miss the best of some.
#[test]
fn small_problems_are_solved_as_well_as_trying_everything_does() {
    let mut runner = TestRunner::deterministic();
    let effort = Effort {
        work: 1_000_000,
        ..Effort::default()
    };
    let mut none = 0;
    for _ in 0..150 {
        let problem = problem().new_tree(&mut runner).unwrap().current();
        let by = solve(&problem, None, &effort).map(|solved| solved.makespan - 1);
        none += usize::from(by.is_err());
        let shorter = exhaustive(&problem, by.unwrap_or(16));
        assert_eq!(shorter, None, "not the best: {by:?} of {problem:?}");
    }
    assert!(none < 50, "{none} of 150 cannot be kept");
}

#[test]
fn delays_that_contradict_each_other_are_told() {
    let mut problem = Problem {
        tasks: vec![Task::simple(2, Vec::new()), Task::simple(2, Vec::new())],
        ..Problem::default()
    };
    problem.at_least(Event::end(0), Event::start(1), 5);
    problem.at_most(Event::start(0), Event::start(1), 6);
    assert_eq!(bound(&problem), None);
    assert_eq!(
        solve(&problem, None, &Effort::default()),
        Err(Unsolved::Contradiction)
    );
}

#[test]
fn a_place_is_held_until_the_plate_leaves() {
    // Two plates, one place: the second may only come when the first has gone, though the mover would have time.
    let held = |resource, to| Use {
        resource,
        from: 0,
        to,
        amount: 1,
    };
    let mut problem = Problem {
        capacity: vec![1, 1],
        ..Problem::default()
    };
    for _ in 0..2 {
        let first = problem.tasks.len();
        problem.tasks.push(Task::simple(1, vec![held(0, 1)]));
        problem.tasks.push(Task::simple(1, vec![held(0, 1)]));
        problem.at_least(Event::end(first), Event::start(first + 1), 10);
        problem.stays.push(Stay {
            resource: 1,
            amount: 1,
            from: Event::start(first),
            to: Event::end(first + 1),
        });
    }
    let solved = solve(&problem, None, &Effort::default()).unwrap();
    assert_eq!(breaches(&problem, &solved.solution), Vec::<String>::new());
    assert_eq!(solved.makespan, 24);
}

#[test]
fn what_is_known_is_never_made_longer() {
    let mut problem = Problem {
        capacity: vec![1],
        ..Problem::default()
    };
    for _ in 0..3 {
        let held = Use {
            resource: 0,
            from: 0,
            to: 4,
            amount: 1,
        };
        problem.tasks.push(Task::simple(4, vec![held]));
    }
    let known = Solution {
        starts: vec![10, 0, 5],
        modes: vec![0; 3],
    };
    let none = Effort {
        work: 0,
        seed: 3,
        starts: 1,
    };
    assert!(solve(&problem, Some(&known), &none).unwrap().makespan <= 14);
    assert_eq!(
        solve(&problem, Some(&known), &Effort::default())
            .unwrap()
            .makespan,
        12
    );
}
