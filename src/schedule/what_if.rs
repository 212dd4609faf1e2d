//! What a plan would take if there were more of something.
//!
//! The plan stays as it is, with its delays and promises; only the number of some resources grows. Operations then use whichever is
//! free, as if all of a kind were as quick to reach.

use super::ScheduleError;
use super::improve::{bound_of, problem_of};
use super::model::Model;
use super::search::Search;
use crate::plan::{Plan, Resource, Schedule};
use crate::units::Duration;
use plated_solver::{Effort, Solution};
use std::collections::BTreeMap;

/// Steps that are spent on each variant.
const WORK: u64 = 4_000_000;

/// A variant, and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// Planned end of the last operation.
    pub makespan: Duration,
    /// No schedule of the variant can be shorter.
    pub bound: Duration,
    /// How long each resource is held in all, and how many there are; the most used one first.
    pub used: Vec<(Resource, Duration, u32)>,
}

impl WhatIf {
    /// By how much the makespan exceeds the bound, in tenths of a percent.
    pub fn gap(&self) -> u64 {
        let over = self.makespan.minus(self.bound).as_us().saturating_mul(1000);
        over.checked_div(self.bound.as_us()).unwrap_or(0)
    }

    /// What is used most of what there is.
    pub fn bottleneck(&self) -> Option<&Resource> {
        self.used.first().map(|u| &u.0)
    }
}

/// What a plan takes with so many of some resources, where its own schedule is known; with none named, as it is.
///
/// # Errors
/// When the plan is not sound, or no schedule was found.
pub fn what_if(
    plan: &Plan,
    known: &Schedule,
    more: &BTreeMap<Resource, u32>,
) -> Result<WhatIf, ScheduleError> {
    let (model, names) = Model::with_names(plan)?;
    let search = Search {
        plan,
        model,
        counted: (0..plan.promises.len()).collect(),
        fixed: &[],
        now: None,
    };
    let times: Vec<(u64, u64)> = known
        .slots
        .iter()
        .map(|s| (s.start.as_us(), s.end.as_us()))
        .collect();
    let count = |r: &Resource| more.get(r).copied().unwrap_or(1).max(1);
    let mut problem = problem_of(&search, &times);
    for (capacity, name) in problem.capacity.iter_mut().zip(&names) {
        *capacity = count(name);
    }
    let known = Solution {
        starts: times.iter().map(|t| super::model::signed(t.0)).collect(),
        modes: vec![0; times.len()],
    };
    let effort = Effort {
        work: WORK,
        ..Effort::default()
    };
    let solved = plated_solver::solve(&problem, Some(&known), &effort)
        .map_err(|_| ScheduleError::Unsound("its own schedule does not keep its delays".into()))?;
    let least = bound_of(&search, |capacity| {
        for (capacity, name) in capacity.iter_mut().zip(&names) {
            *capacity = count(name);
        }
    });
    let makespan = u64::try_from(solved.makespan).unwrap_or(0);
    let mut held: BTreeMap<&Resource, Duration> = BTreeMap::new();
    for operation in &plan.operations {
        for claim in &operation.claims {
            let from = operation.offset(usize::from(claim.from));
            let to = operation.offset(usize::from(claim.to).saturating_add(1));
            let sum = held.entry(&claim.resource).or_default();
            *sum = sum.plus(to.minus(from));
        }
    }
    let mut used: Vec<(Resource, Duration, u32)> = held
        .into_iter()
        .filter(|(r, _)| matches!(r, Resource::Instrument(_) | Resource::Operator))
        .map(|(r, d)| (r.clone(), d, count(r)))
        .collect();
    used.sort_by_key(|(r, d, n)| {
        let each = d.as_us().checked_div(u64::from(*n)).unwrap_or(0);
        (std::cmp::Reverse(each), r.clone())
    });
    Ok(WhatIf {
        makespan: Duration::us(makespan),
        bound: Duration::us(least.min(makespan)),
        used,
    })
}

#[cfg(test)]
#[path = "what_if_tests.rs"]
mod tests;
