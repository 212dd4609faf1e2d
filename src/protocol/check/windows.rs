//! Delays can be kept: no set of them contradicts itself, with the time that the steps between take at least.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::plate::Task;
use crate::protocol::source::regulator::RegulatorTask;
use crate::protocol::source::{Event, Step, StepWork};
use crate::source::Reporter;
use crate::units::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// "End of a is at least `least` after ..." as numbers: `to` happens at least `least` after `from`.
struct Edge {
    from: usize,
    to: usize,
    least: i128,
    place: Option<Range<usize>>,
    words: String,
}

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let steps = &scene.source.steps;
    let us = |d: Duration| i128::from(d.as_us());
    let begin = |step: usize| step * 2;
    let end = |step: usize| step * 2 + 1;
    let mut edges = Vec::new();
    // By group, the steps on it that nothing follows yet.
    let mut last: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        let least = least(step);
        edges.push(Edge {
            from: begin(index),
            to: end(index),
            least: us(least),
            place: None,
            words: format!("\"{}\" takes {least}", step.id.value),
        });
        for after in &step.after {
            let Some((other, _)) = scene.step(&after.step.value).filter(|(o, _)| *o < index) else {
                continue;
            };
            edges.push(Edge {
                from: end(other),
                to: begin(index),
                least: 0,
                place: None,
                words: format!("\"{}\" comes after \"{}\"", step.id.value, after.step.value),
            });
            let event = |step: usize, event: Event| match event {
                Event::Start => begin(step),
                Event::End => end(step),
            };
            let (from, to) = (event(other, after.from), event(index, after.to));
            let words = |least: &str, delay: Duration| {
                let does = if after.to == Event::End { "ends" } else { "begins" };
                let start = if after.from == Event::Start {
                    "the start of "
                } else {
                    ""
                };
                format!(
                    "\"{}\" {does} at {least} {delay} after {start}\"{}\"",
                    step.id.value, after.step.value
                )
            };
            if after.at_least > Duration::ZERO {
                edges.push(Edge {
                    from,
                    to,
                    least: us(after.at_least),
                    place: Some(after.step.span.clone()),
                    words: words("least", after.at_least),
                });
            }
            if let Some(most) = after.at_most.as_ref().filter(|m| m.value >= after.at_least) {
                edges.push(Edge {
                    from: to,
                    to: from,
                    least: -us(most.value),
                    place: Some(most.span.clone()),
                    words: words("most", most.value),
                });
            }
        }
        // Steps on one plate follow each other.
        let plates = step.plates();
        let one = plates
            .first()
            .is_some_and(|(name, _)| scene.plates_of(&name.value).len() == 1);
        if !matches!(step.work, StepWork::Select(_)) {
            let mut before = BTreeSet::new();
            for (name, _) in &plates {
                let open = last.entry(name.value.as_str()).or_default();
                if one {
                    before.extend(std::mem::take(open));
                }
                open.push(index);
            }
            for (earlier, other) in before
                .into_iter()
                .filter(|earlier| *earlier < index)
                .filter_map(|earlier| Some((earlier, steps.get(earlier)?)))
            {
                edges.push(Edge {
                    from: end(earlier),
                    to: begin(index),
                    least: 0,
                    place: None,
                    words: format!(
                        "\"{}\" comes after \"{}\" on the same plate",
                        step.id.value, other.id.value
                    ),
                });
            }
        }
        if let StepWork::Operator(o) = &step.work
            && let Some(between) = &o.between
        {
            let (earliest, latest) = between.value;
            let start = steps.len() * 2;
            let step = &step.id.value;
            edges.push(Edge {
                from: start,
                to: begin(index),
                least: us(earliest),
                place: Some(between.span.clone()),
                words: format!("\"{step}\" begins {earliest} after the start of the run at the earliest"),
            });
            edges.push(Edge {
                from: begin(index),
                to: start,
                least: -us(latest),
                place: Some(between.span.clone()),
                words: format!("\"{step}\" begins {latest} after the start of the run at the latest"),
            });
        }
        if let Some(deadline) = &step.deadline {
            // Everything begins at 0 at the earliest.
            edges.push(Edge {
                from: end(index),
                to: steps.len() * 2,
                least: -us(deadline.value),
                place: Some(deadline.span.clone()),
                words: format!("\"{}\" ends within {}", step.id.value, deadline.value),
            });
        }
    }
    for index in 0..steps.len() {
        edges.push(Edge {
            from: steps.len() * 2,
            to: begin(index),
            least: 0,
            place: None,
            words: "nothing begins before the run".into(),
        });
    }
    conflict(&edges, steps.len() * 2 + 1, reporter);
}

