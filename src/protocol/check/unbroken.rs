//! Unbroken groups are steps that follow each other on the same plates, one by one.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::{Step, StepWork};
use crate::source::Reporter;
use std::collections::BTreeMap;

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, step) in scene.source.steps.iter().enumerate() {
        let Some(name) = &step.unbroken else { continue };
        let before = seen.insert(name.value.as_str(), index);
        if before.is_some_and(|b| b + 1 != index) {
            let message = format!(
                "the steps of \"{}\" do not follow each other in the file",
                name.value
            );
            reporter.add(error(reporter, "unbroken", &name.span, message));
        }
        let joined = walk.steps.get(&index).is_some_and(|l| l.joined);
        let alone = matches!(
            step.work,
            StepWork::Station(_)
                | StepWork::Incubate(_)
                | StepWork::Move(_)
                | StepWork::Unlid(_)
                | StepWork::Lid(_)
        ) || (walk.steps.contains_key(&index) && !joined);
        if !alone {
            let message = format!(
                "\"{}\" is not done plate by plate, so nothing can be unbroken about it",
                step.work.word()
            );
            let help = "unbroken steps are transfers with tips of their own, work in stations and incubators, moves and lids";
            reporter.add(error(reporter, "unbroken", &name.span, message).help(help));
        }
        if !alone {
            continue;
        }
        let first = before.and_then(|b| scene.source.steps.get(b));
        if let Some(first) = first
            && about(first) != about(step)
        {
            let message = format!("the steps of \"{}\" are about different plates", name.value);
            reporter.add(
                error(reporter, "unbroken", &name.span, message)
                    .other(first.id.span.clone(), "the step before"),
            );
        }
    }
}

/// The plates that a step is done to.
fn about(step: &Step) -> Option<&str> {
    step.plates().last().map(|(name, _)| name.value.as_str())
}
