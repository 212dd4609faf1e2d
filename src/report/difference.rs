//! What a change of a protocol costs: two plans side by side.

use super::costs::{Costs, Interval};
use crate::units::{Duration, Volume};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write};

/// A value of either side; none where that side has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change<T> {
    /// Of the first.
    pub before: Option<T>,
    /// Of the second.
    pub after: Option<T>,
}

/// What differs between two plans. What is alike on both sides is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Difference {
    /// Values of parameters.
    pub parameters: BTreeMap<String, Change<String>>,
    /// Tips by kind.
    pub tips: BTreeMap<String, Change<Interval<u64>>>,
    /// Liquids drawn.
    pub drawn: BTreeMap<String, Change<Interval<Volume>>>,
    /// Liquids loaded at the start.
    pub loaded: BTreeMap<String, Change<Volume>>,
    /// Plates by group.
    pub plates: BTreeMap<String, Change<u64>>,
    /// Single numbers: "operations", "operator visits", "waste emptied", "tips thrown away".
    pub counts: BTreeMap<&'static str, Change<u64>>,
    /// Single times: "planned", "bound".
    pub times: BTreeMap<&'static str, Change<Duration>>,
    /// Work by step.
    pub steps: BTreeMap<String, Change<Duration>>,
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn by_key<T: Clone + PartialEq>(
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
) -> BTreeMap<String, Change<T>> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| {
            let change = Change {
                before: before.get(key).cloned(),
                after: after.get(key).cloned(),
            };
            (key.clone(), change)
        })
        .collect()
}

fn single<T: PartialEq>(
    of: impl IntoIterator<Item = (&'static str, T, T)>,
) -> BTreeMap<&'static str, Change<T>> {
    of.into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(what, before, after)| {
            let change = Change {
                before: Some(before),
                after: Some(after),
            };
            (what, change)
        })
        .collect()
}

/// Compares two plans by what they cost.
pub fn difference(before: &Costs, after: &Costs) -> Difference {
    let work = |costs: &Costs| -> BTreeMap<String, Duration> {
        let steps = costs.steps.iter();
        steps.map(|(step, cost)| (step.clone(), cost.work)).collect()
    };
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Difference {
        parameters: by_key(&before.parameters, &after.parameters),
        tips: by_key(&before.tips, &after.tips),
        drawn: by_key(&before.drawn, &after.drawn),
        loaded: by_key(&before.loaded, &after.loaded),
        plates: by_key(&before.plates, &after.plates),
        counts: single([
            ("operations", count(before.operations), count(after.operations)),
            (
                "operator visits",
                count(before.visits.len()),
                count(after.visits.len()),
            ),
            (
                "tips thrown away, at most",
                before.all_tips().most,
                after.all_tips().most,
            ),
            (
                "times the waste is emptied",
                before.waste_emptied,
                after.waste_emptied,
            ),
        ]),
        times: single([
            ("planned", before.makespan, after.makespan),
            ("no schedule shorter than", before.bound, after.bound),
        ]),
        steps: by_key(&work(before), &work(after)),
    }
}

/// The difference for a person.
pub fn as_text(difference: &Difference) -> String {
    if difference.is_empty() {
        return "the two cost the same\n".to_owned();
    }
    let mut out = String::new();
    let d = difference;
    section(&mut out, "parameters", &d.parameters, Clone::clone, |_, _| None);
    section(&mut out, "time", &d.times, Duration::to_string, longer);
    section(&mut out, "tips", &d.tips, interval, |a, b| number(a.most, b.most));
    section(&mut out, "liquids drawn", &d.drawn, interval, |a, b| {
        volume(a.most, b.most)
    });
    section(
        &mut out,
        "liquids loaded",
        &d.loaded,
        Volume::to_string,
        |a, b| volume(*a, *b),
    );
    section(&mut out, "plates", &d.plates, u64::to_string, |a, b| {
        number(*a, *b)
    });
    section(&mut out, "counts", &d.counts, u64::to_string, |a, b| {
        number(*a, *b)
    });
    section(&mut out, "work by step", &d.steps, Duration::to_string, longer);
    out
}

/// A number, or from the least to the most.
pub fn interval<T: Display + PartialEq>(of: &Interval<T>) -> String {
    if of.least == of.most {
        of.most.to_string()
    } else {
        format!("{} to {}", of.least, of.most)
    }
}

fn longer(a: &Duration, b: &Duration) -> Option<String> {
    Some(if a < b {
        format!("+{}", b.minus(*a))
    } else {
        format!("−{}", a.minus(*b))
    })
}

fn number(a: u64, b: u64) -> Option<String> {
    Some(if a < b {
        format!("+{}", b.saturating_sub(a))
    } else {
        format!("−{}", a.saturating_sub(b))
    })
}

fn volume(a: Volume, b: Volume) -> Option<String> {
    Some(if a < b {
        format!("+{}", b.minus(a))
    } else {
        format!("−{}", a.minus(b))
    })
}

fn section<K: Display, T>(
    out: &mut String,
    title: &str,
    changes: &BTreeMap<K, Change<T>>,
    show: impl Fn(&T) -> String,
    by: impl Fn(&T, &T) -> Option<String>,
) {
    if changes.is_empty() {
        return;
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{title}");
    let width = changes
        .keys()
        .map(|k| k.to_string().chars().count())
        .max()
        .unwrap_or(0);
    for (key, change) in changes {
        let key = key.to_string();
        let line = match (&change.before, &change.after) {
            (Some(a), Some(b)) => {
                let by = by(a, b).map_or_else(String::new, |by| format!(" ({by})"));
                format!("{} → {}{by}", show(a), show(b))
            }
            (None, Some(b)) => format!("added: {}", show(b)),
            (Some(a), None) => format!("removed: {}", show(a)),
            (None, None) => continue,
        };
        let _ = writeln!(out, "  {key:width$}  {line}");
    }
}

#[cfg(test)]
#[path = "difference_tests.rs"]
mod tests;
