//! The one door to the calculations of a run.

use super::endpoint::endpoint;
use super::error::AnalysisError;
use super::failed_picks::failed_picks;
use super::growth::growth;
use super::hits::hits;
use super::volume::{Weighed, volumes};
use crate::expr::{Data, Datum, Expression, ExpressionError};
use crate::plan::{Compute, Finding, Plan, Reading, StepId, Value};
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
    compute_with(
        compute,
        plan,
        readings,
        earlier,
        &Data::new(),
        &Weighed::default(),
    )
}

/// The same with the data that expressions see, and with what was weighed.
///
/// # Errors
/// The same, and when an expression has no value, or volumes cannot be told.
pub fn compute_with(
    compute: &Compute,
    plan: &Plan,
    readings: &[Reading],
    earlier: &BTreeMap<StepId, Finding>,
    data: &Data,
    weighed: &Weighed<'_>,
) -> Result<Finding, AnalysisError> {
    match compute {
        Compute::Growth(parameters) => growth(parameters, plan, readings),
        Compute::Hits(parameters) => hits(parameters, plan, earlier),
        Compute::Endpoint(parameters) => endpoint(parameters, plan, readings, earlier),
        Compute::FailedPicks(parameters) => failed_picks(parameters, plan, readings),
        Compute::Volumes(parameters) => volumes(parameters, plan, readings, weighed),
        Compute::Record(parameters) => {
            let wrong = |why: ExpressionError| AnalysisError::Expression {
                expression: parameters.expression.clone(),
                why: why.to_string(),
            };
            let given = Expression::parse(&parameters.expression)
                .and_then(|e| e.evaluate(data))
                .map_err(wrong)?;
            let value = match given {
                Datum::Number(number) => Value::Number(number),
                Datum::Text(text) => Value::Text(text),
                Datum::Truth(truth) => Value::Truth(truth),
                other => {
                    let why = format!("{} cannot be kept", other.kind());
                    return Err(wrong(ExpressionError::Value(why)));
                }
            };
            Ok(Finding::Value { value })
        }
    }
}
