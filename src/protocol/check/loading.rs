//! Plates that a step brings are not used before, and plates that were taken away not after.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::protocol::source::plate::OperatorTask;
use crate::source::Reporter;
use std::collections::BTreeMap;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let steps = &scene.source.steps;
    let mut here: BTreeMap<&str, bool> = scene
        .source
        .groups
        .iter()
        .map(|g| (g.name.value.as_str(), true))
        .collect();
    for step in steps {
        if let StepWork::Operator(o) = &step.work
            && let OperatorTask::Load(each) = &o.task
        {
            here.insert(&each.value, false);
        }
    }
    for step in steps {
        let task = match &step.work {
            StepWork::Operator(o) => Some(&o.task),
            _ => None,
        };
        match task {
            Some(OperatorTask::Load(each)) => {
                if here.insert(&each.value, true) == Some(true) {
                    let message = format!("\"{}\" is on the rig already", each.value);
                    reporter.add(error(reporter, "loaded", &each.span, message));
                }
                continue;
            }
            Some(OperatorTask::Empty(each)) => {
                if here.insert(&each.value, false) == Some(false) {
                    let message = format!("\"{}\" is not on the rig here", each.value);
                    reporter.add(error(reporter, "loaded", &each.span, message));
                }
                continue;
            }
            _ => {}
        }
        for (name, _) in step.plates() {
            if here.get(name.value.as_str()) == Some(&false) {
                let message = format!(
                    "\"{}\" is not on the rig when step \"{}\" uses it",
                    name.value, step.id.value
                );
                reporter.add(error(reporter, "loaded", &name.span, message));
                here.insert(&name.value, true);
            }
        }
    }
}
