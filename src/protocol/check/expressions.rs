//! Expressions can be read, and use what a run knows.

use super::report::error;
use crate::expr::{Datum, Expression, ExpressionError};
use crate::protocol::moves::{MOST_CONDITIONS, Walk};
use crate::protocol::scene::Scene;
use crate::protocol::source::plate::Wanted;
use crate::protocol::source::regulator::RegulatorTask;
use crate::protocol::source::{Spanned, Step, StepWork};
use crate::source::{Reporter, closest};
use std::collections::BTreeSet;

/// What an expression about a plate's readings sees of them.
pub(in crate::protocol) const OF_READINGS: [&str; 7] =
    ["mean", "od", "min", "max", "slope", "reads", "hours"];
/// What every expression sees.
pub(in crate::protocol) const OF_RUN: [&str; 4] = ["values", "hits", "failed", "plate"];

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let mut conditions = BTreeSet::new();
    for (index, step) in scene.source.steps.iter().enumerate() {
        if let Some(when) = &step.when {
            conditions.insert(when.value.as_str());
            judge(scene, reporter, index, when, false, true);
            if conditions.len() == MOST_CONDITIONS + 1 {
                let message = format!(
                    "every way in which a run can go is checked, which is done for {MOST_CONDITIONS} different conditions at most"
                );
                reporter.add(error(reporter, "too-many-conditions", &when.span, message));
            }
        }
        match &step.work {
            StepWork::Read(read) => {
                if let Some(until) = &read.until {
                    judge(scene, reporter, index, until, true, true);
                }
            }
            StepWork::Record(record) => judge(scene, reporter, index, &record.value, false, false),
            _ => {}
        }
    }
}

fn judge(
    scene: &Scene<'_>,
    reporter: &Reporter,
    index: usize,
    text: &Spanned<String>,
    readings: bool,
    condition: bool,
) {
    let expression = match Expression::parse(&text.value) {
        Ok(expression) => expression,
        Err(wrong) => {
            let message = format!("\"{}\" is no expression: {wrong}", short(&text.value));
            reporter.add(error(reporter, "expression", &text.span, message));
            return;
        }
    };
    let of_readings: &[&str] = if readings { &OF_READINGS } else { &[] };
    let known: Vec<&str> = OF_RUN.iter().chain(of_readings).copied().collect();
    for name in expression.names() {
        if known.contains(&name.as_str()) {
            continue;
        }
        let message = format!("an expression here knows nothing of `{name}`");
        let d = error(reporter, "expression", &text.span, message);
        reporter.add(match closest(&name, known.iter().copied()) {
            Some(near) => d.label(format!("did you mean `{near}`?")),
            None => d.help(format!("it knows: {}", known.join(", "))),
        });
        return;
    }
    let mut data = sample(scene, index, readings, false);
    if let Some(unlike) = expression.unlike(&data) {
        let message = format!("\"{}\" can never be as it is meant: {unlike}", text.value);
        let help = "a number is compared with a number, a text with a text in quotes, and what was confirmed with `true`";
        reporter.add(error(reporter, "expression-kind", &text.span, message).help(help));
        return;
    }
    data = sample(scene, index, readings, true);
    let tried = if condition {
        expression.holds(&data).map(|_| ())
    } else {
        expression.evaluate(&data).map(|_| ())
    };
    if let Err(wrong) = tried {
        let message = format!("\"{}\" has no value: {wrong}", text.value);
        let d = error(reporter, "expression", &text.span, message);
        let ExpressionError::Absent(name) = wrong else {
            reporter.add(d);
            return;
        };
        if scene.source.broken.contains(&name) {
            return;
        }
        let named: Vec<&str> = data
            .values()
            .filter_map(|datum| match datum {
                Datum::Map(map) => Some(map.keys().map(String::as_str)),
                _ => None,
            })
            .flatten()
            .collect();
        let before = |what: &str| match data.get(what) {
            Some(Datum::Map(map)) if !map.is_empty() => map.keys().cloned().collect::<Vec<_>>().join(", "),
            _ => "none".to_owned(),
        };
        reporter.add(match closest(&name, named) {
            Some(near) => d.label(format!("did you mean \"{near}\"?")),
            None => d.help(format!(
                "steps before this one that ask or record (`values`): {}; that select hits (`hits`): {}; failed picks (`failed`): {}",
                before("values"),
                before("hits"),
                before("failed")
            )),
        });
    }
}

/// The beginning of a long text.
fn short(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// Data as a run has them when a step begins, with figures that stand for what will be measured.
fn sample(scene: &Scene<'_>, index: usize, readings: bool, records: bool) -> crate::expr::Data {
    let mut values = crate::expr::Data::new();
    let mut hits = crate::expr::Data::new();
    let mut failed = crate::expr::Data::new();
    for step in scene.source.steps.iter().take(index) {
        // What an expression leaves is of a kind that only the run tells.
        let told = records || !matches!(step.work, StepWork::Record(_));
        if let Some(value) = answer(step).filter(|_| told) {
            values.insert(step.id.value.clone(), value);
        }
        if matches!(step.work, StepWork::Select(_)) {
            hits.insert(step.id.value.clone(), Datum::Number(3.0));
        }
        if matches!(step.work, StepWork::FailedPicks(_)) {
            failed.insert(step.id.value.clone(), Datum::Number(3.0));
        }
    }
    let plate = [
        ("name".to_owned(), Datum::Text("plate-1".into())),
        ("number".to_owned(), Datum::Number(1.0)),
    ];
    let mut data = crate::expr::Data::from([
        ("values".to_owned(), Datum::Map(values)),
        ("hits".to_owned(), Datum::Map(hits)),
        ("failed".to_owned(), Datum::Map(failed)),
        ("plate".to_owned(), Datum::Map(plate.into_iter().collect())),
    ]);
    if readings {
        data.extend(OF_READINGS.map(|name| (name.to_owned(), Datum::Number(0.5))));
    }
    data
}

/// What a step leaves under its name.
fn answer(step: &Step) -> Option<Datum> {
    match &step.work {
        StepWork::Prompt(p) => Some(match &p.wanted {
            Wanted::Number { bounds } => Datum::Number(bounds.0.max(-1e6).midpoint(bounds.1.min(1e6))),
            Wanted::Text => Datum::Text("text".into()),
            Wanted::Barcode { expected } => Datum::Text(expected.clone().unwrap_or_else(|| "barcode".into())),
            Wanted::Confirm => Datum::Truth(true),
        }),
        // What is set leaves what was measured, where that is waited for.
        StepWork::Regulator(r) if matches!(r.task, RegulatorTask::Set { reach: None, .. }) => None,
        StepWork::Regulator(_) | StepWork::Record(_) => Some(Datum::Number(1.0)),
        _ => None,
    }
}
