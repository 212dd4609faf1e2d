//! Steps name only earlier steps, and never each other in a circle.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::{Mention, Step};
use crate::source::{Reporter, Spanned};
use std::collections::BTreeSet;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for (index, step) in scene.source.steps.iter().enumerate() {
        for name in named(step) {
            let Some((other, _)) = scene.step(&name.value).filter(|(other, _)| *other >= index) else {
                continue;
            };
            let d = if other == index {
                error(
                    reporter,
                    "circular",
                    &name.span,
                    format!("step \"{}\" waits for itself", step.id.value),
                )
            } else if reaches(scene, other, index) {
                let message = format!(
                    "steps \"{}\" and \"{}\" wait for each other",
                    step.id.value, name.value
                );
                error(reporter, "circular", &name.span, message).help("remove one of the two dependencies")
            } else {
                let message = format!(
                    "step \"{}\" waits for \"{}\", which stands below it",
                    step.id.value, name.value
                );
                error(reporter, "order", &name.span, message)
                    .help("steps stand in the order in which they are done: move this step down")
            };
            reporter.add(d);
        }
    }
}

/// Names of the steps that a step waits for.
fn named(step: &Step) -> Vec<&Spanned<String>> {
    let mentions = step.mentions().into_iter();
    mentions
        .filter(|m| m.what == Mention::Step)
        .map(|m| m.name)
        .collect()
}

/// Whether one step waits, directly or not, for another.
fn reaches(scene: &Scene<'_>, from: usize, to: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at)
            && let Some(step) = scene.source.steps.get(at)
        {
            open.extend(
                named(step)
                    .into_iter()
                    .filter_map(|n| scene.step(&n.value))
                    .map(|(i, _)| i),
            );
        }
    }
    false
}
