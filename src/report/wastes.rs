//! How full each waste becomes over the planned time, and by when it must be emptied.

use crate::plan::{Amount, OperationId, Plan, Schedule, Waste};
use crate::units::Duration;
use serde::Serialize;

/// An emptying that the run plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Emptying {
    /// When it is planned to begin.
    pub at: Duration,
    /// When it must be done at the latest: when the operation begins with which it would run over; none where it would not.
    pub latest: Option<Duration>,
    /// That operation.
    pub before: Option<String>,
}

/// How one waste fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WasteUse {
    /// As "waste", "drain of pump" or "trough A1".
    pub name: String,
    /// What it takes.
    pub capacity: Amount,
    /// The most that is in it at any time.
    pub most: Amount,
    /// When it is emptied.
    pub emptied: Vec<Emptying>,
}

/// Every waste that something goes into.
pub fn wastes(plan: &Plan, schedule: &Schedule) -> Vec<WasteUse> {
    plan.wastes
        .iter()
        .filter(|w| !w.fills.is_empty())
        .map(|w| one(plan, schedule, w))
        .collect()
}

fn one(plan: &Plan, schedule: &Schedule, waste: &Waste) -> WasteUse {
    let start = |id: &OperationId| schedule.slot(*id).map(|s| s.start).unwrap_or_default();
    let mut order: Vec<(Duration, OperationId, Option<Amount>)> = Vec::new();
    order.extend(
        waste
            .fills
            .iter()
            .map(|(id, amount)| (start(id), *id, Some(*amount))),
    );
    order.extend(waste.emptied.iter().map(|id| (start(id), *id, None)));
    order.sort_by_key(|(at, id, _)| (*at, *id));
    let mut level = waste.before;
    let mut most = level;
    // What would be in it without the last emptying.
    let mut unless: Option<Amount> = None;
    let mut emptied: Vec<Emptying> = Vec::new();
    for (at, id, amount) in order {
        let Some(amount) = amount else {
            emptied.push(Emptying {
                at,
                latest: None,
                before: None,
            });
            unless = Some(level);
            level = level.none();
            continue;
        };
        level = level.plus(amount);
        most = most.max(level);
        if let Some(sum) = &mut unless {
            *sum = sum.plus(amount);
            if *sum > waste.capacity {
                unless = None;
                if let Some(last) = emptied.last_mut() {
                    last.latest = Some(at);
                    last.before = plan.operations.get(id.index()).map(|o| o.title.clone());
                }
            }
        }
    }
    WasteUse {
        name: waste.name.clone(),
        capacity: waste.capacity,
        most,
        emptied,
    }
}

impl WasteUse {
    /// In one line; `clock` writes a planned time.
    pub fn in_words(&self, clock: impl Fn(Duration) -> String) -> String {
        let of = format!("{}: {} of {} at most", self.name, self.most, self.capacity);
        if self.emptied.is_empty() {
            return format!("{of}, need not be emptied");
        }
        let times: Vec<String> = self
            .emptied
            .iter()
            .map(|e| {
                let at = clock(e.at);
                match (&e.latest, &e.before) {
                    (Some(latest), Some(before)) => {
                        format!(
                            "emptied at {at}, which must be done by {} (before {before})",
                            clock(*latest)
                        )
                    }
                    _ => format!("emptied at {at}"),
                }
            })
            .collect();
        format!("{of}; {}", times.join("; "))
    }
}

#[cfg(test)]
#[path = "wastes_tests.rs"]
mod tests;
