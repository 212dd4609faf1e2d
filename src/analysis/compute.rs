//! The one door to the calculations of a run.

use super::endpoint::endpoint;
use super::error::AnalysisError;
use super::growth::growth;
use super::hits::hits;
use crate::plan::{Compute, Finding, Plan, Reading, StepId};
use std::collections::BTreeMap;

/// Makes a calculation on the readings so far and the findings of earlier steps. Same input, same bytes.
///
/// # Errors
/// An [`AnalysisError`] when readings, rates or places that the calculation needs are missing.
pub fn compute(
    compute: &Compute,
    plan: &Plan,
    readings: &[Reading],
    earlier: &BTreeMap<StepId, Finding>,
) -> Result<Finding, AnalysisError> {
    match compute {
        Compute::Growth(parameters) => growth(parameters, plan, readings),
        Compute::Hits(parameters) => hits(parameters, plan, earlier),
        Compute::Endpoint(parameters) => endpoint(parameters, plan, readings, earlier),
    }
}