/// A circle of positive length is a set of windows that cannot all hold; the shortest such circle that a place in the
/// file belongs to is told. Bellman–Ford over longest paths.
fn conflict(edges: &[Edge], count: usize, reporter: &Reporter) {
    let mut longest = vec![0_i128; count];
    let mut by: Vec<Option<usize>> = vec![None; count];
    let mut last = None;
    for _ in 0..count {
        last = None;
        for (number, edge) in edges.iter().enumerate() {
            let Some(from) = longest.get(edge.from).copied() else {
                continue;
            };
            let reach = from.saturating_add(edge.least);
            if let Some(to) = longest.get_mut(edge.to).filter(|to| **to < reach) {
                *to = reach;
                if let Some(slot) = by.get_mut(edge.to) {
                    *slot = Some(number);
                }
                last = Some(edge.to);
            }
        }
        if last.is_none() {
            return;
        }
    }
    let back = |node: usize| -> Option<(usize, usize)> {
        let edge = by.get(node).copied().flatten()?;
        Some((edge, edges.get(edge)?.from))
    };
    // Walking back as often as there are nodes ends in the circle.
    let mut node = last.unwrap_or(0);
    for _ in 0..count {
        node = back(node).map_or(node, |(_, from)| from);
    }
    let (first, mut circle) = (node, Vec::new());
    while let Some((edge, from)) = back(node) {
        circle.push(edge);
        node = from;
        if node == first || circle.len() > count {
            break;
        }
    }
    circle.reverse();
    let parts: Vec<&Edge> = circle.iter().filter_map(|e| edges.get(*e)).collect();
    let Some(place) = parts
        .iter()
        .rev()
        .find_map(|e| e.place.clone().filter(|_| e.least < 0))
    else {
        return;
    };
    let words: Vec<&str> = parts
        .iter()
        .filter(|e| e.least != 0)
        .map(|e| e.words.as_str())
        .collect();
    let message = format!("these cannot all be: {}", words.join("; "));
    let mut d = error(reporter, "window", &place, message);
    for other in parts
        .iter()
        .filter_map(|e| e.place.clone())
        .filter(|p| *p != place)
    {
        d = d.other(other, "in conflict with this");
    }
    reporter.add(d.help("allow more time, or leave one of them out"));
}

/// What a step takes at least, whatever the rig.
fn least(step: &Step) -> Duration {
    match &step.work {
        StepWork::Incubate(i) => i.duration.value,
        StepWork::Wait(w) => w.duration.value,
        StepWork::Read(r) if r.until.is_none() => match (&r.every, &r.over) {
            (Some(every), Some(_)) => every.value.times(r.reads().saturating_sub(1)),
            _ => Duration::ZERO,
        },
        StepWork::Station(s) => match &s.task {
            Task::Seal { duration, .. } | Task::Centrifuge { duration, .. } => duration.value,
            Task::Thermocycle { program } => program.value.duration(),
            Task::Heat(h) | Task::Cool(h) | Task::Shake(h) => h.duration.value,
            Task::Peel | Task::Scan => Duration::ZERO,
        },
        StepWork::Regulator(r) => match &r.task {
            RegulatorTask::Measure {
                series: Some(series), ..
            } => series
                .every
                .value
                .times(u64::from(series.times.saturating_sub(1))),
            _ => Duration::ZERO,
        },
        _ => Duration::ZERO,
    }
}
