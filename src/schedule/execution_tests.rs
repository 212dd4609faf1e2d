//! Plans carried out with durations that differ from the planned ones, claims granted in the schedule's order.

use super::testing_random::Random;
use crate::plan::{Plan, Resource, Schedule};
use crate::protocol::testing::screen;
use crate::schedule::schedule;
use crate::units::Duration;
use std::collections::BTreeMap;

/// When each operation starts and ends if no operation starts before its planned time.
struct Execution {
    starts: Vec<u64>,
    ends: Vec<u64>,
    /// Start of each phase, by operation.
    phases: Vec<Vec<u64>>,
}

/// Carries a schedule out; `None` when it comes to a standstill.
fn execute(plan: &Plan, found: &Schedule, mut factor: impl FnMut() -> f64) -> Option<Execution> {
    let mut queues: BTreeMap<&Resource, Vec<(Duration, usize, u16, u16)>> = BTreeMap::new();
    for operation in &plan.operations {
        let start = found.slot(operation.id).unwrap().start;
        for claim in &operation.claims {
            let at = start.plus(operation.offset(usize::from(claim.from)));
            queues
                .entry(&claim.resource)
                .or_default()
                .push((at, operation.id.index(), claim.from, claim.to));
        }
    }
    for queue in queues.values_mut() {
        queue.sort();
        queue.reverse();
    }
    let count = plan.operations.len();
    let mut free: BTreeMap<&Resource, u64> = BTreeMap::new();
    let mut next = vec![0_usize; count];
    let mut clock: Vec<u64> = found.slots.iter().map(|s| s.start.as_us()).collect();
    let mut out = Execution {
        starts: vec![0; count],
        ends: vec![0; count],
        phases: vec![Vec::new(); count],
    };
    let mut done = vec![false; count];
    loop {
        let mut moved = false;
        for operation in &plan.operations {
            let i = operation.id.index();
            if done[i] || (next[i] == 0 && operation.after.iter().any(|a| !done[a.operation.index()])) {
                continue;
            }
            if next[i] == 0 {
                for a in &operation.after {
                    clock[i] = clock[i].max(out.ends[a.operation.index()] + a.min.as_us());
                }
            }
            while next[i] < operation.phases.len() {
                let phase = u16::try_from(next[i]).unwrap();
                let begins: Vec<_> = operation.claims.iter().filter(|c| c.from == phase).collect();
                let mine = |r: &Resource| queues[r].last().is_some_and(|q| q.1 == i && q.2 == phase);
                // A resource is free once the one before in its queue has given it back.
                if !begins
                    .iter()
                    .all(|c| mine(&c.resource) && free.get(&c.resource) != Some(&u64::MAX))
                {
                    break;
                }
                for claim in begins {
                    clock[i] = clock[i].max(free.get(&claim.resource).copied().unwrap_or(0));
                    free.insert(&claim.resource, u64::MAX);
                    queues.get_mut(&claim.resource).unwrap().pop();
                }
                if phase == 0 {
                    out.starts[i] = clock[i];
                }
                out.phases[i].push(clock[i]);
                let planned = operation.phases[next[i]].duration.as_us() as f64;
                clock[i] += (planned * factor()) as u64;
                for claim in operation.claims.iter().filter(|c| c.to == phase) {
                    free.insert(&claim.resource, clock[i]);
                }
                next[i] += 1;
                moved = true;
            }
            if next[i] == operation.phases.len() {
                out.ends[i] = clock[i];
                done[i] = true;
                moved = true;
            }
        }
        if done.iter().all(|d| *d) {
            return Some(out);
        }
        if !moved {
            return None;
        }
    }
}

#[test]
fn claims_in_the_order_of_the_schedule_never_come_to_a_standstill() {
    for plates in [1, 3, 4, 5, 8] {
        let plan = screen(plates);
        let found = schedule(&plan).unwrap();
        for seed in 0..20 {
            let mut random = Random(seed);
            let done = execute(&plan, &found, || 0.2 + 3.0 * random.unit());
            assert!(done.is_some(), "{plates} plates, seed {seed}");
        }
    }
}

#[test]
fn reads_stay_in_time_when_every_action_takes_a_little_more_or_less() {
    for plates in 1..=8 {
        let plan = screen(plates);
        let found = schedule(&plan).unwrap();
        let mut worst = 0;
        for seed in 0..20 {
            let mut random = Random(seed);
            let done = execute(&plan, &found, || 0.97 + 0.06 * random.unit()).unwrap();
            let mut leaders = BTreeMap::new();
            for operation in &plan.operations {
                let Some(c) = operation.cadence else { continue };
                let i = operation.id.index();
                // The read is in the phase that the lead points into.
                let phase = (0..operation.phases.len())
                    .rfind(|p| operation.offset(*p) <= c.lead)
                    .unwrap();
                let event = done.phases[i][phase] + c.lead.minus(operation.offset(phase)).as_us();
                let first = *leaders.entry(c.series).or_insert(event);
                let off = event.abs_diff(first + c.every.as_us() * u64::from(c.index));
                assert!(
                    off <= c.tolerance.as_us(),
                    "{}: {}",
                    operation.title,
                    Duration::us(off)
                );
                if c.tolerance == Duration::min(2) {
                    worst = worst.max(off);
                }
                assert!(done.starts[i] <= done.ends[i]);
            }
        }
        assert!(
            worst <= Duration::min(2).as_us(),
            "{plates} plates: {}",
            Duration::us(worst)
        );
    }
}
