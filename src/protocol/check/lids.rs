//! Lids come off before pipetting and have a place meanwhile; what has no lid is not asked to lose one.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::{Group, StepWork};
use crate::rig::NestKind;
use crate::source::Reporter;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for group in &scene.source.groups {
        let Some(labware) = scene.library.get(&group.labware.value) else {
            continue;
        };
        if labware.kind != crate::labware::Kind::Plate {
            continue;
        }
        if group.lidded.value && labware.lid.is_none() {
            let message = format!("no lid fits {}", labware.name);
            reporter.add(error(reporter, "no-lid", &group.lidded.span, message));
        }
        let lid = group.work.as_ref().and_then(|w| w.lid.as_ref());
        if let Some(lid) = lid {
            let nest = scene.rig.nests.get(lid.value.as_str());
            if nest.is_some_and(|n| n.kind != NestKind::Lid) {
                let message = format!("\"{}\" is no nest for a lid", lid.value);
                let mut others = scene.rig.nests.iter().filter(|(_, n)| n.kind == NestKind::Lid);
                let d = error(reporter, "nest-kind", &lid.span, message);
                reporter.add(match others.next() {
                    Some((id, _)) => d.help(format!("\"{id}\" is one")),
                    None => d,
                });
            }
            if !group.lidded.value {
                let message = format!(
                    "\"{}\" starts without lids, so none is laid down",
                    group.name.value
                );
                reporter.add(
                    error(reporter, "no-lid", &lid.span, message)
                        .help("add lidded = true, or leave `lid` out")
                        .warning(),
                );
            }
        }
        if group.lidded.value && lid.is_none() && pipetted(scene, group) {
            let span = group.work.as_ref().map_or(&group.lidded.span, |w| &w.at.span);
            let message = format!(
                "the lids of \"{}\" have no place while the plates are pipetted",
                group.name.value
            );
            let help = "name a lid nest: work = { at = \"deck-…\", lid = \"lid-…\" }";
            reporter.add(error(reporter, "no-lid-nest", span, message).help(help));
        }
    }
    for step in &scene.source.steps {
        let StepWork::Read(read) = &step.work else {
            continue;
        };
        let Some(group) = scene.group(&read.each.value) else {
            continue;
        };
        if !group.lidded.value && read.reads() > 1 {
            let message = format!(
                "\"{}\" is incubated and read without lids: wells at the edge dry out",
                group.name.value
            );
            let d = error(reporter, "open-plates", &read.each.span, message).warning();
            reporter.add(d.help("add lidded = true where lids fit"));
        }
    }
}

/// Whether some step pipettes these plates while their lids are on. Lids that a step has laid aside lie in a nest of
/// their own; where that step has a condition, they do so for steps with the same one only.
fn pipetted(scene: &Scene<'_>, group: &Group) -> bool {
    let name = &group.name.value;
    let mut aside = false;
    let mut condition: Option<&str> = None;
    for step in &scene.source.steps {
        let when = step.when.as_ref().map(|w| w.value.as_str());
        match &step.work {
            StepWork::Unlid(u) if u.each.value == *name => {
                aside = true;
                condition = when;
            }
            StepWork::Lid(l) if l.each.value == *name => aside = false,
            _ => {}
        }
        let open = aside && (condition.is_none() || condition == when);
        if !open && step.pipetted().iter().any(|n| n.value == *name) {
            return true;
        }
    }
    false
}
