//! What expressions see of a run: answers, hits, and the readings of a plate.

use super::state::State;
use crate::expr::{Data, Datum, Expression, ExpressionError};
use crate::plan::{Condition, Finding, PlateId, Reading, Role, StepId, Value};

/// The data of a run at this moment; of a plate and its readings, where an expression is about one.
pub fn data(state: &State, plate: Option<&PlateId>, readings: Option<&StepId>) -> Data {
    let value = |v: &Value| match v {
        Value::Number(number) => Datum::Number(*number),
        Value::Text(text) | Value::Barcode(text) => Datum::Text(text.clone()),
        Value::Truth(truth) => Datum::Truth(*truth),
    };
    let values = state
        .values
        .iter()
        .map(|(step, v)| (step.to_string(), value(v)))
        .collect();
    let count = |n: usize| Datum::Number(f64::from(u32::try_from(n).unwrap_or(u32::MAX)));
    let hits = state
        .findings
        .iter()
        .filter_map(|(step, finding)| match finding {
            Finding::Hits { hits, .. } => Some((step.to_string(), count(hits.len()))),
            _ => None,
        })
        .collect();
    let failed = state.findings.iter().filter_map(|(step, finding)| match finding {
        Finding::FailedPicks { rows } => {
            let failed = rows.iter().filter(|r| r.failed()).count();
            Some((step.to_string(), count(failed)))
        }
        _ => None,
    });
    let failed = failed.collect();
    let mut about = Data::new();
    if let Some(id) = plate {
        about.insert("name".into(), Datum::Text(id.to_string()));
        let number = state.plan.plates.get(id).map_or(0, |p| p.number);
        about.insert("number".into(), Datum::Number(f64::from(number)));
    }
    let mut data = Data::from([
        ("values".to_owned(), Datum::Map(values)),
        ("hits".to_owned(), Datum::Map(hits)),
        ("failed".to_owned(), Datum::Map(failed)),
        ("plate".to_owned(), Datum::Map(about)),
    ]);
    if let (Some(plate), Some(step)) = (plate, readings) {
        data.extend(of_readings(state, plate, step));
    }
    data
}

/// Figures of a plate's reads in a step, of what it measures first: of the last read, and how it changed.
fn of_readings(state: &State, plate: &PlateId, step: &StepId) -> Data {
    let all: Vec<&Reading> = state
        .readings
        .iter()
        .filter(|r| r.plate == *plate && r.step == *step)
        .collect();
    let Some(measure) = all.first().map(|r| r.measure) else {
        return Data::new();
    };
    let all: Vec<&Reading> = all.into_iter().filter(|r| r.measure == measure).collect();
    let figures = |r: &Reading| Figures::of(state, plate, r);
    let Some(last) = all.last().and_then(|r| figures(r)) else {
        return Data::new();
    };
    let before = all.iter().rev().nth(1).and_then(|r| Some((r.at, figures(r)?)));
    let hours = |from: crate::units::Timestamp, to: crate::units::Timestamp| to.since(from).as_s() / 3_600.0;
    let at = all.last().map(|r| r.at).unwrap_or_default();
    let slope = before.map_or(0.0, |(then, f)| {
        let took = hours(then, at);
        if took > 0.0 {
            (last.mean - f.mean) / took
        } else {
            0.0
        }
    });
    let since = all.first().map_or(0.0, |r| hours(r.at, at));
    let reads = f64::from(u32::try_from(all.len()).unwrap_or(u32::MAX));
    [
        ("mean", last.mean),
        ("od", last.mean - last.blank),
        ("min", last.min),
        ("max", last.max),
        ("slope", slope),
        ("reads", reads),
        ("hours", since),
    ]
    .into_iter()
    .map(|(name, number)| (name.to_owned(), Datum::Number(number)))
    .collect()
}

/// Figures over the wells of one read that hold a strain; over all of them, where none does.
struct Figures {
    mean: f64,
    min: f64,
    max: f64,
    /// Mean of the blanks; 0 without any.
    blank: f64,
}

impl Figures {
    fn of(state: &State, plate: &PlateId, reading: &Reading) -> Option<Self> {
        let planned = state.plan.plates.get(plate)?;
        let role = |index: usize| {
            let well = crate::labware::Well::from_index(index, planned.columns)?;
            planned.samples.get(&well)
        };
        let mut strains = Vec::new();
        let mut blanks = Vec::new();
        let mut every = Vec::new();
        for (index, value) in reading.values.iter().enumerate() {
            let well = crate::labware::Well::from_index(index, planned.columns);
            if well.is_some_and(|w| planned.given_up.contains(&w)) {
                continue;
            }
            let Some(value) = value.map(|v| v.0) else { continue };
            every.push(value);
            match role(index) {
                Some(sample) if sample.role == Role::Blank => blanks.push(value),
                Some(sample) if sample.strain.is_some() => strains.push(value),
                _ => {}
            }
        }
        let counted = if strains.is_empty() { &every } else { &strains };
        let mean = |values: &[f64]| {
            let count = f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX));
            if values.is_empty() {
                0.0
            } else {
                values.iter().sum::<f64>() / count
            }
        };
        let first = *counted.first()?;
        Some(Self {
            mean: mean(counted),
            min: counted.iter().copied().fold(first, f64::min),
            max: counted.iter().copied().fold(first, f64::max),
            blank: mean(&blanks),
        })
    }
}

/// Why an operation is left out by its conditions, if it is.
pub(super) fn left_out(state: &State, conditions: &[Condition]) -> Option<String> {
    for condition in conditions {
        let truth = truth(state, condition);
        match truth {
            Ok(truth) if truth == condition.holds => {}
            Ok(_) if condition.holds => return Some(format!("\"{}\" does not hold", condition.expression)),
            Ok(_) => return Some(format!("\"{}\" holds", condition.expression)),
            // Without the data that it is about, a condition does not hold.
            Err(why) if condition.holds => {
                return Some(format!("\"{}\" has no value: {why}", condition.expression));
            }
            Err(_) => {}
        }
    }
    None
}

fn truth(state: &State, condition: &Condition) -> Result<bool, ExpressionError> {
    let expression = Expression::parse(&condition.expression)?;
    expression.holds(&data(
        state,
        condition.plate.as_ref(),
        condition.readings.as_ref(),
    ))
}
