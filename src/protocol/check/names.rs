//! Every name means something: labware, nests, liquids, layouts, plates, pieces, pipettes, incubators, steps.

use super::report::{error, unknown};
use crate::protocol::compile::{KEPT, RESERVED};
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::{Group, Mention, Mentioned};
use crate::rig::{NestId, PipetteId, Role};
use crate::source::{Reporter, Spanned};

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let source = scene.source;
    for piece in &source.pieces {
        labware(scene, reporter, &piece.labware);
        for nest in piece
            .at
            .iter()
            .filter(|n| !scene.rig.nests.contains_key(n.value.as_str()))
        {
            unknown(
                reporter,
                "unknown-nest",
                "nest",
                nest,
                scene.rig.nests.keys().map(NestId::as_str),
            );
        }
        for held in &piece.contents {
            liquid(scene, reporter, &held.liquid);
        }
        if let Some((name, _)) = &piece.layout {
            layout(scene, reporter, name);
        }
    }
    for group in &source.groups {
        plates(scene, reporter, group);
    }
    for step in &source.steps {
        let kept = KEPT.iter().any(|begin| step.id.value.starts_with(begin));
        if RESERVED.contains(&step.id.value.as_str()) || kept {
            let message = format!(
                "a step cannot be named \"{}\": the plan has a step of that name",
                step.id.value
            );
            reporter
                .add(error(reporter, "reserved-name", &step.id.span, message).help("give it another name"));
        }
        for mentioned in step.mentions() {
            mention(scene, reporter, mentioned);
        }
    }
}

fn mention(scene: &Scene<'_>, reporter: &Reporter, mentioned: Mentioned<'_>) {
    let name = mentioned.name;
    match mentioned.what {
        Mention::Plates { .. } => group_named(scene, reporter, name),
        Mention::Vessel { .. } => vessel_named(scene, reporter, name),
        Mention::Piece => piece_named(scene, reporter, name),
        Mention::Pipette => pipette(scene, reporter, name),
        Mention::Incubator => incubator(scene, reporter, name),
        Mention::Step => step_named(scene, reporter, name),
        Mention::Nests => nests(scene, reporter, name),
        Mention::Class => {
            let known = &scene.source.classes;
            if !known.contains_key(&name.value) {
                unknown(
                    reporter,
                    "unknown-class",
                    "liquid class",
                    name,
                    known.keys().map(String::as_str),
                );
            }
        }
        Mention::Station => {
            if !scene.stations().any(|(id, _)| id.as_str() == name.value) {
                let known = scene.stations().map(|(id, _)| id.as_str());
                unknown(reporter, "unknown-instrument", "station", name, known);
            }
        }
        Mention::Camera => {
            let known = &scene.rig.cameras;
            if !known.contains_key(&name.value) {
                let known = known.keys().map(String::as_str);
                unknown(reporter, "unknown-camera", "camera", name, known);
            }
        }
        Mention::PlateReader => {
            if !scene.readers().any(|(id, _)| id.as_str() == name.value) {
                let known = scene.readers().map(|(id, _)| id.as_str());
                unknown(reporter, "unknown-instrument", "plate reader", name, known);
            }
        }
    }
}

fn plates(scene: &Scene<'_>, reporter: &Reporter, group: &Group) {
    labware(scene, reporter, &group.labware);
    for nest in group.at.iter().chain(&group.rest) {
        nests(scene, reporter, nest);
    }
    for nest in group
        .work
        .iter()
        .flat_map(|w| std::iter::once(&w.at).chain(&w.lid))
    {
        if !scene.rig.nests.contains_key(nest.value.as_str()) {
            unknown(
                reporter,
                "unknown-nest",
                "nest",
                nest,
                scene.rig.nests.keys().map(NestId::as_str),
            );
        }
    }
    if let Some(name) = &group.layout {
        layout(scene, reporter, name);
    }
    if let Some(name) = &group.liquid {
        liquid(scene, reporter, name);
    }
}

fn layout(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    if !scene.source.layouts.contains_key(&name.value) && !scene.source.broken.contains(&name.value) {
        let known = scene.source.layouts.keys().map(String::as_str);
        unknown(reporter, "unknown-layout", "layout", name, known);
    }
}

fn labware(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    if scene.library.get(&name.value).is_none() {
        unknown(
            reporter,
            "unknown-labware",
            "labware",
            name,
            scene.library.names(),
        );
    }
}

fn nests(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    if scene.nests(std::iter::once(name.value.as_str())).is_empty() {
        let kinds = ["hotel", "cold", "lids"].into_iter();
        let known = scene
            .rig
            .nests
            .keys()
            .map(NestId::as_str)
            .chain(kinds)
            .chain(incubators(scene));
        unknown(reporter, "unknown-nest", "nest", name, known);
    }
}

fn liquid(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    if !scene.source.liquids.contains_key(&name.value) {
        unknown(
            reporter,
            "unknown-liquid",
            "liquid",
            name,
            scene.source.liquids.keys().map(String::as_str),
        );
    }
}

fn group_named(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    if scene.group(&name.value).is_none() && !scene.source.broken.contains(&name.value) {
        let known = scene.source.groups.iter().map(|g| g.name.value.as_str());
        unknown(reporter, "unknown-plates", "group of plates", name, known);
    }
}

fn vessel_named(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    let known = scene.group(&name.value).is_some() || scene.piece(&name.value).is_some();
    if !known && !scene.source.broken.contains(&name.value) {
        let groups = scene.source.groups.iter().map(|g| g.name.value.as_str());
        let pieces = scene.source.pieces.iter().map(|p| p.name.value.as_str());
        let wanted = "group of plates or piece";
        unknown(reporter, "unknown-vessel", wanted, name, groups.chain(pieces));
    }
}

fn piece_named(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    let known = scene.source.pieces.iter().any(|p| p.name.value == name.value);
    if !known && !scene.source.broken.contains(&name.value) {
        let known = scene.source.pieces.iter().map(|p| p.name.value.as_str());
        unknown(reporter, "unknown-piece", "piece", name, known);
    }
}

fn pipette(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    if scene.pipette(&name.value).is_none() {
        let known = scene
            .handler()
            .into_iter()
            .flat_map(|(_, h)| h.pipettes.keys().map(PipetteId::as_str));
        unknown(reporter, "unknown-pipette", "pipette", name, known);
    }
}

fn incubators<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    let instruments = scene.rig.instruments.iter();
    instruments
        .filter(|(_, i)| matches!(i.role, Role::Incubator(_)))
        .map(|(id, _)| id.as_str())
}

fn incubator(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    if scene.incubator(&name.value).is_none() {
        unknown(
            reporter,
            "unknown-instrument",
            "incubator",
            name,
            incubators(scene),
        );
    }
}

fn step_named(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    if scene.step(&name.value).is_none() && !scene.source.broken.contains(&name.value) {
        let known = scene.source.steps.iter().map(|s| s.id.value.as_str());
        unknown(reporter, "unknown-step", "step", name, known);
    }
}
