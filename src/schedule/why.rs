//! Why a plate is where it is at a time of the schedule: what works on it, or what it waits for.

use crate::plan::{After, Claim, Operation, OperationId, Plan, PlateId, Resource, Schedule, Slot};
use crate::units::Duration;

/// What keeps a plate at a time, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// What happens to it then, or that it waits; one sentence without a full stop.
    pub state: String,
    /// What it waits for, the longest-lasting first; sentences without a full stop.
    pub reasons: Vec<String>,
}

/// How deep it is told what a wait itself waits for.
const DEPTH: usize = 3;

/// Why a plate waits at a time from the start of the run. None where the plan has no such plate.
pub fn why(plan: &Plan, schedule: &Schedule, plate: &PlateId, at: Duration) -> Option<Why> {
    let told = Told { plan, schedule };
    let mut visits: Vec<(&Operation, &Slot)> = plan
        .operations
        .iter()
        .filter(|o| o.plates.contains(plate) && !o.phases.is_empty())
        .filter_map(|o| Some((o, schedule.slot(o.id)?)))
        .collect();
    visits.sort_by_key(|(o, s)| (s.start, o.id));
    if visits.is_empty() {
        return None;
    }
    if let Some((operation, slot)) = visits.iter().find(|(_, s)| s.start <= at && at < s.end) {
        let phase = (0..operation.phases.len())
            .rev()
            .find(|p| slot.start.plus(operation.offset(*p)) <= at)
            .and_then(|p| operation.phases.get(p));
        let doing = phase.map_or("", |p| p.title.as_str());
        let state = format!(
            "{plate} is worked on: \"{}\" ({doing}), from {} to {}",
            operation.title,
            clock(slot.start),
            clock(slot.end)
        );
        return Some(Why {
            state,
            reasons: Vec::new(),
        });
    }
    let Some((next, slot)) = visits.iter().find(|(_, s)| s.start > at) else {
        return Some(Why {
            state: format!("nothing more is planned for {plate}"),
            reasons: Vec::new(),
        });
    };
    Some(Why {
        state: format!(
            "{plate} waits for \"{}\", which begins at {}",
            next.title,
            clock(slot.start)
        ),
        reasons: told.reasons(next, slot, DEPTH),
    })
}

/// Time from the start of the run, as "1:05:00".
fn clock(at: Duration) -> String {
    let s = at.as_us() / 1_000_000;
    format!("{}:{:02}:{:02}", s / 3600, s % 3600 / 60, s % 60)
}

struct Told<'p> {
    plan: &'p Plan,
    schedule: &'p Schedule,
}

impl<'p> Told<'p> {
    fn of(&self, id: OperationId) -> Option<(&'p Operation, &'p Slot)> {
        Some((self.plan.operations.get(id.index())?, self.schedule.slot(id)?))
    }

    /// What keeps an operation from beginning earlier than it does.
    fn reasons(&self, operation: &Operation, slot: &Slot, depth: usize) -> Vec<String> {
        let mut found: Vec<(Duration, String)> = Vec::new();
        found.extend(operation.after.iter().filter_map(|a| self.delay(a, operation)));
        found.extend(self.series(operation));
        // Delays that are over before the others are no reason.
        let last = found.iter().map(|f| f.0).max().unwrap_or_default();
        found.retain(|f| f.0 == last && last > Duration::ZERO);
        if last < slot.start {
            let held = self.held(operation, slot);
            let followed = if held.is_empty() {
                self.followers(operation, slot, depth)
            } else {
                Vec::new()
            };
            if held.is_empty() && followed.is_empty() {
                let told = format!(
                    "nothing keeps it until {}: no other order was found in which the whole is over earlier",
                    clock(slot.start)
                );
                found.push((slot.start, told));
            }
            found.extend(held);
            found.extend(followed);
        }
        found.sort_by_key(|f| std::cmp::Reverse(f.0));
        found.into_iter().map(|f| f.1).collect()
    }

