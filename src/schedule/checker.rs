//! An independent check of a schedule against its plan, written from the plan's own words, for tests.

use crate::plan::{Plan, Resource, Schedule};
use crate::units::Duration;
use std::collections::BTreeMap;

/// Every breach of the plan by the schedule.
pub(crate) fn breaches(plan: &Plan, schedule: &Schedule) -> Vec<String> {
    let mut out = Vec::new();
    if schedule.slots.len() != plan.operations.len() {
        out.push("not every operation has a slot".into());
        return out;
    }
    let mut uses: BTreeMap<&Resource, Vec<(Duration, Duration, &str)>> = BTreeMap::new();
    let mut leaders = BTreeMap::new();
    for operation in &plan.operations {
        let slot = schedule.slot(operation.id).unwrap();
        if slot.operation != operation.id || slot.end != slot.start.plus(operation.duration()) {
            out.push(format!("{}: its slot is not its duration", operation.title));
        }
        for after in &operation.after {
            let earlier = schedule.slot(after.operation).unwrap();
            let from = if after.from_start {
                earlier.start
            } else {
                earlier.end
            };
            let to = if after.to_end { slot.end } else { slot.start };
            if slot.start < earlier.end || to < from.plus(after.min) {
                out.push(format!("{} comes too early", operation.title));
            }
            if after.max.is_some_and(|max| to > from.plus(max)) {
                out.push(format!("{} comes too late", operation.title));
            }
        }
        if let Some(c) = operation.cadence {
            let event = slot.start.plus(c.lead);
            let (first, index) = *leaders.entry(c.series).or_insert((event, c.index));
            let due = first.plus(c.every.times(u64::from(c.index - index)));
            if event.plus(c.tolerance) < due || event > due.plus(c.tolerance) {
                out.push(format!(
                    "{} misses its time: {event} instead of {due}",
                    operation.title
                ));
            }
        }
        for claim in &operation.claims {
            let from = slot.start.plus(operation.offset(usize::from(claim.from)));
            let to = slot.start.plus(operation.offset(usize::from(claim.to) + 1));
            uses.entry(&claim.resource)
                .or_default()
                .push((from, to, &operation.title));
        }
    }
    for (resource, mut spans) in uses {
        spans.retain(|s| s.0 < s.1);
        spans.sort();
        for pair in spans.windows(2) {
            if pair[1].0 < pair[0].1 {
                out.push(format!(
                    "{resource} is taken twice: by \"{}\" and \"{}\"",
                    pair[0].2, pair[1].2
                ));
            }
        }
    }
    let end = schedule.slots.iter().map(|s| s.end).max().unwrap_or_default();
    if schedule.makespan != end || schedule.bound > schedule.makespan {
        out.push("makespan or bound is wrong".into());
    }
    out
}
