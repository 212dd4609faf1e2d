//! A plan as numbers: resources by index, claims as offsets in microseconds.

use super::ScheduleError;
use super::timeline::Span;
use crate::plan::{Operation, Plan, Resource};
use std::collections::BTreeMap;

/// A delay from the end of an earlier operation to the start of this one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Follows {
    pub earlier: usize,
    pub min: u64,
    /// Negative where no start after the end of the earlier one is early enough.
    pub max: Option<i64>,
}

/// Membership in a series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub index: u64,
    /// The member with the lowest number, which sets the times.
    pub leader: usize,
    pub every: u64,
    pub tolerance: u64,
    pub lead: u64,
}

/// An operation as numbers.
#[derive(Debug, Clone)]
pub(super) struct Op {
    pub duration: u64,
    pub claims: Vec<Span>,
    pub follows: Vec<Follows>,
    pub member: Option<Member>,
}

/// A plan as numbers.
#[derive(Clone)]
pub(super) struct Model {
    pub ops: Vec<Op>,
    pub resources: usize,
}

impl Model {
    pub fn new(plan: &Plan) -> Result<Self, ScheduleError> {
        Ok(Self::with_names(plan)?.0)
    }

    /// The model, and what each of its resources is.
    pub fn with_names(plan: &Plan) -> Result<(Self, Vec<Resource>), ScheduleError> {
        let mut resources: BTreeMap<&Resource, usize> = BTreeMap::new();
        let mut leaders: BTreeMap<u32, usize> = BTreeMap::new();
        let mut ops = Vec::with_capacity(plan.operations.len());
        for (index, operation) in plan.operations.iter().enumerate() {
            if operation.id.index() != index {
                return Err(unsound(operation, "its id is not its place in the plan"));
            }
            let duration = operation.duration().as_us();
            let mut follows = Vec::with_capacity(operation.after.len());
            for after in &operation.after {
                if after.operation.index() >= index {
                    return Err(unsound(operation, "it depends on a later operation"));
                }
                // What counts from the start of the earlier one, or to the end of this, counts less between them.
                let earlier = after.operation.index();
                let mut took = 0_u64;
                if after.from_start {
                    took = ops.get(earlier).map_or(0, |o: &Op| o.duration);
                }
                if after.to_end {
                    took = took.saturating_add(duration);
                }
                follows.push(Follows {
                    earlier,
                    min: after.min.as_us().saturating_sub(took),
                    max: after.max.map(|m| signed(m.as_us()).saturating_sub(signed(took))),
                });
            }
            let member = operation.cadence.map(|c| Member {
                index: u64::from(c.index),
                leader: *leaders.entry(c.series).or_insert(index),
                every: c.every.as_us(),
                tolerance: c.tolerance.as_us(),
                lead: c.lead.as_us(),
            });
            let claims = spans(operation, &mut resources)?;
            ops.push(Op {
                duration,
                claims,
                follows,
                member,
            });
        }
        let model = Self {
            ops,
            resources: resources.len(),
        };
        let mut names: Vec<(usize, &Resource)> = resources.into_iter().map(|(r, index)| (index, r)).collect();
        names.sort_unstable_by_key(|n| n.0);
        Ok((model, names.into_iter().map(|n| n.1.clone()).collect()))
    }

    /// A lower bound of the makespan: the busiest resource, the longest chain of delays.
    pub fn bound(&self) -> u64 {
        let mut claimed = vec![0_u64; self.resources];
        let mut earliest: Vec<u64> = Vec::with_capacity(self.ops.len());
        let mut longest = 0;
        for op in &self.ops {
            for claim in &op.claims {
                if let Some(sum) = claimed.get_mut(claim.resource) {
                    *sum = sum.saturating_add(claim.to.saturating_sub(claim.from));
                }
            }
            let mut start = 0;
            for f in &op.follows {
                let before = earliest.get(f.earlier).copied().unwrap_or(0);
                let took = self.ops.get(f.earlier).map_or(0, |o| o.duration);
                start = start.max(before.saturating_add(took).saturating_add(f.min));
            }
            if let Some(m) = op.member
                && let (Some(first), Some(lead)) = (earliest.get(m.leader), self.lead(m.leader))
            {
                let due = first.saturating_add(lead).saturating_add(self.offset(m));
                start = start.max(due.saturating_sub(m.tolerance).saturating_sub(m.lead));
            }
            earliest.push(start);
            longest = longest.max(start.saturating_add(op.duration));
        }
        claimed.into_iter().fold(longest, u64::max)
    }

    fn lead(&self, op: usize) -> Option<u64> {
        Some(self.ops.get(op)?.member?.lead)
    }

    /// From the leader's event to the member's.
    fn offset(&self, member: Member) -> u64 {
        let first = self
            .ops
            .get(member.leader)
            .and_then(|o| o.member)
            .map_or(0, |m| m.index);
        member.every.saturating_mul(member.index.saturating_sub(first))
    }

    /// When a member's operation should start, given the leader's start.
    pub fn due(&self, member: Member, leader_start: u64) -> u64 {
        let lead = self.lead(member.leader).unwrap_or(0);
        leader_start
            .saturating_add(lead)
            .saturating_add(self.offset(member))
            .saturating_sub(member.lead)
    }
}

/// Microseconds with a sign; three hundred thousand years are as long as ever.
pub(super) fn signed(us: u64) -> i64 {
    i64::try_from(us).unwrap_or(i64::MAX)
}

fn unsound(operation: &Operation, why: &str) -> ScheduleError {
    ScheduleError::Unsound(format!(
        "operation {} (\"{}\"): {why}",
        operation.id, operation.title
    ))
}

fn spans<'p>(
    operation: &'p Operation,
    resources: &mut BTreeMap<&'p Resource, usize>,
) -> Result<Vec<Span>, ScheduleError> {
    let mut ends = Vec::with_capacity(operation.phases.len());
    let mut at = 0_u64;
    for phase in &operation.phases {
        let from = at;
        at = at.saturating_add(phase.duration.as_us());
        ends.push((from, at));
    }
    let mut spans = Vec::with_capacity(operation.claims.len());
    for claim in &operation.claims {
        let (first, last) = (ends.get(usize::from(claim.from)), ends.get(usize::from(claim.to)));
        let (Some(first), Some(last)) = (first, last) else {
            return Err(unsound(operation, "a claim names a phase that is not there"));
        };
        if claim.from > claim.to {
            return Err(unsound(operation, "a claim ends before it begins"));
        }
        let next = resources.len();
        let resource = *resources.entry(&claim.resource).or_insert(next);
        spans.push(Span {
            resource,
            from: first.0,
            to: last.1,
        });
    }
    Ok(spans)
}
