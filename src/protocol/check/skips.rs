//! A plate or well is given up, or a plate replaced, only where that leaves nothing else wrong.

use super::report::error;
use crate::plan::{FailurePolicy, Remedy};
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::{Mention, Step, StepWork};
use crate::source::Reporter;
use std::collections::BTreeSet;

/// A remedy that not every step can have: the code of its refusal, what is done, and whether a step can have it.
type Rule = (
    Remedy,
    &'static str,
    &'static str,
    fn(&Scene<'_>, &Step) -> Result<(), String>,
);

const RULES: [Rule; 3] = [
    (
        Remedy::SkipPlate,
        "skip-plate",
        "no plate of step {} can be given up",
        skippable,
    ),
    (
        Remedy::SkipWell,
        "skip-well",
        "no well of step {} can be given up",
        well_skippable,
    ),
    (
        Remedy::ReplacePlate,
        "replace-plate",
        "no plate of step {} can be replaced by a fresh one",
        replaceable,
    ),
];

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for step in &scene.source.steps {
        for (remedy, code, what, possible) in RULES {
            if !step.on_failure.0.values().any(|r| *r == remedy) {
                continue;
            }
            if let Err(why) = possible(scene, step) {
                let what = what.replace("{}", &format!("\"{}\"", step.id.value));
                let d = error(reporter, code, &step.id.span, format!("{what}: {why}"));
                reporter.add(d.help("use \"ask\", \"abort\" or { retry = 2 } in its `on_failure`"));
            }
        }
    }
}

/// What is done about failures of a step: its own policy, then that of the protocol, where a person is asked about what
/// the step cannot have.
pub(in crate::protocol) fn policy(scene: &Scene<'_>, step: &Step) -> FailurePolicy {
    let mut policy = step.on_failure.or(&scene.source.on_failure);
    for (remedy, _, _, possible) in RULES {
        if policy.0.values().any(|r| *r == remedy) && possible(scene, step).is_err() {
            policy.0.retain(|_, other| *other != remedy);
        }
    }
    policy
}

/// Whether wells of a step can be given up after a failure; else why not.
fn well_skippable(scene: &Scene<'_>, step: &Step) -> Result<(), String> {
    match &step.work {
        StepWork::Distribute(_)
        | StepWork::Transfer(_)
        | StepWork::Consolidate(_)
        | StepWork::Stamp(_)
        | StepWork::Dilute(_)
        | StepWork::Mix(_)
        | StepWork::PickColonies(_) => {}
        StepWork::Spot(_) => return Err("a spot on agar is no well".to_owned()),
        StepWork::Pipette(_) => return Err("its tips may stay on for later steps".to_owned()),
        StepWork::Pick(_) => return Err("what is picked is counted on by later steps".to_owned()),
        _ => return Err("it moves nothing from well to well".to_owned()),
    }
    nothing_into_pieces(scene, step)
}

/// What a person has to put in order after a movement that was given up, where a step works with such a thing.
fn left_dirty(scene: &Scene<'_>, step: &Step) -> Option<&'static str> {
    let named = step.mentions();
    let mut pipettes = named.iter().filter(|m| m.what == Mention::Pipette);
    pipettes.find_map(|m| {
        let (_, pipette) = scene.pipette(&m.name.value)?;
        if pipette.probe.is_some() {
            Some("a fixed probe, whose line a person has to put in order then")
        } else if pipette.pins.is_some() {
            Some("a pin tool, which a person has to sterilise then")
        } else {
            None
        }
    })
}

/// Whether a plate of a step can be taken away after a failure and a fresh one brought: none holds a sample before it.
fn replaceable(scene: &Scene<'_>, step: &Step) -> Result<(), String> {
    if let StepWork::Operator(_) = &step.work {
        return Err("it is done by a person, who is asked".to_owned());
    }
    for name in worked(scene, step)? {
        let Some(group) = scene.group(name) else { continue };
        if group.layout.is_some() || group.od.is_some() {
            return Err(format!("plates of \"{name}\" hold samples from the start"));
        }
        let puts = |other: &&Step| {
            let filled = |m: &crate::protocol::source::Mentioned<'_>| {
                let into = matches!(
                    m.what,
                    Mention::Plates { filled: true, .. } | Mention::Vessel { filled: true }
                );
                into && m.name.value == name
            };
            other.mentions().iter().any(filled)
        };
        let mut earlier = scene
            .source
            .steps
            .iter()
            .take_while(|s| s.id.span != step.id.span);
        if let Some(other) = earlier.find(puts) {
            return Err(format!(
                "step \"{}\" puts something into \"{name}\" before it, so that a sample would be lost",
                other.id.value
            ));
        }
    }
    Ok(())
}

/// The groups of plates that a step works on.
fn worked<'s>(scene: &Scene<'_>, step: &'s Step) -> Result<BTreeSet<&'s str>, String> {
    let mut names: BTreeSet<&str> = step
        .plates()
        .iter()
        .map(|(name, _)| name.value.as_str())
        .collect();
    names.retain(|name| scene.group(name).is_some());
    let works = !matches!(
        step.work,
        StepWork::Growth(_)
            | StepWork::Endpoint(_)
            | StepWork::Select(_)
            | StepWork::FailedPicks(_)
            | StepWork::Record(_)
            | StepWork::Verify(_)
            | StepWork::Prompt(_)
    );
    if names.is_empty() || !works {
        return Err("it is about no plate".to_owned());
    }
    Ok(names)
}

/// Whether a plate of a step can be given up after a failure; else why not.
fn skippable(scene: &Scene<'_>, step: &Step) -> Result<(), String> {
    match &step.work {
        StepWork::Pipette(_) => return Err("its tips may stay on for later steps".to_owned()),
        StepWork::Pick(_) => return Err("what is picked is counted on by later steps".to_owned()),
        StepWork::Operator(_) => return Err("it is done by a person, who is asked".to_owned()),
        _ => {}
    }
    nothing_into_pieces(scene, step)
}

/// Whether nothing that comes from the plates of a step, on whatever way, goes into a tube or reservoir, through a fixed
/// probe or onto a pin.
fn nothing_into_pieces(scene: &Scene<'_>, step: &Step) -> Result<(), String> {
    let mut gone = worked(scene, step)?;
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
            if let Some(what) = left_dirty(scene, other) {
                return Err(format!("step \"{}\" works on it with {what}", other.id.value));
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
