//! What stands on the rig is used; what has a name has it alone.

use super::report::error;
use crate::labware::Kind;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::source::Reporter;
use std::collections::BTreeSet;

pub(super) fn check(scene: &Scene<'_>, _: &Walk, reporter: &Reporter) {
    let mut groups = BTreeSet::new();
    let mut pieces = BTreeSet::new();
    let mut pipettes = BTreeSet::new();
    for step in &scene.source.steps {
        match &step.work {
            StepWork::Distribute(d) => {
                groups.insert(d.to.value.as_str());
                pieces.insert(d.from.value.as_str());
                pipettes.insert(d.pipette.value.as_str());
            }
            StepWork::Transfer(t) => {
                groups.extend([t.from.value.as_str(), t.to.value.as_str()]);
                pipettes.insert(t.pipette.value.as_str());
            }
            StepWork::Read(r) => {
                groups.insert(r.each.value.as_str());
            }
            StepWork::Select(s) => groups.extend([s.source.value.as_str(), s.target.value.as_str()]),
            StepWork::Pick(p) => {
                pieces.insert(p.fill.from.value.as_str());
                pipettes.extend([p.fill.pipette.value.as_str(), p.transfer.pipette.value.as_str()]);
            }
            StepWork::Growth(_) | StepWork::Endpoint(_) => {}
        }
    }
    for group in scene
        .source
        .groups
        .iter()
        .filter(|g| !groups.contains(g.name.value.as_str()))
    {
        let message = format!("no step uses the plates \"{}\"", group.name.value);
        reporter.add(error(reporter, "unused", &group.name.span, message).warning());
    }
    for piece in &scene.source.pieces {
        let labware = scene.library.get(&piece.labware.value);
        let used = match labware.map(|l| l.kind) {
            Some(Kind::Reservoir) => pieces.contains(piece.name.value.as_str()),
            Some(Kind::TipRack) => pipettes
                .iter()
                .filter_map(|p| scene.pipette(p))
                .any(|(_, p)| p.tip_racks.contains(&piece.labware.value)),
            _ => true,
        };
        if !used {
            let message = format!("no step uses \"{}\"", piece.name.value);
            reporter.add(error(reporter, "unused", &piece.name.span, message).warning());
        }
    }
    twice(scene, reporter);
}

/// Names in the plan: plates and pieces, each alone.
fn twice(scene: &Scene<'_>, reporter: &Reporter) {
    let mut seen = BTreeSet::from(["waste".to_owned()]);
    for standing in &scene.standing {
        if !seen.insert(standing.name.clone()) {
            let message = format!("two things are named \"{}\"", standing.name);
            reporter.add(error(reporter, "twice", &standing.piece.name.span, message));
        }
    }
    for group in &scene.source.groups {
        for id in scene.plates_of(&group.name.value) {
            if !seen.insert(id.to_string())
                || scene.plates.get(id).is_some_and(|p| p.group.name != group.name)
            {
                let message = format!("two things are named \"{id}\"");
                reporter.add(error(reporter, "twice", &group.name.span, message));
                break;
            }
        }
    }
}
