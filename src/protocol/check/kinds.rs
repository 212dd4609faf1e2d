//! Things are used as what they are: plates as plates, racks as racks, reservoirs with a liquid.

use super::report::error;
use crate::labware::Kind;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::source::{Reporter, Spanned};

pub(super) fn check(scene: &Scene<'_>, _: &Walk, reporter: &Reporter) {
    for piece in &scene.source.pieces {
        let Some(labware) = scene.library.get(&piece.labware.value) else {
            continue;
        };
        match labware.kind {
            Kind::TipRack => {
                if let Some(liquid) = &piece.liquid {
                    reporter.add(error(
                        reporter,
                        "labware-kind",
                        &liquid.span,
                        "a tip rack holds no liquid",
                    ));
                }
            }
            Kind::Reservoir => {
                if piece.liquid.is_none() {
                    let message = format!("reservoir \"{}\" does not say what it holds", piece.name.value);
                    reporter
                        .add(error(reporter, "no-liquid", &piece.name.span, message).help("add `liquid`"));
                }
                if let Some(second) = piece.at.get(1) {
                    let message = "a reservoir stands on one nest; give the second one a name of its own";
                    reporter.add(error(reporter, "labware-kind", &second.span, message));
                }
            }
            kind @ (Kind::Plate | Kind::AgarPlate | Kind::TubeRack | Kind::Adapter | Kind::Waste) => {
                let message = format!(
                    "\"{}\" is a {}; pieces are tip racks and reservoirs",
                    labware.name,
                    kind.name()
                );
                let d = error(reporter, "labware-kind", &piece.labware.span, message);
                let plate = kind == Kind::Plate;
                reporter.add(if plate {
                    d.help("plates stand under [plates]")
                } else {
                    d
                });
            }
        }
        if piece.at.is_empty() {
            let message = format!("`{}` stands nowhere", piece.name.value);
            reporter
                .add(error(reporter, "no-place", &piece.name.span, message).help("name a nest: at = \"…\""));
        }
    }
    for group in &scene.source.groups {
        let Some(labware) = scene.library.get(&group.labware.value) else {
            continue;
        };
        if labware.kind != Kind::Plate {
            let message = format!("\"{}\" is a {}, not a plate", labware.name, labware.kind.name());
            let help = "tip racks and reservoirs stand under [pieces]";
            reporter.add(error(reporter, "labware-kind", &group.labware.span, message).help(help));
        }
    }
    for step in &scene.source.steps {
        match &step.work {
            StepWork::Distribute(d) => reservoir(scene, reporter, &d.from),
            StepWork::Pick(p) => reservoir(scene, reporter, &p.fill.from),
            _ => {}
        }
    }
}

fn reservoir(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    let piece = scene.source.pieces.iter().find(|p| p.name.value == name.value);
    let labware = piece.and_then(|p| scene.library.get(&p.labware.value));
    if let Some(labware) = labware.filter(|l| l.kind == Kind::TipRack) {
        let message = format!(
            "\"{}\" is a {}; liquid is drawn from a reservoir",
            name.value,
            labware.kind.name()
        );
        reporter.add(error(reporter, "labware-kind", &name.span, message));
    }
}
