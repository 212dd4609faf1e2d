//! A plate is given up only where that leaves nothing else wrong.

use super::report::error;
use crate::plan::Remedy;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::Mention;
use crate::protocol::source::{Step, StepWork};
use crate::source::Reporter;
use std::collections::BTreeSet;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for step in &scene.source.steps {
        if !step.on_failure.0.values().any(|r| *r == Remedy::SkipPlate) {
            continue;
        }
        if let Err(why) = skippable(scene, step) {
            let message = format!("no plate of step \"{}\" can be given up: {why}", step.id.value);
            let d = error(reporter, "skip-plate", &step.id.span, message);
            reporter.add(d.help("use \"ask\", \"abort\" or { retry = 2 } in its `on_failure`"));
        }
    }
}

/// Whether a plate of a step can be given up after a failure; else why not.
pub(in crate::protocol) fn skippable(scene: &Scene<'_>, step: &Step) -> Result<(), String> {
    match &step.work {
        StepWork::Pipette(_) => return Err("its tips may stay on for later steps".to_owned()),
        StepWork::Pick(_) => return Err("what is picked is counted on by later steps".to_owned()),
        StepWork::Operator(_) => return Err("it is done by a person, who is asked".to_owned()),
        _ => {}
    }
    let mut gone: BTreeSet<&str> = step
        .plates()
        .iter()
        .map(|(name, _)| name.value.as_str())
        .collect();
    gone.retain(|name| scene.group(name).is_some());
    let worked = !matches!(
        step.work,
        StepWork::Growth(_)
            | StepWork::Endpoint(_)
            | StepWork::Select(_)
            | StepWork::Record(_)
            | StepWork::Prompt(_)
    );
    if gone.is_empty() || !worked {
        return Err("it is about no plate".to_owned());
    }
    loop {
        let before = gone.len();
        for other in &scene.source.steps {
            let named = other.mentions();
            let is_gone = |m: &&crate::protocol::source::Mentioned<'_>| gone.contains(m.name.value.as_str());
            let pipetted = named.iter().filter(|m| {
                matches!(
                    m.what,
                    Mention::Plates { pipetted: true, .. } | Mention::Vessel { .. }
                )
            });
            if !pipetted.clone().any(|m| is_gone(&m)) {
                continue;
            }
            let filled: Vec<&str> = pipetted
                .filter(|m| {
                    matches!(
                        m.what,
                        Mention::Plates { filled: true, .. } | Mention::Vessel { filled: true }
                    )
                })
                .map(|m| m.name.value.as_str())
                .collect();
            for name in filled {
                if scene.group(name).is_none() {
                    return Err(format!(
                        "step \"{}\" puts something from it into \"{name}\", which would then hold less",
                        other.id.value
                    ));
                }
                gone.insert(name);
            }
        }
        if gone.len() == before {
            return Ok(());
        }
    }
}
