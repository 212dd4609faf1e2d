//! What stands on the rig is used; what has a name has it alone.

use super::report::error;
use crate::labware::Kind;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::liquid::Which;
use crate::protocol::source::{Mention, StepWork};
use crate::source::Reporter;
use std::collections::BTreeSet;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let mut groups = BTreeSet::new();
    let mut pieces = BTreeSet::new();
    let mut pipettes = BTreeSet::new();
    for step in &scene.source.steps {
        for mentioned in step.mentions() {
            let name = mentioned.name.value.as_str();
            match mentioned.what {
                Mention::Plates { .. } => {
                    groups.insert(name);
                }
                Mention::Vessel { .. } => {
                    groups.insert(name);
                    pieces.insert(name);
                }
                Mention::Piece => {
                    pieces.insert(name);
                }
                Mention::Pipette => {
                    pipettes.insert(name);
                }
                _ => {}
            }
        }
        listed(&step.work, &mut groups, &mut pieces);
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
            Some(Kind::Reservoir | Kind::TubeRack) => pieces.contains(piece.name.value.as_str()),
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

/// Plates and pieces that only a list names.
fn listed<'a>(work: &'a StepWork, groups: &mut BTreeSet<&'a str>, pieces: &mut BTreeSet<&'a str>) {
    let mut add = |name: Option<&'a String>| {
        if let Some(name) = name {
            let group = name.rsplit_once('-').map_or(name.as_str(), |(group, _)| group);
            groups.extend([name.as_str(), group]);
            pieces.extend([name.as_str(), group]);
        }
    };
    match work {
        StepWork::Transfer(t) => {
            if let Which::Listed(list) = &t.which {
                for row in &list.rows {
                    add(row.from_plate.as_ref());
                    add(row.to_plate.as_ref());
                }
            }
        }
        StepWork::PickColonies(p) => {
            for colony in &p.colonies {
                add(colony.plate.as_ref());
                add(colony.to_plate.as_ref());
            }
        }
        _ => {}
    }
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