    /// Until when a delay keeps the later operation.
    fn delay(&self, after: &After, later: &Operation) -> Option<(Duration, String)> {
        let (earlier, slot) = self.of(after.operation)?;
        let from = if after.from_start { slot.start } else { slot.end };
        let took = if after.to_end {
            later.duration()
        } else {
            Duration::ZERO
        };
        let until = from.plus(after.min).minus(took).max(slot.end);
        let told = if after.min == Duration::ZERO {
            format!(
                "\"{}\" comes before it, and ends at {}",
                earlier.title,
                clock(slot.end)
            )
        } else {
            format!(
                "it {} at least {} after {}\"{}\", which is at {}",
                if after.to_end { "ends" } else { "begins" },
                after.min,
                if after.from_start { "the start of " } else { "" },
                earlier.title,
                clock(until)
            )
        };
        Some((until, told))
    }

    /// When a series says that an operation is due.
    fn series(&self, operation: &Operation) -> Option<(Duration, String)> {
        let cadence = operation.cadence.filter(|c| c.index > 0)?;
        let first = self
            .plan
            .operations
            .iter()
            .find(|o| o.cadence.is_some_and(|c| c.series == cadence.series))?;
        let lead = first.cadence.map(|c| c.lead).unwrap_or_default();
        let start = self.schedule.slot(first.id)?.start;
        let due = start
            .plus(lead)
            .plus(cadence.every.times(u64::from(cadence.index)));
        let earliest = due.minus(cadence.tolerance).minus(cadence.lead);
        let told = format!(
            "it belongs to a series every {}, and is due at {} ({} more or less)",
            cadence.every,
            clock(due),
            cadence.tolerance
        );
        Some((earliest, told))
    }

    /// Who has what the operation needs until the moment at which it gets it.
    fn held(&self, operation: &Operation, slot: &Slot) -> Vec<(Duration, String)> {
        let mut out = Vec::new();
        for claim in &operation.claims {
            let from = begins(operation, slot, claim);
            let holder = self
                .plan
                .operations
                .iter()
                .filter(|o| o.id != operation.id)
                .find_map(|other| {
                    let slot = self.schedule.slot(other.id)?;
                    let holds = other.claims.iter().any(|c| {
                        let until = slot.start.plus(other.offset(usize::from(c.to).saturating_add(1)));
                        c.resource == claim.resource && until == from && begins(other, slot, c) < until
                    });
                    holds.then_some(other)
                });
            if let Some(other) = holder {
                let what = match &claim.resource {
                    Resource::Plate(id) => format!("{id} itself"),
                    resource => resource.to_string(),
                };
                out.push((
                    from,
                    format!("{what} is taken by \"{}\" until {}", other.title, clock(from)),
                ));
            }
        }
        out.dedup();
        out
    }

    /// What must follow an operation so closely that it waits for that.
    fn followers(&self, operation: &Operation, slot: &Slot, depth: usize) -> Vec<(Duration, String)> {
        let mut out = Vec::new();
        if depth == 0 {
            return out;
        }
        for later in &self.plan.operations {
            let Some(after) = later.after.iter().find(|a| a.operation == operation.id) else {
                continue;
            };
            let (Some(max), Some(then)) = (after.max, self.schedule.slot(later.id)) else {
                continue;
            };
            let from = if after.from_start { slot.start } else { slot.end };
            let to = if after.to_end { then.end } else { then.start };
            // As near to its limit as leaves a tenth of what it allows.
            let room = max.minus(after.min);
            if to.minus(from).plus(Duration::us(room.as_us() / 5)) < max {
                continue;
            }
            let reasons = self.reasons(later, then, depth.saturating_sub(1));
            let why = reasons.first().map_or(String::new(), |r| format!(": {r}"));
            let told = format!(
                "\"{}\" must follow it within {max} and cannot come before {}{why}",
                later.title,
                clock(then.start)
            );
            out.push((then.start, told));
        }
        out
    }
}

/// When an operation begins to hold what it claims.
fn begins(operation: &Operation, slot: &Slot, claim: &Claim) -> Duration {
    slot.start.plus(operation.offset(usize::from(claim.from)))
}

#[cfg(test)]
#[path = "why_tests.rs"]
mod tests;
