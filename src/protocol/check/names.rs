//! Every name means something: labware, nests, liquids, layouts, plates, pieces, pipettes, incubators, steps.

use super::report::{error, unknown};
use crate::protocol::compile::RESERVED;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::{Group, StepWork};
use crate::rig::{NestId, PipetteId, Role};
use crate::source::{Reporter, Spanned};

pub(super) fn check(scene: &Scene<'_>, _: &Walk, reporter: &Reporter) {
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
        if let Some(name) = &piece.liquid {
            liquid(scene, reporter, name);
        }
    }
    for group in &source.groups {
        plates(scene, reporter, group);
    }
    for step in &source.steps {
        if RESERVED.contains(&step.id.value.as_str()) {
            let message = format!(
                "a step cannot be named \"{}\": the plan has a step of that name",
                step.id.value
            );
            reporter
                .add(error(reporter, "reserved-name", &step.id.span, message).help("give it another name"));
        }
        for after in &step.after {
            step_named(scene, reporter, &after.step);
        }
        match &step.work {
            StepWork::Distribute(d) => {
                piece_named(scene, reporter, &d.from);
                group_named(scene, reporter, &d.to);
                pipette(scene, reporter, &d.pipette);
            }
            StepWork::Transfer(t) => {
                group_named(scene, reporter, &t.from);
                group_named(scene, reporter, &t.to);
                pipette(scene, reporter, &t.pipette);
            }
            StepWork::Read(r) => {
                group_named(scene, reporter, &r.each);
                if let Some(incubate) = &r.incubate {
                    incubator(scene, reporter, &incubate.at);
                }
            }
            StepWork::Growth(g) => step_named(scene, reporter, &g.readings),
            StepWork::Endpoint(e) => step_named(scene, reporter, &e.readings),
            StepWork::Select(s) => {
                step_named(scene, reporter, &s.rates);
                group_named(scene, reporter, &s.source);
                group_named(scene, reporter, &s.target);
            }
            StepWork::Pick(p) => {
                step_named(scene, reporter, &p.select);
                piece_named(scene, reporter, &p.fill.from);
                pipette(scene, reporter, &p.fill.pipette);
                pipette(scene, reporter, &p.transfer.pipette);
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
    if let Some(name) = group
        .layout
        .as_ref()
        .filter(|l| !scene.source.layouts.contains_key(&l.value) && !scene.source.broken.contains(&l.value))
    {
        unknown(
            reporter,
            "unknown-layout",
            "layout",
            name,
            scene.source.layouts.keys().map(String::as_str),
        );
    }
    if let Some(name) = &group.liquid {
        liquid(scene, reporter, name);
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
        let kinds = ["hotel", "cold"].into_iter();
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
